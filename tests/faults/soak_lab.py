"""Random faults of a lab: nothing runs twice or on another board, nothing is lost, and the page knows.

    python -m tests.faults.soak_lab --minutes 10 [--seed N]

All programs are real (lab_site.py). Every call has an effect of its own, which the board notes as it begins
(lab_boards.py). At the end all comes back, and what ran, what was told and what the hub keeps are compared.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import itertools
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.faults.lab_boards import NAMES
from tests.faults.lab_site import SERIALS, Site, Station, id_of
from tests.faults.soak_lab_page import PATIENCE_S, Lab, Page, bays, is_away, is_here, is_unsure
from tests.faults.soak_lab_report import KINDS, KNOWN_S, Report
from tests.waiting import wait_until
from utils.store.database import Database
from utils.store.schema import boards, checkups, runs

_SETTLE_S = 120.0
_NOT_CARRIED_OUT = {"absent", "not-here", "other-board", "busy", "expired", "not-allowed"}
_NOTHING_RAN = {"refused", "waiting", "expired", "cancelled"}
SPARE = 2
"""Boards that lie beside the benches."""


@dataclass(frozen=True)
class Kept:
    """A check-up that is kept. serial: of the board that gave all its results; None where there is none.
    effects: those that it was to have."""

    counts: dict[str, int]
    serial: str | None
    effects: frozenset[str]


class Soak:
    """One run of `seconds`, with the faults that the seed gives."""

    def __init__(self, seconds: float, seed: int, *, each: int, stations: int = 2) -> None:
        self.seconds, self.report = seconds, Report()
        self._dice = random.Random(seed)
        self._plan = [kind for kind in KINDS for _ in range(each)]
        self._dice.shuffle(self._plan)
        self._stations = stations
        self._over, self._quiet = threading.Event(), threading.Event()
        self._numbers = {serial: itertools.count() for serial in SERIALS.values()}
        self._called: dict[tuple[int, str], dict[str, Any] | None] = {}
        self._waited: dict[str, tuple[int, str]] = {}
        self._locks: dict[str, threading.Lock] = collections.defaultdict(threading.Lock)
        self._hidden: list[float] = []
        self._hands: list[threading.Thread] = []

    def run(self) -> Report:
        with (
            tempfile.TemporaryDirectory(prefix="v3-soak-lab-") as folder,
            Site(Path(folder), stations=self._stations, spare=SPARE) as self.site,
        ):
            self.page = Page(self.site)
            looking = threading.Thread(target=self.page.look_on, args=(self._over,), daemon=True)
            looking.start()
            try:
                self._play()
            finally:
                self._over.set()
                looking.join(10)
        return self.report

    def _play(self) -> None:
        if not self.page.knows(self._all_here, 60):
            self.report.missed.append("the lab did not come together")
            return
        began = time.monotonic()
        calling = threading.Thread(target=self._call_on, daemon=True)
        calling.start()
        pause_s = self.seconds / max(1, len(self._plan))
        for kind in self._plan:
            self._begin(kind)
            self._over.wait(pause_s * self._dice.uniform(0.5, 1.5))
        for hand in self._hands:
            hand.join(90)
        self._quiet.set()
        calling.join(20)
        self.report.seconds = time.monotonic() - began
        self._settle()
        self._compare()

    # --- faults

    def _begin(self, kind: str) -> None:
        """Let a hand do it beside the others; two hands never hold the same thing."""
        dice = random.Random(self._dice.random())
        work = getattr(self, f"_{kind.replace(' ', '_').replace('-', '_')}")
        hand = threading.Thread(target=self._do, args=(kind, work, dice), name=kind, daemon=True)
        self._hands.append(hand)
        hand.start()

    def _do(self, kind: str, work: Callable[[random.Random], None], dice: random.Random) -> None:
        try:
            work(dice)
            self.report.faults[kind] += 1
        except Exception as exc:
            self.report.missed.append(f"{kind}: {type(exc).__name__}: {exc}")

    def _hub_killed(self, dice: random.Random) -> None:
        with self._locks["hub"]:
            self._hides()
            self.site.hub.kill()
            self._timed("hub killed", lambda lab: lab is None)
            time.sleep(dice.choice([0.0, 1.0, 3.0]))
            self.site.hub.start()
            self._timed("hub killed", self._all_here, over=True)

    def _nats_killed(self, dice: random.Random) -> None:
        with self._locks["hub"]:
            self._hides()
            self.site.kill_nats()
            self._timed("nats killed", self._all_here, over=True)

    def _database_killed(self, dice: random.Random) -> None:
        with self._locks["database"]:
            self.site.database.kill()
            self._timed("database killed", lambda lab: lab is None or bool(lab["not_kept"]))
            time.sleep(dice.choice([0.0, 1.0, 4.0]))
            self.site.database.start()
            self._timed("database killed", lambda lab: lab is None or not lab["not_kept"], over=True)

    def _station_killed(self, dice: random.Random) -> None:
        with self._of_a_station(dice) as station:
            station.program.kill()
            self._timed("station killed", lambda lab: is_away(lab, station.name))
            time.sleep(dice.choice([0.0, 1.0]))
            station.program.start()
            self._timed("station killed", self._back(station), over=True)

    def _network_cut(self, dice: random.Random) -> None:
        with self._of_a_station(dice) as station:
            if dice.random() < 0.3:  # a blip: both sides get a reset
                station.cable.cut()
                return
            station.cable.freeze()
            self._away_and_back("network cut", station, dice)

    def _network_half_cut(self, dice: random.Random) -> None:
        with self._of_a_station(dice) as station:
            requests = dice.random() < 0.5
            station.cable.freeze(requests=requests, answers=not requests)
            self._away_and_back("network half-cut", station, dice)

    def _away_and_back(self, kind: str, station: Station, dice: random.Random) -> None:
        if dice.random() < 0.4:
            time.sleep(dice.uniform(0.2, 3.0))  # too short to be told
        else:
            self._timed(kind, lambda lab: is_away(lab, station.name))
        station.cable.thaw()
        self._timed(kind, self._back(station), over=True)

    def _clock_moved(self, dice: random.Random) -> None:
        with self._locks["clock"]:
            program = dice.choice([self.site.hub, *(each.program for each in self.site.stations)])
            program.clock.write_text(str(dice.choice([-86400.0 * 400, -3600.0, -7.0, 9.0, 3600.0, 864000.0])))
            self._timed("clock moved", self._clocks_are_told)

    def _boards_swapped(self, dice: random.Random) -> None:
        with self._locks["boards"]:
            one, other = dice.sample(self.site.ports, 2)
            boards = self.site.boards
            spare = [
                number
                for number in range(len(self.site.ports) + SPARE)
                if number not in boards.places.values()
            ]
            first, second = boards.pull(one), boards.pull(other)
            if dice.random() < 0.3:  # one of them goes, another one comes
                first = dice.choice(spare)
            time.sleep(dice.choice([0.0, 0.0, 0.5]))
            boards.plug(second, one)
            boards.plug(first, other)
            self._timed("boards swapped", self._no_other_board_is_shown)

    @contextlib.contextmanager
    def _of_a_station(self, dice: random.Random) -> Iterator[Station]:
        """A station that nothing else happens to."""
        station = dice.choice(self.site.stations)
        with self._locks[station.name]:
            station.fit = False
            self._hides()
            try:
                yield station
            finally:
                station.fit = True

    def _timed(self, kind: str, fact: Callable[[Lab | None], bool], *, over: bool = False) -> None:
        began = time.monotonic()
        if not self.page.knows(fact):
            self.report.missed.append(f"{kind}: the page did not know it after {PATIENCE_S:.0f} s")
        now = time.monotonic()
        later = [at for at in self._hidden if began < at < now]
        if now - began > KNOWN_S and later:
            self.report.anew, began = self.report.anew + 1, later[-1]
        (self.report.over if over else self.report.knew)[kind].append(now - began)

    def _hides(self) -> None:
        """From now on something cannot be seen that the page was about to learn."""
        self._hidden.append(time.monotonic())

    # --- facts of the page

    def _back(self, station: Station) -> Callable[[Lab | None], bool]:
        return lambda lab: is_unsure(lab) or is_here(lab, station.name)

    def _all_here(self, lab: Lab | None) -> bool:
        if lab is None or not lab["connected"]:
            return False
        return all(is_here(lab, each.name) for each in self.site.stations if each.fit)

    def _clocks_are_told(self, lab: Lab | None) -> bool:
        hub_s = _moved_by(self.site.hub.clock)
        for station in self.site.stations:
            shown = next((b for b in (lab or {}).get("benches", ()) if b["id"] == station.name), None)
            if not station.fit or shown is None or not shown["here"]:
                continue
            if abs(shown["clock_offset_s"] - (_moved_by(station.program.clock) - hub_s)) > 2:
                return False
        return True

    def _no_other_board_is_shown(self, lab: Lab | None) -> bool:
        """Whether every place that is shown as connected shows the board that is there."""
        at = {
            (station.name, bay): self.site.boards.places.get(port)
            for station in self.site.stations
            for bay, port in zip(("main", "second"), station.ports, strict=True)
        }
        for bay in bays(lab):
            here = at[bay["bench"], bay["id"]]
            if bay["here"] and bay["device_id"] and (here is None or bay["device_id"] != id_of(here)):
                return False
        return True

    # --- work

    def _call_on(self) -> None:
        while not self._quiet.wait(self._dice_pause()):
            shown = [bay for bay in bays(self.page.lab) if bay["device_id"]]
            if random.random() < 0.15:
                self._wait_for(random.randrange(len(self.site.ports) + SPARE))
            elif shown:
                self._call(random.choice(shown))

    def _dice_pause(self) -> float:
        return random.uniform(0.1, 0.7)

    def _call(self, bay: dict[str, Any]) -> None:
        serial = SERIALS[bay["device_id"]]
        number = next(self._numbers[serial])
        if number >= NAMES:
            return
        self._called[number, serial] = None
        board = {"bench": bay["bench"], "bay": bay["id"], "device_id": bay["device_id"]}
        wanted = ["uptime", f"effect-{number}"]
        told = self.site.hub.ask("POST", "/api/v1/lab/checkups", {"boards": [board], "diagnostics": wanted})
        call = told["calls"][0] if told and "calls" in told else None
        self._called[number, serial] = call
        self.report.answers[(call["answer"] or call["state"]) if call else "no answer of the hub"] += 1

    def _wait_for(self, board: int) -> None:
        """Have a board checked when it comes back, wherever that is; some wait for seconds alone."""
        device_id = id_of(board)
        serial = SERIALS[device_id]
        number = next(self._numbers[serial])
        if number >= NAMES:
            return
        self._called[number, serial] = None
        hours = random.choice([0.001, 0.003, 1.0])
        body = {"device_id": device_id, "hours": hours, "diagnostics": [f"effect-{number}"]}
        told = self.site.hub.ask("POST", "/api/v1/lab/errands", body)
        if told and "errand" in told:
            self._waited[told["errand"]] = number, serial
        self.report.answers["waits" if told else "no answer of the hub"] += 1

    # --- the end

    def _settle(self) -> None:
        """All comes back: every record is at the hub, and no call is open."""
        end = time.monotonic() + _SETTLE_S
        if not self.page.knows(lambda lab: self._all_here(lab) and self._is_quiet(lab), _SETTLE_S):
            self.report.missed.append(f"it did not come to rest: {self.page.lab}")
        if not wait_until(lambda: not self._missing(), max(1.0, end - time.monotonic()), every_s=1.0):
            self.report.lost += [f"check-up {each} of a bench is not at the hub" for each in self._missing()]

    def _is_quiet(self, lab: Lab | None) -> bool:
        return all(not b["waiting"] for b in (lab or {})["benches"]) and not any(
            [bay["running"] for bay in bays(lab)]
            + [each["state"] == "sent" for each in (lab or {})["errands"]]
        )

    def _missing(self) -> set[str]:
        return self._kept_at_benches() - set(self._kept_at_hub())

    def _kept_at_benches(self) -> set[str]:
        files = [station.program.folder / "data" / "history.db" for station in self.site.stations]
        return {each for path in files for each in _kept(path)}

    def _kept_at_hub(self) -> dict[str, Kept]:
        return _kept(self.site.url)

    def _compare(self) -> None:
        ran = collections.Counter(self.site.boards.ran())
        kept = self._kept_at_hub()
        self.report.effects, self.report.records = sum(ran.values()), len(kept)
        self.report.twice = [f"effect {each} ran {count} times" for each, count in ran.items() if count > 1]
        self.report.wrong = [
            f"effect {each} was called on no such board" for each in ran if each not in self._called
        ]
        for each, call in self._called.items():
            if call is not None:
                self._check(each, {**call, **self.page.calls.get(call["call"], {})}, ran[each], kept)
        traced = collections.Counter(name for each in kept.values() for name in each.effects)
        for number, count in collections.Counter(number for number, _ in ran.elements()).items():
            if count > traced[f"effect-{number}"]:
                self.report.lost.append(
                    f"effect {number} ran {count} times, and {traced[f'effect-{number}']} are kept"
                )
        for errand, each in self._waited.items():
            told = self.page.errands.get(errand)
            if told is not None:
                self._check(each, {**told, "answer": None}, ran[each], kept)
        for program in (self.site.hub, *(each.program for each in self.site.stations)):
            for word in ("Traceback", "failed inside this program"):
                if word in (said := program.said()):
                    at = said.index(word)
                    self.report.missed.append(
                        f"{program.folder.name} wrote: {said[max(0, at - 200) : at + 1500]}"
                    )

    def _check(self, each: tuple[int, str], call: dict[str, Any], ran: int, kept: dict[str, Kept]) -> None:
        """Whether what the page told of a call is so."""
        refused = call["state"] in _NOTHING_RAN or call["answer"] in _NOT_CARRIED_OUT
        if refused and ran:
            self.report.untrue.append(f"effect {each} ran, and was told to be refused: {call}")
        if call["state"] != "finished":
            return
        record = kept.get(call["checkup"])
        if record is None:
            self.report.lost.append(
                f"check-up {call['checkup']} was told to be finished and is not at the hub"
            )
        elif not ran and record.counts.get("pass", 0) > (call["answer"] is not None):
            self.report.untrue.append(f"effect {each} did not run, and is told as passed")
        elif record.serial not in (None, each[1]):
            self.report.wrong.append(f"effect {each} is kept under {record.serial}")


def _kept(where: str | Path) -> dict[str, Kept]:
    """All check-ups of a history, as they are written there."""
    database = Database(where)
    try:
        with database.reading() as connection:
            effects = collections.defaultdict(set)
            ran = runs.c.diagnostic.startswith("effect-")
            for checkup, name in connection.execute(select(runs.c.checkup, runs.c.diagnostic).where(ran)):
                effects[checkup].add(name)
            query = select(checkups, boards.c.facts).join(boards, isouter=True)
            return {
                row.id: Kept(
                    row.counts,
                    (row.facts or {}).get("serial"),
                    frozenset({*effects[row.id], *(row.pending or ())}),
                )
                for row in connection.execute(query)
            }
    finally:
        database.close()


def _moved_by(clock: Path) -> float:
    with contextlib.suppress(OSError, ValueError):
        return float(clock.read_text())
    return 0.0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak_lab", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--each", type=int, default=26, help="faults of each kind")
    parser.add_argument("--seed", type=int, default=None, help="the same faults in the same order")
    options = parser.parse_args(argv)
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    report = Soak(options.minutes * 60, seed, each=options.each).run()
    print(report.text())
    return 1 if report.faulty else 0


if __name__ == "__main__":
    sys.exit(main())
