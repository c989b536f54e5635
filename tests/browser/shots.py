"""The pictures of README.md, taken of the demo device: `make pictures` writes them into docs/img/."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import site_and_browser

FOLDER = Path(__file__).parents[2] / "docs/img"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def _open(browser: Browser, url: str, size: dict[str, int], theme: str) -> Page:
    page = browser.new_context(viewport=size, color_scheme=theme).new_page()  # type: ignore[arg-type]
    page.goto(url)
    expect(page.get_by_text("Connected").first).to_be_visible()
    return page


def _terminal(browser: Browser, url: str) -> None:
    page = _open(browser, f"{url}terminal", DESK, "dark")
    page.get_by_role("button", name="Open a terminal").click()
    screen = page.locator(".xterm-rows")
    expect(screen).to_contain_text(":~$")
    for command in ("cat /etc/nv_tegra_release", "ls /home /etc", "uptime"):
        page.keyboard.type(f"{command}\n")
    expect(screen).to_contain_text("load average")
    page.get_by_role("button", name="Commands").click()
    page.get_by_role("dialog").get_by_role("combobox").fill("thermal")
    expect(page.get_by_role("option").first).to_be_visible()
    page.screenshot(path=FOLDER / "terminal.png")


def _live(page: Page) -> None:
    """A minute of charts with a marker, then the wiggle test after an event."""
    page.wait_for_timeout(40_000)
    page.get_by_label("Note for a marker").fill("moved the cable")
    page.get_by_role("button", name="Mark").click()
    page.wait_for_timeout(15_000)
    page.screenshot(path=FOLDER / "live.png")
    page.get_by_role("button", name="Wiggle test").click()
    page.locator(".wiggle-events li").first.wait_for(timeout=60_000)
    page.screenshot(path=FOLDER / "wiggle.png")


def _logs(page: Page) -> None:
    """The journal, with a known message chosen."""
    page.locator(".log-row[data-known][data-tone=bad]").last.click()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / "logs.png")


def main() -> int:
    with site_and_browser() as (site, browser):
        # first of all: the device's own lines would move the known one out of sight
        _logs(_open(browser, f"{site.url}logs?source=journal", DESK, "light"))
        page = _open(browser, site.url, DESK, "light")
        page.get_by_role("button", name="Run check-up").first.click()
        expect(page.get_by_role("button", name="Run check-up again")).to_be_visible(timeout=30_000)
        page.screenshot(path=FOLDER / "dashboard-light.png")
        _open(browser, site.url, DESK, "dark").screenshot(path=FOLDER / "dashboard-dark.png")
        _open(browser, site.url, PHONE, "light").screenshot(path=FOLDER / "phone.png")
        _terminal(browser, site.url)
        _open(browser, f"{site.url}#can-bus", DESK, "light").screenshot(path=FOLDER / "result.png")
        _live(_open(browser, f"{site.url}live", DESK, "light"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
