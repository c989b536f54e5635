"""A board of another bench in a real browser: Lab, and Live, Logs and Terminal through its bench."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.site import PLANTED, SLOW, Site, fits, violations
from tests.browser.test_terminal_page import opened, run
from tests.ports import HOST, free_port
from tests.waiting import wait_until
from tests.web.conftest import web_app
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.lab import server
from utils.lab.hub import Hub
from utils.lab.joining import Membership
from utils.lab.station import Station
from utils.settings import Settings
from utils.store.history import History
from utils.web import context
from utils.web.server import make_server, port_of

pytestmark = pytest.mark.browser


class Lab:
    """A hub with its page, and the site as its only bench."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.site, self.history = site, History(folder / "history.db")
        self.hub = Hub(folder / "hub", f"{HOST}:{free_port()}", self.history)
        self.hub.start()
        self.invitation = self.hub.register.invite("bench-3", self.hub.address)
        server.reload(self.hub.folder)
        self.runner = Runner(door=LocalDoor(None), history=self.history)
        settings = Settings(v3_data_dir=folder / "page", log_file=folder / "hub.log", v3_port=0)
        app = web_app(settings, self.runner)
        app.extensions["v3-lab"] = Membership(hub=self.hub)
        self._server = make_server(app, settings)
        threading.Thread(target=self._server.run, daemon=True).start()
        self.url = f"http://{HOST}:{port_of(self._server)}/"
        self.station = self.join()

    def join(self) -> Station:
        station = Station(context(self.site.app).bench, self.invitation, self.site.app.wsgi_app)
        station.start()
        assert wait_until(lambda: self.hub.benches()[0].here, 75)
        return station

    def close(self) -> None:
        self.station.close()
        self.runner.bus.close()
        self._server.task_dispatcher.shutdown(timeout=2)
        self._server.close()
        self.hub.close()
        self.runner.close()
        self.history.close()


@pytest.fixture(scope="module")
def lab(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), site)
    yield made
    made.close()


def test_live_logs_and_terminal_of_a_board_through_its_bench(
    lab: Lab, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{lab.url}lab")
    begun_as_a_campaign(page)
    page.goto(f"{lab.url}lab")
    row = page.locator(".lab-bench li", has_text="v3-demo")
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    checked_as_at_its_bench(lab, page, row)
    row.get_by_role("link", name="Live").click()
    expect(page.locator("[data-chart=cpu] .chart-now").first).to_have_text(re.compile(r"^[0-9.]+$"))
    expect(page.locator(".link-word")).to_have_text("Connected")
    expect(page.locator("[data-part=read-only]")).to_contain_text("This board is at bench-3")
    expect(page.locator("#ui-reset")).to_be_hidden()
    page.get_by_role("link", name="Logs").click()
    expect(page.locator("#ui-state [data-slot=text]")).to_contain_text("Following: Kernel log")
    expect(page.locator(".log-row:not(.log-mark)").first).to_be_visible()
    page.get_by_role("link", name="Terminal").click()
    sampler = context(lab.site.app).bench.default.sampler
    assert wait_until(lambda: sampler.described()["state"] != "on")  # its last looker left
    shown = opened(page)
    run(page, "echo through the lab")
    expect(shown).to_contain_text("echo through the labthrough the lab")  # typed, then answered


def checked_as_at_its_bench(lab: Lab, page: Page, row: Locator) -> None:
    """The board's dashboard, called for from it; back at Lab."""
    row.get_by_role("link", name="Check-up").click()
    page.get_by_role("button", name="Run check-up").click()
    title = page.get_by_role("heading", level=1)
    expect(page.locator("#ui-progress p")).to_contain_text("of 1")
    expect(title).to_have_text(re.compile(r"^\d faults found$"))
    expect(page.locator(f"#{PLANTED} .badge")).to_have_text("Fault")
    page.locator(f"#{PLANTED} summary").click()
    expect(page.locator(f"#{PLANTED} .output").first).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    assert violations(page, "#ui-board") == ""
    its_rest_is_called_for_as_well(page, lab)
    page.get_by_role("link", name="Lab").click()


def its_rest_is_called_for_as_well(page: Page, lab: Lab) -> None:
    """A check-up of one diagnostic that answers and one that takes long, which is cancelled."""
    others = page.get_by_role("button", name="Run the other 1", exact=True)
    lab.site.runner.start_checkup([PLANTED, SLOW.id])
    expect(page.locator("#ui-progress p")).to_contain_text("1 of 2")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Cancelled: 1 of 2"))
    expect(others).to_be_visible()
    assert violations(page, "#ui-board") == ""
    with page.expect_request("**/api/v1/lab/checkups") as called:
        others.click()
    assert called.value.post_data_json["diagnostics"] == [SLOW.id]
    expect(page.locator("#ui-notices")).to_contain_text(SLOW.id)  # it disturbs: no hub may run it


def waited_for_and_cancelled(page: Page) -> None:
    """The button of a board that is gone, and the list that it makes."""
    page.get_by_role("button", name="when it comes back").first.click()
    waits = page.locator(".lab-bench ol li")
    expect(waits).to_contain_text("Waits for the board.")
    assert violations(page) == ""
    waits.get_by_role("button", name="Do not wait").click()
    expect(waits).to_contain_text("Cancelled. Nothing ran.")


def begun_as_a_campaign(page: Page) -> None:
    """From the page Lab to a campaign that is through. This bench keeps no history: no record, no link."""
    page.get_by_role("link", name="Campaigns").click()
    expect(page.locator("[data-slot=boards-title]")).to_have_text("Boards: 1")
    page.get_by_label("What is done").select_option("diagnostics")
    page.get_by_label("Which diagnostics").select_option("identity")
    fits(page)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("[data-slot=state]")).to_have_text("Finished.")
    expect(page.get_by_role("button", name="Go on anyway")).to_be_hidden()
    piece = page.locator(".campaign-piece")
    expect(piece).to_contain_text("at bench-3, main")
    fits(page)
    expect(piece.get_by_role("link")).to_have_count(0)


def test_a_bench_that_is_lost_is_said_and_its_page_goes_on_when_it_is_back(
    lab: Lab, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{lab.url}bays/bench-3:main/live", quiet=True)  # it complains of each 503
    expect(page.locator(".link-word")).to_have_text("Connected")
    lab.station.close()
    waited_for_and_cancelled(open_page(f"{lab.url}lab"))
    expect(page.locator("#ui-stream")).to_contain_text("The bench of this board is not connected to the hub.")
    expect(page.locator(".link-word")).to_have_text("Page not live")
    lab.station = lab.join()
    expect(page.locator("#ui-stream")).to_be_hidden()
    expect(page.locator(".link-word")).to_have_text("Connected")


def in_every_state(real: dict[str, Any]) -> dict[str, Any]:
    """The lab of this answer, with benches and boards in states that take a real lab days."""
    bench = real["benches"][0]
    bay = bench["bays"][0]
    refused = {
        "call": "c1", "bench": "bench-1", "bay": "b", "device_id": "s-b-0001", "at": "2026-11-29T01:00:00Z",
        "state": "refused", "answer": "busy", "told": "The board is being checked already.", "checkup": None,
        "verdict": None,
    }  # fmt: skip
    bays = [
        {**bay, "id": "a", "running": "k1", "done": 3, "total": 104},
        {**bay, "id": "b", "verdict": "fail", "badge": {"icon": "fail", "word": "Fault"}, "call": refused},
        {**bay, "id": "c", "board": None, "device_id": None, "verdict": None},
        {**bay, "id": "d", "board": "a board with a very long name that somebody gave it all the same"},
    ]
    away = {**bench, "id": "bench-2", "here": False, "waiting": 3, "parked": 1, "clock_offset_s": -4.0}
    never = {**bench, "id": "bench-9", "here": False, "heard": None, "program": None, "bays": []}
    benches = [{**bench, "bays": bays}, away, never]
    return {**real, "benches": benches, "order": [each["id"] for each in benches]}


def test_benches_in_every_state_are_shown_to_everybody(lab: Lab, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{lab.url}lab")
    expect(page.get_by_text("1 of 1 bench connected, 1 board.")).to_be_visible()
    shown = in_every_state(page.request.get(f"{lab.url}api/v1/lab").json())

    def told(route: Route) -> None:
        route.fulfill(json=shown)

    page.route("**/api/v1/lab?since=*", told)
    expect(page.get_by_text("1 of 3 benches connected, 3 boards.")).to_be_visible()
    expect(page.get_by_text("3 of 104 checked")).to_be_visible()
    fits(page)
