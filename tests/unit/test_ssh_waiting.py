"""What a waiting call is woken by: the bell of a channel, the reading-ahead socket, the one watcher."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.waiting import wait_until
from utils import errors
from utils.link.lanes.frames import ANYTHING, ERR, OUT, Frame
from utils.link.lanes.inbox import MUCH, Bell, Inbox
from utils.link.paths.subprocess.call import SshCall
from utils.link.paths.subprocess.channel import SshChannel
from utils.link.paths.subprocess.process import running
from utils.link.request import Request
from utils.link.transport.readahead import FEW_BYTES, MANY_BYTES, ReadAhead
from utils.link.watcher import MANY, Watcher
from utils.model.results import Device

END, BEGIN, CLEAN, ERR_END = b"\x1eabc e 0\x1e\n", b"\x1eabc b\x1e\n", b"\x1eabc c\x1e\n", b"\x1eabc x\x1e\n"


def rang(bell: Bell) -> bool:
    return not bell._silent.locked()


@pytest.mark.parametrize("data", [BEGIN, b"output\n", b"\x1eabc", b""])
def test_output_and_begin_marks_wake_nobody_who_waits_for_the_end(data: bytes) -> None:
    bell = Bell()
    bell.ask_for(OUT)
    Inbox(bell, OUT, 1 << 20).feed(data)
    assert not rang(bell)


@pytest.mark.parametrize(
    "data", [END, b"output" + END, END + BEGIN, END + CLEAN + BEGIN + b"next", b"\nrest"]
)
def test_whatever_may_hold_an_end_mark_wakes(data: bytes) -> None:
    bell = Bell()
    bell.ask_for(OUT)
    Inbox(bell, OUT, 1 << 20).feed(data)
    assert rang(bell)


def test_who_waits_for_both_streams_is_woken_by_the_second_end() -> None:
    bell = Bell()
    out, err = Inbox(bell, OUT, 1 << 20), Inbox(bell, ERR, 1 << 20)
    bell.ask_for(OUT | ERR)
    err.feed(ERR_END)
    assert not rang(bell)
    out.feed(END)
    assert rang(bell)


def test_much_output_is_read_before_the_command_ends() -> None:
    bell = Bell()
    bell.ask_for(OUT | ERR)
    Inbox(bell, OUT, 1 << 20).feed(b"x" * MUCH)
    assert rang(bell)


def test_who_wants_anything_is_woken_by_anything_and_a_closed_channel_keeps_nobody_waiting() -> None:
    bell = Bell()
    inbox = Inbox(bell, OUT, 1 << 20)
    bell.ask_for(ANYTHING)
    inbox.feed(b"x")
    assert rang(bell)
    bell.ask_for(OUT)
    inbox.close()
    started = time.monotonic()
    bell.ask_for(OUT)
    bell.wait(5.0)
    assert time.monotonic() - started < 1.0


def test_reading_ahead_gives_the_same_bytes_in_pieces_of_any_size() -> None:
    near, far = socket.socketpair()
    sent = bytes(range(256)) * (MANY_BYTES // 64)
    writer = threading.Thread(target=lambda: (far.sendall(sent), far.close()))
    writer.start()
    with ReadAhead(near) as sock:
        assert near.fileno() == -1
        got, sizes = b"", (1, 16, 4, 5000, FEW_BYTES, MANY_BYTES + 1)
        while piece := sock.recv(sizes[len(got) % len(sizes)]):
            got += piece
    writer.join()
    assert got == sent


def test_reading_ahead_keeps_the_time_out_and_notes_when_something_came() -> None:
    near, far = socket.socketpair()
    near.settimeout(0.05)
    with ReadAhead(near) as sock, far:
        before = sock.heard_at
        with pytest.raises(TimeoutError):
            sock.recv(10)
        assert sock.heard_at == before
        far.sendall(b"x")
        assert sock.recv(10) == b"x"
        assert sock.heard_at > before


class Looked:
    def __init__(self, times: int, fault: bool = False) -> None:
        self.left, self.fault, self.done = times, fault, threading.Event()

    def look(self) -> bool:
        self.left -= 1
        if self.fault:
            self.done.set()
            raise RuntimeError("boom")
        if self.left <= 0:
            self.done.set()
        return self.left > 0


def watchers() -> int:
    return sum(thread.name == "v3-watch" for thread in threading.enumerate())


def test_one_thread_looks_at_all_and_ends_with_the_last() -> None:
    before, watcher = watchers(), Watcher()
    faulty, good = Looked(9, fault=True), Looked(2)
    watcher.add(faulty)
    watcher.add(good)
    assert watchers() == before + 1
    assert good.done.wait(20)
    assert faulty.done.wait(20)
    watcher.remove(faulty)
    watcher.remove(good)
    assert wait_until(lambda: watchers() == before)


def test_what_was_added_again_while_it_was_looked_at_is_looked_at_further() -> None:
    watcher = Watcher()

    class Again(Looked):
        def look(self) -> bool:
            if self.left == 2:
                watcher.add(self)
            super().look()
            return False

    each = Again(2)
    watcher.add(each)
    assert each.done.wait(20)
    assert wait_until(lambda: each not in watcher._watched)


def test_hundreds_are_probed_more_rarely() -> None:
    watcher = Watcher()
    assert watcher.stretch == 1.0
    watcher._watched = {Looked(1) for _ in range(5 * MANY)}
    assert watcher.stretch == 5.0


class Sent(SshCall):
    """A call of which only what is sent counts."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    def send(self, text: bytes, frame: Frame) -> None:
        self.texts.append(text)


@pytest.mark.parametrize(("cancelled", "error"), [(True, errors.Cancelled), (False, errors.CommandTimeout)])
def test_a_command_whose_caller_waits_no_more_does_not_leave_though_the_script_has_answered(
    cancelled: bool, error: type[errors.V3Error]
) -> None:
    cancel = threading.Event()
    request, call = Request("true", timeout=9.0 if cancelled else 1e-6, cancel=cancel), Sent()
    if cancelled:
        cancel.set()
    on = Device("SHA256:one", "ssh-ed25519")
    channel = SshChannel(
        call, request, on=on, stop=lambda: None, close=lambda: None, on_lost=lambda: None
    )  # fmt: skip
    with pytest.raises(error) as caught:
        channel.begin()
    assert not request.sent
    assert caught.value.details["stopped"] is True
    assert call.texts == []


def test_a_reader_of_ssh_that_is_about_to_read_as_its_call_ends_takes_nothing_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers, go, read = [], threading.Event(), os.read

    def late(number: int, most: int) -> bytes:
        if threading.current_thread().name == "v3-ssh-io":
            readers.append(number)
            go.wait(10)
        return read(number, most)

    monkeypatch.setattr(os, "read", late)
    with running(["cat"], dict(os.environ)) as process:
        call = SshCall(process, Request("true"), tmp_path / "said")
        assert wait_until(lambda: len(readers) == 2)
        call.close()
    monkeypatch.setattr(os, "read", read)
    pipes = [os.pipe() for _ in range(4)]  # they get the numbers that became free
    try:
        for number, (_, into) in enumerate(pipes):
            os.write(into, b"%d" % number)
        go.set()
        assert wait_until(lambda: not [t for t in threading.enumerate() if t.name == "v3-ssh-io"])
        for number, (out, _) in enumerate(pipes):
            os.set_blocking(out, False)
            assert read(out, 9) == b"%d" % number
    finally:
        for end in (end for pipe in pipes for end in pipe):
            os.close(end)
