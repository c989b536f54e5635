"""The paths to a device. The door tries them in their order, by rules of its own (reach.py, fallback.py).

persistent/   one login that stays, shared by all threads
subprocess/   the system's ssh
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

from utils import errors
from utils.link.request import Request
from utils.model.doors import Terminal
from utils.model.results import CommandResult, Device


def not_typed() -> errors.NotResponding:
    """A silent device would run what is typed whenever it goes on, and nobody may look then."""
    return errors.NotResponding(
        "The board does not answer at the moment. What you typed was not sent.",
        hint="Type it again once the board answers. Live or “Explain the connection” tell more.",
    )


class Channel(Protocol):
    """A command that goes on, over one of the paths."""

    on: Device | None
    """The device it runs on."""

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """Give ("stdout" or "stderr", bytes) as they come, until the command ends."""

    @property
    def exit_status(self) -> int | None:
        """The exit status, once the command has ended by itself."""

    @property
    def device(self) -> str | None:
        """The key of the device it was sent to."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to stop."""

    @property
    def lost(self) -> bool:
        """Whether the connection broke while it ran."""

    def stop(self) -> bool:
        """End it on the device; True when it is proven that nothing of it is left."""

    def close(self) -> None:
        """Let go of it."""


class Path(Protocol):
    """One way to a device. It settles who answers before anything of a command is sent.

    Incompatible says that this path can never talk to the device that is there. Any other V3Error is what
    went wrong; `request.sent` says whether the command may have run.
    """

    name: ClassVar[str]
    """As results and the link's status name it."""

    @property
    def device_key(self) -> str | None:
        """The key of the device that is connected by this path now."""

    def run(self, request: Request) -> CommandResult:
        """Run one command on the device that the request is meant for."""

    def stream(self, request: Request) -> Channel:
        """Begin a command that goes on."""

    def terminal(self, request: Request, cols: int, rows: int) -> Terminal:
        """Open a login shell on a PTY."""

    def reset(self) -> None:
        """Drop what stands, and why the last attempt failed."""

    def close(self) -> None:
        """End it for good."""
