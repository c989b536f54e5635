"""What page, report and command line both say comes from the server: no script says it a second time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from utils.settings import PROJECT

FEWEST_WORDS = 3  # fewer are names of things ("Host key"), which may be the same
# The server tells these in words (LinkView): a script that reads the bare facts makes words of its own.
TOLD_IN_WORDS = (r"hostname \|\|", "round_trip_ms", "breaker_open", "reconnects", "server_version")
STRINGS = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')


def scripts() -> Iterator[Path]:
    return (each for each in (PROJECT / "static").rglob("*.js") if "vendor" not in each.parts)


def said_by_scripts() -> dict[str, str]:
    """Every sentence in the scripts, with the script that says it; what is filled in is "#"."""
    return {
        sentence: path.name
        for path in scripts()
        for found in STRINGS.finditer(path.read_text(encoding="utf-8"))
        if (sentence := bare(re.sub(r"\$\{[^}]*\}", "#", found[1] or found[2] or "")))
    }


def said_by_the_server() -> dict[str, str]:
    """Every sentence in the program, with the file that says it; docstrings are none."""
    return {
        sentence: path.name
        for path in (PROJECT / "utils").rglob("*.py")
        for text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if (sentence := bare(text))
    }


def texts(tree: ast.AST) -> Iterator[str]:
    nodes = list(ast.walk(tree))
    left_out = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    left_out |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "#" for part in node.values)


def bare(text: str) -> str:
    """The sentence as it is compared; "" where it is none."""
    words = " ".join(text.lower().split()).strip(" .,:;#")
    return words if len(re.findall(r"(?:^|\s)\W*[a-z]{2,}", words)) >= FEWEST_WORDS else ""


def test_no_script_says_what_the_server_says() -> None:
    server, page = said_by_the_server(), said_by_scripts()
    assert min(len(server), len(page)) > 50  # else the looking is broken
    assert {each: (server[each], page[each]) for each in server.keys() & page.keys()} == {}


def test_no_script_makes_words_of_what_is_told_in_words() -> None:
    reads = re.compile(rf"\b({'|'.join(TOLD_IN_WORDS)})(?!\w)")
    found = {
        path.name: seen for path in scripts() if (seen := reads.findall(path.read_text(encoding="utf-8")))
    }
    assert found == {}
