"""What the page says about the link, and what it lets a person do about it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import PLANTED, Site, fits
from tests.web.program import Page as Program
from utils.demo.device import PASSWORD, load_host_key

pytestmark = pytest.mark.browser


def test_a_page_that_does_not_connect_says_so_and_so_does_one_that_was_unplugged(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = own_site()
    site.device.stop()
    page = open_page(site.url)
    expect(page.locator("#ui-banner")).to_be_visible()
    site.device.start()
    expect(page.locator(".link-word")).to_have_text("Connected")
    site.device.stop()
    expect(page.locator(".link-word")).not_to_have_text("Connected")
    expect(page.locator("#ui-banner")).to_be_visible()
    expect(page.locator("#ui-banner")).to_contain_text("cable")
    site.device.start()
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(page.locator("#ui-banner")).to_be_hidden()
    page.get_by_role("button", name="Run Under-voltage").click()
    expect(page.locator(f"#{PLANTED} summary .badge").first).to_have_text("Fault")


def test_nothing_jumps_while_a_page_that_opens_connects(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    """No banner for so short a time, and the header is as high without a device as with one."""
    page, held = open_page("about:blank"), []
    page.add_init_script("performance.now = () => 0")  # the page's patience lasts as long as this one looks
    # the stream of a page that looks is what connects
    page.route("**/api/v1/events*", lambda stream: held.append(stream))
    page.goto(own_site().url)
    hint = page.locator("[data-slot=hint]:not([hidden])")  # a phone's header has no room for it
    expect(hint).to_have_count(1)
    before = places(page)
    page.unroute("**/api/v1/events*")
    page.reload()
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(hint).to_have_count(0)
    assert places(page) == pytest.approx(before, abs=4)
    page.get_by_role("button", name="Run Time since boot").click()
    expect(page.locator("#uptime summary .badge").first).to_have_text("Info")
    assert places(page) == pytest.approx(before, abs=4)


def places(page: Page) -> dict[int, float]:
    """Where the page's first card begins, for each width of the window."""
    found = {}
    for width in (390, 800, 1280, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate(
            "document.querySelector('#ui-board').getBoundingClientRect().y + scrollY"
        )
    return found


def test_an_unknown_device_is_asked_about_once_and_can_be_refused(
    own_site: Callable[..., Site], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    site = own_site(ssh_host_keys="ask")
    page = open_page(site.url)
    panel = page.locator("#ui-trust")
    expect(panel).to_contain_text(site.device.fingerprint)
    expect(panel).to_contain_text("No password was sent")
    fits(page, within=".banners")
    for part in (panel, page.locator("#ui-banner"), page.locator("#ui-header")):
        expect(part).to_have_attribute("data-tone", "busy")  # a new board is no alarm
    panel.get_by_role("button", name="Not my board").click()
    expect(panel).to_contain_text("correct the address")
    assert site.runner.door.known_devices() == []
    assert site.runner.door.status().state == "blocked"
    panel.get_by_role("button", name="Connect again").click()
    panel.get_by_role("button", name="Trust this board").click()
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(panel).to_be_hidden()
    site.device.stop()
    site.device._host_key = load_host_key(tmp_path / "other")  # another board
    site.device.start()
    expect(panel).to_contain_text("Another key than before")
    for part in (panel, page.locator("#ui-banner"), page.locator("#ui-header")):
        expect(part).to_have_attribute("data-tone", "bad")
    expect(panel.get_by_role("button", name="Not my board")).to_be_visible()


def test_a_refused_login_is_corrected_on_the_page(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    page = open_page(own_site(ssh_password="wrong").url)
    form = page.locator("#ui-login-form")
    expect(form).to_be_visible()
    expect(page.locator("#ui-banner")).to_contain_text("refused the login")
    assert form.get_by_label("User").input_value() == "ubuntu"
    fits(page, within=".banners")
    field = form.get_by_label("Password", exact=True)
    for text in ("wrong too", PASSWORD):  # a refusal leaves the focus where a person goes on
        expect(field).to_be_focused()
        field.fill(text)
        with page.expect_response("**/connection/credentials"):
            page.keyboard.press("Enter")
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(form).to_be_hidden()
    assert form.get_by_label("Password", exact=True).input_value() == ""


def test_the_login_form_tells_what_works_and_keeps_nothing_of_what_was_typed(
    own_site: Callable[..., Site], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    site = own_site()
    page = open_page(site.url)
    expect(page.locator(".link-word")).to_have_text("Connected")
    page.locator("#ui-link-facts > summary").click()
    page.locator("#ui-login-open").click()
    form, told = page.locator("#ui-login-form"), page.locator("#ui-login .rung")
    form.get_by_label("Password for sudo").fill("typed for sudo")
    form.get_by_role("button", name="Test").click()
    expect(told).to_have_count(2)
    expect(told.first).to_contain_text("ubuntu is logged in on v3-demo")
    expect(told.last).to_contain_text("sudo asks ubuntu for no password")
    fits(page, within=".banners")
    form.get_by_label("Password", exact=True).fill("not this one")
    form.get_by_role("button", name="Test").click()
    expect(told.first).to_have_attribute("data-tone", "bad")
    expect(told.last).to_contain_text("Not reached")
    assert (
        form.locator("input[type=password]").evaluate_all("all => all.map(one => one.value).join('')") == ""
    )
    written = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    assert not [text for text in written if b"typed for sudo" in text or b"not this one" in text]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[], Program]]:
    """program(): `python app.py --demo`, each time on the same port."""
    begun: list[Program] = []

    def start() -> Program:
        begun.append(Program(tmp_path, "--demo", "--port", str(begun[0].port if begun else 0)))
        return begun[-1]

    yield start
    for each in begun:
        if each.process.poll() is None:
            each.stop()


def test_the_page_says_that_the_program_stopped_and_comes_back_with_it(
    program: Callable[[], Program], open_page: Callable[..., Page]
) -> None:
    running = program()
    url = f"http://127.0.0.1:{running.port}/"
    live = open_page(f"{url}live", quiet=True).locator("#ui-live-state")
    expect(live).to_contain_text("Sampling")
    page = open_page(url, quiet=True)
    expect(page.locator(".link-word")).to_have_text("Connected")
    page.get_by_role("button", name="Run Memory available").click()
    expect(page.locator("#memory summary .badge").first).to_have_text("OK")
    running.stop(signal.SIGKILL)
    expect(page.locator("#ui-stream")).to_contain_text("does not answer")
    expect(page.locator(".link-word")).to_have_text("Page not live")
    expect(page.get_by_role("button", name="Run check-up")).to_be_disabled()
    expect(live).to_have_text("This page is not live.")
    program()
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(page.locator("#ui-stream")).to_be_hidden()
    # the new program knows nothing of the old one's results, and so does the page
    expect(page.locator("#memory summary .badge").first).to_have_text("Not run")
