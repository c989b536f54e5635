"""One call to the device: what is asked, by when, and how far it got. Imports nothing that can send."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, fields

from utils.errors import BadCommand, Cancelled, CommandTimeout, V3Error
from utils.link import sudo
from utils.link.sudo import Sudo
from utils.model.doors import Ask

MAX_TIMEOUT_S = 86400
_EFFECTS = ("unsafe", "idempotent", "read")


@dataclass
class Request(Ask):
    """What is asked of the device, with how far it got. tag: the caller's own.

    timeout covers everything: connecting, waiting, running. `sent` is set just before the first byte of
    the command is written. `device` may be settled later than it is asked.
    sudo_password: for `sudo -n` in the command, given to sudo alone and when it asks (sudo.py).
    """

    tag: object = None
    sent: bool = False
    attempts: int = 0
    sudo_password: sudo.Password | None = field(default=None, repr=False)
    sudo: Sudo | None = field(default=None, init=False, repr=False)
    deadline: Deadline = field(init=False, repr=False)

    def __post_init__(self) -> None:
        number = isinstance(self.timeout, int | float) and not isinstance(self.timeout, bool)
        if not number or not 0 < self.timeout <= MAX_TIMEOUT_S:
            raise BadCommand(
                f"The timeout is not between 0 and {MAX_TIMEOUT_S} seconds.", hint="Give it in seconds."
            )
        self.deadline = Deadline(self.timeout)

    @classmethod
    def of(cls, ask: Ask) -> Request:
        """Make the request for what is asked; one that is a request already stays itself."""
        if isinstance(ask, Request):
            return ask
        return cls(**{each.name: getattr(ask, each.name) for each in fields(Ask)})

    def validate(self) -> None:
        """BadCommand for what cannot be sent; nothing has happened then."""
        if not isinstance(self.command, str):
            raise BadCommand("The command is not text.")
        if not isinstance(self.stdin, str | bytes | bytearray | None):
            raise BadCommand("The command's stdin is neither text nor bytes.")
        if not self.command.strip():
            raise BadCommand("The command is empty.")
        if "\0" in self.command or "\r" in self.command:
            raise BadCommand("The command holds a NUL or a carriage return.")
        try:
            self.command.encode()
            _ = self.stdin_bytes
        except UnicodeEncodeError:
            raise BadCommand("The command or its stdin is not valid Unicode text.") from None
        if self.effect not in _EFFECTS:
            raise BadCommand(f"effect is one of {', '.join(_EFFECTS)}.")
        if self.max_output_bytes < 1:
            raise BadCommand("max_output_bytes is not positive.")

    @property
    def needs_channel(self) -> bool:
        """Whether it needs a channel of its own: for its stdin, or for what it starts in the background.

        That may close the descriptor by which a lane sees it (sudo does), and write into a later answer.
        """
        return self.stdin is not None or self._asks_sudo or _BACKGROUND.search(self.command) is not None

    @property
    def _asks_sudo(self) -> bool:
        return self.sudo_password is not None and self.stdin is None and sudo.wanted(self.command)

    def arm(self) -> Sudo | None:
        """Before each try: how sudo gets its password, or None. A refused one is not given again."""
        password = self.sudo_password if self._asks_sudo else None
        self.sudo = Sudo(password, self.device) if password and password.may_go_to(self.device) else None
        return self.sudo

    @property
    def wire_command(self) -> str:
        """The command as it is sent."""
        return self.sudo.wrapped(self.command) if self.sudo is not None else self.command

    @property
    def stdin_bytes(self) -> bytes:
        """stdin as bytes; nothing when none was given."""
        return self.stdin.encode() if isinstance(self.stdin, str) else self.stdin or b""

    @property
    def others(self) -> bool:
        """Whether the command may run something as another user: the stop has to see that too."""
        return _OTHER_USER.search(self.command) is not None

    def check(self) -> None:
        """Cancelled or CommandTimeout when the caller no longer waits."""
        if self.cancel is not None and self.cancel.is_set():
            raise self._ended(Cancelled, "Cancelled.", "Cancelled. Nothing was run.")
        if self.deadline.passed:
            raise self._ended(
                CommandTimeout,
                f"No answer within {self.timeout:g} s.",
                f"The device could not be asked within {self.timeout:g} s. Nothing was run.",
            )

    def _ended(self, kind: type[V3Error], sent: str, unsent: str) -> V3Error:
        """stopped: nothing runs on the device, since nothing was sent; else whoever stops it says."""
        if self.sent:
            return kind(sent, hint=_LOOK, sent=True, stopped=None)
        return kind(unsent, hint="Run it again.", sent=False, stopped=True)

    def begin(self) -> None:
        """Its turn in a batch has come: the deadline runs from now."""
        self.deadline = Deadline(self.timeout)
        if self.on_begin is not None:
            self.on_begin()

    def allow(self, seconds: float) -> None:
        """So much from now on, whatever was allowed before."""
        self.deadline = Deadline(seconds)

    def fresh_attempt(self) -> None:
        """Before the command is tried (again): count it, forget that an earlier try was sent."""
        self.attempts += 1
        self.sent = False


def stopped(error: V3Error, outcome: bool | None) -> V3Error:
    """The time-out or cancel again, with what came of stopping the command on the device."""
    words, hint = _STOPPED[outcome]
    again = f"{hint} {error.default_hint}" if outcome else hint
    details = {**error.details, "stopped": outcome}
    return type(error)(f"{error} {words}".strip(), hint=again, **details)


_LOOK = "Look for it with ps on the device."
_STOPPED = {
    True: ("", "It was stopped on the device."),
    False: ("It still runs on the device: not all of it could be ended.", _LOOK),
    None: ("It could not be made sure that it ended on the device.", _LOOK),
}
# Each alternative begins with its own character, not with a look behind. That takes a sixth of the time.
_BACKGROUND = re.compile(r"&(?<![&<>|]&)(?![&>])|python(?<!\wpython)")
# Programs that run others as another user.
_OTHER_USER = re.compile(
    r"\b(sudo|su|doas|pkexec|run0|runuser|setpriv|machinectl|systemd-run|dbus-send|busctl)\b"
)


class Deadline:
    """A point on the monotonic clock; clock changes do not move it."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        return self.left <= 0

    def at_most(self, seconds: float) -> float:
        """Seconds left, but at most so many."""
        return min(self.left, seconds)
