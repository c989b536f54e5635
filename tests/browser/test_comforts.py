"""What a person may set and call up on any page: theme, palette, keys, favourites, calls, nicknames."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import PLANTED, Site, start_site, violations
from tests.waiting import wait_until
from utils.web import context

pytestmark = pytest.mark.browser
GROUND = "getComputedStyle(document.body).backgroundColor"
DARK, LIGHT = "rgb(13, 18, 23)", "rgb(237, 241, 244)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = start_site(tmp_path_factory.mktemp("site"), history=True)
    yield started
    started.close()


def connected(page: Page) -> Page:
    """The page, once its scripts say so."""
    expect(page.locator("#ui-header")).to_have_attribute("data-state", "Connected")
    return page


@pytest.fixture
def page(site: Site, open_page: Callable[..., Page]) -> Page:
    return connected(open_page(site.url, width=1350))


def test_a_theme_and_what_calls_are_kept(page: Page, site: Site) -> None:
    a_theme_is_kept_and_is_there_before_anything_is_painted(page, site)
    calls_are_off_until_asked_for_and_then_change_the_tabs_icon(page, site)


def a_theme_is_kept_and_is_there_before_anything_is_painted(page: Page, site: Site) -> None:
    page.locator("#ui-link-facts > summary").click()
    page.get_by_label("Dark").check()
    assert page.evaluate(GROUND) == DARK
    assert violations(page, "header") == ""
    other = page.context.new_page()
    # a page's own scripts come after it is painted
    other.route("**/static/*/*.js", lambda route: route.abort())
    other.goto(f"{site.url}live")
    assert other.evaluate(GROUND) == DARK
    other.close()
    page.reload()
    page.locator("#ui-link-facts > summary").click()
    expect(page.get_by_label("Dark")).to_be_checked()
    page.get_by_role("radio", name="System").check()
    assert page.evaluate(GROUND) == LIGHT


def calls_are_off_until_asked_for_and_then_change_the_tabs_icon(page: Page, site: Site) -> None:
    icon, plain = page.locator('link[rel="icon"]'), re.compile("favicon.svg$")
    site.runner.start_checkup(["uptime"])
    expect(page.locator("#uptime summary .badge").first).to_have_text("Info")
    expect(icon).to_have_attribute("href", plain)
    page.get_by_label("Tab icon").check()
    page.evaluate("import('/static/later/calls.js').then(() => {})")  # it is fetched only now, and listens
    page.keyboard.press("Escape")
    site.runner.start_checkup([PLANTED])
    expect(icon).to_have_attribute("href", re.compile("^data:image/svg.*ad1f1a"))
    with page.expect_request_finished(lambda request: request.url.endswith("/later/calls.js")):
        page.reload()  # the choice is kept
    connected(page)
    expect(icon).to_have_attribute("href", plain)
    site.device.stop()
    try:
        expect(page.locator(".link-word")).not_to_have_text("Connected")
        expect(icon).to_have_attribute("href", re.compile("^data:image/svg"))
    finally:
        site.device.start()
    connected(page)


def test_the_palette_goes_to_diagnostics_pages_and_boards_by_keys_alone(page: Page) -> None:
    goes_everywhere(page)
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(color_scheme="dark")
    goes_everywhere(page)


def goes_everywhere(page: Page) -> None:
    """From any page; it ends at the page of a board."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("combobox")  # a page may have some of its own
    expect(field).to_be_focused()
    assert violations(page, "dialog") == ""
    field.fill("under-volt")
    chosen = dialog.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("Under-voltage")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator(f"#{PLANTED} > details")).to_have_attribute("open", "")
    expect(page.locator(f"#{PLANTED} summary").first).to_be_focused()  # by the page's scripts
    page.keyboard.press("Control+k")
    field.fill("v3-demo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="v3-demo", level=1)).to_be_visible()
    connected(page).keyboard.press("Control+k")
    field.fill("log")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("option", selected=True)).to_contain_text("Logs")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_sheets_over_a_page_are_for_everybody_and_favourites_come_first(page: Page, site: Site) -> None:
    the_question_mark_shows_the_keys_and_stays_a_letter_where_one_types(page)
    favourites_come_first_and_run_together(page)
    what_needs_attention_is_run_again_and_the_connection_is_explained(page, site)
    what_a_board_should_have_is_shown_as_a_change_and_then_counts(page, site)


def favourites_come_first_and_run_together(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    for words in ("memory available", "time since"):
        field.fill(words)
        page.get_by_role("button", name="Add to favourites").click()
    expect(field).to_be_focused()
    field.fill("")
    expect(page.get_by_role("listbox").get_by_role("group").first).to_have_accessible_name("Favourites")
    expect(page.get_by_role("group", name="Favourites").get_by_role("option")).to_have_count(2)
    page.reload()
    connected(page).keyboard.press("Control+k")
    field.fill("my favourites (2)")
    page.keyboard.press("Enter")
    expect(page.locator("#memory summary .badge").first).to_have_text("OK")
    expect(page.locator("#uptime summary .badge").first).to_have_text("Info")


def what_needs_attention_is_run_again_and_the_connection_is_explained(page: Page, site: Site) -> None:
    site.runner.run(PLANTED)
    expect(page.locator(f"#{PLANTED} summary .badge").first).to_have_text("Fault")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("attention")
    page.get_by_role("option").first.hover()  # mouse and keys choose the same one
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert wait_until(lambda: list(site.runner.newest_checkup().runs) == [PLANTED])
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("explain")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Connection check")).to_be_focused()
    page.locator("#ui-ladder-close").click()


def the_question_mark_shows_the_keys_and_stays_a_letter_where_one_types(page: Page) -> None:
    page.locator("#ui-search").fill("")
    page.keyboard.type("?")
    expect(page.locator("#ui-search")).to_have_value("?")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Ctrl")
    expect(sheet).to_contain_text("Next diagnostic")
    assert violations(page, "dialog") == ""
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    logs = page.context.new_page()
    logs.goto(urljoin(page.url, "/logs"))
    connected(logs).keyboard.press("?")
    expect(logs.get_by_role("dialog", name="Keys")).to_contain_text("Previous match")
    logs.close()


def what_a_board_should_have_is_shown_as_a_change_and_then_counts(page: Page, site: Site) -> None:
    profiles = context(site.app).settings.v3_data_dir / "profiles"
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("should have")
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Cameras").fill("65")
    sheet.get_by_role("button", name="Show the change").click()  # the browser itself refuses it
    expect(sheet.get_by_text("This becomes")).to_have_count(0)
    sheet.get_by_label("Cameras").fill("5")
    sheet.get_by_role("button", name="Show the change").click()
    expect(sheet.get_by_label("The change")).to_contain_text("+cameras = 5")
    assert violations(page, "dialog") == ""
    assert not profiles.exists()
    sheet.get_by_role("button", name="Save").click()
    expect(sheet).to_have_count(0)
    [profile] = profiles.glob("page-*.toml")
    assert "cameras = 5" in profile.read_text()


def test_a_next_steps_command_is_typed_into_a_new_terminal_and_not_entered(page: Page, site: Site) -> None:
    site.runner.run("wifi-power-save")
    command = page.locator(".finding .command", has_text="sudo iw dev wlan0 set power_save off").first
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    command.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "sudo iw dev wlan0 set power_save off"
    command.get_by_role("button", name="Type into the terminal").click()
    rows = page.locator(".xterm-rows")
    expect(rows).to_contain_text("$ sudo iw dev wlan0 set power_save off")
    expect(rows).not_to_contain_text("not found")
    page.reload()
    expect(page.get_by_role("tab")).to_have_count(1)  # typed once, into a terminal of its own


def test_a_board_gets_a_nickname_and_is_forgotten_after_a_question(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.runner.run("uptime")
    device = site.runner.door.status().device
    assert device is not None
    page = open_page(f"{site.url}boards/{device.device_id}")
    page.get_by_label("Nickname").fill("Line 3, left")
    page.get_by_role("button", name="Save nickname").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Line 3, left")
    expect(page.locator(".device-name")).to_contain_text("Line 3, left")
    forget = page.get_by_role("button", name="Forget it")
    expect(forget).to_be_hidden()
    page.get_by_text("Forget this board …").click()
    expect(page.get_by_text("host key and its nickname “Line 3, left”")).to_be_visible()
    assert violations(page) == ""
    forget.click()
    expect(page.get_by_role("heading", name="Boards", level=1)).to_be_visible()
    expect(page.locator(".device-name")).not_to_contain_text("Line 3")
