"""Write READS into each parser: what the readings of all saved texts hold. `make reads`.

A name stays where it stands; new ones come behind, and what no saved text holds any more goes.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.unit.saved_texts import saved_texts
from utils.judging.catalogue.loader import FOLDER, load_catalogue
from utils.judging.catalogue.names import DECLARED, declared
from utils.judging.judge import judge_diagnostic
from utils.model.results import Reading

_FIRST_SIGHT = Path(__file__).parent / "unit/first_sight"
_PARSERS = FOLDER.parent / "parsers"


@cache
def readings() -> dict[str, tuple[Reading, ...]]:
    """The readings of all saved texts, by diagnostic."""
    catalogue = load_catalogue(FOLDER, shipped=True)
    texts = [(each.diagnostic, each.stdout, each.stderr, each.exit_status) for each in saved_texts()]
    for file in sorted(_FIRST_SIGHT.glob("*.jsonl")):
        cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        texts += [(c["id"], c["stdout"], c.get("stderr", ""), c.get("exit_status", 0)) for c in cases]
    found: dict[str, list[Reading]] = {}
    for name, stdout, stderr, status in texts:
        reading = judge_diagnostic(catalogue.get(name), stdout, stderr, status).reading
        if reading is not None:
            found.setdefault(name, []).append(reading)
    return {name: tuple(each) for name, each in found.items()}


def held(value: Any, above: str = "") -> Iterator[str]:
    """The paths of a reading."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{above}{name}"
            yield from held(inner, f"{above}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from held(inner, above)


def declaration(paths: Iterable[str]) -> str:
    """The lines of a module that declare these paths."""
    tree: dict[str, Any] = {}
    for path in paths:
        at = tree
        for name in path.split("."):
            at = at.setdefault(name, {})
    text = _shown(tree)
    if len(text) <= 92:
        return f'READS = "{text}"'
    lines = textwrap.wrap(text, 98, break_long_words=False, break_on_hyphens=False)
    body = "".join(f'    "{line} "\n' for line in lines[:-1])
    return f'READS = (\n{body}    "{lines[-1]}"\n)'


def _shown(tree: dict[str, Any]) -> str:
    return " ".join(f"{name}[{_shown(inner)}]" if inner else name for name, inner in tree.items())


def _in_place(before: str, parser: str, found: dict[str, None]) -> str:
    known = declared(parser)
    if known == found.keys():
        return before
    text = declaration(found)
    if DECLARED.search(before):
        return DECLARED.sub(lambda _: text, before)
    head, rest = before.split("\ndef parse(", 1)
    return f"{head.rstrip()}\n\n{text}\n\n\ndef parse({rest}"


def main() -> None:
    """Write them."""
    catalogue = load_catalogue(FOLDER, shipped=True)
    for parser in sorted({each.parser for each in catalogue}):
        names = [each.id for each in catalogue if each.parser == parser]
        found = {path: None for name in names for each in readings().get(name, ()) for path in held(each)}
        path = _PARSERS / f"{parser}.py"
        before = path.read_text(encoding="utf-8")
        path.write_text(_in_place(before, parser, found), encoding="utf-8")


if __name__ == "__main__":
    main()
