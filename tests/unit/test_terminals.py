"""Terminals without a device: places, order, pace, loss, limits, and what the audit log gets to know."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.waiting import wait_until
from utils.audit import Audit
from utils.demo.echo_terminal import DEVICE, EchoTerminal
from utils.demo.local_door import LocalDoor
from utils.errors import (
    Busy,
    DeviceChanged,
    InputGap,
    InputNotTaken,
    LinkLost,
    TerminalOver,
    TerminalsFull,
    UnknownTerminal,
)
from utils.live.terminals.keyboard import MOST_WRITERS, Keyboard
from utils.live.terminals.pace import AHEAD_BYTES, Pace
from utils.live.terminals.scrollback import Scrollback
from utils.live.terminals.session import Session
from utils.live.terminals.terminals import MOST, Terminals


@pytest.fixture
def door() -> LocalDoor:
    return LocalDoor()


@pytest.fixture
def terminals(door: LocalDoor, tmp_path: Path) -> Iterator[Terminals]:
    made = Terminals(door, Audit(tmp_path / "audit.jsonl"))
    yield made
    made.close_all()


def audited(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


def shown(session: Session, place: int = 0) -> bytes:
    return base64.b64decode(session.output(place, 1 << 20)["data"])


def ready(terminals: Terminals, door: LocalDoor) -> tuple[Session, EchoTerminal]:
    return terminals.open(80, 24, who="a test"), door.terminals[-1]


# -- scrollback --------------------------------------------------------------------------------------


def test_each_byte_keeps_its_place_when_older_ones_are_dropped() -> None:
    kept = Scrollback(limit=1000)
    text = b"".join(b"line %06d\n" % number for number in range(60_000))
    for first in range(0, len(text), 777):
        assert kept.add(text[first : first + 777]) == first
    assert kept.end == len(text)
    assert 0 < kept.end - kept.start <= 1000 + (256 << 10)
    assert kept.read(kept.end - 12, 5) == (kept.end - 12, text[-12:-7])
    begin, data = kept.read(5, 1 << 20)
    assert data == text[begin:]
    assert text[begin - 1 : begin] == b"\n", "what is cut off is cut at a line"
    assert kept.read(kept.end, 10) == (kept.end, b"")
    assert kept.read(kept.end + 99, 10) == (kept.end, b"")


# -- order -------------------------------------------------------------------------------------------


def test_a_piece_that_came_before_is_not_typed_again_and_a_missing_one_is_noticed() -> None:
    keys = Keyboard()
    assert [keys.take("a", seq) for seq in (1, 2, 2, 1, 3)] == [True, True, False, False, True]
    with pytest.raises(InputGap) as gap:
        keys.take("a", 5)
    assert gap.value.details["expected"] == 4
    assert keys.take("b", 1), "each page has numbers of its own"
    for writer in range(MOST_WRITERS):
        keys.take(f"w{writer}", 1)
    with pytest.raises(InputGap):
        keys.take("a", 4)  # forgotten: refused, never guessed


def test_a_retried_post_types_nothing_twice(terminals: Terminals, door: LocalDoor) -> None:
    session, device = ready(terminals, door)
    session.type(1, "page", 1, b"reboot")
    session.type(1, "page", 1, b"reboot")
    session.type(1, "page", 2, b"\r")
    assert device.typed == b"reboot\r"


def test_what_nobody_reads_holds_one_thread_and_says_so(
    terminals: Terminals, door: LocalDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utils.live.terminals.session.TURN_S", 0.05)
    session, device = ready(terminals, door)
    held, free = threading.Event(), threading.Event()

    def stuck(data: bytes) -> None:
        held.set()
        free.wait(20)
        raise InputNotTaken

    monkeypatch.setattr(device, "send", stuck)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(session.type, 1, "page", 1, b"a")
        assert held.wait(20)
        with pytest.raises(Busy):
            session.type(1, "page", 2, b"b")
        free.set()
        with pytest.raises(InputNotTaken):
            first.result(20)
    monkeypatch.undo()
    session.type(1, "page", 2, b"b")  # its number was not used up
    assert device.typed == b"b"


def test_output_is_published_once_and_in_order(terminals: Terminals, door: LocalDoor) -> None:
    with terminals.ring.subscribe() as events:
        session, device = ready(terminals, door)
        pieces = [b"%05d|" % number * 50 for number in range(2000)]
        for piece in pieces:
            device.say(piece)
        whole = b"".join(pieces)
        seen = b""
        while len(seen) < len(whole):
            event = events.get(10)
            assert event is not None
            if event.kind == "term-output":
                assert event.data["offset"] == len(seen)
                seen += base64.b64decode(event.data["data"])
                assert len(event.data["data"]) <= 44_000
    assert seen == whole
    assert shown(session) == whole
    assert device.reads == len(pieces)


def test_a_flood_is_gathered_and_a_first_key_is_not_held_back(terminals: Terminals, door: LocalDoor) -> None:
    session, device = ready(terminals, door)
    began = terminals.ring.last_id
    for _ in range(1000):
        device.say(b"0123456789")
    assert wait_until(lambda: session.facts()["offset"] == 10_000)
    assert terminals.ring.last_id - began < 200


# -- pace --------------------------------------------------------------------------------------------


def test_reading_rests_while_the_pages_are_far_behind_and_goes_on_when_one_has_drawn() -> None:
    pace = Pace(lambda: 1, ahead=1000, patience_s=60)
    rested = threading.Thread(target=pace.rest, args=(5000, lambda: False), daemon=True)
    rested.start()
    rested.join(0.2)
    assert rested.is_alive()
    pace.drawn(3000)
    rested.join(0.2)
    assert rested.is_alive()
    pace.drawn(4200)
    rested.join(10)
    assert not rested.is_alive()


def test_nobody_is_waited_for_who_does_not_look_or_says_nothing() -> None:
    def waited(pace: Pace, over: bool = False) -> float:
        began = time.monotonic()
        pace.rest(5000, lambda: over)
        return time.monotonic() - began

    assert waited(Pace(lambda: 0, ahead=1000, patience_s=60)) < 30
    assert waited(Pace(lambda: 1, ahead=1000, patience_s=60), over=True) < 30
    silent = Pace(lambda: 1, ahead=1000, patience_s=0.3)
    assert 0.25 < waited(silent) < 30, "slowed, not stopped"
    assert waited(silent) < 0.25, "until as much has come again"


def test_without_viewers_a_flood_leaves_its_tail_and_no_more_memory(
    terminals: Terminals, door: LocalDoor
) -> None:
    session, device = ready(terminals, door)
    for _ in range(100):
        device.say(b"x" * 65_535 + b"\n")
    assert wait_until(lambda: session.facts()["offset"] == 100 << 16)
    output = session.output(0, 4 << 20)
    assert output["end"] == 100 << 16
    assert 900_000 < output["end"] - output["offset"] < 1_400_000


def test_with_a_viewer_that_draws_nothing_only_so_much_is_read(terminals: Terminals, door: LocalDoor) -> None:
    with terminals.viewer():
        session, device = ready(terminals, door)
        for _ in range(64):
            device.say(b"x" * (1 << 16))
        assert wait_until(lambda: session.facts()["offset"] > AHEAD_BYTES)
        assert session.facts()["offset"] <= AHEAD_BYTES + (2 << 16)
        place = 0
        while place < 64 << 16:
            assert wait_until(lambda: session.facts()["offset"] > place)  # noqa: B023 - called at once
            place = session.facts()["offset"]
            session.drawn(place)


# -- the end of a shell ------------------------------------------------------------------------------


def test_a_lost_link_keeps_the_output_and_takes_no_keys(terminals: Terminals, door: LocalDoor) -> None:
    session, device = ready(terminals, door)
    device.say(b"before\r\n")
    device.cut()
    assert wait_until(lambda: session.state == "lost")
    assert shown(session) == b"before\r\n"
    with pytest.raises(TerminalOver):
        session.type(1, "page", 1, b"rm -r x\r")
    session.open("a test")
    with pytest.raises(TerminalOver) as refused:
        session.type(1, "page", 1, b"rm -r x\r")  # meant for the shell that is gone
    assert refused.value.details["state"] == "open"
    assert door.terminals[1].typed == b""
    session.type(2, "page", 1, b"ls\r")
    assert wait_until(lambda: shown(session).endswith(b"ls\r"))
    text = shown(session).decode()
    assert text.startswith("before\r\n\x18")
    assert "link lost at " in text
    assert "new shell on local · 12345678 at " in text


def test_a_shell_that_exits_says_how_and_a_second_reconnect_opens_no_second_shell(
    terminals: Terminals, door: LocalDoor
) -> None:
    session, device = ready(terminals, door)
    device.exit(7)
    assert wait_until(lambda: session.state == "ended")
    assert session.facts()["exit_status"] == 7
    both = [threading.Thread(target=session.open, args=("a test",)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(10)
    assert (len(door.terminals), session.facts()["shell"], session.state) == (2, 2, "open")


def test_a_send_that_fails_is_said_and_its_number_is_spent(terminals: Terminals, door: LocalDoor) -> None:
    session, device = ready(terminals, door)
    device.link_lost = True
    with pytest.raises(LinkLost):
        session.type(1, "page", 1, b"x")
    device.link_lost = False
    session.type(1, "page", 1, b"x")  # it may have got there
    assert device.typed == b""


def test_another_device_is_asked_about_and_named(terminals: Terminals, door: LocalDoor) -> None:
    session, device = ready(terminals, door)
    device.cut()
    assert wait_until(lambda: session.state == "lost")
    door.device = replace(DEVICE, fingerprint="SHA256:other", serial="99", hostname="evil\x1b[31m\r\nname")
    with pytest.raises(DeviceChanged) as changed:
        session.open("a test")
    assert session.state == "lost"
    session.open("a test", str(changed.value.details["found"]))
    mark = shown(session)
    assert b"ANOTHER DEVICE: new shell on evil31mname" in mark.replace(b"[", b"")
    assert mark.count(b"\n") == 2, "a device's name adds no lines"


def test_the_last_words_of_a_shell_come_before_its_end(terminals: Terminals, door: LocalDoor) -> None:
    with terminals.ring.subscribe() as events:
        _, device = ready(terminals, door)
        device.say(b"last words")
        device.exit(0)
        kinds = []
        while "ended" not in kinds:
            event = events.get(10)
            assert event is not None
            kinds.append(event.data.get("state", event.kind))
    assert kinds == ["open", "term-output", "ended"]


# -- all of them -------------------------------------------------------------------------------------


def test_there_is_a_limit_and_closing_makes_room(terminals: Terminals, door: LocalDoor) -> None:
    made = [terminals.open(80, 24, who="a test") for _ in range(MOST)]
    assert [each.number for each in terminals.all()] == list(range(1, MOST + 1))
    with pytest.raises(TerminalsFull):
        terminals.open(80, 24, who="a test")
    terminals.close(made[1].id)
    with pytest.raises(UnknownTerminal):
        terminals.get(made[1].id)
    assert door.terminals[1].closed
    assert terminals.open(80, 24, who="a test").number == 2


def test_a_terminal_that_could_not_be_opened_leaves_nothing(terminals: Terminals, door: LocalDoor) -> None:
    door.trouble = LinkLost()
    for _ in range(MOST + 1):
        with pytest.raises(LinkLost):
            terminals.open(80, 24, who="a test")
    assert terminals.all() == []


def test_a_size_is_told_to_the_device_once(terminals: Terminals, door: LocalDoor) -> None:
    session, device = ready(terminals, door)
    for _ in range(2):
        session.resize(132, 50)
    assert device.sizes == [(80, 24), (132, 50)]
    assert (session.facts()["cols"], session.facts()["rows"]) == (132, 50)


def test_the_audit_log_has_start_end_and_counts_but_no_keys(
    terminals: Terminals, door: LocalDoor, tmp_path: Path
) -> None:
    session, _ = ready(terminals, door)
    session.type(1, "page", 1, b"passwd hunter2\r")
    assert wait_until(lambda: session.facts()["offset"] == 15)
    terminals.close(session.id)
    ready(terminals, door)
    terminals.close_all()
    lines = audited(tmp_path)
    assert [(line["action"], line.get("why")) for line in lines] == [
        ("terminal-open", None),
        ("terminal-close", "closed"),
        ("terminal-open", None),
        ("terminal-close", "program ended"),
    ]
    assert {key: lines[1][key] for key in ("who", "device", "bytes_in", "bytes_out")} == {
        "who": "a test",
        "device": DEVICE.label,
        "bytes_in": 15,
        "bytes_out": 15,
    }
    assert "hunter2" not in (tmp_path / "audit.jsonl").read_text()
