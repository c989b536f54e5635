"""Own diagnostics on the page: reloaded without a restart, marked as theirs, their faults named."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.web.test_cli_profiles import OWN, write
from utils.catalogue.library import load_library

pytestmark = pytest.mark.browser


def test_own_diagnostics_come_with_a_click_and_their_faults_are_named(
    page: Page, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builtin = site.runner.catalogue
    monkeypatch.setattr(site.runner, "_load", lambda: load_library(tmp_path, builtin=builtin))
    button = page.get_by_role("button", name="Reload my diagnostics")
    write(tmp_path, "diagnostics", OWN)
    button.click()
    expect(page.locator("#mine .tag", has_text="your own")).to_be_visible()
    expect(page.locator(".own")).to_contain_text("Your own: 1 diagnostic, 0 profiles.")
    write(tmp_path, "diagnostics", OWN.replace("below", "bellow"))
    button.click()
    expect(page.locator(".own-problems")).to_contain_text(
        "mine.toml:9: mine: check.0.fail.0.bellow: there is no such field"
    )
    expect(page.locator("#mine")).to_have_count(0)
    (tmp_path / "diagnostics" / "mine.toml").unlink()
    button.click()
    expect(page.locator(".own-problems")).to_have_count(0)
