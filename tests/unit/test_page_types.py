"""The types of the page's parts and slots (tools/page/page.d.ts) against the templates."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from utils.settings import PROJECT

TAG = re.compile(r'<([a-z0-9]+)((?:[^<>"]|"[^"]*")*)>')
ELEMENTS = {
    "HTMLButtonElement": "button",
    "HTMLDetailsElement": "details",
    "HTMLDialogElement": "dialog",
    "HTMLFormElement": "form",
    "HTMLInputElement": "input",
    "HTMLProgressElement": "progress",
    "HTMLSelectElement": "select",
}


def declared(interface: str) -> dict[str, str]:
    """What the page's types say: the tag of each name."""
    text = (PROJECT / "tools/page/page.d.ts").read_text(encoding="utf-8")
    body = re.search(rf"interface {interface} {{(.*?)}}", text, re.DOTALL)
    assert body is not None
    found = re.findall(r'^ +"?([\w-]+)"?: (\w+);$', body[1], re.MULTILINE)
    return {name: ELEMENTS[element] for name, element in found}


def written(attribute: str) -> dict[str, set[str]]:
    """What templates and scripts make: the tags of each name."""
    found = defaultdict(set)
    for path in (PROJECT / "templates").rglob("*.html"):
        for tag, attributes in TAG.findall(path.read_text(encoding="utf-8")):
            for name in re.findall(rf'{attribute}="([\w-]+)"', attributes):
                found[name].add(tag)
    made = re.compile(rf'el\("([a-z]+)[\w.-]*", {{[^{{}}]*"{attribute}": "([\w-]+)"')
    for path in (PROJECT / "static").rglob("*.js"):
        if "vendor" not in path.parts:
            for tag, name in made.findall(path.read_text(encoding="utf-8")):
                found[name].add(tag)
    return found


@pytest.mark.parametrize(("interface", "attribute"), [("Parts", "data-part"), ("Slots", "data-slot")])
def test_a_part_is_the_element_that_its_type_says(interface: str, attribute: str) -> None:
    types, elements = declared(interface), written(attribute)
    assert len(types) > 5
    assert {name: elements.get(name) for name in types} == {name: {tag} for name, tag in types.items()}
