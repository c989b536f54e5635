"""The page Live and its API: charts of what the device measures. Thin: read the request, ask the sampler.

GET never acts on the device: sampling begins when a page opens its stream with ?feed=live.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from utils.errors import BadRequest
from utils.live.samples.codes import Gap, WiggleOutcome
from utils.model.roles import Role
from utils.web.bodies import EmptyBody, read
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page, of_bay
from utils.web.pages.live.bodies import IntervalBody, MarkerBody
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    VERDICT,
    Schema,
    describe,
    enum_of,
    list_of,
    needs,
    number_asked,
    object_of,
    or_null,
    ref,
    shape,
)
from utils.web.security import who

live = Blueprint("live", __name__)
PAGE = Page(
    live,
    MenuPlace("Live", "chart", order=10, far=True),
    feeds={"live": of_bay(lambda bay: bay.sampler), "wiggle": of_bay(lambda bay: bay.hurry)},
)
V1 = "/api/v1/live"

_MARKER: Schema = object_of(id=COUNT, at=COUNT, note=STRING)
_LIMIT = object_of(value=NUMBER, verdict=VERDICT, label=STRING)
_SERIES = object_of(key=STRING, label=STRING, limits=list_of(_LIMIT))
_CHART = object_of(
    id=STRING,
    title=STRING,
    unit=STRING,
    most=or_null(NUMBER),
    decimals=COUNT,
    series=list_of(_SERIES),
    left_out=COUNT,
)
_COUNTER = object_of(key=STRING, label=STRING, group=STRING, gauge=BOOLEAN, alarm=BOOLEAN, words=STRINGS)
_COLUMNS: Schema = {"type": "object", "additionalProperties": list_of(or_null(NUMBER))}


LIVE_MARKER = shape("LiveMarker", _MARKER)
LIVE = shape(
    "Live",
    object_of(
        revision=COUNT,
        state={"type": "string", "enum": ["off", "waiting", "on"]},
        why=STRING,
        interval_s=NUMBER,
        device=or_null(ref("LabelledDevice")),
        history=STRING,
        last_seq=COUNT,
        charts=list_of(_CHART),
        counters=list_of(_COUNTER),
        markers=list_of(_MARKER),
    ),
)
LIVE_SAMPLES = shape(
    "LiveSamples",
    object_of(
        history=STRING,
        seq=list_of(COUNT),
        at=list_of(COUNT),
        gaps={"type": "object", "additionalProperties": STRING},
        gap_codes={"type": "object", "additionalProperties": enum_of(Gap)},
        values=_COLUMNS,
        counts=_COLUMNS,
    ),
)
_WIGGLE_EVENT = object_of(at=COUNT, code=STRING, words=STRING, key=STRING, alarm=BOOLEAN, note=BOOLEAN)
WIGGLE = shape(
    "Wiggle",
    object_of(
        wiggle=STRING,
        began=COUNT,
        ended=or_null(COUNT),
        device=STRING,
        state={"type": "string", "enum": ["watching", "link-lost", "not-watched", "ended"]},
        samples=COUNT,
        tiles=list_of(object_of(key=STRING, label=STRING, group=STRING, value=STRING, tone=STRING)),
        events=COUNT,
        shown=list_of(_WIGGLE_EVENT),
        verdict=object_of(code=enum_of(WiggleOutcome), tone=STRING, words=STRING),
        report=STRING,
    ),
)
AFTER = number_asked("after", "Number of the last one that is known already.")


@live.get("/live")
@needs(Role.TECHNICIAN)
def page() -> str:
    """The page Live."""
    return render_template("live/live.html", **frame(bay().door.status(), live=bay().sampler.described()))


@live.get(V1)
@describe({200: LIVE}, least=Role.VIEWER)
def live_state() -> Response:
    """What is sampled, how often, its charts, counters and markers.

    state: off (nobody looks), waiting (for the device; why says what for) or on. Sampling begins with a
    stream's ?feed=live; with ?feed=wiggle beside it, samples come at least twice a second.
    """
    return jsonify(bay().sampler.described())


@live.get(f"{V1}/samples")
@describe({200: LIVE_SAMPLES}, asks=(AFTER,), least=Role.VIEWER)
def live_samples() -> Response:
    """The samples of the last hour, after a number, as columns.

    at: ms since 1970; null: not said.
    """
    return jsonify(bay().sampler.samples(after_wanted()))


@live.post(f"{V1}/interval")
@describe({200: LIVE}, IntervalBody, least=Role.TECHNICIAN)
def live_interval() -> Response:
    """Sample at another interval; for all pages."""
    body = read(IntervalBody)
    bay().sampler.set_interval(body.interval_s)
    context().audit.write("live-interval", who=who(), bay=bay().id, interval_s=body.interval_s)
    return live_state()


@live.post(f"{V1}/markers")
@describe({201: LIVE_MARKER}, MarkerBody, least=Role.TECHNICIAN)
def live_marker() -> tuple[Response, int]:
    """Note something at this moment."""
    marker = bay().sampler.mark(read(MarkerBody).note)
    return jsonify({"id": marker.id, "at": marker.at, "note": marker.note}), 201


@live.post(f"{V1}/wiggles")
@describe({201: WIGGLE}, EmptyBody, least=Role.TECHNICIAN)
def begin_wiggle() -> tuple[Response, int]:
    """Begin a wiggle test: what changes counts from now on.

    Changes come as events "wiggle" on the feed live. Watch the feed wiggle too, so that samples come fast.
    """
    read(EmptyBody)
    return jsonify(bay().wiggles.begin()), 201


@live.get(f"{V1}/wiggles/<wiggle_id>")
@describe({200: WIGGLE}, least=Role.VIEWER)
def wiggle(wiggle_id: str) -> Response:
    """A wiggle test as it stands: tiles, newest events, verdict, and its report once it has ended."""
    return jsonify(bay().wiggles.get(wiggle_id))


@live.post(f"{V1}/wiggles/<wiggle_id>/markers")
@describe({200: WIGGLE}, MarkerBody, least=Role.TECHNICIAN)
def mark_wiggle(wiggle_id: str) -> Response:
    """Note something in the test and in the charts."""
    return jsonify(bay().wiggles.mark(wiggle_id, read(MarkerBody).note))


@live.post(f"{V1}/wiggles/<wiggle_id>/end")
@describe({200: WIGGLE}, EmptyBody, least=Role.TECHNICIAN)
def end_wiggle(wiggle_id: str) -> Response:
    """End a wiggle test. One that has ended stays as it is."""
    read(EmptyBody)
    return jsonify(bay().wiggles.end(wiggle_id))


def after_wanted() -> int:
    """The query's ?after=NUMBER (default 0)."""
    value = request.args.get("after", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest("after is a number.")
    return int(value)
