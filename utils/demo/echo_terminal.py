"""A terminal without a device: a "shell" that echoes what is typed.

A test may also make it speak (`say`), end it (`exit`) or cut its link (`cut`).
"""

from __future__ import annotations

import queue

from utils.errors import LinkLost
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
    """See model/doors.py, Terminal. sizes, typed: what it was told. reads: how often it was read."""

    def __init__(self, device: Device, cols: int, rows: int) -> None:
        self.device: Device | None = device
        self.device_key = f"{device.fingerprint} {device.serial}".strip()
        self.sizes = [(cols, rows)]
        self.typed = b""
        self.link_lost = False
        self.closed = False
        self.exit_status: int | None = None
        self.reads = 0
        self._output: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._over = False

    def send(self, data: bytes) -> None:
        """Type this, which is its answer; LinkLost once it is over."""
        if self.closed or self.link_lost:
            raise LinkLost
        self.typed += data
        self.say(data)

    def recv(self, timeout: float) -> bytes | None:
        """Wait so many seconds for output; None once it is over."""
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
        """Note the size."""
        self.sizes.append((cols, rows))

    def say(self, data: bytes) -> None:
        """Let the shell write this."""
        self._output.put(data)

    def exit(self, status: int) -> None:
        """End the shell by itself."""
        self.exit_status = status
        self._output.put(None)

    def cut(self) -> None:
        """Lose the link."""
        self.link_lost = True
        self._output.put(None)

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._output.put(None)
