"""One shell on the device, from its start to its end. Its bytes are gathered so that a flood costs little and
a key's echo waits for nothing. Knows no pages.
"""

from __future__ import annotations

import time

from utils.model.doors import Terminal

IDLE_S = 1.0
GATHER_S = 0.005
MOST_BYTES = 32 << 10


class Shell:
    """terminal: the door's. number: which one of its tab it is. who: who asked for it.

    read() is for one thread, type() for another one at a time.
    """

    def __init__(self, terminal: Terminal, number: int, who: str) -> None:
        self.terminal = terminal
        self.number = number
        self.who = who
        self.device = terminal.device.label if terminal.device else ""
        self.device_id: str | None = terminal.device.device_id if terminal.device else None
        self.device_key: str = terminal.device_key
        self.bytes_in = 0
        self.bytes_out = 0
        self.hung_up = ""
        self._opened = self._last = time.monotonic()

    @property
    def age_s(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened

    def read(self) -> bytes | None:
        """What it wrote; b"" when nothing came for a while; None once it is over.

        What comes after a pause is given at once; what follows within some milliseconds is gathered.
        """
        data = self.terminal.recv(IDLE_S)
        if not data:
            return data
        until = self._last + GATHER_S
        while len(data) < MOST_BYTES and (left := until - time.monotonic()) > 0:
            more = self.terminal.recv(left)
            if more is None:
                break  # the next call says so
            data += more
        self._last = time.monotonic()
        self.bytes_out += len(data)
        return data

    def type(self, data: bytes) -> None:
        """LinkLost when it is gone."""
        self.bytes_in += len(data)
        self.terminal.send(data)

    def hang_up(self, why: str) -> None:
        """End it and what runs in it; `why` is for the audit log."""
        self.hung_up = why
        self.terminal.close()
