"""Every page and state at four sizes in both themes: `make shots` puts them into shots/index.html.

`python -m tests.browser.sheet dashboard live` takes these states alone. Each state has a picture of its own
with its eight pictures side by side (shots/<state>.png); nothing here judges: somebody looks.
"""

from __future__ import annotations

import contextlib
import html
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.site import PLANTED, SLOW, Site, start_site

INTO = Path(__file__).parents[2] / "shots"
SIZES = {390: 844, 768: 1024, 1350: 900, 1920: 1080}
THEMES = ("light", "dark")
SETTLED_S = 5.0
"""Charts want some samples."""


@dataclass(frozen=True)
class State:
    """path: of the page. show: what is done there. before: once, before any page is opened. settings: of
    its site. connected: whether the link stands."""

    path: str = ""
    show: Callable[[Page], object] = lambda page: None
    before: Callable[[Site], object] = lambda site: None
    settings: tuple[tuple[str, Any], ...] = ()
    connected: bool = True


def _checkup(site: Site) -> None:
    site.runner.start_checkup(who="shots").done.wait(60)


def _click(*selectors: str) -> Callable[[Page], None]:
    return lambda page: [page.locator(each).first.click() for each in selectors] and None


def _typed(selector: str, text: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).fill(text)


def _running(page: Page) -> None:
    if page.locator(f"#{SLOW.id}").get_attribute("data-state") != "running":  # the page before began it
        page.locator(f"#{SLOW.id} > .row-run").click()
    page.locator(f"#{SLOW.id}").scroll_into_view_if_needed()
    expect(page.locator(f"#{SLOW.id} .badge")).to_have_text("Running")


def _charts(page: Page) -> None:
    expect(page.locator(".chart").first).to_be_visible()
    page.wait_for_timeout(SETTLED_S * 1000)


def _second_chart(page: Page) -> None:
    _charts(page)
    page.locator(".chart").nth(1).evaluate("box => box.scrollIntoView()")


def _wiggle(page: Page) -> None:
    _charts(page)
    page.locator("#ui-wiggle-open").click()
    expect(page.locator(".wiggle-tile").first).to_be_visible()


def _known_line(page: Page) -> None:
    line: Locator = page.locator(".log-row[data-known]").last
    line.click()


def _terminal(page: Page) -> None:
    opener, screen = page.get_by_role("button", name="Open a terminal"), page.locator(".xterm-rows")
    expect(opener.or_(screen).first).to_be_visible()
    if not screen.count():
        opener.click()
    expect(page.locator(".xterm-rows").first).to_contain_text("$")


def _commands(page: Page) -> None:
    _terminal(page)
    page.get_by_role("button", name="Commands").click()
    page.get_by_role("dialog").get_by_role("combobox").fill("thermal")


ASK = (("ssh_host_keys", "ask"),)
STATES = {
    "first-sight": State(),
    "results": State(before=_checkup),
    "list": State(show=lambda page: page.locator("#ui-filter").evaluate("box => box.scrollIntoView()")),
    "row": State(path="#can-bus"),
    "row-fault": State(path=f"#{PLANTED}"),
    "row-tables": State(path="#tegrastats"),
    "filter": State(show=_typed("#ui-search", "usb")),
    "no-hit": State(show=_typed("#ui-search", "nothing like this")),
    "running": State(show=_running),
    "link": State(show=_click("#ui-link-facts > summary")),
    "login": State(show=_click("#ui-link-facts > summary", "#ui-login-open")),
    "ladder": State(show=_click("#ui-link-facts > summary", "#ui-reset")),
    "report": State(path="report"),
    "boards": State(path="boards"),
    "live": State(path="live", show=_charts),
    "live-charts": State(path="live", show=_second_chart),
    "recorder": State(path="live", show=_click("#ui-soak-open")),
    "wiggle": State(path="live", show=_wiggle),
    "logs": State(path="logs?source=journal", show=_known_line),
    "logs-none": State(path="logs?source=journal", show=_typed("#ui-only", "nothing like this")),
    "terminal": State(path="terminal", show=_terminal),
    "commands": State(path="terminal", show=_commands),
    "no-page": State(path="nowhere", connected=False),
    "new-board": State(settings=ASK, connected=False, show=_click("#ui-checkup")),
    "no-board": State(
        settings=(("ssh_port", 1),), connected=False, show=_click("#ui-checkup")
    ),
    "password": State(path="login", settings=(("v3_password", "correct horse"),), connected=False),
}  # fmt: skip


def _shoot(browser: Browser, url: str, name: str, state: State) -> Iterator[tuple[int, str, Path]]:
    """The state on a phone with its touch screen, then on the other sizes; a page for each device."""
    for widths in ([390], [width for width in SIZES if width != 390]):
        phone = widths == [390]
        context = browser.new_context(
            viewport={"width": widths[0], "height": SIZES[widths[0]]},
            is_mobile=phone,
            has_touch=phone,
            reduced_motion="reduce",  # nothing is half faded when the theme changes
        )
        page = context.new_page()
        page.goto(url + state.path)
        try:
            if state.connected:
                expect(page.locator(".link-word")).to_have_text("Connected")
            state.show(page)
        except Exception as error:  # the picture of what is there is wanted all the more
            print(f"{name}, {widths}: {str(error).splitlines()[0]}")
        for width in widths:
            page.set_viewport_size({"width": width, "height": SIZES[width]})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                page.wait_for_timeout(400)
                file = INTO / f"{name}-{width}-{theme}.png"
                page.screenshot(path=file)
                yield width, theme, file
        context.close()


def _sheet(browser: Browser, name: str, files: Sequence[tuple[int, str, Path]]) -> None:
    """One picture of a state's eight."""
    shown = "".join(f"<img src='{file.name}' height='620'>" for _, _, file in files)
    page = browser.new_page(viewport={"width": 2400, "height": 1290})
    (sheet := INTO / f"{name}.html").write_text(
        f"<body style='margin:4px;background:#888;display:flex;flex-wrap:wrap;gap:4px'>{shown}"
    )
    page.goto(sheet.as_uri())
    page.wait_for_function("[...document.images].every(image => image.complete)")
    page.screenshot(path=INTO / f"{name}.png", full_page=True)
    page.close()
    sheet.unlink()


def _index(names: Sequence[str]) -> None:
    parts = [f"<h2>{html.escape(name)}</h2><img src='{name}.png' width='100%'>" for name in names]
    (INTO / "index.html").write_text(
        f"<!doctype html><title>V3 Diagnostics, all pages</title>{''.join(parts)}"
    )


@contextlib.contextmanager
def _site(settings: tuple[tuple[str, Any], ...]) -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        site = start_site(Path(folder), **dict(settings))
        try:
            yield site
        finally:
            site.close()


def main(names: Sequence[str]) -> int:
    """names: the states that are wanted; none means all."""
    INTO.mkdir(exist_ok=True)
    wanted = {name: state for name, state in STATES.items() if not names or name in names}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for settings in dict.fromkeys(state.settings for state in wanted.values()):
            with _site(settings) as site:
                if names and not settings:
                    _checkup(site)
                for name, state in wanted.items():
                    if state.settings != settings:
                        continue
                    state.before(site)
                    _sheet(browser, name, list(_shoot(browser, site.url, name, state)))
        browser.close()
    _index([name for name in STATES if (INTO / f"{name}.png").exists()])
    print(INTO / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
