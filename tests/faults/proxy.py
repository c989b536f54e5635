"""A bad cable for people without root: a TCP proxy that delays, freezes, cuts and half-closes.

with Proxy(server.port) as proxy: proxy.delay(0.15); proxy.freeze(); proxy.cut_on_next_request()
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any

from tests.servers.servers import Server
from utils.settings import Settings


class Proxy:
    """Forwards connections on a port of its own to the server's port."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._flowing = {True: threading.Event(), False: threading.Event()}  # requests, answers
        self.thaw()
        self._delay_s = 0.0
        self._cut_next = False
        self._over = False

    def __enter__(self) -> Proxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self.thaw()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(3)

    def settings(self, data_dir: Path, **changes: Any) -> Settings:
        """The server's settings, but through this proxy."""
        return self._server.settings(data_dir, **{"ssh_port": self.port, **changes})

    # -- faults -------------------------------------------------------------------------------

    def delay(self, one_way_s: float) -> None:
        """Each chunk waits so long, give or take a third."""
        self._delay_s = one_way_s

    def freeze(self, *, requests: bool = True, answers: bool = True) -> None:
        """Nothing moves any more, or only in one direction; both sides still see an open connection."""
        for frozen, flowing in zip((requests, answers), self._flowing.values(), strict=True):
            if frozen:
                flowing.clear()

    def thaw(self) -> None:
        for flowing in self._flowing.values():
            flowing.set()

    def cut(self) -> None:
        """Both sides get a reset."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for sock in pair:
                _reset(sock)

    def cut_on_next_request(self) -> None:
        """The next thing the client sends is swallowed, and both sides get a reset."""
        self._cut_next = True

    def half_close(self) -> None:
        """The client is told that the server says nothing more; the server is told nothing."""
        for client, _ in self._pairs:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_WR)

    # -- pumps --------------------------------------------------------------------------------

    def _start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name="proxy", daemon=True)
        thread.start()
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]

    def _accept(self) -> None:
        while not self._over:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._join, client)

    def _join(self, client: socket.socket) -> None:
        """A server that is not up is waited for, as packets on a cable would be sent again."""
        server = self._dial()
        if server is None:
            _reset(client)
            return
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs.append((client, server))
        self._start(self._pump, client, server, True)
        self._start(self._pump, server, client, False)

    def _dial(self) -> socket.socket | None:
        end = time.monotonic() + 3.0
        while not self._over and time.monotonic() < end:
            with contextlib.suppress(OSError):
                server = socket.create_connection(("127.0.0.1", self._server.port), 3)
                server.settimeout(None)
                return server
            time.sleep(0.05)
        return None

    def _pump(self, source: socket.socket, sink: socket.socket, request: bool) -> None:
        rest = threading.Event()
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._flowing[request].wait()
                if self._delay_s:
                    rest.wait(self._delay_s * random.uniform(0.67, 1.33))
                if request and self._cut_next:
                    self._cut_next = False
                    self.cut()
                    return
                sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for pair in [p for p in self._pairs if source in p]:
            with contextlib.suppress(ValueError):
                self._pairs.remove(pair)
            for sock in pair:
                sock.close()


def _reset(sock: socket.socket) -> None:
    """Closes with a reset. Whoever still reads here is woken first: a socket in use is not closed."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RD)
    sock.close()
