"""What the page says about the link, and what it lets a person do about it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import PLANTED, Site, fits
from tests.waiting import wait_until
from tests.web.program import Page as Program
from utils.demo.device import PASSWORD, load_host_key
from utils.link.paths.persistent import resting

pytestmark = pytest.mark.browser


def test_a_page_without_its_device_says_so_and_all_comes_back_with_it(
    own_site: Callable[..., Site], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    site = own_site()
    site.device.stop()
    page = open_page(site.url)
    expect(page.locator("#ui-banner")).to_be_visible()
    site.device.start()
    expect(page.locator(".link-word")).to_have_text("Connected")
    report = page.get_by_role("link", name="Report")
    expect(report).to_be_hidden()
    site.runner.run("memory")
    expect(report).to_be_visible()  # as soon as there is a result, without a reload
    site.device.stop()
    expect(page.locator(".link-word")).not_to_have_text("Connected")
    expect(page.locator("#ui-banner")).to_be_visible()
    expect(page.locator("#ui-banner")).to_contain_text("SSH server")
    a_phone_shows_the_whole_name(page)
    page.get_by_role("button", name="Rerun Memory available").click()
    expect(page.locator("#memory .badge-word")).to_have_text("Not checked")
    the_way_stops_at_the_port_and_is_whole_when_looked_at_again(site, page)
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(page.locator("#ui-banner")).to_be_hidden()
    page.get_by_role("button", name="Run Under-voltage").click()
    expect(page.locator(f"#{PLANTED} summary .badge").first).to_have_text("Fault")
    the_login_form_tells_what_works_and_keeps_nothing_of_what_was_typed(page, tmp_path)
    report.click()
    expect(page.get_by_role("heading", name="Report of a check-up")).to_be_visible()


def a_phone_shows_the_whole_name(page: Page) -> None:
    """Also beside the longest word of the link."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": 390, "height": 844})
    name = page.locator("#ui-header [data-slot=name]")
    assert name.evaluate("node => node.scrollWidth <= node.clientWidth"), name.inner_text()
    page.set_viewport_size(before)


def the_way_stops_at_the_port_and_is_whole_when_looked_at_again(site: Site, page: Page) -> None:
    page.get_by_role("button", name="Explain the connection").click()
    panel = page.locator("#ui-ladder")
    expect(panel.locator('[data-slot="summary"]')).to_contain_text("SSH port open")
    site.device.start()
    panel.get_by_role("button", name="Check again").click()
    expect(panel.locator('[data-slot="summary"]')).to_contain_text("The connection works")
    expect(panel).to_contain_text("v3-demo")
    fits(page, ((675, "light", "active"),), "#ui-ladder")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def the_login_form_tells_what_works_and_keeps_nothing_of_what_was_typed(page: Page, tmp_path: Path) -> None:
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
    own_site: Callable[..., Site],
    open_page: Callable[..., Page],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = own_site(ssh_host_keys="ask")
    page = open_page(site.url)
    panel = page.locator("#ui-trust")
    expect(panel).to_contain_text(site.device.fingerprint)
    expect(panel).to_contain_text("No password was sent")
    nothing_is_started_while_the_host_key_is_a_question(site, page)
    fits(page, within=".banners")
    for part in (panel, page.locator("#ui-banner"), page.locator("#ui-header")):
        expect(part).to_have_attribute("data-tone", "busy")  # a new board is no alarm
    panel.get_by_role("button", name="Not my board").click()
    expect(panel).to_contain_text("correct the address")
    the_link_looks_again_who_is_there(site, monkeypatch)
    expect(panel).to_contain_text("correct the address")
    assert site.runner.door.known_devices() == []
    assert wait_until(lambda: site.runner.door.status().state == "blocked")
    panel.get_by_role("button", name="Connect again").click()
    panel.get_by_role("button", name="Trust this board").click()
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Run check-up")).to_be_enabled()
    expect(
        page.get_by_role("button", name="Run the other")
    ).to_be_hidden()  # nothing was checked: all is left
    site.device.stop()
    site.device._host_key = load_host_key(tmp_path / "other")  # another board
    site.device.start()
    expect(panel).to_contain_text("Another key than before")
    for part in (panel, page.locator("#ui-banner"), page.locator("#ui-header")):
        expect(part).to_have_attribute("data-tone", "bad")
    expect(panel.get_by_role("button", name="Not my board")).to_be_visible()


def the_link_looks_again_who_is_there(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    link = site.runner.door.reach.link
    before = link._round
    with monkeypatch.context() as sooner:
        sooner.setattr(resting, "ASK_AGAIN_S", 0.2)
        assert wait_until(lambda: link._round > before, 30)


def nothing_is_started_while_the_host_key_is_a_question(site: Site, page: Page) -> None:
    expect(page.get_by_role("button", name="Run check-up")).to_be_disabled()
    expect(page.locator("#memory").get_by_role("button", name=re.compile("^Run"))).to_be_disabled()
    checkup = site.runner.start_checkup(["memory"])  # another page, or a script
    assert checkup.done.wait(20)
    expect(page.locator("#ui-board-title")).to_have_text("Not checked: the board is not trusted yet")
    expect(page.locator("#memory")).to_have_attribute("data-verdict", "none")


def test_a_refused_login_is_explained_rung_by_rung_and_corrected_on_the_page(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    page = open_page(own_site(ssh_password="wrong").url, width=360, height=800)
    form = page.locator("#ui-login-form")
    expect(form).to_be_visible()
    expect(page.locator("#ui-banner")).to_contain_text("refused the login")
    assert form.get_by_label("User").input_value() == "ubuntu"
    field = form.get_by_label("Password", exact=True)
    expect(field).to_be_focused()
    page.get_by_role("button", name="Explain the connection").click()
    panel = page.locator("#ui-ladder")
    the_way_is_explained_rung_by_rung(panel)
    fits(page, within=".banners")  # the form, too
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    field.focus()
    for text in ("wrong too", PASSWORD):  # a refusal leaves the focus where a person goes on
        expect(field).to_be_focused()
        field.fill(text)
        with page.expect_response("**/connection/credentials"):
            page.keyboard.press("Enter")
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(form).to_be_hidden()
    assert form.get_by_label("Password", exact=True).input_value() == ""


def the_way_is_explained_rung_by_rung(panel: Locator) -> None:
    expect(panel.locator('[data-slot="summary"]')).to_contain_text("Stopped at: Login.")
    states = panel.locator(".rung").evaluate_all("items => items.map(item => item.dataset.state)")
    broken = states.index("broken")
    assert "broken" not in states[broken + 1 :]
    assert set(states[broken + 1 :]) == {"not reached"}
    login = panel.locator('.rung[data-state="broken"]')
    expect(login.locator(".rung-state")).to_have_text("Stopped here")
    expect(login).to_contain_text("Check user and password")


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
