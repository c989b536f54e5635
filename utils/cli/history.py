"""`flask --app app history`: the boards that are known, and what is kept of one. Connects to nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from utils.applog import escaped
from utils.bench.boards import KnownBoard, KnownBoards, known_boards
from utils.cli.commands import core_for, explain
from utils.cli.report import summary_line
from utils.errors import BadRequest
from utils.model.records import CheckupRecord
from utils.model.results import error_facts


@click.command("history")
@click.argument("board", default="")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Check-ups shown.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.option("--demo", is_flag=True, help="Of the demo device.")
def history(board: str, limit: int, as_json: bool, demo: bool) -> None:
    """List the boards that are known, or the check-ups of BOARD (its id, serial number or host name)."""
    with core_for(demo=demo, as_json=as_json) as core:
        found = known_boards(core.bench.default.door, core.bench.history)
        if not board:
            _show_boards(found, as_json=as_json)
            return
        chosen = _chosen(found, board)
        checkups = core.bench.history.look().checkups(chosen.ids, limit=limit)
        if as_json:
            click.echo(json.dumps({"checkups": [each.facts() for each in checkups]}, indent=2))
        else:
            _show(_board_lines(chosen, checkups))


def _show_boards(found: KnownBoards, *, as_json: bool) -> None:
    if as_json:
        trouble = error_facts(found.trouble) if found.trouble else None
        told = {"devices": [each.as_json() for each in found.boards], "trouble": trouble}
        click.echo(json.dumps(told, indent=2))
        return
    if found.trouble:
        explain(found.trouble)
    _show(f"{each.device.device_id}  {_day(each.device.last_seen)}  {each.verdict or '-':<8} {each.label}"
          for each in found.boards)  # fmt: skip


def _chosen(found: KnownBoards, wanted: str) -> KnownBoard:
    """The board of this id, serial number or host name; BadRequest where several have it."""
    fits = [each for each in found.boards if wanted in (each.device.serial, each.device.hostname)]
    if len(fits) > 1:
        ids = ", ".join(each.device.device_id for each in fits)
        raise BadRequest(f"{len(fits)} boards are called {wanted}.", hint=f"Name one by its id: {ids}.")
    return fits[0] if fits else found.find(wanted)


def _board_lines(board: KnownBoard, checkups: Iterable[CheckupRecord]) -> Iterable[str]:
    yield f"{board.label}  {board.device.model}  {board.device.device_id}"
    for each in checkups:
        ended = "cancelled" if each.cancelled else f"{each.duration_s:.1f} s"
        counts = summary_line(each.counts)
        yield f"{each.id}  {_day(each.started_at)}  {each.verdict.value:<8} {counts}  ({ended})"


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ") or "-"


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(escaped(line))
