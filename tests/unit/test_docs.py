"""The documents name tests, commands and pages that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/security.md", "docs/reliability.md", "docs/truth.md", "docs/operating.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_test_and_page_named_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|utils)/[\w/.]+)`", text))
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]
    pages = re.findall(r"\]\(([\w./-]+)\)", text)
    assert not [page for page in pages if not (ROOT / "docs" / page).is_file()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_make_target_and_option_of_pytest_named_exists(document: str) -> None:
    text, makefile = (ROOT / document).read_text(encoding="utf-8"), (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z]+)", text):
        assert re.search(rf"(?m)^{target}:", makefile), target
    for path, word in re.findall(r"`pytest -s ([\w/.]+) -k (\w+)`", text):
        assert f"{word}" in (ROOT / path).read_text()
