"""The scripts of a page work on the element and the state that they are given."""

import re

import pytest

from utils.settings import PROJECT

PAGES = ["boards", "live", "logs", "terminal"]
WHOLE_DOCUMENT = re.compile(r"""\bbyId\b|\bgetElementById\b|querySelector(?:All)?\(\s*["'`]#""")
OF_THE_MODULE = re.compile(r"^(?:export )?let \w+", re.MULTILINE)
# file: why all boards of a page share its variable
PAGE_WIDE = {"live/beep.js": "A browser has one loudspeaker, and a click opens it for the whole page."}


def scripts(page: str) -> dict[str, str]:
    """Return the page's scripts, text by name."""
    found = (PROJECT / "static" / page).glob("*.js")
    return {f"{page}/{each.name}": each.read_text(encoding="utf-8") for each in found}


@pytest.mark.parametrize("page", PAGES)
def test_no_script_looks_up_a_fixed_element(page: str) -> None:
    """A second board on the page has the same parts: an id would find those of the first."""
    texts = scripts(page)
    assert texts
    assert {name: found for name, text in texts.items() if (found := WHOLE_DOCUMENT.findall(text))} == {}


@pytest.mark.parametrize("page", PAGES)
def test_no_module_keeps_what_changes(page: str) -> None:
    """What changes belongs to one board, or the table above says why all share it."""
    texts = scripts(page)
    assert texts
    found = {
        name: kept
        for name, text in texts.items()
        if (kept := OF_THE_MODULE.findall(text)) and name not in PAGE_WIDE
    }
    assert found == {}
