"""The hottest sensor of each board, looked at every few seconds while somebody watches the bench. A feed.

    {"bay": …, "device_id": …, "celsius": 61.2, "text": "61 °C", "verdict": "pass"}      kind "heat"

It runs the catalogue's own diagnostic, so limit and words are its. Each bay has its own look: one that hangs
holds up no other. It is asked again when it has answered. A bay without a link is left alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.errors import V3Error
from utils.events import EventBus
from utils.model.results import LinkState

DIAGNOSTIC = "temperatures"
EACH_S = 5.0
FRESH_S = 3 * EACH_S
_PATIENCE_S = 4.0


class Heat:
    """Of a bench. Every method may be called from any thread."""

    def __init__(self, bench: Bench, *, each_s: float = EACH_S) -> None:
        self.ring = EventBus(max_events=200)
        self._bench, self._each_s = bench, each_s
        self._lock = threading.Lock()
        self._viewers = 0
        self._over = threading.Event()
        self._asked: set[str] = set()
        self._seen: dict[str, tuple[float, dict[str, Any]]] = {}

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """Held for as long as one page looks."""
        with self._lock:
            self._viewers += 1
            if self._viewers == 1:
                self._over = threading.Event()
                threading.Thread(target=self._work, args=(self._over,), name="v3-heat", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1
                if not self._viewers:
                    self._over.set()

    def of(self, bay: str, device_id: str) -> dict[str, Any] | None:
        """The newest of this board in this bay; None where it is old or was never seen."""
        at, seen = self._seen.get(bay, (0.0, {}))
        fresh = time.monotonic() - at < FRESH_S and seen.get("device_id") == device_id
        return seen if seen and fresh else None

    def _work(self, over: threading.Event) -> None:
        while True:
            for bay in self._bench:
                if bay.id not in self._asked and bay.door.status().state is LinkState.CONNECTED:
                    self._asked.add(bay.id)
                    threading.Thread(target=self._look, args=(bay,), name="v3-heat-of", daemon=True).start()
            if over.wait(self._each_s):
                return

    def _look(self, bay: Bay) -> None:
        try:
            seen = _hottest(bay)
            if seen is not None:
                self._seen[bay.id] = (time.monotonic(), seen)
                self.ring.publish("heat", seen)
        finally:
            self._asked.discard(bay.id)


def _hottest(bay: Bay) -> dict[str, Any] | None:
    from utils.judging.result_of import result_of

    diagnostic = bay.judging(DIAGNOSTIC)
    if diagnostic is None:
        return None
    try:
        answer = bay.door.run(diagnostic.command, timeout=_PATIENCE_S, effect="read")
    except V3Error:
        return None
    result = result_of(diagnostic, answer)
    hottest = (result.reading or {}).get("hottest")
    if answer.device is None or not isinstance(hottest, dict) or hottest.get("celsius") is None:
        return None
    return {
        "bay": bay.id,
        "device_id": answer.device.device_id,
        "celsius": hottest["celsius"],
        "text": f"{hottest['celsius']:.0f} °C",
        "verdict": result.verdict.value,
    }
