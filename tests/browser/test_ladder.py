"""The page explains where the way to the device stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, fits

pytestmark = pytest.mark.browser


def test_a_refused_login_is_explained_rung_by_rung(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    page = open_page(own_site(ssh_password="wrong").url, width=360, height=800)
    expect(page.locator("#ui-banner")).to_contain_text("refused the login")
    page.get_by_role("button", name="Explain the connection").click()
    panel = page.locator("#ui-ladder")
    expect(panel.locator('[data-slot="summary"]')).to_contain_text("Stopped at: Login.")
    states = panel.locator(".rung").evaluate_all("items => items.map(item => item.dataset.state)")
    broken = states.index("broken")
    assert "broken" not in states[broken + 1 :]
    assert set(states[broken + 1 :]) == {"not reached"}
    login = panel.locator('.rung[data-state="broken"]')
    expect(login.locator(".rung-state")).to_have_text("Stopped here")
    expect(login).to_contain_text("Check user and password")
    fits(page, within="#ui-ladder")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_a_device_that_is_gone_stops_at_the_port_and_comes_back_when_looked_at_again(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = own_site()
    page = open_page(site.url)
    expect(page.locator(".link-word")).to_have_text("Connected")
    site.device.stop()
    expect(page.locator("#ui-banner")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name="Explain the connection").click()
    panel = page.locator("#ui-ladder")
    expect(panel.locator('[data-slot="summary"]')).to_contain_text("SSH port open")
    site.device.start()
    panel.get_by_role("button", name="Check again").click()
    expect(panel.locator('[data-slot="summary"]')).to_contain_text("The connection works")
    expect(panel).to_contain_text("v3-demo")
    fits(page, ((675, "light", "active"),), "#ui-ladder")
