"""`i2cdetect` tables, each after a line "bus 7: c250000.i2c" or alone -> what answers.

{bus_count, found_count, in_use_count, found, buses: [{bus, name, addresses, in_use}]}. addresses: those
that answered ("40"), in_use: those that a driver owns (printed as UU). A table without all its eight
rows is cut off, as is a list of buses without "end of scan": there is no reading then.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Undecided
from utils.parsers._text import plain, refuse
from utils.result import Reading

_BUS = re.compile(r"^bus (?P<bus>\d+)(?:: (?P<name>.*)| left out: .*)$")
_TITLE = re.compile(r"^\s*0\s+1\s+2\s+3\s+4\s+5\s+6\s+7\s+8\s+9\s+a\s+b\s+c\s+d\s+e\s+f\s*$")
_ROW = re.compile(r"^(?P<row>[0-7])0:(?P<cells>(?:\s+(?:--|UU|[0-9a-f]{2}))*)\s*$")
_ROWS = 8
END = "end of scan"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = plain(stdout).splitlines()
    buses = _tables(lines)
    if not buses:
        raise refuse(stdout, stderr, exit_status)
    if any(bus.pop("rows") != _ROWS or bus.pop("last_cells") != _ROWS for bus in buses):
        raise Undecided("A table of the scan is cut off.")
    if any(map(_BUS.match, lines)) and END not in lines:
        raise Undecided("The scan is cut off: further buses may be missing.")
    found = [
        f"{address} on bus {bus['bus'] or '?'}"
        for bus in buses
        for address in bus["addresses"] + bus["in_use"]
    ]
    return {
        "bus_count": len(buses),
        "found_count": len(found),
        "in_use_count": sum(len(bus["in_use"]) for bus in buses),
        "found": ", ".join(found) or "none",
        "buses": buses,
    }


def _tables(lines: list[str]) -> list[dict[str, Any]]:
    buses: list[dict[str, Any]] = []
    name: tuple[str | None, str] = (None, "")
    for line in lines:
        bus, row = _BUS.match(line), _ROW.match(line)
        if bus:
            name = (bus["bus"], bus["name"] or "")
        elif _TITLE.match(line):
            buses.append(
                {"bus": name[0], "name": name[1], "addresses": [], "in_use": [], "rows": 0, "last_cells": 0}
            )
        elif row and buses and buses[-1]["rows"] == int(row["row"]):
            _add_row(buses[-1], int(row["row"]), row["cells"])
    return buses


def _add_row(bus: dict[str, Any], row: int, text: str) -> None:
    cells = re.findall(r"--|UU|[0-9a-f]{2}", text)
    first = _ROWS if row == 0 and len(cells) <= _ROWS else 0  # row 0 leaves out the first reserved addresses
    for place, cell in enumerate(cells):
        if cell != "--":
            bus["in_use" if cell == "UU" else "addresses"].append(f"{row:x}{first + place:x}")
    bus["rows"] += 1
    bus["last_cells"] = len(cells)
