"""The real check-up on a real sshd: time, processor seconds and bytes written on the device's side."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.peers import ControlMaster, FreshSsh, Ours, Peer
from tests.bench.report import OWN, Section, number
from tests.bench.report import Target as Promise
from tests.bench.rig import Cost, Rig, cost_of
from utils import ssh_interface
from utils.bench.runner import Runner
from utils.events import EventBus
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.models import Diagnostic

FLOOR = "one local sh (floor)"


@dataclass
class _Found:
    seconds: list[float]
    cost: list[Cost]


def chosen() -> list[Diagnostic]:
    """What a check-up runs."""
    return [item for item in builtin_catalogue() if not item.active]


def _ours(runner: Runner) -> None:
    checkup = runner.start_checkup()
    assert checkup.done.wait(120), "the check-up did not end"
    errors = [run.error for run in checkup.runs.values() if run.error]
    assert not errors, errors[0]


def _by(peer: Peer, commands: list[str]) -> None:
    for command in commands:
        peer.run(command)


def _measured(call: Callable[[], None], pid: int, found: _Found) -> None:
    before, started = cost_of(pid), time.perf_counter()
    call()
    found.seconds.append(time.perf_counter() - started)
    time.sleep(0.3)  # what was closed is waited for by its parent, which then has its figures
    found.cost.append(cost_of(pid) - before)


def section(rig: Rig, *, quick: bool) -> Section:
    commands = [item.command for item in chosen()]
    slow = sum(item.slow for item in chosen())
    fresh, master = FreshSsh(rig.target), ControlMaster(rig.target)
    fresh.connect()
    master.connect()
    ssh_interface.configure(rig.target.settings())
    runner = Runner(door=ssh_interface.door, bus=EventBus())
    calls: dict[str, tuple[Callable[[], None], int]] = {
        Ours.name: (lambda: _ours(runner), rig.pid),
        FLOOR: (lambda: _one_shell(rig.target.user, commands), os.getpid()),
        ControlMaster.name: (lambda: _by(master, commands), rig.pid),
        FreshSsh.name: (lambda: _by(fresh, commands), rig.pid),
    }
    found = {name: _Found([], []) for name in calls}
    try:
        _ours(runner)
        for _ in range(1 if quick else 3):
            for name, (call, pid) in calls.items():
                _measured(call, pid, found[name])
        page = _page_minute(rig, 5.0 if quick else 30.0)
    finally:
        runner.close()
        master.close()
        ssh_interface.close()
    return _table(found, len(commands), slow, page)


def _one_shell(user: str, commands: list[str]) -> None:
    """One local sh, as the same user, that runs all of them, each in a subshell: a command may exit."""
    env = {"LC_ALL": "C", "TERM": "dumb", "PAGER": "cat", "SYSTEMD_COLORS": "0",
           "PATH": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"}  # fmt: skip
    script = "\n".join(f"(\n{command}\n) </dev/null" for command in commands)
    argv = ["runuser", "-u", user, "--", "sh"]
    subprocess.run(argv, input=script.encode(), capture_output=True, check=False, env=env)


def _page_minute(rig: Rig, seconds: float) -> float:
    """CPU seconds a minute that an open page with an idle link costs the device."""
    with ssh_interface.keep_connected():
        before = cost_of(rig.pid)
        time.sleep(seconds)
        return (cost_of(rig.pid) - before).cpu_s * 60 / seconds


def _table(found: dict[str, _Found], count: int, slow: int, page: float) -> Section:
    result = Section(
        f"A check-up of the catalogue: {count} commands",
        ["", "seconds", "ours / theirs", "CPU s on the device", "bytes written there"],
    )
    ours = min(found[Ours.name].seconds)
    for name, each in found.items():
        cpu = min(cost.cpu_s for cost in each.cost)
        written = max(cost.written for cost in each.cost)
        best = min(each.seconds)
        result.rows.append([name, number(best), number(ours / best), number(cpu), f"{written:,}"])
    result.notes += [
        f"Fastest of {len(found[Ours.name].seconds)} runs each, in turn. {slow} of the commands are slow by "
        "nature; ours run on a lane of their own beside the quick ones. Ours also parses, judges, publishes.",
        "Bytes written: `write_bytes` of /proc/PID/io over sshd and all below it, ended ones too.",
        f"An open page with an idle link costs the device {number(page)} CPU seconds a minute.",
    ]
    written = max(cost.written for cost in found[Ours.name].cost)
    floor = min(found[FLOOR].seconds)
    result.targets = [
        Promise("check-up / one local sh", ours / floor, 1.25, source=OWN),
        Promise("check-up / new ssh processes", ours / min(found[FreshSsh.name].seconds), 0.2, source=OWN),
        Promise("bytes a check-up writes on the device", float(written), 0, source=OWN),
    ]
    return result
