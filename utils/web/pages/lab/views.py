"""The page Lab, of a hub alone: the benches that were invited, their boards, and calls to them. Thin.

A program that is no hub has none of these addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, render_template

from utils.bench.matrix import titles_of
from utils.model.roles import Role
from utils.web import bodies
from utils.web.context import bay, context, hub
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.lab.bodies import LabCheckupBody, LabErrandBody, LabTagsBody
from utils.web.pages.lab.shapes import CALLS, ERRAND, FROM, LAB, MATRIX, SINCE
from utils.web.schema import describe, needs
from utils.web.security import caller, who

if TYPE_CHECKING:
    from utils.lab.errands import Errand
    from utils.lab.presence import Called

lab = Blueprint("lab", __name__)
PAGE = Page(lab, MenuPlace("Lab", "all", order=-20, of_bay=False, shown=lambda: hub() is not None))


@lab.before_request
def _of_a_hub_alone() -> None:
    if hub() is None:
        abort(404)


@lab.get("/lab")
@needs(Role.VIEWER)
def page() -> str:
    """All benches of this hub."""
    shown = _shown()
    framed = frame(bay().door.status(), lab=shown)
    return render_template("lab/lab.html", **framed, benches=shown["benches"])


@lab.get("/api/v1/lab")
@describe({200: LAB}, asks=(SINCE,), also=(404,), of_bay=False, least=Role.VIEWER)
def lab_benches() -> Response:
    """The invited benches with their places and boards, and what became of the newest calls.

    since: the version of an answer. Then benches and bays hold what changed after it. Unknown: all is told.
    """
    return jsonify(_shown(bodies.asked("since", 64)))


@lab.post("/api/v1/lab/checkups")
@describe({200: CALLS}, LabCheckupBody, also=(404,), of_bay=False, least=Role.TECHNICIAN)
def check_lab_boards() -> Response:
    """Call benches to check these boards now. Each answer is there: accepted, or why not."""
    from utils.lab.fleet import LabFleet
    from utils.lab.overview import called_json, places, present

    body = bodies.read(LabCheckupBody)
    found = hub()
    assert found is not None
    boards = present(found.benches())
    if body.boards is not None:
        boards = [(each.bench, each.bay, each.device_id) for each in body.boards]
    calls = found.call_many(boards, body.diagnostics, who=caller())
    if len(calls) > 1:
        found.fleet = LabFleet(calls, places(found))
    for each in calls:
        _note(each)
    return jsonify({"calls": [called_json(each) for each in calls]})


@lab.get("/api/v1/lab/matrix")
@describe({200: MATRIX}, asks=(FROM,), also=(404, 503), of_bay=False, least=Role.VIEWER)
def lab_matrix() -> Response:
    """The newest check-up of many boards, boards by diagnostics, worst first both ways.

    from: which board is the first one that is told, of some 25. first: which one it is. left_out: how many
    are not told. boards: the device id of each column. checkups: the id of each one's check-up.
    """
    from utils.lab.overview import matrix

    found = hub()
    assert found is not None
    told = matrix(found, context().bench.history, titles_of(bay().runner.catalogue), bodies.number("from"))
    empty: dict[str, Any] = {"first": 0, "left_out": 0, "boards": {}, "checkups": {}}
    more = {name: told.pop(name) if told else nothing for name, nothing in empty.items()}
    return jsonify({"matrix": told, **more})


@lab.post("/api/v1/lab/tags")
@describe({200: LAB}, LabTagsBody, also=(404,), of_bay=False, least=Role.TECHNICIAN)
def tag_lab_boards() -> Response:
    """Give boards tags, or take them away."""
    body, found = bodies.read(LabTagsBody), hub()
    assert found is not None
    found.tags.change(body.devices, add=body.add, remove=body.remove)
    context().audit.write("tags", who=who(), devices=body.devices, add=body.add, remove=body.remove)
    return jsonify(_shown())


def _note(called: Called) -> None:
    """Who called which bench for which board, and what it answered."""
    call = called.call
    context().audit.write(
        "call", who=who(), device=called.board or None, device_id=call.device_id, station=called.station,
        bay=call.bay, call=call.id, answer=called.word or called.state,
    )  # fmt: skip


@lab.post("/api/v1/lab/errands")
@describe({200: ERRAND}, LabErrandBody, also=(404, 409), of_bay=False, least=Role.TECHNICIAN)
def check_when_back() -> Response:
    """Check this board once it is there, within these hours. It waits behind those that were asked before."""
    from utils.lab.overview import errand_json

    body, found = bodies.read(LabErrandBody), hub()
    assert found is not None
    lasts_s = body.hours * 3600
    made = found.when_back(body.device_id, lasts_s=lasts_s, who=caller(), diagnostics=body.diagnostics)
    _note_errand("errand", made)
    return jsonify(errand_json(made))


@lab.post("/api/v1/lab/errands/<errand_id>/cancel")
@describe({200: ERRAND}, also=(404, 409, 422), of_bay=False, least=Role.TECHNICIAN)
def cancel_errand(errand_id: str) -> Response:
    """Wait no more for this board. What was sent already is not taken back."""
    from utils.lab.overview import errand_json

    found = hub()
    assert found is not None
    cancelled = found.errands.cancel(errand_id)
    _note_errand("errand-cancelled", cancelled)
    return jsonify(errand_json(cancelled))


def _note_errand(what: str, errand: Errand) -> None:
    its = {"device": errand.board, "device_id": errand.device_id, "errand": errand.id, "until": errand.until}
    context().audit.write(what, who=who(), **its)


def _shown(since: str = "") -> dict[str, Any]:
    from utils.lab.overview import overview

    found = hub()
    assert found is not None
    return found.changes.told(overview(found), since)
