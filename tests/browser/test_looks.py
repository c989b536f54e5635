"""Fit for everybody and for every screen: accessibility in both themes, widths, weight, print."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.site import HOSTILE, PLANTED, Site, violations

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts]
MOST_BYTES = 80 * 1024


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(site: Site, open_page: Callable[..., Page], theme: str, width: int) -> None:
    page = open_page(site.url, width=width, color_scheme=theme)
    expect(page.locator(".link-word")).to_have_text("Connected")
    assert violations(page) == ""
    page.get_by_role("button", name="Run check-up").click()
    expect(page.locator("#ui-progress")).to_be_visible()
    expect(page.locator("#ui-progress")).to_be_hidden(timeout=30_000)
    page.locator("#memory summary").first.click()
    page.locator(f"#{PLANTED} summary").first.click()
    page.locator("#ui-link-facts summary").click()
    page.locator("#ui-login-open").click()
    assert violations(page) == ""


@pytest.mark.parametrize("width", [360, 768, 3840])
def test_nothing_scrolls_sideways(site: Site, open_page: Callable[..., Page], width: int) -> None:
    page = open_page(site.url, width=width)
    for name in (PLANTED, "memory", "kernel-log", "tegrastats", HOSTILE.id):
        site.runner.run(name)
        page.locator(f"#{name} > details > summary").click()
        expect(page.locator(f"#{name} pre.output").first).to_be_visible()
    page.locator("#ui-link-facts summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_buttons_are_large_enough_for_fingers(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(site.url, width=360)
    site.runner.run(PLANTED)
    page.goto(f"{site.url}#{PLANTED}")
    expect(page.locator(f"#{PLANTED} .result-tools")).to_be_visible()
    small = page.locator("button.button:visible, .chip:visible, summary:visible").evaluate_all(
        "all => all.map(one => [one.textContent.trim(), one.getBoundingClientRect().height])"
        ".filter(([, height]) => height < 39.5)"
    )
    assert small == []


def test_wide_screens_show_columns_and_an_opened_row_moves_nothing_aside(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(site.url, width=2560)
    expect(page.locator(".column")).to_have_count(4)
    place = "all => all.map(one => Math.round(one.getBoundingClientRect().left))"
    before = page.locator(".category").evaluate_all(place)
    page.locator("#memory > details > summary").click()
    assert page.locator(".category").evaluate_all(place) == before


def test_printing_leaves_the_controls_out(site: Site, open_page: Callable[..., Page]) -> None:
    site.runner.run(PLANTED)
    page = open_page(site.url)
    page.emulate_media(media="print")
    expect(page.locator("#ui-findings")).to_be_visible()
    expect(page.locator("button:visible:not(.fingerprint)")).to_have_count(0)
    expect(page.locator("#ui-search")).to_be_hidden()


def test_the_page_is_light(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("about:blank")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(site.url)
    expect(page.locator(".link-word")).to_have_text("Connected")
    bodies = {answer.url: answer.body() for answer in answers if answer.ok and "/api/" not in answer.url}
    assert len(bodies) > 20
    assert sum(len(gzip.compress(body)) for body in bodies.values()) < MOST_BYTES


def test_no_script_parses_html_and_no_page_has_inline_code() -> None:
    scripts = "\n".join(path.read_text() for path in SCRIPTS)
    assert len(SCRIPTS) > 50
    assert not re.search(r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(", scripts)
    for template in (ROOT / "templates").rglob("*.html"):
        if "http-equiv" in (whole := template.read_text()):  # a file of its own, with a policy of its own
            continue
        text = whole.replace("<style>{{ styles().text }}</style>", "")  # by its hash
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), template.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), template.name
