"""Many boards at one address: eight and forty real sshd, each in a network namespace of its own.

    BENCH="--only fleet --no-write" make bench        these figures alone

Next to `ssh` with ControlMaster and labgrid, with the same commands on the same boards; and how much one bad
board delays seven good ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.report import FLEET, Section, Target, number
from tests.bench.rig import Rig
from tests.faults import netns

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 900


def section(made: Rig, *, quick: bool) -> Section:
    """The figures of eight and forty boards, with what was promised."""
    del made  # the boards are its own
    eight = _measured("measure_fleet", "--boards", "8", "--peers")
    forty = _measured("measure_fleet", "--boards", "40")
    fair = _measured("measure_fair", "--rounds", "1" if quick else "3")
    found = Section("Many boards at one address", ["what", "8 boards", "40 boards"])
    for name, text, scale in (
        ("connect_all_s", "all connected, s", 1),
        ("first_result_latest_s", "first result on the last tile, s", 1),
        ("all_at_once_s", "check-up of all at once, s", 1),
        ("one_after_the_other_s", "check-up one after the other, s", 1),
        ("cpu_ratio", "processor time, all at once against one after the other", 1),
        ("memory_mb_a_board", "memory a board, MB", 1),
        ("idle_percent_of_a_core", "idle, percent of a core", 1),
    ):
        found.rows.append([text, *(number(each[name] * scale) for each in (eight, forty))])
    found.notes += [_peers(eight["peers"]), _fair(fair)]
    found.targets += _targets(eight, forty, fair)
    return found


def _targets(eight: dict[str, Any], forty: dict[str, Any], fair: dict[str, Any]) -> list[Target]:
    worst = max(each["ratio"] for each in fair.values())
    ours = eight["peers"]["ours"]["seconds"]
    others = min(each["seconds"] for name, each in eight["peers"].items() if name != "ours")
    promised = [
        ("eight boards: check-up of all", eight["all_at_once_s"], 15, " s"),
        ("eight boards: processor time against each alone", eight["cpu_ratio"], 1.3, ""),
        ("eight boards: first result per tile", eight["first_result_latest_s"], 1, " s"),
        ("forty boards: all connected", forty["connect_all_s"], 5, " s"),
        ("forty boards: memory each", forty["memory_mb_a_board"], 15, " MB"),
        ("forty boards: idle for every ten", forty["idle_percent_of_a_core"] / 4, 1, " % of a core"),
        ("one bad board: the others' check-up against without it", worst, 1.05, ""),
        ("eight boards, the same commands: we against the fastest other", ours / others, 1, ""),
    ]
    return [Target(text, value, limit, unit, source=FLEET) for text, value, limit, unit in promised]


def _peers(found: dict[str, dict[str, float]]) -> str:
    told = [
        f"{name}: {number(each['seconds'])} s and {number(each['cpu_s'])} s of the processor"
        for name, each in found.items()
    ]
    return f"The same 25 commands on each of eight boards, all at once. {'; '.join(told)}."


def _fair(found: dict[str, dict[str, float]]) -> str:
    told = [f"{name} {number(each['ratio'])}" for name, each in found.items()]
    return f"Seven good boards' check-up beside an eighth, against alone: {', '.join(told)}."


def _measured(module: str, *options: str) -> dict[str, Any]:
    with netns.namespace() as name:
        argv = ["ip", "netns", "exec", name, sys.executable, "-m", f"tests.faults.{module}", "--here"]
        done = subprocess.run(
            [*argv, *options], cwd=ROOT, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told
