"""The report is one click away as soon as there is something to report, without a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_the_report_is_offered_as_soon_as_there_is_a_result(
    own_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    page = open_page(own_site().url)
    report = page.get_by_role("link", name="Report")
    expect(page.get_by_role("button", name="Run check-up")).to_be_enabled()
    expect(report).to_be_hidden()
    page.get_by_role("button", name="Run Memory available").click()
    expect(report).to_be_visible()
    report.click()
    expect(page.get_by_role("heading", name="Report of a check-up")).to_be_visible()
