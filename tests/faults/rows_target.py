"""Rows 170 to 176: boards that all have one address, each on an interface of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.faults import netns
from tests.faults.bench import SLEEP, Bench, Seen
from tests.faults.ledger import wait_until
from tests.faults.matrix import row
from tests.faults.netns import Board, FarSshd
from utils import errors
from utils import ssh_interface as ssh
from utils.link.paths.persistent.link import Link
from utils.link.request import Request
from utils.model.results import LinkState, RungState

WHO = "readlink /proc/self/ns/net"  # which board a command ran on


def _board(bench: Bench, interface: str) -> tuple[Board, FarSshd]:
    board: Board = bench.use(Board(interface))
    server: FarSshd = bench.use(FarSshd(bench.user, board))
    return board, server


def _link(bench: Bench, server: FarSshd, ssh_ip: str) -> Link:
    link = Link(server.settings(bench.folder / f"data-{ssh_ip}", ssh_ip=ssh_ip))
    bench.afterwards(link.close)
    return link


def _asked(link: Link, command: str = WHO, timeout: float = 15) -> str:
    return link.run(Request(command, timeout=timeout)).stdout.strip()


def _pulled(bench: Bench, way: str) -> Seen:
    """The door at one board, a link of its own at another of the same address; the other one is pulled."""
    mine, here = _board(bench, "v3usb0")
    other, there = _board(bench, "v3usb1")
    bench.connect(here, ssh_ip=getattr(mine, way))
    link = _link(bench, there, getattr(other, way))
    assert {_asked(link), ssh.run(WHO).stdout.strip()} == netns_of(mine, other), "each on its own board"
    seen: list[Seen] = []
    bench.later(0.0, lambda: seen.append(bench.call("sleep 2; echo whole")))
    time.sleep(0.3)
    pulled_at = time.monotonic()
    other.unplug()
    assert wait_until(lambda: not link.connected_now, 2.5), "the pulled board still counts as connected"
    assert time.monotonic() - pulled_at < 2.5
    assert wait_until(lambda: "interface" in str(link.status().error), 1), link.status()
    with pytest.raises(errors.DeviceUnreachable, match="v3usb1 is not there"):
        _asked(link)
    assert wait_until(lambda: bool(seen), 5)
    other.plug()
    assert wait_until(lambda: _comes_back(link), 10)
    assert (here.logins(), there.logins()) == (1, 2)
    return seen[0]


def netns_of(*boards: Board) -> set[str]:
    return {netns._network_of(board.device_ns) for board in boards}


def _comes_back(link: Link) -> bool:
    try:
        return bool(_asked(link, timeout=5))
    except errors.LinkError:
        return False


@row(170, "two boards at fe80::1, one is pulled", shows="ok", within=3, state="ready", runs=(1, 1))
def pulled_six(bench: Bench) -> Seen:
    return _pulled(bench, "by_six")


@row("170b", "two boards at 192.168.55.1, one is pulled", shows="ok", within=3, state="ready", runs=(1, 1))
def pulled_four(bench: Bench) -> Seen:
    return _pulled(bench, "by_four")


@row("170c", "two boards, the other one's cable loses its link", shows="ok", within=3, state="ready",
     runs=(1, 1))  # fmt: skip
def other_cable(bench: Bench) -> Seen:
    mine, here = _board(bench, "v3usb0")
    other, there = _board(bench, "v3usb1")
    bench.connect(here, ssh_ip=mine.by_four)
    link = _link(bench, there, other.by_four)
    _asked(link)
    other.peer_down()
    assert wait_until(lambda: not link.connected_now, 2.5)
    seen = bench.call(WHO)
    assert seen.out.strip() in netns_of(mine)
    return seen


@row("170d", "the board's own interface vanishes while a command runs", shows="outcome-unknown", within=2,
     state="down", may_live=True)  # fmt: skip
def vanishes(bench: Bench) -> Seen:
    board, server = _board(bench, "v3usb0")
    bench.connect(server, ssh_ip=board.by_four)
    bench.once_it_runs(board.unplug)
    seen = bench.call(SLEEP)
    assert ssh.status().fallbacks == 0, "a command that may have run was tried again"
    return seen


@row(171, "the interface gets another name", shows="unreachable", within=1, state="new", runs=(0, 0))
def renamed(bench: Bench) -> Seen:
    board, server = _board(bench, "v3usb0")
    bench.connect(server, ssh_ip=board.by_six)
    board.rename("v3enx1")
    time.sleep(1.0)  # the watcher looks several times
    assert bench.call().shown == "ok", "a new name is no lost cable"
    assert server.logins() == 1
    ssh.reset()
    seen = bench.call()
    assert "v3usb0 is not there" in seen.text, seen.text
    board.rename("v3usb0")
    again = bench.call()
    assert (again.shown, again.runs) == ("ok", 1)
    return seen


@row(172, "the interface is not there at the start and comes later", shows="unreachable", within=1,
     state="ready", runs=(0, 0))  # fmt: skip
def appears_later(bench: Bench) -> Seen:
    board, server = _board(bench, "v3usb0")
    board.unplug()
    bench.point(server, ssh_ip=board.by_six)
    seen = bench.call()
    assert "v3usb0 is not there" in seen.text
    assert getattr(seen.error, "retryable", False)
    assert ssh.status().state is LinkState.LOST
    rungs = {each.id: each for each in ssh.ladder()}
    assert rungs["address"].state is RungState.BROKEN
    assert "v3usb0 is not there" in rungs["address"].seen
    with ssh.keep_connected():
        board.plug()
        assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 5), ssh.status()
    rungs = {each.id: each for each in ssh.ladder()}
    assert [rungs[name].state for name in ("address", "route", "port", "shell")] == [RungState.OK] * 4, rungs
    assert rungs["route"].seen.startswith("By v3usb0")
    return seen


def _elsewhere(bench: Bench, **changes: object) -> Seen:
    """The named interface is missing while another board answers at the very same address."""
    other, server = _board(bench, "v3usb1")
    bench.point(server, ssh_ip=f"{other.THERE}%v3usb0", **changes)
    before = server.said()  # whoever waited for it to listen is in it
    seen = bench.call()
    assert server.said() == before, "something went out by another interface"
    assert "v3usb0 is not there" in seen.text
    return seen


@row(173, "the interface is missing, another board answers at the address", shows="unreachable", within=1,
     state="down", runs=(0, 0))  # fmt: skip
def never_by_another(bench: Bench) -> Seen:
    return _elsewhere(bench)


@row("173b", "the same by the system's ssh", shows="unreachable", within=1, state="down", runs=(0, 0))
def never_by_another_ssh(bench: Bench) -> Seen:
    return _elsewhere(bench, ssh_use_persistent=False)


@row(174, "rp_filter is 1: the second board's answers are dropped", shows="not-responding", within=9,
     state="down", runs=(0, 0), fast=False)  # fmt: skip
def strict_filter(bench: Bench) -> Seen:
    _first, _ = _board(bench, "v3usb0")
    second, server = _board(bench, "v3usb1")
    for name in ("all", "v3usb0", "v3usb1"):
        path = Path(f"/proc/sys/net/ipv4/conf/{name}/rp_filter")
        if name == "all":
            bench.afterwards(path.write_text, path.read_text())
        path.write_text("1")
    bench.point(server, ssh_ip=second.by_six)
    assert bench.call().shown == "ok", "link-local works with any filter"
    bench.point(server, ssh_ip=second.by_four)
    seen = bench.call()
    hint = str(getattr(seen.error, "hint", ""))
    assert "rp_filter" in hint
    assert "fe80::1%v3usb1" in hint
    rungs = {each.id: each for each in ssh.ladder()}
    assert "rp_filter" in rungs["route"].seen
    return seen


@row("174b", "sshd listens on IPv4 alone", shows="unreachable", within=2, state="down", runs=(0, 0))
def four_alone(bench: Bench) -> Seen:
    board: Board = bench.use(Board("v3usb0"))
    server: FarSshd = bench.use(FarSshd(bench.user, board, config="AddressFamily inet"))
    bench.point(server, ssh_ip=board.by_six)
    seen = bench.call()
    assert "192.168.55.1%v3usb0" in str(getattr(seen.error, "hint", ""))
    bench.point(server, ssh_ip=board.by_four)
    assert bench.call().shown == "ok"
    bench.point(server, ssh_ip=board.by_six)
    return seen


@row("174c", "IPv6 is off on the interface", shows="unreachable", within=2, state="down", runs=(0, 0))
def six_is_off(bench: Bench) -> Seen:
    board, server = _board(bench, "v3usb0")
    netns.write("/proc/sys/net/ipv6/conf/v3usb0/disable_ipv6", "1")
    bench.point(server, ssh_ip=board.by_six)
    seen = bench.call()
    assert "disable_ipv6" in str(getattr(seen.error, "hint", "")), seen.text
    rungs = {each.id: each for each in ssh.ladder()}
    assert "IPv6 is off" in rungs["address"].seen
    return seen


def _by_ssh(bench: Bench, way: str) -> Seen:
    """Both boards by the system's ssh alone; a long command is stopped, and the rest is left as it was."""
    mine, here = _board(bench, "v3usb0")
    other, there = _board(bench, "v3usb1")
    for board, server in ((other, there), (mine, here)):
        bench.point(server, ssh_ip=getattr(board, way), ssh_use_persistent=False)
        assert bench.call(SLEEP, timeout=3).shown == "command-timeout"
        seen = bench.call(WHO)
        assert seen.result is not None, seen.text
        assert seen.result.path == "subprocess"
        assert seen.out.strip() in netns_of(board)
    assert here.logins() == 1, "the shared connection serves later calls"
    return seen


@row(175, "two boards by the system's ssh, at 192.168.55.1", shows="ok", within=3, state="ready", runs=(1, 1))
def ssh_four(bench: Bench) -> Seen:
    return _by_ssh(bench, "by_four")


@row("175b", "two boards by the system's ssh, at fe80::1", shows="ok", within=3, state="ready", runs=(1, 1))
def ssh_six(bench: Bench) -> Seen:
    return _by_ssh(bench, "by_six")


@row("175c", "the same for a user without a login shell on the laptop", shows="ok", within=3, state="ready",
     runs=(1, 1))  # fmt: skip
def ssh_four_service(bench: Bench) -> Seen:
    before = os.environ.get("SHELL", "/bin/sh")
    bench.afterwards(os.environ.__setitem__, "SHELL", before)
    os.environ["SHELL"] = "/bin/false"
    return _by_ssh(bench, "by_four")


class NameServer:
    """Says of every name that it does not exist, on 127.0.0.1:53 of this namespace."""

    def __enter__(self) -> NameServer:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self._thread = threading.Thread(target=self._serve, name="row-dns", daemon=True)
        self._thread.start()
        return self

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                asked, peer = self._socket.recvfrom(512)
                if asked == b"end":
                    return
                self._socket.sendto(asked[:2] + b"\x81\x83" + asked[4:6] + bytes(6) + asked[12:], peer)

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"end", ("127.0.0.1", 53))
        self._thread.join(2)
        self._socket.close()


def _resolver(bench: Bench, text: str) -> None:
    """What this worker's resolver reads; nobody else sees it."""
    mine = bench.folder / "resolv.conf"
    mine.write_text(text)
    netns.run("mount", "--bind", str(mine), "/etc/resolv.conf")  # of this worker's own mounts
    bench.afterwards(subprocess.run, ["umount", "/etc/resolv.conf"])


@row(176, "name servers that do not answer", shows="unreachable", within=4.5, state="down", runs=(0, 0))
def silent_name_servers(bench: Bench) -> Seen:
    server = bench.sshd()
    _resolver(bench, "nameserver 10.99.99.99\noptions timeout:5 attempts:1\n")
    netns.run("ip", "route", "add", "10.99.99.0/24", "dev", "lo")
    bench.afterwards(subprocess.run, ["ip", "route", "del", "10.99.99.0/24", "dev", "lo"])
    bench.point(server, ssh_ip="board_7.lab.invalid.")
    seen = bench.call()
    assert "name servers do not answer" in seen.text, seen.text
    for persistent in (True, False):
        bench.point(server, ssh_ip="board_7.lab.invalid.", ssh_use_persistent=persistent)
        again = bench.call()
        assert "name servers do not answer" in again.text
        assert again.seconds < 4.5
    return seen


@row("176b", "a name that nobody knows", shows="unreachable", within=2, state="down", runs=(0, 0))
def unknown_name(bench: Bench) -> Seen:
    server = bench.sshd()
    _resolver(bench, "nameserver 127.0.0.1\n")
    bench.use(NameServer())
    bench.point(server, ssh_ip="board_7.lab.invalid.")
    seen = bench.call()
    assert "board_7.lab.invalid. is not known" in seen.text, seen.text
    rungs = {each.id: each for each in ssh.ladder()}
    assert rungs["address"].state is RungState.BROKEN
    return seen
