"""Sentences that are too long to read at once. `python -m tests.prose FILE...` lists them.

Reads Markdown; in Python files docstrings, comments and texts for people; in TOML files what the page shows.
Code, a link's address and a number with its unit are one word.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
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
_CODE = re.compile(r"``.+?``|`[^`]+`|\{[^{}]+\}", re.DOTALL)
_CODE_WORD = "code"


class Sentence(NamedTuple):
    line: int
    text: str

    @property
    def words(self) -> int:
        return sum(1 for word in _MEASURE.sub(r"\1", self.text).split() if re.search(r"\w", word))


def too_long(path: Path) -> list[Sentence]:
    """Each sentence of the file that has too many words."""
    blocks = READERS[path.suffix](path.read_text(encoding="utf-8"))
    return [sentence for line, text in blocks for sentence in _long(line, text)]


def _long(line: int, text: str) -> Iterator[Sentence]:
    if text.count(" ") + text.count("\n") < MOST_WORDS:
        return
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
    nodes = list(ast.walk(ast.parse(text)))
    docstrings = [_first(node) for node in nodes if isinstance(node, _DOCUMENTED) and ast.get_docstring(node)]
    for docstring in docstrings:
        yield from _paragraphs(docstring)
    yield from _comments(text)
    yield from _texts(nodes, {id(docstring) for docstring in docstrings})


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _first(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Constant:
    statement = node.body[0]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    return statement.value


def _paragraphs(docstring: ast.Constant) -> Iterator[tuple[int, str]]:
    """Paragraphs, list items, and each line by itself that is indented or has columns."""
    block: list[str] = []
    start = docstring.lineno
    lines = inspect.cleandoc(str(docstring.value)).split("\n")
    for line, shown in enumerate([*lines, ""], docstring.lineno):
        if block and (not shown or shown.startswith("- ") or _is_row(shown, block)):
            yield start, _CODE.sub(_CODE_WORD, "\n".join(block))
            block = []
        if shown:
            start = start if block else line
            block.append(shown)


def _is_row(shown: str, block: list[str]) -> bool:
    """A row stands alone, and so does what comes behind one; a list item goes on indented."""
    if block[0].startswith("- ") and shown.startswith("  "):
        return False
    return any(line.startswith(" ") or "  " in line for line in (shown, block[-1]))


_COMMENT = re.compile(r"^(?P<code>.*  |\s*)#[:!]? ?(?P<text>.*)$")


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Comments of whole lines that follow each other are one text; a list item stands alone."""
    block: list[str] = []
    start = 0
    for line, code in enumerate([*text.split("\n"), ""], 1):
        found = _COMMENT.match(code)
        whole = found is not None and not found["code"].strip()
        if block and not (found and whole and found["text"] and not found["text"].startswith("- ")):
            yield start, _CODE.sub(_CODE_WORD, "\n".join(block))
            block = []
        if found and whole:
            start = start if block else line
            block.append(found["text"])
        elif found:
            yield line, _CODE.sub(_CODE_WORD, found["text"])


_FOR_PEOPLE = re.compile(r"(?!.*\w\[\w)[^\n$|]*[.,;:][^\n$|]*")


def _texts(nodes: list[ast.AST], docstrings: set[int]) -> Iterator[tuple[int, str]]:
    """String literals that are no shell text, expression or list; a value that is filled in is one word."""
    seen = docstrings | {
        id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in nodes:
        text = "" if id(node) in seen else _literal(node)
        if isinstance(node, ast.expr) and text.count(" ") >= MOST_WORDS and _FOR_PEOPLE.fullmatch(text):
            yield node.lineno, text


def _literal(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_literal(part) or "X" for part in parts)
    return ""


_SHOWN = re.compile(
    r"""\b(?:title|label|summary|\w*reason|why|means|next_step) = (?:"((?:[^"\\]|\\.)*)"|'([^']*)')"""
)


def toml(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each value that a person reads; a value that is filled in is one word."""
    for found in _SHOWN.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, re.sub(r"\{[^{}]*\}", "X", found[1] or found[2] or "")


READERS = {".md": markdown, ".py": python, ".toml": toml}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for found in too_long(Path(name)):
            print(f"{name}:{found.line}: {found.words} words: {found.text}")
