"""The page Live and its API: charts of what the device measures. Thin: read the request, ask the sampler.

GET never acts on the device: sampling begins when a page opens its stream with ?feed=live.
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, jsonify, render_template, request
from flask.blueprints import BlueprintSetupState
from pydantic import Field

from utils.errors import BadRequest
from utils.live.hurry import Hurry
from utils.web.bodies import Body, Text, read
from utils.web.context import context
from utils.web.pages import frame
from utils.web.security import who

live = Blueprint("live", __name__)
V1 = "/api/v1/live"


class IntervalBody(Body):
    """interval_s: seconds between two samples, 0.2 to 60."""

    interval_s: float = Field(ge=0.2, le=60)


class MarkerBody(Body):
    """note: what a person noted, as "moved the cable"."""

    note: Text = Field(min_length=1, max_length=200)


@live.record_once
def _feed(state: BlueprintSetupState) -> None:
    """A page's stream with ?feed=wiggle: samples come fast while it is open."""
    here = context(cast(Flask, state.app))
    hurry = Hurry(here.sampler)
    here.feeds["wiggle"] = lambda rest: hurry


@live.get("/live")
def page() -> str:
    """The page Live."""
    here = context()
    return render_template("live.html", **frame(here.door.status(), live=here.sampler.described()))


@live.get(V1)
def live_state() -> Response:
    """What is sampled, how often, its charts, counters and markers."""
    return jsonify(context().sampler.described())


@live.get(f"{V1}/samples")
def live_samples() -> Response:
    """The samples of the last hour, after a number, as columns."""
    return jsonify(context().sampler.samples(after_wanted()))


@live.post(f"{V1}/interval")
def live_interval() -> Response:
    """Sample at another interval; for all pages."""
    body = read(IntervalBody)
    context().sampler.set_interval(body.interval_s)
    context().audit.write("live-interval", who=who(), interval_s=body.interval_s)
    return live_state()


@live.post(f"{V1}/markers")
def live_marker() -> tuple[Response, int]:
    """Note something at this moment."""
    marker = context().sampler.mark(read(MarkerBody).note)
    return jsonify({"id": marker.id, "at": marker.at, "note": marker.note}), 201


def after_wanted() -> int:
    """The query's ?after=NUMBER (default 0)."""
    value = request.args.get("after", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest("after is a number.")
    return int(value)
