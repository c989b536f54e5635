"""The SSH user authentication protocol, client side (RFC 4252 and 4256), on paramiko's transport.

One request at a time, one Reply for each; nothing is decided here. paramiko's own methods ask for the service
again before each request. They drop the server's words and the methods that it offers. They answer prompts in
the thread that reads the connection.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.common import (
    MSG_SERVICE_ACCEPT,
    MSG_USERAUTH_BANNER,
    MSG_USERAUTH_FAILURE,
    MSG_USERAUTH_INFO_REQUEST,
    MSG_USERAUTH_SUCCESS,
    cMSG_SERVICE_REQUEST,
    cMSG_USERAUTH_INFO_RESPONSE,
    cMSG_USERAUTH_REQUEST,
)
from paramiko.ssh_exception import SSHException

from utils.link.login.prompts import Prompt

_Handler: Any = AuthHandler  # paramiko has no types
_MOST_SAID = 4096  # characters of the server's words that are kept
_MOST_PROMPTS = 20
_MOST_REPLIES = 20  # at most two requests are under way
_SLICE_S = 0.25


@dataclass(frozen=True)
class Accepted:
    """The login is done."""


@dataclass(frozen=True)
class Refused:
    """methods: what may be tried next. partial: the last one was right, but the server wants more."""

    methods: tuple[str, ...]
    partial: bool = False


@dataclass(frozen=True)
class Prompted:
    """A round of keyboard-interactive; no prompts: only words."""

    words: str
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class KeyWanted:
    """The server would take this key: sign with it."""


@dataclass(frozen=True)
class ChangeWanted:
    """The password is right, and the server wants a new one first."""

    words: str


@dataclass(frozen=True)
class Ended:
    """The connection is over."""


Reply = Accepted | Refused | Prompted | KeyWanted | ChangeWanted | Ended


class Silence(Exception):
    """No reply in time."""


class UserAuth(_Handler):  # type: ignore[misc]
    """The conversation of one login. words: what the server has said about the last request."""

    def __init__(self, transport: paramiko.Transport, user: str) -> None:
        super().__init__(transport)
        self._user = user
        self._replies: SimpleQueue[tuple[Reply, str]] = SimpleQueue()
        self._heard = self.words = ""
        transport.auth_handler = self

    # -- requests -----------------------------------------------------------------------------

    def ask_for_service(self) -> None:
        """Ask for the service, once. What is asked of it may follow in the same flight."""
        service = paramiko.Message()
        service.add_byte(cMSG_SERVICE_REQUEST)
        service.add_string("ssh-userauth")
        self._send(service)

    def send_none(self) -> None:
        """Ask for a login without anything."""
        self._request("none")

    def send_password(self, password: str) -> None:
        self._request("password", False, password)

    def send_interactive(self) -> None:
        """Ask the server to ask."""
        self._request("keyboard-interactive", "", "")

    def send_answers(self, answers: list[str]) -> None:
        """What the server said until now is a greeting, and no word about these answers."""
        self._heard = "" if answers else self._heard
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_INFO_RESPONSE)
        message.add_int(len(answers))
        for answer in answers:
            message.add_string(answer)
        self._send(message)

    def ask_for_key(self, key: paramiko.PKey) -> None:
        """Whether the server would take this key; signs nothing."""
        kind, blob = self._get_key_type_and_bits(key)
        self._request("publickey", False, self._finalize_pubkey_algorithm(kind), blob)

    def send_key(self, key: paramiko.PKey) -> None:
        """Prove to hold this key. AuthenticationException when the server takes no algorithm of it."""
        kind, blob = self._get_key_type_and_bits(key)
        algorithm = self._finalize_pubkey_algorithm(kind)
        signed = self._get_session_blob(key, "ssh-connection", self._user, algorithm)
        signature = key.sign_ssh_data(signed, algorithm)
        self._request("publickey", True, algorithm, blob, signature)

    def _request(self, method: str, *parts: Any) -> None:
        self.auth_method = method
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_REQUEST)
        for text in (self._user, "ssh-connection", method):
            message.add_string(text)
        for part in parts:
            message.add_boolean(part) if isinstance(part, bool) else message.add_string(part)
        self._send(message)

    def _send(self, message: paramiko.Message) -> None:
        try:
            self.transport._send_message(message)
        except (EOFError, OSError, SSHException):
            self.abort()

    # -- replies ------------------------------------------------------------------------------

    def reply(self, timeout_s: float) -> Reply:
        """The server's next word. Silence when none comes in time."""
        until = time.monotonic() + timeout_s
        while True:
            left_s = until - time.monotonic()
            try:
                reply, self.words = self._replies.get(timeout=max(0.001, min(_SLICE_S, left_s)))
                return reply
            except Empty:
                if not self.transport.is_active():  # paramiko says so before it calls abort()
                    self.words = self._heard
                    return Ended()
                if left_s <= 0:
                    raise Silence from None

    @property
    def _client_handler_table(self) -> dict[int, Any]:
        return {
            **super()._client_handler_table,
            MSG_USERAUTH_SUCCESS: self._on_success,
            MSG_USERAUTH_FAILURE: self._on_failure,
            MSG_USERAUTH_BANNER: self._on_banner,
            MSG_USERAUTH_INFO_REQUEST: self._on_sixty,
            MSG_SERVICE_ACCEPT: _nothing,
        }

    def abort(self) -> None:
        """The connection is over (called by the transport)."""
        self._replies.put((Ended(), self._heard))

    def _came(self, reply: Reply) -> None:
        """Keep it until it is asked for; SSHException, which ends the connection, for a flood."""
        if self._replies.qsize() > _MOST_REPLIES:
            raise SSHException("The server sends replies that nobody asked for.")
        self._replies.put((reply, self._heard))
        if isinstance(reply, Refused):
            self._heard = ""

    def _on_success(self, _message: paramiko.Message) -> None:
        self.authenticated = True
        self.transport._auth_trigger()
        self._came(Accepted())

    def _on_failure(self, message: paramiko.Message) -> None:
        methods = tuple(_text(message).split(","))
        self._came(Refused(methods, message.get_boolean()))

    def _on_banner(self, message: paramiko.Message) -> None:
        self._hear(_text(message))

    def _hear(self, words: str) -> None:
        self._heard = f"{self._heard}\n{words}".strip()[:_MOST_SAID]

    def _on_sixty(self, message: paramiko.Message) -> None:
        """Message 60 means another thing for each method."""
        if self.auth_method == "publickey":
            self._came(KeyWanted())
        elif self.auth_method == "password":
            self._came(ChangeWanted(_text(message)))
        elif self.auth_method == "keyboard-interactive":
            self._came(self._prompted(message))
        else:
            raise SSHException("The server asks for answers that it was not asked to want.")

    def _prompted(self, message: paramiko.Message) -> Prompted:
        title, instruction, _language = _text(message), _text(message), _text(message)
        count = message.get_int()
        if count > _MOST_PROMPTS:
            raise SSHException("The server asks too many things at once.")
        prompts = tuple(Prompt(_text(message), message.get_boolean()) for _ in range(count))
        words = f"{title}\n{instruction}".strip()
        self._hear(words)
        return Prompted(words, prompts)


def _nothing(_message: paramiko.Message) -> None:
    pass


def _text(message: paramiko.Message) -> str:
    return message.get_binary()[:_MOST_SAID].decode("utf-8", "replace")
