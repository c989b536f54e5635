"""The page Live in a real browser: it draws, zooms, marks, shows gaps, and hears what is wiggled."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import Looks, Site, fits, violations
from tests.waiting import wait_until
from utils.live.samples.history import SampleHistory
from utils.live.samples.hurry import FAST_S

pytestmark = pytest.mark.browser
NUMBER = re.compile(r"^[0-9.]+$")
VIEW = "import('/static/live/app.js').then(({ live }) => live.view.range())"
STORE = "import('/static/live/app.js').then(({ live }) => live.store)"


@pytest.fixture(autouse=True)
def _no_sag_but_a_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo device's supply sags by itself now and then, which would be counted too."""
    monkeypatch.setattr("utils.demo.live._SAG_EVERY_S", 1e9)


@pytest.fixture
def live(site: Site, open_page: Callable[..., Page]) -> Callable[..., Page]:
    site.app.extensions["v3"].bench.default.sampler.set_interval(0.5)

    def open_it(**more: Any) -> Page:
        page = open_page(f"{site.url}live", **more)
        expect(page.locator("[data-chart=cpu] .chart-now").first).to_have_text(NUMBER)
        return page

    return open_it


INKS = """shown => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [shown.width, shown.height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(shown, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const hues = new Set();
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue, opaque] = data.slice(at, at + 4);
        if (opaque < 250 || Math.max(red, green, blue) - Math.min(red, green, blue) < 60) continue;
        hues.add([red, green, blue].map((each) => Math.round(each / 64)).join());
    }
    return [...hues];
}"""
"""The colours of a chart that are no grey, roughly."""


def test_charts_are_drawn_for_everybody_and_every_line_is_in_a_smaller_legend(
    live: Callable[..., Page],
) -> None:
    page = live(width=1350)
    expect(page.locator("#ui-header [data-slot=demo]")).to_be_visible()
    legends_are_whole(page)
    page.locator("[data-chart=cpu] summary").click()
    expect(page.locator("[data-chart=cpu] tbody td").first).to_have_text(NUMBER)
    page.set_viewport_size({"width": 390, "height": 900})
    legends_are_whole(page)
    expect(page.locator(".chart canvas")).to_have_count(10)
    expect(page.locator("#ui-live-state")).to_contain_text("Sampling v3-demo")
    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) <= 4  # ten charts and one table
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("html")).to_have_css("color-scheme", "light")
    expect(page.locator("main .button:visible")).to_have_count(0)
    page.emulate_media(media="screen", color_scheme="light")
    page.locator("#ui-soak-open").click()
    page.locator("#ui-pause").click()
    looks: Looks = tuple(
        (width, theme, forced)
        for width, theme in ((390, "dark"), (1280, "light"))
        for forced in ("none", "active")
    )
    fits(page, looks)
    for look in looks:
        page.set_viewport_size({"width": look[0], "height": 900})
        page.emulate_media(color_scheme=look[1], forced_colors=look[2])  # type: ignore[arg-type]
        inks = page.locator("[data-chart=cpu] canvas").evaluate(INKS)
        assert len(inks) >= 3, look  # lines are told apart by their colours, forced or not


def legends_are_whole(page: Page) -> None:
    """Each is smaller than its chart, and names all lines."""
    height = "all => all.map(one => one.offsetHeight)"
    plots = page.locator(".chart-plot").evaluate_all(height)
    legends = page.locator(".chart-legend").evaluate_all(height)
    assert all(plot > legend for plot, legend in zip(plots, legends, strict=True))
    lines = page.evaluate(f"{STORE}.then((store) => store.about.charts.map((chart) => chart.series.length))")
    shown = page.locator(".chart-names").evaluate_all("all => all.map(one => one.children.length)")
    assert shown == lines
    box = page.locator("[data-chart=temperature] .chart-name").last.bounding_box()
    legend = page.locator("[data-chart=temperature]").bounding_box()
    assert box is not None
    assert legend is not None
    assert box["y"] + box["height"] <= legend["y"] + legend["height"]


def test_mouse_and_keyboard_zoom_and_move_all_charts(live: Callable[..., Page]) -> None:
    page = live()
    a_stretch_is_zoomed_and_double_click_follows_again(page)
    page.mouse.move(0, 0)
    the_keyboard_zooms_and_moves(page)


def a_stretch_is_zoomed_and_double_click_follows_again(page: Page) -> None:
    over = page.locator("[data-chart=cpu] .u-over")
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 50, steps=5)
    page.mouse.up()
    expect(page.locator("#ui-pause")).to_have_text("Go on")
    start, end = shown(page)
    assert 5 < end - start < 30
    over.dblclick()
    expect(page.locator("#ui-pause")).to_have_text("Pause")


def shown(page: Page) -> tuple[float, float]:
    """The stretch of time that all charts show, in seconds."""
    start, end = page.evaluate(VIEW)
    return start, end


def the_keyboard_zooms_and_moves(page: Page) -> None:
    assert wait_until(lambda: page.evaluate(f"{STORE}.then((store) => store.at.at(-1) - store.at[0] > 4)"))

    def press(name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_be_focused()

    press("Zoom in")
    expect(page.locator("#ui-window")).to_have_value("30")
    expect(page.locator("#ui-pause")).to_have_text("Pause")  # it still follows
    expect(page.get_by_role("button", name="Later", exact=True)).to_have_attribute("aria-disabled", "true")
    press("All that is kept")
    expect(page.locator("#ui-pause")).to_have_text("Go on")
    everything = shown(page)
    press("Zoom in")
    start, end = shown(page)
    assert end - start == pytest.approx((everything[1] - everything[0]) / 2, rel=0.01)
    expect(page.locator("#ui-window option:checked")).to_have_text(re.compile(r"^\d+(\.\d)? (s|min.*)$"))
    press("Earlier")
    assert shown(page)[0] == pytest.approx(max(everything[0], start - (end - start) / 2), abs=0.3)
    press("Later")
    press("Zoom out")
    assert shown(page)[1] - shown(page)[0] > (end - start) * 1.5
    moments = page.locator(".chart-when")
    expect(moments.first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(moments.nth(1)).to_have_text(moments.first.inner_text())
    assert violations(page) == ""
    page.locator("#ui-pause").press("Enter")
    expect(moments.first).to_have_text("Now")


def test_a_finger_zooms_beside_every_chart(live: Callable[..., Page]) -> None:
    page = live(width=390, height=844, has_touch=True, color_scheme="dark")
    page.locator(".chart").last.scroll_into_view_if_needed()
    whole, closer = (page.get_by_role("button", name=name) for name in ("All that is kept", "Zoom in"))
    assert wait_until(lambda: (whole.tap(), closer.get_attribute("aria-disabled"))[1] == "false")
    start, end = shown(page)
    closer.tap()
    assert shown(page)[1] - shown(page)[0] < end - start
    expect(page.locator("#ui-time")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#ui-pause").tap()
    expect(page.locator("#ui-pause")).to_have_text("Pause")


def test_a_marker_is_listed_and_a_csv_has_it(live: Callable[..., Page]) -> None:
    page = live()
    page.get_by_label("Note for a marker").fill("=moved the cable")
    page.get_by_role("button", name="Mark").click()
    expect(page.locator("#ui-markers li").first).to_contain_text("=moved the cable")
    for _ in range(10):  # it stands beside the sample that comes next
        page.wait_for_timeout(500)
        with page.expect_download() as got:
            page.locator("#ui-csv").click()
        rows = list(csv.reader(io.StringIO(Path(got.value.path()).read_text("utf-8-sig"))))
        assert rows[0][:2] == ["Time", "CPU load: All cores (%)"]
        if any(row[-1] == "'=moved the cable" for row in rows):
            break
    else:
        pytest.fail("the file does not have the marker")
    with page.expect_download() as picture:
        page.locator("[data-chart=power]").get_by_role("button", name="picture").click()
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_lost_link_is_a_gap_in_which_nothing_is_measured_and_the_charts_go_on(
    site: Site, live: Callable[..., Page]
) -> None:
    page = live()
    site.device.stop()
    try:
        expect(page.locator("#ui-live-state")).not_to_contain_text("Sampling")
        expect(page.locator("#ui-banner")).to_be_visible()  # it moves the buttons: a click meanwhile misses
        late: list[Route] = []
        page.route("**/live/wiggles/*", lambda route: late.append(route), times=1)
        with page.expect_request("**/live/wiggles/*"):
            page.get_by_role("button", name="Wiggle test").click()
        expect(page.locator("#ui-wiggle")).to_be_visible()
        page.keyboard.press("Escape")  # what was found is kept
        expect(page.locator(".wiggle-verdict")).to_have_text("Nothing was measured")
    finally:
        site.device.start()
    page.keyboard.press("Escape")
    expect(page.locator("#ui-wiggle")).to_be_hidden()
    with page.expect_response("**/live/wiggles/*"):
        late[0].continue_()  # what comes after the panel was closed does not open it again
    expect(page.locator("#ui-live-state")).to_contain_text("Sampling")
    gaps = page.evaluate(f"{STORE}.then((store) => store.gaps.map(({{ why }}) => why))")
    assert gaps[-1] == "The link was lost."
    page.reload()
    expect(page.locator("[data-chart=cpu] .chart-now").first).to_have_text(NUMBER)
    assert page.evaluate(f"{STORE}.then((store) => store.gaps.length)") == len(gaps)
    a_lost_link_is_red_and_what_nobody_sampled_is_not(page)


FILLED = """canvas => {
    const over = document.querySelector("[data-chart=cpu] .u-over").getBoundingClientRect();
    const box = canvas.getBoundingClientRect(), middle = over.left + over.width / 2 - box.left;
    const copy = new OffscreenCanvas(5, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 2 - Math.round(middle * canvas.width / box.width), 0);
    const { data } = copy.getImageData(0, 0, 5, canvas.height);
    let redder = 0;
    for (let at = 0; at < data.length; at += 4) redder += data[at + 3] > 250 && data[at] - data[at + 1] > 8;
    return redder > data.length / 8;
}"""
"""Whether most of a chart is reddish at the middle of its time."""
ZOOM = """import('/static/live/app.js').then(({ live: { store, view } }) => {
    const gap = store.gaps.at(-1), middle = (gap.at + store.endOf(gap)) / 2;
    view.zoom(middle - 5, middle + 5);
})"""
NOT_LOST = """import('/static/live/app.js').then(({ live: { store, view } }) => {
    store.gaps.at(-1).code = "unwatched";
    view.emit();
})"""


def a_lost_link_is_red_and_what_nobody_sampled_is_not(page: Page) -> None:
    """The newest gap is a lost link. Its reason shows under the pointer."""
    expect(page.locator(".gap-legend")).to_have_text(re.compile("Link lost.*Not sampled"))
    over, canvas = page.locator("[data-chart=cpu] .u-over"), page.locator("[data-chart=cpu] canvas")
    why = page.locator("[data-chart=cpu] .chart-gap")
    page.evaluate(ZOOM)
    over.hover()
    expect(why).to_have_text(re.compile(r"^Link lost .*: The link was lost\.$"))
    assert wait_until(lambda: canvas.evaluate(FILLED))
    page.evaluate(NOT_LOST)
    assert wait_until(lambda: not canvas.evaluate(FILLED))
    page.mouse.move(0, 0)
    over.hover()
    expect(why).to_have_text(re.compile("^Not sampled"))


def test_a_wiggle_test_shows_each_change_goes_on_through_a_reload_and_sums_up(
    site: Site, live: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = live()
    sampler = site.app.extensions["v3"].bench.default.sampler
    sampler.set_interval(2)
    page.get_by_role("button", name="Wiggle test").click()
    tile = page.locator(".wiggle-tile[data-key=oc1]")
    expect(tile).to_contain_text("0")
    assert violations(page, "dialog") == ""
    assert wait_until(lambda: sampler.described()["interval_s"] == FAST_S)
    site.device._commands._values._sags += 1
    expect(tile).to_contain_text("+1")
    expect(tile).to_have_attribute("data-tone", "bad")
    expect(tile).to_have_css("transition-duration", "0s")  # a fading light would leave dark words on red
    page.goto("about:blank")
    site.device._commands._values._sags += 2
    page.goto(f"{site.url}live")
    expect(tile).to_contain_text("+3")
    expect(tile).to_have_attribute("data-tone", "bad")
    expect(page.locator(".wiggle-mute")).to_be_visible()
    assert violations(page) == ""
    assert sampler.described()["interval_s"] == FAST_S
    monkeypatch.setattr(sampler, "_grace_s", 0.2)
    page.get_by_role("heading", name="Wiggle test").click()
    expect(page.locator(".wiggle-mute")).to_be_hidden()
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator(".wiggle-verdict")).to_have_text(re.compile("^[1-9] changes? detected"))
    expect(page.locator("#ui-wiggle-mark")).to_be_hidden()
    page.reload()
    report = page.locator("#ui-wiggle pre")
    expect(report).to_contain_text("OC1 under-voltage: +1")
    expect(report).to_contain_text("OC1 under-voltage: +2")
    expect(report).not_to_contain_text("Not watched")
    page.get_by_role("button", name="Close").last.click()
    assert wait_until(lambda: sampler.described()["interval_s"] == 2, timeout_s=20)
    page.reload()
    expect(page.locator("[data-chart=cpu] .chart-now").first).to_have_text(NUMBER)
    expect(page.locator("#ui-wiggle")).to_be_hidden()


def test_what_nobody_watched_is_said_and_a_closed_tab_leaves_the_interval_as_it_was(
    site: Site, live: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = site.app.extensions["v3"].bench.default.sampler
    monkeypatch.setattr(sampler, "_grace_s", 0.2)
    page = live()
    sampler.set_interval(2)
    page.get_by_role("button", name="Wiggle test").click()
    expect(page.locator(".wiggle-tile[data-key=oc1]")).to_contain_text("0")
    page.goto("about:blank")
    assert wait_until(lambda: sampler.described()["state"] == "off", timeout_s=20)
    page.goto(f"{site.url}live")
    expect(page.locator(".wiggle-events")).to_contain_text(re.compile(r"Not watched for \d+ s"))
    expect(page.locator(".wiggle-tile[data-key=link]")).to_contain_text("0")
    assert wait_until(lambda: sampler.described()["interval_s"] == FAST_S)
    page.close()
    assert wait_until(lambda: sampler.described()["interval_s"] == 2, timeout_s=20)


def test_samples_of_another_device_end_a_wiggle_test(site: Site, live: Callable[..., Page]) -> None:
    page = live()
    page.get_by_role("button", name="Wiggle test").click()
    expect(page.locator(".wiggle-tile[data-key=oc1]")).to_contain_text("0")
    sampler = site.app.extensions["v3"].bench.default.sampler
    sampler._history = SampleHistory()
    sampler._device = replace(sampler._device, serial="2")
    sampler._tell()
    expect(page.locator("#ui-wiggle pre")).to_contain_text("Wiggle test of v3-demo · 24012345")
    expect(page.locator("#ui-wiggle pre")).to_contain_text("Another device is here now")


def test_a_wiggle_test_that_the_program_no_longer_knows_was_cut_short(
    site: Site, live: Callable[..., Page]
) -> None:
    page = live(quiet=True)  # its console says 404
    page.get_by_role("button", name="Wiggle test").click()
    expect(page.locator(".wiggle-tile[data-key=oc1]")).to_contain_text("0")
    site.app.extensions["v3"].bench.default.wiggles._tests.clear()
    page.reload()
    expect(page.locator(".wiggle-verdict")).to_have_text("Cut short: the program was restarted")
    expect(page.locator("#ui-wiggle pre")).to_contain_text("Wiggle test of v3-demo")


def test_a_recording_is_started_stopped_and_judged(live: Callable[..., Page]) -> None:
    page = live()
    page.locator("#ui-soak-open").click()
    page.get_by_role("spinbutton", name="Minutes").fill("10")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("#ui-soak-running")).to_contain_text("Recording.")
    page.reload()
    expect(page.locator("#ui-soak-running")).to_contain_text("Recording.")
    page.wait_for_timeout(3000)  # the report has something to show
    page.get_by_role("button", name="Stop now").click()
    outcome = page.locator("#ui-soak-outcome")
    expect(outcome).to_contain_text("It was stopped before its end.")
    expect(outcome.locator("tbody tr").first).to_contain_text("Recorded")
    page.locator("#ui-pause").click()
    assert violations(page) == ""
    with page.expect_download() as got:
        page.get_by_text("Save the report").click()
    report = Path(got.value.path()).read_text("utf-8")
    assert "Soak report" in report
    assert "<script" not in report
    assert "http://" not in report.replace("http://www.w3.org", "")
    paper = page.context.new_page()
    paper.set_content(report)
    paper.emulate_media(media="print")
    for part, how in (("h2", "breakAfter"), ("svg", "breakInside"), (".picture", "breakInside")):
        kept = paper.locator(part).evaluate_all(f"all => all.map(one => getComputedStyle(one).{how})")
        assert set(kept) == {"avoid"}, part  # no heading stands alone at the end of a page
