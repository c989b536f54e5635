"""The dashboard at work: who is plugged in, run, cancel, check-up, filter, links, keyboard, saving."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import HOSTILE, PLANTED, SLOW, Site
from tests.waiting import wait_until
from utils.bench.result_text import result_text
from utils.model.words import VERDICTS

pytestmark = pytest.mark.browser


def test_the_header_says_who_is_plugged_in_and_a_diagnostic_is_run_read_and_cancelled(
    page: Page, site: Site
) -> None:
    the_header_says_who_is_plugged_in_and_how_and_stays_in_sight(page, site)
    it_tells_all(page)
    its_output_is_searched(page)
    a_running_one_shows_it_and_is_cancelled(page)


def the_header_says_who_is_plugged_in_and_how_and_stays_in_sight(page: Page, site: Site) -> None:
    header = page.locator("#ui-header")
    expect(header.locator('[data-slot="demo"]')).to_have_text("Demo device")
    expect(header.locator('[data-slot="model"]')).to_contain_text("Orin NX")
    expect(header.locator('[data-slot="serial"]')).to_have_text(re.compile(r"\d{6,}"))
    expect(header.locator('[data-slot="release"]')).to_have_text(re.compile(r"^L4T \d+\.\d+"))
    expect(header.locator('[data-slot="details"]')).to_contain_text("Round trip")
    short = header.locator('[data-slot="fingerprint"]')
    expect(short).to_have_attribute("title", re.compile(re.escape(site.device.fingerprint)))
    header.locator("summary").click()
    expect(header.locator(".link-popup")).to_contain_text(site.device.fingerprint)
    page.keyboard.press("Escape")
    expect(header.locator(".link-popup")).to_be_hidden()
    page.locator("footer").scroll_into_view_if_needed()
    expect(page.locator("#ui-header .link-word")).to_be_in_viewport()


def it_tells_all(page: Page) -> None:
    memory = page.locator("#memory")
    memory.get_by_role("button", name="Run Memory available").click()
    expect(memory.locator("summary .badge")).to_have_text("OK")
    expect(page.locator("#ui-announce")).to_have_text(re.compile("^Memory available: OK. .*are available"))
    expect(memory.locator('[data-slot="summary"]')).to_contain_text("are available")
    memory.locator("summary").click()
    body = memory.locator(".row-body")
    expect(body.locator(".limit", has_text="Limit: at least")).to_be_visible()
    expect(body.locator("table.values tr", has_text="Total").first).to_have_text("Total15.028\u00a0GB")
    expect(body.locator("pre.output").first).to_contain_text("MemTotal:")
    expect(body.locator("pre", has_text="cat /proc/meminfo")).to_be_visible()
    expect(body.locator(".fact-line")).to_contain_text("persistent link")
    expect(body.locator(".fact-line")).to_contain_text("Exit status0")


def its_output_is_searched(page: Page) -> None:
    body = page.locator("#memory .row-body")
    body.get_by_placeholder("Search in output").fill("memfree")
    expect(body.locator("pre mark")).to_have_text("MemFree")
    expect(body.locator(".matches")).to_have_text("1 of 1")


def a_running_one_shows_it_and_is_cancelled(page: Page) -> None:
    slow = page.locator(f"#{SLOW.id}")
    slow.get_by_role("button", name="Run Slow one").click()
    expect(slow.locator(".badge")).to_have_text("Running")
    expect(slow.locator('[data-slot="meta"]')).to_have_text(re.compile(r"^[1-9]\.\d s$"))
    slow.get_by_role("button", name="Cancel Slow one").click()
    expect(slow.locator("summary .badge")).to_have_text("Cancelled")
    expect(slow.locator('[data-slot="summary"]')).to_contain_text("Cancelled")
    expect(slow.get_by_role("button", name="Rerun Slow one")).to_be_enabled()


def test_a_checkup_lands_live_ends_worst_first_and_is_saved(page: Page, site: Site, tmp_path: Path) -> None:
    page.get_by_role("button", name="Run check-up").click()
    expect(page.locator("#ui-progress")).to_be_visible()
    expect(page.locator("#ui-progress")).to_be_hidden(timeout=30_000)
    the_worst_comes_first(page)
    what_has_one_cause_is_one_card_with_one_next_step(page)
    active_tests_stand_apart_and_had_no_part(page, site)
    what_a_device_prints_is_inert(page, site)
    the_page_is_saved_as_one_file_that_needs_nothing(page, tmp_path)


def the_worst_comes_first(page: Page) -> None:
    expect(page.locator("#ui-board h1")).to_have_text(re.compile(r"^\d+ faults? found$"))
    expect(page.locator(".board-counts")).to_have_text(
        re.compile(r"^\d+ faults?, .*\d+ OK.*, \d+ not applicable$")
    )
    verdicts = page.locator('#ui-findings [data-slot="list"] > .finding').evaluate_all(
        "items => items.map(item => item.dataset.verdict)"
    )
    assert "fail" in verdicts
    assert verdicts == sorted(verdicts, key=["fail", "warn"].index)
    expect(page).to_have_title(re.compile(r"^\d+ faults? found · "))
    headline_and_chips_count_alike(page)


def headline_and_chips_count_alike(page: Page) -> None:
    said = page.locator(".board-counts").inner_text()
    counted = {
        verdict.value: int(found[1])
        for verdict, words in VERDICTS.items()
        if (found := re.search(rf"(?:^|, )(\d+) (?:{words.one}|{words.many})(?: \(|,|$)", said))
    }
    assert sum(counted.values()) > 80
    chips = page.locator(".chip:visible:not([data-verdict=none])")
    as_chips = "all => all.map(({ dataset, lastChild }) => [dataset.verdict, Number(lastChild.textContent)])"
    assert wait_until(lambda: dict(chips.evaluate_all(as_chips)) == counted)  # chips follow a moment later


def what_has_one_cause_is_one_card_with_one_next_step(page: Page) -> None:
    card = page.locator("[data-diagnosis]").first
    expect(card.locator("> .step")).to_contain_text("Next step:")
    seen = card.locator("details")
    expect(seen.locator(".finding").first).to_be_hidden()
    seen.locator("> summary").click()
    expect(seen.locator(".finding").first).to_be_visible()
    assert seen.locator(".finding").count() > 1
    alone = page.locator("[data-slot=list] > .finding:not(.diagnosis) .finding-label").all_inner_texts()
    assert len(alone) == len(set(alone))


def active_tests_stand_apart_and_had_no_part(page: Page, site: Site) -> None:
    section = page.locator("#cat-active")
    expect(section.locator(".tag-active").first).to_be_visible()
    names = section.locator("[data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
    assert set(names) == {item.id for item in site.runner.catalogue if item.active}
    checkup = site.runner.newest_checkup()
    assert checkup is not None
    assert checkup.runs.keys().isdisjoint(names)


def what_a_device_prints_is_inert(page: Page, site: Site) -> None:
    site.runner.run(HOSTILE.id)
    page.goto(f"{site.url}#{HOSTILE.id}")
    hostile = page.locator(f"#{HOSTILE.id}")
    output = hostile.locator("pre.output")
    expect(output).to_contain_text("<script>window.pwned = 1</script>")
    shown = output.text_content() or ""
    assert "␛red␛ ␛ bell␇ back␈space ⟨U+202E⟩right to left" in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", hostile.text_content() or "")
    expect(hostile.locator(".values-parts").first).to_contain_text("<script>")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main script, main img").count() == 0


def the_page_is_saved_as_one_file_that_needs_nothing(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save", exact=True).click()
    file = tmp_path / "saved.html"
    download.value.save_as(file)
    assert download.value.suggested_filename.startswith("v3-checkup-")
    started = page.evaluate("import('/static/js/state.js').then(({ state }) => state.checkup.started_at)")
    assert re.sub("[T:]", "-", started[:16]) in download.value.suggested_filename
    each_page = r'@bottom-left { content: "v3-demo · [^"]*check-up of \d+ \w+ 20\d\d, '
    assert re.search(each_page, file.read_text("utf-8")), "on paper each page names board and date"
    asked: list[str] = []
    saved = page.context.new_page()
    saved.on("request", lambda request: asked.append(request.url))
    saved.goto(file.as_uri())
    assert asked == [file.as_uri()]
    expect(saved.locator("#ui-findings")).to_contain_text("supply was too low")
    expect(saved.locator("button, script, input")).to_have_count(0)
    assert "Connected" not in saved.locator("body").inner_text()  # a file is connected to nothing
    expect(saved.locator("#ui-saved")).to_have_text(re.compile(r"^Saved \d+ \w{3} 20\d\d, \d\d:\d\d:\d\d by"))
    saved.locator("#memory summary").first.click()
    expect(saved.locator("#memory pre.output").first).to_contain_text("MemTotal:")
    assert saved.evaluate("window.pwned") is None
    assert saved.locator(".board").evaluate("box => getComputedStyle(box).display") == "flex"


def test_a_fault_is_there_after_a_reload_leads_to_its_row_and_is_copied(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(site.url, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".link-word")).to_have_text("Connected")
    site.runner.run(PLANTED)
    page.reload()
    expect(page.locator(f"#{PLANTED} summary .badge")).to_have_text("Fault")
    expect(page.locator("#ui-findings")).to_contain_text("supply was too low")
    its_finding_leads_to_its_row(page)
    it_is_copied_as_text_and_as_json(page, site)


def its_finding_leads_to_its_row(page: Page) -> None:
    finding = page.locator("#ui-findings .finding:not(.diagnosis)", has_text="supply was too low").first
    expect(finding).to_be_attached()
    link = finding.locator(".finding-from a")

    def opened() -> bool:
        """It may be the evidence of a diagnosis, or become that now: other tests' results still come."""
        page.locator(".diagnosis-seen").evaluate_all("all => all.forEach((each) => { each.open = true; })")
        return link.is_visible()

    assert wait_until(opened, 30, every_s=0.1)
    link.click()
    expect(page.locator(f"#{PLANTED} details").first).to_have_attribute("open", "")
    expect(page.locator(f"#{PLANTED} summary").first).to_be_focused()
    expect(page.locator(f"#{PLANTED} summary").first).to_be_in_viewport()


def it_is_copied_as_text_and_as_json(page: Page, site: Site) -> None:
    body = page.locator(f"#{PLANTED} .row-body")
    body.get_by_role("button", name="Copy as text").click()
    expect(page.locator("#ui-announce")).to_have_text("Result copied.")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == result_text(site.runner.board.shown()[PLANTED])
    assert "Measure the supply" in text
    body.get_by_role("button", name="Copy as JSON").click()
    assert wait_until(lambda: page.evaluate("navigator.clipboard.readText()").startswith("{"))
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator(".notice")).to_have_count(0)  # it would lie over what was copied
    expect(body.get_by_role("button", name=re.compile("^Copy as"))).to_have_count(2)  # their words are back
    assert copied["diagnostic"] == PLANTED
    assert copied["verdict"] == "fail"


def test_one_click_leads_from_a_fault_to_its_line_and_to_the_charts_of_that_time(
    page: Page, site: Site
) -> None:
    site.runner.run("uptime")
    site.runner.run("kernel-log")
    page.goto(f"{site.url}#kernel-log")
    finding = page.locator("#kernel-log .finding", has_text="Over-current alarm")
    live = finding.get_by_role("link", name="Live at that moment")
    at = re.search(r"at=(\d{4}-\d\d-\d\dT[^&]+)", live.get_attribute("href") or "")
    finding.get_by_role("link", name="Logs at that moment").click()
    chosen = page.locator(".log-row[aria-selected=true]")
    expect(chosen).to_contain_text("soctherm: OC ALARM")
    expect(chosen).to_be_in_viewport()
    assert at
    site.app.extensions["v3"].bench.default.sampler.set_interval(0.2)
    page.goto(f"{site.url}live?at={at[1]}")
    expect(page.locator(".notice")).to_contain_text("No samples of")


def test_rows_are_filtered_by_chips_and_words_and_all_is_done_from_the_keyboard(
    page: Page, site: Site
) -> None:
    chips_and_words_filter(page, site)
    everything_is_done_from_the_keyboard(page)


def chips_and_words_filter(page: Page, site: Site) -> None:
    site.runner.run(PLANTED)
    page.locator('.chip[data-verdict="fail"]').click()
    expect(page.locator(f"#{PLANTED}")).to_be_visible()
    expect(page.locator('[data-row]:visible:not([data-verdict="fail"])')).to_have_count(0)
    page.locator('.chip[data-verdict="fail"]').click()
    page.locator("#ui-search").fill("memory AVAILABLE")
    expect(page.locator("#memory")).to_be_visible()
    expect(page.locator("#can-bus")).to_be_hidden()
    expect(page.locator("#cat-buses")).to_be_hidden()
    page.emulate_media(media="print")
    expect(
        page.get_by_text(re.compile(r"A filter is on: \d+ of \d+ diagnostics are printed"))
    ).to_be_visible()
    page.emulate_media(media="screen")
    page.locator("#ui-search").fill("nothing like this")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#memory")).to_be_visible()


def everything_is_done_from_the_keyboard(page: Page) -> None:
    expect(page.locator("#ui-search")).to_be_visible()  # hidden until results of before are there
    page.keyboard.press("/")
    expect(page.locator("#ui-search")).to_be_focused()
    page.keyboard.type("memory available")
    page.keyboard.press("Enter")
    expect(page.locator("#memory summary").first).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator("#memory summary .badge").first).to_have_text("OK")
    page.keyboard.press("Enter")
    expect(page.locator("#memory .row-body")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#memory .row-body")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    first = page.locator("[data-row]").first
    expect(first.locator("summary").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("[data-row]").nth(1).locator("summary").first).to_be_focused()
    page.keyboard.press("k")
    expect(first.locator("summary").first).to_be_focused()


def test_an_error_of_the_api_is_shown_with_its_hint(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(site.url, quiet=True)
    expect(page.locator(".link-word")).to_have_text("Connected")
    body = {"code": "busy", "detail": "Too much is running at the moment.", "hint": "Try it again."}
    page.route(
        "**/run?wait=0",
        lambda route: route.fulfill(
            status=503,
            json=body,
            content_type="application/problem+json",
            headers={"Retry-After": "2"},
        ),
    )
    page.get_by_role("button", name="Run Memory available").click()
    notice = page.locator(".notice")
    expect(notice).to_contain_text("Too much is running at the moment.")
    expect(notice).to_contain_text("Try it again. Try again in 2 s.")
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)
    many_notices_leave_most_of_a_phone_free(page)


def many_notices_leave_most_of_a_phone_free(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(
        """import("/static/js/notices.js").then(({ notify }) => {
            for (const at of [1, 2, 3, 4, 5]) notify("bad", `This is part ${at}.`, "Try it. ".repeat(12));
        })"""
    )
    expect(page.locator(".notice").first).to_contain_text("part 5")
    expect(page.locator(".notice").first).to_be_in_viewport(ratio=1)
    assert page.locator("#ui-notices").evaluate("box => box.offsetHeight") < 844 * 0.45


def test_without_scripts_the_page_shows_device_and_catalogue(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(site.url, java_script_enabled=False, quiet=True)  # it complains of what only scripts use
    expect(page.locator("noscript .banner")).to_be_visible()
    expect(page.locator('#ui-header [data-slot="demo"]')).to_be_visible()
    page.locator("#memory summary").click()
    expect(page.locator("#memory pre")).to_contain_text("/proc/meminfo")
