"""The page Campaigns, of a hub alone: steps over many boards of its benches, in waves. Thin.

A program that is no hub has none of these addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, render_template

from utils.bench.matrix import titles_of
from utils.bench.table import as_csv
from utils.errors import BadRequest
from utils.model.roles import Role
from utils.web.bodies import EmptyBody, read
from utils.web.context import bay, context, hub
from utils.web.frame import frame
from utils.web.page import Page
from utils.web.pages.campaigns.bodies import CampaignBody, CampaignStepBody
from utils.web.pages.campaigns.shapes import CAMPAIGN, CAMPAIGNS
from utils.web.report_fields import FORMAT, format_given, saved
from utils.web.schema import describe, needs
from utils.web.security import caller, who

if TYPE_CHECKING:
    from utils.lab.campaigns import Campaign, Step
    from utils.lab.hub import Hub

campaigns = Blueprint("campaigns", __name__)
PAGE = Page(campaigns)
"""The page Lab leads to it."""
V1 = "/api/v1/lab/campaigns"


@campaigns.before_request
def _of_a_hub_alone() -> None:
    if hub() is None:
        abort(404)


@campaigns.get("/campaigns")
@needs(Role.VIEWER)
def page() -> str:
    """All campaigns of this hub, and a form for a new one."""
    framed = frame(bay().door.status(), campaigns=_list(), offered=_offered())
    return render_template("campaigns/campaigns.html", **framed)


@campaigns.get("/campaigns/<campaign_id>")
@needs(Role.VIEWER)
def campaign_page(campaign_id: str) -> str:
    """One campaign: its waves, and each board with its steps."""
    shown = _whole(_hub().campaigns.get(campaign_id))
    return render_template(
        "campaigns/campaign.html", **frame(bay().door.status(), campaign=shown), campaign=shown
    )


@campaigns.get(V1)
@describe({200: CAMPAIGNS}, also=(404,), of_bay=False, least=Role.VIEWER)
def list_campaigns() -> Response:
    """All campaigns that are kept, the newest first."""
    return jsonify({"campaigns": _list()})


@campaigns.post(V1)
@describe({201: CAMPAIGN}, CampaignBody, also=(404, 409), of_bay=False, least=Role.TECHNICIAN)
def begin_campaign() -> tuple[Response, int]:
    """Begin one: each board goes through the steps, in waves of one board, a fifth of all, and the rest.

    The next wave begins once all boards before are through and the share of faults is below the limit. Faults
    count among the boards with an answer.
    """
    body = read(CampaignBody)
    made = _hub().begin_campaign(
        name=" ".join(body.name.split()), who=caller(), lasts_s=body.hours * 3600,
        steps=[_step(each) for each in body.steps], boards=list(dict.fromkeys(body.devices)),
        limit=body.limit, at_unknown=body.at_unknown, leave_out=body.away == "leave-out",
    )  # fmt: skip
    _note("campaign", made)
    return jsonify(_whole(made)), 201


@campaigns.get(f"{V1}/<campaign_id>")
@describe({200: CAMPAIGN}, also=(404,), of_bay=False, least=Role.VIEWER)
def get_campaign(campaign_id: str) -> Response:
    """One campaign as it is now."""
    return jsonify(_whole(_hub().campaigns.get(campaign_id)))


@campaigns.get(f"{V1}/<campaign_id>/ran")
@describe({200: "file"}, asks=(FORMAT,), also=(404,), of_bay=False, least=Role.VIEWER)
def what_ran_where(campaign_id: str) -> Response:
    """What ran where, as JSON or CSV: a row for each board and step, whether it ran or not."""
    from utils.lab.campaign_view import headline, ran

    form = format_given("json", "csv")
    found = _hub().campaigns.get(campaign_id)
    rows = list(ran(found, _titles()))
    told = as_csv(rows) if form == "csv" else jsonify({**headline(found), "rows": rows}).get_data()
    return saved(told, form, f"v3-campaign-{found.plan.name}-{found.plan.at[:10]}-{campaign_id}")


@campaigns.post(f"{V1}/<campaign_id>/stop")
@describe({200: CAMPAIGN}, EmptyBody, also=(404, 409), of_bay=False, least=Role.TECHNICIAN)
def stop_campaign(campaign_id: str) -> Response:
    """Begin nothing more for now. What runs at a bench runs to its end."""
    read(EmptyBody)
    return _done("campaign-stopped", _hub().campaigns.stop(campaign_id, caller()))


@campaigns.post(f"{V1}/<campaign_id>/go-on")
@describe({200: CAMPAIGN}, EmptyBody, also=(404, 409), of_bay=False, least=Role.TECHNICIAN)
def let_campaign_go_on(campaign_id: str) -> Response:
    """Go on anyway. The faults and unknown outcomes so far stop it no more."""
    read(EmptyBody)
    return _done("campaign-goes-on", _hub().campaigns.go_on(campaign_id, caller()))


@campaigns.post(f"{V1}/<campaign_id>/end")
@describe({200: CAMPAIGN}, EmptyBody, also=(404, 409), of_bay=False, least=Role.TECHNICIAN)
def end_campaign(campaign_id: str) -> Response:
    """Begin nothing more for good. What runs at a bench runs to its end."""
    read(EmptyBody)
    return _done("campaign-ended", _hub().campaigns.end(campaign_id, caller()))


def _hub() -> Hub:
    found = hub()
    assert found is not None
    return found


def _step(given: CampaignStepBody) -> Step:
    from utils.lab.campaigns import DIAGNOSTICS, WAIT, Step
    from utils.lab.tasks import RECORDING

    if (given.kind == DIAGNOSTICS) != (given.diagnostics is not None):
        raise BadRequest("A step of diagnostics names some; no other step does.")
    if (given.kind in (RECORDING, WAIT)) != (given.minutes is not None):
        raise BadRequest("A recording and a wait have minutes; no other step has.")
    if given.kind == RECORDING and (given.minutes or 0) > 120:
        raise BadRequest("A recording lasts 120 minutes at most.")
    named = None if given.diagnostics is None else tuple(given.diagnostics)
    return Step(kind=given.kind, diagnostics=named, minutes=given.minutes)


def _list() -> list[dict[str, Any]]:
    from utils.lab.campaign_view import headline

    return [headline(each) for each in _hub().campaigns.all()]


def _whole(found: Campaign) -> dict[str, Any]:
    from utils.lab.campaign_view import whole

    return whole(found, _titles())


def _titles() -> Mapping[str, str]:
    return titles_of(bay().runner.catalogue)


def _offered() -> list[dict[str, str]]:
    """The diagnostics that disturb nothing, a technician's own first."""
    found = [each for each in bay().runner.catalogue if not each.active]
    own = sorted(found, key=lambda each: each.origin != "yours")
    return [{"id": each.id, "title": each.title, "whose": each.origin} for each in own]


def _done(action: str, now: Campaign) -> Response:
    _note(action, now)
    return jsonify(_whole(now))


def _note(action: str, found: Campaign) -> None:
    context().audit.write(
        action, who=who(), campaign=found.plan.id, name=found.plan.name, boards=len(found.plan.boards)
    )
