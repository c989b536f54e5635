"""Sentences that are too long to read at once. `python -m tests.prose FILE...` lists them.

Reads Markdown, and in Python files docstrings, comments and texts for people.
Code, a link's address and a number with its unit are one word.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST_WORDS = 20
MOST_WORDS_OF_A_LIST = 40
"""A sentence whose colon opens a list may be this long in all: beyond that it wants to be a list."""

_END = re.compile(r"(?<=[.!?])[\"'”)\]*]*\s+")
_ITEM = re.compile(r"[,;]\s|\s[·,]\s")
_UNIT = "s|ms|µs|min|h|KB|MB|GB|KiB|MiB|GiB|kB|px|°C|mV|V|A|W|Hz|kHz|MHz|GHz|dBm|%"
_MEASURE = re.compile(rf"(\d)\s+(?:{_UNIT})(?!\w)")
_CODE = re.compile(r"``.+?``|`[^`]+`", re.DOTALL)
_CODE_WORD = "code"


class Sentence(NamedTuple):
    line: int
    text: str

    @property
    def words(self) -> int:
        return sum(1 for word in _MEASURE.sub(r"\1", self.text).split() if re.search(r"\w", word))


def too_long(path: Path) -> list[Sentence]:
    """Each sentence of the file that has too many words."""
    read = markdown if path.suffix == ".md" else python
    blocks = read(path.read_text(encoding="utf-8"))
    return [sentence for line, text in blocks for sentence in _long(line, text)]


def _long(line: int, text: str) -> Iterator[Sentence]:
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        sentence = Sentence(line + text.count("\n", 0, start), " ".join(text[start:end].split()))
        if not _is_short(sentence):
            yield sentence
        start = end


def _is_short(sentence: Sentence) -> bool:
    """At most 20 words; or a colon with a list of three or more, whose items are short."""
    if sentence.words <= MOST_WORDS:
        return True
    lead, _, rest = sentence.text.partition(": ")
    items = _ITEM.split(rest)
    parts = [Sentence(sentence.line, part) for part in (lead, *items)]
    return (
        len(items) >= 3
        and sentence.words <= MOST_WORDS_OF_A_LIST
        and all(part.words <= MOST_WORDS for part in parts)
    )


def markdown(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each paragraph, list item, heading and table's cell; no code blocks, no pictures."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "inline" and token.map:
            yield token.map[0] + 1, "".join(_shown(child) for child in token.children or ())


def _shown(token: Token) -> str:
    match token.type:
        case "text":
            return token.content
        case "code_inline":
            return _CODE_WORD
        case "softbreak" | "hardbreak":
            return "\n"
    return ""


def python(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each docstring's paragraph, comment, and text for people."""
    tree = ast.parse(text)
    nodes = [node for node in ast.walk(tree) if isinstance(node, _DOCUMENTED) and ast.get_docstring(node)]
    docstrings = [_first(node) for node in nodes]
    for docstring in docstrings:
        yield from _paragraphs(docstring)
    yield from _comments(text)
    yield from _texts(tree, {id(docstring) for docstring in docstrings})


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _first(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Constant:
    statement = node.body[0]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    return statement.value


def _paragraphs(docstring: ast.Constant) -> Iterator[tuple[int, str]]:
    """Paragraphs and list items; what is indented is a drawing or code."""
    block: list[str] = []
    start = docstring.lineno
    lines = inspect.cleandoc(str(docstring.value)).split("\n")
    for line, shown in enumerate([*lines, ""], docstring.lineno):
        begins = shown.startswith(("- ", "* "))
        if block and (begins or not shown or shown.startswith("    ")):
            yield start, _CODE.sub(_CODE_WORD, "\n".join(block))
            block = []
        if shown and not shown.startswith("    "):
            start = start if block else line
            block.append(shown)


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Comments of whole lines that follow each other are one text."""
    block: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if block and line != last + 1:
            yield last - len(block) + 1, _CODE.sub(_CODE_WORD, "\n".join(block))
            block = []
        block.append(token.string.lstrip("#: "))
        last = line
    if block:
        yield last - len(block) + 1, _CODE.sub(_CODE_WORD, "\n".join(block))


_FOR_PEOPLE = re.compile(r"[A-Z{][^\n$|\\]*")


def _texts(tree: ast.AST, docstrings: set[int]) -> Iterator[tuple[int, str]]:
    """String literals that begin as a sentence does; a value that is filled in is one word."""
    templates = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    seen = docstrings | {id(part) for node in templates for part in node.values}
    for node in ast.walk(tree):
        text = "" if id(node) in seen else _literal(node)
        if isinstance(node, ast.expr) and _FOR_PEOPLE.fullmatch(text):
            yield node.lineno, text


def _literal(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_literal(part) or "X" for part in parts)
    return ""


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for found in too_long(Path(name)):
            print(f"{name}:{found.line}: {found.words} words: {found.text}")
