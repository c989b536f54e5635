"""The page Bundle in a real browser: prepare, look through, save; drop the file and see the board again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.site import Site, fits
from utils.bundle.reading import read_bundle


def test_a_bundle_is_looked_through_saved_and_opened_as_a_board(
    site: Site, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    assert site.runner.start_checkup(["memory", "interfaces", "fan"]).done.wait(60)
    page = open_page(site.url)
    slow: list[Route] = []
    page.route("**/bundle/app.js", lambda route: slow.append(route), times=1)
    with page.expect_request("**/bundle/app.js"):
        page.get_by_role("link", name="Bundle", exact=True).click()
    page.get_by_role("button", name="Prepare and look through").click()  # before there is a script
    slow[0].continue_()
    expect(page.locator("[data-slot=sum]")).to_contain_text("check-up")
    expect(page.locator("[data-slot=asks-title]")).to_contain_text("to decide on")
    page.locator("summary", has_text="places are replaced").click()
    expect(page.locator("[data-slot=places] tr").first).to_contain_text("checkups/")
    fits(page)
    asked = page.locator("[data-slot=questions] li", has_text="address (IPv4)").first
    kept = asked.locator("code").inner_text()
    asked.get_by_role("checkbox").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save", exact=True).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    found = read_bundle(file.read_bytes())
    assert any(kept in found.text(name) for name in found.files)

    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".link-word")).to_have_text("Replay")
    expect(page.locator("[data-row=memory]")).to_contain_text("GB")
    expect(page.locator("[data-part=read-only]")).to_contain_text("no board behind it")
    expect(page.locator(".row-run:visible, [data-part=checkup]:visible")).to_have_count(0)
    fits(page)
    page.set_viewport_size({"width": 1350, "height": 900})
    page.get_by_role("link", name="Live").click()
    expect(page.locator("[data-part=charts-empty]")).to_contain_text("A bundle has no live values")
    expect(page.locator("[data-acts]:visible")).to_have_count(0)
    page.get_by_role("link", name="Terminal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A replay has no terminal")
    page.get_by_role("link", name="Boards").click()
    page.get_by_role("link", name="Bundles").click()
    page.wait_for_url("**/bundle")  # and for its scripts
    page.get_by_role("button", name="Close Replay of").click()
    expect(page.get_by_role("button", name="Close Replay of")).to_have_count(0)


def test_a_file_that_is_no_bundle_is_refused_with_its_next_step(
    site: Site, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "photo.zip"
    file.write_bytes(b"GIF89a")
    page = open_page(f"{site.url}bundle", quiet=True)  # the refusal is in the console, too
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="no bundle of this program")).to_contain_text("zip")
