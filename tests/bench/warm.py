"""One warm command and a batch of thirty: us, the peers and the floor, at each delay."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence

from tests.bench.distance import proxy
from tests.bench.peers import (
    PEERS,
    ControlMaster,
    FreshSsh,
    Libssh2,
    LocalShell,
    Mitogen,
    Ours,
    Peer,
    connected,
)
from tests.bench.report import DESIGN, ISSUE, LINK, Section, Target, ms, number
from tests.bench.rig import Rig
from tests.bench.samples import Samples, interleaved

COMMAND = "cat /proc/loadavg /proc/uptime"
ONE_ROUNDS = {0: (200, 100), 2: (100, 0), 20: (50, 12), 100: (20, 6)}  # by delay in ms: whole run, quick run
THIRTY_ROUNDS = {0: (20, 5), 2: (10, 0), 20: (10, 10), 100: (5, 0)}
THIRTY = (
    "cat /proc/meminfo", "cat /proc/loadavg", "cat /proc/uptime", "cat /proc/stat", "cat /proc/version",
    "cat /proc/mounts", "cat /proc/net/dev", "cat /proc/cpuinfo", "cat /proc/vmstat", "cat /proc/diskstats",
    "uname -a", "df -P", "df -Pi", "ls /dev", "id", "date +%s", "ls -l /sys/class/net", "ls -l /sys/class",
    "cat /proc/sys/kernel/hostname", "cat /etc/os-release", "cat /proc/net/route", "cat /proc/net/tcp",
    "cat /proc/interrupts", "cat /proc/cmdline", "nproc", "ls /etc", "cat /proc/filesystems", "hostname",
    "cat /proc/swaps", "ls -l /proc/self/fd",
)  # fmt: skip

Measured = dict[int, dict[str, Samples]]


class Warm:
    """What this part found, for the tables and for the chart."""

    def __init__(self) -> None:
        self.one: Measured = {}
        self.thirty: Measured = {}
        self.wire: dict[int, Samples] = {}
        self.missing: dict[str, str] = {}


def measure(rig: Rig, *, quick: bool) -> Warm:
    found = Warm()
    for delay, (_, few) in ONE_ROUNDS.items():
        if quick and not few:
            continue
        # no delay is no proxy: what it adds would make everybody look alike
        if delay == 0:
            _at(found, 0, rig, rig.target.port, quick=quick)
            continue
        with proxy(rig.target.port, delay / 1000) as port:
            _at(found, delay, rig, port, quick=quick)
    return found


def _at(found: Warm, delay: int, rig: Rig, port: int, *, quick: bool) -> None:
    peers, missing = connected(rig.at(port), PEERS)
    found.missing.update(missing)
    rare = frozenset(peer.name for peer in peers if peer.slow)
    try:
        found.one[delay] = interleaved(
            {peer.name: lambda p=peer: p.run(COMMAND) for peer in peers},
            ONE_ROUNDS[delay][quick],
            rare,  # type: ignore[misc]
        )
        found.thirty[delay] = _thirty(peers, delay, quick=quick)
    finally:
        for peer in peers:
            peer.close()
    found.wire[delay] = round_trip(delay, 20)


def _thirty(peers: Sequence[Peer], delay: int, *, quick: bool) -> dict[str, Samples]:
    chosen = [p for p in peers if delay == 0 or isinstance(p, Ours | LocalShell | ControlMaster)]
    rounds = THIRTY_ROUNDS[delay][quick]
    # new processes only where they were asked for, once in a quick run: they take seconds
    rare = frozenset(p.name for p in chosen if p.slow or (quick and delay and isinstance(p, ControlMaster)))
    wanted = {peer.name: lambda p=peer: _all_of(p) for peer in chosen if delay == 0 or not peer.slow}
    if rounds:
        wanted[Ours.name]()  # a link's first batch makes its second lane
    return interleaved(wanted, rounds, rare, every=1000 if quick else 7)


def _all_of(peer: Peer) -> None:
    answers = peer.run_many(THIRTY)
    assert len(answers) == len(THIRTY), f"{peer.name} lost an answer"
    assert all(data for data, _ in answers), f"{peer.name} lost output"


def round_trip(delay: int, rounds: int) -> Samples:
    """One byte to an echo server and back, through a proxy of this delay (0: without)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        if delay == 0:
            return _ping(port, rounds)
        with proxy(port, delay / 1000) as far:
            return _ping(far, rounds)


def _echo(server: socket.socket) -> None:
    connection = server.accept()[0]
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(1):
        connection.sendall(data)


def _ping(port: int, rounds: int) -> Samples:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def once() -> None:
            sock.sendall(b"x")
            sock.recv(1)

        return interleaved({"wire": once}, rounds)["wire"]


# -- tables ----------------------------------------------------------------------------------------


def sections(found: Warm) -> list[Section]:
    one = Section(
        "One warm command, ms: median (p95)",
        ["", *(f"{d} ms round trip" if d else "loopback" for d in found.one), "ours / theirs, loopback"],
    )
    ours = found.one[0][Ours.name].median
    for kind in PEERS:
        if kind.name in found.one[0]:
            cells = [_cell(found.one[d].get(kind.name)) for d in found.one]
            one.rows.append([kind.name, *cells, number(ours / found.one[0][kind.name].median)])
    one.rows.append(["one round trip (floor)", *(_cell(found.wire[d]) for d in found.one), ""])
    one.notes.append(
        f"The command: `{COMMAND}`. Isolation, cancel and framing are on, as always. A program and its plain "
        "arguments need no subshell: `sh -c` of the peers starts none either. "
        "With a pipe or quotes they need one."
    )
    one.notes += [f"Not measured: {name} ({why})." for name, why in found.missing.items()]
    one.targets = _one_targets(found)
    return [one, _thirty_section(found)]


def _cell(samples: Samples | None) -> str:
    return f"{ms(samples.median)} ({ms(samples.p95)})" if samples and samples.values else "-"


def _one_targets(found: Warm) -> list[Target]:
    ours = found.one[0][Ours.name].median
    # The local shell is the floor that rules: how fast a machine starts ssh is its own affair, so the
    # ratio to ControlMaster has room (0.13 to 0.20 seen). docs/design.md, "Speed", allows 0.6 of Mitogen.
    limits = (
        (LocalShell, 0.8, LINK), (ControlMaster, 0.2, LINK), (Libssh2, 0.5, ISSUE), (Mitogen, 0.6, DESIGN),
    )  # fmt: skip
    targets = [
        Target(
            f"warm command / {kind.name}, loopback",
            ours / found.one[0][kind.name].median,
            limit,
            source=source,
        )
        for kind, limit, source in limits
        if kind.name in found.one[0]
    ]
    for delay, limit in ((20, 1.2), (100, 1.05)):
        trips = found.one[delay][Ours.name].median / found.wire[delay].median
        targets.append(Target(f"warm command at {delay} ms, in round trips", trips, limit))
    return targets


def _thirty_section(found: Warm) -> Section:
    shown = [d for d in found.thirty if found.thirty[d][Ours.name].values]
    section = Section(
        "A batch of thirty probes, ms: median (p95)",
        ["", *(f"{d} ms round trip" if d else "loopback" for d in shown), "ours / theirs, loopback"],
    )
    base = found.thirty[0]
    ours = base[Ours.name].median
    for kind in PEERS:
        if kind.name in base:
            cells = [_cell(found.thirty[d].get(kind.name)) for d in shown]
            section.rows.append([kind.name, *cells, number(ours / base[kind.name].median)])
    section.notes.append(
        "Ours: `run_many`, pipelined through two lanes. A link's first batch makes the second lane. "
        "That takes two round trips more and is not counted. Local sh: one `sh` that reads all thirty."
    )
    floor = base[LocalShell.name].median
    far = found.thirty[20]
    section.targets = [
        Target("thirty probes / local sh, loopback", ours / floor, 1.25),
        Target("thirty probes / ControlMaster", ours / base[ControlMaster.name].median, 0.2),
        Target("thirty probes / new ssh processes", ours / base[FreshSsh.name].median, 0.01),
        Target(
            "thirty probes at 20 ms, beyond 1.25 local sh: in round trips",
            (far[Ours.name].median - 1.25 * far[LocalShell.name].median) / found.wire[20].median, 1.0,
        ),
    ]  # fmt: skip
    return section
