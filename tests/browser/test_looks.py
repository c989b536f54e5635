"""Fit for everybody and for every screen: accessibility in both themes, widths, weight, print."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.site import HOSTILE, PLANTED, Looks, Site, fits

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts]
MOST_BYTES = 80_000
LIE_OVER = """rows => rows.filter(row => {
    const word = row.querySelector(".badge-word");
    if (getComputedStyle(word).clipPath !== "none") return false;
    const range = new Range();
    range.selectNodeContents(row.querySelector(".row-title"));
    const [verdict, title] = [word.getBoundingClientRect(), range.getBoundingClientRect()];
    return title.width > 0 && verdict.left < title.right && title.left < verdict.right
        && verdict.top < title.bottom - 1 && title.top < verdict.bottom - 1;
}).map(row => row.id)"""
"""The rows in which the verdict's word lies over the title."""


TOO_LOW = """all => {
    const box = all[0].closest(".categories"), guessed = all.map(one => one.offsetHeight);
    box.classList.add("whole");
    const over = all.filter((one, at) => one.offsetHeight > guessed[at] + 8).map(one => one.id);
    box.classList.remove("whole");
    return over;
}"""
"""The categories whose height, which is guessed out of sight, would lay their rows over others."""


SIGNLESS = """() => [...document.querySelectorAll("summary")].filter(each => each.checkVisibility()
    && getComputedStyle(each).display !== "list-item" && !each.querySelector(".turn")
    && getComputedStyle(each, "::after").content === "none").map(each => each.outerHTML)"""
"""What opens something and has no sign of it."""


def test_axe_finds_nothing(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(site.url, width=1440)
    expect(page.locator(".link-word")).to_have_text("Connected")
    desk: Looks = ((1440, "light", "none"),)
    phone: Looks = ((390, "dark", "none"),)
    fits(page, (*desk, *phone))
    page.get_by_role("button", name="Run check-up").click()
    expect(page.locator("#ui-progress")).to_be_visible()
    expect(page.locator("#ui-progress")).to_be_hidden(timeout=30_000)
    page.locator("#memory summary").first.click()
    page.locator(f"#{PLANTED} summary").first.click()
    assert page.evaluate(SIGNLESS) == []
    page.locator("#ui-link-facts summary").click()
    page.locator("#ui-login-open").click()
    fits(page, (*phone, (675, "dark", "active"), *desk))
    page.emulate_media(forced_colors="active")
    expect(page.locator(".places [aria-current=page]")).to_have_css("outline-style", "solid")


def test_on_wide_screens_details_stand_beside_the_list_and_the_row_stays_where_it_was(
    site: Site, open_page: Callable[..., Page]
) -> None:
    for name in ("usb-speed", PLANTED, "memory", "sd-card"):  # of these, some have more lines than others
        site.runner.run(name)
    page = open_page(site.url, width=2560)
    expect(page.locator("#usb-speed .badge-word")).not_to_have_text("Not run")
    for width, before, beside in ((2560, 4, 3), (1920, 3, 2), (1350, 2, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(reduced_motion="no-preference" if width == 1920 else "reduce")
        details_stand_beside_the_list(page, width, before, beside)
    the_panel_is_used_from_the_keyboard(page)
    run_shows_where_the_mouse_is(page)
    printing_leaves_the_controls_out(page)
    touch = open_page(site.url, width=820, has_touch=True, is_mobile=True)
    expect(touch.locator("#memory > .row-run")).to_have_css("opacity", "1")


def details_stand_beside_the_list(page: Page, width: int, before: int, beside: int) -> None:
    expect(page.locator(".column")).to_have_count(before)
    page.locator("#can-bus").scroll_into_view_if_needed()
    top = "row => row.getBoundingClientRect().top"
    was = page.locator("#can-bus").evaluate(top)
    page.locator("#can-bus > details > summary").click()
    body = page.locator("#can-bus .row-body")
    expect(body.get_by_role("heading", name="CAN bus", exact=True)).to_be_in_viewport()
    expect(page.locator(".column")).to_have_count(beside)
    assert abs(page.locator("#can-bus").evaluate(top) - was) < 2
    for corner in ("left", "right"):  # the last row of its card, whose corners are round
        expect(page.locator("#can-bus > details > summary")).to_have_css(
            f"border-bottom-{corner}-radius", "10px"
        )
    list_end = max(
        page.locator(".category:visible").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().right)"
        )
    )
    box = body.bounding_box()
    assert box is not None
    assert list_end <= box["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#memory > details > summary").click()  # one at a time
    expect(body).to_be_hidden()
    expect(page.locator("#memory .row-body")).to_be_in_viewport()
    page.locator("#memory > details > summary").click()
    expect(page.locator(".row-body:visible")).to_have_count(0)


def the_panel_is_used_from_the_keyboard(page: Page) -> None:
    rows = page.locator("[data-row]")
    rows.nth(0).locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(rows.nth(0).locator(".row-body")).to_be_visible()
    for key, at in (("ArrowDown", 1), ("j", 2), ("ArrowUp", 1)):
        page.keyboard.press(key)
        expect(rows.nth(at).locator(".row-body")).to_be_in_viewport()
        expect(rows.nth(at).locator("summary").first).to_be_focused()
        expect(page.locator(".row-body:visible")).to_have_count(1)
    rows.nth(1).get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".row-body:visible")).to_have_count(0)
    expect(rows.nth(1).locator("summary").first).to_be_focused()


def run_shows_where_the_mouse_is(page: Page) -> None:
    page.mouse.move(0, 0)
    askew = page.locator("[data-row]:visible").evaluate_all(
        """rows => rows.filter(row => {
            const box = (part) => row.querySelector(part).getBoundingClientRect();
            const [run, word] = [box(".row-run"), box(".badge-word")];
            return Math.abs(run.top + run.bottom - word.top - word.bottom) > 4;
        }).map(row => row.id)"""
    )
    assert askew == []
    run = page.locator("#memory > .row-run")
    expect(run).to_have_css("opacity", "0")
    page.locator("#memory").hover()
    expect(run).to_have_css("opacity", "1")


def printing_leaves_the_controls_out(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator("#ui-findings")).to_be_visible()
    expect(page.locator("button:visible:not(.fingerprint)")).to_have_count(0)
    expect(page.locator("#ui-search")).to_be_hidden()
    expect(page.locator("#sd-card .badge-word")).to_have_text("Not applicable")
    for width in (1350, 688):  # the second is a sheet of A4
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator("[data-row]").evaluate_all(LIE_OVER) == [], f"{width} px: a verdict over a title"


def test_on_narrow_screens_all_is_in_reach_and_nothing_scrolls_sideways(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(site.url, width=390)
    expect(page.locator(".link-word")).to_have_text("Connected")
    filter_and_categories_stay_in_reach(page)
    a_strip_fades_where_there_is_more(page)
    page.set_viewport_size({"width": 1150, "height": 900})
    details_stand_below_their_row(page)
    an_open_row_grows_out_of_sight(site, page)
    page.set_viewport_size({"width": 360, "height": 900})
    for name in (PLANTED, "kernel-log", "tegrastats", HOSTILE.id):
        site.runner.run(name)
        page.locator(f"#{name} > details > summary").click()
    for name in (PLANTED, "memory", "kernel-log", "tegrastats", HOSTILE.id):
        expect(page.locator(f"#{name} pre.output").first).to_be_visible()
    page.locator("#ui-link-facts summary").click()
    buttons_are_large_enough_for_fingers(page)
    nothing_scrolls_sideways(page)


def filter_and_categories_stay_in_reach(page: Page) -> None:
    """The header of a phone is one line, too."""
    page.locator("footer").scroll_into_view_if_needed()
    expect(page.locator("#ui-search")).to_be_in_viewport(ratio=1)
    page.locator(".jump > summary").click()
    page.get_by_role("link", name="Memory", exact=True).click()
    expect(page.locator("#memory > details > summary")).to_be_in_viewport()
    expect(page.locator(".jump > ul")).to_be_hidden()
    assert page.locator("#ui-header").evaluate("bar => bar.offsetHeight") < 56


def a_strip_fades_where_there_is_more(page: Page) -> None:
    chips, masked = page.locator(".chips"), re.compile("^linear-gradient")
    page.set_viewport_size({"width": 300, "height": 900})  # without results there are few chips
    expect(chips).to_have_css("mask-image", masked)
    page.set_viewport_size({"width": 1350, "height": 900})
    expect(chips).to_have_css("mask-image", "none")


def details_stand_below_their_row(page: Page) -> None:
    for name in ("memory", "can-bus"):
        page.locator(f"#{name} > details > summary").click()
    row, body = page.locator("#memory").bounding_box(), page.locator("#memory .row-body").bounding_box()
    assert row is not None
    assert body is not None
    assert row["x"] <= body["x"] < row["x"] + row["width"]
    expect(page.locator("#can-bus .row-body")).to_be_visible()


def an_open_row_grows_out_of_sight(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1150, "height": 500})
    page.locator("#memory").scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # a height is remembered once it was drawn
    page.evaluate("scrollTo(0, 0)")
    site.runner.run("memory")
    expect(page.locator("#memory pre.output").first).to_be_attached()
    assert page.locator(".category:has(#memory)").evaluate_all(TOO_LOW) == []


def buttons_are_large_enough_for_fingers(page: Page) -> None:
    expect(page.locator(f"#{PLANTED} .result-tools")).to_be_visible()
    small = page.locator("button.button:visible, .chip:visible, summary:visible").evaluate_all(
        "all => all.map(one => [one.textContent.trim(), one.getBoundingClientRect().height])"
        ".filter(([, height]) => height > 0 && height < 39.5)"
    )
    assert small == []
    assert page.locator(".category").evaluate_all(TOO_LOW) == []


def nothing_scrolls_sideways(page: Page) -> None:
    for width in (360, 768, 3840):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cut = page.locator(".board, .finding, .column").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.outerHTML)"
        )
        assert cut == []  # they clip
        board = page.locator("#ui-board").bounding_box()
        counts = page.locator(".board-counts").bounding_box()
        assert board is not None
        assert counts is not None
        assert counts["width"] > min(board["width"] / 2, 350), "the verdict has room beside its buttons"


def test_the_page_is_light(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("about:blank")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(site.url)
    expect(page.locator(".link-word")).to_have_text("Connected")
    seen = 0
    while len(answers) > seen:  # until half a second brings nothing more
        seen = len(answers)
        page.wait_for_timeout(500)
    # what comes when the page has nothing else to do, and what is told while it is open, are no part of it
    first = [answer for answer in answers if answer.ok and not re.search("/api/|/later/", answer.url)]
    bodies = {answer.url: answer.body() for answer in first}
    assert len(bodies) > 20
    assert sum(len(gzip.compress(body)) for body in bodies.values()) < MOST_BYTES


def test_no_script_parses_html_and_no_page_has_inline_code() -> None:
    scripts = "\n".join(path.read_text() for path in SCRIPTS)
    assert len(SCRIPTS) > 50
    assert not re.search(r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(", scripts)
    for template in (ROOT / "templates").rglob("*.html"):
        if "http-equiv" in (whole := template.read_text()):  # a file of its own, with a policy of its own
            continue
        text = whole.replace("<style>{{ styles().text }}</style>", "")  # by its hash, as the next one
        text = text.replace("<script>{{ first_script().text }}</script>", "")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), template.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), template.name
