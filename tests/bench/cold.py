"""The first command: from nothing to an answer, against a new `ssh` process with the same key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench.distance import proxy
from tests.bench.peers import FreshSsh, Target
from tests.bench.report import LINK, Section, ms, number
from tests.bench.report import Target as Promise
from tests.bench.rig import Rig
from tests.bench.samples import Samples, interleaved
from tests.bench.warm import COMMAND, round_trip
from utils import ssh_interface

ROOT = Path(__file__).resolve().parents[2]
DELAYS_MS = (20, 100)
MOST_TRIPS = 7.5  # of a first command, the processor's time included
OURS, SSH, PROGRAM = "V3, first command", "ssh, new process", "python that imports, connects, runs, ends"

_PROGRAM = (
    "import sys; from pathlib import Path; from tests.bench.peers import Target; "
    "from utils import ssh_interface as s; h, p, u, k, f, c = sys.argv[1:]; "
    "s.configure(Target(h, int(p), u, Path(k), Path(f)).settings()); s.run(c, effect='read')"
)


def _first(target: Target) -> None:
    """What the page pays at the first click: connect, log in, learn who it is, lane, command."""
    ssh_interface.configure(target.settings())
    result = ssh_interface.run(COMMAND, effect="read")
    assert result.path == "persistent"
    assert ssh_interface.status().device is not None


def _program(target: Target) -> None:
    t = target
    words = [t.host, str(t.port), t.user, str(t.key_file), str(t.folder), COMMAND]
    subprocess.run([sys.executable, "-c", _PROGRAM, *words], check=True, cwd=ROOT)


def _measure(target: Target, rounds: int) -> dict[str, Samples]:
    ssh = FreshSsh(target)
    ssh.connect()
    _first(target)
    calls = {
        OURS: lambda: _first(target), SSH: lambda: ssh.run(COMMAND), PROGRAM: lambda: _program(target),
    }  # fmt: skip
    try:
        return interleaved(calls, rounds, frozenset({PROGRAM}), every=3)
    finally:
        ssh_interface.close()


def section(rig: Rig, *, quick: bool) -> Section:
    trips: dict[int, float] = {}
    with rig.ahead():
        found = {0: _measure(rig.target, 5 if quick else 20)}
        for delay in DELAYS_MS:
            with proxy(rig.target.port, delay / 1000) as port:
                found[delay] = _measure(rig.at(port), 7 if quick else 10)  # fewer say little
            trips[delay] = found[delay][OURS].median / round_trip(delay, 20).median
    return _section(found, trips)


def _section(found: dict[int, dict[str, Samples]], trips: dict[int, float]) -> Section:
    names = [f"{delay} ms round trip" if delay else "loopback" for delay in found]
    result = Section("Cold: the first command, ms: median (p95)", ["", *names, "/ ssh, loopback"])
    near, far = found[0], found[20]
    base = near[SSH].median
    for name in (OURS, SSH, PROGRAM):
        cells = [f"{ms(each[name].median)} ({ms(each[name].p95)})" for each in found.values()]
        result.rows.append([name, *cells, number(near[name].median / base)])
    result.rows.append(["V3, in round trips", "", *(number(trips[delay]) for delay in DELAYS_MS), ""])
    result.notes.append(
        "Same ed25519 key, host key known. Ours has also read who the device is (serial, model, boot) "
        "and holds a lane for what comes next. Round trips are those of one byte through the same proxy, "
        "which takes a connection at once. Behind a real cable TCP adds one. The same login let us in "
        "before, as after each reconnect; the very first of a program takes one more."
    )
    result.targets = [
        Promise("first command / new ssh process, loopback", near[OURS].median / base, 0.6),
        Promise("first command / new ssh process, 20 ms", far[OURS].median / far[SSH].median, 0.6),
        *(
            Promise(
                f"cold first command at {delay} ms, in round trips", trips[delay], MOST_TRIPS, source=LINK
            )
            for delay in DELAYS_MS
        ),
    ]
    return result
