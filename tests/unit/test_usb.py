"""Boards on USB, read from folders that look like the kernel's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_usb import RECOVERY, FakeUsb, Gadget
from utils.laptop import usb, usb_budget

PORT = "usb-1-2.3"


@pytest.fixture
def tree(tmp_path: Path) -> FakeUsb:
    return FakeUsb(tmp_path)


def test_a_board_is_read_with_all_that_tells_it(tree: FakeUsb) -> None:
    tree.plug("1-2.3", Gadget(serial="1424", nics={"usb0": "cdc_ncm"}, consoles=("ttyACM3",), speed="5000"))
    (board,) = usb.boards(tree.root)
    assert (board.port, board.serial, board.product) == (PORT, "1424", "Linux for Tegra")
    assert (board.nics, board.ttys, board.speed, board.vendor) == (("usb0",), ("ttyACM3",), "5000", "NVIDIA")
    assert board.booted
    assert board.is_ours
    assert not board.in_recovery


@pytest.mark.parametrize(
    ("nics", "best"),
    [
        ({"usb0": "rndis_host", "usb1": "cdc_ncm"}, "usb1"),
        ({"usb0": "rndis_host", "usb1": "cdc_ether"}, "usb1"),
        ({"usb7": "cdc_ncm", "usb1": "rndis_host"}, "usb7"),
        ({"usb0": "rndis_host"}, "usb0"),
    ],
)
def test_a_board_with_two_networks_is_one_board_reached_by_the_better_one(
    tree: FakeUsb, nics: dict[str, str], best: str
) -> None:
    tree.plug("1-2.3", Gadget(nics=nics))
    assert len(usb.boards(tree.root)) == 1
    assert usb.nic_at(PORT, tree.root) == best


def test_the_other_network_is_taken_where_the_better_one_is_down(tree: FakeUsb) -> None:
    tree.plug("1-2.3", Gadget(nics={"usb0": "rndis_host", "usb1": "cdc_ncm"}))
    next(tree.bus.glob("1-2.3/*/net/usb1")).joinpath("operstate").write_text("down\n")
    assert usb.nic_at(PORT, tree.root) == "usb0"


def test_a_port_leads_to_what_is_there_now(tree: FakeUsb) -> None:
    assert usb.nic_at(PORT, tree.root) == ""
    tree.plug("1-2.3", Gadget(nics={"usb0": "cdc_ncm"}))
    tree.rename("1-2.3", "usb0", "enx00e04c")
    assert usb.nic_at(PORT, tree.root) == "enx00e04c"
    tree.pull("1-2.3")
    tree.plug("1-2.3", Gadget(serial="999999", nics={"usb4": "cdc_ncm"}))
    assert (usb.nic_at(PORT, tree.root), usb.board_at(PORT, tree.root).serial) == ("usb4", "999999")


def test_a_board_in_recovery_waits_to_be_flashed(tree: FakeUsb) -> None:
    tree.plug("1-2.3", RECOVERY)
    (board,) = usb.boards(tree.root)
    assert board.in_recovery
    assert board.is_ours
    assert board.name == "Orin NX 16 GB"
    assert usb.nic_at(PORT, tree.root) == ""


@pytest.mark.parametrize(
    "other",
    [
        Gadget(vendor="0bda", product="USB 10/100/1000 LAN", maker="Realtek"),
        Gadget(vendor="1d6b", product="Linux USB Ethernet/RNDIS Gadget"),
        Gadget(vendor="0955", product_id="7210", product="SHIELD Controller", nics={}, consoles=()),
    ],
)
def test_what_is_no_board_is_none(tree: FakeUsb, other: Gadget) -> None:
    tree.plug("1-4", other)
    assert [each for each in usb.boards(tree.root) if each.is_ours] == []
    listed = [each.product for each in usb.strangers(tree.root)]
    assert listed == ([other.product] if other.nics else [])


def test_ports_are_in_the_order_of_their_numbers(tree: FakeUsb) -> None:
    for number, port in enumerate(("1-10", "1-2", "2-1", "1-2.4.1", "1-2.3")):
        tree.plug(port, Gadget(nics={f"usb{number}": "cdc_ncm"}))
    found = [board.port for board in usb.boards(tree.root)]
    assert found == ["usb-1-2", "usb-1-2.3", "usb-1-2.4.1", "usb-1-10", "usb-2-1"]


@pytest.mark.parametrize("text", ["1-2.3", "usb-1-2.3"])
def test_a_port_has_one_name(text: str) -> None:
    assert usb.port_name(text) == PORT


@pytest.mark.parametrize(
    "text", ["", "usb0", "1", "1-", "1-2.", "usb-", "1-2.3.4.5.6.7.8", "../1-2", "1-2:1.0", "1-2\n", "٣-2"]
)
def test_what_is_no_port_is_none(text: str, tree: FakeUsb) -> None:
    assert usb.port_name(text) == ""
    assert usb.board_at(text, tree.root) is None


def test_where_there_is_no_bus_nobody_knows(tmp_path: Path) -> None:
    assert usb.boards(tmp_path) is None
    assert usb.strangers(tmp_path) == []


@pytest.mark.parametrize(("maker", "possible"), [("0x8086", 96), ("0x1b21", 64)])
def test_a_controller_counts_the_endpoints_of_all_its_ports(
    tmp_path: Path, maker: str, possible: int
) -> None:
    tree = FakeUsb(tmp_path, maker=maker)
    tree.plug("1-2.3", Gadget(nics={"usb0": "rndis_host", "usb1": "cdc_ncm"}))  # 3 functions: 9 and 1
    tree.plug("2-1", Gadget(nics={"usb2": "cdc_ncm"}, consoles=()))  # on the other hub: 3 and 1
    found = usb_budget.controller_of(PORT, tree.root)
    assert (found.name, found.used, found.possible) == ("0000:00:14.0", 14, possible)
    assert not found.is_full


def test_a_full_controller_is_called_full(tree: FakeUsb) -> None:
    for number in range(8):
        tree.plug(f"1-{number + 1}", Gadget(nics={f"a{number}": "rndis_host", f"b{number}": "cdc_ncm"}))
    assert not usb_budget.controller_of("usb-1-1", tree.root).is_full
    tree.plug("1-9", Gadget(nics={"a9": "rndis_host", "b9": "cdc_ncm"}))
    assert usb_budget.controller_of("usb-1-1", tree.root).is_full


def test_nobody_knows_the_controller_of_a_port_that_is_not_there(tree: FakeUsb) -> None:
    assert usb_budget.controller_of("usb-7-1", tree.root) is None
