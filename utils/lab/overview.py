"""What a hub's page shows: every invited bench with its places, and what became of calls. JSON-ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from utils.errors import ConfigError
from utils.lab.errands import Errand
from utils.lab.hub import Hub, InvitedBench
from utils.lab.presence import Called
from utils.lab.tags import Tagged
from utils.lab.verdicts import KeptVerdicts
from utils.lab.wire import BaySeen, BoardSeen
from utils.model.link_words import STATES
from utils.model.results import LinkState
from utils.model.words import VERDICTS
from utils.store.history import History

_NOT_CHECKED = {"icon": "none", "word": "Not checked yet"}
_NOT_KNOWN = {"icon": "none", "word": "Not known yet"}  # nobody has looked into the history
_REFUSALS = {
    "absent": "The bench is not connected. Nothing was sent.",
    "not-here": "The board is not there any more. Nothing ran.",
    "other-board": "Another board is there now. Nothing ran.",
    "busy": "The board is being checked already.",
    "expired": "The call came too late. Nothing ran.",
}
_BECAME = {
    "asked": "Calling the bench.",
    "accepted": "The bench begins.",
    "running": "The bench checks the board.",
    "unanswered": "No answer yet: it may have begun.",
    "outcome-unknown": "Outcome unknown: the bench is gone. Its results come when it is back.",
    "interrupted": "Interrupted: not every check was answered.",
    "finished": "Checked.",
}
_ERRANDS = {
    "waiting": "Waits for the board.",
    "sent": "Sent to the bench.",
    "expired": "Its end came before the board did. Nothing ran.",
    "cancelled": "Cancelled. Nothing ran.",
    "refused": "The bench may not run this. Nothing ran.",
    "outcome-unknown": "Outcome unknown: the bench was restarted meanwhile. Look at the board's history.",
}
_LINKS = {state.value: words for state, words in STATES.items()}
_LOST = STATES[LinkState.LOST]
_UNKEPT = "The hub's database takes nothing at the moment. Results wait at their benches."


def overview(hub: Hub) -> dict[str, Any]:
    """All that the page shows."""
    known, trouble = hub.calls(), _UNKEPT if hub.storage.trouble else None
    tags: Tagged = {}
    try:
        tags = hub.tags.all()
    except ConfigError as exc:  # benches are shown without them
        trouble = trouble or f"{exc} {exc.hint}"
    benches = hub.benches()
    calls, gone = {(each.station, each.call.bay): each for each in known}, _gone(hub, benches)
    if hub.fleet is not None:
        hub.fleet.learn(known)
    return {
        "connected": hub.connected,
        "not_kept": trouble,
        "benches": [_bench(each, calls, tags, gone, hub.storage.verdicts) for each in benches],
        "errands": [errand_json(each) for each in hub.errands.all()],
        "fleet": hub.fleet.facts() if hub.fleet else None,
    }


def present(benches: Iterable[InvitedBench]) -> list[tuple[str, str, str]]:
    """Bench, bay and device id of each board that is connected at a bench that is here."""
    return [
        (bench.invited.id, bay.id, bay.device.device_id)
        for bench in benches
        if bench.here and bench.seen is not None
        for bay in bench.seen.state.bays
        if bay.device is not None
    ]


def running_at(hub: Hub, checkup_id: str) -> str:
    """The bay "bench-3:main" where this check-up runs now; "" where none that is here says so."""
    for station, state in hub.states().items():
        for bay in state.bays:
            if bay.running == checkup_id:
                return f"{station}:{bay.id}"
    return ""


def told_of(hub: Hub, checkup_id: str) -> str:
    """What became of the call for this check-up, in a sentence; "" where the hub knows of none."""
    found = [each for each in hub.calls() if checkup_id in (each.checkup, each.call.id)]
    return f"{found[-1].station}: {called_json(found[-1])['told']}" if found else ""


def unsettled(hub: Hub, device_id: str) -> str:
    """Of a check-up of this board that nobody knows the outcome of: how it stood; "" where there is none."""
    for bench in hub.benches():
        for bay in bench.seen.state.bays if bench.seen and not bench.here else ():
            if bay.running and bay.device is not None and bay.device.device_id == device_id:
                return (
                    f"A newer check-up ran when {bench.invited.id} was heard last: {bay.done} of {bay.total} "
                    "were answered. Its outcome is unknown until that bench is back."
                )
    calls = [each for each in hub.calls() if each.call.device_id == device_id]
    if calls and calls[-1].state in ("unanswered", "outcome-unknown"):
        return f"{calls[-1].station} was called for a newer one. {called_json(calls[-1])['told']}"
    return ""


def errand_json(errand: Errand) -> dict[str, Any]:
    """A check-up that waits for its board, in words too."""
    told = _ERRANDS.get(errand.state) or _BECAME[errand.state]
    if errand.state == "sent" and errand.became in _BECAME:
        told = _BECAME[errand.became]
    if errand.state == "outcome-unknown" and errand.why:  # the hub was restored
        told = "Outcome unknown: it may have run. Look at the board's history."
    return {
        "errand": errand.id,
        "device_id": errand.device_id,
        "board": errand.board,
        "who": errand.who,
        "at": errand.at,
        "until": errand.until,
        "state": errand.state,
        "told": f"{told} {errand.why}".strip(),
        "checkup": errand.checkup,
    }


def places(hub: Hub) -> dict[tuple[str, str], str]:
    """What each place of a bench is called there."""
    return {
        (bench.invited.id, bay.id): bay.title or bay.id
        for bench in hub.benches()
        for bay in (bench.seen.state.bays if bench.seen else ())
    }


def matrix(hub: Hub, history: History, titles: Mapping[str, str], first: int = 0) -> dict[str, Any] | None:
    """The newest check-up of many boards, from this column on; None while there was none. HistoryTrouble."""
    if hub.fleet is None:
        return None
    known = hub.calls()
    hub.fleet.learn(known)
    words = {each.call.id: called_json(each)["told"] for each in known}
    return hub.fleet.matrix(history, words, titles, first)


def called_json(called: Called) -> dict[str, Any]:
    """A call, in words too."""
    told = called.why if called.word == "not-allowed" else _REFUSALS.get(called.word, "")
    return {
        "call": called.call.id,
        "bench": called.station,
        "bay": called.call.bay,
        "device_id": called.call.device_id,
        "at": called.at,
        "state": called.state,
        "answer": called.word or None,
        "told": told if called.state == "refused" else _BECAME[called.state],
        "checkup": called.checkup,
        "verdict": called.verdict.value if called.verdict else None,
    }


def _gone(hub: Hub, benches: Iterable[InvitedBench]) -> dict[tuple[str, str], dict[str, str]]:
    """By bench and bay: the board that was there last, where it is connected nowhere now."""
    here = {device_id for _, _, device_id in present(benches)}
    places = hub.last_places().items()
    return {
        (last.station, last.bay): {"device_id": device_id, "board": last.label}
        for device_id, last in places
        if device_id not in here
    }


def _bench(
    bench: InvitedBench,
    calls: Mapping[tuple[str, str], Called],
    tags: Tagged,
    gone: Mapping[tuple[str, str], dict[str, str]],
    verdicts: KeptVerdicts,
) -> dict[str, Any]:
    seen, name = bench.seen, bench.invited.id
    state = seen.state if seen else None
    return {
        "id": name,
        "here": bench.here,
        "refused": bench.refused,
        "heard": seen.when if seen else None,
        "program": state.program if state else None,
        "clock_offset_s": round(seen.clock_offset_s, 3) if seen else None,
        "waiting": state.waiting if state else 0,
        "parked": state.parked if state else 0,
        "bays": [
            {
                **place(each, bench.here, calls.get((name, each.id)), tags),
                **_verdict(each, verdicts),
                "gone": gone.get((name, each.id)),
            }
            for each in (state.bays if state else ())
        ],
    }


def place(bay: BaySeen, here: bool, call: Called | None, tags: Tagged) -> dict[str, Any]:
    """A place. Of a bench that is away only what was seen last, and nothing as if it were now."""
    link = _LINKS.get(bay.link, _LOST) if here else _LOST
    board = bay.device
    return {
        "id": bay.id,
        "place": bay.title or bay.id,
        "board": board.label if board else None,
        "device_id": board.device_id if board else None,
        "model": board.model if board else "",
        "tags": list(tags.get(board.device_id, ())) if board else [],
        "since": bay.since,
        "link": {"tone": link.tone, "icon": link.icon, "word": link.word},
        "running": bay.running if here else None,
        "done": bay.done,
        "total": bay.total,
        "call": called_json(call) if call and _tells_of(call, board) else None,
    }


def _tells_of(call: Called, board: BoardSeen | None) -> bool:
    """Whether what became of a call says anything of the board that is there: another one may have left."""
    ran = call.state in ("finished", "interrupted")
    return not ran or (board is not None and board.device_id == call.call.device_id)


def _verdict(bay: BaySeen, verdicts: KeptVerdicts) -> dict[str, Any]:
    """verdict, badge: what the bench's program found. last: the same, or else what the hub's history has.

    What is old has no colour. Nobody has checked the board since its bench was started.
    """
    if bay.device is None:
        return {"verdict": None, "badge": _NOT_CHECKED, "last": None}
    if bay.verdict is not None:
        words = VERDICTS[bay.verdict]
        last = {"verdict": bay.verdict.value, "word": words.word, "checked_at": None}
        badge = {"icon": words.icon, "word": words.word}
        return {"verdict": bay.verdict.value, "badge": badge, "last": last}
    kept = verdicts.of(bay.device.device_id)
    if kept is None or kept.verdict is None:
        return {"verdict": None, "badge": _NOT_CHECKED if kept else _NOT_KNOWN, "last": None}
    words = VERDICTS[kept.verdict]
    last = {"verdict": kept.verdict.value, "word": words.word, "checked_at": kept.at}
    return {"verdict": None, "badge": {"icon": words.icon, "word": f"Was {words.word}"}, "last": last}
