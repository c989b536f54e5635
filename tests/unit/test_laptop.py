"""The laptop's rungs of the connection ladder: made-up sysfs folders and answers of the ip tool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from utils.laptop import names, usb
from utils.laptop.iptool import IpAnswer, run_ip
from utils.laptop.network import Laptop, LaptopRungs
from utils.model.results import RungState
from utils.model.target import Target

HOST = "192.168.55.1"
OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN
NOT_CHECKED, NOT_REACHED = RungState.NOT_CHECKED, RungState.NOT_REACHED


class Sysfs:
    """A folder that looks like /sys."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bus = root / "bus/usb/devices"

    def plug(
        self, port: str, product_id: str, product: str = "", *, nics: tuple[str, ...] = (),
        vendor: str = "0955", serial: str = "1423224123456", tty: str = "",
    ) -> None:  # fmt: skip
        device = self.bus / port
        device.mkdir(parents=True)
        values = {
            "idVendor": vendor,
            "idProduct": product_id,
            "product": product,
            "serial": serial,
            "speed": "480",
        }
        for name, value in values.items():
            (device / name).write_text(f"{value}\n")
        for number, nic in enumerate(nics):
            (device / f"{port}:1.{number}" / "net" / nic).mkdir(parents=True)
        if tty:
            (device / f"{port}:1.9" / "tty" / tty).mkdir(parents=True)


@pytest.fixture
def sysfs(tmp_path: Path) -> Sysfs:
    made = Sysfs(tmp_path)
    made.bus.mkdir(parents=True)
    made.plug("usb1", "0002", "xHCI Host Controller", vendor="1d6b")
    return made


def interface(name: str, address: str, prefix: int = 24, *, carrier: bool = True) -> dict[str, Any]:
    flags = ["BROADCAST", "UP", "LOWER_UP"] if carrier else ["NO-CARRIER", "BROADCAST", "UP"]
    return {"ifname": name, "flags": flags, "addr_info": [{"local": address, "prefixlen": prefix}]}


LAN = interface("enp3s0", "10.1.2.3")
BY_USB: list[dict[str, Any]] = [{"dst": HOST, "dev": "usb0", "prefsrc": "192.168.55.100"}]
BY_LAN: list[dict[str, Any]] = [{"dst": HOST, "gateway": "10.1.2.1", "dev": "enp3s0"}]


def fake_ip(addresses: list[dict[str, Any]], route: list[dict[str, Any]] | str) -> Callable[..., IpAnswer]:
    def ip(*arguments: str) -> IpAnswer:
        if arguments == ("addr",):
            return IpAnswer(True, tuple(addresses))
        assert arguments[:2] == ("route", "get")
        return IpAnswer(True, error=route) if isinstance(route, str) else IpAnswer(True, tuple(route))

    return ip


def look(sysfs: Sysfs, addresses: list[dict[str, Any]], route: Any = BY_USB, host: str = HOST) -> LaptopRungs:
    return Laptop(sysfs=sysfs.root, ip=fake_ip(addresses, route), platform="linux").look(Target(host))


def states(seen: LaptopRungs) -> list[RungState]:
    return [rung.state for rung in seen.rungs]


def test_a_board_that_booted_is_seen_with_all_that_tells_it(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0",), tty="ttyACM0")
    seen = look(sysfs, [LAN, interface("usb0", "192.168.55.100")])
    assert states(seen) == [OK, OK, OK]
    for words in ("Linux for Tegra", "1423224123456", "480 Mbit/s", "network usb0", "/dev/ttyACM0"):
        assert words in seen.rungs[0].seen
    assert "usb0 has 192.168.55.100/24" in seen.rungs[1].seen
    assert "By usb0" in seen.rungs[2].seen
    assert not seen.final
    assert all(rung.duration_s is not None for rung in seen.rungs)


@pytest.mark.parametrize(
    ("product_id", "name"), [("7323", "Orin NX 16 GB"), ("7e19", "Xavier NX"), ("7fff", "APX")]
)
def test_force_recovery_is_recognised_and_stops_there(sysfs: Sysfs, product_id: str, name: str) -> None:
    sysfs.plug("1-2", product_id, "APX", serial="")
    seen = look(sysfs, [LAN], BY_LAN)
    assert seen.rungs[0].state is BROKEN
    assert name in seen.rungs[0].seen
    assert "recovery" in seen.rungs[0].seen
    assert "jumper" in seen.rungs[0].next_step
    assert not seen.final, "a device that answers all the same proves it wrong"


def test_recovery_mode_beside_a_booted_board_is_a_note(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0",))
    sysfs.plug("1-3", "7323", "APX")
    assert states(look(sysfs, [interface("usb0", "192.168.55.100")])) == [NOTE, OK, OK]


def test_two_boards_at_one_address_are_named(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0",), serial="1111111")
    sysfs.plug("1-3", "7020", "Linux for Tegra", nics=("usb1",), serial="2222222")
    seen = look(sysfs, [interface("usb0", "192.168.55.100"), interface("usb1", "192.168.55.100")])
    assert states(seen) == [NOTE, OK, NOTE]
    assert "1111111" in seen.rungs[0].seen
    assert "2222222" in seen.rungs[0].seen
    assert "usb1" in seen.rungs[2].seen


def test_no_board_on_usb_stops_there_with_what_to_check(sysfs: Sysfs) -> None:
    sysfs.plug("1-1", "0007", "Stereo controller")  # of the same vendor, and no board
    seen = look(sysfs, [LAN], BY_LAN)
    assert states(seen) == [BROKEN, BROKEN, NOT_REACHED]
    assert "Stereo controller" in seen.rungs[0].seen
    assert "cable that carries data" in seen.rungs[0].next_step


def test_a_device_in_another_network_needs_no_usb(sysfs: Sysfs) -> None:
    seen = look(sysfs, [LAN], [{"dst": "10.9.0.7", "gateway": "10.1.2.1", "dev": "enp3s0"}], "10.9.0.7")
    assert states(seen) == [NOT_CHECKED, OK, OK]
    assert "router 10.1.2.1" in seen.rungs[2].seen


def test_a_device_on_this_computer_has_no_cable(sysfs: Sysfs) -> None:
    def never(*_: str) -> IpAnswer:
        raise AssertionError("the ip tool is of no use here")

    seen = Laptop(sysfs=sysfs.root, ip=never, platform="linux").look(Target("127.0.0.1"))
    assert states(seen) == [NOT_CHECKED, OK, OK]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_where_usb_cannot_be_looked_at_it_says_so(tmp_path: Path, platform: str) -> None:
    ip = fake_ip([interface("usb0", "192.168.55.100")], BY_USB)
    seen = Laptop(sysfs=tmp_path, ip=ip, platform=platform).look(Target(HOST))
    assert states(seen) == [NOT_CHECKED, OK, OK]
    assert ("Linux" in seen.rungs[0].seen) == (platform != "linux")


def test_the_boards_network_without_an_address_is_named(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("enx0a1b",))
    seen = look(sysfs, [LAN, {"ifname": "enx0a1b", "flags": ["UP", "LOWER_UP"], "addr_info": []}], BY_LAN)
    assert states(seen) == [OK, BROKEN, NOT_REACHED]
    assert "enx0a1b" in seen.rungs[1].seen
    assert "192.168.55.100" in seen.rungs[1].next_step


def test_no_carrier_and_our_own_address_are_named(sysfs: Sysfs) -> None:
    unplugged = look(sysfs, [interface("usb0", "192.168.55.100", carrier=False)])
    assert unplugged.rungs[1].state is BROKEN
    assert "no carrier" in unplugged.rungs[1].seen
    ours = look(sysfs, [interface("br0", HOST)], [{"type": "local", "dst": HOST, "dev": "lo"}])
    assert ours.rungs[1].state is BROKEN
    assert "own address, on br0" in ours.rungs[1].seen


def test_a_subnet_clash_is_final_and_names_both_interfaces(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0",))
    both = [interface("enp3s0", "192.168.55.20"), interface("usb0", "192.168.55.100")]
    seen = look(sysfs, both, [{"dst": HOST, "dev": "enp3s0"}])
    assert states(seen) == [OK, OK, BROKEN]
    assert seen.final
    assert "leave through enp3s0" in seen.rungs[2].seen
    assert "the board is on usb0" in seen.rungs[2].seen
    assert f"ip route add {HOST}/32 dev usb0" in seen.rungs[2].next_step
    rightly = look(sysfs, both)
    assert states(rightly) == [OK, OK, NOTE]
    assert "enp3s0" in rightly.rungs[2].seen
    assert not rightly.final


def test_two_networks_of_one_board_are_no_clash(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0", "usb1"))
    seen = look(sysfs, [interface("usb0", "192.168.55.100"), interface("usb1", "192.168.55.101")])
    assert states(seen) == [OK, OK, NOTE]
    assert "same board" in seen.rungs[2].seen


def test_no_route_is_told_in_the_kernels_words(sysfs: Sysfs) -> None:
    seen = look(sysfs, [LAN], "RTNETLINK answers: Network is unreachable", "10.9.0.7")
    assert seen.rungs[2].state is BROKEN
    assert "Network is unreachable" in seen.rungs[2].seen


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("192.168.55.100", [OK, NOT_CHECKED]),
        ("10.1.2.3", [BROKEN, NOT_REACHED]),
        (None, [BROKEN, NOT_REACHED]),
        (HOST, [BROKEN, NOT_REACHED]),
    ],
)
def test_without_the_ip_tool_the_own_address_towards_there_decides(
    tmp_path: Path, source: str | None, expected: list[RungState]
) -> None:
    laptop = Laptop(sysfs=tmp_path, ip=lambda *_: IpAnswer(False), source=lambda _: source, platform="darwin")
    assert states(laptop.look(Target(HOST)))[1:] == expected


def test_a_name_nobody_knows_stops_at_the_address(sysfs: Sysfs) -> None:
    for error, words in ((names.Unknown(), "is not known here"), (names.NoNameServer(), "do not answer")):

        def fails(host: str, error: OSError = error) -> list[str]:
            raise error

        seen = Laptop(sysfs=sysfs.root, names=fails, platform="linux").look(Target("no-such-board"))
        assert seen.rungs[1].state is BROKEN
        assert "no-such-board" in seen.rungs[1].seen
        assert words in seen.rungs[1].seen


def test_odd_rows_of_the_ip_tool_are_left_out(sysfs: Sysfs) -> None:
    odd = [
        {},
        {"ifname": "x", "addr_info": [{"local": "nonsense", "prefixlen": 24}, {}]},
        {"addr_info": None},
    ]
    seen = look(sysfs, [*odd, interface("usb0", "192.168.55.100")])
    assert seen.rungs[1].state is OK
    assert look(sysfs, odd, []).rungs[1].state is BROKEN


def test_what_a_board_calls_itself_cannot_reach_the_terminal(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "evil\x1b[31m", nics=("usb0",))
    (sysfs.bus / "1-2/serial").write_bytes(b"\xff\x00\x07")
    found = usb.boards(sysfs.root)
    assert found is not None
    assert str(found[0]).isprintable()


def test_the_real_ip_tool_is_understood_where_there_is_one() -> None:
    told = run_ip("addr")
    if not told.usable:
        pytest.skip("there is no ip tool with JSON here")
    assert any(row.get("ifname") == "lo" for row in told.rows)
    assert run_ip("nonsense").usable is False


# -- a target that names its interface -----------------------------------------------------------------

BOTH = [interface("usb0", "192.168.55.100"), interface("usb1", "192.168.55.100")]


def look_by(sysfs: Sysfs, addresses: list[dict[str, Any]], host: str, name: str) -> LaptopRungs:
    never = "the route table has no say"
    return Laptop(sysfs=sysfs.root, ip=fake_ip(addresses, never), platform="linux").look(
        Target(host, interface=name)
    )


def six(name: str, **more: Any) -> dict[str, Any]:
    row = interface(name, "fe80::2", 64)
    row["addr_info"][0] |= more
    return row


def test_of_two_boards_the_one_behind_the_named_interface_is_meant(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0",), serial="1111111")
    sysfs.plug("1-3", "7020", "Linux for Tegra", nics=("usb1",), serial="2222222")
    seen = look_by(sysfs, BOTH, HOST, "usb1")
    assert seen.rungs[0].state is OK
    assert "2222222" in seen.rungs[0].seen
    assert "1111111" not in seen.rungs[0].seen
    assert "By usb1" in seen.rungs[2].seen
    unnamed = look(sysfs, BOTH)
    assert "SSH_IP=fe80::1%usb0" in unnamed.rungs[0].next_step


@pytest.mark.parametrize(
    ("host", "addresses", "words"),
    [
        (HOST, [interface("usb1", "192.168.55.100")], "usb0 is not there"),
        (HOST, [interface("usb0", "192.168.55.100", carrier=False)], "no carrier"),
        (HOST, [six("usb0")], "no IPv4 address yet"),
        ("fe80::1", [interface("usb0", "192.168.55.100")], "IPv6 is off there"),
        ("fe80::1", [six("usb0", tentative=True)], "tentative"),
        ("fe80::1", [six("usb0", dadfailed=True)], "in use twice"),
        (HOST, [interface("usb0", "192.168.55.100"), interface("br0", HOST)], "own address, on br0"),
    ],
)
def test_what_is_wrong_with_the_named_interface_is_told(
    sysfs: Sysfs, host: str, addresses: list[dict[str, Any]], words: str
) -> None:
    seen = look_by(sysfs, addresses, host, "usb0")
    assert seen.rungs[1].state is BROKEN
    assert words in seen.rungs[1].seen
    assert seen.rungs[1].next_step
    assert seen.rungs[2].state is NOT_REACHED


def test_a_link_local_board_behind_its_interface_is_all_well(sysfs: Sysfs) -> None:
    sysfs.plug("1-2", "7020", "Linux for Tegra", nics=("usb0",))
    assert states(look_by(sysfs, [six("usb0")], "fe80::1", "usb0")) == [OK, OK, OK]


def test_an_address_of_another_network_behind_the_interface_is_a_note(sysfs: Sysfs) -> None:
    seen = look_by(sysfs, [interface("usb0", "169.254.3.4", 16)], HOST, "usb0")
    assert seen.rungs[1].state is NOTE
