"""The laptop's rungs of the ladder for a board at a USB port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake_usb import RECOVERY, FakeUsb, Gadget
from utils.laptop import chosen
from utils.laptop.iptool import IpAnswer
from utils.laptop.network import Laptop, LaptopRungs
from utils.model.results import RungState
from utils.model.target import Target

OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN
NOT_REACHED = RungState.NOT_REACHED
AT = Target("192.168.55.1", interface="usb-1-2")
SIX = {"local": "fe80::abcd", "prefixlen": 64}
FOUR = {"local": "192.168.55.100", "prefixlen": 24}
FULL = "6,1,2,-;usb 1-2: Not enough host controller resources for new device state.\n"


@pytest.fixture
def tree(tmp_path: Path) -> FakeUsb:
    return FakeUsb(tmp_path)


def look(tree: FakeUsb, *addresses: dict[str, Any], log: str = "") -> LaptopRungs:
    row = {"ifname": "v3a", "flags": ["UP", "LOWER_UP"], "addr_info": list(addresses)}
    told = IpAnswer(True, (row,))
    laptop = Laptop(sysfs=tree.root, ip=lambda *_: told, platform="linux", kernel_log=lambda: log)
    return laptop.look(AT)


def states(seen: LaptopRungs) -> list[RungState]:
    return [each.state for each in seen.rungs]


A = Gadget(nics={"v3a": "cdc_ncm"})


def test_a_board_at_its_port_holds_all_three(tree: FakeUsb) -> None:
    tree.plug("1-2", A)
    seen = look(tree, SIX, FOUR)
    assert states(seen) == [OK, OK, OK]
    assert "of about 96 endpoints" in seen.rungs[0].seen


def test_ipv6_off_is_a_note_while_the_ipv4_address_leads_there(tree: FakeUsb) -> None:
    tree.plug("1-2", A)
    seen = look(tree, FOUR)
    assert states(seen)[:2] == [OK, NOTE]
    assert "IPv6 is off" in seen.rungs[1].seen
    assert "disable_ipv6" in seen.rungs[1].next_step


def test_neither_address_is_broken_there(tree: FakeUsb) -> None:
    tree.plug("1-2", A)
    assert states(look(tree))[1] is BROKEN


def test_a_tentative_address_is_named(tree: FakeUsb) -> None:
    tree.plug("1-2", A)
    seen = look(tree, {**SIX, "tentative": True}, FOUR)
    assert seen.rungs[1].state is NOTE
    assert "tentative" in seen.rungs[1].seen


@pytest.mark.parametrize(
    ("gadget", "word"),
    [(None, "No board is at usb-1-2"), (RECOVERY, "flashed"), (Gadget(nics={}), "no network interface")],
)
def test_the_port_says_what_is_missing(tree: FakeUsb, gadget: Gadget | None, word: str) -> None:
    if gadget is not None:
        tree.plug("1-2", gadget)
    seen = look(tree)
    assert states(seen) == [BROKEN, NOT_REACHED, NOT_REACHED]
    assert word in seen.rungs[0].seen
    assert not seen.final


def test_other_boards_are_named_where_this_one_is_missing(tree: FakeUsb) -> None:
    tree.plug("1-7", A)
    assert "usb-1-7" in look(tree).rungs[0].seen


@pytest.mark.parametrize("plugged", [False, True])
def test_a_full_controller_is_told_by_the_kernels_words(tree: FakeUsb, plugged: bool) -> None:
    if plugged:
        tree.plug("1-2", Gadget(nics={}))
        (tree.bus / "1-2/bConfigurationValue").write_text("")
    seen = look(tree, log=FULL)
    assert seen.rungs[0].state is BROKEN
    assert "Not enough host controller resources" in seen.rungs[0].seen
    assert "another USB controller" in seen.rungs[0].next_step


def test_the_kernels_words_about_another_port_are_not_this_ones(tree: FakeUsb) -> None:
    assert "No board" in look(tree, log=FULL.replace("1-2:", "1-3:")).rungs[0].seen


@pytest.mark.parametrize(("members", "state"), [(["v3a"], NOTE), (["v3a", "v3b"], BROKEN)])
def test_a_bridged_interface_is_named(tree: FakeUsb, members: list[str], state: RungState) -> None:
    tree.plug("1-2", A)
    tree.plug("1-3", Gadget(nics={"v3b": "cdc_ncm"}))
    net = tree.root / "class/net"
    (net / "br0").mkdir()
    for name in members:
        (net / name / "brport").mkdir(parents=True)
        (net / name / "brport/bridge").symlink_to(net / "br0")
    seen = look(tree, SIX, FOUR)
    assert seen.rungs[2].state is state
    assert "br0" in seen.rungs[2].seen
    assert "nomaster" in seen.rungs[2].next_step
    assert chosen.bridged("v3c", ["v3a"], tree.root) is None
