"""How the pages of boards say what happened. Pure."""

from __future__ import annotations

from typing import Any

from utils.model.records import Happening, Kind

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
