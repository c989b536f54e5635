"""A TCP proxy that delays: half the round trip each way. A process of its own, so it shares no lock.

    with Proxy(target_port, round_trip_s=0.02) as port: ...

The clock of a packet starts when it is read, so packets overlap on the way as on a long cable.
"""

from __future__ import annotations

import contextlib
import heapq
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 16


class _Wire:
    """All connections of one listener: what was read waits in a heap until its time has come."""

    def __init__(self, target_port: int, one_way_s: float) -> None:
        self._target = ("127.0.0.1", target_port)
        self._one_way_s = one_way_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._other: dict[socket.socket, socket.socket] = {}
        self._due: list[tuple[float, int, socket.socket, bytes]] = []
        self._count = 0

    def serve(self) -> None:
        while True:
            wait = max(0.0, self._due[0][0] - time.perf_counter()) if self._due else None
            ready, _, _ = select.select([self._listener, *self._readable()], [], [], wait)
            now = time.perf_counter()
            for sock in ready:
                self._accept() if sock is self._listener else self._read(sock, now)
            self._deliver()

    def _readable(self) -> list[socket.socket]:
        return [sock for sock in self._other if sock.fileno() >= 0]

    def _accept(self) -> None:
        near = self._listener.accept()[0]
        far = socket.create_connection(self._target)
        for sock in (near, far):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._other.update({near: far, far: near})

    def _read(self, sock: socket.socket, now: float) -> None:
        try:
            data = sock.recv(CHUNK)
            # a wire does not hold acknowledgements back; the system of this process would, for 40 ms
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except OSError:
            data = b""
        other = self._other[sock]
        if not data:
            del self._other[sock]
        self._count += 1
        heapq.heappush(self._due, (now + self._one_way_s, self._count, other, data))

    def _deliver(self) -> None:
        while self._due and self._due[0][0] <= time.perf_counter():
            _, _, sock, data = heapq.heappop(self._due)
            with contextlib.suppress(OSError):
                if data:
                    sock.sendall(data)
                else:
                    sock.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxy(target_port: int, round_trip_s: float) -> Iterator[int]:
    """The port behind which target_port is round_trip_s further away."""
    argv = [sys.executable, "-m", "tests.bench.distance", str(target_port), str(round_trip_s / 2)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main() -> None:
    wire = _Wire(int(sys.argv[1]), float(sys.argv[2]))
    print(wire.port, flush=True)
    wire.serve()


if __name__ == "__main__":
    main()
