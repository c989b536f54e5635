"""A terminal's tab: its scrollback, its size, and the shell in it, which may be lost and be replaced.

A shell's end leaves the tab as it was. Only a person opens another shell in it; if that is on another device,
the tab says so. Nothing that was typed for one shell ever reaches another. The audit log gets who, where, how
long and how many bytes; never keys or output.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from utils.audit import Audit
from utils.clock import new_id, utc_text
from utils.errors import Busy, TerminalOver
from utils.events import EventBus
from utils.live.terminals.keyboard import Keyboard
from utils.live.terminals.pace import Pace
from utils.live.terminals.scrollback import Scrollback
from utils.live.terminals.shell import MOST_BYTES, Shell
from utils.model.doors import Shells

log = logging.getLogger(__name__)

END_S = 2.0
TURN_S = 1.0  # for what was typed before
# Whatever the lost shell was in the midst of: end a half sequence, leave the full screen, mouse, paste
# and drawing modes, show the cursor.
_TIDY = (
    b"\x18\x1b7\x1b[?1049l\x1b[?9;1000;1002;1003;1004;1005;1006;1015;2004l\x1b[?7;25h\x1b[!p\x1b(B\x1b[0m\r\n"
)


@dataclass(frozen=True)
class House:
    """What all tabs share. viewers: how many pages look at terminals now."""

    door: Shells
    audit: Audit
    bay: str
    ring: EventBus
    viewers: Callable[[], int]


class Session:
    """state: "open", "lost" (the link broke), "ended" (the shell did). Thread-safe."""

    def __init__(self, house: House, number: int, cols: int, rows: int) -> None:
        self.id = new_id()
        self.number = number
        self.state = "lost"
        self.exit_status: int | None = None
        self._revision = 0
        self._house = house
        self._cols, self._rows = cols, rows
        self._shell: Shell | None = None
        self._since = utc_text()
        self._over_at = ""
        self._lock = threading.RLock()
        self._opening = threading.Lock()
        self._typing = threading.Lock()
        self._scrollback = Scrollback()
        self._keyboard = Keyboard()
        self._pace = Pace(house.viewers)
        self._reader: threading.Thread | None = None

    # -- shells -------------------------------------------------------------------------------

    def open(self, who: str, device: str | None = None) -> None:
        """A shell in it, unless there is one. device: the key of the one that may be another than before."""
        with self._opening:
            before = self._shell
            if before is not None and self.state == "open":
                return
            meant = device or (before.device_key if before else None)
            terminal = self._house.door.open_terminal(self._cols, self._rows, device=meant)
            shell = Shell(terminal, before.number + 1 if before else 1, who)
            self._begin(shell, before)

    def _begin(self, shell: Shell, before: Shell | None) -> None:
        with self._lock:
            self._shell = shell
            if before is not None:
                self._keep(_TIDY + _mark(self, before, shell))
            self.state, self.exit_status, self._since = "open", None, utc_text()
            self.publish()
        self._note("terminal-open", shell)
        self._reader = threading.Thread(target=self._read, args=(shell,), name="v3-terminal", daemon=True)
        self._reader.start()

    def _read(self, shell: Shell) -> None:
        try:
            while (data := shell.read()) is not None:
                with self._lock:
                    self._keep(data)
                self._pace.rest(self._scrollback.end, lambda: bool(shell.hung_up or shell.terminal.closed))
        except Exception:
            log.exception("a terminal's reader failed")
        finally:
            self._over(shell)

    def _keep(self, data: bytes) -> None:
        """Call with the lock held, so that pieces are published in their order."""
        for first in range(0, len(data), MOST_BYTES):
            piece = data[first : first + MOST_BYTES]
            offset = self._scrollback.add(piece)
            facts = {"id": self.id, "offset": offset, "data": base64.b64encode(piece).decode()}
            self._house.ring.publish("term-output", facts)

    def _note(self, action: str, shell: Shell, **facts: Any) -> None:
        """Write what became of a shell into the audit log."""
        board = {"device": shell.device, "device_id": shell.device_id}
        self._house.audit.write(
            action, who=shell.who, bay=self._house.bay, **board, terminal=self.id, **facts
        )

    def _over(self, shell: Shell) -> None:
        terminal = shell.terminal
        lost = not shell.hung_up and terminal.link_lost
        terminal.close()
        with self._lock:
            self.state = "lost" if lost else "ended"
            self.exit_status = terminal.exit_status
            self._over_at = time.strftime("%H:%M:%S")
            self._since = utc_text()
        self._note(
            "terminal-close",
            shell,
            why=shell.hung_up or ("link lost" if lost else "shell ended"),
            duration_s=round(shell.age_s, 1),
            bytes_in=shell.bytes_in,
            bytes_out=shell.bytes_out,
        )
        self.publish()

    def close(self, why: str = "closed") -> None:
        """End its shell. Returns when that is written down."""
        with self._opening:
            shell, reader = self._shell, self._reader
            if shell is not None and self.state == "open":
                shell.hang_up(why)
            if reader is not None:
                reader.join(END_S)

    # -- what pages do ------------------------------------------------------------------------

    def type(self, shell: int, writer: str, seq: int, data: bytes) -> None:
        """Type it, once, into that shell of it; TerminalOver when that is gone.

        Busy, with nothing typed, while what was typed before is not taken.
        """
        if not self._typing.acquire(timeout=TURN_S):
            raise Busy("What was typed before has not arrived yet.")
        with contextlib.ExitStack() as held:
            held.callback(self._typing.release)
            current = self._shell
            if current is None or self.state != "open" or current.number != shell:
                raise TerminalOver(state=self.state)
            if self._keyboard.take(writer, seq):
                current.type(data)

    def resize(self, cols: int, rows: int) -> None:
        """Another size, for the device and for all pages."""
        with self._lock:
            if (cols, rows) == (self._cols, self._rows):
                return
            self._cols, self._rows = cols, rows
            shell = self._shell if self.state == "open" else None
        if shell is not None:
            shell.terminal.resize(cols, rows)
        self.publish()

    def drawn(self, place: int) -> None:
        """A page has drawn its output up to there."""
        self._pace.drawn(min(place, self._scrollback.end))

    def output(self, place: int, most: int) -> dict[str, Any]:
        """Up to `most` bytes from that place on; `offset` is later where older ones are not kept."""
        with self._lock:
            offset, data = self._scrollback.read(place, most)
            end = self._scrollback.end
        return {"id": self.id, "offset": offset, "data": base64.b64encode(data).decode(), "end": end}

    def facts(self) -> dict[str, Any]:
        """As the API and the events show it."""
        with self._lock:
            shell = self._shell
            return {
                "id": self.id,
                "number": self.number,
                "state": self.state,
                "since": self._since,
                "exit_status": self.exit_status,
                "shell": shell.number if shell else 0,
                "device": shell.device if shell else "",
                "device_id": shell.device_id if shell else None,
                "cols": self._cols,
                "rows": self._rows,
                "offset": self._scrollback.end,
                "revision": self._revision,
            }

    def publish(self) -> None:
        """Tell the pages how it stands. An answer that was under way meanwhile has a smaller revision."""
        with self._lock:
            self._revision += 1
        self._house.ring.publish("term-state", self.facts())


def _mark(session: Session, before: Shell, now: Shell) -> bytes:
    """The line that divides two shells' output."""
    ended = "link lost" if session.state == "lost" else "shell ended"
    other = now.device_key != before.device_key
    where = f"{'ANOTHER DEVICE: ' if other else ''}new shell on {_plain(now.device) or 'the device'}"
    text = f"— {ended} at {session._over_at} · {where} at {time.strftime('%H:%M:%S')} —"
    return f"\x1b[{'1;31' if other else '33'}m{text}\x1b[0m\r\n".encode()


def _plain(label: str) -> str:
    """A device names itself: no control characters of its choice in our line."""
    return re.sub(r"[^\w .·:()-]", "", label)[:80]
