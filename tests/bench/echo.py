"""python -m tests.bench.echo [KEYS]: how long a key typed into the page's terminal takes until its echo is
back, beside 40 other event streams. Over HTTP as the page does it, on a real sshd on loopback. Needs root.

The device's end is `cat` on a PTY: the kernel's own echo, so the figure is ours and not a shell's.
"""

from __future__ import annotations

import base64
import http.client
import json
import queue
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from tests.bench.report import Section, Target, ms
from tests.bench.rig import Rig, rig
from tests.bench.samples import Samples
from tests.bench.web import _page

STREAMS = 40
KEYS = 1000  # in one line: a PTY holds 4096 characters of it
PAUSE_S = 0.01
TARGET_MS = 10.0
HEADERS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}


class _InOnePiece(http.client.HTTPConnection):
    """Head and body of a small request go out together, as Chromium sends them."""

    def request(self, *args: Any, **more: Any) -> None:
        self._pieces: list[bytes] = []
        super().request(*args, **more)
        super().send(b"".join(self._pieces))

    def send(self, data: Any) -> None:
        self._pieces.append(bytes(data))


class Client:
    """One page: a connection for its requests."""

    def __init__(self, url: str) -> None:
        self._netloc = urlsplit(url).netloc
        self._connection = _InOnePiece(self._netloc)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        self._connection.request("POST", f"/api/v1/{path}", json.dumps(body).encode(), HEADERS)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, (path, answer.status, text)
        return json.loads(text) if text else None

    def stream(self, query: str = "") -> http.client.HTTPResponse:
        """An event stream, on a connection of its own."""
        connection = http.client.HTTPConnection(self._netloc)
        connection.request("GET", f"/api/v1/events{query}", headers={"Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        return answer


def _drain(stream: http.client.HTTPResponse) -> None:
    while stream.readline():
        pass


def _echoes(stream: http.client.HTTPResponse, found: queue.SimpleQueue[tuple[float, bytes]]) -> None:
    kind = b""
    while line := stream.readline():
        if line.startswith(b"event: "):
            kind = line[7:].strip()
        elif line.startswith(b"data: ") and kind == b"term-output":
            found.put((time.perf_counter(), base64.b64decode(json.loads(line[6:])["data"])))


def _in_background(work: Any, *args: Any) -> None:
    threading.Thread(target=work, args=args, daemon=True).start()


class TypedPage:
    """A page with one terminal, beside STREAMS others that only look."""

    def __init__(self, url: str) -> None:
        self._client = Client(url)
        for _ in range(STREAMS):
            _in_background(_drain, self._client.stream())
        self._found: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        _in_background(_echoes, self._client.stream("?feed=terminals"), self._found)
        self._id = self._client.post("terminals", {})["id"]
        self._typed = 0
        self._type("echo be''gin; exec cat\r")
        seen = b""
        while b"begin\r\n" not in seen:
            seen += self._found.get(timeout=10)[1]

    def _type(self, text: str) -> None:
        self._typed += 1
        body = {"data": text, "shell": 1, "writer": "bench", "seq": self._typed}
        self._client.post(f"terminals/{self._id}/input", body)

    def key(self) -> float:
        """Seconds from the start of a key's request to the arrival of its echo. Then a pause."""
        key = "abcdefghijklmnopqrstuvwxyz"[self._typed % 26]
        began = time.perf_counter()
        self._type(key)
        at, data = self._found.get(timeout=10)
        assert data == key.encode(), (key, data)
        time.sleep(PAUSE_S)
        return at - began

    def close(self) -> None:
        """End the terminal."""
        self._client.post(f"terminals/{self._id}/close", {})


def measure(url: str, keys: int) -> Samples:
    """Seconds of each key."""
    page, samples = TypedPage(url), Samples()
    for _ in range(keys):
        samples.add(page.key())
    page.close()
    return samples


def section(made: Rig, *, quick: bool, keys: int = KEYS) -> Section:
    with _page(made) as (url, _):
        times = measure(url, keys // 2 if quick else keys)  # of 200 keys, two were the p99
    p99 = times.quantile(0.99)
    result = Section(f"A key's echo beside {STREAMS} other streams", ["", "p50", "p95", "p99", "max"])
    shown = (times.median, times.p95, p99, max(times.values))
    result.rows = [[f"{len(times.values)} keys, ms", *(ms(value) for value in shown)]]
    result.targets = [Target("a key's echo, p99", p99 * 1000, TARGET_MS, " ms")]
    return result


def main() -> int:
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else KEYS
    with rig() as made:
        found = section(made, quick=False, keys=keys)
    print("\n".join([*found.lines(), *(" · ".join(target.row()) for target in found.targets)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
