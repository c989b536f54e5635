"""Two boards' cards on one page, each with the state of its own bay: each answer in its own card only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from utils import ssh_interface
from utils.bench.bay import furnished
from utils.bench.runner import Runner
from utils.demo.device import DemoDevice
from utils.demo.machine import Machine
from utils.web import context

# The page's own start is left out; two copies of its body are mounted as a page of many boards would.
MOUNT = """async ([left, right]) => {
  const [{ BoardState }, { mount }, { mountFrame }, { startStream }] = await Promise.all(
    ["js/state.js", "checkup/mount.js", "js/frame.js", "js/stream.js"]
      .map((file) => import(`/static/${file}`)));
  const page = [...document.body.children].filter((node) => node.matches("header, .banners, main"));
  for (const bay of [left, right]) {
    const root = document.createElement("section");
    root.dataset.bay = bay;
    root.append(...page.map((node) => node.cloneNode(true)));
    document.body.append(root);
    const state = new BoardState(bay);
    mountFrame(root, state);
    mount(root, state);
    startStream(state, () => {});
  }
  page.forEach((node) => node.remove());
}"""


@pytest.fixture
def two(site: Site, tmp_path: Path) -> Iterator[Runner]:
    """The second bay, with a demo device of its own."""
    device = DemoDevice(tmp_path, machine=Machine(serial="1424024019999", hostname="v3-two"))
    device.start()
    bench = context(site.app).bench
    settings = context(site.app).settings.model_copy(update={"ssh_port": device.port})
    door = ssh_interface.Door(settings.model_copy)
    runner = Runner(door=door, catalogue=site.runner.catalogue, bus=bench.bus, audit=bench.audit, bay="two")
    bench.add(furnished(runner, door, tmp_path / "recordings"))
    yield runner
    bench.remove("two")
    device.stop()


def test_two_boards_on_one_page_share_nothing(
    site: Site, two: Runner, open_page: Callable[..., Page]
) -> None:
    page = open_page("about:blank")
    page.route("**/checkup/start.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(site.url)
    page.evaluate(MOUNT, ["main", "two"])
    left, right = page.locator("[data-bay=main]"), page.locator("[data-bay=two]")
    for card, name in ((left, "v3-demo"), (right, "v3-two")):
        expect(card.locator("[data-slot=name]")).to_have_text(name)
        expect(card.locator(".link-word")).to_have_text("Connected")
    left.locator("[data-row=memory] [data-slot=run]").click()
    expect(left.locator("[data-row=memory]")).to_have_attribute("data-verdict", "pass")
    expect(right.locator("[data-row=memory]")).to_have_attribute("data-verdict", "none")
    right.locator("[data-row=uptime] [data-slot=run]").click()
    expect(right.locator("[data-row=uptime]")).to_have_attribute("data-verdict", "info")
    expect(left.locator("[data-row=uptime]")).to_have_attribute("data-verdict", "none")
    assert {each.diagnostic for each in two.board.shown().values()} == {"uptime"}
    expect(left.locator("#ui-board-title")).to_have_text("No fault in the 1 check that ran")
    expect(right.locator("#ui-board-title")).to_have_text("Nothing that could be judged")
    right.locator("[data-part=search]").fill("no such words")
    expect(right.locator("[data-row=memory]")).to_be_hidden()
    expect(left.locator("[data-row=memory]")).to_be_visible()
    right.get_by_role("button", name=re.compile("^Run check-up")).click()
    expect(right.locator("#ui-board-title")).to_have_text(re.compile(r"^\d+ faults? found$"))
    expect(left.locator("#ui-board-title")).to_have_text("No fault in the 1 check that ran")
    assert left.locator("[data-row]:not([data-verdict=none])").count() == 1
    with page.expect_response(re.compile("/bays/two/state$")):
        learn_its_serial(two)
    expect(right.locator("[data-slot=name]")).to_have_text("v3-learned")
    expect(right.locator("[data-row][data-other]")).to_have_count(0)
    expect(right.locator("[data-row=uptime]")).to_have_attribute("data-verdict", "info")


def learn_its_serial(runner: Runner) -> None:
    """The board that is connected has another identity from now on; its earlier one is an alias."""
    status = runner.door.status()
    assert status.device
    before, learned = status.device.device_id, replace(status.device, device_id="s-1", hostname="v3-learned")
    door: Any = runner.door
    door.status = lambda: replace(status, device=learned)
    door.ids_of = lambda _: ("s-1", before)
    runner._link_changed(door.status())
