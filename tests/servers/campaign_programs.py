"""A hub without a page and benches with stand-in boards, as programs that a test kills.

Each line of stdin begins one, and its process id is the answer:

    hub FOLDER ADDRESS
    bench FOLDER INVITATION NUMBER

They are forked, so that five of them cost the start of one.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import nats  # noqa: F401 - loaded once, for all of them

from tests.web.small_catalogue import SMALL
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.judging.catalogue.loader import Catalogue
from utils.lab.hub import Hub
from utils.lab.invitation import read
from utils.lab.station import Station
from utils.model.results import Device
from utils.store.history import History

BAYS = 3
_HEALTHY = SMALL.get("healthy")
GATE = "gate"
"""A file in a bench's folder: the diagnostic "slow" runs until it is there."""


def board(bench: int, bay: int) -> Device:
    """The one in this bay."""
    number = f"{bench}-{bay}"
    return replace(
        DEVICE, fingerprint=f"SHA256:{number}", serial=f"142410000{bench}{bay}", device_id=f"s-board-{number}"
    )


def _hub(folder: str, address: str) -> None:
    Hub(Path(folder) / "hub", address, History(Path(folder) / "history.db")).start()


def _bench(folder: str, invitation: str, number: str) -> None:
    history = History(Path(folder) / "history.db")
    history.prepare()
    command = f"until [ -e '{folder}/{GATE}' ]; do sleep 0.05; done; {_HEALTHY.command}"
    slow = _HEALTHY.model_copy(update={"id": "slow", "command": command, "timeout": 110})
    catalogue = Catalogue({**SMALL.diagnostics, slow.id: slow})
    bays = []
    for at in range(BAYS):
        door = LocalDoor(board(int(number), at))
        name = "main" if at == 0 else f"bay-{at}"
        runner = Runner(catalogue=catalogue, door=door, history=history, bay=name)
        bays.append(furnished(runner, door, Path(folder) / "recordings" / name))
    Station(Bench(bays), read(Path(invitation))).start()


def _begun(*words: str) -> int:
    """The id of a program that leads a group of its own."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    {"hub": _hub, "bench": _bench}[words[0]](*words[1:])
    while True:
        time.sleep(60)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed ones are gone at once
    for line in sys.stdin:
        sys.stdout.write(f"{_begun(*line.split())}\n")
        sys.stdout.flush()
