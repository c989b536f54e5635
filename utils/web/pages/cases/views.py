"""The API of cases, notes and photos, and the report of a case. Thin; nothing here asks a board anything."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, render_template, request

from utils.bench.boards import KnownBoard, known_boards
from utils.bench.photo import MOST_BYTES, stripped
from utils.bench.since import compared
from utils.clock import utc_text
from utils.errors import BadRequest, UnknownCase
from utils.model.records import Case, WholeCheckup
from utils.model.results import Verdict, severity_rank, to_json
from utils.model.roles import Role
from utils.model.words import SPEAKS_UP, VERDICTS
from utils.redact import redact
from utils.version import VERSION
from utils.web.bodies import EmptyBody, asked, read
from utils.web.context import bay, context
from utils.web.page import Page
from utils.web.pages.cases.bodies import CaseBody, NoteBody
from utils.web.report_fields import css_string, moment, saved
from utils.web.schema import STRING, Schema, describe, list_of, object_of, or_null, ref, shape
from utils.web.security import who

if TYPE_CHECKING:
    from utils.store.archive import Archive

cases = Blueprint("cases", __name__)
PAGE = Page(cases)
V1 = "/api/v1"

CASE = shape(
    "Case",
    object_of(
        id=STRING, device_id=STRING, work_order=STRING, technician=STRING, opened_at=STRING,
        closed_at=or_null(STRING), before=or_null(STRING), after=or_null(STRING),
    ),
)  # fmt: skip
NOTE = shape(
    "Note",
    object_of(
        id=STRING, at=STRING, who=STRING, text=STRING, case=or_null(STRING), photo_type=or_null(STRING)
    ),
)  # fmt: skip
CASES = shape("Cases", object_of(cases=list_of(ref("Case")), notes=list_of(ref("Note"))))


def _asked(name: str, longest: int, description: str) -> Schema:
    schema = {"type": "string", "maxLength": longest}
    return {"name": name, "in": "query", "description": description, "schema": schema}


@cases.get(f"{V1}/devices/<device_id>/cases")
@describe({200: CASES}, also=(503,), least=Role.VIEWER)
def device_cases(device_id: str) -> Response:
    """List the cases and notes of a board, the newest first."""
    its, archive = _board(device_id), context().bench.history.look()
    return jsonify({"cases": to_json(archive.cases(its.ids)), "notes": to_json(archive.notes(its.ids))})


@cases.post(f"{V1}/devices/<device_id>/cases")
@describe({201: CASE}, CaseBody, also=(503,), least=Role.TECHNICIAN)
def open_case(device_id: str) -> tuple[Response, int]:
    """Open a case: a board for one job. Its newest check-up is what it was before."""
    body, its = read(CaseBody), _board(device_id)
    made = (
        context()
        .bench.history.look()
        .open_case(
            its.ids, work_order=redact(body.work_order), technician=redact(body.technician), at=utc_text()
        )
    )
    context().audit.write("case", who=who(), bay=bay().id, device_id=device_id, opened=_known(made).id)
    return jsonify(to_json(made)), 201


@cases.post(f"{V1}/cases/<case_id>/close")
@describe({200: CASE}, EmptyBody, also=(503,), least=Role.TECHNICIAN)
def close_case(case_id: str) -> Response:
    """Close a case: the newest check-up is what the board is after it."""
    read(EmptyBody)
    found = context().bench.history.look().close_case(case_id, at=utc_text())
    if found is None:
        raise UnknownCase
    context().audit.write("case", who=who(), bay=bay().id, device_id=found.device_id, closed=case_id)
    return jsonify(to_json(found))


@cases.post(f"{V1}/devices/<device_id>/notes")
@describe({201: NOTE}, NoteBody, also=(503,), least=Role.TECHNICIAN)
def add_note(device_id: str) -> tuple[Response, int]:
    """Keep a note of a board."""
    body = read(NoteBody)
    return _noted(device_id, body.case, body.text)


@cases.post(f"{V1}/devices/<device_id>/photos")
@describe(
    {201: NOTE},
    asks=(_asked("text", 4000, "A note."), _asked("case", 64, "Its case.")),
    also=(413, 422, 503),
    least=Role.TECHNICIAN,
)
def add_photo(device_id: str) -> tuple[Response, int]:
    """Keep a photo of a board: a JPEG or PNG as the body. Place, time and camera are taken out of it."""
    text, case = asked("text", 4000), asked("case", 64) or None
    request.max_content_length = MOST_BYTES
    picture = stripped(request.get_data(cache=False))
    return _noted(device_id, case, text, picture)


@cases.get(f"{V1}/notes/<note_id>/photo")
@describe({200: "file"}, also=(503,), least=Role.VIEWER)
def note_photo(note_id: str) -> Response:
    """The photo of a note."""
    found = context().bench.history.look().photo(note_id)
    if found is None:
        raise UnknownCase("This note has no photo.")
    return Response(found[0], mimetype=found[1])


@cases.get(f"{V1}/cases/<case_id>/report")
@describe({200: "file"}, also=(503,), least=Role.VIEWER)
def case_report(case_id: str) -> Response:
    """A case's report for a customer, as one HTML file: one page and an appendix.

    The same case gives the same file, byte by byte.
    """
    archive = context().bench.history.look()
    case = _known(archive.case(case_id))
    page = _report(archive, case, _board(case.device_id))
    context().audit.write("report", who=who(), case=case_id)
    return saved(page, "html", f"v3-case-{case.work_order or case.id}")


def _noted(
    device_id: str, case: str | None, text: str, picture: tuple[bytes, str] | None = None
) -> tuple[Response, int]:
    its, archive = _board(device_id), context().bench.history.look()
    if case is not None and _known(archive.case(case)).device_id not in its.ids:
        raise BadRequest("This case is another board's.")
    photo, kind = picture or (None, None)
    made = archive.add_note(
        its.ids, case=case, at=utc_text(), who=who(), text=redact(text), photo=photo, photo_type=kind
    )
    if made is None:
        raise UnknownCase("The history has no record of this board yet.", hint="Run a check-up first.")
    context().audit.write("note", who=who(), bay=bay().id, device_id=device_id, note=made.id)
    return jsonify(to_json(made)), 201


def _known(found: Case | None) -> Case:
    if found is None:
        raise UnknownCase
    return found


def _board(device_id: str) -> KnownBoard:
    return known_boards(context().bench.home.door, context().bench.history).find(device_id)


# --- the report


def _report(archive: Archive, case: Case, its: KnownBoard) -> str:
    before, after = (archive.whole(each) if each else None for each in (case.before, case.after))
    notes = list(reversed(archive.notes(its.ids, case.id)))
    pictures = {note.id: found for note in notes if note.photo_type and (found := archive.photo(note.id))}
    shown = {
        "case": to_json(case),
        "board": {"label": its.label, "model": its.device.model, "serial": its.device.serial,
                  "release": its.device.short_release},
        "before": _checkup(before),
        "after": _checkup(after),
        "changes": _changes(before, after),
        "notes": to_json(notes),
        "photos": {name: hashlib.sha256(found[0]).hexdigest() for name, found in pictures.items()},
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
    return render_template(
        "cases/report.html",
        **{**shown, "notes": notes},
        pictures={name: _inline(*found) for name, found in pictures.items()},
        digest=digest,
        foot=css_string(f"{its.label} {case.work_order} {digest[:16]}"),
        verdicts={each.value: words for each, words in VERDICTS.items()},
        moment=moment,
        version=VERSION,
    )


def _inline(raw: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(raw).decode()}"


def _checkup(whole: WholeCheckup | None) -> dict[str, Any] | None:
    """A check-up as the report shows it: its verdict, and what needs somebody, worst first."""
    if whole is None:
        return None
    loud = [run.result for run in whole.runs if run.verdict in SPEAKS_UP]
    loud.sort(key=lambda result: severity_rank(Verdict(result["verdict"])))
    record = whole.record
    return {
        "id": record.id,
        "at": record.started_at,
        "verdict": record.verdict.value,
        "line": whole.outcome.sentence,
        "loud": [{name: each[name] for name in ("title", "verdict", "summary")} for each in loud],
    }


def _changes(before: WholeCheckup | None, after: WholeCheckup | None) -> dict[str, Any] | None:
    if before is None or after is None:
        return None
    runner = bay().runner
    told = compared(before, after, runner.memory.judging_of(after.record.device, runner.library))
    return {"summary": told.summary, "differences": to_json(told.differences)}
