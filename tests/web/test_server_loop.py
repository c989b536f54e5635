"""The server's loop sleeps while a thread writes to a connection: else it takes the processor from it."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response
from waitress.channel import HTTPChannel

from utils.settings import Settings
from utils.web.server import ServedConnection, make_server, port_of

HOST = "127.0.0.1"
WRITES_S = 0.1
PIECES = 3


@pytest.mark.parametrize("port_host", ["127.0.0.1", "localhost"])  # one socket; on most systems two
def test_the_loop_asks_now_and_then_whether_a_thread_is_done_with_writing(
    port_host: str, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, asked, slow = Flask("slow"), [], threading.Event()

    @app.get("/")
    def pieces() -> Response:
        slow.set()
        return Response(iter(["piece\n"] * PIECES), mimetype="text/plain")

    def send(self: Any, data: Any, do_close: bool = True) -> int:
        # waitress's loop hears of what is written while the thread is at it: it is woken here
        if slow.is_set() and threading.current_thread() is not loop:
            self.server.pull_trigger()
            time.sleep(WRITES_S)
        return plain(self, data, do_close)

    def writable(self: ServedConnection) -> bool:
        asked.append(time.monotonic())
        return counted(self)

    plain, counted = HTTPChannel.send, ServedConnection.writable
    monkeypatch.setattr(HTTPChannel, "send", send)
    monkeypatch.setattr(ServedConnection, "writable", writable)
    server = make_server(app, make_settings(v3_host=port_host, v3_port=0))
    loop = threading.Thread(target=server.run, daemon=True)
    loop.start()
    try:
        connection = http.client.HTTPConnection(HOST, port_of(server))
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"piece\n" * PIECES
        connection.close()
    finally:
        server.task_dispatcher.shutdown(timeout=2)
        server.close()
    waits = PIECES * WRITES_S / 0.005
    assert 0 < len(asked) < 3 * waits, "the loop spins while a thread writes"
