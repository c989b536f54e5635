"""python -m tests.bench.echo_lab [KEYS]: how long a key's echo takes on the bench's page and on the hub's.

Three programs on loopback: a hub, a bench with the demo board, and this. Keys go to the two pages in turn.
"""

from __future__ import annotations

import base64
import http.client
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.samples import Samples
from tests.ports import HOST, free_port
from tests.waiting import wait_until
from tests.web.program import Page, clean_environment
from utils.settings import PROJECT

KEYS = 300
PAUSE_S = 0.02
TARGET_MS = 15.0
HEADERS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}


class Typist:
    """One page with one terminal. base: where the API of its bay is."""

    def __init__(self, port: int, base: str) -> None:
        self._port, self._base, self._seq = port, base, 0
        self._asking = http.client.HTTPConnection(HOST, port)
        self._seen: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._hear, daemon=True).start()
        self._id = self._post("terminals", {})["id"]
        while not self._next()[1].endswith(b"$ "):
            pass

    def type(self, key: str) -> float:
        """Seconds from the key's request to its echo."""
        self._seq += 1
        began = time.perf_counter()
        keys = {"data": key, "shell": 1, "writer": "bench", "seq": self._seq}
        self._post(f"terminals/{self._id}/input", keys)
        at, data = self._next()
        assert data == key.encode(), (key, data)
        return at - began

    def _next(self) -> tuple[float, bytes]:
        return self._seen.get(timeout=20)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        self._asking.request("POST", f"{self._base}/{path}", json.dumps(body), HEADERS)
        answer = self._asking.getresponse()
        text = answer.read()
        assert answer.status < 300, (path, answer.status, text)
        return json.loads(text) if text else None

    def _hear(self) -> None:
        connection = http.client.HTTPConnection(HOST, self._port)
        connection.request("GET", f"{self._base}/events?feed=terminals", headers=HEADERS)
        stream, kind = connection.getresponse(), b""
        while line := stream.readline():
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            elif line.startswith(b"data: ") and kind == b"term-output":
                told = json.loads(line[6:])
                if told["id"] == getattr(self, "_id", told["id"]):
                    self._seen.put((time.perf_counter(), base64.b64decode(told["data"])))


def main() -> None:
    """Print both, and what the hub adds."""
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else KEYS
    with tempfile.TemporaryDirectory() as made:
        folder, address = Path(made), f"{HOST}:{free_port()}"
        hub = Page(folder / "hub", "--hub", V3_DISCOVER="off", V3_HUB_ADDRESS=address)
        invited = subprocess.run(
            [sys.executable, "-m", "utils.cli", "hub", "invite", "bench-1"],
            cwd=PROJECT, env=clean_environment(folder / "hub", V3_HUB_ADDRESS=address),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        (folder / "bench-1.v3join").write_text(invited.stdout)
        bench = Page(folder / "bench", "--demo", "--join", str(folder / "bench-1.v3join"))
        try:
            assert wait_until(lambda: hub.ask("GET", "/api/v1/lab")[1]["benches"][0]["bays"], 60)
            time.sleep(2)
            report(*_measured(bench.port, hub.port, keys))
        finally:
            bench.stop()
            hub.stop()


def _measured(bench: int, hub: int, keys: int) -> tuple[Samples, Samples]:
    pages = Typist(bench, "/api/v1"), Typist(hub, "/api/v1/bays/bench-1:main")
    found = Samples(), Samples()
    for number in range(keys):
        for page, samples in zip(pages, found, strict=True):
            samples.add(page.type("abcdefghijklmnopqrstuvwxyz"[number % 26]))
            time.sleep(PAUSE_S)
    return found


def report(bench: Samples, hub: Samples) -> None:
    """One line each, ms."""
    for name, each in (("bench", bench), ("hub", hub)):
        shown = each.median, each.p95, each.quantile(0.99), max(each.values)
        words = ", ".join(f"{word} {1000 * value:.1f}" for word, value in zip(WORDS, shown, strict=True))
        print(f"{name}: {len(each.values)} keys, ms: {words}")
    median, p95 = 1000 * (hub.median - bench.median), 1000 * (hub.p95 - bench.p95)
    print(f"the hub adds {median:.1f} ms at p50, {p95:.1f} ms at p95 (at most {TARGET_MS:.0f})")


WORDS = ("p50", "p95", "p99", "max")

if __name__ == "__main__":
    main()
