"""Binding to an interface, as any user and by its index, in a network namespace of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from utils.settings import PROJECT

# As nobody: what is bound goes out by that interface alone, whatever the routes say.
BOUND = """
import json, os, socket
from utils.laptop import interfaces
from utils.laptop.cable import carrier_of, has_carrier, way_to
from utils.model.target import Target
os.setgroups([]), os.setgid(65534), os.setuid(65534)
told = {}
for name in ("v3a", "v3b"):
    sock, address = interfaces.socket_to("192.168.55.1", 9, name, socket.SOCK_DGRAM)
    sock.connect(address)
    told[name] = [interfaces.bound_to(sock), sock.getsockname()[0], has_carrier(carrier_of(sock))]
    told[name + " six"] = way_to(Target("fe80::1", 9, interface=name))
plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
plain.connect(("192.168.55.1", 9))
told["unbound"] = carrier_of(plain) is None
try:
    interfaces.socket_to("192.168.55.1", 9, "v3c")
except interfaces.NotThere as exc:
    told["missing"] = exc.name
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.connect(("2001:db8:7::1", 9))
told["unbound six"] = carrier_of(six) is not None and has_carrier(carrier_of(six))
told["loopback"] = way_to(Target("127.0.0.1", 9))
print(json.dumps(told))
"""
PAIR = (
    "ip link add {0} type veth peer name {0}p && ip link set {0}p up && ip link set {0} up && "
    "ip addr add 192.168.55.100/24 dev {0}"
)


def test_a_user_without_rights_binds_to_either_of_two_interfaces_of_one_address() -> None:
    quiet = "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad"
    pairs = " && ".join(PAIR.format(name) for name in ("v3a", "v3b"))
    ready = f"mount -t sysfs none /sys && ip link set lo up && {quiet} && {pairs} && ip link set v3bp down"
    ready += " && ip addr add 2001:db8:7::2/64 dev v3a nodad"
    script = f'{ready} && exec "$0" -c "$1"'
    argv = ["unshare", "-n", "-m", "sh", "-c", script, sys.executable, BOUND]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)
    if "unshare" in done.stderr or "Unknown device type" in done.stderr:
        pytest.skip(f"no network namespaces here: {done.stderr.strip()[:200]}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["v3a"] == ["v3a", "192.168.55.100", True]
    assert told["v3b"] == ["v3b", "192.168.55.100", False], "the other one has a carrier, this one has not"
    assert told["v3a six"][1] is True
    assert told["unbound"] is True, "where two interfaces hold our address, nobody knows which one it is"
    assert told["unbound six"] is True, "one interface alone holds our address there"
    assert told["missing"] == "v3c"
    assert told["loopback"][1] is True
