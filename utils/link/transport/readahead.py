"""A socket that reads ahead. paramiko asks for each SSH packet in two or three small reads. The system is
asked once for all that has arrived. One reader only (paramiko's transport thread). Sends nothing of its own
and changes no byte.
"""

from __future__ import annotations

import socket
import time

FEW_BYTES = 1 << 11  # while waiting, a buffer of this size is held
MANY_BYTES = 1 << 18  # after a read that came back full: bulk output is on its way
NOTHING = memoryview(b"")
# sshd leaves Nagle's algorithm on. Its second small packet waits for our acknowledgement of the first, which
# Linux delays by 40 ms. So what is small is acknowledged at once.
QUICK_ACK = getattr(socket, "TCP_QUICKACK", 0)


class ReadAhead(socket.socket):
    """Takes a connected socket over; the other object is empty afterwards."""

    def __init__(self, connected: socket.socket) -> None:
        timeout = connected.gettimeout()
        super().__init__(connected.family, connected.type, connected.proto, fileno=connected.detach())
        self.settimeout(timeout)
        self._ahead = NOTHING
        self._at_most = FEW_BYTES
        self._quick = QUICK_ACK and self.family in (socket.AF_INET, socket.AF_INET6)
        self.heard_at = time.monotonic()
        """When something came last."""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """At most size bytes, in order; b"" at the end of the stream."""
        if flags:
            raise ValueError("this socket reads without flags")
        if not self._ahead:
            data = super().recv(max(size, self._at_most))
            if self._quick and len(data) < FEW_BYTES:
                self.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
            self._at_most = MANY_BYTES if len(data) >= self._at_most else FEW_BYTES
            self._ahead = memoryview(data)
            self.heard_at = time.monotonic()
        piece, rest = self._ahead[:size].tobytes(), self._ahead[size:]
        self._ahead = rest if rest else NOTHING  # an empty view would keep what it was cut from
        return piece
