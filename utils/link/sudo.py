"""sudo's password: given to sudo alone, only when it asks, and a wrong one only once. Sends nothing itself.

A command with `sudo -n` gets a shell function of that name before it. The function asks sudo first whether it
needs a password at all (-n -v). If so, it lets sudo ask (-S -v) on descriptors of its own: the prompt goes to
the channel's stderr whatever the command does with its own, the answer comes from the channel's stdin, which
the command never has. Then the command's own `sudo -n` runs, on the right that sudo remembers. Where sudo
remembers nothing (timestamp_timeout=0), sudo asks at the command itself.

Here the other side: Sudo.hear() sees the prompts, answer() says what to send. Each question is announced by a
mark; a second prompt behind one mark means that the password was wrong. The prompt names the user whose
password sudo wants (%p). With targetpw or rootpw that is not the caller.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass, field

from utils.redact import redact
from utils.settings import Settings

_WANTED = re.compile(r"\bsudo -n ")
_WORDS = re.compile(rb"incorrect password attempt|no password was provided")

# Descriptor 6 is the channel's stdin, 5 its stderr. The last line keeps bash from replacing itself by
# sudo: what sudo remembers holds for children of one process.
_FUNCTION = (
    "exec 5>&2 6<&0 </dev/null; sudo() {{ "
    'case $1 in -n) ;; *) command sudo "$@" 5>&- 6<&-; return $?;; esac; '
    "if command sudo -n -v </dev/null >/dev/null 2>&1 5>&- 6<&-; then :; "
    "elif printf '{ask}' >&5; command sudo -S -p '{prompt}' -v <&6 >/dev/null 2>&5 5>&- 6<&-; then "
    "command sudo -n -v </dev/null >/dev/null 2>&1 5>&- 6<&- || {{ shift; printf '{ask}' >&5; "
    "command sudo -S -p '{prompt}' \"$@\" <&6 2>&5 5>&- 6<&-; return $?; }}; fi; "
    'command sudo "$@" 5>&- 6<&-; return $?; }}\n'
)

_USER_MOST = 64  # characters of a user's name in a prompt

FIRST_S = 5.0  # how long a board waits for what another one says to a password that none has taken yet


@dataclass
class _Said:
    """What the boards of one bench said to one password. refused: whose password sudo wanted there ("" if not
    known). trying: where it may be asked for, until then."""

    refused: dict[str | None, str] = field(default_factory=dict)
    taken: set[str | None] = field(default_factory=set)
    trying: str | None = None
    until: float = 0.0


_said: dict[str, _Said] = {}  # by a digest: no password stands here
_changed = threading.Condition()


@dataclass(frozen=True)
class Password:
    """sudo's password for one board of a bench. A board that refused it never gets it again. While no board
    has taken it, it is tried on one at a time. One that was refused reaches no other board.

    bench: what its boards have in common. agreed: a person wants it tried here, whatever another board said.
    """

    text: str = field(repr=False)
    bench: str = ""
    agreed: bool = False

    @property
    def _said(self) -> _Said:
        digest = hashlib.sha256(f"{self.bench}\0{self.text}".encode()).hexdigest()
        return _said.setdefault(digest, _Said())

    def may_go_to(self, device: str | None) -> bool:
        """Whether this board may have it now. Waits for the answer of another one that has it first."""
        with _changed:
            said = self._said
            if not self.agreed:
                _changed.wait_for(lambda: not self._elsewhere(device), FIRST_S)
            if device in said.refused or (said.refused and not self.agreed and device not in said.taken):
                return False
            said.trying, said.until = device, time.monotonic() + FIRST_S
            return True

    def _elsewhere(self, device: str | None) -> bool:
        said = self._said
        settled = said.taken or said.refused or said.trying in (None, device)
        return not settled and time.monotonic() < said.until

    def refused_by(self, device: str | None, wanted_of: str) -> None:
        """wanted_of: the user whose password sudo wanted, "" if that is not known."""
        with _changed:
            self._said.refused[device] = wanted_of
            self._said.taken.discard(device)
            _changed.notify_all()

    def taken_by(self, device: str | None) -> None:
        """It is right: from now on it is redacted, and other boards need not wait."""
        redact.add(self.text)
        with _changed:
            self._said.taken.add(device)
            _changed.notify_all()

    def was_refused_by(self, device: str | None) -> bool:
        return device in self._said.refused

    def wanted_of(self, device: str | None) -> str:
        """The user whose password this board's sudo wanted when it refused it; "" if that is not known."""
        return self._said.refused.get(device, "")

    def try_again_on(self, device: str | None) -> None:
        """A person asks to try it again on this board."""
        with _changed:
            self._said.refused.pop(device, None)


def password_of(settings: Settings) -> Password | None:
    """The one that is configured, for the bench that these settings belong to."""
    secret = settings.ssh_sudo_password
    return (
        Password(secret.get_secret_value(), f"{settings.v3_data_dir}\0{settings.ssh_user}")
        if secret
        else None
    )


def wanted(command: str) -> bool:
    """Whether the command asks for sudo without a password of its own."""
    return _WANTED.search(command) is not None


def unwrapped(text: str) -> str:
    """The command of Sudo.wrapped()."""
    return text.partition("\n")[2] if text.startswith("exec 5>&2 6<&0 </dev/null; sudo() {") else text


class Sudo:
    """One command's talk with sudo."""

    def __init__(self, password: Password, device: str | None) -> None:
        nonce = secrets.token_hex(8)
        self._line = f"{password.text}\n".encode()
        self._password, self._device = password, device
        self._nonce = nonce
        self._tokens = re.compile(rb"v3-%s(\?|:([^;\n]{0,%d});)" % (nonce.encode(), _USER_MOST))
        self._heard = bytearray()
        self._may_ask = self._due = self._given = 0
        self._asked_for = ""
        self.over = False
        """A wrong password: nothing more is given, and sudo's stdin is to be closed."""

    def wrapped(self, command: str) -> str:
        """The command with the function before it."""
        return _FUNCTION.format(ask=f"v3-{self._nonce}?", prompt=f"v3-{self._nonce}:%p;") + command

    def hear(self, err: bytes | bytearray | memoryview) -> None:
        """What came on the command's stderr, in pieces of any size."""
        self._heard += err
        end = max(0, len(self._heard) - len(self._nonce) - 4 - _USER_MOST)
        for token in self._tokens.finditer(self._heard):
            end = max(end, token.end())
            if token[1] == b"?":
                self._may_ask += 1
            elif self._may_ask:
                self._may_ask, self._due = self._may_ask - 1, self._due + 1
                self._asked_for = (
                    token[2].decode(errors="replace").replace("%p", "")
                )  # a sudo without escapes
            else:
                self._refuse()
        del self._heard[:end]

    def answer(self) -> bytes:
        """What to send now."""
        due, self._due = self._due, 0
        self._given += due
        return b"" if self.over else self._line * due

    def cleaned(self, err: bytes) -> bytes:
        """The command's stderr without the talk. Notes a password that was refused."""
        if self._given and _WORDS.search(err):
            self._refuse()
        return self._tokens.sub(b"", err)

    def _refuse(self) -> None:
        self.over = True
        self._password.refused_by(self._device, self._asked_for)

    @property
    def given(self) -> bool:
        """Whether sudo asked for the password and got it."""
        return self._given > 0

    def ended(self) -> None:
        """The command is over by itself: what was given and not refused was right."""
        if self._given and not self.over:
            self._password.taken_by(self._device)
