"""The page Logs in a real browser: follow, filter, search, pause, reconnect, many lines."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, fits
from utils.errors import DeviceChanged
from utils.live.logs.follow import Follow
from utils.live.logs.lines import LogLine

pytestmark = pytest.mark.browser
ROWS = ".log-row:not(.log-mark)"
STATE = "#ui-state [data-slot=text]"


def follow_of(site: Site, source: str, **facts: Any) -> Follow:
    """The follow that the page has open."""
    found = [
        each
        for each in site.app.extensions["v3"].bench.default.logs.all()
        if each.source.kind == source and all(getattr(each.source, k) == v for k, v in facts.items())
    ]
    return found[-1]


@pytest.fixture
def logs(site: Site, open_page: Callable[..., Page]) -> Page:
    """The kernel log, followed."""
    opened = open_page(f"{site.url}logs")
    expect(opened.locator(STATE)).to_contain_text("Following: Kernel log")
    expect(opened.locator(ROWS).first).to_be_visible()
    return opened


def test_known_messages_are_marked_and_say_what_they_mean(logs: Page) -> None:
    known = logs.locator("#ui-known")
    expect(known.locator("[data-slot=n]")).not_to_have_text("0")
    known.click()
    expect(logs.locator(f"{ROWS}:not([data-known])")).to_have_count(0)
    alarm = logs.locator(ROWS, has_text="soctherm: OC ALARM").last
    chosen = logs.locator("#ui-line")
    logs.locator(ROWS).first.click()
    expect(logs.locator("#ui-newest")).to_be_visible()
    newest, line = logs.locator("#ui-newest").bounding_box(), chosen.bounding_box()
    assert newest is not None
    assert line is not None
    assert 0 <= line["y"] - newest["y"] - newest["height"] < 40  # at the end of the lines, where it was
    alarm.click()
    expect(chosen).to_contain_text("Over-current alarm of the power controller")
    expect(chosen).to_contain_text("Measure the supply")


def test_filter_search_and_pause(logs: Page, site: Site) -> None:
    logs.locator("#ui-only").fill("/railgate|ELPG/")
    expect(logs.locator(ROWS, has_text="bwmgr")).to_have_count(0)
    expect(logs.locator(ROWS, has_text="railgate").first).to_be_visible()
    logs.locator("#ui-only").fill("/rail(/")
    expect(logs.locator("#ui-only")).to_have_attribute("aria-invalid", "")
    logs.locator("#ui-only").fill("")
    logs.keyboard.press("Escape")
    logs.locator("#ui-lines").focus()
    logs.keyboard.press("/")
    logs.keyboard.type("elpg")
    expect(logs.locator("#ui-hits")).to_have_text(re.compile(r"^\d+$"))
    logs.keyboard.press("Enter")
    expect(logs.locator("#ui-hits")).to_have_text(re.compile(r"^1 of \d+$"))
    expect(logs.locator(".log-row[aria-selected=true] mark").first).to_have_text("ELPG")
    logs.locator("#ui-pause").click()
    last = logs.locator(ROWS).last.text_content()
    follow_of(site, "kernel").lines.add([LogLine("while it was paused")])
    expect(logs.locator("#ui-pause")).to_contain_text(re.compile(r"Go on · [1-9]"))
    expect(logs.locator(ROWS, has_text="while it was paused")).to_have_count(0)
    assert logs.locator(ROWS).last.text_content() == last
    logs.locator("#ui-pause").click()
    expect(logs.locator(ROWS, has_text="while it was paused")).to_be_visible()
    logs.locator(ROWS).last.click()
    follow_of(site, "kernel").lines.add(LogLine(f"later {number}") for number in range(80))
    expect(logs.locator("#ui-newest")).to_contain_text(re.compile(r"\d\d new"))
    expect(logs.locator(".log-row[aria-selected=true]")).to_be_in_viewport()
    logs.keyboard.press("Escape")
    logs.locator("#ui-newest").click()
    logs.locator("#ui-more summary").click()
    logs.keyboard.press("Escape")
    expect(logs.locator("#ui-save")).to_be_hidden()
    logs.locator("#ui-more summary").click()
    with logs.expect_download() as download:
        logs.locator("#ui-save").click()
    saved = download.value.path().read_text(encoding="utf-8")
    assert saved.startswith("Kernel log of v3-demo")
    assert "soctherm: OC ALARM 0x00000001   [Over-current alarm of the power controller]" in saved
    assert "while it was paused" in saved


def test_a_lost_link_is_marked_and_the_log_goes_on_without_a_gap(logs: Page, site: Site) -> None:
    site.device.stop()
    try:
        expect(logs.locator(".log-mark").last).to_contain_text("The link to the device was lost.")
        expect(logs.locator(STATE)).to_contain_text("Waiting for the link")
    finally:
        site.device.start()
    back = logs.locator(".log-mark").last
    expect(back).to_contain_text("Nothing was lost.")
    expect(logs.locator(STATE)).to_contain_text("Following")
    kept = follow_of(site, "kernel").lines.after(0, limit=100_000, max_bytes=1 << 30)
    times = [line.time_ms for line in kept if line.time_ms and not line.mark]
    assert len(times) == len(set(times))
    assert times == sorted(times)


def test_another_device_and_a_restarted_program_are_said_and_nothing_is_mixed(
    site: Site, open_page: Callable[..., Page]
) -> None:
    logs = open_page(f"{site.url}logs", quiet=True)  # the browser complains of the stream that is cut
    expect(logs.locator(STATE)).to_contain_text("Following")
    known = site.app.extensions["v3"]
    first = follow_of(site, "kernel")
    del known.bench.default.logs._follows[first.id]  # what a restart of the program forgets
    for stream in list(known.streams._open.values()):
        stream.end()
    filtering = logs.locator("#ui-only")
    filtering.fill("no line says this")  # a mark is shown whatever is filtered; else it may be out of sight
    expect(logs.locator(".log-mark", has_text="The log begins again here")).to_have_count(1)
    filtering.fill("")
    expect(logs.locator(STATE)).to_contain_text("Following")
    second = follow_of(site, "kernel")
    assert second.id != first.id
    first.close()
    second.end(
        "device", "Another device is plugged in now. It was v3-demo.", retry=True, error=DeviceChanged()
    )
    expect(logs.locator(STATE)).to_contain_text("Another device is plugged in now.")
    logs.get_by_role("button", name="Follow this device's log").click()
    expect(logs.locator(STATE)).to_contain_text("Following")
    expect(logs.locator(".log-mark")).to_have_count(0)
    assert follow_of(site, "kernel").id != second.id
    missing = "/var/log/nothing.log"
    logs.goto(f"{site.url}logs?source=file&path={missing}")
    expect(logs.locator(STATE)).to_contain_text("There is no such file")
    del known.bench.default.logs._follows[follow_of(site, "file", path=missing).id]
    # the page's stream comes back though the log that it asked for has ended and nobody knows it any more
    with logs.expect_response(lambda answer: "/events?" in answer.url and answer.ok):
        for stream in list(known.streams._open.values()):
            stream.end()
    expect(logs.locator("#ui-stream")).to_be_hidden()
    expect(logs.locator(STATE)).to_contain_text("There is no such file")


def test_other_logs_the_boot_before_a_reload_and_a_file_that_is_not_there(logs: Page) -> None:
    logs.get_by_role("radio", name="Journal").check()
    expect(logs.locator(STATE)).to_contain_text("Following: Journal")
    logs.get_by_label("Service").fill("v3-capture.service")
    logs.get_by_label("Service").press("Enter")
    expect(logs.locator(STATE)).to_contain_text("Journal of v3-capture.service")
    expect(logs.locator(".log-unit").last).to_contain_text("v3-capture[")
    logs.get_by_label("Service").fill("none.service")
    logs.get_by_label("Service").press("Enter")
    expect(logs.get_by_text("No line of “none.service” has come yet.")).to_be_visible()
    logs.get_by_label("Service").fill("v3-capture.service")
    logs.get_by_label("Service").press("Enter")
    logs.get_by_label("Boot").select_option("-1")
    expect(logs.locator(STATE)).to_contain_text("1 before this boot")
    expect(logs.locator(".log-mark").last).to_have_text(
        re.compile("This is the end of the log of that boot.")
    )
    expect(logs.locator("#ui-state")).to_have_attribute("data-tone", "off")  # an end is no alarm
    logs.reload()
    expect(logs.locator(STATE)).to_contain_text("1 before this boot")
    expect(logs.locator(ROWS, has_text="camera 2")).to_be_visible()
    logs.get_by_role("radio", name="File").check()
    logs.get_by_role("combobox", name="File").fill("/var/log/nothing.log")
    logs.keyboard.press("Enter")
    expect(logs.locator(STATE)).to_contain_text("There is no such file on the device.")
    logs.get_by_role("combobox", name="File").fill("/var/log/syslog")
    logs.keyboard.press("Enter")
    expect(logs.locator(STATE)).to_contain_text("Following: /var/log/syslog")
    expect(logs.locator(ROWS).last).to_contain_text("v3-demo")
    logs.go_back()
    expect(logs.locator(STATE)).to_contain_text("There is no such file on the device.")


def test_a_hundred_thousand_lines_stay_windowed_and_hostile_text_stays_text(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{site.url}logs?source=journal&priority=5")
    expect(page.locator(STATE)).to_contain_text("Following")
    follow = follow_of(site, "journal", priority=5)
    for start in range(0, 100_000, 5000):
        follow.lines.add(LogLine(f"many {number}") for number in range(start, start + 5000))
        time.sleep(0.05)
    follow.lines.add([LogLine("<img src=x onerror=alert(1)> \x1b]0;evil\x07 end", priority=3)])
    hostile = page.locator(ROWS, has_text="<img src=x onerror=alert(1)> ␛ end")
    expect(hostile).to_be_visible(timeout=30_000)
    assert page.locator(".log-row").count() < 120
    page.locator("#ui-lines").evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
    expect(page.locator(ROWS, has_text=re.compile("many (49|50)[0-9]{3}")).first).to_be_visible()
    assert page.locator(".log-row").count() < 120
    middle = page.locator(ROWS).nth(20).text_content()
    follow.lines.add([LogLine("one more")])
    # the device says things of its own too
    expect(page.locator("#ui-newest")).to_contain_text(re.compile(r"\d new"))
    assert page.locator(ROWS).nth(20).text_content() == middle
    page.locator("#ui-newest").click()
    expect(page.locator(ROWS, has_text="one more")).to_be_visible()
    page.locator("#ui-more summary").click()
    page.locator("#ui-wrap").check()
    expect(page.locator(ROWS, has_text="one more")).to_be_visible()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(logs: Page) -> None:
    for width, theme in ((1280, "dark"), (390, "light")):
        logs.set_viewport_size({"width": width, "height": 844})
        a_row_is_as_tall_as_its_lines(logs)
        if width == 1280:
            logs.locator(ROWS).last.click()
            logs.locator("#ui-more summary").click()
        else:
            names = logs.locator(".log-field:visible > span")
            assert [name.inner_text() for name in names.all()] == ["Priority", "Boot"]
            assert all(name.bounding_box()["height"] > 10 for name in names.all())  # type: ignore[index]
        assert logs.locator("#ui-lines").evaluate("list => list.clientHeight") > 150
        fits(logs, ((width, theme, "none"), (675, theme, "active")))
    logs.emulate_media(forced_colors="active")
    ground = "all => all.map(one => getComputedStyle(one).backgroundColor)"
    chosen, *others = logs.locator(".log-kind span").evaluate_all(ground)
    assert chosen not in others  # the kernel log's button


def a_row_is_as_tall_as_its_lines(page: Page) -> None:
    uneven = page.locator(ROWS).evaluate_all(
        """rows => rows.filter(row => {
            const range = new Range();
            range.selectNodeContents(row.querySelector(".log-text"));
            const spare = row.offsetHeight - range.getBoundingClientRect().height;
            return spare < -1 || spare > 16;
        }).map(row => row.textContent)"""
    )
    assert uneven == []
