"""Discovery, driven by a fake USB tree: which boards get bays, and which one is the bay of SSH_*."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_usb import RECOVERY, FakeUsb, Gadget
from tests.waiting import busy
from utils.bench import facts, startup
from utils.bench.places import USB_HOST
from utils.errors import TargetAmbiguous
from utils.laptop import interfaces, usb
from utils.link.request import Request
from utils.settings import HostKeyPolicy, Settings

A = Gadget(serial="1424100000001", nics={"v3a": "cdc_ncm"}, consoles=("ttyACM0",))
B = Gadget(serial="1424100000002", nics={"v3b": "cdc_ncm"}, consoles=("ttyACM1",))
C = Gadget(serial="1424100000003", nics={"v3c": "rndis_host", "v3d": "cdc_ncm"}, consoles=())


class Place:
    """A laptop with this USB tree; look() starts the program there, then looks again."""

    def __init__(self, folder: Path, tree: FakeUsb) -> None:
        self.folder, self.tree = folder, tree
        self.core: startup.Core | None = None

    def look(self, **settings: Any) -> list[str]:
        if self.core is None:
            given = {"v3_data_dir": self.folder, "ssh_password": "x", **settings}
            self.core = startup.start(Settings.model_validate(given))
        if self.core.discovery is not None:
            self.core.discovery.look()
        return [bay.id for bay in self.core.bench]

    def target(self, bay: str = "main") -> str:
        assert self.core is not None
        return str(self.core.bench.bay(bay).door.settings.target.shown)

    def facts(self, bay: str = "main") -> dict[str, Any]:
        assert self.core is not None
        return facts.facts(self.core.bench.bay(bay), self.core.bench)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    tree = FakeUsb(tmp_path / "sys")
    monkeypatch.setattr(usb, "SYSFS", tree.root)
    made = Place(tmp_path / "data", tree)
    (tmp_path / "data").mkdir(mode=0o700)
    yield made
    if made.core is not None:
        made.core.close()


def test_one_board_is_the_main_bay_and_there_is_no_other(place: Place) -> None:
    place.tree.plug("1-2.3", A)
    assert place.look() == ["main"]
    assert place.target() == "192.168.55.1%usb-1-2.3"
    shown = place.facts()
    assert (shown["usb_port"], shown["interface"]) == ("usb-1-2.3", "v3a")
    assert shown["usb"]["serial"] == A.serial
    assert shown["usb"]["consoles"] == ["ttyACM0"]


def test_a_board_that_comes_later_is_the_main_bay_too(place: Place) -> None:
    assert place.look() == ["main"]
    assert place.target() == "192.168.55.1"
    place.tree.plug("1-2", A)
    assert place.look() == ["main"]
    assert place.target() == "192.168.55.1%usb-1-2"


def test_a_second_board_gets_its_own_bay_and_never_becomes_main(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.look()
    place.tree.plug("1-1", B)
    assert place.look() == ["main", "usb-1-1"]
    place.tree.pull("1-2")
    assert place.look() == ["main", "usb-1-1"]
    assert place.target() == "192.168.55.1%usb-1-2", "main waits for its port"
    assert place.facts()["interface"] is None
    place.tree.plug("1-2", A)
    place.look()
    assert place.facts()["interface"] == "v3a"


def test_five_boards_are_five_bays_with_one_of_rndis_and_ncm(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.look()
    more = {"1-3": B, "1-4.1": C, "2-1": Gadget(serial="4444", nics={"v3e": "cdc_ncm"}), "1-6": RECOVERY}
    for port, gadget in more.items():
        place.tree.plug(port, gadget)
    assert sorted(place.look()) == [
        "main",
        "usb-1-3",
        "usb-1-4.1",
        "usb-1-6",
        "usb-2-1",
    ]  # it looks by itself, too
    assert place.facts("usb-1-4.1")["interface"] == "v3d"
    assert place.facts("usb-1-6")["usb"]["in_recovery"] is True
    assert place.facts("usb-2-1")["usb"]["controller"]["used"] > 12


def test_a_bay_stays_when_its_board_has_left(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.look()
    place.tree.plug("1-3", B)
    place.look()
    place.tree.pull("1-3")
    assert place.look() == ["main", "usb-1-3"]
    assert place.facts("usb-1-3")["usb"] is None


def test_two_candidates_and_none_chosen_answer_ambiguous_and_send_nothing(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    assert place.look() == ["main", "usb-1-2", "usb-1-3"]
    door = place.core.bench.default.door
    with pytest.raises(TargetAmbiguous) as caught:
        door.run("true", timeout=5)
    assert [each["usb_port"] for each in caught.value.details["boards"]] == ["usb-1-2", "usb-1-3"]
    for ask in (lambda: list(door.run_many([Request("true")])), lambda: door.open_terminal()):
        with pytest.raises(TargetAmbiguous):
            ask()
    status = door.status()
    assert (status.state.value, status.error["code"], status.logins) == ("blocked", "target-ambiguous", 0)
    rungs = door.ladder()
    assert (rungs[0].state.value, {each.state.value for each in rungs[1:]}) == ("broken", {"not reached"})


def test_whoever_pulls_all_but_one_has_chosen(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    place.look()
    place.tree.pull("1-3")
    assert place.look() == ["main", "usb-1-3"]
    assert place.target() == "192.168.55.1%usb-1-2"


def test_a_person_chooses_by_the_port(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    place.look()
    place.core.bench.default.door.set_credentials(host="192.168.55.1%usb-1-3")
    assert place.look() == ["main", "usb-1-2"]
    assert place.facts()["usb"]["serial"] == B.serial


@pytest.mark.parametrize("way", ["192.168.55.1%usb-1-3", "192.168.55.1%v3b", "fe80::1%v3b"])
def test_what_ssh_ip_names_is_main_and_has_no_second_bay(place: Place, way: str) -> None:
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    assert place.look(ssh_ip=way) == ["main", "usb-1-2"]
    assert place.target() == way
    assert place.facts()["usb_port"] == "usb-1-3"


@pytest.mark.parametrize("address", ["10.20.30.40", "board.example", "127.0.0.1", "192.168.55.7"])
def test_an_address_that_leads_elsewhere_takes_no_board(place: Place, address: str) -> None:
    place.tree.plug("1-2", A)
    assert place.look(ssh_ip=address) == ["main", "usb-1-2"]
    assert place.target() == address


def test_bench_toml_names_a_port_and_the_board_there_has_one_bay(place: Place) -> None:
    (place.folder / "bench.toml").write_text('[[bay]]\nid = "left"\nusb_port = "1-3"\nuser = "root"\n')
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    assert place.look() == ["main", "left"]
    assert place.target() == "192.168.55.1%usb-1-2", "the other one is left for SSH_IP"
    assert place.target("left") == "192.168.55.1%usb-1-3"


def test_where_bench_toml_names_each_board_ssh_ip_means_none_of_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is at SSH_IP, and the system's routes would choose."""
    named = "".join(f'[[bay]]\nid = "{name}"\nusb_port = "1-{name}"\n' for name in "23")
    (place.folder / "bench.toml").write_text(named)
    monkeypatch.setattr(interfaces, "is_near", lambda host, nic: host == USB_HOST)
    place.tree.plug("1-2", A)
    assert place.look() == ["main", "2", "3"]
    assert place.core is not None
    place.core.bench.bay("main").door.settle()  # it leads to one board alone
    place.tree.plug("1-3", B)
    with pytest.raises(TargetAmbiguous, match="could mean 2 boards"):
        place.core.bench.bay("main").door.run("true")


@pytest.mark.parametrize(
    "stranger", [Gadget(vendor="0bda", product="LAN"), Gadget(vendor="1d6b", product="Gadget")]
)
def test_other_network_devices_are_listed_and_never_contacted(place: Place, stranger: Gadget) -> None:
    place.tree.plug("1-5", stranger)
    assert place.look() == ["main"]
    assert place.target() == "192.168.55.1"
    assert [each["usb_port"] for each in facts.strangers()] == ["usb-1-5"]


def test_off_ends_it(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    assert place.look(v3_discover="off") == ["main"]
    assert place.target() == "192.168.55.1"


def test_one_board_in_recovery_is_no_second_bay(place: Place) -> None:
    place.tree.plug("1-2", RECOVERY)
    assert place.look() == ["main"]
    place.tree.pull("1-2")
    place.tree.plug("1-2", A)
    assert place.look() == ["main"]
    assert place.facts()["usb"]["serial"] == A.serial


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("trust-new", HostKeyPolicy.ASK), ("ask", HostKeyPolicy.ASK), ("strict", HostKeyPolicy.STRICT)],
)
def test_discovery_alone_sends_no_password_to_a_new_board(
    place: Place, policy: str, kept: HostKeyPolicy
) -> None:
    place.tree.plug("1-2", A)
    place.look(ssh_host_keys=policy)
    place.tree.plug("1-3", B)
    place.look()
    assert place.core.bench.bay("usb-1-3").door.settings.ssh_host_keys is kept
    assert place.core.bench.default.door.settings.ssh_host_keys == policy, "a person named that one"


def test_who_listens_is_told_when_the_picture_changes_and_only_then(place: Place) -> None:
    place.tree.plug("1-2", A)
    place.look()
    bus = place.core.bench.bus
    with bus.subscribe() as events:
        place.look()
        assert events.get(0.01) is None
        place.tree.plug("1-3", B)
        place.look()
        event = events.get(1)
        assert (event.kind, event.data["bays"]) == ("bays", ["main", "usb-1-3"])
        place.tree.pull("1-3")
        place.look()
        assert "bays" in [event.kind for event in iter(lambda: events.get(0.01), None)]


def test_a_port_without_a_board_says_what_is_there(place: Place) -> None:
    place.look(ssh_ip="192.168.55.1%usb-1-2", ssh_use_persistent=True)
    door = place.core.bench.default.door
    for gadget, word in ((None, "No board"), (RECOVERY, "flashed"), (Gadget(nics={}), "no network")):
        if gadget is not None:
            place.tree.plug("1-2", gadget)
        door.reset()
        with pytest.raises(Exception, match=word) as caught:
            door.run("true", timeout=10)
        assert caught.value.code == "unreachable"
        if gadget is not None:
            place.tree.pull("1-2")


@pytest.mark.parametrize("change", ["plug", "pull", "rename", "swap"])
def test_the_thread_notices_any_change_within_two_seconds(place: Place, change: str) -> None:
    place.tree.plug("1-2", A)
    place.tree.plug("1-3", B)
    place.look()
    assert place.core is not None
    with place.core.bench.bus.subscribe() as events:
        if change == "plug":
            place.tree.plug("1-4", C)
        elif change == "pull":
            place.tree.pull("1-3")
        elif change == "rename":
            place.tree.rename("1-3", "v3b", "enx3")
        else:
            place.tree.pull("1-2")
            place.tree.pull("1-3")
            place.tree.plug("1-2", Gadget(serial=B.serial, nics={"v3x": "cdc_ncm"}))
            place.tree.plug("1-3", Gadget(serial=A.serial, nics={"v3y": "cdc_ncm"}))
        kinds = []
        until = time.monotonic() + 2.0 * busy()
        while "bays" not in kinds and time.monotonic() < until:
            event = events.get(0.1)
            kinds += [event.kind] if event else []
    assert "bays" in kinds
