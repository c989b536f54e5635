"""What changed of the overview since a page asked last. A page of 1,000 places is not told all each second.

changes.told(overview, since="")            # all of it, with a version
changes.told(overview, since="7f3a….12")    # what is another one than in that version

A version of another run of the hub means nothing here: then all is told.
"""

from __future__ import annotations

import threading
from typing import Any

JsonObject = dict[str, Any]
Key = tuple[str, ...]
"""A bench, or a bench and a bay."""


class Changes:
    """Of one run of a hub, its session. Thread-safe."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._count = 0
        self._known: dict[Key, tuple[JsonObject, int]] = {}

    def told(self, overview: JsonObject, since: str = "") -> JsonObject:
        """The overview with `version` and `order`; of its benches and bays those that are new since then.

        whole: whether that is all of them. places: every bay of a bench, in its order.
        """
        with self._lock:
            self._take(overview)
            after = self._after(since)
            benches = [self._bench(each, after) for each in overview["benches"]]
            return {
                **overview,
                "version": f"{self._session}.{self._count}",
                "whole": after is None,
                "order": [each["id"] for each in overview["benches"]],
                "benches": [each for each in benches if each is not None],
            }

    def _after(self, since: str) -> int | None:
        session, _, number = since.rpartition(".")
        known = session == self._session and number.isascii() and number.isdigit() and len(number) < 18
        return int(number) if known and int(number) <= self._count else None

    def _take(self, overview: JsonObject) -> None:
        now = {key: facts for bench in overview["benches"] for key, facts in _parts(bench)}
        changed = [key for key, facts in now.items() if self._known.get(key, (None, 0))[0] != facts]
        self._count += bool(changed)
        self._known = {key: self._known[key] for key in now if key in self._known}
        self._known |= {key: (now[key], self._count) for key in changed}

    def _bench(self, bench: JsonObject, after: int | None) -> JsonObject | None:
        """The bench with the bays that are to be told; None where nothing of it is."""
        name, places = bench["id"], [bay["id"] for bay in bench["bays"]]
        bays = [bay for bay in bench["bays"] if after is None or self._known[name, bay["id"]][1] > after]
        if not bays and after is not None and self._known[name,][1] <= after:
            return None
        return {**bench, "places": places, "bays": bays}


def _parts(bench: JsonObject) -> list[tuple[Key, JsonObject]]:
    """What is told by itself, as it is compared.

    Two facts of a bench that is here are new each second and tell nothing. They are the moment of its last
    word, and by how little of a second its clock is off.
    """
    its = {name: value for name, value in bench.items() if name != "bays"}
    if bench["here"]:
        its |= {"heard": None, "clock_offset_s": round(bench["clock_offset_s"] or 0)}
    its["places"] = [bay["id"] for bay in bench["bays"]]
    name: str = bench["id"]
    return [((name,), its), *(((name, bay["id"]), bay) for bay in bench["bays"])]
