"""Boards on this laptop's USB become bays by themselves (V3_DISCOVER=usb): looks at sysfs, contacts nobody.

A board's bay is named by its port and stays when the board goes: its history comes back with it. The bay of
SSH_* takes the one board that SSH_IP leads to and stays with that port. Only NVIDIA's gadgets count; other
USB network devices are listed (facts.py), never contacted.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.places import USB_HOST
from utils.errors import TargetAmbiguous, V3Error
from utils.laptop import interfaces, usb
from utils.laptop.usb import UsbBoard
from utils.settings import HostKeyPolicy, Settings, changed

log = logging.getLogger(__name__)

FULL_LOOK = 20  # looks; in between only names are compared: reading forty boards takes 30 ms
LOOK_S = 0.5  # a board is a bay within 2 s of its network interface

Furnish = Callable[[str, str, Settings], Bay]
"""Makes a bay of an id, a title and the settings of its door."""


class Discovery:
    """Keeps a bench's bays in step with what is plugged in. Thread-safe. sysfs: where to look; for tests."""

    def __init__(
        self, bench: Bench, furnish: Furnish, settings: Settings, *, sysfs: Path | None = None
    ) -> None:
        self._bench, self._furnish, self._settings, self._sysfs = bench, furnish, settings, sysfs
        self._lock = threading.RLock()
        self._seen: list[UsbBoard] = []
        self._over = threading.Event()
        self._main = bench.default  # the command line may choose another default bay
        self._main.door.settle = self.settle

    def start(self) -> None:
        """Look now and from now on, in a separate thread, where the system has a USB bus to look at."""
        if usb.boards(self._sysfs) is None:
            return
        self.look()
        threading.Thread(target=self._work, name="v3-discover", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _work(self) -> None:
        before: frozenset[str] = frozenset()
        for number in itertools.count():
            if self._over.wait(LOOK_S):
                return
            now = usb.names_now(self._sysfs)
            if now and now == before and number % FULL_LOOK:
                continue
            before = now
            try:
                self.look()
            except Exception:  # one odd device must not end it
                log.exception("Looking at USB failed inside this program")

    def look(self) -> None:
        """One look: new boards get bays, and who watches is told of what changed."""
        with self._lock:
            found = self._boards()
            with contextlib.suppress(TargetAmbiguous):
                self.settle()
            before = [bay.id for bay in self._bench]
            self._given_up(self._main.door.settings.target.usb_port)
            for board in self._without_bay(found):
                self._add(board)
            bays = [bay.id for bay in self._bench]
            if (found, bays) != (self._seen, before):
                self._seen = found
                self._bench.bus.publish("bays", {"bay": self._main.id, "bays": bays})

    def settle(self) -> None:
        """Bind the bay of SSH_* to the one board that SSH_IP leads to. TargetAmbiguous: there are more."""
        with self._lock:
            door = self._main.door
            settings = door.settings
            if settings.target.interface or settings.target.host != USB_HOST:
                return
            found = self._boards()
            taken = self._ports(found, by_hand=True)
            boards = [each for each in found if each.nics and each.port not in taken]
            if not boards:
                self._refuse_to_guess(found)
                return
            mine = boards[0]
            if len(boards) > 1 or not self._given_up(mine.port):
                raise _ambiguous(boards)
            door.configure(changed(settings, {"ssh_ip": f"{USB_HOST}%{mine.port}"}))
            log.info("The board at %s is the one of SSH_IP", mine.port)

    def _refuse_to_guess(self, found: list[UsbBoard]) -> None:
        """TargetAmbiguous where SSH_IP leads to several boards, and each has a bay of its own already.

        The system's routes would choose one of them.
        """
        there = [each for each in found if each.nics and _leads(USB_HOST, each)]
        if len(there) > 1:
            raise _ambiguous(there)

    def _boards(self) -> list[UsbBoard]:
        return [board for board in usb.boards(self._sysfs) or [] if board.is_ours]

    def _without_bay(self, found: list[UsbBoard]) -> list[UsbBoard]:
        """Boards that answer on a network or wait to be flashed, and are in nobody's bay."""
        taken = self._ports(found)
        free = [each for each in found if each.port not in taken and (each.nics or each.in_recovery)]
        alone = len(found) == 1 and not self._main.door.settings.target.interface
        return [] if alone and free and free[0].in_recovery else free  # the one board becomes main's

    def _ports(self, boards: list[UsbBoard], *, by_hand: bool = False) -> set[str]:
        """The ports of all bays; by_hand: of those that SSH_IP or bench.toml name."""
        bays = [bay for bay in self._bench if not (by_hand and bay.discovered)]
        targets = [bay.door.settings.target for bay in bays]
        named = {target.usb_port for target in targets}
        names = {target.interface for target in targets}
        behind = {each.port for each in boards if names & set(each.nics)}
        hosts = [target.host for target in targets if not target.interface and target.host != USB_HOST]
        routed = {each.port for each in boards for host in hosts if _leads(host, each)}
        return (named | behind | routed) - {""}

    def _add(self, board: UsbBoard) -> None:
        settings = self._settings
        policy = settings.ssh_host_keys
        if policy is HostKeyPolicy.TRUST_NEW:  # nobody chose this board: no password before a person agrees
            policy = HostKeyPolicy.ASK
        try:
            given = changed(settings, {"ssh_ip": f"{USB_HOST}%{board.port}", "ssh_host_keys": policy})
            self._bench.add(self._furnish(board.port, f"USB port {board.port.removeprefix('usb-')}", given))
        except V3Error as exc:
            log.warning("The board at %s gets no bay: %s", board.port, exc)
        else:
            log.info("A board is at %s: %s", board.port, board)

    def _given_up(self, port: str) -> bool:
        """Whether no other bay holds the board at this port any more. One that does nothing gives it up."""
        others = (bay for bay in self._bench if bay.discovered)
        bay = next((each for each in others if each.door.settings.target.usb_port == port), None)
        if bay is None:
            return True
        if not bay.idle:
            return False
        self._bench.remove(bay.id)
        return True


def _leads(host: str, board: UsbBoard) -> bool:
    """Whether this address is in the network that the laptop has with this board."""
    return any(interfaces.is_near(host, nic) for nic in board.nics)


def _ambiguous(boards: list[UsbBoard]) -> TargetAmbiguous:
    listed = "; ".join(f"{each.port}: {each}" for each in boards)
    return TargetAmbiguous(
        f"SSH_IP={USB_HOST} could mean {len(boards)} boards ({listed}). Nothing was sent."
        if len(boards) > 1
        else f"The board at {boards[0].port} has a bay of its own, where something runs. Nothing was sent.",
        hint=f"Choose a board on the bench's page, or set SSH_IP={USB_HOST}%{boards[0].port}.",
        boards=[
            {"usb_port": each.port, "name": each.name, "serial": each.serial, "interface": each.nics[0]}
            for each in boards
        ],
    )
