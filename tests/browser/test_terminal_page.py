"""The page Terminal on the demo device: typed and seen, kept over a reload, mended after a loss, unharmed by
hostile output. A violation of the page's policy, or any other console error, fails a test (open_page)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site, fits, violations
from tests.waiting import wait_until
from utils.web import context

pytestmark = pytest.mark.browser

CSI, DCS, OSC, ST = "\x1b[", "\x1bP", "\x1b]", "\x1b\\"
HOSTILE = [
    *(f"{CSI}{ask}" for ask in ("c", "0c", ">c", "=c", "5n", "6n", "?6n", "?15n", "?996n", ">q", ">0q")),
    *(f"{CSI}{ask}" for ask in ("?u", "x", "?2026$p", "4$p", "?25$p", ">4m", "?1004h", "?2026h", "?2026l")),
    *(f"{CSI}{number}t" for number in (11, 13, 14, 15, 16, 18, 19, 20, 21)),
    *(f"{DCS}{ask}{ST}" for ask in ("$qm", "$qr", '$q"p', "+q544e", "+q5463")),
    *(f"{OSC}{ask}\x07" for ask in ("4;1;?", "5;0;?", "10;?", "11;?", "12;?", "17;?", "19;?", "50;?", "l")),
    *(f"{OSC}{ask}{ST}" for ask in ("52;c;?", "52;c;ZXZpbA==", "52;p;ZXZpbA==")),
    *(f"{OSC}{ask}{ST}" for ask in ("1337;ReportCellSize", "777;notify;a;b", "9;hello", "7;file:///etc")),
    *(f"{OSC}{ask}{ST}" for ask in ("10;#ffffff", "11;#ffffff", "4;7;#ffffff", "0;title \x0b evil", "2;t")),
    "\x1bZ", "\x05", "\x9b6n", "\x9b0c",
]  # fmt: skip
"""Each asks the terminal something, or to do something to the laptop."""


@pytest.fixture(autouse=True)
def _nothing_open(site: Site) -> object:
    yield
    context(site.app).bench.default.terminals.close_all()


def terminal_page(site: Site, open_page: Callable[..., Page], **more: object) -> Page:
    page = open_page(f"{site.url}terminal", **more)
    expect(page.locator(".link-word")).to_have_text("Connected")
    return page


def opened(page: Page) -> Locator:
    page.get_by_role("button", name="Open a terminal").click()
    expect(rows(page)).to_contain_text("ubuntu@v3-demo:~$")
    expect(page.locator(".term-screen:visible textarea")).to_be_focused(timeout=1)
    return rows(page)


def rows(page: Page) -> Locator:
    return page.locator(".term-screen:visible .xterm-rows")


def run(page: Page, line: str) -> None:
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def says(site: Site, text: str) -> None:
    """As if the device had written it: the way from the program to the screen is the real one."""
    session = context(site.app).bench.default.terminals.all()[0]
    with session._lock:
        session._keep(text.encode())


def typed(site: Site) -> int:
    """Bytes that reached the shell."""
    shell = context(site.app).bench.default.terminals.all()[0]._shell
    assert shell is not None
    return shell.bytes_in


def test_what_is_typed_is_seen_kept_over_a_reload_and_shown_to_a_second_page(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = terminal_page(site, open_page)
    opened(page)
    run(page, "printf '\\033[31mred\\033[0m \\033[38;2;1;2;3mtrue\\033[0m é 漢字 🙂\\n'; seq 1 300")
    expect(rows(page)).to_contain_text("300")
    page.reload()
    expect(rows(page)).to_contain_text("300ubuntu@v3-demo:~$")
    page.locator(".xterm-screen").click()
    for _ in range(15):
        page.keyboard.press("Shift+PageUp")
    expect(rows(page)).to_contain_text("red true é 漢字 🙂")
    red = page.locator(".xterm-rows span", has_text=re.compile("^red$"))
    expect(red).to_have_css("color", re.compile(r"rgb\(1\d\d, \d\d, \d\d\)"))  # the policy lets it
    second = terminal_page(site, open_page, width=700)
    expect(rows(second)).to_contain_text("300")
    second.locator(".xterm-screen").click()
    run(second, "echo from-the-second")
    for _ in range(15):
        page.keyboard.press("Shift+PageDown")
    expect(rows(page)).to_contain_text("from-the-second")
    expect(page.locator(".term-status")).to_contain_text(second.locator('[data-slot="size"]').inner_text())


def test_a_flood_does_not_drown_the_page_and_control_c_ends_it(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = terminal_page(site, open_page)
    opened(page)
    run(page, "seq 1 3000000")  # 25 MB
    session = context(site.app).bench.default.terminals.all()[0]
    assert wait_until(lambda: session.facts()["offset"] > 1 << 20, 30)
    pressed = time.monotonic()
    page.keyboard.press("Control+c")
    expect(rows(page)).to_contain_text("^Cubuntu@v3-demo:~$")
    assert time.monotonic() - pressed < 15
    assert session.facts()["offset"] < 15 << 20
    run(page, "echo st''ill-here")
    expect(rows(page)).to_contain_text("still-here")


def test_hostile_output_types_nothing_and_touches_nothing(site: Site, open_page: Callable[..., Page]) -> None:
    page = terminal_page(site, open_page, permissions=["clipboard-read", "clipboard-write"])
    opened(page)
    page.evaluate("navigator.clipboard.writeText('mine')")
    for number, sequence in enumerate(HOSTILE):
        says(site, f"{CSI}2J{CSI}H{sequence}{ST}shown-{number}\r\n")
        expect(rows(page)).to_contain_text(f"shown-{number}")
        assert typed(site) == 0, repr(sequence)
    page.locator(".link-word").click()  # a terminal that was told to would report that it lost the focus
    page.locator(".xterm-screen").click()
    run(page, "echo e''nd")
    expect(rows(page)).to_contain_text("end")
    assert typed(site) == len("echo e''nd\r")
    assert page.evaluate("navigator.clipboard.readText()") == "mine"
    expect(page.locator(".term-title")).to_have_text("ubuntu@v3-demo: ~")
    ground = page.locator(".term-screens").evaluate("node => getComputedStyle(node).backgroundColor")
    shown = page.locator(".term-screen .xterm-scrollable-element").evaluate(
        "node => getComputedStyle(node).backgroundColor"
    )
    assert shown in (ground, "rgba(0, 0, 0, 0)")


def test_a_screen_full_of_links_numbers_and_marks_does_no_harm(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = terminal_page(site, open_page)
    opened(page)
    links_lead_only_to_the_web_and_only_after_a_question(site, page)
    no_number_and_no_heap_of_marks_makes_the_page_stand_still(site, page)


def no_number_and_no_heap_of_marks_makes_the_page_stand_still(site: Site, page: Page) -> None:
    often = [*"@ABCDEFGHIJKLMPSTXZ`abdefgr", " @", " A", "'}", "'~"]
    endless = "".join(f"{CSI}H{CSI}2147483647{final}{CSI}1;4294967295{final}" for final in often)
    says(site, endless + "a" + "\u0301" * 25_000 + f"{CSI}0m{CSI}2J{CSI}Hstill here\r\n")
    expect(rows(page)).to_contain_text("still here")
    says(site, f"{CSI}3X{CSI}2Db{CSI}4be\u0301\r\n")  # what programs send goes on to work
    expect(rows(page)).to_contain_text("bbbbb")
    page.reload()
    expect(rows(page)).to_contain_text("still here")


def links_lead_only_to_the_web_and_only_after_a_question(site: Site, page: Page) -> None:
    for address in ("javascript:alert(1)", "file:///etc/passwd", "https://example.com/x"):
        says(site, f"{CSI}2J{CSI}H{OSC}8;;{address}{ST}click-here{OSC}8;;{ST}\r\n")
        expect(page.locator(".xterm-rows > div").first).to_contain_text("click-here")
        place = page.locator(".xterm-screen").bounding_box()
        assert place is not None
        page.mouse.move(place["x"] + 200, place["y"] + 80)
        page.mouse.move(place["x"] + 20, place["y"] + 8, steps=4)
        expect(page.locator(".xterm-cursor-pointer")).to_have_count(1 if address.startswith("https") else 0)
        page.mouse.click(place["x"] + 20, place["y"] + 8)
        if address.startswith("https"):
            expect(page.get_by_role("dialog")).to_contain_text(address)
            page.keyboard.press("Escape")
        else:
            expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(page.context.pages) == 1


def test_a_lost_shell_says_so_keeps_its_screen_and_is_replaced_in_place(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = terminal_page(site, open_page)
    opened(page)
    run(page, "echo before-the-loss")
    expect(rows(page)).to_contain_text("before-the-loss")
    site.device.stop()
    over = page.get_by_role("group", name="The shell is gone")
    expect(over).to_contain_text("The link to v3-demo · 24012345 was lost at")
    page.locator(".xterm-screen").click()
    page.keyboard.type("rm -rf important\n")
    expect(rows(page)).to_contain_text("before-the-loss")
    expect(page.locator(".link-word")).not_to_have_text("Connected")  # it may hear of it after the shell
    site.device.start()
    expect(page.locator(".link-word")).to_have_text("Connected")
    assert violations(page) == ""
    over.get_by_role("button", name="Reconnect").click()
    expect(over).to_be_hidden()
    expect(rows(page)).to_contain_text("new shell on v3-demo · 24012345 at")
    expect(rows(page)).to_contain_text(re.compile(r"new shell on .*ubuntu@v3-demo:~\$", re.DOTALL))
    run(page, "echo after-the-loss")
    expect(rows(page)).to_contain_text("before-the-loss")
    expect(rows(page)).to_contain_text("$ echo after-the-lossafter-the-loss")
    expect(rows(page)).not_to_contain_text("important")
    page.reload()
    expect(rows(page)).to_contain_text("before-the-loss")
    expect(rows(page)).to_contain_text("after-the-loss")


def test_a_terminal_that_the_program_knows_no_more_keeps_its_screen_and_takes_no_keys(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = terminal_page(site, open_page, quiet=True)
    opened(page)
    run(page, "echo to-be-read")
    expect(rows(page)).to_contain_text("$ echo to-be-readto-be-read")
    here = context(site.app)
    here.bench.default.terminals.close_all()  # as the program's end and its start anew
    for stream in list(here.streams._open.values()):
        stream.end()
    over = page.get_by_role("group", name="The shell is gone")
    expect(over).to_contain_text("This terminal is not there any more")
    expect(rows(page)).to_contain_text("to-be-read")
    page.get_by_role("button", name="New terminal").click()
    expect(page.get_by_role("tab")).to_have_count(2)
    expect(rows(page)).not_to_contain_text("to-be-read")


def test_what_the_palette_and_a_paste_type_is_left_to_the_person(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = terminal_page(site, open_page, permissions=["clipboard-read", "clipboard-write"])
    opened(page)
    the_palette_types_a_command_and_leaves_enter_to_the_person(page)
    each_question_has_its_own_answer(page)
    a_paste_of_several_lines_asks_first_and_can_end_nothing(page)


def the_palette_types_a_command_and_leaves_enter_to_the_person(page: Page) -> None:
    page.keyboard.press("Control+Shift+Space")
    palette = page.get_by_role("dialog")
    palette.get_by_role("combobox").fill("l4t release")
    assert violations(page) == ""
    page.keyboard.press("Enter")
    expect(rows(page)).to_contain_text("$ cat /etc/nv_tegra_release")
    expect(rows(page)).not_to_contain_text("R36 (release)")
    page.keyboard.press("Enter")
    expect(rows(page)).to_contain_text("R36 (release)")
    page.get_by_role("button", name="Commands").click()
    palette.get_by_role("option").nth(2).hover()  # mouse and keys choose the same one
    expect(palette.get_by_role("option").nth(2)).to_have_attribute("aria-selected", "true")
    expect(palette.locator("[aria-selected=true]")).to_have_count(1)
    palette.get_by_role("combobox").fill("load per core")
    palette.get_by_role("option").first.click()
    expect(rows(page)).to_contain_text('echo "loadavg $(cat /proc/loadavg)"')
    expect(rows(page)).not_to_contain_text("loadavg 0.")
    page.keyboard.press("Enter")
    expect(rows(page)).to_contain_text(re.compile(r"loadavg \d\.\d\d"))
    expect(page.locator(".term-status")).to_contain_text("Open")


QUESTIONS = """async () => {
    const { askIn } = await import("/static/terminal/ask.js");
    const box = document.createElement("dialog"), press = (at) => box.querySelectorAll("button")[at].click();
    document.body.append(box);
    const ask = askIn(box), answers = [];
    for (const at of [1, 0, 0, 1]) {  // Cancel, yes, yes, Cancel
        answers.push(ask({ title: "", text: "", yes: "Yes" }));
        press(at);
    }
    answers.push(ask({ title: "", text: "", yes: "Yes" }));
    await new Promise((done) => setTimeout(done, 50));  // the browser tells of the closings before
    box.requestClose();
    const said = await Promise.all(answers);
    box.remove();
    return said;
}"""


def each_question_has_its_own_answer(page: Page) -> None:
    """The browser tells of a dialog's end late: the next question may stand there by then."""
    assert page.evaluate(QUESTIONS) == [False, True, True, False, False]


def a_paste_of_several_lines_asks_first_and_can_end_nothing(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('echo one-line\\n')")
    page.get_by_role("button", name="Paste").click()
    expect(rows(page)).to_contain_text("$ echo one-line")
    page.keyboard.press("Control+u")
    page.evaluate("navigator.clipboard.writeText('echo first\\n\\x1b[201~echo second\\n')")
    page.locator(".xterm-screen").click()
    page.keyboard.press("Control+Shift+V")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Paste 2 lines?")
    question.get_by_role("button", name="Cancel").click()
    page.keyboard.press("Control+Shift+V")
    question.get_by_role("button", name="Paste").click()
    expect(rows(page)).to_contain_text("[201~echo second")
    expect(rows(page)).not_to_contain_text(re.compile("(?<!echo )second"))
    page.keyboard.press("Control+Shift+C")
    expect(page.locator(".notice")).to_contain_text("Screen copied")
    assert "[201~echo second" in page.evaluate("navigator.clipboard.readText()")


def test_it_is_fit_for_everybody(site: Site, open_page: Callable[..., Page]) -> None:
    page = terminal_page(site, open_page)
    opened(page)
    page.get_by_role("button", name="New terminal").click()
    expect(page.get_by_role("tab")).to_have_count(2)
    page.get_by_role("button", name="Screen reader").click()
    run(page, "echo said-aloud")
    expect(page.locator(".term-screen:visible .xterm-accessibility")).to_contain_text("said-aloud")
    fits(page, ((768, "light", "none"),))
    for width, theme in ((1280, "light"), (390, "dark")):
        fits(page, ((675, theme, "active"), (width, theme, "none")))
        expect(page.get_by_role("button", name="New terminal")).to_be_in_viewport(ratio=1)
        assert wait_until(lambda: no_row_is_cut_off(page)), width
        page.locator(".term-screen:visible .xterm-screen").click()
        page.keyboard.press("Control+Shift+ArrowUp")
        expect(page.get_by_role("tab", selected=True)).to_be_focused()
        for key, number in (("ArrowLeft", 1), ("ArrowRight", 2)):
            page.keyboard.press(key)
            label = re.compile(f"^Terminal {number}")
            expect(page.get_by_role("tab", selected=True)).to_have_attribute("aria-label", label)
    page.get_by_role("button", name="Screen reader").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Close it").click()
    expect(page.get_by_role("tab")).to_have_count(1)
    run(page, "sleep 30")
    page.get_by_role("button", name="Ctrl").click()  # a phone's keys
    page.keyboard.type("c")
    expect(rows(page)).to_contain_text("^C")
    page.get_by_role("button", name="Up", exact=True).click()
    expect(rows(page)).to_contain_text(re.compile(r"\$ sleep 30.*\$ sleep 30"))


def no_row_is_cut_off(page: Page) -> bool:
    places = [page.locator(f".term-screen:visible{inner}").bounding_box() for inner in ("", " .xterm-screen")]
    assert places[0] is not None
    assert places[1] is not None
    return places[1]["y"] + places[1]["height"] <= places[0]["y"] + places[0]["height"]
