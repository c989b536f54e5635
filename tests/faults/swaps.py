"""Boards of one address, swapped, replugged and renamed at random while everybody works on them.

    python -m tests.faults.swaps --swaps 1000 [--boards 8] [--seed N]

Each board is a real sshd in a network namespace of its own, at 192.168.55.1 and fe80::1 like all others; some
are clones with one host key. A fake USB tree tells which interface is at which port. What a command prints is
the serial number of the board where it ran: every answer, result and live sample must be under that number.
It runs in a network namespace of its own (main() makes it); needs root.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fake_usb import FakeUsb, Gadget
from tests.faults import netns
from tests.servers.servers import User, throwaway_user
from tests.waiting import wait_until
from tests.warm import warm_run
from utils.bench import startup
from utils.bench.bay import Bay
from utils.errors import HostKeyChanged, HostKeyUnknown, V3Error
from utils.laptop import usb
from utils.link import identity
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.settings import PROJECT, Settings

PORT = 2222
WHO = 'printf %s "$V3_SERIAL"'
PORTS = [f"1-{n}" for n in range(1, 5)] + [f"2-1.{n}" for n in range(1, 9)]
DIAGNOSTIC = """
[[diagnostic]]
id = "whose"
title = "Whose"
category = "memory"
command = 'printf "MemTotal: %s kB\\nMemAvailable: 300 kB\\n" "$V3_SERIAL"'
parser = "meminfo"
why = "Whose result is it?"
next_step = "Look."
check = [{ label = "Available", value = "available_percent", unit = "%", fail = { below = 10 } }]
"""


@dataclass
class BoardAtPort:
    """A board with its server. port: where it is plugged in; "" while it is not."""

    serial: str
    cable: netns.Board
    server: netns.FarSshd
    fingerprint: str
    port: str = ""


@dataclass
class Seen:
    """What came of it. wrong: everything that was told under another board's name."""

    answers: int = 0
    results: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    actions: dict[str, int] = field(default_factory=dict)
    settled: bool = False
    settled_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, exc: V3Error) -> None:
        with self.lock:
            self.errors[exc.code] = self.errors.get(exc.code, 0) + 1


class Table:
    """The bench's table: boards, ports, cables, and hands that swap them."""

    def __init__(self, tree: FakeUsb, boards: list[BoardAtPort], dice: random.Random, seen: Seen) -> None:
        self.tree, self.boards, self.dice, self.seen = tree, boards, dice, seen
        self._names = 0

    def plug(self, board: BoardAtPort, port: str) -> None:
        self._names += 1
        board.cable.interface, board.port = f"v3u{self._names}", port
        board.cable.plug()
        self.tree.plug(port, Gadget(serial=board.serial, nics={board.cable.interface: "cdc_ncm"}))

    def pull(self, board: BoardAtPort) -> None:
        board.cable.unplug()
        self.tree.pull(board.port)
        board.port = ""

    def rename(self, board: BoardAtPort) -> None:
        self._names += 1
        old, new = board.cable.interface, f"enx{self._names:06d}"
        board.cable.rename(new)
        self.tree.rename(board.port, old, new)

    def act(self) -> None:
        """One thing that hands do: swap two, replug or move one; or udev renames an interface."""
        kind = self.dice.choice(["swap", "swap", "replug", "move", "rename"])
        one, other = self.dice.sample(self.boards, 2)
        if kind == "swap":
            first, second = one.port, other.port
            self.pull(one)
            self.pull(other)
            self.plug(one, second)
            self.plug(other, first)
        elif kind == "rename":
            self.rename(one)
        else:
            port = one.port
            free = [each for each in PORTS if each not in {board.port for board in self.boards}]
            self.pull(one)
            self.plug(one, port if kind == "replug" else self.dice.choice(free))
        self.seen.actions[kind] = self.seen.actions.get(kind, 0) + 1


class Worker:
    """Somebody who works in one bay: commands, diagnostics; and the person who answers about keys."""

    def __init__(self, bay: Bay, keys: dict[str, str], seen: Seen, over: threading.Event) -> None:
        self.bay, self.keys, self.seen, self.over = bay, keys, seen, over
        self.threads = [
            threading.Thread(target=each, daemon=True) for each in (self._commands, self._results)
        ]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        """Wait until what is under way has ended; a call takes 5 s at most."""
        for thread in self.threads:
            thread.join(10)

    def _commands(self) -> None:
        while not self.over.wait(0.02):
            with contextlib.suppress(V3Error):
                self._ask()

    def _ask(self) -> None:
        door = self.bay.door
        try:
            result = door.run(WHO, timeout=5, effect="read")
        except (HostKeyUnknown, HostKeyChanged) as exc:
            self.seen.failed(exc)
            fingerprint = str(exc.details["fingerprint"])
            if fingerprint in self.keys.values():  # the person at the bench knows the boards' keys
                with contextlib.suppress(V3Error):
                    door.trust(fingerprint)
            return
        except V3Error as exc:
            self.seen.failed(exc)
            return
        self._check(result.stdout, result.device, "an answer")

    def _results(self) -> None:
        while not self.over.wait(0.05):
            with contextlib.suppress(V3Error):
                result = self.bay.runner.run("whose", 5)
                if result.device_id is None:
                    continue  # nobody proved who answered, and it says so
                now = self.bay.door.ids_of(result.device_id)[0]  # its serial may have been learned since
                known = self.bay.door.known_devices()
                device = next((each for each in known if each.device_id == now), None)
                self._check(result.stdout.partition(": ")[2].partition(" ")[0], device, "a result")
                self.seen.results += 1

    def _check(self, serial: str, device: Any, what: str) -> None:
        with self.seen.lock:
            self.seen.answers += 1
            if device is None or device.serial != serial or device.fingerprint != self.keys.get(serial):
                told = f"{device.serial} {device.fingerprint}" if device else "nobody"
                self.seen.wrong.append(f"{what} of {serial} in {self.bay.id} under {told}")


@contextlib.contextmanager
def boards(user: User, count: int) -> Iterator[list[BoardAtPort]]:
    """Boards that are switched on and not plugged in; the last two share the host key of the one before."""
    with contextlib.ExitStack() as stack:
        found: list[BoardAtPort] = []
        for number in range(count):
            serial = f"142410000{number:04d}"
            cable = netns.Board("")
            cable.plug = lambda: None  # type: ignore[method-assign]
            stack.enter_context(cable)
            del cable.plug  # type: ignore[attr-defined]
            server = netns.FarSshd(user, cable, port=PORT, config=f"SetEnv V3_SERIAL={serial}")
            if number >= count - 2 and number > 2:
                key = found[-1].server.folder / "host_key"
                for end in ("", ".pub"):
                    (server.folder / f"host_key{end}").write_bytes(Path(f"{key}{end}").read_bytes())
                (server.folder / "host_key").chmod(0o600)
            stack.enter_context(server)
            found.append(BoardAtPort(serial, cable, server, _fingerprint(server)))
        yield found


def _key(server: netns.FarSshd) -> HostKey:
    kind, base64 = (server.folder / "host_key.pub").read_text().split()[:2]
    return HostKey(_fingerprint(server), kind, base64)


def _fingerprint(server: netns.FarSshd) -> str:
    argv = ["ssh-keygen", "-lf", str(server.folder / "host_key.pub")]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[1]


def play(swaps: int, count: int, seed: int, policy: str = "ask") -> Seen:
    """So many swaps, then quiet: each port must answer with the board that is there."""
    seen, over, dice = Seen(), threading.Event(), random.Random(seed)
    identity.COMMAND = identity.COMMAND.replace(
        "v3_line /proc/device-tree/serial-number", 'v3_v="$V3_SERIAL"'
    )
    with throwaway_user("dash") as user, tempfile.TemporaryDirectory() as folder, boards(user, count) as made:
        tree = FakeUsb(Path(folder) / "sys")
        usb.SYSFS = tree.root
        data = Path(folder) / "data"
        (data / "diagnostics").mkdir(parents=True)
        (data / "diagnostics/whose.toml").write_text(DIAGNOSTIC)
        table = Table(tree, made, dice, seen)
        table.plug(made[0], PORTS[0])
        if policy == "strict":
            for board in made:
                HostKeys(data, lambda serial=board.serial: serial).trust(_key(board.server), "anywhere:22")
        core = startup.start(_settings(user, data, Path(folder), policy))
        keys = {board.serial: board.fingerprint for board in made}
        workers: dict[str, Worker] = {}
        try:
            for board, port in zip(made[1:], PORTS[1:], strict=False):
                table.plug(board, port)
            for _ in range(swaps):
                _hire(core, workers, keys, seen, over)
                time.sleep(dice.uniform(0.01, 0.12))
                table.act()
            _hire(core, workers, keys, seen, over, look=True)
            quiet_at = time.monotonic()
            seen.settled = wait_until(lambda: _settled(core, made), 60)
            seen.settled_s = round(time.monotonic() - quiet_at, 1)
            over.set()
            _check_keys(core, keys, seen)
        finally:
            over.set()
            for worker in workers.values():  # while the list of known devices is still there
                worker.join()
            core.close()
    return seen


def _hire(
    core: startup.Core, workers: dict[str, Worker], keys: dict[str, str], seen: Seen, over: threading.Event,
    *, look: bool = False,
) -> None:  # fmt: skip
    if look and core.discovery is not None:
        core.discovery.look()
    for bay in core.bench:
        if bay.id not in workers:
            workers[bay.id] = Worker(bay, keys, seen, over)


def _settled(core: startup.Core, made: list[BoardAtPort]) -> bool:
    """Whether each port answers with the board that is plugged in there."""
    here = {f"usb-{board.port}": board.serial for board in made}
    found = {}
    for bay in core.bench:
        device = bay.door.status().device
        found[bay.door.settings.target.usb_port] = device.serial if device else ""
    return all(found.get(port) == serial for port, serial in here.items())


def _check_keys(core: startup.Core, keys: dict[str, str], seen: Seen) -> None:
    for device in core.bench.default.door.known_devices():
        if device.serial and keys.get(device.serial) != device.fingerprint:
            seen.wrong.append(f"the key {device.fingerprint} under {device.serial}")


def _settings(user: User, data: Path, folder: Path, policy: str) -> Settings:
    return Settings.model_validate(
        {
            "ssh_user": user.name, "ssh_port": PORT, "ssh_password": user.password, "ssh_host_keys": policy,
            "v3_data_dir": data, "log_file": folder / "app.log",
        }
    )  # fmt: skip


def in_a_namespace(
    swaps: int, count: int, seed: int, timeout_s: float, policy: str = "ask"
) -> dict[str, Any]:
    """The same in a network namespace of its own; what was seen."""
    with netns.namespace() as name:
        argv = [sys.executable, "-m", "tests.faults.swaps", "--here"]
        argv += ["--swaps", str(swaps), "--boards", str(count), "--seed", str(seed)]
        argv += ["--policy", policy]
        done = warm_run(argv, within=name, cwd=PROJECT, timeout=timeout_s)
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swaps", type=int, default=60)
    parser.add_argument("--boards", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--policy", default="ask", choices=["ask", "strict"])
    parser.add_argument("--here", action="store_true", help="in this network namespace")
    given = parser.parse_args()
    if not given.here:
        begun = time.monotonic()
        told = in_a_namespace(given.swaps, given.boards, given.seed, 120 + 3 * given.swaps, given.policy)
        print(f"seed {given.seed}, {time.monotonic() - begun:.0f} s: {json.dumps(told, indent=1)}")
        return int(bool(told["wrong"]) or not told["settled"])
    seen = play(given.swaps, given.boards, given.seed, given.policy)
    facts = {
        name: getattr(seen, name)
        for name in ("answers", "results", "errors", "wrong", "actions", "settled", "settled_s")
    }
    print(json.dumps(facts), flush=True)
    os._exit(0)  # threads that wait for a board that is gone hold nobody up
    return 0


if __name__ == "__main__":
    sys.exit(main())
