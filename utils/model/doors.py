"""What users need of a door, in small pieces: each user names the one that it needs. No I/O.

Commands    run one, run many                 (runner, command line)
Streams     a command that goes on            (samples, logs)
Shells      a login shell on a PTY            (terminals)
Watched     where the link stands             (runner, samples, logs, pages)
Decisions   what only a person may say        (pages, command line)
Explained   where the way to the device stops (pages, command line)

The door of the product is utils.link.door.Door. utils.demo.local_door has one that needs no network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from utils.errors import V3Error
from utils.model.results import CommandResult, Device, LinkStatus, Rung

MAX_OUTPUT_BYTES = 8 << 20


@dataclass
class Ask:
    """One command of a batch.

    timeout: seconds from its turn on. effect: what running it twice would mean ("unsafe", "idempotent",
    "read"). max_output_bytes: of each stream. slow: keep it off the lane that quick commands share.
    on_begin: called when its turn begins, quickly, and at each attempt. device: the key of the only device
    that it may run on; on any other it ends with DeviceChanged.
    """

    command: str
    timeout: float = 30.0
    stdin: bytes | str | None = None
    effect: str = "unsafe"
    max_output_bytes: int = MAX_OUTPUT_BYTES
    slow: bool = False
    cancel: threading.Event | None = field(default=None, kw_only=True)
    on_begin: Callable[[], None] | None = field(default=None, repr=False, kw_only=True)
    device: str | None = field(default=None, kw_only=True)


Asked = TypeVar("Asked", bound=Ask)


class Commands(Protocol):
    """Runs commands. A non-zero exit status is data; trouble is a V3Error."""

    def run(
        self,
        command: str,
        *,
        timeout: float = ...,
        effect: str = ...,
        max_output_bytes: int = ...,
        cancel: threading.Event | None = None,
    ) -> CommandResult:
        """Run one command. timeout: seconds for everything."""

    def run_many(
        self, requests: Iterable[Asked], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Asked, CommandResult | V3Error]]:
        """Run many; answers as they come, one for each."""


class Running(Protocol):
    """A command that goes on. Iterating gives ("stdout" or "stderr", bytes) until it ends."""

    def __iter__(self) -> Iterator[tuple[str, bytes]]: ...

    @property
    def device(self) -> str | None:
        """The key of the device it runs on. Give it to the next stream that must be on the same device."""

    @property
    def on(self) -> Device | None:
        """The device it runs on, in full."""


class Streams(Protocol):
    """Runs commands that go on."""

    def stream(
        self,
        command: str,
        *,
        effect: str = ...,
        cancel: threading.Event | None = None,
        device: str | None = None,
    ) -> AbstractContextManager[Running]:
        """Run a command and read it as it comes; leaving the context stops it."""


class Terminal(Protocol):
    """A login shell on a PTY. exit_status: None until it ended by itself."""

    @property
    def device(self) -> Device | None: ...
    @property
    def device_key(self) -> str: ...
    @property
    def exit_status(self) -> int | None: ...
    @property
    def link_lost(self) -> bool: ...
    @property
    def closed(self) -> bool: ...

    def send(self, data: bytes) -> None:
        """Type this; LinkLost when the shell is gone."""

    def recv(self, timeout: float) -> bytes | None:
        """Wait so many seconds for output: b"" when none came, None once the shell is over."""

    def resize(self, cols: int, rows: int) -> None:
        """Tell the shell its size in characters."""

    def close(self) -> None:
        """Hang up."""


class Shells(Protocol):
    """Opens login shells."""

    def open_terminal(self, cols: int = ..., rows: int = ..., *, device: str | None = None) -> Terminal:
        """Open one. device: the key of the only device it may be on."""


class Watched(Protocol):
    """Tells where the link stands, and keeps it."""

    def status(self) -> LinkStatus:
        """Tell the state, at once and without connecting."""

    def on_change(self, callback: Callable[[LinkStatus], None]) -> Callable[[], None]:
        """Call back at each change, from any thread. Returns what ends that."""

    def keep_connected(self) -> AbstractContextManager[None]:
        """Connect and reconnect in the background while it is held."""


class Boards(Protocol):
    """Tells which boards are known."""

    def known_devices(self) -> list[Device]:
        """List every device that was ever trusted, newest first."""

    def ids_of(self, device_id: str) -> tuple[str, ...]:
        """Name all identities of a board, its present one first."""


class Decisions(Boards, Protocol):
    """Takes what only a person may say."""

    def trust(self, fingerprint: str, *, reflashed: bool = False) -> None:
        """Trust the key that the device showed last; BadRequest for any other."""

    def answer(self, answers: Sequence[str], question: str | None = None) -> None:
        """Answer what the device asks at its login, once. BadRequest when it asks nothing, or another
        question."""

    def set_credentials(
        self,
        user: str | None = None,
        host: str | None = None,
        port: int | None = None,
        password: str | None = None,
        passphrase: str | None = None,
        sudo_password: str | None = None,
    ) -> None:
        """Use these from now on, in memory only."""

    def reset(self) -> None:
        """Drop the link and the reason for its last failure."""

    def name_board(self, device_id: str, nickname: str) -> None:
        """Call a trusted board so from now on, "" for its own name; UnknownDevice."""

    def forget_board(self, device_id: str) -> None:
        """Trust a board no longer and end the link to it; UnknownDevice."""

    def let_go(self, device_id: str) -> None:
        """End the link if it leads to this board: another door forgot it."""


class Explained(Protocol):
    """Tells where the way to the device stops."""

    def ladder(self) -> list[Rung]:
        """Climb it, rung by rung; half a minute at most."""

    def test_login(self) -> list[Rung]:
        """Try the login and sudo's password: a rung each."""
