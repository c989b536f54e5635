"""What makes the page quick and calm: nothing jumps at loading, and every script is asked for at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.drawn import DETAILS, DRAWN
from tests.browser.site import HOSTILE, PLANTED, Site

pytestmark = pytest.mark.browser

SHIFTS = """new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 500);
})"""
UNUSED = """[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => link.href)
  .filter((href) => !performance.getEntriesByName(href).length)"""
ROWS_AT_ONCE = """() => {
  window.rowsAtOnce = [];
  new MutationObserver((changes) => {
    const nodes = changes.map(({ target }) => target).filter((target) => !target.closest(".row-meta"));
    const rows = nodes.map((node) => node.closest("[data-row]"));
    window.rowsAtOnce.push(new Set(rows.filter(Boolean)).size);
  }).observe(document.getElementById("ui-categories"), { attributes: true, childList: true, subtree: true });
}"""
"""How many rows are drawn in one go. That their seconds go on does not count."""
MOST_ROWS = 8
PUSHES = """async () => {
  const progress = document.getElementById("ui-progress");
  for (let turn = 0; turn < 20; turn += 1) {
    progress.hidden = !progress.hidden;
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  }
}"""
"""What stands above all rows comes and goes."""
CONTAIN = """(contain) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(contain ? "" : ".board, .finding, .column { contain: none }");
  window.sheets ??= [...document.adoptedStyleSheets];
  document.adoptedStyleSheets = [...window.sheets, sheet];
}"""
STATIC = Path(__file__).resolve().parents[2] / "static"


def test_a_page_opened_after_a_checkup_shows_its_results_without_a_jump(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.runner.start_checkup(who="test").done.wait(60)
    page = open_page(site.url)
    expect(page.locator("#ui-findings")).to_contain_text("over-current")
    expect(page.locator(f"#{PLANTED}")).to_have_attribute("data-verdict", "fail")
    expect(page.locator("#ui-save")).to_be_enabled()
    assert page.evaluate(SHIFTS) < 0.02
    came, drawn = page.evaluate(DRAWN)
    assert len(came) > 100
    assert [pair for pair in zip(came, drawn, strict=True) if pair[0] != pair[1]] == []


@pytest.mark.parametrize("width", [1350, 390])
def test_a_row_that_the_address_names_comes_with_its_details_and_in_its_place(
    site: Site, open_page: Callable[..., Page], width: int
) -> None:
    site.runner.run(PLANTED)
    plain = open_page(f"{site.url}?row={PLANTED}#{PLANTED}", width=width, java_script_enabled=False)
    expect(plain.locator(f"#{PLANTED} .row-body .finding").first).to_be_in_viewport()
    page = open_page(f"{site.url}#{PLANTED}", width=width)  # as people may have written it down
    expect(page).to_have_url(f"{site.url}?row={PLANTED}#{PLANTED}")
    expect(page.get_by_role("button", name="Run again")).to_be_enabled()
    assert page.evaluate(SHIFTS) < 0.02
    top = page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", PLANTED)
    bar = page.evaluate("document.getElementById('ui-filter').getBoundingClientRect().bottom")
    assert bar - 2 <= top <= bar + 80, (top, bar)


def test_the_details_of_each_row_come_as_the_scripts_would_build_them(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.runner.start_checkup(who="test").done.wait(60)
    site.runner.run(HOSTILE.id)
    page = open_page(site.url, width=390)
    expect(page.locator("#ui-save")).to_be_enabled()
    seen, apart = page.evaluate(DETAILS)
    assert seen > 100
    assert apart == []


def test_results_are_there_without_the_stream_and_though_the_program_answers_no_more(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.runner.run("memory")
    page = open_page("about:blank", quiet=True)
    page.route("**/api/v1/events", lambda route: route.abort())
    page.goto(site.url)
    expect(page.locator("#ui-save")).to_be_enabled()
    expect(page.locator("#memory .badge").first).not_to_have_text("Not run")
    page.route(re.compile("/api/v1/(events|state)"), lambda route: route.abort())
    page.reload()
    expect(page.locator("#ui-stream")).to_be_visible()
    expect(page.locator("#memory .badge").first).not_to_have_text("Not run")
    expect(page.locator("#ui-board-title")).not_to_have_text("No check-up yet")


def test_where_a_page_waits_for_its_scripts_all_are_asked_for_in_one_go(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{site.url}live")
    expect(page.locator(".link-word")).to_have_text("Connected")
    asked = page.evaluate(
        "[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => link.href.split('/').at(-1))"
    )
    needed = page.evaluate(
        "performance.getEntriesByType('resource').map((each) => each.name)"
        ".filter((name) => /static.(live|js).[^/]*js$/.test(name)).map((name) => name.split('/').at(-1))"
    )
    assert len(asked) > 20
    assert set(needed) <= set(asked)
    assert not page.evaluate(UNUSED)  # a browser complains of one that is not used


def test_a_link_leads_exactly_to_its_row_though_what_is_out_of_sight_is_not_laid_out(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(site.url, width=1350)
    ids = page.evaluate("[...document.querySelectorAll('[data-row]')].map((row) => row.dataset.row)")
    rows = (ids[len(ids) // 3], ids[2 * len(ids) // 3], ids[1])
    for width, row in itertools.product((1350, 390), rows):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("(id) => { location.hash = id; }", row)
        expect(page.locator(f"#{row} .row-body")).to_be_visible()
        page.wait_for_timeout(300)  # whatever may still move has moved
        top = page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", row)
        bar = page.evaluate("document.getElementById('ui-filter').getBoundingClientRect().bottom")
        assert bar - 2 <= top <= bar + 80, (width, row, top, bar)


def test_a_frame_draws_few_rows_while_results_stream_in(site: Site, page: Page) -> None:
    page.evaluate(ROWS_AT_ONCE)
    page.get_by_role("button", name="Run check-up").click()
    expect(page.locator("#ui-progress")).to_be_visible()
    expect(page.locator("#ui-progress")).to_be_hidden()
    expect(page.locator(f"#{PLANTED}")).to_have_attribute("data-verdict", "fail")
    drawn = page.evaluate("window.rowsAtOnce")
    assert sum(drawn) > 100
    assert max(drawn) <= MOST_ROWS


def test_what_pushes_cards_and_rows_down_costs_less_than_to_look_into_them(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.runner.start_checkup(who="test").done.wait(60)
    page = open_page(site.url, width=1350)
    expect(page.locator("#ui-save")).to_be_enabled()
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        told = browser.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in told if each["name"] == "TaskDuration"))

    seconds: dict[bool, list[float]] = {True: [], False: []}
    for contain in (True, False) * 4:
        page.evaluate(CONTAIN, contain)
        page.wait_for_timeout(100)
        before = worked()
        page.evaluate(PUSHES)
        seconds[contain].append(worked() - before)
    assert min(seconds[True]) < 0.8 * min(seconds[False]), seconds


def test_no_sheet_has_the_whole_page_searched_at_each_change() -> None:
    sheets = [path for path in STATIC.rglob("*.css") if "vendor" not in path.parts]
    assert sheets
    asking = [
        path.name for path in sheets if re.search(r"(html|body|:root)\S*:has\((?!>)", path.read_text("utf-8"))
    ]
    assert not asking, "say it by data-page, as templates/base.html has it"
