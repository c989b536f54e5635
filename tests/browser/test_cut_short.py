"""A check-up that was cut off says so everywhere, keeps what was before it, and offers the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site, violations

LINES = "title => Math.round(title.offsetHeight / parseFloat(getComputedStyle(title).lineHeight))"


def cut_off(site: Site, page: Page, *, after: int) -> None:
    """Stop the device as soon as `after` results are there."""
    count = 0

    def gone(*_: object) -> bool:
        nonlocal count
        count += 1
        return count == after

    page.get_by_role("button", name=re.compile("^Run check-up")).click()
    with site.runner.bus.subscribe() as events:
        while (event := events.get(10)) is not None:
            if event.kind == "run-finished" and gone():
                break
            if event.kind == "checkup-finished":
                raise AssertionError("it ended before it could be cut off")
        site.device.stop()


def test_an_interrupted_check_up_is_named_and_its_rest_is_run(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = own_site()
    page = open_page(site.url)
    expect(page.locator(".link-word")).to_have_text("Connected")
    cut_off(site, page, after=3)
    title = page.locator("#ui-board-title")
    expect(title).to_have_text(re.compile(r"^Interrupted: \d+ of \d+ checked.*\. \w"))
    expect(page).to_have_title(re.compile("^Interrupted"))
    expect(page.locator("#ui-board")).to_have_attribute("data-verdict", re.compile("^(unknown|fail)$"))
    rest = page.get_by_role("button", name=re.compile(r"^Run the other \d+$"))
    expect(rest).to_be_visible()
    assert title.evaluate(LINES) == 1, "the buttons leave no room for the headline"
    assert page.locator("[data-row][data-verdict=none]").count() > 50
    counted = re.search(r"(\d+) not checked", page.locator("#ui-board [data-slot=counts]").inner_text())
    assert counted
    expect(page.locator(".chip[data-verdict=unknown] [data-slot=n]")).to_have_text(counted[1])
    expect(page.locator("[data-row] .badge-word", has_text="Not checked")).to_have_count(int(counted[1]))
    page.reload()
    expect(title).to_have_text(re.compile("^Interrupted"))
    assert violations(page, "#ui-board") == ""
    site.device.start()
    expect(page.locator(".link-word")).to_have_text("Connected")
    rest.click()
    expect(title).to_have_text(re.compile(r"^\d+ faults? found$"))
    expect(rest).to_be_hidden()
