"""The laptop's rungs with the real ip tool, in a network namespace of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from utils.settings import PROJECT

LOOK = """
import json, sys
from pathlib import Path
from utils.laptop.network import Laptop
from utils.model.target import Target
seen = Laptop(sysfs=Path(sys.argv[1]), platform="linux").look(Target(*sys.argv[2:]))
print(json.dumps({"final": seen.final, "rungs": {each.id: [each.state, each.seen] for each in seen.rungs}}))
"""
UP = (
    "ip link add {0} type veth peer name {0}p && ip link set {0}p up && ip link set {0} up && "
    "ip addr add {1}/24 dev {0}"
)


def looked(sysfs: Path, *commands: str, interface: str = "") -> dict[str, object]:
    script = " && ".join(["ip link set lo up", *commands, 'exec "$0" -c "$1" "$2" 192.168.55.1 22 "" "$3"'])
    argv = ["unshare", "-n", "sh", "-c", script, sys.executable, LOOK, str(sysfs), interface]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    if "unshare" in done.stderr or "Unknown device type" in done.stderr:
        pytest.skip(f"no network namespaces here: {done.stderr.strip()[:200]}")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    device = tmp_path / "bus/usb/devices/1-2"
    (device / "1-2:1.0/net/usb7").mkdir(parents=True)
    for name, value in {"idVendor": "0955", "idProduct": "7020", "product": "Linux for Tegra"}.items():
        (device / name).write_text(f"{value}\n")
    return tmp_path


def test_the_boards_own_interface_is_the_way(sysfs: Path) -> None:
    found = looked(sysfs, UP.format("usb7", "192.168.55.100"))
    assert [state for state, _ in found["rungs"].values()] == ["ok", "ok", "ok"]
    assert found["rungs"]["route"][1] == "By usb7."


def test_another_interface_that_takes_the_packets_is_a_clash(sysfs: Path) -> None:
    found = looked(sysfs, UP.format("lan7", "192.168.55.20"), UP.format("usb7", "192.168.55.100"))
    assert found["final"] is True
    state, seen = found["rungs"]["route"]
    assert state == "broken"
    assert "leave through lan7, but the board is on usb7" in seen
    rightly = looked(sysfs, UP.format("usb7", "192.168.55.100"), UP.format("lan7", "192.168.55.20"))
    assert rightly["rungs"]["route"][0] == "note"


def test_without_any_interface_it_stops_at_the_address(sysfs: Path) -> None:
    found = looked(sysfs)
    assert found["rungs"]["address"][0] == "broken"
    assert "usb7" in found["rungs"]["address"][1]
    assert found["rungs"]["route"][0] == "not reached"


def test_a_named_interface_is_the_way_whatever_the_routes_say(sysfs: Path) -> None:
    both = (UP.format("lan7", "192.168.55.20"), UP.format("usb7", "192.168.55.100"))
    loose = "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/usb7/rp_filter"
    found = looked(sysfs, *both, loose, interface="usb7")
    assert [state for state, _ in found["rungs"].values()] == ["ok", "ok", "ok"]
    assert found["final"] is False
    strict = looked(sysfs, *both, "echo 1 > /proc/sys/net/ipv4/conf/usb7/rp_filter", interface="usb7")
    assert strict["rungs"]["route"][0] == "note"
    assert "rp_filter is 1" in strict["rungs"]["route"][1]
    missing = looked(sysfs, *both, interface="usb9")
    assert missing["rungs"]["address"] == ["broken", "The interface usb9 is not there."]
