"""What an error says to people: a next step on the page or the bench, never an address of the API."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from utils import errors
from utils.settings import PROJECT
from utils.web.problems import HTTP_HINTS

_FOR_SCRIPTS = re.compile(r"/api/|\b(GET|POST|PUT|DELETE) |\bBearer\b|\bopenapi\b|\?\w+=")


def _kinds(kind: type[errors.V3Error] = errors.V3Error) -> Iterator[type[errors.V3Error]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)


def _written() -> Iterator[tuple[str, str]]:
    """Every text that stands in the code as an error's sentence or hint, with its place."""
    kinds = {kind.__name__ for kind in _kinds()}
    for path in sorted((PROJECT / "utils").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in kinds:
                for given in [*node.args, *(word.value for word in node.keywords if word.arg == "hint")]:
                    texts = (part.value for part in ast.walk(given) if isinstance(part, ast.Constant))
                    yield f"{path.name}:{node.lineno}", " ".join(map(str, texts))


def test_no_sentence_for_people_names_an_address_of_the_api() -> None:
    said = [(kind.__name__, f"{kind.default_message} {kind.default_hint}") for kind in _kinds()]
    said += [(str(status), hint) for status, hint in HTTP_HINTS.items()]
    said += list(_written())
    assert len(said) > 150
    assert [place for place, text in said if _FOR_SCRIPTS.search(text)] == []


@pytest.mark.parametrize(
    "kind", [each for each in _kinds() if each.for_scripts], ids=lambda kind: kind.__name__
)
def test_a_hint_for_scripts_stands_beside_one_for_people(kind: type[errors.V3Error]) -> None:
    assert _FOR_SCRIPTS.search(kind.for_scripts)
    assert kind.default_hint
