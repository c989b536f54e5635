"""Servers whose logins are odd, which no real server can be told to do: they ask, or end with words."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import paramiko
from paramiko.common import cMSG_DISCONNECT, cMSG_USERAUTH_BANNER

from tests.faults.stubs import SshStub, StubServer

Round = Sequence[tuple[str, bool, str]]
"""Prompts of one round of keyboard-interactive: text, echo, and the right answer."""
PASSWORD = "stub-password"


class AskingStub(SshStub):
    """Lets in by keyboard-interactive alone. given: every answer that ever came, in order."""

    def __init__(self, *rounds: Round, words: str = "") -> None:
        super().__init__()
        self.rounds, self.words = rounds, words
        self.given: list[str] = []

    def server(self, sock: socket.socket, transport: paramiko.Transport) -> paramiko.ServerInterface:
        return _Asking(self, sock, transport)


class _Asking(StubServer):
    _stub: AskingStub

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_interactive(self, username: str, submethods: str) -> int | paramiko.InteractiveQuery:
        self._round = -1
        return self._next()

    def check_auth_interactive_response(self, responses: list[str]) -> int | paramiko.InteractiveQuery:
        self._stub.given += responses
        wanted = [answer for _, _, answer in self._stub.rounds[self._round]]
        return self._next() if responses == wanted else paramiko.AUTH_FAILED

    def _next(self) -> int | paramiko.InteractiveQuery:
        self._round += 1
        if self._round == len(self._stub.rounds):
            self._stub.logins += 1
            return paramiko.AUTH_SUCCESSFUL
        prompts = [(text, echo) for text, echo, _ in self._stub.rounds[self._round]]
        return paramiko.InteractiveQuery("", self._stub.words, *prompts)


class WordyStub(SshStub):
    """Sends words without an end before it lets anybody in: greetings, or a dialogue that asks nothing."""

    endless = ""
    WORDS = "Welcome to the board.\n" * 1000

    def server(self, sock: socket.socket, transport: paramiko.Transport) -> paramiko.ServerInterface:
        return _Wordy(self, sock, transport)


class _Wordy(StubServer):
    _stub: WordyStub

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive" if self._stub.endless else "password"

    def check_auth_none(self, username: str) -> int:
        while self._stub.endless == "greetings" and not self._stub.over.is_set():
            banner = paramiko.Message()
            banner.add_byte(cMSG_USERAUTH_BANNER)
            banner.add_string(self._stub.WORDS)
            banner.add_string("")
            self._transport._send_message(banner)  # type: ignore[attr-defined]
        return paramiko.AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> int | paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", self._stub.WORDS)

    def check_auth_interactive_response(self, responses: list[str]) -> int | paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", self._stub.WORDS)


class EndingStub(SshStub):
    """Takes the password and ends the login: with a reason, or with words and without one."""

    def __init__(self, reason: str = "", banner: str = "", code: int = 2) -> None:
        super().__init__()
        self.reason, self.banner, self.code = reason, banner, code

    def server(self, sock: socket.socket, transport: paramiko.Transport) -> paramiko.ServerInterface:
        return _Ending(self, sock, transport)


class _Ending(StubServer):
    _stub: EndingStub

    def check_auth_password(self, username: str, password: str) -> int:
        self._stub.passwords += 1
        if self._stub.banner:
            self._say(cMSG_USERAUTH_BANNER, self._stub.banner)
        if self._stub.reason:
            self._say(cMSG_DISCONNECT, self._stub.code, self._stub.reason)
        self._sock.shutdown(socket.SHUT_RDWR)
        return paramiko.AUTH_FAILED

    def _say(self, kind: bytes, *parts: int | str) -> None:
        message = paramiko.Message()
        message.add_byte(kind)
        for part in parts:
            message.add_int(part) if isinstance(part, int) else message.add_string(part)
        message.add_string("")
        self._transport._send_message(message)  # type: ignore[attr-defined]
