"""What the commands have to say: a result, a board, the way to it, the bays, the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from utils.applog import escaped
from utils.bench.result_text import Paint, result_lines
from utils.cli import report
from utils.cli.formats import Document, result_row
from utils.judging.catalogue.loader import Catalogue
from utils.model.results import Result, Rung, RungState, short_release, to_json
from utils.model.words import EXIT_STATUS


class ResultDocument(Document):
    """One diagnostic's result with all of its evidence."""

    def __init__(self, result: Result) -> None:
        self._result = result

    @property
    def exit_status(self) -> int:
        """That of the verdict."""
        return EXIT_STATUS[self._result.verdict]

    def lines(self, paint: Paint) -> Iterable[str]:
        return result_lines(self._result, paint, full=True)

    def data(self) -> Any:
        return to_json(self._result)

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [result_row(self._result)]

    def suites(self) -> Sequence[report.Suite]:
        return [report.Suite(results=[self._result], duration_s=self._result.duration_s or 0.0)]


class DeviceDocument(Document):
    """Which board is plugged in, and by which way it answers. facts: as status_json() has them."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    def lines(self, paint: Paint) -> Iterable[str]:
        named = self._named()
        shown = {**named, "release": short_release(str(named["release"] or ""))}
        return [f"{name + ':':<10} {escaped(str(value))}" for name, value in shown.items() if value]

    def data(self) -> Any:
        return self._facts

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [self._named()]

    def _named(self) -> dict[str, object]:
        facts, found = self._facts, self._facts["device"] or {}
        return {
            "device": found.get("label"),
            "model": found.get("model"),
            "serial": found.get("serial"),
            "hostname": found.get("hostname"),
            "release": found.get("release"),
            "key": found.get("fingerprint"),
            "address": facts["address"],
            "path": "the system's ssh" if facts["mode"] == "ssh" else facts["path"],
            "because": facts["because"],
            "server": facts["server_version"],
        }


class LadderDocument(Document):
    """The connection ladder, from the laptop upwards."""

    def __init__(self, rungs: Sequence[Rung]) -> None:
        self._rungs = rungs

    @property
    def exit_status(self) -> int:
        """3 where the way is broken, 1 where there is something to know."""
        return report.ladder_exit_status(self._rungs)

    def lines(self, paint: Paint) -> Iterable[str]:
        return report.ladder_lines(self._rungs, paint)

    def data(self) -> Any:
        return {"rungs": to_json(self._rungs)}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [
            {"rung": each.id, "title": each.title, "state": each.state.value, "seen": each.seen,
             "next_step": "" if each.state is RungState.OK else each.next_step}
            for each in self._rungs
        ]  # fmt: skip


class CatalogueDocument(Document):
    """All diagnostics."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def lines(self, paint: Paint) -> Iterable[str]:
        for item in self._catalogue:
            mark = " (yours)" if item.origin == "yours" else ""
            mark += " (active: only by its own button)" if item.active else ""
            yield f"{item.category.value:<9} {item.id:<26} {item.title}{mark}"

    def data(self) -> Any:
        return {"diagnostics": [item.model_dump(mode="json") for item in self._catalogue]}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [
            {"id": item.id, "category": item.category.value, "title": item.title, "active": item.active,
             "root": item.root, "slow": item.slow, "origin": item.origin, "why": item.why}
            for item in self._catalogue
        ]  # fmt: skip


class BaysDocument(Document):
    """Every bay of the bench, as facts.py has it and with its address; USB devices that nobody contacts."""

    def __init__(self, bays: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> None:
        self._bays, self._others = bays, others

    def lines(self, paint: Paint) -> Iterable[str]:
        for each in self._bays:
            yield escaped(f"{each['id']:<16} {_board(each)}")
        for other in self._others:
            name, ways = other["name"] or other["vendor"], ", ".join(other["interfaces"])
            yield escaped(f"{'':<16} not contacted: {name} at {other['usb_port']} ({ways})")

    def data(self) -> Any:
        return {"bays": self._bays, "others": self._others}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [
            {"bay": each["id"], "title": each["title"], "board": (each["expected"] or {}).get("label"),
             "usb_port": each["usb_port"], "interface": each["interface"], "state": each["state"],
             "verdict": each["verdict"]}
            for each in self._bays
        ]  # fmt: skip


def _board(bay: Mapping[str, Any]) -> str:
    board, error = bay["usb"], f"; {bay['error']['message']}" if bay["error"] else ""
    if board is None:
        return f"{bay['address']}{error}"
    name = (bay["expected"] or {}).get("label") or f"new: {board['name']} {board['serial']}".strip()
    if board["in_recovery"]:
        return f"{name}, waits to be flashed"
    return (
        f"{name} ({', '.join(filter(None, [bay['usb_port'], bay['interface'], *board['consoles']]))}){error}"
    )
