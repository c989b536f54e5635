"""The persistent link as a path of the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from utils import errors
from utils.link import LOADING
from utils.link.paths import Channel
from utils.link.paths.persistent.link import Link
from utils.link.request import Request
from utils.model.doors import Terminal
from utils.model.results import CommandResult


@dataclass(frozen=True)
class Gate:
    """Looked up at each call: whether the persistent path is tried, and by which function (None: by none).

    its_own: whether that function is the link's own, so that many commands may share a lane without it.
    """

    use_persistent: Callable[[], bool]
    persistent: Callable[[], Callable[[Request], CommandResult] | None]
    its_own: Callable[[], bool] = lambda: True

    @property
    def open(self) -> bool:
        """Whether anything goes by the persistent path now."""
        return self.use_persistent() and self.persistent() is not None


class Persistent:
    """Commands go through the gate's function; streams and terminals over the link itself."""

    name: ClassVar[str] = "persistent"

    def __init__(self, link: Link, gate: Gate) -> None:
        self._link, self._gate = link, gate

    @property
    def device_key(self) -> str | None:
        """The key of the device that the link stands to."""
        return self._link.current_device()

    def run(self, request: Request) -> CommandResult:
        """Run one command by the gate's function."""
        run = self._gate.persistent()
        if run is None:
            raise errors.LinkInternal("The persistent path is switched off.")
        return run(request)

    def stream(self, request: Request) -> Channel:
        """Begin a command that goes on, in a channel of its own."""
        connection = self._link.connected(request)
        request.fresh_attempt()
        return connection.once(request)

    def terminal(self, request: Request, cols: int, rows: int) -> Terminal:
        """Open a login shell on a PTY."""
        with LOADING:
            from utils.link.paths.persistent import terminal

        connection = self._link.connected(request)
        request.fresh_attempt()
        return connection.with_room(
            lambda: terminal.PersistentTerminal(connection, cols, rows, request.deadline)
        )

    def reset(self) -> None:
        """Drop the link, and why it failed last."""
        self._link.reset()

    def close(self) -> None:
        """End the link for good."""
        self._link.close()
