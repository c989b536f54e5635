"""“When it comes back”: check-ups that wait for their board. Each becomes an ordinary call, at most once.

    errands = Errands(folder / "errands.json", clock)          # ConfigError
    errand = errands.ask("s-0123…", "rover-7", until_s=3600, who="Ada")
    errands.due(seen)                                          # which to send now

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
from utils.lab.hub_clock import boot_id, since_boot
from utils.lab.presence import Called
from utils.lab.wire import State

FORM = 1
MOST_WAITING = 500
MOST_KEPT = 50
LONGEST_S = 7 * 86400.0
WAITING, SENT = "waiting", "sent"
UNKNOWN = "outcome-unknown"
_DONE = ("finished", "interrupted")
OVER = ("expired", "cancelled", "refused", UNKNOWN, *_DONE)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A check-up of one board, at most until its end.

    until: for people; until_s: seconds since 1970. boot, until_boot_s: the same by the clock of this start of
    the computer, which nobody can move. state: "waiting", "sent", or one of OVER. call, station, instance:
    what it became. became: the call's state. why: a sentence.
    """

    id: str
    device_id: str
    board: str
    who: str
    at: str
    until: str
    until_s: float
    boot: str
    until_boot_s: float
    diagnostics: tuple[str, ...] | None = None
    state: str = WAITING
    call: str = ""
    station: str = ""
    instance: str = ""
    became: str = ""
    checkup: str | None = None
    why: str = ""

    @property
    def left_s(self) -> float:
        """Seconds to its end. The clock of day counts alone where the computer was started anew."""
        if self.boot and self.boot == boot_id():
            return self.until_boot_s - since_boot()
        return self.until_s - time.time()


@dataclass(frozen=True)
class Place:
    """Where a board is now."""

    station: str
    bay: str
    instance: str
    seq: int


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
        until_s = time.time() + lasts_s
        made = Errand(
            id=new_id(), device_id=device_id, board=board[:512], who=who[:64], at=utc_text(),
            until=utc_of(until_s), until_s=until_s, boot=boot_id(), until_boot_s=since_boot() + lasts_s,
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

    def expire(self) -> None:
        """Those whose end has come wait no more."""
        with self._lock:
            for each in list(self._errands.values()):
                if each.state == WAITING and each.left_s <= 0:
                    self._keep(replace(each, state="expired"))

    def due(self, places: Mapping[str, Place]) -> list[tuple[Errand, Place]]:
        """The first of each board that is free now, by its device id. It is to be sent by `sending`."""
        found: list[tuple[Errand, Place]] = []
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

    def sending(self, errand_id: str, call: str, place: Place) -> bool:
        """Note that it is sent now; False where it must not be: it was cancelled, or its end has come."""
        with self._lock:
            found = self._errands[errand_id]
            if found.state != WAITING or found.left_s <= 0:
                return False
            self._tried[errand_id] = place.instance, place.seq
            told = replace(found, state=SENT, became="asked", why="", call=call)
            self._keep(replace(told, station=place.station, instance=place.instance))
            return True

    def unsent(self, errand_id: str, why: str, *, final: bool = False) -> None:
        """Nothing was delivered, for certain: it waits on. final: trying again cannot help."""
        with self._lock:
            again = _again(self._errands[errand_id], why)
            self._keep(replace(again, state="refused") if final else again)

    def settle(self, calls: Mapping[str, Called], states: Mapping[str, State]) -> None:
        """What became of those that were sent, by this hub or by the one before it.

        states: of the stations that are here.
        """
        with self._lock:
            for each in [each for each in self._errands.values() if each.state in (SENT, UNKNOWN)]:
                told = _told(each, calls.get(each.call), states.get(each.station))
                if told != each:
                    self._keep(told)

    def kept(self, checkup: str, *, interrupted: bool) -> None:
        """The record of a check-up came: that is the last word."""
        with self._lock:
            for each in list(self._errands.values()):
                if each.checkup == checkup and each.state in (SENT, UNKNOWN):
                    state = "interrupted" if interrupted else "finished"
                    self._keep(replace(each, state=state, became=state))

    def _keep(self, errand: Errand) -> Errand:
        """Note it. What could not be written is not so: the list stays as it was."""
        now = {**self._errands, errand.id: errand}
        over = [name for name, each in now.items() if each.state in OVER]
        for name in over[: max(0, len(over) - MOST_KEPT)]:
            del now[name]
            self._tried.pop(name, None)
        told = {"form": FORM, "errands": [asdict(each) for each in now.values()]}
        try:
            write_atomically(self._path, json.dumps(told) + "\n")
        except OSError as exc:
            raise NotKept(
                f"{self._path} cannot be written: {exc.strerror or exc}.", hint="Make room on the hub's disk."
            ) from exc
        self._errands = now
        return errand


def _again(errand: Errand, why: str) -> Errand:
    return replace(errand, state=WAITING, became="", call="", station="", instance="", why=why)


def _told(errand: Errand, called: Called | None, state: State | None) -> Errand:
    """As it is known now: by its call, else by its station's own list. Another run of it tells nothing."""
    if called is not None and called.state == "refused":
        if called.word == "not-allowed":
            return replace(errand, state="refused", became="refused", why=called.why)
        return _again(errand, called.why)
    if called is not None:
        its = called.checkup or errand.checkup
        errand = replace(errand, became=called.state, checkup=its, instance=called.instance)
        if called.state in _DONE:
            return replace(errand, state=called.state)
    if state is not None and state.instance != errand.instance:
        return replace(errand, state=UNKNOWN, became=UNKNOWN)
    if called is not None or errand.state == UNKNOWN:
        return errand
    return _by_station(errand, state)


def _by_station(errand: Errand, state: State | None) -> Errand:
    """The hub that called is gone. Its calls are refused once a station knows this hub's clock."""
    if state is None:
        return replace(errand, became=UNKNOWN)
    for seen in state.calls:
        if seen.id == errand.call:
            over = seen.state in _DONE
            return replace(
                errand, became=seen.state, checkup=seen.checkup, state=seen.state if over else SENT
            )
    return _again(errand, "")


def _read(path: Path) -> list[Errand]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["form"] > FORM:
            raise ConfigError(f"A newer version of this program wrote {path}.", hint="Start that version.")
        return [_errand(each) for each in told["errands"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, OSError) as exc:
        raise ConfigError(
            f"The list of boards that are waited for, {path}, cannot be read.",
            hint="Restore it from a back-up, or move it away: then nothing waits any more.",
        ) from exc


def _errand(told: dict[str, object]) -> Errand:
    found = Errand(**{name: told[name] for name in Errand.__dataclass_fields__})  # type: ignore[arg-type]
    return replace(found, diagnostics=None if found.diagnostics is None else tuple(found.diagnostics))
