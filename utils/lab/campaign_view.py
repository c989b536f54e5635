"""A campaign for people: its waves, each board with its steps, in words; and what ran where. JSON-ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from utils.lab.campaigns import (
    COMPLETE,
    DIAGNOSTICS,
    ENDED,
    EXPIRED,
    LEFT_OUT,
    RUNNING,
    STOPPED,
    WAIT,
    Campaign,
    Piece,
    Step,
    running,
    tally,
)
from utils.lab.tasks import FINISHED, INTERRUPTED, RECORDING, REFUSED, SENT, UNKNOWN, WAITING
from utils.model.results import Verdict
from utils.model.words import VERDICTS, number

_STATES = {
    RUNNING: "Running",
    STOPPED: "Stopped",
    COMPLETE: "Finished",
    ENDED: "Ended",
    EXPIRED: "Its end has come",
}
_LIVE = {
    WAITING: ("pause", "Waits for its turn"),
    SENT: ("busy", "Runs"),
    UNKNOWN: ("unknown", "Outcome unknown"),
    INTERRUPTED: ("unknown", "Interrupted"),
    REFUSED: ("unknown", "Did not run"),
    LEFT_OUT: ("skip", "Left out"),
}
NEVER = "never"
"""The state of a piece that did not begin, and of a campaign that is over."""

RAN = ("state", "verdict", "told", "bench", "bay", "call", "record", "at", "ended_at")
"""Of each board and step, in a table of what ran where."""


def headline(campaign: Campaign) -> dict[str, Any]:
    """As a list of campaigns has it."""
    plan, found = campaign.plan, tally(campaign)
    through = sum(campaign.at_hand(board) is None for board in range(len(plan.boards)))
    return {
        "campaign": plan.id,
        "name": plan.name or f"{number(len(plan.boards), 'board')}, {number(len(plan.steps), 'step')}",
        "who": plan.who,
        "at": plan.at,
        "until": plan.until,
        "state": campaign.state,
        "word": _STATES[campaign.state],
        "told": _told(campaign),
        "stopped_at": campaign.board or None,
        "boards": len(plan.boards),
        "through": through,
        "answered": found.answered,
        "faults": found.faulty,
        "runs": len(running(campaign)),
    }


def whole(campaign: Campaign, titles: Mapping[str, str]) -> dict[str, Any]:
    """All of it. titles: of diagnostics, by their ids."""
    plan = campaign.plan
    return {
        **headline(campaign),
        "limit": plan.limit,
        "at_unknown": plan.at_unknown,
        "leave_out": plan.leave_out,
        "by": campaign.by or plan.who,
        "steps": [{"kind": each.kind, "told": step_words(each, titles)} for each in plan.steps],
        "waves": [
            {"wave": at, "boards": [_board(campaign, board) for board in wave]}
            for at, wave in enumerate(campaign.waves(), start=1)
        ],
    }


def ran(campaign: Campaign, titles: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """What ran where: each board and step, in order, also what did not run."""
    for wave_number, wave in enumerate(campaign.waves(), start=1):
        for board in wave:
            for step, piece in enumerate(_pieces(campaign, board)):
                what = step_words(campaign.plan.steps[step], titles)
                its = {"device_id": piece.device_id, "board": piece.board, "step": step + 1, "what": what}
                facts = {name: _facts(campaign, piece)[name] for name in RAN}
                yield {"campaign": campaign.plan.id, "wave": wave_number, **its, **facts}


def step_words(step: Step, titles: Mapping[str, str]) -> str:
    """A step as people read it."""
    if step.kind == WAIT:
        return f"Wait {step.minutes:g} min"
    if step.kind == RECORDING:
        return f"Record {step.minutes:g} min"
    if step.kind == DIAGNOSTICS:
        return ", ".join(titles.get(name, name) for name in step.diagnostics or ())
    return "Check-up"


def _told(campaign: Campaign) -> str:
    """What there is to say of its state, in sentences."""
    still = len(running(campaign))
    words = [campaign.why] if campaign.state in (STOPPED, ENDED) else []
    if campaign.state == EXPIRED:
        words.append("What had not begun by then did not run.")
    if campaign.state != RUNNING and still:
        words.append(f"{number(still, 'board')} still {'runs' if still == 1 else 'run'} what was begun.")
    return " ".join(filter(None, words))


def _pieces(campaign: Campaign, board: int) -> list[Piece]:
    return [campaign.piece(board, step) for step in range(len(campaign.plan.steps))]


def _board(campaign: Campaign, board: int) -> dict[str, Any]:
    member = campaign.plan.boards[board]
    pieces = [_facts(campaign, piece) for piece in _pieces(campaign, board)]
    return {"device_id": member.device_id, "board": member.label, "pieces": pieces}


def _facts(campaign: Campaign, piece: Piece) -> dict[str, Any]:
    never = piece.state == WAITING and not campaign.live
    icon, word = _word(piece, never)
    return {
        "state": NEVER if never else piece.state,
        "verdict": piece.verdict if piece.state in (FINISHED, INTERRUPTED) else None,
        "icon": icon,
        "word": word,
        "told": "It had not begun." if never else _why(piece),
        "bench": piece.station or None,
        "bay": piece.bay or None,
        "call": piece.call or None,
        "record": piece.checkup,
        "kept": piece.kept,
        "recording": piece.what == RECORDING,
        "at": piece.at or None,
        "ended_at": piece.ended_at or None,
    }


def _word(piece: Piece, never: bool) -> tuple[str, str]:
    """An icon and a word. Only what finished has its verdict's: what was cut short is never green."""
    if never:
        return "none", "Did not begin"
    if piece.what == WAIT:
        return ("pass", "Waited") if piece.state == FINISHED else ("pause", "Waits")
    if piece.state == FINISHED:
        words = VERDICTS[Verdict(piece.verdict or Verdict.UNKNOWN.value)]
        return words.icon, words.word
    if piece.state == SENT and piece.became == UNKNOWN:
        return "unknown", "Unknown now"
    return _LIVE[piece.state]


def _why(piece: Piece) -> str:
    if piece.state == SENT and piece.became == UNKNOWN:
        return "Its bench is not connected. The outcome comes when it is back."
    if piece.state == UNKNOWN and not piece.why:
        return "The bench was restarted meanwhile. Look at the board's history."
    if piece.state == SENT and piece.what == WAIT:
        return f"{max(0.0, piece.left_s) / 60:.0f} min are left."
    return piece.why
