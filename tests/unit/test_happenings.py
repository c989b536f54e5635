"""A board's time line beside its runs: the link, swaps, and what people did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from utils.bench.happenings import Happenings
from utils.demo.echo_terminal import DEVICE
from utils.model.results import Device, LinkState, LinkStatus
from utils.store.history import History

OTHER = replace(DEVICE, serial="1424087654321", device_id="s-fedcba98765432100123")


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path / "history.db")
    made.prepare()
    yield made
    made.close()


def known(device_id: str) -> Device | None:
    return next((each for each in (DEVICE, OTHER) if each.device_id == device_id), None)


def status(state: LinkState, device: Device | None = None, last: Device | None = None) -> LinkStatus:
    error = {"code": "link-lost"} if state is LinkState.LOST else None
    return LinkStatus(state, "ubuntu@192.168.55.1", device=device, last_device=last, error=error)


def seen(history: History, device: Device) -> list[tuple[str, dict[str, object]]]:
    history._writer.close(5)
    found = history.look().happenings([device.device_id])
    return [(each.kind.value, dict(each.facts)) for each in reversed(found)]


def test_a_lost_link_and_a_swap_belong_to_their_boards(history: History) -> None:
    happenings = Happenings(history, "main", known)
    for each in (
        status(LinkState.CONNECTING),
        status(LinkState.CONNECTED, DEVICE),
        status(LinkState.CONNECTED, DEVICE),
        status(LinkState.LOST, None, DEVICE),
        status(LinkState.LOST, None, DEVICE),
        status(LinkState.CONNECTED, OTHER),
        status(LinkState.CLOSED, None, OTHER),
    ):
        happenings.link_changed(each)
    assert seen(history, DEVICE) == [("link-loss", {"error": {"code": "link-lost"}})]
    assert seen(history, OTHER) == [("swap", {"before": DEVICE.label, "before_id": DEVICE.device_id})]


def test_the_same_board_that_comes_back_is_no_swap(history: History) -> None:
    early = replace(DEVICE, serial="", device_id="k-of-its-host-key")
    happenings = Happenings(history, "main", lambda some: DEVICE if some == early.device_id else known(some))
    for each in (
        status(LinkState.CONNECTED, early), status(LinkState.CONNECTED, DEVICE),
        status(LinkState.LOST, None, DEVICE),
        status(LinkState.CONNECTED, replace(DEVICE, boot_id="another")),
    ):  # fmt: skip
        happenings.link_changed(each)
    assert [kind for kind, _ in seen(history, DEVICE)] == ["link-loss"]


def test_what_people_do_is_kept_with_who_and_when(history: History) -> None:
    happenings = Happenings(history, "main", known)
    happenings.link_changed(status(LinkState.CONNECTED, DEVICE))
    for action in ("trust", "recording", "run", "checkup", "login"):
        line = {"time": "2026-11-28T12:00:00.000Z", "who": "page 127.0.0.1", "action": action, "device": None}
        happenings.acted({**line, "bay": "main", "minutes": 5})
    assert seen(history, DEVICE) == [
        ("action", {"action": "trust", "minutes": 5}),
        ("recording", {"action": "recording", "minutes": 5}),
    ]
    found = history.look().happenings([DEVICE.device_id])[0]
    assert (found.origin.who, found.at, found.origin.bay) == (
        "page 127.0.0.1", "2026-11-28T12:00:00.000Z", "main",
    )  # fmt: skip


def test_an_action_belongs_to_the_board_that_it_was_about_or_to_nobody(history: History) -> None:
    """DEVICE is gone, OTHER shows its key and waits for a person."""
    happenings = Happenings(history, "main", known)
    happenings.link_changed(status(LinkState.CONNECTED, DEVICE))
    happenings.link_changed(status(LinkState.LOST, None, DEVICE))
    line = {"time": "2026-11-28T12:00:00.000Z", "who": "page 127.0.0.1", "device": None, "bay": "main"}
    happenings.acted({**line, "action": "trust", "fingerprint": OTHER.fingerprint})
    happenings.acted({**line, "action": "terminal-open", "device_id": OTHER.device_id})
    happenings.acted({**line, "action": "log-follow", "device_id": None})
    happenings.acted({**line, "action": "report", "device_id": "s-nobody-knows-this-one"})
    assert [kind for kind, _ in seen(history, DEVICE)] == ["link-loss"]
    assert seen(history, OTHER) == [("action", {"action": "terminal-open"})]
