"""Stands in for the door's terminals in tests without a device: a "shell" that echoes what is typed.

Tests may also make it speak (`say`), end it (`exit`) or cut its link (`cut`).
"""

from __future__ import annotations

import queue

from utils.errors import DeviceChanged, LinkLost
from utils.model.results import Device

DEVICE = Device(
    "SHA256:local",
    "ssh-ed25519",
    serial="0000012345678",
    model="Stand-in",
    hostname="local",
    device_id="s-local-12345678",
)


class EchoTerminal:
    """The methods of utils.link.terminal.Terminal."""

    def __init__(self, device: Device, cols: int, rows: int) -> None:
        self.device = device
        self.device_key = f"{device.fingerprint} {device.serial}"
        self.sizes = [(cols, rows)]
        self.typed = b""
        self.link_lost = False
        self.closed = False
        self.exit_status: int | None = None
        self.reads = 0
        self._output: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._over = False

    def send(self, data: bytes) -> None:
        if self.closed or self.link_lost:
            raise LinkLost
        self.typed += data
        self.say(data)

    def recv(self, timeout: float) -> bytes | None:
        if self._over:
            return None
        try:
            data = self._output.get(timeout=timeout)
        except queue.Empty:
            return b""
        self._over = data is None
        self.reads += data is not None
        return data

    def resize(self, cols: int, rows: int) -> None:
        self.sizes.append((cols, rows))

    def say(self, data: bytes) -> None:
        self._output.put(data)

    def exit(self, status: int) -> None:
        self.exit_status = status
        self._output.put(None)

    def cut(self) -> None:
        self.link_lost = True
        self._output.put(None)

    def close(self) -> None:
        self.closed = True
        self._output.put(None)


class EchoDoor:
    """open_terminal() of the door. device: what is plugged in now."""

    def __init__(self) -> None:
        self.device = DEVICE
        self.opened: list[EchoTerminal] = []
        self.trouble: Exception | None = None

    def open_terminal(self, cols: int, rows: int, *, device: str | None = None) -> EchoTerminal:
        if self.trouble is not None:
            raise self.trouble
        terminal = EchoTerminal(self.device, cols, rows)
        if device not in (None, terminal.device_key):
            raise DeviceChanged(found=terminal.device_key)
        self.opened.append(terminal)
        return terminal
