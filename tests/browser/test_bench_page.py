"""The page Bench on four demo boards in a real browser: tiles, one click into a board, all boards at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import fits
from utils.bench import startup
from utils.settings import Settings
from utils.web import create_web_app
from utils.web.server import make_server, port_of


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, startup.Core]]:
    folder = tmp_path_factory.mktemp("bench")
    settings = Settings.model_validate({"v3_data_dir": folder, "log_file": folder / "log", "v3_port": 0})
    core = startup.start(settings, demo=4)
    core.hands.close()  # the test pulls the board itself
    server = make_server(create_web_app(core.settings, core.bench, demo=True), core.settings)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{port_of(server)}", core
    core.runner.bus.close()
    core.bench.close()
    core.close()
    server.task_dispatcher.shutdown(timeout=2)
    server.close()


def test_four_boards_are_checked_with_one_click_and_each_is_one_click_away(
    bench: tuple[str, startup.Core], open_page: Callable[..., Page]
) -> None:
    url, core = bench
    page = open_page(f"{url}/bench")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(4)
    expect(page.locator("[data-slot=summary]")).to_have_text("4 of 4 boards connected.")
    expect(tiles.nth(0).locator(".tile-heat")).to_have_text("53 °C")
    page.get_by_role("button", name="Check all").click()
    expect(page.locator(".fleet-verdict")).to_have_text("Worst verdict: Fault.", timeout=60_000)
    expect(tiles.nth(1).locator(".badge")).to_have_text("Fault")
    expect(page.locator(".fleet-common")).to_contain_text("All 4 boards: Wi-Fi power saving is on.")
    fan = page.locator(".matrix tr", has_text="Fan").locator("td")
    assert sorted(fan.all_inner_texts()) == ["Fault", "OK", "OK", "OK"]
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 844})
    tiles.nth(1).get_by_role("link").click()
    expect(page.locator("#ui-header [data-slot=serial]")).to_have_text("1424024012346")
    expect(page.get_by_role("heading", level=1)).to_contain_text("found")
    expect(page.get_by_role("link", name="Live")).to_have_attribute("href", "/bays/board-2/live")
    page.get_by_role("link", name="Bench").click()
    core.devices[3].stop()
    expect(tiles.nth(3)).to_contain_text("Not connected")
    expect(tiles.nth(0)).to_contain_text("Connected")
    core.devices[3].start()
    expect(page.locator("[data-slot=summary]")).to_have_text("4 of 4 boards connected.")


def test_one_tile_is_checked_and_cancelled_by_keyboard(
    bench: tuple[str, startup.Core], open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{bench[0]}/bench")
    check = page.get_by_role("button", name="Check Demo board 3")
    check.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile").nth(2).locator(".badge")).to_have_text("Fault", timeout=60_000)
    page.locator(".tile").nth(2).get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ui-header [data-slot=serial]")).to_have_text("1424024012347")


BAD_CAMERA = {
    at: [[f"i2c {at} bound", f"i2c {at} unbound"], [f"imx477 {at}\n", "other\n"]]
    for at in ("9-001a", "10-001a")
}


def test_the_page_leads_a_swap_test_and_tells_what_the_fault_follows(
    bench: tuple[str, startup.Core], open_page: Callable[..., Page]
) -> None:
    url, core = bench
    board = core.devices[0]
    board.power_cycle({"camera-sensors": BAD_CAMERA["10-001a"]})
    core.bench.default.runner.run("camera-sensors")
    page = open_page(f"{url}/swap?bay=main&diagnostic=camera-sensors&item=imx477 at 10-001a", height=1000)
    expect(page.get_by_label("Camera sensors: imx477 at 10-001a")).to_be_checked()
    second = page.get_by_label("Second place")
    second.select_option("Demo board 4 (v3-demo-4 · 24012348)")
    shown = page.locator(".swap-fault").count()
    core.devices[2].power_cycle({"memory": [["MemAvailable:", "MemAvailable:       9000 kB\nOther:"]]})
    list(core.bench)[2].runner.run("memory")  # another board's fault comes meanwhile
    expect(page.locator(".swap-fault")).not_to_have_count(shown)
    expect(second.locator("option:checked")).to_have_text("Demo board 4 (v3-demo-4 · 24012348)")
    second.select_option("imx477 at 9-001a")
    page.get_by_label("What changes places").select_option("Cable")
    page.get_by_role("button", name="Begin").press("Enter")
    for swap, bad in enumerate(("9-001a", "10-001a", "9-001a"), 1):
        expect(page.get_by_role("heading", name=f"Swap {swap} of 3")).to_be_focused()
        expect(page.locator(".swap-steps li").first).to_contain_text("Switch the board off")
        if swap == 1:
            page.get_by_role("button", name="Swapped: read again").click()
            expect(page.get_by_role("alert")).to_contain_text("was not switched off since the last reading")
        board.power_cycle({"camera-sensors": BAD_CAMERA[bad]})
        page.get_by_role("button", name="Swapped: read again").press("Enter")
    expect(page.locator(".swap-verdict")).to_have_text("The fault follows the cable (3 of 3).")
    expect(page.locator(".swap-table tbody tr")).to_have_count(4)
    fits(page)


def test_one_board_has_no_bench_in_its_menu(tmp_path: Path) -> None:
    settings = Settings.model_validate({"v3_data_dir": tmp_path, "log_file": tmp_path / "log"})
    core = startup.start(settings, demo=1)
    try:
        page = create_web_app(core.settings, core.bench, demo=True).test_client().get("/").text
    finally:
        core.close()
    assert 'href="/bench"' not in page
    assert 'href="/live"' in page
