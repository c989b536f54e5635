"""Real cables and firewalls: network namespaces, veth pairs, iptables. Needs root.

A worker lives in a namespace of its own, so its rules and its loopback disturb nobody.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults import bench, ledger
from tests.servers.servers import Sshd, User


def available() -> bool:
    """Whether namespaces can be made here."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("iptables"):
        return False
    name = f"v3f{secrets.token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return made


@contextlib.contextmanager
def namespace() -> Iterator[str]:
    """A namespace with nothing but loopback."""
    name = f"v3f{secrets.token_hex(3)}"
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def run(*argv: str) -> None:
    """A command that must work."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")


def batch(*lines: str, within: str = "") -> None:
    """What ip is to do, in one process. within: in this namespace."""
    argv = ["ip", *(("-n", within) if within else ()), "-batch", "-"]
    done = subprocess.run(argv, input="\n".join(lines), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {lines}: {done.stderr.strip()}")


class Firewall:
    """Rules on the worker's own loopback; a context that takes them back."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, ...]] = []

    def __enter__(self) -> Firewall:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def drop(self, port: int) -> None:
        """Nothing gets to or from this port any more, and nobody is told."""
        for side in ("--dport", "--sport"):
            self._add("-p", "tcp", side, str(port), "-j", "DROP")

    def reset(self, port: int, *, client_port: int | None = None) -> None:
        """What is sent to this port is answered by a reset; client_port: only of that connection."""
        one = ("--sport", str(client_port)) if client_port else ()
        self._add("-p", "tcp", "--dport", str(port), *one, "-j", "REJECT", "--reject-with", "tcp-reset")

    def lose(self, port: int, share: float) -> None:
        """This share of the packets is lost, both ways."""
        for side in ("--dport", "--sport"):
            chance = ("-m", "statistic", "--mode", "random", "--probability", str(share))
            self._add("-p", "tcp", side, str(port), *chance, "-j", "DROP")

    def lose_large(self, port: int, beyond: int, *sides: str) -> None:
        """Packets of more bytes than this are lost, and nobody is told; sides: --sport is from the server."""
        for side in sides or ("--dport", "--sport"):
            size = ("-m", "length", "--length", f"{beyond + 1}:65535")
            self._add("-p", "tcp", side, str(port), *size, "-j", "DROP")

    def clear(self) -> None:
        """All as before."""
        while self._rules:
            run("iptables", "-w", "-D", "INPUT", *self._rules.pop())

    def _add(self, *rule: str) -> None:
        run("iptables", "-w", "-I", "INPUT", *rule)
        self._rules.append(rule)


class Cable:
    """A veth pair from here to a device in a namespace of its own; it can be pulled and put back."""

    HERE, THERE = "10.213.55.100", "10.213.55.1"

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.device_ns = ""

    def __enter__(self) -> Cable:
        self.device_ns = self._stack.enter_context(namespace())
        network = _network_of(self.device_ns)
        bench.DEVICE_NETWORKS.add(network)
        self._stack.callback(bench.DEVICE_NETWORKS.discard, network)
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
        self._stack.close()

    def plug(self) -> None:
        run("ip", "link", "add", "v3usb", "type", "veth", "peer", "name", "v3dev", "netns", self.device_ns)
        run("ip", "addr", "add", f"{self.HERE}/24", "dev", "v3usb")
        run("ip", "link", "set", "v3usb", "up")
        run("ip", "-n", self.device_ns, "addr", "add", f"{self.THERE}/24", "dev", "v3dev")
        self.peer_up()

    def unplug(self) -> None:
        subprocess.run(["ip", "link", "del", "v3usb"], capture_output=True, check=False)

    def peer_up(self) -> None:
        run("ip", "-n", self.device_ns, "link", "set", "v3dev", "up")

    def peer_down(self) -> None:
        run("ip", "-n", self.device_ns, "link", "set", "v3dev", "down")


class Board(Cable):
    """A board on an interface of its own, at the two addresses that every board has. Its laptop's end can be
    renamed, as udev does it."""

    HERE, THERE, SIX = "192.168.55.100", "192.168.55.1", "fe80::1"

    def __init__(self, interface: str) -> None:
        super().__init__()
        self.interface = interface

    def plug(self) -> None:
        write("/proc/sys/net/ipv6/conf/default/accept_dad", "0")  # an address counts from the start
        there, here = self.device_ns, self.interface
        batch(
            f"link add {here} type veth peer name v3dev netns {there}",
            f"addr add {self.HERE}/24 dev {here}", f"link set {here} up",
        )  # fmt: skip
        batch(
            f"addr add {self.THERE}/24 dev v3dev", f"addr add {self.SIX}/64 dev v3dev nodad",
            "link set v3dev up", within=there,
        )  # fmt: skip

    def unplug(self) -> None:
        subprocess.run(["ip", "link", "del", self.interface], capture_output=True, check=False)

    def rename(self, name: str) -> None:
        """Under way, as Linux 6.2 and later allow it."""
        run("ip", "link", "set", self.interface, "name", name)
        self.interface = name

    @property
    def by_six(self) -> str:
        return f"{self.SIX}%{self.interface}"

    @property
    def by_four(self) -> str:
        return f"{self.THERE}%{self.interface}"


def write(path: str, text: str) -> None:
    """A setting of the kernel, of this namespace."""
    Path(path).write_text(text)


class FarSshd(Sshd):
    """A real sshd at the far end of a cable."""

    def __init__(self, user: User, cable: Cable, **more: Any) -> None:
        self._cable = cable
        super().__init__(user, **more)

    def argv(self) -> list[str]:
        argv = super().argv()
        config = self.folder / "sshd_config"
        every = "ListenAddress 0.0.0.0" + "\nListenAddress ::" * ("AddressFamily inet" not in self.config)
        config.write_text(config.read_text().replace("ListenAddress 127.0.0.1", every))
        return ["ip", "netns", "exec", self._cable.device_ns, *argv]

    def settings(self, data_dir: Path, **changes: Any) -> Any:
        return super().settings(data_dir, **{"ssh_ip": self._cable.THERE, **changes})

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.argv(), stdout=log, stderr=log, start_new_session=True)
        if not ledger.wait_until(self.answers, 5):
            raise RuntimeError(f"sshd did not start: {self.log.read_text()}")

    def answers(self) -> bool:
        """Whether it listens, asked from its own side of the cable."""
        ask = f"exec 3<>/dev/tcp/127.0.0.1/{self.port}"
        argv = ["ip", "netns", "exec", self._cable.device_ns, "bash", "-c", ask]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _network_of(name: str) -> str:
    done = subprocess.run(
        ["ip", "netns", "exec", name, "readlink", "/proc/self/ns/net"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
