"""Terminals on a real sshd: echo, resize, a cut link, a flood, another device, and nothing left behind."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Server, Sshd
from utils.audit import Audit
from utils.errors import DeviceChanged, TerminalOver
from utils.live.terminals.pace import AHEAD_BYTES
from utils.live.terminals.session import Session
from utils.live.terminals.terminals import Terminals

Door = Callable[..., ModuleType]
LONG_S = 20.0


@pytest.fixture
def terminals(door: Door, tmp_path: Path) -> Iterator[Callable[[Server], Terminals]]:
    made: list[Terminals] = []

    def on(server: Server) -> Terminals:
        made.append(Terminals(door(server), Audit(tmp_path / "audit.jsonl")))
        return made[-1]

    yield on
    for each in made:
        each.close_all()


class Page:
    """A page's side of one terminal: numbers what it types, reads what comes."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seq = 0

    def type(self, text: str, into: int = 1) -> None:
        self.seq += 1
        self.session.type(into, f"page-{into}", self.seq, text.encode())

    def text(self) -> str:
        return base64.b64decode(self.session.output(0, 4 << 20)["data"]).decode(errors="replace")

    def sees(self, text: str) -> bool:
        return wait_until(lambda: text in self.text(), LONG_S)


def test_what_is_typed_is_echoed_and_the_size_follows(
    server: Server, terminals: Callable[[Server], Terminals]
) -> None:
    session = terminals(server).open(91, 29, who="a test")
    page = Page(session)
    page.type("echo su''m=$((40 + 2)); stty size\r")
    assert page.sees("sum=42\r\n29 91\r\n")
    session.resize(66, 22)
    page.type("stty size\r")
    assert page.sees("22 66\r\n")
    page.type("exit 3\r")
    assert wait_until(lambda: session.state == "ended", LONG_S)
    assert session.facts()["exit_status"] == 3


def test_a_paste_in_one_piece_is_run_by_enter_alone_and_cannot_end_the_shell(
    sshd: Sshd, terminals: Callable[[Server], Terminals]
) -> None:
    session = terminals(sshd).open(80, 24, who="a test")
    page = Page(session)
    page.type("bind 'set enable-bracketed-paste on'; echo rea''dy\r")
    assert page.sees("ready\r\n")
    page.type("\x1b[200~(\rmine=1\recho in''side; exit 5\r)\x1b[201~")
    assert page.sees("exit 5")
    assert "inside\r\n" not in page.text()
    page.type("\r")
    assert page.sees("inside\r\n")
    page.type('echo "sta""tus $? [$mine]"\r')
    assert page.sees("status 5 []\r\n")


def test_a_cut_link_keeps_the_screen_types_nothing_and_is_mended_in_place(
    sshd: Sshd, terminals: Callable[[Server], Terminals], tmp_path: Path
) -> None:
    session = terminals(sshd).open(80, 24, who="a test")
    page = Page(session)
    page.type("echo be''fore\r")
    assert page.sees("before\r\n")
    page.type("touch $HOME/half")  # no Enter: it must never be run
    assert page.sees("half")
    sshd.stop()
    assert wait_until(lambda: session.state == "lost", LONG_S)
    with pytest.raises(TerminalOver):
        page.type("\r")
    sshd.start()
    session.open("a test")
    with pytest.raises(TerminalOver):
        page.type("\r")  # what was meant for the old shell
    page.seq = 0
    page.type("\recho af''ter\r", into=2)
    assert page.sees("after\r\n")
    text = page.text()
    assert text.index("before\r\n") < text.index("link lost at ") < text.index("after\r\n")
    assert not (sshd.user.home / "half").exists()
    actions = [
        (line["action"], line.get("why"))
        for line in map(json.loads, (tmp_path / "audit.jsonl").read_text().splitlines())
    ]
    assert actions == [("terminal-open", None), ("terminal-close", "link lost"), ("terminal-open", None)]


def test_another_device_gets_no_shell_unasked(sshd: Sshd, terminals: Callable[[Server], Terminals]) -> None:
    session = terminals(sshd).open(80, 24, who="a test")
    sshd.stop()
    assert wait_until(lambda: session.state == "lost", LONG_S)
    sshd.new_host_key()  # as far as a link can tell, another board
    sshd.start()
    with pytest.raises(DeviceChanged) as changed:
        session.open("a test")
    assert session.state == "lost"
    assert not sshd.user.processes("-bash"), "no shell was opened to find out"
    session.open("a test", str(changed.value.details["found"]))
    assert Page(session).sees("ANOTHER DEVICE: new shell on ")


def test_closing_leaves_no_process_on_the_device(
    server: Server, terminals: Callable[[Server], Terminals]
) -> None:
    open_now = terminals(server)
    session = open_now.open(80, 24, who="a test")
    Page(session).type("sleep 98761\r")
    assert wait_until(lambda: server.user.processes("sleep 98761"), LONG_S)
    open_now.close(session.id)
    assert wait_until(lambda: not server.user.processes("sleep 98761"), LONG_S)
    assert open_now.all() == []


def test_a_flood_is_held_back_by_the_screen_and_control_c_ends_it(
    sshd: Sshd, terminals: Callable[[Server], Terminals]
) -> None:
    open_now = terminals(sshd)
    with open_now.viewer():
        session = open_now.open(80, 24, who="a test")
        page = Page(session)
        page.type("yes 0123456789\r")
        drawn = 0
        until = time.monotonic() + LONG_S
        while drawn < 4 << 20 and time.monotonic() < until:  # a page that draws and says so
            time.sleep(0.01)
            place = session.facts()["offset"]
            assert place - drawn <= AHEAD_BYTES + (128 << 10)
            drawn = place
            session.drawn(drawn)
        assert drawn >= 4 << 20
        page.type("\x03")
        pressed = session.facts()["offset"]
        while sshd.user.processes("yes 0123456789") and time.monotonic() < until + LONG_S:
            session.drawn(session.facts()["offset"])
            time.sleep(0.01)
        page.type("echo qu''iet\r")
        assert wait_until(
            lambda: session.drawn(session.facts()["offset"]) or "quiet\r\n" in page.text(), LONG_S
        )
        assert session.facts()["offset"] - pressed < 4 << 20, "the device waits with us, it does not pile up"
