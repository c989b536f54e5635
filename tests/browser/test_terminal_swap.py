"""A terminal whose device was swapped for another: no shell there before a person said so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from utils.demo.device import DemoDevice
from utils.demo.machine import Machine

pytestmark = pytest.mark.browser


def test_another_device_is_named_and_asked_about_before_a_shell_is_opened_on_it(
    own_site: Callable[..., Site],
    open_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    site = own_site()
    page = open_page(f"{site.url}terminal", quiet=True)  # its refusal is a 409 in the console
    expect(page.locator(".link-word")).to_have_text("Connected")
    page.get_by_role("button", name="Open a terminal").click()
    rows = page.locator(".xterm-rows")
    expect(rows).to_contain_text("ubuntu@v3-demo:~$")
    site.device.stop()
    over = page.get_by_role("group", name="The shell is gone")
    expect(over).to_contain_text("was lost at")
    machine = Machine(serial="1424024099999")
    other = DemoDevice(tmp_path / "other", port=site.device.port, machine=machine)
    other.start()
    try:
        expect(page.locator('[data-slot="serial"]')).to_have_text("1424024099999")
        over.get_by_role("button", name="Reconnect").click()
        question = page.get_by_role("dialog")
        expect(question).to_contain_text("v3-demo · 24099999 is plugged in now")
        question.get_by_role("button", name="Cancel").click()
        expect(over).to_be_visible()
        over.get_by_role("button", name="Reconnect").click()
        question.get_by_role("button", name="Open the shell there").click()
        expect(over).to_be_hidden()
        expect(rows).to_contain_text("ANOTHER DEVICE: new shell on v3-demo · 24099999 at")
        expect(page.get_by_role("tab")).to_have_attribute(
            "aria-label", "Terminal 1, v3-demo · 24099999, Open"
        )
    finally:
        other.stop()
