"""What happens to a bay's board beside its runs: a lost link, a swap, what people do. Nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from utils.clock import new_id, utc_text
from utils.model.records import Happening, Kind, Origin
from utils.model.results import Device, LinkState, LinkStatus
from utils.store.history import History
from utils.version import VERSION

_NO_ACTIONS = (
    "run", "checkup", "login", "login-refused", "logout", "nickname", "forget",
    "golden", "manifest", "case", "note", "call", "look", "person-added", "person-role", "person-password",
    "person-removed", "token-made", "token-revoked",
)  # fmt: skip
"""Of the audit log: what is a separate record, and what is not about the board in the bay."""
_ENVELOPE = ("time", "who", "action", "device", "device_id", "bay")


class Happenings:
    """Of one bay. Every method may be called from any thread."""

    def __init__(self, history: History, bay: str, known: Callable[[str], Device | None]) -> None:
        """known: the board of an identity, also of one that it had before; None where nobody knows it."""
        self._history = history
        self._bay = bay
        self._known = known
        self._lock = threading.Lock()
        self._before: LinkStatus | None = None
        self._board: Device | None = None

    def link_changed(self, status: LinkStatus) -> None:
        """Keep that the link was lost, or that another board is in the bay."""
        with self._lock:
            before, self._before = self._before, status
            board, self._board = self._board, status.known_device or self._board
        if status.state is LinkState.LOST and before is not None and before.state is LinkState.CONNECTED:
            self._keep(Kind.LINK_LOSS, board, {"error": dict(status.error) if status.error else None})
        new = status.device
        if new is not None and board is not None and self._another(new, board):
            self._keep(Kind.SWAP, new, {"before": board.label, "before_id": board.device_id})

    def _another(self, new: Device, board: Device) -> bool:
        """Whether it is another board, not the same one under an identity that was learned later."""
        if new.device_id == board.device_id:
            return False
        now = self._known(board.device_id)
        return now is None or now.device_id != new.device_id

    def acted(self, entry: Mapping[str, Any]) -> None:
        """Keep what somebody did, a line of the audit log: for the board that it was about.

        The line names that board by `device_id`. A line without it is about the board that is
        connected now. A board whose key is being trusted is not. So it may be nobody's, and never another's.
        """
        if entry["action"] in _NO_ACTIONS:
            return
        kind = Kind.RECORDING if entry["action"] == "recording" else Kind.ACTION
        facts = {name: value for name, value in entry.items() if name not in _ENVELOPE}
        told = {"action": entry["action"], **facts}
        self._keep(kind, self._about(entry), told, who=entry["who"], at=entry["time"])

    def _about(self, entry: Mapping[str, Any]) -> Device | None:
        if "device_id" in entry:
            return self._known(entry["device_id"]) if entry["device_id"] else None
        with self._lock:
            now = self._before
        return now.device if now is not None else None

    def _keep(
        self, kind: Kind, board: Device | None, facts: Mapping[str, Any], *, who: str = "", at: str = ""
    ) -> None:
        device = board.label if board else ""
        origin = Origin(bay=self._bay, who=who, device=device, program=VERSION)
        found = Happening(
            id=new_id(), kind=kind, at=at or utc_text(), origin=origin, device=board, facts=facts
        )
        self._history.hand_in(found)
