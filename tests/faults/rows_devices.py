"""Rows 63 to 66: another device at the same address, and cables pulled."""

from __future__ import annotations

import threading
import time
from unittest.mock import patch

from tests.faults import ledger
from tests.faults.bench import Bench, Seen, worst
from tests.faults.matrix import row
from tests.faults.netns import Cable, FarSshd, Firewall
from tests.servers.servers import Server
from utils import ssh_interface as ssh
from utils.link import identity
from utils.model.results import LinkState


def _swap(server: Server) -> None:
    """Another device at the same address; the old connection is told nothing by it."""
    server.stop()
    server.new_host_key()
    server.start()


def _silently(server: Server, wall: Firewall) -> None:
    """The same, and the old device cannot say that it goes."""
    wall.drop(server.port)
    server.stop()
    server.new_host_key()
    wall.clear()
    server.start()


@row(63, "another device, while idle", shows="host-key-unknown|device-changed", within=9,
     state="blocked|down",
     runs=(0, 0))  # fmt: skip
def swap_idle(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    bench.point(server, ssh_host_keys="ask")
    bench.call()
    time.sleep(1.2)
    _silently(server, bench.use(Firewall()))
    seen = bench.call()
    assert ledger.wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 9)
    return seen


@row("63b", "another device, while idle, keys trusted when new",
     shows="device-changed|outcome-unknown", within=9,
     state="new|down")  # fmt: skip
def swap_idle_trusting(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    first = ssh.status().device.fingerprint
    _silently(server, bench.use(Firewall()))
    seen = bench.call()  # asked of the first device: it must not run on the second
    assert seen.runs == 0, "it ran on another device than it was meant for"
    assert seen.shown != "ok"
    assert bench.call().shown == "ok"
    assert ssh.status().device.fingerprint != first
    return seen


@row(64, "another device, while work waits its turn", shows="device-changed|not-ssh|unreachable",
     within=9, state="new|down")  # fmt: skip
def swap_queued(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    counters = [bench.folder / f"count-unsafe-q{n}" for n in range(6)]
    requests = [ssh.Request(f"echo x >>{path}; sleep 0.4", timeout=20) for path in counters]
    started, ends = time.monotonic(), []
    thread = threading.Timer(0.9, _swap, [server])
    thread.name = "row-swap"
    thread.start()
    for _request, answer in ssh.run_many(requests):
        ends.append(getattr(answer, "code", "ok"))
    seconds = time.monotonic() - started
    thread.join()
    ran = sum(path.exists() for path in counters)
    unsaid = {"ok": 2, "outcome-unknown": 1}
    assert all(ends.count(code) <= most for code, most in unsaid.items()), ends
    assert ran <= ends.count("ok") + ends.count("outcome-unknown"), f"{ran} ran, answers {ends}"
    return Seen(ends[-1], seconds)


@row(
    65,
    "same key, another serial number (cloned image)",
    shows="device-changed",
    within=3,
    state="new",
    runs=(0, 0),
)
def cloned_image(bench: Bench) -> Seen:
    serial = bench.folder / "serial"
    serial.write_text("1420921000111\n")
    asks = identity.COMMAND.replace("/proc/device-tree/serial-number", str(serial))
    bench.use(patch.object(identity, "COMMAND", asks))
    server = bench.sshd()
    bench.connect(server)
    assert ssh.status().device.serial == "1420921000111"
    time.sleep(1.2)
    serial.write_text("1420921000222\n")
    wall = bench.use(Firewall())
    wall.reset(server.port, client_port=int(bench.transport.sock.getsockname()[1]))
    seen = bench.call()
    assert ssh.status().device.serial == "1420921000222"
    assert bench.call().shown == "ok"
    return seen


@row(66, "cable pulled and put back ten times", shows="ok", within=2, state="new", runs=(1, 1))
def replug(bench: Bench) -> Seen:
    cable = bench.use(Cable())
    bench.point(bench.use(FarSshd(bench.user, cable)))
    bench.use(ssh.keep_connected())
    assert ledger.wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 10)
    held = ledger.take()
    for turn in range(10):
        cable.unplug()
        assert ledger.wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 2), f"pull {turn}"
        cable.plug()
        assert ledger.wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 6), f"plug {turn}"
    assert not (left := ledger.left_over(held)), left
    return bench.call()


@row("66c", "cable put back after a long time", shows="ok", within=2, state="new", runs=(1, 1))
def long_unplugged(bench: Bench) -> Seen:
    cable = bench.use(Cable())
    bench.point(bench.use(FarSshd(bench.user, cable)))
    bench.use(ssh.keep_connected())
    assert ledger.wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 10)
    cable.unplug()
    time.sleep(9)  # the pauses between attempts are long by now
    cable.plug()
    started = time.monotonic()
    assert ledger.wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 2.5)
    seen = bench.call()
    seen.seconds = time.monotonic() - started
    return seen


@row("66b", "ten devices at the address, one after the other", shows="ok", within=3, state="new", runs=(1, 1))
def ten_devices(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    held = ledger.take()
    seen = []
    for _ in range(10):
        _swap(server)
        ledger.wait_until(lambda: ssh.status().state is LinkState.LOST, 3)
        seen.append(bench.call())
    assert len(ssh.known_devices()) == 11
    assert not (left := ledger.left_over(held)), left
    return worst(seen)
