"""A TCP port of loopback for a server that a test starts, and may start again."""

from __future__ import annotations

import contextlib
import secrets
import socket

HOST = "127.0.0.1"
_LOWEST, _MANY = 10_000, 20_000
"""Below those that the system gives to connections: one could take the port of a server that is down."""


def free_port() -> int:
    """One that nobody listens on at the moment, and that no other test is likely to get."""
    while True:
        port = _LOWEST + secrets.randbelow(_MANY)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
