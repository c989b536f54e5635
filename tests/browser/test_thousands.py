"""A board that prints thousands of lines of one kind leaves the page light: the rest is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site

pytestmark = pytest.mark.browser
MOST_NODES = 12_000


def test_thousands_of_failed_units_are_counted_and_not_drawn(
    own_site: Callable[..., Site], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    site = own_site()
    lines = "\n".join(f"● unit-{n:04}.service loaded failed failed Unit {n}" for n in range(4000))
    output = f"  UNIT LOAD ACTIVE SUB DESCRIPTION\n{lines}\n"
    (tmp_path / "recording/failed-units.out").write_text(output, encoding="utf-8")
    page = open_page(site.url)
    site.runner.run("failed-units")
    findings = page.locator("#ui-findings")
    expect(findings.locator(".finding")).to_have_count(9)
    expect(findings.locator(".finding").last).to_contain_text("Failed units: 53 more")
    page.locator("#failed-units > details > summary").click()
    expect(page.locator("#failed-units")).to_contain_text("3940 more are not listed")
    expect(page.locator("#failed-units .row-body")).to_contain_text("3800 more are in the output")
    assert page.evaluate("document.querySelectorAll('*').length") < MOST_NODES
