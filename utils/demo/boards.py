"""Several demo boards: the same saved answers with small overlays (boards.toml), each with its own fault.

boards() makes them; Hands pulls the last one now and then and puts it back, as a technician would.
"""

from __future__ import annotations

import threading
from pathlib import Path

import tomli

from utils.demo.device import DemoDevice
from utils.demo.machine import HOSTNAME, SERIAL, Machine
from utils.judging.catalogue.loader import builtin_catalogue

OVERLAYS = Path(__file__).with_name("boards.toml")
IN_S, OUT_S = 40.0, 10.0  # how long the last board is plugged in and out


def boards(folder: Path, count: int) -> list[DemoDevice]:
    """So many demo boards that do not listen yet, the well-known one first. Each keeps its own host key."""
    made = [DemoDevice(folder)]
    diagnostics = builtin_catalogue()
    for number, changes in enumerate(overlays(count - 1), start=2):
        machine = Machine(serial=str(int(SERIAL) + number - 1), hostname=f"{HOSTNAME}-{number}")
        made.append(DemoDevice(folder / f"board-{number}", diagnostics, machine=machine, changes=changes))
    return made


def overlays(count: int) -> list[dict[str, list[list[str]]]]:
    """What differs from the saved answers in each of so many further boards; the faults come round again."""
    table = tomli.loads(OVERLAYS.read_text(encoding="utf-8"))
    faults = [board["change"] for board in table["board"]]
    return [{**table["healed"], **faults[number % len(faults)]} for number in range(count)]


class Hands:
    """Pulls a board after in_s seconds, puts it back after out_s, and so on until close()."""

    def __init__(self, board: DemoDevice, *, in_s: float = IN_S, out_s: float = OUT_S) -> None:
        self._board, self._in_s, self._out_s = board, in_s, out_s
        self._over = threading.Event()
        threading.Thread(target=self._work, name="v3-demo-hands", daemon=True).start()

    def close(self) -> None:
        """Leave it as it is."""
        self._over.set()

    def _work(self) -> None:
        while not self._over.wait(self._in_s):
            self._board.stop()
            if self._over.wait(self._out_s):
                return
            self._board.start()
