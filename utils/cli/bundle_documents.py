"""What `v3 bundle` and `v3 judge --bundles` have to say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from utils.applog import escaped
from utils.bench.bundles import Prepared
from utils.bench.replays import Tried
from utils.bench.result_text import Paint
from utils.cli.formats import Document
from utils.errors import BundleTrouble
from utils.model.results import Verdict, error_facts
from utils.model.words import LEFT_OUT, number

_SHOWN = 30
_CAUGHT = (Verdict.FAIL, Verdict.WARN)


class BundleDocument(Document):
    """A bundle that was saved, or (path None) only looked through."""

    def __init__(self, prepared: Prepared, keep: Collection[str], path: Path | None) -> None:
        self._prepared, self._keep, self._path = prepared, keep, path

    def lines(self, paint: Paint) -> Iterable[str]:
        told = self._prepared.as_json()
        for each in told["left_out"]:
            yield escaped(f"{LEFT_OUT.lower()}: {each['what']}. {each['why']}")
        if self._path is None:
            for each in self._prepared.found.replacements(self._keep):
                asked = f"  [{each['question']}]" if each["question"] else ""
                yield escaped(f"{each['file']}:{each['line']}  {each['rule']}{asked}")
        replaced = len(self._prepared.found.replacements(self._keep))
        questions = number(len(self._prepared.questions), "question")
        yield f"{number(replaced, 'place')} replaced; {len(self._keep)} of {questions} kept."
        where = f"{self._path}, {self._path.stat().st_size:,} bytes" if self._path else "Nothing was written."
        yield escaped(where if self._path else f"{where} It would have about {told['bytes']:,} bytes.")

    def data(self) -> Any:
        return {**self._prepared.as_json(), "file": str(self._path) if self._path else None}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return self._prepared.found.replacements(self._keep)


class TriedDocument(Document):
    """Rules over a folder of bundles: what they catch, and which good boards they would blame.

    outputs: file, whether its board was good, how an output of it is judged. refused: files that are none.
    """

    def __init__(
        self, outputs: Sequence[tuple[str, bool, Tried]], refused: Mapping[str, BundleTrouble], only: str
    ) -> None:
        self._outputs, self._refused = outputs, refused
        judged = [each for each in outputs if only or each[2].before != each[2].result.verdict]
        self.caught = [each for each in judged if each[2].result.verdict in _CAUGHT]
        self.blamed = [each for each in self.caught if each[1]]
        self.changed = [each for each in judged if each[2].before != each[2].result.verdict]

    @property
    def exit_status(self) -> int:
        """2 where a good board is blamed, 3 where a file could not be opened."""
        return 2 if self.blamed else 3 if self._refused else 0

    def lines(self, paint: Paint) -> Iterable[str]:
        for file, trouble in self._refused.items():
            yield escaped(f"{file}: {trouble} [{trouble.code}]")
        bundles = {file for file, *_ in self._outputs}
        yield f"Judged: {number(len(self._outputs), 'output')} of {number(len(bundles), 'bundle')}."
        yield from self._listed(f"It catches {len(self.caught)}:", self.caught)
        yield from self._listed(f"It would blame {len(self.blamed)} of good boards:", self.blamed)
        yield from self._listed(f"{len(self.changed)} are judged otherwise than they were:", self.changed)

    def _listed(self, title: str, some: Sequence[tuple[str, bool, Tried]]) -> Iterable[str]:
        yield title
        for file, _, each in some[:_SHOWN]:
            result = each.result
            yield escaped(
                f"  {file}  {each.diagnostic}: {each.before} then, {result.verdict} now. {result.summary}"
            )
        if len(some) > _SHOWN:
            yield f"  and {len(some) - _SHOWN} more"

    def data(self) -> Any:
        def told(some: Iterable[tuple[str, bool, Tried]]) -> list[dict[str, Any]]:
            return [
                {"file": file, "diagnostic": each.diagnostic, "before": each.before,
                 "after": each.result.verdict.value, "summary": each.result.summary, "good": good}
                for file, good, each in some
            ]  # fmt: skip

        return {
            "outputs": len(self._outputs),
            "bundles": len({file for file, *_ in self._outputs}),
            "caught": told(self.caught),
            "blamed": told(self.blamed),
            "changed": told(self.changed),
            "refused": {file: error_facts(trouble) for file, trouble in self._refused.items()},
        }

    def rows(self) -> Iterable[Mapping[str, object]]:
        caught: list[dict[str, Any]] = self.data()["caught"]
        return caught
