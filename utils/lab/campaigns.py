"""A campaign: steps over many boards, in waves that begin only while all goes well. Pure.

    campaign = Campaign(plan)
    campaign = learned(campaign, known)     # what became of what was sent; waves, stops, end
    to_begin(campaign)                      # the pieces that are to be sent now

A piece is one step on one board. A board's next step begins when the one before is settled. The next wave
begins when all boards of the waves before have gone through theirs. What is settled stays so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from utils.lab.presence import Called
from utils.lab.tasks import (
    CHECKUP,
    DONE,
    FINISHED,
    INTERRUPTED,
    RECORDING,
    REFUSED,
    SENT,
    UNKNOWN,
    WAITING,
    Ending,
    Task,
    is_open,
    told,
)
from utils.lab.wire import State
from utils.model.results import Verdict

SECOND_WAVE = 0.2
"""Share of all boards in the second wave, rounded up; the first one is one board, the third the rest."""
DIAGNOSTICS, WAIT = "diagnostics", "wait"
KINDS = (CHECKUP, DIAGNOSTICS, RECORDING, WAIT)
RUNNING, STOPPED = "running", "stopped"
COMPLETE, ENDED, EXPIRED = "finished", "ended", "expired"
LEFT_OUT = "left-out"
FAULT = "fault"
_OVER = (*DONE, REFUSED, LEFT_OUT)


@dataclass(frozen=True, kw_only=True)
class Step:
    """kind: one of KINDS. diagnostics: of that kind; a check-up runs all that disturb nothing. minutes: of a
    recording or a wait."""

    kind: str
    diagnostics: tuple[str, ...] | None = None
    minutes: float | None = None


@dataclass(frozen=True)
class Member:
    """A board of a campaign. label: for eyes only."""

    device_id: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Plan(Ending):
    """What was asked for; it never changes. until: for people.

    limit: share of boards with a fault, in percent, at which it stops. at_unknown: whether it stops at the
    first board of which something stays unknown. leave_out: whether boards that are away are left out;
    otherwise they are waited for until the end.
    """

    id: str
    name: str
    who: str
    at: str
    until: str
    steps: tuple[Step, ...]
    boards: tuple[Member, ...]
    limit: float
    at_unknown: bool
    leave_out: bool


@dataclass(frozen=True, kw_only=True)
class Piece(Task):
    """One step on one board. Its state may be LEFT_OUT, too.

    lost: its bench has been away for long, and nobody knows its outcome. kept: the hub has its record.
    accepted: the trouble with which a person let the campaign go on. at, ended_at: when it was sent, and when
    its end was known here.
    """

    step: int
    lost: bool = False
    kept: bool = False
    accepted: str = ""
    at: str = ""
    ended_at: str = ""

    @property
    def settled(self) -> bool:
        """Whether it is over for the campaign. UNKNOWN: its bench is back, and cannot tell any more."""
        return self.state in _OVER or self.state == UNKNOWN or self.accepted == UNKNOWN

    @property
    def trouble(self) -> str:
        """FAULT, UNKNOWN where it was not found out, or ""."""
        if self.verdict == Verdict.FAIL.value:
            return FAULT
        unknown = self.state in (UNKNOWN, INTERRUPTED, REFUSED) or self.lost
        return UNKNOWN if unknown or self.verdict == Verdict.UNKNOWN.value else ""

    @property
    def counts(self) -> str:
        """Its trouble, where nobody accepted it."""
        return "" if self.accepted == self.trouble else self.trouble

    @property
    def answered(self) -> bool:
        """Whether it says how the board is."""
        if self.verdict == Verdict.FAIL.value:
            return True
        return self.state == FINISHED and self.verdict not in (None, Verdict.UNKNOWN.value)


@dataclass(frozen=True)
class Campaign:
    """pieces: those that began, by their ids. state: RUNNING, STOPPED, COMPLETE, ENDED or EXPIRED. why,
    board: of a stop. by: who let it run last."""

    plan: Plan
    pieces: Mapping[str, Piece] = field(default_factory=dict)
    state: str = RUNNING
    why: str = ""
    board: str = ""
    by: str = ""

    @property
    def live(self) -> bool:
        """Whether anything may yet begin."""
        return self.state in (RUNNING, STOPPED)

    def piece(self, board: int, step: int) -> Piece:
        """The piece of this board and step, as it is or as it would begin."""
        name = f"{self.plan.id}.{board}.{step}"
        return self.pieces.get(name) or self._new(name, board, step)

    def _new(self, name: str, board: int, step: int) -> Piece:
        plan, member, its = self.plan, self.plan.boards[board], self.plan.steps[step]
        return Piece(
            id=name, device_id=member.device_id, board=member.label, who=self.by or plan.who, step=step,
            until_s=plan.until_s, boot=plan.boot, until_boot_s=plan.until_boot_s,
            what=CHECKUP if its.kind == DIAGNOSTICS else its.kind, diagnostics=its.diagnostics,
            minutes=its.minutes,
        )  # fmt: skip

    def of(self, board: int) -> Iterator[Piece]:
        """The pieces of a board, up to the one that is at hand."""
        for step in range(len(self.plan.steps)):
            piece = self.piece(board, step)
            yield piece
            if not piece.settled or piece.state == LEFT_OUT:
                return

    def at_hand(self, board: int) -> Piece | None:
        """The piece that is to be settled next; None: the board is through."""
        *_, last = self.of(board)
        return None if last.settled else last

    def waves(self) -> tuple[range, ...]:
        """The boards of each wave, by their places."""
        first = waves(len(self.plan.boards))
        return tuple(range(sum(first[:at]), sum(first[: at + 1])) for at in range(len(first)))

    def begun(self) -> range:
        """The boards of all waves that may run: up to the first one with a board that is not through."""
        for wave in self.waves():
            if any(self.at_hand(board) is not None for board in wave):
                return range(wave.stop)
        return range(len(self.plan.boards))


@dataclass(frozen=True)
class Known:
    """What is known at a moment. calls: of this run of the hub. states: of stations that are here. away:
    boards that have been away for long, lost: stations. now: for people."""

    calls: Mapping[str, Called]
    states: Mapping[str, State]
    away: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    now: str = ""


@dataclass(frozen=True)
class WaveCounts:
    """Of the waves that began. faulty: boards with a fault; faults: those that nobody accepted. open: boards
    without an answer that may give one yet."""

    boards: int
    answered: int
    faulty: int
    faults: int
    open: int

    def reaches(self, limit: float) -> bool:
        """Whether the share of faults is at the limit or beyond, however the open boards answer."""
        return self.faults > 0 and 100 * self.faults >= limit * (self.answered + self.open)


def waves(boards: int) -> tuple[int, ...]:
    """How many boards each wave has: 1, a fifth of all, the rest."""
    first = min(1, boards)
    second = min(boards - first, ceil(SECOND_WAVE * boards))
    return tuple(size for size in (first, second, boards - first - second) if size)


def tally(campaign: Campaign) -> WaveCounts:
    """How the boards of the waves that began are. One of which nothing began is none: the boards of the
    waves before decide whether it may."""
    answered = faulty = faults = still = 0
    begun = campaign.begun()
    last = next((wave for wave in campaign.waves() if begun and wave.stop == begun.stop), begun)
    if not any(campaign.piece(board, 0).state != WAITING for board in last):
        begun = range(last.start)
    for board in begun:
        pieces = list(campaign.of(board))
        has = any(piece.answered for piece in pieces)
        answered += has
        faulty += any(piece.trouble == FAULT for piece in pieces)
        faults += _is_new_fault(pieces)
        still += not has and not pieces[-1].settled
    return WaveCounts(len(begun), answered, faulty, faults, still)


def to_begin(campaign: Campaign) -> list[Piece]:
    """What may begin now: of each board of the waves that began at most one piece."""
    if campaign.state != RUNNING:
        return []
    found = (campaign.at_hand(board) for board in campaign.begun())
    return [piece for piece in found if piece is not None and piece.state == WAITING]


def changed(campaign: Campaign, *pieces: Piece) -> Campaign:
    """With these pieces as they are now."""
    return replace(campaign, pieces={**campaign.pieces, **{piece.id: piece for piece in pieces}})


def learned(campaign: Campaign, known: Known) -> Campaign:
    """With all that is known: what was sent, waits that are over, boards to leave out; then `judged`."""
    news = [now for piece in campaign.pieces.values() if (now := _piece(piece, known)) != piece]
    campaign = judged(changed(campaign, *news) if news else campaign)
    if campaign.plan.leave_out:
        gone = [_left_out(piece, known) for piece in to_begin(campaign) if _is_away(piece, known)]
        campaign = judged(changed(campaign, *gone)) if gone else campaign
    return campaign


def judged(campaign: Campaign) -> Campaign:
    """Stopped, over or as it was: by what its boards answered."""
    if not campaign.live:
        return campaign
    if all(campaign.at_hand(board) is None for board in range(len(campaign.plan.boards))):
        return replace(campaign, state=COMPLETE)
    if campaign.plan.left_s <= 0:
        return replace(campaign, state=EXPIRED)
    return _stopped(campaign) if campaign.state == RUNNING else campaign


def gone_on(campaign: Campaign, who: str) -> Campaign:
    """Go on anyway: a person saw the troubles, and they stop it no more."""
    seen = [
        replace(piece, accepted=piece.trouble, who=who) for piece in campaign.pieces.values() if piece.counts
    ]
    return changed(replace(campaign, state=RUNNING, why="", board="", by=who), *seen)


def running(campaign: Campaign) -> list[Piece]:
    """What was sent and may run on, whatever is stopped. A wait is nothing that runs."""
    return [piece for piece in campaign.pieces.values() if piece.state == SENT and piece.what != WAIT]


def _stopped(campaign: Campaign) -> Campaign:
    """Stopped by its rules, with the board that did it; else as it was."""
    plan = campaign.plan
    pieces = [piece for board in campaign.begun() for piece in campaign.of(board)]
    unknown = next((piece for piece in pieces if piece.counts == UNKNOWN), None)
    if plan.at_unknown and unknown is not None:
        why = f"Step {unknown.step + 1} on {unknown.board} has no clear outcome."
        return replace(campaign, state=STOPPED, why=why, board=unknown.device_id)
    found = tally(campaign)
    if not found.reaches(plan.limit):
        return campaign
    rows = [list(campaign.of(board)) for board in campaign.begun()]
    faults = [piece for row in rows if _is_new_fault(row) for piece in row if piece.counts == FAULT]
    faulty = max(faults, key=lambda piece: piece.ended_at)
    boards, have = ("board" if found.answered == 1 else "boards"), ("has" if found.faults == 1 else "have")
    why = (
        f"{found.faults} of {found.answered} {boards} with an answer {have} a fault, "
        f"the newest on {faulty.board}. The limit is {plan.limit:g} %."
    )
    return replace(campaign, state=STOPPED, why=why, board=faulty.device_id)


def _is_new_fault(pieces: Sequence[Piece]) -> bool:
    """Whether a board has a fault, and nobody let the campaign go on knowing that it has one."""
    return any(piece.counts == FAULT for piece in pieces) and all(piece.accepted != FAULT for piece in pieces)


def _piece(piece: Piece, known: Known) -> Piece:
    """The piece as it is known now."""
    if not is_open(piece):
        return piece
    if piece.what == WAIT:
        over = piece.left_s <= 0
        return replace(piece, state=FINISHED, became=FINISHED, ended_at=known.now) if over else piece
    now = told(piece, known.calls.get(piece.call), known.states.get(piece.station))
    now = replace(now, lost=now.state == SENT and now.became == UNKNOWN and now.station in known.lost)
    if now.state == WAITING:
        return _never_ran(now, known)
    return replace(now, ended_at=known.now) if now.state != SENT and piece.state == SENT else now


def _never_ran(piece: Piece, known: Known) -> Piece:
    """It waits again; but where a person let the campaign go on without it, it never begins any more."""
    if piece.accepted != UNKNOWN:
        return piece
    why = "The call never reached its bench, and the campaign went on without it."
    return replace(piece, state=REFUSED, why=why, ended_at=known.now)


def _is_away(piece: Piece, known: Known) -> bool:
    return piece.what != WAIT and piece.device_id in known.away


def _left_out(piece: Piece, known: Known) -> Piece:
    why = "The board was not connected when its turn came."
    return replace(piece, state=LEFT_OUT, why=why, ended_at=known.now)
