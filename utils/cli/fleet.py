"""`checkup --all` and `bays`: every board on the bench in one go. What it prints; the work is the fleet's.

The exit status follows the order of verdicts, fail before unknown, not the largest number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from utils.applog import escaped
from utils.bench import facts
from utils.bench.bench import Bench
from utils.bench.fleet import FleetRun, Part
from utils.cli import report
from utils.cli.report import Paint
from utils.model.results import Verdict


def lines(run: FleetRun, paint: Paint) -> list[str]:
    """Each board's check-up, then one line a board, worst first."""
    parts = sorted(run.parts.values(), key=lambda part: list(Verdict).index(_verdict(part)))
    every = [line for part in parts for line in (*_heading(part), *_results(part, paint), "")]
    return [*every, *(_line(part, paint) for part in parts)]


def junit(run: FleetRun) -> bytes:
    """A test suite a board; a board that did not start is an error."""
    return report.junit_suites(
        (part.bay.id, part.results(), _duration_s(part), str(part.cause) if part.cause else "")
        for part in run.parts.values()
    )


def exit_status(run: FleetRun) -> int:
    """Of the worst board."""
    return report.EXIT_STATUS[run.verdict or Verdict.UNKNOWN]


def show_bays(bench: Bench, *, as_json: bool) -> None:
    """Every place on the bench and what is known of the board in it."""
    found = [facts.facts(bay, bench) for bay in bench]
    if as_json:
        click.echo(json.dumps({"bays": found, "others": facts.strangers()}, indent=2))
        return
    for line in bay_lines(found, facts.strangers()):
        click.echo(line)


def bay_lines(bays: Iterable[dict[str, Any]], others: Iterable[dict[str, Any]]) -> list[str]:
    """One line a bay, and the USB network devices that nobody contacts."""
    told = [f"{each['id']:<16} {_board(each)}" for each in bays]
    return told + [
        f"{'':<16} not contacted: {escaped(each['name'] or each['vendor'])} at {each['usb_port']} "
        f"({', '.join(each['interfaces'])})"
        for each in others
    ]


def _board(bay: dict[str, Any]) -> str:
    board = bay["usb"]
    if board is None:
        return escaped(f"no board on USB; {bay['interface'] or 'no interface'}" + _error(bay))
    name = (bay["expected"] or {}).get("label") or f"new: {board['name']} {board['serial']}".strip()
    if board["in_recovery"]:
        return escaped(f"{name}, waits to be flashed")
    way = ", ".join(filter(None, [bay["usb_port"], bay["interface"], *board["consoles"]]))
    return escaped(f"{name} ({way})" + _error(bay))


def _error(bay: dict[str, Any]) -> str:
    return f"; {bay['error']['message']}" if bay["error"] else ""


def _verdict(part: Part) -> Verdict:
    return part.verdict or Verdict.UNKNOWN


def _heading(part: Part) -> list[str]:
    device = part.as_json()["device"]
    return [f"{part.bay.id}{': ' if device else ''}{escaped(device or '')}"]


def _results(part: Part, paint: Paint) -> list[str]:
    if part.cause is not None:
        return [f"{'':<8}not started: {escaped(str(part.cause))}", f"{'':<8}next: {escaped(part.cause.hint)}"]
    return report.checkup_lines(part.results(), part.as_json()["counts"], paint)


def _line(part: Part, paint: Paint) -> str:
    word = paint(f"{_verdict(part).value.upper():<7}", _verdict(part))
    told = "not started" if part.cause else report.summary_line(part.as_json()["counts"])
    return f"{word} {part.bay.id:<24} {told}"


def _duration_s(part: Part) -> float:
    return (part.checkup.duration_s or 0.0) if part.checkup else 0.0
