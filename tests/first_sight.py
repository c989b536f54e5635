"""Judge the real outputs of strangers and count what comes out: `python -m tests.first_sight [FILE…]`.

A file holds one case a line, as JSON: `id` (the diagnostic), `case`, `stdout`, `stderr`, `exit_status`,
`verdict` (each verdict that is right), and where wanted `reading` (values by dotted path: "buses.0.bus"),
`say_not` (words that no sentence may hold), `why` (the conclusion of the report), `source`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utils.judge import judge
from utils.model.results import Result

OWN = Path(__file__).parent / "unit" / "first_sight"
FIELD = Path(__file__).parents[2] / "shared" / "field" / "cases.jsonl"

_GREEN = {"pass", "info"}
_ALARM = {"warn", "fail"}


@dataclass(frozen=True)
class Case:
    """One real output and what must come of it."""

    id: str
    case: str
    stdout: str
    stderr: str
    exit_status: int | None
    verdicts: tuple[str, ...]
    reading: dict[str, Any] = field(default_factory=dict)
    say_not: tuple[str, ...] = ()
    why: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """The diagnostic and the case."""
        return f"{self.id}:{self.case}"


@dataclass(frozen=True)
class Outcome:
    """What came of a case. kind: "right", "false pass", "false alarm" or "other"; said: what is wrong."""

    case: Case
    kind: str
    said: str = ""


def files() -> list[Path]:
    """The project's own files, and the field cases where they are at hand."""
    return [*sorted(OWN.glob("*.jsonl")), *([FIELD] if FIELD.is_file() else [])]


def cases(path: Path) -> list[Case]:
    """The cases of one file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_case(json.loads(line)) for line in lines if line.strip()]


def _case(raw: dict[str, Any]) -> Case:
    return Case(
        id=raw["id"],
        case=raw["case"],
        stdout=raw["stdout"],
        stderr=raw.get("stderr") or "",
        exit_status=raw.get("exit_status", 0),
        verdicts=_tuple(raw["verdict"]),
        reading=raw.get("reading") or {},
        say_not=_tuple(raw.get("say_not") or ()),
        why=raw.get("why", ""),
        source=raw.get("source", ""),
    )


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def outcome(case: Case) -> Outcome:
    """Judge one case."""
    result = judge(case.id, case.stdout, case.stderr, case.exit_status)
    if result.verdict.value not in case.verdicts:
        return Outcome(case, _kind(case, result), f"{result.verdict.value}: {result.summary}")
    wrong = [*_wrong_values(case, result), *_wrong_words(case, result)]
    return Outcome(case, "other" if wrong else "right", "; ".join(wrong))


def _kind(case: Case, result: Result) -> str:
    if result.verdict.value in _GREEN and not _GREEN & set(case.verdicts):
        return "false pass"
    if result.verdict.value in _ALARM and not _ALARM & set(case.verdicts):
        return "false alarm"
    return "other"


def _wrong_values(case: Case, result: Result) -> Iterator[str]:
    for path, wanted in case.reading.items():
        value = _at(result.reading, path)
        if value != wanted:
            yield f"{path} is {value!r}, not {wanted!r}"


def _at(data: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(data, list) and key.isdecimal() and int(key) < len(data):
            data = data[int(key)]
        elif isinstance(data, dict):
            data = data.get(key)
        else:
            return None
    return data


def _wrong_words(case: Case, result: Result) -> Iterator[str]:
    said = [result.summary]
    for finding in result.findings:
        said += [finding.reason, finding.next_step]
    for word in case.say_not:
        for sentence in said:
            if word in sentence:
                yield f"it says {word!r}: {sentence}"


def main(arguments: list[str]) -> int:
    """Print the score and each miss of the files; 1 where a case is missed."""
    missed = 0
    for path in [Path(argument) for argument in arguments] or files():
        outcomes = [outcome(case) for case in cases(path)]
        count = Counter(item.kind for item in outcomes)
        print(
            f"{path.name}: {len(outcomes)} cases, {count['right']} right, "
            f"{count['false pass']} false passes, {count['false alarm']} false alarms, {count['other']} other"
        )
        for item in outcomes:
            if item.kind != "right":
                missed += 1
                print(f"  {item.kind}: {item.case.name} ({'/'.join(item.case.verdicts)}): {item.said}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
