"""How the pages of boards say it: times, and what happened. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from utils.model.records import CheckupRecord, Happening, Kind

ACTIONS = {
    "trust": "The host key was trusted.",
    "reset": "Somebody pressed Reconnect.",
    "credentials": "The login was changed.",
    "answers": "A question of the board was answered.",
    "ladder": "The connection was looked at rung by rung.",
    "golden": "A check-up was marked as golden, or no longer.",
    "manifest": "A manifest was learned from this board.",
    "report": "A report was saved.",
    "normal": "Kernel messages were called normal for this board.",
    "forget-normal": "Kernel messages were called normal no longer.",
    "reload": "Own diagnostics and profiles were reloaded.",
    "nickname": "The board got another name.",
    "forget": "The board was forgotten.",
    "expected": "What this board should have was set.",
    "test-login": "The login and sudo were tested.",
    "terminal": "A terminal was opened or closed.",
}


def short_moment(text: str) -> str:
    """ "28 Nov 2026, 16:51" of an ISO time, by the laptop's clock."""
    try:
        here = datetime.fromisoformat(text).astimezone()
    except ValueError:
        return text
    return f"{here.day} {here.strftime('%b %Y, %H:%M')}"


def moment_of(one: CheckupRecord) -> str:
    """When a check-up was begun, by its bench's clock; with how wrong that clock was, where it was."""
    return f"{short_moment(one.started_at)}{off(one.bench_ahead_s)}"


def off(ahead_s: float | None) -> str:
    """ " (its bench's clock was 7 min ahead)"; "" where it was right, or nobody knows."""
    if ahead_s is None or abs(ahead_s) < _RIGHT_S:
        return ""
    size = abs(ahead_s)
    number, unit = next(((size / each, word) for each, word in _UNITS if size >= 2 * each), (size, "s"))
    return f" (its bench's clock was {number:.0f} {unit} {'ahead' if ahead_s > 0 else 'behind'})"


_RIGHT_S = 2.0
_UNITS = ((86400, "days"), (3600, "h"), (60, "min"))


def happened(one: Happening) -> str:
    """What happened, as a sentence."""
    facts = one.facts
    if one.kind is Kind.LINK_LOSS:
        return f"The link was lost. {_message(facts.get('error'))}".strip()
    if one.kind is Kind.SWAP:
        return f"It was plugged in after {facts.get('before') or 'another board'}."
    if one.kind is Kind.RECORDING:
        return f"A recording began ({facts.get('recording', '')})."
    action = str(facts.get("action", ""))
    return ACTIONS.get(action, f"Somebody did: {action}.")


def _message(error: Any) -> str:
    return str(error.get("message", "")) if isinstance(error, dict) else ""
