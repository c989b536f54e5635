"""sudo's password: given to sudo alone, only when it asks, and a wrong one only once. Sends nothing itself.

A command with `sudo -n` gets a shell function of that name before it. The function asks sudo first
whether it needs a password at all (-n -v). If so, it lets sudo ask (-S -v) on descriptors of its own: the
prompt goes to the channel's stderr whatever the command does with its own, the answer comes from the
channel's stdin, which the command never has. Then the command's own `sudo -n` runs, on the right that
sudo remembers; where sudo remembers nothing (timestamp_timeout=0), sudo asks at the command itself.

Here the other side: Sudo.hear() sees the prompts, answer() says what to send. Each question is announced by a
mark; a second prompt behind one mark means that the password was wrong. The prompt names the user whose
password sudo wants (%p), which is not the caller's where targetpw or rootpw is set.
"""

from __future__ import annotations

import hashlib
import re
import secrets

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

_refused: dict[str, str] = {}
"""Passwords (hashed, with their device) that a sudo refused, and whose password it wanted ("" if not known):
never given again until forget()."""


def wanted(command: str) -> bool:
    """Whether the command asks for sudo without a password of its own."""
    return _WANTED.search(command) is not None


def was_refused(password: str, device: str | None) -> bool:
    return _name(password, device) in _refused


def wanted_of(password: str, device: str | None) -> str:
    """The user whose password sudo wanted when it refused this one; "" if that is not known."""
    return _refused.get(_name(password, device), "")


def forget() -> None:
    """A person changed something or asks to try again."""
    _refused.clear()


def _name(password: str, device: str | None) -> str:
    return hashlib.sha256(f"{device}\0{password}".encode()).hexdigest()


def unwrapped(text: str) -> str:
    """The command of Sudo.wrapped()."""
    return text.partition("\n")[2] if text.startswith("exec 5>&2 6<&0 </dev/null; sudo() {") else text


class Sudo:
    """One command's talk with sudo."""

    def __init__(self, password: str, device: str | None) -> None:
        nonce = secrets.token_hex(8)
        self._line = f"{password}\n".encode()
        self._name = _name(password, device)
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
        _refused[self._name] = self._asked_for
