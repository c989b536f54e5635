"""The history's API: the boards that are known, and what is kept of each; what people call a board."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from utils.bench.boards import KnownBoards, forget_board, known_boards, name_board
from utils.bench.since import asked, compared
from utils.clock import utc_text
from utils.errors import UnknownRun
from utils.model.results import error_facts, to_json
from utils.model.roles import Role
from utils.web import bodies, shapes
from utils.web.context import bay, context
from utils.web.schema import describe
from utils.web.security import who

history = Blueprint("history", __name__)
V1 = "/api/v1"


def boards() -> KnownBoards:
    """The boards that this bench knows."""
    return known_boards(context().bench.home.door, context().bench.history)


@history.get(f"{V1}/devices")
@describe({200: shapes.DEVICES}, asks=(shapes.SEARCH,), least=Role.VIEWER)
def devices() -> Response:
    """Every board that was ever trusted or checked, the one that was seen last first.

    search: only those that have each of its words in a name, model, number, work order or note.
    trouble: why the history could not be asked; then the list holds the trusted ones alone.
    """
    found = boards()
    trouble = error_facts(found.trouble) if found.trouble else None
    listed = found.matching(bodies.asked("search", 200), context().bench.history)
    return jsonify({"devices": [each.as_json() for each in listed], "trouble": trouble})


@history.post(f"{V1}/devices/<device_id>/nickname")
@describe({200: shapes.NICKNAME}, bodies.NicknameBody, least=Role.TECHNICIAN)
def nickname(device_id: str) -> Response:
    """Call a trusted board so from now on; "" for its own name."""
    body = bodies.read(bodies.NicknameBody)
    name_board(context().bench, device_id, body.nickname)
    context().audit.write("nickname", who=who(), device_id=device_id, nickname=body.nickname)
    return jsonify({"device_id": device_id, "nickname": body.nickname})


@history.post(f"{V1}/devices/<device_id>/forget")
@describe({200: shapes.FORGOTTEN}, bodies.EmptyBody, least=Role.ADMIN)
def forget(device_id: str) -> Response:
    """Trust a board no longer: its host key and nickname are gone, its history stays."""
    bodies.read(bodies.EmptyBody)
    forget_board(context().bench, device_id)
    context().audit.write("forget", who=who(), device_id=device_id)
    return jsonify({"device_id": device_id})


@history.get(f"{V1}/devices/<device_id>/checkups")
@describe({200: shapes.CHECKUPS}, asks=(shapes.BEFORE, shapes.LIMIT), also=(503,), least=Role.VIEWER)
def device_checkups(device_id: str) -> Response:
    """The check-ups of a board, the newest first; ?before= goes on after the last one of a list."""
    board = boards().find(device_id)
    before, limit = bodies.page_wanted()
    found = context().bench.history.look().checkups(board.ids, before=before, limit=limit)
    return jsonify({"checkups": [each.facts() for each in found]})


@history.get(f"{V1}/devices/<device_id>/happenings")
@describe({200: shapes.HAPPENINGS}, also=(503,), least=Role.VIEWER)
def device_happenings(device_id: str) -> Response:
    """What else happened to a board, the newest first: lost links, swaps, recordings, what people did."""
    board = boards().find(device_id)
    found = context().bench.history.look().happenings(board.ids)
    return jsonify({"happenings": [each.as_json() for each in found]})


@history.post(f"{V1}/devices/<device_id>/manifest")
@describe({200: shapes.MANIFEST}, bodies.ManifestBody, also=(503,), least=Role.TECHNICIAN)
def learn_manifest(device_id: str) -> Response:
    """Learn from a board's good check-ups what belongs to it, and judge boards of its kind by that.

    It becomes a profile in the data folder. seen of looked: in how many check-ups a part was found.
    """
    from utils.bench.manifest import learned, written

    body = bodies.read(bodies.ManifestBody)
    board, runner = boards().find(device_id), bay().runner
    archive = context().bench.history.look()
    found = learned(archive, board.ids, board.device, runner.library.catalogue, body.name)
    path = written(found, context().settings.v3_data_dir)
    for each in context().bench:
        each.runner.reload(who=who())
    context().audit.write("manifest", who=who(), bay=bay().id, device_id=device_id, profile=found.name)
    parts = [
        {"diagnostic": each.diagnostic, "name": each.name, "seen": each.seen, "looked": each.looked,
         "remark": each.remark}
        for each in found.parts
    ]  # fmt: skip
    return jsonify({"profile": found.name, "file": path.name, "checkups": found.checkups, "parts": parts})


@history.post(f"{V1}/checkups/<checkup_id>/golden")
@describe({200: shapes.GOLDEN}, bodies.GoldenBody, also=(503,), least=Role.TECHNICIAN)
def mark_golden(checkup_id: str) -> Response:
    """Make a check-up the one that its board is compared with, or no longer. A board has one at most."""
    body = bodies.read(bodies.GoldenBody)
    archive = context().bench.history.look()
    if not body.golden:
        archive.unmark_golden(checkup_id)
    elif not archive.mark_golden(checkup_id, who=who(), at=utc_text()):
        raise UnknownRun
    context().audit.write("golden", who=who(), bay=bay().id, checkup=checkup_id, golden=body.golden)
    return jsonify({"checkup": checkup_id, "golden": body.golden})


@history.get(f"{V1}/compare")
@describe({200: shapes.COMPARISON}, asks=(shapes.COMPARE_A, shapes.COMPARE_B), also=(503,), least=Role.VIEWER)
def compare() -> Response:
    """What changed between two check-ups, worst first: from the earlier one to the later one.

    before, after: which is which. ignored: what was left out because two boards always differ there.
    """
    a, b = request.args.get("a", ""), request.args.get("b", "")
    earlier, later = asked(context().bench.history.look(), a, b, bay().door)
    runner = bay().runner
    found = compared(earlier, later, runner.memory.judging_of(later.record.device, runner.library))
    both = {"before": earlier.record.id, "after": later.record.id}
    more = {"compared": found.compared, "ignored": list(found.ignored)}
    told = {"summary": found.summary, "differences": to_json(found.differences)}
    return jsonify({**told, **both, **more})
