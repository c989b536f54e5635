"""A port that says something of its own before it passes everything on to a real SSH server."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

from tests.servers.servers import Server
from utils.settings import Settings


class Greeter:
    """with Greeter(sshd, b"Welcome\\r\\n") as greeter: greeter.settings(data_dir)"""

    def __init__(self, server: Server, words: bytes) -> None:
        self._server, self._words = server, words
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Greeter:
        threading.Thread(target=self._accept, name="greeter", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def settings(self, data_dir: Path, **changes: Any) -> Settings:
        """The product's settings for this port."""
        return self._server.settings(data_dir, **{"ssh_port": self.port, **changes})

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._server.port))
                self._sockets += [near, far]
                near.sendall(self._words)
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(a, b), name="greeter", daemon=True).start()


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            to.sendall(data)
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_WR)
