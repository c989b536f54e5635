"""Values stand beside their labels; a log stays at its end through a reconnect, and says why it is empty."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site, violations
from tests.waiting import wait_until

# A value that lies outside its own scroll box, or a name without any value beside it.
NAMES = ".values-parts > .values-scroll th[scope=row]"
ASTRAY = """(row, names) => [...row.querySelectorAll(names)].filter((name) => {
  const box = name.closest('.values-scroll').getBoundingClientRect();
  const value = name.nextElementSibling?.getBoundingClientRect();
  return !value || value.width < 8 || value.left + 8 > box.right;
}).map((name) => name.textContent)"""


def test_each_value_is_in_sight_beside_its_name(site: Site, open_page: Callable[..., Page]) -> None:
    names = ("nvme-health", "can-bus", "tegrastats", "pcie-links")
    for name in names:
        site.runner.run(name)
    page = open_page(site.url, width=390)
    for width, name in itertools.product((390, 1350), names):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("(name) => { location.hash = name; }", name)
        row = page.locator(f"#{name}")
        expect(row.locator(".values-parts").first).to_be_visible()
        assert row.locator(".values-parts th[scope=row]").count() > 0, name
        assert row.evaluate(ASTRAY, NAMES) == [], (name, width)


def test_a_line_in_full_shows_nothing_but_the_line(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{site.url}logs")
    page.locator(".log-row").last.click()
    panel = page.locator("#ui-line")
    expect(panel.locator(".log-full")).to_be_visible()
    expect(panel).not_to_contain_text("null")
    page.get_by_role("searchbox", name="Show only lines with").fill("no such words in any line")
    expect(page.locator(".log-empty")).to_contain_text("fits what is typed above")
    expect(panel).to_be_hidden()
    assert violations(page) == ""
    page.get_by_role("button", name="Show all lines").click()
    expect(page.locator(".log-row").last).to_be_visible()


def test_a_log_at_its_end_follows_through_a_reconnect(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{site.url}logs", quiet=True)
    expect(page.locator("#ui-state")).to_contain_text("Following")
    site.device.stop()
    try:
        expect(page.locator("#ui-banner")).to_be_visible(timeout=20_000)
    finally:
        site.device.start()
    expect(page.locator("#ui-banner")).to_be_hidden(timeout=20_000)
    expect(page.locator("#ui-state")).to_contain_text("Following")
    end = "(list) => list.scrollHeight - list.clientHeight - list.scrollTop"
    page.wait_for_timeout(500)
    assert wait_until(lambda: page.locator("#ui-lines").evaluate(end) < 2), "as lines come it stays there"
    expect(page.locator("#ui-newest")).to_be_hidden()
