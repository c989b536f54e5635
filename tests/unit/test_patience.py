"""How long the link waits, and by what: silence that is owed, a clock that jumps, links that do not last."""

from __future__ import annotations

import errno
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest

from utils import errors
from utils.laptop.cable import CABLE_OUT
from utils.laptop.limits import laptop_limit
from utils.link.paths.persistent import flapping, liveness
from utils.link.paths.persistent.flapping import PAUSES_S, STOOD_S, Flapping
from utils.link.paths.persistent.liveness import DEAD_S, KEYS_S, Liveness
from utils.link.request import Deadline
from utils.link.transport import transport
from utils.link.transport.large_packets import lost_large


class _Peer:
    """A transport of which only the signs of life are real."""

    def __init__(self) -> None:
        self.sock: Any = SimpleNamespace(settimeout=lambda _s: None)
        self.packetizer = SimpleNamespace(on_idle=None)
        self.heard_at = 0.0
        self.serving, self.clear_to_send = threading.Event(), threading.Event()
        self.clear_to_send.set()
        self.when_serving: list[Any] = []
        self.on_answer: Any = None
        self.probes = 0
        self.active = True

    def is_active(self) -> bool:
        return self.active

    def send_probe(self) -> bool:
        self.probes += self.clear_to_send.is_set()
        return self.clear_to_send.is_set()


class _Watch:
    """A clock that is set by hand, and a Liveness that goes by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.peer = _Peer()
        self.lost: list[str] = []
        self.thread_ended = threading.Event()
        monkeypatch.setattr(liveness, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(liveness, "discard", lambda _t: None)
        monkeypatch.setattr(liveness.WATCHER, "add", lambda _each: None)
        self.liveness = Liveness(self.peer, self._lost)  # type: ignore[arg-type]

    def _lost(self, cause: str) -> None:
        self.lost.append(cause)
        self.thread_ended.set()

    def serve(self) -> None:
        self.peer.serving.set()
        for each in self.peer.when_serving:
            each()

    def pass_by(self, seconds: float, step: float = 0.25) -> bool:
        """Whether the connection is alive after so long of looking."""
        for _ in range(round(seconds / step)):
            self.now += step
            self.peer.packetizer.on_idle()
            if not self.liveness.look():
                assert self.thread_ended.wait(20)
                return False
        return True


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> _Watch:
    return _Watch(monkeypatch)


def test_a_device_at_work_for_its_first_session_is_not_asked_and_not_given_up(watch: _Watch) -> None:
    assert watch.pass_by(80)
    assert watch.peer.probes == 0
    watch.serve()
    assert watch.peer.probes == 1


def test_who_owes_an_answer_and_says_nothing_is_gone(watch: _Watch) -> None:
    watch.serve()
    assert watch.pass_by(DEAD_S - 0.25)
    assert not watch.pass_by(1)
    assert watch.lost == ["no answer for 5 s"]


def test_any_byte_is_life(watch: _Watch) -> None:
    watch.serve()
    for _ in range(10):
        assert watch.pass_by(DEAD_S - 0.5)
        watch.peer.heard_at = watch.now
    assert not watch.pass_by(DEAD_S + 1)


def test_an_answered_probe_is_followed_by_another(watch: _Watch) -> None:
    watch.serve()
    for _ in range(8):
        watch.peer.heard_at = watch.now
        watch.peer.on_answer()
        assert watch.pass_by(2)
    assert 4 <= watch.peer.probes <= 9


def test_silence_in_a_key_exchange_is_missed_though_no_probe_can_be_sent(watch: _Watch) -> None:
    watch.serve()
    watch.peer.on_answer()
    watch.peer.clear_to_send.clear()
    assert not watch.pass_by(DEAD_S + 1)
    assert watch.lost == ["no answer for 5 s in a key exchange"]


def test_a_key_exchange_that_drips_is_not_waited_for_without_end(watch: _Watch) -> None:
    watch.peer.clear_to_send.clear()
    alive = 0
    while watch.pass_by(2) and alive < 60:
        watch.peer.heard_at = watch.now
        alive += 2
    assert alive == KEYS_S
    assert watch.lost == [f"a key exchange did not end within {KEYS_S:g} s"]


def test_a_pause_of_this_program_is_not_the_devices_silence(watch: _Watch) -> None:
    """A laptop that slept for an hour: the answer lies in the socket and was not read yet."""
    watch.serve()
    watch.now += 3600
    assert watch.liveness.look()
    assert watch.pass_by(DEAD_S - 1.5)
    watch.peer.heard_at = watch.now
    watch.peer.on_answer()
    assert watch.pass_by(1)


# -- clocks ----------------------------------------------------------------------------------------


def test_paramiko_measures_by_a_clock_that_does_not_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module of paramiko that the link uses and that asks for the time at all."""
    monkeypatch.setattr(time, "time", lambda: 0.0)
    asked = [m for m in vars(paramiko).values() if hasattr(m, "__file__") and hasattr(m, "time")]
    names = {m.__name__.partition(".")[2] for m in asked if abs(m.time.time() - time.monotonic()) < 5}
    assert names == {"auth_handler", "buffered_pipe", "channel", "packet", "transport"}
    others = {m.__name__.partition(".")[2] for m in asked} - names
    assert others <= {"agent", "proxy", "sftp_attr", "sftp_client", "sftp_file", "win_openssh"}


def test_our_own_link_never_asks_for_the_time_of_day() -> None:
    """But for what people read: no wait of the link may go by a clock that somebody sets."""
    folder = Path(transport.__file__).parents[1]
    asking = {p.name for p in folder.rglob("*.py") if "time.time(" in p.read_text()}
    assert asking <= {"ladder.py"}, asking  # which compares the device's clock with the laptop's


def test_waiting_ends_though_the_clock_of_the_day_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()
    made = transport.Transport(near)
    made.active = True
    monkeypatch.setattr(time, "time", lambda: 0.0)
    made.serving.set()
    started = time.monotonic()
    with pytest.raises(Exception, match="does not answer"):
        made.wait_for(threading.Event(), Deadline(60))
    assert 2.5 < time.monotonic() - started < 6
    near.close()
    far.close()


# -- links that do not last --------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(s=1000.0)
    monkeypatch.setattr(flapping, "time", SimpleNamespace(monotonic=lambda: now.s))
    return now


def _short_lives(link: Flapping, number: int, device: str = "one") -> None:
    for _ in range(number):
        link.made(device)
        link.lost("the device closed the connection")


def test_a_link_that_is_lost_at_once_is_made_again_after_ever_longer_pauses(clock: SimpleNamespace) -> None:
    link = Flapping()
    pauses = []
    for _ in range(8):
        _short_lives(link, 1)
        pauses.append(link.pause_s)
    assert pauses == [*PAUSES_S, *[PAUSES_S[-1]] * (8 - len(PAUSES_S))]
    clock.s += 3
    assert link.pause_s == PAUSES_S[-1] - 3


@pytest.mark.parametrize("ended_by", ["a link that stood", "another device", "a person"])
def test_what_ends_the_pauses(clock: SimpleNamespace, ended_by: str) -> None:
    link = Flapping()
    _short_lives(link, 5)
    if ended_by == "a link that stood":
        link.made("one")
        clock.s += STOOD_S
        link.lost()
    elif ended_by == "another device":
        link.made("two")
    else:
        link.forgive()
    assert link.pause_s == 0
    _short_lives(link, 1, "two" if ended_by == "another device" else "one")
    assert link.pause_s == 0


def test_a_pulled_cable_is_no_fault(clock: SimpleNamespace) -> None:
    link = Flapping()
    for _ in range(8):
        link.made("one")
        link.lost(CABLE_OUT)
    assert link.pause_s == 0


# -- large packets ---------------------------------------------------------------------------------


def test_a_connection_that_is_merely_silent_shows_no_lost_packet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as near:
        near.connect(server.getsockname())
        far = server.accept()[0]
        with far:
            assert not lost_large(near)
            far.sendall(b"unread")
            assert not lost_large(near)
            near.recv(10)
            assert not lost_large(near)


def test_what_is_no_tcp_says_nothing_of_packets() -> None:
    near, far = socket.socketpair()
    with near, far:
        assert not lost_large(near)


# -- the laptop's own limits -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "no open files"),
        (OSError(errno.ENFILE, "Too many open files in system"), "no open files"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "another process"),
        (RuntimeError("can't start new thread"), "another process or thread"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "no memory"),
        (MemoryError(), "no memory"),
    ],
)
def test_a_limit_of_the_laptop_is_told_as_the_laptops(raised: BaseException, words: str) -> None:
    told = laptop_limit(raised)
    assert told is not None
    assert "This laptop" in str(told)
    assert words in str(told)
    wrapped = errors.BadRequest("The list cannot be read.")
    wrapped.__cause__ = raised
    assert str(laptop_limit(wrapped)) == str(told)


@pytest.mark.parametrize(
    "raised",
    [TimeoutError("timed out"), OSError(errno.ECONNRESET, "reset"), RuntimeError("else"), errors.LinkLost()],
)
def test_other_troubles_are_not_the_laptops(raised: BaseException) -> None:
    assert laptop_limit(raised) is None
