"""The waitress server, set up for many event streams. Why each figure: docs of the settings below."""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

from utils.errors import ConfigError
from utils.later import serving
from utils.settings import Settings
from utils.web import server_threads

_TAKEN = "It may be running already: open that page. Otherwise take another port; --port 0 is any free one."
_WINDOWS_SOCKETS = 480  # select() of CPython on Windows takes 512
_WRITING_S = 0.005  # more than a thread takes to hand some bytes to the system


class ServedConnection(HTTPChannel):  # type: ignore[misc]
    """A connection of waitress. Its loop sleeps while a thread writes to this one: its own loop asks again
    and again, and so takes the processor from that thread until the system's next tick, 4 ms."""

    def writable(self) -> bool:
        """Whether there is something to send, once nobody is about to send it."""
        if self.total_outbufs_len and self.outbuf_lock.acquire(timeout=_WRITING_S):
            self.outbuf_lock.release()
        return bool(super().writable())


@dataclass(frozen=True)
class _Request:
    """A connection with a request. What its answer need not wait for is done after it."""

    connection: Any

    def service(self) -> None:
        with serving():
            self.connection.service()

    def cancel(self) -> None:
        self.connection.cancel()


class Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads of the server, begun when no other one is free: a start waits for none of them."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def add_task(self, task: Any) -> None:
        """Hand in a request, or a connection's next one."""
        with self.lock:
            self.queue.append(_Request(task))
            self.queue_cv.notify()
            free = len(self.threads) - self.stop_count - self.active_count
            wanted = len(self.threads) + len(self.queue) - free
        if len(self.threads) < min(wanted, self._most):
            try:
                self.set_thread_count(min(wanted, self._most))
            except RuntimeError as exc:  # the system gives no more: it waits for one that is there
                self.logger.error("No further thread for a request: %s", exc)

    def start_new_thread(self, target: Any, thread_no: int) -> None:
        """As before, but a thread that could not start does not count."""
        try:
            super().start_new_thread(target, thread_no)
        except RuntimeError:
            self.threads.discard(thread_no)
            raise


def make_server(app: Flask, settings: Settings) -> Any:
    """Bound and listening, not yet answering; ConfigError when that address and port cannot be had."""
    try:
        return _bound(app, settings)
    except (OSError, ValueError) as exc:  # ValueError: waitress's word for a name that leads nowhere
        taken = isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE
        reason = exc.strerror if isinstance(exc, OSError) else "there is no such address"
        raise ConfigError(
            f"The page cannot be served at {settings.v3_host}:{settings.v3_port}: {reason}.",
            hint=_TAKEN
            if taken
            else "Check V3_HOST (an address of this laptop) and V3_PORT (one that this user may open).",
        ) from exc


def _bound(app: Flask, settings: Settings) -> Any:
    streams = settings.v3_max_streams
    connections = 2 * streams + 200  # a browser opens up to six beside its stream
    windows = sys.platform == "win32"
    if sys.platform == "win32":
        wasyncore.dispatcher.set_reuse_addr = _alone
    host = settings.v3_host.strip("[]")
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        listen=f"[{host}]:{settings.v3_port}" if ":" in host else f"{host}:{settings.v3_port}",
        _dispatcher=Threads(server_threads(settings)),
        channel_request_lookahead=1,  # so that a client that hangs up is noticed while we stream
        outbuf_high_watermark=1 << 20,  # a slow reader makes us wait, not grow
        connection_limit=min(connections, _WINDOWS_SOCKETS) if windows else connections,
        asyncore_use_poll=not windows,
        max_request_body_size=72 << 20,  # a bundle; the app itself refuses far less of anything else
        clear_untrusted_proxy_headers=not settings.v3_trusted_proxies,  # else proxy.py says who is trusted
        ident=None,
    )
    for each in sockets.values():
        each.channel_class = ServedConnection
    return server


def _alone(listener: Any) -> None:
    """Let nobody else listen there. What waitress asks for lets two programs of Windows share a port."""
    if sys.platform == "win32":
        listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)


def port_of(server: Any) -> int:
    """The port it listens on; V3_PORT=0 takes any free one."""
    listening = getattr(server, "effective_listen", None)
    return int(listening[0][1] if listening else server.effective_port)


def url_of(settings: Settings, port: int) -> str:
    """Where a browser on this machine finds the page."""
    host = settings.v3_host.strip("[]")
    if host in ("0.0.0.0", ""):  # noqa: S104 - compared only
        host = "127.0.0.1"
    if host == "::":
        host = "::1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
