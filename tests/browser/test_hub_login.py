"""At a hub that has people: a person logs in by name, gives another one a role, makes a token, logs out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

pytest.importorskip("argon2", reason="argon2-cffi is not installed: see requirements-lab.txt")

from tests.browser.site import Site, violations
from tests.web.test_oidc import Provider
from utils.lab.people import People
from utils.model.roles import Role

pytestmark = pytest.mark.browser
WORDS = "words of the admin here"


class Hub:
    """What these pages ask of a hub."""

    connected = True

    def __init__(self, folder: Path) -> None:
        self.people = People(folder)


def test_an_admin_logs_in_by_name_and_somebody_else_at_a_provider(
    own_site: Callable[..., Site], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    provider, hub = Provider(), Hub(tmp_path / "hub")
    provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")  # another site than the page's
    site = own_site(v3_oidc_issuer=provider.issuer, v3_oidc_client_id="v3-hub")
    hub.people.add("ada", Role.ADMIN, WORDS)
    site.app.extensions["v3-lab"] = SimpleNamespace(hub=hub)
    page = open_page(f"{site.url}people", width=390)
    expect(page).to_have_url(f"{site.url}login?next=/people")
    assert violations(page) == ""
    a_wrong_password_is_said_above_the_button(open_page(f"{site.url}login", width=390, quiet=True))
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(WORDS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People of this hub")).to_be_visible()
    adding = page.locator("form[action='/people/add']")
    adding.get_by_label("Name").fill("theo")
    adding.get_by_label("Password").fill("words of theo here")
    adding.get_by_label("Role").select_option("technician")
    adding.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="theo")).to_be_visible()
    assert violations(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="ada").click()
    page.get_by_label("What it is for").fill("nightly")
    page.get_by_role("button", name="Make a token").click()
    token = page.locator(".people-token")
    expect(token).to_be_visible()
    found = hub.people.by_token(token.inner_text())
    assert found is not None
    assert (found[0].name, found[1].title, found[1].scope) == ("ada", "nightly", Role.VIEWER)
    assert violations(page) == ""
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(f"{site.url}account")
    page.get_by_role("link", name="Log in at localhost").click()
    expect(page).to_have_url(f"{site.url}account")  # the browser went on by itself, with its session
    expect(page.get_by_text("Your role at this hub is viewer")).to_be_visible()
    provider.server.shutdown()


def a_wrong_password_is_said_above_the_button(page: Page) -> None:
    """quiet: the browser's console names each answer of 401."""
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("not these words")
    page.keyboard.press("Enter")
    said = page.get_by_role("alert")
    expect(said).to_have_text("Wrong name or password.")
    expect(said).to_have_css("border-top-style", "solid")
    box, button = said.bounding_box(), page.get_by_role("button", name="Log in").bounding_box()
    assert box is not None
    assert button is not None
    assert box["y"] + box["height"] <= button["y"]
