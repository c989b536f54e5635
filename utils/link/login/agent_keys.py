"""The keys of a running SSH agent. Every wait has a bound: an agent may wait for a person for ever."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import Any

import paramiko
from paramiko.agent import AgentSSH
from paramiko.ssh_exception import SSHException

_Agent: Any = AgentSSH  # paramiko has no types
# sshd hangs up at the sixth refused try (MaxAuthTries): the key file, these, the password
MOST_OFFERED = 4
ANSWER_S = 3.0  # an agent lists its keys in milliseconds
SIGN_S = 6.0  # a person may have to touch a token
_MOST_BYTES = 1 << 18


class AgentKeys(_Agent):  # type: ignore[misc]
    """A connection to the agent of SSH_AUTH_SOCK. keys: what it holds; trouble: why there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble = ""
        self._until = time.monotonic() + ANSWER_S
        try:
            conn = _open()
            if conn is None:
                self.trouble = "no agent runs (SSH_AUTH_SOCK is not set)"
            else:
                self._connect(conn)
        except TimeoutError:
            self.trouble = f"the agent did not answer within {ANSWER_S:.0f} s"
        except (OSError, SSHException, EOFError, ValueError, IndexError) as exc:
            self.trouble = (
                f"the agent cannot be asked ({getattr(exc, 'strerror', None) or type(exc).__name__})"
            )

    @property
    def keys(self) -> tuple[paramiko.PKey, ...]:
        return tuple(self.get_keys())

    def close(self) -> None:
        self._close()

    def _send_message(self, message: Any) -> Any:
        if self.keys:  # it was listed, so this is a signature
            self._until = time.monotonic() + SIGN_S
        return super()._send_message(message)

    def _read_all(self, wanted: int) -> bytes:
        """As paramiko does, but with one bound for all of it."""
        if wanted > _MOST_BYTES:
            raise SSHException("the agent's answer is too long")
        got = b""
        while len(got) < wanted:
            left_s = self._until - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            if hasattr(self._conn, "settimeout"):
                self._conn.settimeout(left_s)
            part = self._conn.recv(wanted - len(got))
            if not part:
                raise SSHException("the agent hung up")
            got += part
        return got


def _open() -> Any:
    """A connection to the agent, or None where none runs."""
    if sys.platform == "win32":
        from paramiko.agent import get_agent_connection

        return get_agent_connection()
    path = os.environ.get("SSH_AUTH_SOCK")
    if not path:
        return None
    conn = socket.socket(socket.AF_UNIX)
    conn.settimeout(ANSWER_S)
    try:
        conn.connect(path)
    except BaseException:
        conn.close()
        raise
    return conn
