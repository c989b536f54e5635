"""What the page asks a person in the midst of a login: a code, and the passphrase of a key file."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, fits
from tests.faults.login_stubs import PASSWORD, AskingStub
from utils.demo.device import PASSWORD as DEMO_PASSWORD

pytestmark = pytest.mark.browser


def test_what_the_device_asks_is_asked_and_answered_once(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    prompts = [("Password: ", False, PASSWORD)], [("Employee number: ", True, "007"), ("Code: ", False, "12")]
    with AskingStub(*prompts) as stub:
        site = own_site(ssh_ip="127.0.0.1", ssh_port=stub.port, ssh_user="stub", ssh_password=PASSWORD)
        page = open_page(site.url, width=1350)
        panel = page.locator("#ui-question")
        expect(panel).to_be_visible()
        expect(page.locator(".link-word")).to_have_text("Waiting for you")
        number, code = panel.get_by_label("Employee number:"), panel.get_by_label("Code:")
        expect(number).to_be_focused()
        assert (number.get_attribute("type"), code.get_attribute("type")) == ("text", "password")
        fits(page, within="#ui-question")
        number.fill("007")
        code.fill("12")
        page.keyboard.press("Enter")
        expect(page.locator(".link-word")).to_have_text("Connected")
        expect(panel).to_be_hidden()
        assert stub.given == [PASSWORD, "007", "12"]


def test_the_passphrase_of_a_key_file_is_asked_for(
    own_site: Callable[..., Site], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open it", "-f", str(key)], check=True)
    site = own_site(ssh_key_file=key, ssh_password=DEMO_PASSWORD)
    page = open_page(site.url, width=1350)
    field = page.get_by_label("Passphrase of the key file")
    expect(field).to_be_visible()
    expect(page.locator("#ui-banner")).to_contain_text(str(key))
    fits(page, within="#ui-login")
    field.fill("not it")
    page.keyboard.press("Enter")
    expect(page.locator("#ui-banner")).to_contain_text("does not open")
    expect(field).to_be_focused()
    field.fill("open it")
    page.keyboard.press("Enter")
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(page.locator("#ui-login")).to_be_hidden()


def test_a_logout_in_one_tab_ends_the_others_which_come_back_to_where_they_were(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = own_site(v3_password="correct horse")
    first = open_page(f"{site.url}live", quiet=True)  # consoles tell of the streams that end

    def enter(page: Page) -> None:
        page.get_by_label("Password").fill("correct horse")
        page.keyboard.press("Enter")

    enter(first)
    expect(first).to_have_url(f"{site.url}live")
    second = first.context.new_page()
    second.goto(f"{site.url}logs?source=journal")
    expect(second.locator("#ui-state")).to_contain_text("Following")
    first.locator("#ui-link-facts > summary").click()
    first.get_by_role("button", name="Log out").click()
    for page in (first, second):
        expect(page).to_have_url(re.compile("/login"))
    enter(second)
    expect(second).to_have_url(f"{site.url}logs?source=journal")
