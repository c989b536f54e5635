"""`i2cdetect` tables, each after a line "bus 7: c250000.i2c" or alone -> what answers.

{bus_count, found_count, in_use_count, most_on_a_bus, found, claimed, unscanned, buses: [{bus, name,
addresses, in_use}]}. unscanned: the buses that were asked and of which no table came, as one line, or None.
addresses: those that answered ("40"); in_use: those that a driver claims (printed as UU), which
were not asked and count as no answer. found and claimed: both as one line. A table without all its eight rows
is cut off. So is a list of buses without "end of scan". There is no reading then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_BUS = re.compile(r"^bus (?P<bus>\d{1,4})(?:: (?P<name>.*)| left out: .*)$")
_ASKED = re.compile(r"^bus (\d{1,4}): ")
_TITLE = re.compile(r"^\s*0\s+1\s+2\s+3\s+4\s+5\s+6\s+7\s+8\s+9\s+a\s+b\s+c\s+d\s+e\s+f\s*$")
_ROW = re.compile(r"^(?P<row>[0-7])0:(?P<cells>[ 0-9a-fU-]{0,48})$")
_CELL = re.compile(r"--|UU|[0-9a-f]{2}")
_ROWS = 8
_COLUMNS = 16
_LAST_CELLS = 8  # the last address is 0x77
END = "end of scan"


@dataclass
class _Bus:
    bus: str | None
    name: str
    addresses: list[str] = field(default_factory=list)
    in_use: list[str] = field(default_factory=list)
    rows: int = 0
    last_cells: int = 0

    def called(self, addresses: list[str]) -> list[str]:
        where = f" on bus {self.bus}" if self.bus else ""
        return [f"{address}{where}" for address in addresses]


READS = (
    "bus_count found_count in_use_count most_on_a_bus found claimed unscanned "
    "buses[bus name addresses in_use]"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = plain(stdout).splitlines()
    buses = _tables(lines)
    if not buses:
        raise refuse(stdout, stderr, exit_status)
    ended = END in lines
    if any(bus.rows != _ROWS or not (ended or bus.last_cells == _LAST_CELLS) for bus in buses):
        raise Undecided("A table of the scan is cut off.", Cause.CUT_OFF)
    if any(map(_BUS.match, lines)) and not ended:
        raise Undecided("The scan is cut off: further buses may be missing.", Cause.CUT_OFF)
    found = [place for bus in buses for place in bus.called(bus.addresses)]
    claimed = [place for bus in buses for place in bus.called(bus.in_use)]
    scanned = {bus.bus for bus in buses}
    asked = [match[1] for line in lines if (match := _ASKED.match(line))]
    return {
        "bus_count": len(buses),
        "found_count": len(found),
        "in_use_count": len(claimed),
        "most_on_a_bus": max(len(bus.addresses) for bus in buses),
        "found": ", ".join(found) or "none",
        "claimed": ", ".join(claimed) or "none",
        "unscanned": ", ".join(bus for bus in asked if bus not in scanned) or None,
        "buses": [
            {"bus": bus.bus, "name": bus.name, "addresses": bus.addresses, "in_use": bus.in_use}
            for bus in buses
        ],
    }


def _tables(lines: list[str]) -> list[_Bus]:
    buses: list[_Bus] = []
    name: tuple[str | None, str] = (None, "")
    for line in lines:
        bus, row = _BUS.match(line), _ROW.match(line.rstrip())
        if bus:
            name = (bus["bus"], bus["name"] or "")
        elif _TITLE.match(line):
            buses.append(_Bus(*name))
        elif row and buses and buses[-1].rows == int(row["row"]):
            _add_row(buses[-1], int(row["row"]), row["cells"])
    return buses


def _add_row(bus: _Bus, row: int, text: str) -> None:
    cells = _placed(row, text)
    for column, cell in cells:
        if cell != "--":
            (bus.in_use if cell == "UU" else bus.addresses).append(f"{row:x}{column:x}")
    bus.rows += 1
    bus.last_cells = len(cells)


def _placed(row: int, text: str) -> list[tuple[int, str]]:
    """(column, cell) of a row, by where the cells stand: i2cdetect leaves those blank that it does not ask.

    Where the blanks were lost on the way, an address says its own column. Row 0 then lacks its first cells.
    """
    stand = [(match.start() // 3, match.group(0)) for match in _CELL.finditer(text)]
    fits = all(cell in ("--", "UU") or cell == f"{row:x}{column:x}" for column, cell in stand)
    if fits and (row != 0 or not stand or stand[0][0] > 0):
        return stand
    first = _COLUMNS - len(stand) if row == 0 else 0
    if row == 0 and len(stand) <= _LAST_CELLS:
        first = _LAST_CELLS
    return [
        (int(cell[1], 16) if cell not in ("--", "UU") else first + place, cell)
        for place, (_, cell) in enumerate(stand)
    ]
