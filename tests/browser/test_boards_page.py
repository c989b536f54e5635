"""The pages of boards in a real browser: search, time line, golden, comparison; axe in both themes."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.drawn import DETAILS, DRAWN
from tests.browser.site import fits
from tests.web.program import Page as Program

pytestmark = pytest.mark.browser
SOME = ["memory", "disk-space", "uptime", "boot-time", "over-current", "temperatures"]
A4_MM = (180, 259)
"""What a sheet has within the margins of a report."""
PX_OF_MM = 96 / 25.4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boards")


@pytest.fixture(scope="module")
def program(folder: Path) -> Iterator[Program]:
    made = Program(folder, "--demo")
    for _ in range(3):
        check(made, diagnostics=SOME)
    yield made
    made.stop()


def check(program: Program, **asked: object) -> None:
    begun = program.ask("POST", "/api/v1/checkups", asked)[1]["checkup"]
    deadline = time.monotonic() + 60
    while program.ask("GET", f"/api/v1/checkups/{begun}")[1]["state"] != "finished":
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def later(program: Program, folder: Path) -> Iterator[Program]:
    """Another program on the same history, as one after a restart."""
    made = Program(folder, "--demo")
    yield made
    made.process.send_signal(signal.SIGCONT)
    made.stop()


def test_a_board_is_found_and_its_checkups_are_compared_with_the_golden_one(
    program: Program, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"http://127.0.0.1:{program.port}/", width=1350)
    page.get_by_role("link", name="Boards").click()
    items = page.locator(".boards-item")
    expect(items).to_have_count(1)
    page.get_by_role("searchbox").fill("nobody")
    expect(items).to_be_hidden()
    expect(page.get_by_text("No board has these words")).to_be_visible()
    page.get_by_role("searchbox").fill("V3-DEMO 2345")
    expect(page.get_by_role("status").filter(has_text="1 of 1 board")).to_be_visible()
    page.get_by_role("link", name="v3-demo").click()
    bars = page.locator(".boards-line a")
    expect(bars).to_have_count(3)
    bars.first.click()
    expect(bars.first).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Mark as golden").click()
    expect(page.get_by_role("button", name="Golden no longer")).to_be_visible()
    bars.last.click()
    page.get_by_role("link", name="All results").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 fault in the 6 checks that ran")
    expect(page.locator(".banner:visible")).to_contain_text("as it was kept. Nothing can be run here.")
    came, drawn = page.evaluate(DRAWN)
    assert [pair for pair in zip(came, drawn, strict=True) if pair[0] != pair[1]] == []
    seen, apart = page.evaluate(DETAILS)
    assert seen > 100
    assert apart == []
    page.locator("#over-current summary").click()
    expect(page.locator("#over-current .output").first).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(len(SOME))
    expect(page.get_by_role("button", name="Run")).to_have_count(0)
    expect(page.get_by_role("link", name="Plugged in")).to_have_attribute("href", "/")
    page.go_back()
    page.get_by_label("Compare with").select_option("golden")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("the golden one.")).to_be_visible()
    expect(page.get_by_text("Nothing changed.")).to_be_visible()
    page.locator(".boards-chart summary").first.click()
    expect(page.locator(".boards-chart table").first.get_by_role("row")).to_have_count(4)


def test_a_work_order_with_a_note_and_a_photo_is_handed_over(
    program: Program, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    device = program.ask("GET", "/api/v1/devices")[1]["devices"][0]["device_id"]
    page = open_page(f"http://127.0.0.1:{program.port}/boards/{device}", width=390)
    page.get_by_label("Number").fill("WO-4711")
    page.get_by_label("Technician").fill("R. Moser")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("Work order WO-4711", exact=True)).to_be_visible()
    picture = page.screenshot(type="jpeg", clip={"x": 0, "y": 0, "width": 40, "height": 30})
    page.get_by_label("Note", exact=True).fill("Fan cable was loose.")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture}
    )
    page.get_by_role("button", name="Keep").click()
    shown = page.get_by_role("img", name="Photo: Fan cable was loose.")
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("naturalWidth", 40)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Close")).to_have_count(0)
    with page.expect_download() as download:
        page.locator(".boards-cases").get_by_role("link", name="Report").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "v3-case-WO-4711.html"
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name="Work order WO-4711")).to_be_visible()
    expect(page.get_by_role("img", name="Photo: Fan cable was loose.")).to_have_js_property(
        "naturalWidth", 40
    )


def test_every_page_is_accessible_and_fits(program: Program, open_page: Callable[..., Page]) -> None:
    device = program.ask("GET", "/api/v1/devices")[1]["devices"][0]["device_id"]
    page = open_page("about:blank")
    for path in ("boards", "report", "terminal", f"boards/{device}"):
        page.goto(f"http://127.0.0.1:{program.port}/{path}")
        fits(page)
    page.get_by_label("Compare with").select_option(index=1)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Nothing changed.")).to_be_visible()
    fits(page)
    fits(open_page(f"http://127.0.0.1:{program.port}/nowhere", quiet=True))  # 404 is a complaint


def test_a_program_that_has_checked_nothing_names_the_last_check_up_and_says_when_it_stands_still(
    later: Program, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"http://127.0.0.1:{later.port}/")
    last = page.locator("[data-part=last]")
    for _ in range(2):  # by the scripts, as the board is known; then with the page
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Last check-up: 1 fault in the 6 checks that ran"
        )
        expect(last).to_have_text(re.compile(r"^Check-up of \d+ \w+ \d{4}, [\d:]+: 1 fault, .*\d OK.*\.$"))
        page.reload()
    assert page.locator("#ui-board").get_attribute("data-verdict") == "none"
    page.goto(f"http://127.0.0.1:{later.port}/terminal")
    page.get_by_role("button", name="Open a terminal").click()
    expect(page.locator(".term-screen:visible .xterm-rows")).to_contain_text("ubuntu@v3-demo:~$")
    state = page.locator("strong[data-slot=state]")
    later.process.send_signal(signal.SIGSTOP)
    page.keyboard.type("echo la")
    expect(state).to_have_text("No answer: keys wait")
    later.process.send_signal(signal.SIGCONT)
    expect(state).to_have_text("Open")


def test_a_work_order_with_long_notes_keeps_its_signature_on_the_first_sheet(
    program: Program, open_page: Callable[..., Page]
) -> None:
    here = f"/api/v1/devices/{program.ask('GET', '/api/v1/devices')[1]['devices'][0]['device_id']}"
    case = program.ask("POST", f"{here}/cases", {"work_order": "WO-12 " * 8, "technician": "R. Moser"})[1][
        "id"
    ]
    for _ in range(3):
        program.ask("POST", f"{here}/notes", {"text": "It was loose.\n" * 9, "case": case})
    check(program)
    program.ask("POST", f"/api/v1/cases/{case}/close", {})
    page = open_page("about:blank", width=round(A4_MM[0] * PX_OF_MM))
    page.set_content(page.request.get(f"http://127.0.0.1:{program.port}/api/v1/cases/{case}/report").text())
    page.emulate_media(media="print")
    sheet, last = (page.locator(each).bounding_box() for each in (".sheet", ".sheet > :last-child"))
    assert sheet is not None
    assert last is not None
    assert last["y"] + last["height"] <= sheet["y"] + sheet["height"] <= A4_MM[1] * PX_OF_MM
    assert b"/MediaBox [0 0 594.9" in page.pdf(prefer_css_page_size=True), "reports are printed on A4"
