"""One list of words for verdicts (utils/model/words.py): page, command line, reports and README use it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from utils.bench.result_text import result_lines
from utils.model.results import Finding, Result, Verdict
from utils.model.words import VERDICTS
from utils.settings import PROJECT

OTHER = re.compile(
    r"\bundecided\b|\binconclusive\b|could not be judged|gave no answer|\b(?:\d+|are) fine\b|\bPassed[,:]|"
    r"\b(?:PASS|FAIL|UNKNOWN|SKIP)(?:ED)?\b|"
    # and what is no plain English for what the product says often
    r"\bour own (?:default|table|list)\b|\banew\b|at the most|Judged by:|\bas it stands\b|"
    r"[a-z]{3}\(s\)|\} C\b",
)
ROOMS = ("utils/web", "utils/cli", "utils/model", "utils/live", "utils/judging", "utils/bench", "utils/lab")


def _python(path: Path) -> Iterator[str]:
    """The texts of a file but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in lone
            and (" " in node.value or (node.value.isupper() and path.parent.name != "parsers"))
        ):
            yield node.value


def _script(path: Path) -> Iterator[str]:
    """The texts of a script."""
    yield from re.findall(r"\"[^\"\n]*\"|`[^`]*`", path.read_text(encoding="utf-8"))


def _shown() -> Iterator[tuple[str, str]]:
    """(file, text that somebody reads)."""
    for room in ROOMS:
        for path in (PROJECT / room).rglob("*.py"):
            if not path.name.startswith("_kernel"):  # a kernel's words
                yield from ((path.name, text) for text in _python(path))
    for path in (PROJECT / "static").rglob("*.js"):
        if "vendor" not in path.parts:
            yield from ((path.name, text) for text in _script(path))
    for path in (PROJECT / "templates").rglob("*.html"):
        yield path.name, re.sub(r"(?s)\{#.*?#\}|\{%.*?%\}|<[^>]*>", "", path.read_text(encoding="utf-8"))
    for path in (PROJECT / "utils/judging/catalogue").glob("*.toml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        yield path.name, "\n".join(line for line in lines if not line.startswith(("#", "command")))
    yield "README.md", (PROJECT / "README.md").read_text(encoding="utf-8")


def test_no_other_word_for_a_verdict_is_shown() -> None:
    assert {(name, found[0]) for name, text in _shown() for found in OTHER.finditer(text)} == set()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_command_line_says_the_words_of_the_page(verdict: Verdict) -> None:
    found = Result("memory", verdict, "It is so.", findings=(Finding("Other", verdict, "It is full."),))
    first, *rest = result_lines(found, full=True)
    assert first.startswith(f"{VERDICTS[verdict].word} ")
    assert rest[0].strip().startswith(f"{VERDICTS[verdict].one}: ")


def test_the_words_are_told_apart() -> None:
    assert len({words.word for words in VERDICTS.values()}) == len(Verdict)
