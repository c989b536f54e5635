"""Demo boards in a program of their own, with a ledger of what really ran on them.

    python -m tests.faults.lab_boards FOLDER COUNT

Hands move them by lines on stdin: "plug NUMBER PORT" and "pull NUMBER"; each is answered by a line. What
`v3-effect N` names is noted as "N SERIAL" in FOLDER/ledger at the moment it begins.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from utils.demo.channel_io import CommandIO
from utils.demo.commands import FakeCommands
from utils.demo.device import DemoDevice
from utils.demo.machine import HOSTNAME, Machine

NAMES = 250
_EFFECT = re.compile(r"v3-effect (\d+)")
_LASTS_S = (0.0, 0.2, 1.0, 3.0)
_DIAGNOSTIC = """
[[diagnostic]]
id = "effect-{number}"
title = "Effect {number}"
category = "memory"
command = "v3-effect {number}"
effect = "unsafe"
parser = "meminfo"
why = "It must happen once."
next_step = "Look."
check = [{{ label = "Available", value = "available_percent", unit = "%", fail = {{ below = 10 }} }}]
"""


def serial(number: int) -> str:
    """The serial number of a board."""
    return str(1424100000100 + number)


def diagnostics(names: int) -> str:
    """A file of own diagnostics, each with an effect that can be told from all others."""
    return "".join(_DIAGNOSTIC.format(number=number) for number in range(names))


class Noted(FakeCommands):
    """A board's commands, with a note of each effect."""

    def __init__(self, given: FakeCommands, ledger: Path, serial: str) -> None:
        self.__dict__.update(given.__dict__)
        self._ledger, self._serial = ledger, serial

    def execute(self, text: str, io: CommandIO, last_status: int = 0) -> int:
        found = _EFFECT.search(text)
        if found is None:
            return super().execute(text, io, last_status)
        with self._ledger.open("a") as file:
            file.write(f"{found[1]} {self._serial}\n")
        if not io.wait(_LASTS_S[int(found[1]) % len(_LASTS_S)]):
            return 130
        io.out(f"MemTotal: {self._serial} kB\nMemAvailable: {self._serial} kB\n".encode())
        return 0


def made(folder: Path, number: int) -> DemoDevice:
    """A board that is not plugged in."""
    machine = Machine(serial=serial(number), hostname=f"{HOSTNAME}-{number}")
    device = DemoDevice(folder / f"board-{number}", machine=machine)
    device._commands = Noted(device._commands, folder / "ledger", machine.serial)
    return device


def main(folder: Path, count: int) -> None:
    """Do what the lines say, until there are no more."""
    boards = [made(folder, number) for number in range(count)]
    for line in sys.stdin:
        what, number, *port = line.split()
        board = boards[int(number)]
        if what == "plug":
            board.port = int(port[0])
            board.start()
        else:
            board.stop()
        print(line.strip(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
