"""What changed since the board was last good: told on the page after a check-up, without a click."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import violations
from tests.web.program import Page as Program

pytestmark = pytest.mark.browser

SOME = ["memory", "disk-space", "uptime"]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, "--demo")
    yield made
    made.stop()


def checkup(program: Program) -> None:
    """A whole one, compared; again where the history was not told in time, as on a busy machine."""
    deadline = time.monotonic() + 60
    while True:
        begun = program.ask("POST", "/api/v1/checkups", {"diagnostics": SOME})[1]["checkup"]
        while (told := program.ask("GET", f"/api/v1/checkups/{begun}")[1])["state"] != "finished":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if told["not_kept"] is None:
            return


def test_the_page_says_what_changed_and_a_reload_says_it_again(
    program: Program, open_page: Callable[..., Page]
) -> None:
    checkup(program)
    page = open_page(f"http://127.0.0.1:{program.port}/", width=390)
    told = page.locator("#ui-since")
    checkup(program)
    expect(told).to_be_visible()
    expect(told).to_contain_text("Nothing changed.")
    page.reload()
    expect(told.locator("h2")).to_contain_text("Since ")
    for width in (390, 1350):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page, "#ui-since") == ""
