"""“When it comes back”: check-ups that wait for their board. Each becomes an ordinary call, at most once.

    errands = Errands(folder / "errands.json")                 # ConfigError
    errand = errands.ask("s-0123…", "rover-7", lasts_s=3600, who="Ada")
    errands.due(places)                                        # which to send now

The list is a file of the hub: it survives the hub's restart. An errand is noted as sent before it is sent.
What may have been delivered is never sent again; what certainly was not waits on. Nothing here sends.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from utils.clock import new_id, utc_of, utc_text
from utils.errors import BadRequest, ConfigError, NotKept, UnknownErrand
from utils.folders import write_atomically
from utils.lab.presence import Called
from utils.lab.tasks import (
    DONE,
    REFUSED,
    SENT,
    UNKNOWN,
    WAITING,
    Task,
    Whereabouts,
    again,
    ended,
    ending,
    is_doubtful,
    is_of,
    is_open,
    noted,
    told,
)
from utils.lab.wire import State
from utils.model.results import Verdict

FORM = 1
MOST_WAITING = 500
MOST_KEPT = 50
LONGEST_S = 7 * 86400.0
OVER = ("expired", "cancelled", REFUSED, UNKNOWN, *DONE)


@dataclass(frozen=True, kw_only=True)
class Errand(Task):
    """A check-up of one board, at most until its end. until: for people. Its state may be "expired" and
    "cancelled", too. turn: it grows with each change of a state; 0 where an older version wrote it."""

    at: str
    until: str
    turn: int = 0


class Errands:
    """Of one hub, in the order in which they were asked. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._errands = {each.id: each for each in _read(path)}
        self._tried: dict[str, tuple[str, int]] = {}  # an errand is tried once for each word of a station

    def all(self) -> tuple[Errand, ...]:
        """All that are remembered, in the order in which they are carried out."""
        with self._lock:
            return tuple(self._errands.values())

    def ask(
        self,
        device_id: str,
        board: str,
        *,
        lasts_s: float,
        who: str,
        diagnostics: Sequence[str] | None = None,
    ) -> Errand:
        """One more, behind the others. BadRequest where there are too many; NotKept."""
        lasts_s = min(lasts_s, LONGEST_S)
        made = Errand(
            id=new_id(), device_id=device_id, board=board[:512], who=who[:64], at=utc_text(),
            until=utc_of(time.time() + lasts_s), **ending(lasts_s),
            diagnostics=None if diagnostics is None else tuple(diagnostics),
        )  # fmt: skip
        with self._lock:
            if sum(each.state == WAITING for each in self._errands.values()) >= MOST_WAITING:
                raise BadRequest("As many boards are waited for as fit.", hint="Cancel some of them first.")
            self._keep(made)
        return made

    def cancel(self, errand_id: str) -> Errand:
        """Wait no more for it. UnknownErrand; BadRequest for one that was sent already."""
        with self._lock:
            found = self._errands.get(errand_id)
            if found is None:
                raise UnknownErrand
            if found.state != WAITING:
                raise BadRequest(
                    "This does not wait any more.", hint="The list says what became of it. Reload the page."
                )
            return self._keep(replace(found, state="cancelled"))

    def doubt(self, why: str) -> int:
        """Nobody knows what became of those that are not over: none is sent (again). How many. NotKept."""
        with self._lock:
            some = [each for each in self._errands.values() if each.state in (WAITING, SENT)]
            for each in some:
                self._keep(replace(each, state=UNKNOWN, became=UNKNOWN, why=why))
            return len(some)

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits, and all that was sent is over."""
        return not any(each.state == WAITING or is_open(each) for each in self.all())

    def look(self, calls: Mapping[str, Called], states: Mapping[str, State]) -> None:
        """What became of those that were sent, by this hub or by the one before it. Those whose end has come
        wait no more. states: of the stations that are here."""
        with self._lock:
            for each in list(self._errands.values()):
                now = each
                if is_open(each):
                    now = told(each, calls.get(each.call), states.get(each.station))
                elif each.state == WAITING and each.left_s <= 0:
                    now = replace(each, state="expired")
                if now != each:
                    self._keep(now)

    def due(self, places: Mapping[str, Whereabouts]) -> list[tuple[Task, Whereabouts]]:
        """The first of each board that is free now, by its device id. It is to be sent by `sending`."""
        found: list[tuple[Task, Whereabouts]] = []
        with self._lock:
            sent = {each.device_id for each in self._errands.values() if each.state == SENT}
            for each in self._errands.values():
                place = places.get(each.device_id)
                if each.state != WAITING or place is None or each.device_id in sent:
                    continue
                sent.add(each.device_id)
                if self._tried.get(each.id) != (place.instance, place.seq):
                    found.append((each, place))
        return found

    def sending(self, errand_id: str, call: str, place: Whereabouts) -> bool:
        """Note that it is sent now; False where it must not be: it was cancelled, or its end has come."""
        with self._lock:
            found = self._errands[errand_id]
            if found.state != WAITING or found.left_s <= 0:
                return False
            self._tried[errand_id] = place.instance, place.seq
            self._keep(noted(found, call, place))
            return True

    def unsent(self, errand_id: str, why: str, *, final: bool = False) -> None:
        """Nothing was delivered, for certain: it waits on. final: trying again cannot help."""
        with self._lock:
            waits = again(self._errands[errand_id], why)
            self._keep(replace(waits, state=REFUSED) if final else waits)

    def kept(self, station: str, name: str, *, interrupted: bool, verdict: Verdict) -> None:
        """The record of a check-up came: that is the last word."""
        with self._lock:
            for each in list(self._errands.values()):
                if is_open(each) and is_of(each, station, name):
                    self._keep(ended(each, interrupted=interrupted, verdict=verdict))

    def doubtful(self) -> list[Task]:
        """Those of which nobody knows the outcome now."""
        return [each for each in self.all() if is_doubtful(each)]

    def _keep(self, errand: Errand) -> Errand:
        """Note it. What could not be written is not so: the list stays as it was.

        Of those that are over it forgets what was over first: one that waited long is seen to end.
        """
        before = self._errands.get(errand.id)
        if before is None or before.state != errand.state:
            errand = replace(errand, turn=1 + max((each.turn for each in self._errands.values()), default=0))
        now = {**self._errands, errand.id: errand}
        over = sorted((each for each in now.values() if each.state in OVER), key=lambda each: each.turn)
        for each in over[: max(0, len(over) - MOST_KEPT)]:
            del now[each.id]
            self._tried.pop(each.id, None)
        text = json.dumps({"form": FORM, "errands": [asdict(each) for each in now.values()]})
        try:
            write_atomically(self._path, text + "\n")
        except OSError as exc:
            raise NotKept(
                f"{self._path} cannot be written: {exc.strerror or exc}.", hint="Make room on the hub's disk."
            ) from exc
        self._errands = now
        return errand


def _read(path: Path) -> list[Errand]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["form"] > FORM:
            raise ConfigError(f"A newer version of this program wrote {path}.", hint="Start that version.")
        return [_errand(each) for each in kept["errands"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, OSError) as exc:
        raise ConfigError(
            f"The list of boards that are waited for, {path}, cannot be read.",
            hint="Restore it from a back-up, or move it away: then nothing waits any more.",
        ) from exc


def _errand(kept: dict[str, object]) -> Errand:
    """One of the file. What a version before this one did not write is as it was then."""
    its = {name: kept[name] for name in Errand.__dataclass_fields__ if name in kept}
    found = Errand(**its)  # type: ignore[arg-type]
    return replace(found, diagnostics=None if found.diagnostics is None else tuple(found.diagnostics))
