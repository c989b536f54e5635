"""The campaigns of a hub, each a journal in its folder: they survive the hub. campaigns.py says what is next.

    campaigns = Campaigns(folder / "campaigns")
    campaign = campaigns.begin(steps=…, boards=…, lasts_s=86400, who="Ada", …)
    campaigns.stop(campaign.plan.id, "Ada")

A piece is noted as sent before it is sent. returning.py sends; nothing here does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from utils.clock import new_id, utc_of, utc_text
from utils.errors import BadRequest, NotKept, UnknownCampaign
from utils.folders import make_private
from utils.lab.campaigns import (
    ENDED,
    RUNNING,
    STOPPED,
    WAIT,
    Campaign,
    Known,
    Member,
    Piece,
    Plan,
    Step,
    changed,
    gone_on,
    judged,
    learned,
    running,
    to_begin,
)
from utils.lab.journal import Journal
from utils.lab.presence import Called
from utils.lab.tasks import (
    DONE,
    REFUSED,
    SENT,
    UNKNOWN,
    Task,
    Whereabouts,
    again,
    ended,
    ending,
    is_doubtful,
    is_of,
    is_open,
    noted,
    present_boards,
)
from utils.lab.wire import State
from utils.model.results import Verdict

log = logging.getLogger(__name__)

PATIENCE_S = 60.0
"""How long a board may be away before it is left out, and a bench before an outcome counts as unknown: a
restart of the hub, or of a bench, is shorter."""
LONGEST_S = 30 * 86400.0
MOST_LIVE = 20
MOST_KEPT = 200
_AGAIN_S = 5.0  # after a bench refused: its board is busy
_DOUBTED_S = 7 * 86400.0  # a record that did not come by then is not looked up any more
_STATIC = (
    "device_id", "board", "what", "diagnostics", "minutes", "step", "until_s", "boot", "until_boot_s",
)  # fmt: skip
_OF_A_WAIT = ("until_s", "boot", "until_boot_s")


class Campaigns:
    """Of one hub. Thread-safe."""

    def __init__(self, folder: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._folder, self._patience_s = folder, patience_s
        self._lock = threading.Lock()
        self._campaigns = {each.plan.id: each for each in _read(folder)}
        self._since: dict[str, float] = {}  # when boards and benches were found away first
        self._not_before: dict[str, float] = {}  # when a piece may be tried again

    # --- what people do

    def all(self) -> tuple[Campaign, ...]:
        """All that are remembered, the newest first."""
        with self._lock:
            return tuple(reversed(self._campaigns.values()))

    def get(self, campaign_id: str) -> Campaign:
        """The campaign of this id; UnknownCampaign."""
        with self._lock:
            return self._known(campaign_id)

    def begin(
        self, *, name: str, who: str, lasts_s: float, steps: Sequence[Step], boards: Iterable[Member],
        limit: float, at_unknown: bool, leave_out: bool,
    ) -> Campaign:  # fmt: skip
        """One more; each board once. BadRequest where there are too many; NotKept."""
        lasts_s = min(lasts_s, LONGEST_S)
        plan = Plan(
            id=new_id(), name=name, who=who[:64], at=utc_text(), until=utc_of(time.time() + lasts_s),
            **ending(lasts_s), steps=tuple(steps),
            boards=tuple({each.device_id: each for each in boards}.values()),
            limit=limit, at_unknown=at_unknown, leave_out=leave_out,
        )  # fmt: skip
        with self._lock:
            if sum(each.live for each in self._campaigns.values()) >= MOST_LIVE:
                raise BadRequest("As many campaigns run as fit.", hint="End some of them first.")
            self._tidy()
            try:
                make_private(self._folder)
            except OSError as exc:
                raise NotKept(f"{self._folder} cannot be made: {exc.strerror or exc}.") from exc
            self._journal(plan.id).begin({"plan": asdict(plan)})
            made = self._campaigns[plan.id] = Campaign(plan, by=plan.who)
        return made

    def stop(self, campaign_id: str, who: str) -> Campaign:
        """Begin nothing more for now. What was sent runs on."""
        with self._lock:
            known = self._live(campaign_id)
            if known.state == STOPPED:
                return known
            return self._keep(known, replace(known, state=STOPPED, why=f"{who or 'Somebody'} stopped it."))

    def go_on(self, campaign_id: str, who: str) -> Campaign:
        """Go on anyway, whatever was found so far."""
        with self._lock:
            known = self._live(campaign_id)
            return known if known.state == RUNNING else self._keep(known, gone_on(known, who[:64]))

    def end(self, campaign_id: str, who: str) -> Campaign:
        """Begin nothing more for good. What was sent runs on."""
        with self._lock:
            known = self._live(campaign_id)
            return self._keep(known, replace(known, state=ENDED, why=f"{who or 'Somebody'} ended it."))

    def doubt(self, why: str) -> int:
        """Nobody knows what became of those that are not over: nothing of them is sent (again). How many.
        NotKept."""
        with self._lock:
            some = [each for each in self._campaigns.values() if each.live]
            for each in some:
                self._keep(each, replace(changed(each, *_doubted(each, why)), state=ENDED, why=why))
            return len(some)

    def _known(self, campaign_id: str) -> Campaign:
        if campaign_id not in self._campaigns:
            raise UnknownCampaign
        return self._campaigns[campaign_id]

    def _live(self, campaign_id: str) -> Campaign:
        known = self._known(campaign_id)
        if not known.live:
            raise BadRequest(
                "This campaign is over.", hint="Begin another one with the boards that are left."
            )
        return known

    # --- what returning.py asks (tasks.ToDo)

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits, and all that was sent is over."""
        with self._lock:
            return not self._moving()

    def _moving(self) -> list[Campaign]:
        return [each for each in self._campaigns.values() if each.live or any(map(is_open, _of(each)))]

    def look(self, calls: Mapping[str, Called], states: Mapping[str, State]) -> None:
        """What is known now: what was sent, waits, boards that are away, stops."""
        with self._lock:
            mine = self._moving()
            known = self._facts(mine, calls, states)
            for each in mine:
                self._keep(each, _with_waits(learned(each, known)))

    def due(self, places: Mapping[str, Whereabouts]) -> list[tuple[Task, Whereabouts]]:
        """What may begin now on boards that are free, at most one for each board."""
        found: dict[str, tuple[Task, Whereabouts]] = {}
        with self._lock:
            busy = {
                piece.device_id
                for each in self._campaigns.values()
                for piece in running(each)
                if not piece.settled
            }
            for each in self._campaigns.values():
                for piece in _to_send(each):
                    place = places.get(piece.device_id)
                    if place is None or piece.device_id in busy or piece.device_id in found:
                        continue
                    if time.monotonic() >= self._not_before.get(piece.id, 0.0):
                        found[piece.device_id] = piece, place
        return list(found.values())

    def sending(self, task_id: str, call: str, place: Whereabouts) -> bool:
        """Note that it is sent now; False where it must not be any more."""
        with self._lock:
            known = self._known(_campaign(task_id))
            piece = next((each for each in _to_send(known) if each.id == task_id), None)
            if piece is None or piece.left_s <= 0:
                return False
            self._not_before[task_id] = time.monotonic() + _AGAIN_S
            self._keep(known, changed(known, replace(noted(piece, call, place), at=utc_text())))
            return True

    def unsent(self, task_id: str, why: str, *, final: bool = False) -> None:
        """Nothing was delivered, for certain: it waits on. final: trying again cannot help."""
        with self._lock:
            known = self._known(_campaign(task_id))
            piece = again(known.pieces[task_id], why)
            if final:
                piece = replace(piece, state=REFUSED, became=REFUSED, ended_at=utc_text())
            self._keep(known, judged(changed(known, piece)))

    def kept(self, station: str, name: str, *, interrupted: bool, verdict: Verdict) -> None:
        """A record came: that is the last word on its piece."""
        with self._lock:
            for each in list(self._campaigns.values()):
                for piece in [piece for piece in _of(each) if is_of(piece, station, name)]:
                    now = ended(piece, interrupted=interrupted, verdict=verdict) if is_open(piece) else piece
                    now = replace(now, lost=False, kept=True, ended_at=piece.ended_at or utc_text())
                    each = self._keep(each, judged(changed(each, now)))

    def doubtful(self) -> list[Task]:
        """The pieces of which nobody knows the outcome now, and those whose record did not come yet."""
        fresh = [each for each in self.all() if each.plan.left_s > -_DOUBTED_S]
        return [piece for each in fresh for piece in _of(each) if is_doubtful(piece) or _lacks(piece)]

    # --- facts and files

    def _facts(
        self, mine: Iterable[Campaign], calls: Mapping[str, Called], states: Mapping[str, State]
    ) -> Known:
        present = present_boards(states)
        boards = {piece.device_id for each in mine for piece in _to_send(each)}
        stations = {piece.station for each in mine for piece in running(each)}
        away = self._long_away((boards - present.keys()) | (stations - states.keys()))
        return Known(calls, states, away & boards, away & stations, utc_text())

    def _long_away(self, names: set[str]) -> frozenset[str]:
        """Those of these that have been away for as long as one waits."""
        now = time.monotonic()
        self._since = {name: self._since.get(name, now) for name in names}
        return frozenset(name for name, since in self._since.items() if now - since >= self._patience_s)

    def _keep(self, before: Campaign, now: Campaign) -> Campaign:
        """Note what changed. What could not be written is not so: all stays as it was."""
        line: dict[str, Any] = {
            name: getattr(now, name)
            for name in ("state", "why", "board", "by")
            if getattr(now, name) != getattr(before, name)
        }
        news = [piece for name, piece in now.pieces.items() if before.pieces.get(name) is not piece]
        if news:
            line["pieces"] = [_told(piece) for piece in news]
        if line:
            self._journal(now.plan.id).append({"at": utc_text(), **line})
            self._campaigns[now.plan.id] = now
        return now

    def _journal(self, campaign_id: str) -> Journal:
        return Journal(self._folder / f"{campaign_id}.jsonl")

    def _tidy(self) -> None:
        """Forget the oldest ones that are over."""
        over = [each.plan.id for each in self._campaigns.values() if not each.live]
        for name in over[: max(0, len(self._campaigns) - MOST_KEPT + 1)]:
            try:
                self._journal(name).remove()
            except OSError as exc:
                log.error("An old campaign cannot be removed: %s", exc)
                return
            del self._campaigns[name]


def _lacks(piece: Piece) -> bool:
    return piece.state in DONE and bool(piece.call) and not piece.kept


def _doubted(campaign: Campaign, why: str) -> list[Piece]:
    """Every piece that is not settled: it may have run since."""
    places = range(len(campaign.plan.boards)), range(len(campaign.plan.steps))
    pieces = [campaign.piece(board, step) for board in places[0] for step in places[1]]
    return [replace(piece, state=UNKNOWN, became=UNKNOWN, why=why) for piece in pieces if not piece.settled]


def _of(campaign: Campaign) -> Iterable[Piece]:
    return campaign.pieces.values()


def _to_send(campaign: Campaign) -> list[Piece]:
    return [piece for piece in to_begin(campaign) if piece.what != WAIT]


def _campaign(task_id: str) -> str:
    return task_id.partition(".")[0]


def _with_waits(campaign: Campaign) -> Campaign:
    """With the waits that begin now."""
    begun = [
        replace(piece, state=SENT, became=RUNNING, at=utc_text(), **ending(60 * (piece.minutes or 0)))
        for piece in to_begin(campaign)
        if piece.what == WAIT
    ]
    return changed(campaign, *begun) if begun else campaign


def _told(piece: Piece) -> dict[str, Any]:
    """What changes of a piece; the rest is the plan's."""
    without = [name for name in _STATIC if piece.what != WAIT or name not in _OF_A_WAIT]
    return {name: value for name, value in asdict(piece).items() if name not in without}


def _read(folder: Path) -> list[Campaign]:
    """All that are kept, oldest first. A damaged one is left out: nothing of it is sent."""
    found = []
    for path in folder.glob("*.jsonl"):
        try:
            found.append(_campaign_of(Journal(path).read()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            log.error("The campaign %s cannot be read, and is left out: %s", path, exc)
    return sorted(found, key=lambda each: each.plan.at)


def _campaign_of(lines: Sequence[dict[str, Any]]) -> Campaign:
    campaign = Campaign(plan := _plan(lines[0]["plan"]), by=lines[0]["plan"]["who"])
    pieces: dict[str, Piece] = {}
    for line in lines[1:]:
        for kept in line.pop("pieces", ()):
            board, step = map(int, kept["id"].split(".")[1:])
            made = campaign.piece(board, step)
            pieces[kept["id"]] = replace(pieces.get(kept["id"], made), **kept)
        its = {name: line[name] for name in ("state", "why", "board", "by") if name in line}
        campaign = replace(campaign, **its)
    return replace(campaign, plan=plan, pieces=pieces)


def _plan(kept: dict[str, Any]) -> Plan:
    steps = [
        Step(**{**each, "diagnostics": None if each["diagnostics"] is None else tuple(each["diagnostics"])})
        for each in kept["steps"]
    ]
    boards = [Member(**each) for each in kept["boards"]]
    return Plan(**{**kept, "steps": tuple(steps), "boards": tuple(boards)})
