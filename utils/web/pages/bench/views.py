"""The page Bench: a tile for each bay, and the newest check-up of all boards as a matrix. Thin.

GET asks no board anything. What runs is begun by the API of the bays and of check-ups.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from utils.bench.bay import Bay
from utils.bench.facts import facts, strangers
from utils.bench.matrix import matrix, place_of, titles_of
from utils.bench.places import USB_HOST
from utils.errors import TargetAmbiguous
from utils.model.link_words import REPLAY, STATES
from utils.model.records import CheckupRecord
from utils.model.results import LinkState
from utils.model.roles import Role
from utils.model.words import SPEAKS_UP, VERDICTS, Wording, count_words, with_unit
from utils.web.at_hub import has_board
from utils.web.by_bay import page_of
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.presentation import vocabulary
from utils.web.schema import (
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    VERDICT,
    Schema,
    describe,
    list_of,
    needs,
    object_of,
    or_null,
    ref,
    shape,
)
from utils.web.shapes import OTHERS

bench_page = Blueprint("bench", __name__)
PAGE = Page(
    bench_page,
    MenuPlace("Bench", "board", order=-10, of_bay=False, shown=lambda: len(list(context().bench)) > 1),
    feeds={"heat": lambda bench, rest, at_hand: context().heat},
)

HEAT = shape("Heat", object_of(bay=STRING, device_id=STRING, celsius=NUMBER, text=STRING, verdict=VERDICT))
TILE = shape(
    "Tile",
    object_of(
        bay=STRING,
        href=STRING,
        place=STRING,
        read_only=STRING,
        name=STRING,
        serial=STRING,
        verdict=or_null(VERDICT),
        badge=object_of(icon=STRING, word=STRING),
        counts=STRING,
        last_checked=or_null(STRING),
        link=object_of(tone=STRING, icon=STRING, word=STRING),
        running=or_null(STRING),
        done=COUNT,
        total=COUNT,
        activity=STRING,
        heat=or_null(ref("Heat")),
        usb=STRING,
        main_host=or_null(STRING),
        note=STRING,
        hint=STRING,
    ),
)
_COLUMN = object_of(
    bay=STRING,
    place=STRING,
    name=STRING,
    state={"type": "string", "enum": ["running", "finished", "not started", "unknown"]},
    verdict=or_null(VERDICT),
    cause=STRING,
    hint=STRING,
)
_CELL = or_null(object_of(verdict=VERDICT, summary=STRING))
_CELLS: Schema = {"type": "object", "additionalProperties": _CELL}
MATRIX = shape(
    "Matrix",
    object_of(
        checkup=STRING,
        state={"type": "string", "enum": ["running", "finished"]},
        verdict=or_null(VERDICT),
        started_at=STRING,
        bays=list_of(_COLUMN),
        common=list_of(object_of(diagnostic=STRING, verdict=VERDICT, text=STRING)),
        suspects=STRINGS,
        rows=list_of(object_of(diagnostic=STRING, title=STRING, cells=_CELLS)),
    ),
)
BENCH = shape(
    "Bench",
    object_of(tiles=list_of(ref("Tile")), others=OTHERS, matrix=or_null(ref("Matrix"))),
)
_NOT_CHECKED = Wording("none", "Not checked yet", "", "")


@bench_page.get("/bench")
@needs(Role.VIEWER)
def page() -> str:
    """All boards of this laptop."""
    shown = _shown()
    boot = {"bay": context().bench.default.id, "vocabulary": vocabulary(), "bench": shown}
    framed = frame(bay().door.status())
    return render_template("bench/bench.html", **{**framed, "boot": boot, "tiles": shown["tiles"]})


@bench_page.get("/api/v1/bench")
@describe({200: BENCH}, of_bay=False, least=Role.VIEWER)
def bench() -> Response:
    """What the bench's page shows: a tile for each bay, and the newest check-up of many bays as a matrix."""
    return jsonify(_shown())


def _shown() -> dict[str, Any]:
    bench = context().bench
    newest = context().fleet.newest()
    candidates = _candidates(bench.default)
    return {
        "tiles": [_tile(each, candidates) for each in bench if has_board(each)],
        "others": strangers(),
        "matrix": matrix(newest, titles_of(bench.default.runner.catalogue)) if newest else None,
    }


def _candidates(default: Bay) -> frozenset[str]:
    """The USB ports of the boards that SSH_IP could mean; none where that is settled."""
    error = default.door.status().error
    if not error or error["code"] != TargetAmbiguous.code:
        return frozenset()
    return frozenset(each["usb_port"] for each in error["details"].get("boards", ()))


def _tile(bay: Bay, candidates: frozenset[str]) -> dict[str, Any]:
    """A bay as its tile shows it: place, board, verdict, what runs, link, and what is in the way."""
    told = facts(bay, context().bench)
    state = LinkState(told["state"])
    words = REPLAY if bay.replay else STATES[state]
    board, known = told["usb"], told["expected"]
    verdict = VERDICTS[told["verdict"]] if known and told["verdict"] else _NOT_CHECKED
    last = _last(bay, told)
    if last is not None:  # what is old has no colour and is counted for nothing
        verdict = replace(VERDICTS[last.verdict], word=f"Was {VERDICTS[last.verdict].word}")
    checkup = bay.runner.newest_checkup()
    running = checkup if checkup is not None and not checkup.finished else None
    total = len(running.runs) if running else 0
    return {
        "bay": bay.id,
        "href": page_of("checkup.page", bay),
        "place": place_of(bay),
        "read_only": bay.read_only,
        "name": known["label"] if known else _unknown(told),
        "serial": (known["serial"] if known else board["serial"] if board else "") or "",
        "verdict": told["verdict"] if known else None,
        "badge": {"icon": verdict.icon, "word": verdict.word},
        "counts": _counts(bay, told),
        "last_checked": last.started_at if last else None,
        "link": {"tone": words.tone, "icon": words.icon, "word": words.word},
        "running": running.id if running else None,
        "done": total - sum(not run.finished for run in running.runs.values()) if running else 0,
        "total": total,
        "activity": _activity(bay),
        "heat": context().heat.of(bay.id, told["device"]["device_id"]) if told["device"] else None,
        "usb": _on_usb(board) if board else "",
        "main_host": f"{USB_HOST}%{told['usb_port']}" if told["usb_port"] in candidates else None,
        "note": bay.read_only or _note(told),
        "hint": told["error"]["hint"] if told["error"] else "",
    }


def _last(bay: Bay, told: dict[str, Any]) -> CheckupRecord | None:
    """The newest check-up that is kept of the board in this bay, where this program has made none."""
    if bay.replay or told["checkup"] or not told["expected"]:
        return None
    device_id = told["expected"]["device_id"]
    return context().last_known.of(device_id, lambda: bay.door.ids_of(device_id))


def _activity(bay: Bay) -> str:
    """What else runs there: single diagnostics, a terminal, a recording."""
    titles = [run.diagnostic.title for run in bay.runner.kept_runs() if not run.finished and not run.checkup]
    made = bay.watching.made
    if made is not None:
        titles += ["terminal"] if made.terminals.all() else []
        titles += ["recording"] if made.recorder.running else []
    return ", ".join(titles)


def _on_usb(board: dict[str, Any]) -> str:
    """Speed, console and how full the controller is: "480 Mbit/s, ttyACM0, 14 of about 64 endpoints"."""
    controller = board["controller"]
    told = [
        with_unit(float(board["speed_mbit_s"]), "Mbit/s") if board["speed_mbit_s"] else "",
        *board["consoles"],
        f"{controller['used']} of about {controller['possible']} endpoints" if controller else "",
    ]
    return ", ".join(filter(None, told))


def _unknown(told: dict[str, Any]) -> str:
    """A board that nobody trusted yet, or no board."""
    return f"New: {told['usb']['name']}" if told["usb"] else "No board known here"


def _note(told: dict[str, Any]) -> str:
    if told["usb"] and told["usb"]["in_recovery"]:
        return "It waits to be flashed (force recovery)."
    return str(told["error"]["message"]) if told["error"] else ""


def _counts(bay: Bay, told: dict[str, Any]) -> str:
    """The newest check-up of the board in the bay, in words: what needs somebody, else what is fine. Of one
    that asked for little, all that is known of the board (facts.py)."""
    if told["checkup"] is None:
        return _NOT_CHECKED.word
    kept = (each for one in context().bench for each in one.runner.kept_checkups())
    done = next((each for each in kept if each.id == told["checkup"]), None)
    if done is None:
        return VERDICTS[told["verdict"]].word
    if not done.whole and (line := bay.runner.board.headline().line):
        return line
    counts = done.counts()
    return count_words({each: counts[each] for each in SPEAKS_UP}) or count_words({"pass": counts["pass"]})
