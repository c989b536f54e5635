"""Event streams over a real waitress: order, replay, limits, and that every slot comes back."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.faults import ledger
from tests.waiting import busy, wait_until
from tests.web.conftest import TOKEN
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.model.link_words import link_view
from utils.model.results import to_json
from utils.web import context
from utils.web.sse import Times

Serve = Callable[..., tuple[Flask, int]]
QUICK = Times(beat=0.3, poll=0.1, stalled=1.0, missed=1.0, unbeaten=600.0)


@dataclass
class Reader:
    """A browser's end of a stream, on a plain socket."""

    port: int
    path: str = "/api/v1/events"
    last_id: str = ""
    more: str = ""
    status: int = 0
    body: str = ""
    _rest: bytes = b""
    connection: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        more = self.more + (f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else "")
        request = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{more}\r\n"
        self.connection.sendall(request.encode())
        while b"\r\n\r\n" not in self._rest:
            self._rest += self.connection.recv(65536)
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        self.head = head.decode()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def lines(self, seconds: float = 5.0) -> list[str]:
        """All that comes until the stream ends or the time is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.connection.settimeout(max(0.01, until - time.monotonic()))
            try:
                more = self.connection.recv(65536)
            except TimeoutError:
                break
            if not more:
                break
            self._rest += more
        self.connection.settimeout(5)
        return self._rest.decode().splitlines()

    def events(self, until: str, times: int = 1, seconds: float = 5.0) -> list[tuple[str, Any]]:
        """(kind, data) in order, until so many of this kind have come or the time is over."""
        deadline = time.monotonic() + seconds * busy()
        while True:
            told = re.findall(rb"event: (\S+)\ndata: (.*)\n\n", self._rest)
            events = [(kind.decode(), json.loads(data)) for kind, data in told]
            if [kind for kind, _ in events].count(until) >= times or time.monotonic() > deadline:
                return events
            with contextlib.suppress(TimeoutError):
                self._rest += self.received()

    def received(self, most: int = 1 << 16) -> bytes:
        """What comes next."""
        data = self.connection.recv(most)
        assert data, "the stream was ended"
        return data

    def ids(self) -> list[int]:
        return [int(line[4:]) for line in self._rest.decode().splitlines() if line.startswith("id: ")]


def test_a_stream_ends_with_the_session_that_opened_it(serve: Serve) -> None:
    app, port = serve(QUICK, v3_password="s3cret page")
    name = context(app).logins.begin()
    with Reader(port, more=f"Cookie: v3_session_{port}={name}\r\nSec-Fetch-Site: same-origin\r\n") as reader:
        assert (reader.status, reader.events(until="connection")[0][0]) == (200, "hello")
        context(app).logins.end(name)
        assert wait_until(lambda: context(app).slots.streams == 0)
    with Reader(port, more=f"Authorization: Bearer {TOKEN}\r\n") as script:
        assert script.status == 200
        assert ("beat" in dict(script.events(until="beat"))) is True  # a script's stream has no session


def post(port: int, path: str) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        connection.sendall(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        return int(connection.recv(65536).split()[1])


def test_a_stream_greets_with_the_state_and_then_tells_what_happens(
    serve: Serve, runner: Runner, door: LocalDoor
) -> None:
    _, port = serve(QUICK)
    with Reader(port) as reader:
        assert "text/event-stream" in reader.head
        assert "no-store" in reader.head
        reader.events(until="connection")
        runner.run("healthy")
        door.changed()
        events = reader.events(until="connection", times=2)
    kinds = [kind for kind, _ in events if kind != "beat"]
    assert kinds == ["hello", "connection", "run-started", "run-finished", "headline", "connection"]
    finished = dict(events)["run-finished"]
    assert finished["result"]["verdict"] == "pass"
    words = to_json(link_view(door.status()))
    assert [data["view"] for kind, data in events if kind == "connection"] == [words, words]


def test_heartbeats_come_as_comments_and_as_events(serve: Serve) -> None:
    _, port = serve(QUICK)
    with Reader(port) as reader:
        lines = reader.lines(1.2)
    assert lines.count("event: beat") >= 3
    assert lines.count(": hb") == lines.count("event: beat")
    assert "retry: 2000" in lines


def _sleeps() -> int:
    """How often the server's threads went to sleep so far."""
    tasks = [
        Path(f"/proc/self/task/{each.native_id}/status")
        for each in threading.enumerate()
        if each.name.startswith("waitress")
    ]
    told = [re.search(r"^voluntary_ctxt_switches:\s+(\d+)", task.read_text(), re.M) for task in tasks]
    return sum(int(each[1]) for each in told if each)


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
def test_a_stream_sleeps_while_nothing_happens(serve: Serve) -> None:
    _, port = serve(Times(beat=60.0, poll=0.02, stalled=60.0))
    readers = [Reader(port) for _ in range(10)]
    for reader in readers:
        reader.events(until="connection")
    before = _sleeps()
    time.sleep(1)  # fifty looks
    assert _sleeps() - before < 50  # all ten together
    for reader in readers:
        reader.connection.close()


def test_streams_that_were_opened_at_once_do_not_beat_at_once(serve: Serve) -> None:
    _, port = serve(Times(beat=20.0))
    readers = [Reader(port) for _ in range(20)]

    def beats() -> int:
        return sum("event: beat" in reader.lines(0.001) for reader in readers)

    assert wait_until(beats, 19)
    assert beats() < 20
    for reader in readers:
        reader.connection.close()


def test_after_a_break_nothing_is_lost_and_nothing_comes_twice(serve: Serve, runner: Runner) -> None:
    _, port = serve(QUICK)
    with Reader(port) as reader:
        reader.events(until="connection")
        runner.run("healthy")
        reader.events(until="run-finished")
        last = reader.ids()[-1]
    runner.run("faulty")
    runner.run("missing")
    with Reader(port, last_id=str(last)) as reader:
        reader.events(until="beat")
        ids = reader.ids()
    assert len(ids) >= 4
    assert ids == list(range(last + 1, runner.bus.last_id + 1))


def test_a_number_from_before_a_restart_gets_a_reset(serve: Serve) -> None:
    _, port = serve(QUICK)
    with Reader(port, last_id="12345") as reader:
        assert "reset" in dict(reader.events(until="reset"))


def test_a_checkups_stream_tells_all_of_it_and_ends(serve: Serve, runner: Runner) -> None:
    _, port = serve(QUICK)
    checkup = runner.start_checkup(["healthy", "faulty"])
    runner.run("missing")
    assert checkup.done.wait(20)
    path = f"/api/v1/checkups/{checkup.id}/events"
    with Reader(port, path) as reader:
        lines = reader.lines(5)
        ids = reader.ids()
    kinds = [line[7:] for line in lines if line.startswith("event: ") and line != "event: beat"]
    assert kinds == [
        "hello", "checkup-started", "run-started", "run-finished", "run-started", "run-finished",
        "checkup-finished",
    ]  # fmt: skip
    assert all(checkup.id in line for line in lines if line.startswith('data: {"run"'))
    with Reader(port, path, last_id=str(ids[-1])) as reader:
        assert reader.status == 204
    with Reader(port, path, last_id=str(ids[2])) as reader:
        reader.lines(5)
        assert reader.ids() == ids[3:]


def test_while_a_page_is_open_the_link_is_kept_connected(serve: Serve, door: LocalDoor) -> None:
    _, port = serve(QUICK)
    with Reader(port) as first, Reader(port) as second:
        first.events(until="connection")
        second.events(until="connection")
        assert door.kept == 2
    assert wait_until(lambda: door.kept == 0)


def test_one_stream_more_than_the_limit_gets_a_clear_answer_and_slots_come_back(serve: Serve) -> None:
    app, port = serve(QUICK, v3_max_streams=3)
    readers = [Reader(port) for _ in range(3)]
    with Reader(port) as refused:
        assert refused.status == 503
        assert "Retry-After" in refused.head
        assert json.loads(refused.lines(0.3)[-1])["code"] == "busy"
    for reader in readers:
        reader.connection.close()
    assert wait_until(lambda: context(app).slots.streams == 0)
    with Reader(port) as again:
        assert again.status == 200


def test_streams_and_waiting_runs_together_leave_threads_for_everybody_else(
    serve: Serve, runner: Runner
) -> None:
    app, port = serve(QUICK, v3_max_streams=4)
    readers = [Reader(port) for _ in range(4)]
    waiting = [
        threading.Thread(target=post, args=(port, "/api/v1/diagnostics/hanging/run")) for _ in range(20)
    ]
    for thread in waiting:
        thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    with Reader(port, "/healthz") as health:
        assert health.status == 200
    assert time.monotonic() - began < 4
    runner.cancel(runner.start("hanging").id)
    for thread in waiting:
        thread.join(5)
    for reader in readers:
        reader.connection.close()
    assert wait_until(lambda: context(app).slots.streams == 0)


def test_a_page_that_stops_its_beats_loses_its_slot(serve: Serve) -> None:
    app, port = serve(QUICK)
    with Reader(port) as reader:
        hello = dict(reader.events(until="connection"))["hello"]
        for _ in range(15):
            assert post(port, f"/api/v1/streams/{hello['stream']}/beat") == 204
            time.sleep(0.1)
        assert context(app).slots.streams == 1
        assert wait_until(lambda: context(app).slots.streams == 0, 4)
        assert reader.lines(2)
    assert post(port, f"/api/v1/streams/{hello['stream']}/beat") == 404


def test_a_stream_without_any_beat_is_cut_after_a_while(serve: Serve) -> None:
    app, port = serve(Times(beat=0.3, poll=0.1, stalled=1.0, missed=1.0, unbeaten=0.5))
    with Reader(port) as reader:
        reader.lines(3)
    assert wait_until(lambda: context(app).slots.streams == 0)


def test_dead_readers_delay_nobody_and_lose_their_slots(
    serve: Serve, runner: Runner, record_property: Callable[[str, object], None]
) -> None:
    """`pytest -s -k dead_readers` prints the figures."""
    app, port = serve(QUICK)
    dead = [Reader(port) for _ in range(10)]
    stalls_s, text = [], "x" * 200_000
    with Reader(port) as healthy:
        healthy.events(until="connection")
        memory = ledger.memory_kb()
        for n in range(60):  # far more than kernel buffers and the high-water mark hold
            began = time.monotonic()
            runner.bus.publish("noise", {"n": n, "text": text})
            while f'"n":{n},'.encode() not in healthy._rest or not healthy._rest.endswith(b"\n\n\r\n"):
                healthy._rest = healthy._rest[-400_000:] + healthy.received(1 << 20)
            stalls_s.append(time.monotonic() - began)
        grown_mb = (ledger.memory_kb() - memory) / 1024
        *_, third, _, longest = sorted(stalls_s)
        figures = f"{longest * 1000:.0f} ms, memory {grown_mb:+.0f} MB (60 events of 200 kB)"
        print(f"\nlargest stall of a healthy client beside ten dead ones: {figures}")
        record_property("largest stall beside ten dead clients", figures)
        assert third < 1
        assert longest < 5  # the machine may be busy with something else; a dead client holds up for ever
        assert grown_mb < 100
        assert wait_until(lambda: context(app).slots.streams == 1, 10)
    for reader in dead:
        reader.connection.close()


def test_as_many_pages_as_the_limit_allows_see_each_event_at_once(serve: Serve, runner: Runner) -> None:
    app, port = serve(QUICK)
    readers = [Reader(port) for _ in range(64)]
    for reader in readers:
        reader.events(until="connection")
    lags = []
    for n in range(5):
        began = time.monotonic()
        runner.bus.publish("tick", {"n": n})
        for reader in readers:
            mark = f'"n":{n}'.encode()
            while mark not in reader._rest:
                reader._rest = reader._rest[-4096:] + reader.received()
        lags.append(time.monotonic() - began)
        with Reader(port, "/healthz") as health:
            assert health.status == 200
    assert sorted(lags)[2] < 5  # 64 readers in one thread here; the server itself takes far less
    with Reader(port) as one_more:
        assert one_more.status == 503
    for reader in readers:
        reader.connection.close()
    assert wait_until(lambda: context(app).slots.streams == 0)


@pytest.mark.parametrize("value", ["x", "-1", "1e3", "9" * 30, "²"])
def test_a_last_event_id_that_is_no_number_is_refused(client: FlaskClient, value: str) -> None:
    answer = client.get("/api/v1/events", headers={"Last-Event-ID": value})
    assert answer.status_code == 422
