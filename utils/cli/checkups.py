"""What `checkup` has to say: one board's check-up, or all boards', whole or cut short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.applog import escaped
from utils.bench.fleet import BayCheckup, FleetRun
from utils.bench.headline import headline_of
from utils.bench.result_text import Paint, Steps, result_lines
from utils.bench.runs import Checkup
from utils.bench.table import unheard_row
from utils.cli import report
from utils.cli.formats import Document, result_row, trouble_row
from utils.model.outcome import Outcome
from utils.model.results import Result, Verdict, severity_rank, to_json
from utils.model.words import SPEAKS_UP, VERDICTS


@dataclass(frozen=True, kw_only=True)
class Verbosity:
    """How much of it is shown. problems: only what needs somebody. quiet: the last line alone, or with
    `problems` one line for each of them."""

    problems: bool = False
    quiet: bool = False

    def shows(self, result: Result) -> bool:
        """Whether this result is shown in full, or in one line."""
        return not (self.problems or self.quiet) or result.verdict in SPEAKS_UP

    @property
    def last_line_alone(self) -> bool:
        return self.quiet and not self.problems


class CheckupDocument(Document):
    """A check-up, worst first. name: of its test suite."""

    def __init__(
        self, checkup: Checkup, verbosity: Verbosity | None = None, *, name: str = "v3-diagnostics"
    ) -> None:
        self._checkup, self._verbosity, self._name = checkup, verbosity or Verbosity(), name
        self.outcome = checkup.outcome()
        answered = [each for each in checkup.results() if each.diagnostic not in self.outcome.rest]
        self.headline = headline_of(self.outcome, answered)

    @property
    def exit_status(self) -> int:
        """That of the verdict over all."""
        return self.outcome.exit_status

    def results(self) -> list[Result]:
        """Those that are shown."""
        return [each for each in self._checkup.results() if self._verbosity.shows(each)]

    def lines(self, paint: Paint) -> Iterable[str]:
        missed, steps = self.outcome.rest, Steps()
        for result in () if self._verbosity.last_line_alone else self.results():
            if result.diagnostic not in missed:
                yield from result_lines(result, paint, brief=self._verbosity.quiet, steps=steps)
        if missed and not self._verbosity.last_line_alone:
            yield f"{paint(VERDICTS[Verdict.UNKNOWN].word, Verdict.UNKNOWN)}: {', '.join(missed)}"
            yield from (f"          next:  {escaped(hint)}" for hint in self._hints())
        if not self._verbosity.quiet:
            yield ""
            for each in self.headline.diagnoses:
                signs = dict.fromkeys(sign.diagnostic for sign in each.signs)
                yield f"{escaped(each.title)}: {', '.join(signs)}"
                yield f"          next:  {escaped(each.next_step)}"
        yield self.outcome.sentence

    def data(self) -> Any:
        shown = {each.diagnostic for each in self.results()}
        told = self._checkup.as_json()
        told["results"] = [each for each in told["results"] if each["diagnostic"] in shown]
        return {**told, "headline": to_json(self.headline)}

    def rows(self) -> Iterable[Mapping[str, object]]:
        unheard = [name for name, run in self._checkup.runs.items() if run.result is None]
        rows = [result_row(result) for result in self.results()]
        return [*rows, *(unheard_row(name, self.outcome.title) for name in unheard)]

    def suites(self) -> Sequence[report.Suite]:
        labels = {each.device for each in self._checkup.results() if each.device}
        return [
            report.Suite(
                name=self._name,
                results=self.results(),
                duration_s=self._checkup.duration_s or 0.0,
                cause=self.outcome.title if self.outcome.cut_short else "",
                properties={
                    "device": ", ".join(sorted(labels)),
                    "started_at": self._checkup.started_at,
                    **_properties(self.outcome),
                },
            )
        ]

    def _hints(self) -> Iterable[str]:
        """What to do before the rest can be checked: each next step once."""
        errors = (self._checkup.runs[name].error for name in self.outcome.rest)
        return dict.fromkeys(each.hint for each in errors if each and each.code != "cancelled" and each.hint)


class FleetDocument(Document):
    """A check-up of every board, worst first."""

    def __init__(self, run: FleetRun, verbosity: Verbosity | None = None) -> None:
        self._run, self._verbosity = run, verbosity or Verbosity()

    @property
    def exit_status(self) -> int:
        """That of the verdict over all boards."""
        return self._run.outcome.exit_status

    def lines(self, paint: Paint) -> Iterable[str]:
        parts = sorted(self._run.parts.values(), key=lambda part: severity_rank(_verdict(part)))
        for part in () if self._verbosity.last_line_alone else parts:
            device = part.as_json()["device"]
            yield f"{part.bay.id}{': ' if device else ''}{escaped(device or '')}"
            yield from self._part_lines(part, paint)
            yield ""
        for part in parts:
            word = paint(f"{VERDICTS[_verdict(part)].word:<14}", _verdict(part))
            yield f"{word} {part.bay.id:<24} {part.outcome.sentence if part.outcome else 'not started'}"
        if len(parts) > 1:
            yield self._run.outcome.sentence

    def _part_lines(self, part: BayCheckup, paint: Paint) -> Iterable[str]:
        if part.cause is not None:
            return [
                f"        not started: {escaped(str(part.cause))}",
                f"        next: {escaped(part.cause.hint)}",
            ]
        return list(self._checkup(part).lines(paint))[:-1]

    def data(self) -> Any:
        told = self._run.as_json()
        shown = [(each.bay, each.diagnostic) for each in self._run.results() if self._verbosity.shows(each)]
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
            report.Suite(name=part.bay.id, cause=str(part.cause), properties=_properties(part.outcome))
            if part.cause is not None
            else self._checkup(part).suites()[0]
            for part in self._run.parts.values()
        ]

    def _checkup(self, part: BayCheckup) -> CheckupDocument:
        assert part.checkup is not None
        return CheckupDocument(part.checkup, self._verbosity, name=part.bay.id)


def _properties(ended: Outcome | None) -> dict[str, str]:
    """What a test suite says of how it ended; JUnit itself has no word for it."""
    if ended is None:
        return {}
    return {"ended": ended.code, "outcome": ended.sentence, "not_checked": str(ended.counts["unknown"])}


def checkup_document(
    done: Checkup | FleetRun, verbosity: Verbosity | None = None
) -> CheckupDocument | FleetDocument:
    """Of one board's check-up, or of all boards'."""
    return FleetDocument(done, verbosity) if isinstance(done, FleetRun) else CheckupDocument(done, verbosity)


def _verdict(part: BayCheckup) -> Verdict:
    return part.verdict or Verdict.UNKNOWN
