"""`v3 compare`: what changed between two check-ups that are kept. Connects to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from utils.applog import escaped
from utils.bench.result_text import Paint
from utils.cli.formats import Document
from utils.judging.compare import Change, Comparison, Difference
from utils.model.results import to_json
from utils.model.words import BECAUSE


class ComparisonDocument(Document):
    """What changed, worst first."""

    def __init__(self, found: Comparison) -> None:
        self._found = found

    @property
    def exit_status(self) -> int:
        """1 where something got worse or is gone."""
        return int(any(each.change in (Change.WORSE, Change.GONE) for each in self._found.differences))

    def lines(self, paint: Paint) -> Iterable[str]:
        return [escaped(self._found.summary), *(escaped(_line(each)) for each in self._found.differences)]

    def data(self) -> Any:
        return {"summary": self._found.summary, "differences": to_json(self._found.differences)}

    def rows(self) -> Iterable[Mapping[str, object]]:
        found: list[Mapping[str, object]] = to_json(self._found.differences)
        return found


def _line(each: Difference) -> str:
    said = " -> ".join(part for part in (each.before, each.after) if part)
    why = f"  ({BECAUSE[each.because]})" if each.because in BECAUSE else ""
    return f"{each.change.value.upper():<14} {each.what}: {said}{why}"
