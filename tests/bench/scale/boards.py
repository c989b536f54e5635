"""Benches of simulated boards in one process: each with its own connection, store and outbox.

    python -m tests.bench.scale.boards FOLDER FIRST STATIONS BOARDS

FOLDER holds the invitations, FIRST is the number of the first bench. Lines on stdin are orders (`Orders`);
each is answered by a line of JSON. The station, its outbox, runner, judging and history are the product's. Of
a bench only the doors are not: they answer from the demo's saved answers.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

from utils.bench.bay import Bay, furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.demo.boards import overlays
from utils.demo.local_door import LocalDoor
from utils.demo.machine import HOSTNAME, MODEL, RELEASE, Machine
from utils.demo.saved_answers import FOLDER as ANSWERS
from utils.demo.saved_answers import SavedAnswers, of_folder
from utils.errors import V3Error
from utils.events import EventBus
from utils.judging.catalogue.library import Library
from utils.judging.catalogue.loader import builtin_catalogue
from utils.lab import invitation
from utils.lab.station import Station
from utils.model.device_id import device_id
from utils.model.doors import MAX_OUTPUT_BYTES, Asked
from utils.model.results import CommandResult, Device, LinkState
from utils.store import ledger
from utils.store.history import History

TURNS = 2
"""Boards of one process that answer at a time. Real benches are computers of their own; here they share two
processors, and a check-up that waits for its turn must not keep a bench from answering its hub."""
_NICE = 5
_SERIAL = 1424100000000
_saved = cache(of_folder(ANSWERS))


class Board(LocalDoor):
    """A board that answers what the demo's board answered, with its own clock, serial number and fault."""

    def __init__(
        self, number: int, changes: Mapping[str, Sequence[Sequence[str]]], turns: Any, awake: threading.Event
    ) -> None:
        serial, hostname = str(_SERIAL + number), f"{HOSTNAME}-{number}"
        machine = Machine(serial, hostname)
        super().__init__(
            Device(
                f"SHA256:board-{number}", "ssh-ed25519", serial=serial, model=MODEL, hostname=hostname,
                boot_id=machine.boot_id, release=RELEASE, device_id=device_id(MODEL, serial, ""),
            )
        )  # fmt: skip
        self._answers = SavedAnswers(builtin_catalogue(), machine, _saved, changes)
        self._turns, self._awake = turns, awake

    def run(self, command: str, *, max_output_bytes: int = MAX_OUTPUT_BYTES, **more: Any) -> CommandResult:
        """Answer at once."""
        answer = self._answers.exact(command)
        assert answer is not None, command
        return CommandResult(
            command, answer.stdout[:max_output_bytes], answer.stderr, answer.exit_status,
            duration_s=answer.delay_s, device=self.device,
        )  # fmt: skip

    def run_many(
        self, requests: Iterable[Asked], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Asked, CommandResult | V3Error]]:
        """Answer one after the other; the turn lasts until the last answer is judged."""
        self._awake.wait()
        with self._turns:
            for ask in list(requests):
                yield ask, self._answer(ask, cancel)


class Simulated:
    """A bench with its boards, and its part in the lab."""

    def __init__(self, folder: Path, name: str, boards: Sequence[Board]) -> None:
        self.boards = boards
        self.history = History(folder / name / "history.db")
        bus, library = EventBus(), Library(builtin_catalogue())
        self.bench = Bench([self._bay(folder / name, n, each, bus, library) for n, each in enumerate(boards)])
        self.station = Station(self.bench, invitation.read(folder / f"{name}.v3join"))

    def _bay(self, folder: Path, number: int, board: Board, bus: EventBus, library: Library) -> Bay:
        name = f"usb-1-{number + 1}" if number else "main"
        runner = Runner(load=lambda: library, door=board, bus=bus, history=self.history, bay=name)
        return furnished(runner, board, folder / "recordings", title=f"Place {number + 1}")

    def close(self) -> None:
        self.station.close()
        for bay in self.bench:
            bay.runner.close()
        self.history.close()


class Orders:
    """What the benches of a process are told to do."""

    def __init__(self, folder: Path, first: int, stations: int, boards: int) -> None:
        turns, self._awake = threading.BoundedSemaphore(TURNS), threading.Event()
        self._awake.set()
        faults = overlays(boards)
        self._stopping: threading.Event | None = None
        self.benches = [
            Simulated(
                folder, f"bench-{number}",
                [Board(number * boards + n, faults[n], turns, self._awake) for n in range(boards)],
            )
            for number in range(first, first + stations)
        ]  # fmt: skip

    def start(self) -> dict[str, Any]:
        """Join the lab."""
        for each in self.benches:
            each.history.prepare()
            each.station.start()
        return {}

    def facts(self) -> dict[str, Any]:
        """Whether all are in the lab, what went through their connections, and what waits for the hub."""
        clients = [each.station._link._client for each in self.benches]
        stats = [client.stats for client in clients if client is not None]
        counts = [each.station.outbox.counts() for each in self.benches]
        return {
            "joined": sum(each.station.trouble is None for each in self.benches),
            "waiting": sum(waiting for waiting, _ in counts),
            "parked": sum(parked for _, parked in counts),
            **{
                name: sum(each[name] for each in stats)
                for name in ("in_msgs", "out_msgs", "in_bytes", "out_bytes")
            },
        }

    def answering(self, awake: bool) -> dict[str, Any]:
        """Whether boards answer, or keep silent until they may."""
        (self._awake.set if awake else self._awake.clear)()
        return {}

    def churn(self, each_s: float) -> dict[str, Any]:
        """From now on let one board after the other lose its link or have it back. each_s: between two; 0:
        no more."""
        if self._stopping is not None:
            self._stopping.set()
        self._stopping = threading.Event()
        if each_s:
            threading.Thread(target=self._churn, args=(each_s, self._stopping), daemon=True).start()
        return {}

    def _churn(self, each_s: float, stopping: threading.Event) -> None:
        order = [bench.boards[n] for n in range(len(self.benches[0].boards)) for bench in self.benches]
        for board in cycle(order):
            if stopping.wait(each_s):
                return
            on = board.state is LinkState.CONNECTED
            board.state = LinkState.CONNECTING if on else LinkState.CONNECTED
            board.changed()

    def write(self, count: int) -> dict[str, Any]:
        """Keep so many runs on the first bench, each with outputs of its own."""
        from tests.unit.history_parts import a_run

        bench = self.benches[0]
        device = bench.boards[0].device
        records = [a_run(f"kept-{n:08d}", board=device, available_kb=8_000_000 - n) for n in range(count)]
        with bench.history.look().database.writing() as connection:
            for record in records:
                ledger.write(connection, record)
        return {"waiting": bench.station.outbox.counts()[0]}

    def close(self) -> None:
        for each in self.benches:
            each.close()


def main(folder: Path, first: int, stations: int, boards: int) -> None:
    """Obey until stdin ends. A bench would be a computer of its own: here it leaves the hub its processor."""
    os.nice(_NICE)
    sys.setswitchinterval(0.001)  # as app.py
    gc.set_threshold(10_000, 10, 30)
    logging.basicConfig(level=logging.ERROR)
    orders = Orders(folder, first, stations, boards)
    gc.freeze()
    for line in sys.stdin:
        name, *values = json.loads(line)
        print(json.dumps(getattr(orders, name)(*values)), flush=True)
    orders.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
