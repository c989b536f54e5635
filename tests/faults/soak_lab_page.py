"""What the page of a hub shows while a lab is soaked, and what it may show."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.lab_site import Site

LOOK_S = 1.0
"""How often the page asks."""
PATIENCE_S = 40.0

Lab = dict[str, Any]


class Page:
    """What somebody sees who looks at the hub's page: asked once a second, as the page does."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._changed = threading.Condition()
        self._looked_at = 0.0
        self.lab: Lab | None = None
        self.calls: dict[str, dict[str, Any]] = {}
        self.errands: dict[str, dict[str, Any]] = {}

    def look_on(self, over: threading.Event) -> None:
        while not over.is_set():
            began = time.monotonic()
            lab = self._site.look()
            with self._changed:
                self.lab, self._looked_at = lab, began
                for bay in bays(lab):
                    if bay["call"]:
                        self.calls[bay["call"]["call"]] = bay["call"]
                self.errands |= {each["errand"]: each for each in (lab or {}).get("errands", ())}
                self._changed.notify_all()
            over.wait(max(0.05, LOOK_S - (time.monotonic() - began)))

    def knows(self, fact: Callable[[Lab | None], bool], patience_s: float = PATIENCE_S) -> bool:
        """Whether it shows this, in a look that begins from now on."""
        began = time.monotonic()
        with self._changed:
            while time.monotonic() < began + patience_s:
                if self._looked_at >= began and fact(self.lab):
                    return True
                self._changed.wait(0.5)
        return False


def bays(lab: Lab | None) -> Iterator[dict[str, Any]]:
    """All places of a lab, each with its bench."""
    for bench in (lab or {}).get("benches", ()):
        for bay in bench["bays"]:
            yield {**bay, "bench": bench["id"], "here": bench["here"]}


def is_unsure(lab: Lab | None) -> bool:
    """Whether the page says that it knows nothing now."""
    return lab is None or not lab["connected"]


def is_here(lab: Lab | None, name: str) -> bool:
    return any(bench["here"] for bench in (lab or {}).get("benches", ()) if bench["id"] == name)


def is_away(lab: Lab | None, name: str) -> bool:
    """Whether it is not shown as here, nor anything as if it went on there."""
    if is_unsure(lab):
        return True
    open_ones = ("accepted", "running", "unanswered")
    goes_on = [
        bay for bay in bays(lab) if bay["bench"] == name and bay["call"] and bay["call"]["state"] in open_ones
    ]
    return not is_here(lab, name) and not goes_on
