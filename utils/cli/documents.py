"""What the commands have to say: results, a check-up, a board, the way to it, the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.applog import escaped
from utils.bench.fleet import FleetRun, Part
from utils.bench.headline import Headline, answered, headline
from utils.bench.runs import Checkup
from utils.cli import report
from utils.cli.formats import Document, result_row, trouble_row
from utils.judging.catalogue.loader import Catalogue
from utils.model.results import Result, Rung, RungState, Verdict, severity_rank, to_json


class ResultDocument(Document):
    """One diagnostic's result with all of its evidence."""

    def __init__(self, result: Result) -> None:
        self._result = result

    @property
    def exit_status(self) -> int:
        """That of the verdict."""
        return report.EXIT_STATUS[self._result.verdict]

    def lines(self, paint: report.Paint) -> Iterable[str]:
        return report.result_lines(self._result, paint, full=True)

    def data(self) -> Any:
        return to_json(self._result)

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [result_row(self._result)]

    def suites(self) -> Sequence[report.Suite]:
        return [report.Suite(results=[self._result], duration_s=self._result.duration_s or 0.0)]


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How much of it is shown. problems: only what needs somebody. quiet: the last line alone, or with
    `problems` one line for each of them."""

    problems: bool = False
    quiet: bool = False

    def shows(self, result: Result) -> bool:
        """Whether this result is shown in full, or in one line."""
        return not (self.problems or self.quiet) or result.verdict in report.SPEAKS_UP

    @property
    def last_line_alone(self) -> bool:
        return self.quiet and not self.problems


class CheckupDocument(Document):
    """A check-up, worst first. name: of its test suite."""

    def __init__(self, checkup: Checkup, sight: Sight | None = None, *, name: str = "v3-diagnostics") -> None:
        self._checkup, self._sight, self._name = checkup, sight or Sight(), name
        self.headline = _headline(checkup)

    @property
    def exit_status(self) -> int:
        """That of the worst result; 3 where not all were checked."""
        verdict = Verdict.UNKNOWN if self.headline.rest else self._checkup.verdict
        return report.EXIT_STATUS[verdict or Verdict.UNKNOWN]

    def results(self) -> list[Result]:
        """Those that are shown."""
        return [each for each in self._checkup.results() if self._sight.shows(each)]

    def lines(self, paint: report.Paint) -> Iterable[str]:
        missed = self.headline.rest
        for result in () if self._sight.last_line_alone else self.results():
            if result.diagnostic not in missed:
                yield from report.result_lines(result, paint, brief=self._sight.quiet)
        if missed and not self._sight.last_line_alone:
            yield f"{paint('UNKNOWN', Verdict.UNKNOWN)} not checked: {', '.join(missed)}"
            yield from (f"          next:  {escaped(hint)}" for hint in self._hints())
        if not self._sight.quiet:
            yield ""
        yield self.last_line()

    def last_line(self) -> str:
        """The verdict over all, or how far it came and why not farther."""
        done = [each for each in self._checkup.results() if each.diagnostic not in self.headline.rest]
        counts = report.summary_line(Counter(each.verdict.value for each in done))
        if not self.headline.rest:
            return counts
        return f"{self.headline.title}.{f' So far: {counts}.' if done else ''}"

    def data(self) -> Any:
        shown = {each.diagnostic for each in self.results()}
        told = self._checkup.as_json()
        told["results"] = [each for each in told["results"] if each["diagnostic"] in shown]
        return {**told, "headline": to_json(self.headline)}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [result_row(result) for result in self.results()]

    def suites(self) -> Sequence[report.Suite]:
        labels = {each.device for each in self._checkup.results() if each.device}
        return [
            report.Suite(
                name=self._name,
                results=self.results(),
                duration_s=self._checkup.duration_s or 0.0,
                cause=self.headline.title if self.headline.rest else "",
                properties={
                    "device": ", ".join(sorted(labels)),
                    "started_at": self._checkup.started_at,
                    "ended": self.headline.code,
                },
            )
        ]

    def _hints(self) -> Iterable[str]:
        """What to do before the rest can be checked: each next step once."""
        errors = (self._checkup.runs[name].error for name in self.headline.rest)
        return dict.fromkeys(each.hint for each in errors if each and each.code != "cancelled" and each.hint)


def _headline(checkup: Checkup) -> Headline:
    """The same as the page's. One that did not end after it was cancelled is cancelled all the same."""
    shown = {each.diagnostic: each for each in checkup.results()}
    found = headline(list(checkup.runs), shown, checkup)
    if found.code != "running":
        return found
    rest = tuple(name for name in checkup.runs if name not in shown or not answered(shown[name]))
    title = f"Cancelled: {len(checkup.runs) - len(rest)} of {len(checkup.runs)} checked"
    return Headline(code="cancelled", verdict=Verdict.UNKNOWN, title=title, rest=rest)


class FleetDocument(Document):
    """A check-up of every board, worst first."""

    def __init__(self, run: FleetRun, sight: Sight | None = None) -> None:
        self._run, self._sight = run, sight or Sight()

    @property
    def exit_status(self) -> int:
        """Of the worst board, by the order of verdicts; a check-up that was cut short is unknown."""
        if self._run.verdict is not Verdict.FAIL and any(each.exit_status == 3 for each in self._checkups()):
            return report.EXIT_STATUS[Verdict.UNKNOWN]
        return report.EXIT_STATUS[self._run.verdict or Verdict.UNKNOWN]

    def lines(self, paint: report.Paint) -> Iterable[str]:
        parts = sorted(self._run.parts.values(), key=lambda part: severity_rank(_verdict(part)))
        for part in () if self._sight.last_line_alone else parts:
            device = part.as_json()["device"]
            yield f"{part.bay.id}{': ' if device else ''}{escaped(device or '')}"
            yield from self._part_lines(part, paint)
            yield ""
        for part in parts:
            word = paint(f"{_verdict(part).value.upper():<7}", _verdict(part))
            yield f"{word} {part.bay.id:<24} {self._told(part)}"

    def _part_lines(self, part: Part, paint: report.Paint) -> Iterable[str]:
        if part.cause is not None:
            return [
                f"        not started: {escaped(str(part.cause))}",
                f"        next: {escaped(part.cause.hint)}",
            ]
        return list(self._checkup(part).lines(paint))[:-1]

    def _told(self, part: Part) -> str:
        return "not started" if part.cause is not None else self._checkup(part).last_line()

    def data(self) -> Any:
        told = self._run.as_json()
        shown = [(each.bay, each.diagnostic) for each in self._run.results() if self._sight.shows(each)]
        told["results"] = [each for each in told["results"] if (each["bay"], each["diagnostic"]) in shown]
        return told

    def rows(self) -> Iterable[Mapping[str, object]]:
        for part in self._run.parts.values():
            if part.cause is not None:
                yield trouble_row(part.cause) | {"bay": part.bay.id}
            else:
                yield from self._checkup(part).rows()

    def suites(self) -> Sequence[report.Suite]:
        return [
            report.Suite(name=part.bay.id, cause=str(part.cause))
            if part.cause is not None
            else self._checkup(part).suites()[0]
            for part in self._run.parts.values()
        ]

    def _checkup(self, part: Part) -> CheckupDocument:
        assert part.checkup is not None
        return CheckupDocument(part.checkup, self._sight, name=part.bay.id)

    def _checkups(self) -> Iterable[CheckupDocument]:
        return [self._checkup(part) for part in self._run.parts.values() if part.cause is None]


def checkup_document(done: Checkup | FleetRun, sight: Sight | None = None) -> CheckupDocument | FleetDocument:
    """Of one board's check-up, or of all boards'."""
    return FleetDocument(done, sight) if isinstance(done, FleetRun) else CheckupDocument(done, sight)


def _verdict(part: Part) -> Verdict:
    return part.verdict or Verdict.UNKNOWN


class DeviceDocument(Document):
    """Which board is plugged in, and by which way it answers. facts: as runs.status_json() has them."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    def lines(self, paint: report.Paint) -> Iterable[str]:
        return [f"{name + ':':<10} {escaped(str(value))}" for name, value in self._named().items() if value]

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

    def lines(self, paint: report.Paint) -> Iterable[str]:
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

    def lines(self, paint: report.Paint) -> Iterable[str]:
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
    """Every place on the bench, as facts.py has it and with its address; USB devices that nobody contacts."""

    def __init__(self, bays: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> None:
        self._bays, self._others = bays, others

    def lines(self, paint: report.Paint) -> Iterable[str]:
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
