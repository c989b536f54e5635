"""What a swap test proves: readings in, answer out. Pure: no clock, no board, no thread.

    start, then three swaps; after each the same reading at both places
    the fault changes its place with every swap    it follows the part (3 of 3)
    the fault never changes its place              it stays (3 of 3)
    anything else                                  no clear answer, with the reason

A reading counts only when the right board was proven to give it (`objection`). A fault that comes and goes
without a swap proves nothing, so each place is read several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from utils.bench.swap.parts import Part

SWAPS = 3


class PlaceState(StrEnum):
    """What one reading says about one place."""

    FAULT = "fault"
    GOOD = "good"
    UNREAD = "unread"


class Where(StrEnum):
    """Where the fault is, by all readings of one step."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"
    NOWHERE = "nowhere"
    UNSTEADY = "unsteady"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """It stays while parts move. item: the label of what is read there. words: for people. board, name: the
    device id and the label of the board that is there at the start."""

    bay: str
    item: str
    words: str
    board: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReading:
    """One reading of one place. said: its sentence. board, name, boot: who was proven to answer, "" for
    nobody. run: its id. at: ISO 8601 UTC."""

    seen: PlaceState
    said: str
    board: str = ""
    name: str = ""
    boot: str = ""
    run: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class SwapStep:
    """All readings after a swap, or at the start: of the first and of the second place."""

    first: tuple[PlaceReading, ...]
    second: tuple[PlaceReading, ...]

    @property
    def places(self) -> tuple[tuple[PlaceReading, ...], tuple[PlaceReading, ...]]:
        """In the order of the plan."""
        return self.first, self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapPlan:
    """places: the fault is at the first one. cold: the part is swapped with the power off."""

    diagnostic: str
    part: Part
    places: tuple[Place, Place]
    cold: bool = False

    @property
    def one_board(self) -> bool:
        return self.places[0].bay == self.places[1].bay


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a step does not count, and what to do before it is read again."""

    code: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """code: open · follows · stays · unclear. agreed of swaps: how many of the swaps say so."""

    code: str
    text: str
    reason: str = ""
    next_step: str = ""
    agreed: int = 0
    swaps: int = 0


def objection(plan: SwapPlan, before: Sequence[SwapStep], step: SwapStep) -> Objection | None:
    """Why this step does not count; None where it does. before: the steps that counted."""
    for place, looks in zip(plan.places, step.places, strict=True):
        if found := _unread(place, looks) or _unproven(place, looks):
            return found
    found_boards = (step.first[0].board, step.second[0].board)
    home = (plan.places[0].board, plan.places[1].board)
    crossed = plan.part.crosses and len(before) % 2 == 1
    if found_boards != (home[::-1] if crossed else home):
        return _wrong_board(plan, step, crossed=crossed)
    if plan.cold and before and (still := _ran_on(before[-1], step)):
        return Objection(
            code="ran-on",
            text=f"{still} was not switched off since the last reading, so nothing new was looked at.",
            hint=f"Switch it off, swap {plan.part.moves}, switch it on, then read again.",
        )
    return None


def where(step: SwapStep) -> Where:
    """Where the fault is by this step's readings, all of which were made."""
    first, second = ({look.seen for look in looks} for looks in step.places)
    if len(first) > 1 or len(second) > 1:
        return Where.UNSTEADY
    match (PlaceState.FAULT in first, PlaceState.FAULT in second):
        case (True, False):
            return Where.FIRST
        case (False, True):
            return Where.SECOND
        case (True, True):
            return Where.BOTH
    return Where.NOWHERE


def answer(plan: SwapPlan, steps: Sequence[SwapStep], *, ended: bool = False) -> Conclusion:
    """What the steps that counted say. ended: a person ended the test before its answer."""
    places = [where(step) for step in steps]
    swaps = max(0, len(steps) - 1)
    if places and (trouble := _no_single_place(plan, places)):
        return _unclear(trouble[0], trouble[1], swaps=swaps)
    moved = [now is not before for before, now in pairwise(places)]
    if len(set(moved)) > 1:
        return _both_ways(plan, moved)
    if len(moved) >= SWAPS:
        return _clear(plan, moves=moved[0], swaps=swaps, now=plan.places[places[-1] is Where.SECOND])
    if ended:
        so_far = f" Until then it {_does(plan, moves=moved[0])} ({swaps} of {swaps})." if moved else ""
        return _unclear(
            f"The test was ended after {swaps} of {SWAPS} swaps.{so_far}",
            "Begin again and make all swaps: one swap may be chance.",
            swaps=swaps,
        )
    return Conclusion(code="open", text="", swaps=swaps, agreed=swaps)


def _clear(plan: SwapPlan, *, moves: bool, swaps: int, now: Place) -> Conclusion:
    part = plan.part
    if moves:
        where_now = "."
        next_step = f"Exchange {part.moves} at {now.words}, then check again."
    else:
        where_now = f": {now.words}."
        next_step = f"It is not {part.moves}. Look at {part.stays} next, or swap another part."
    return Conclusion(
        code="follows" if moves else "stays",
        text=f"The fault {_does(plan, moves=moves)} ({swaps} of {swaps}){where_now}",
        reason=f"{'Each' if moves else 'None'} of the {swaps} swaps moved the fault.",
        next_step=next_step,
        agreed=swaps,
        swaps=swaps,
    )


def _does(plan: SwapPlan, *, moves: bool) -> str:
    return f"follows {plan.part.moves}" if moves else f"stays with {plan.part.stays}"


def _both_ways(plan: SwapPlan, moved: Sequence[bool]) -> Conclusion:
    part, with_it = plan.part, sum(moved)
    return _unclear(
        f"The fault moved with {part.moves} in {with_it} of {len(moved)} swaps and stayed in the rest.",
        "It comes and goes by itself, or two parts are bad. Swap another part.",
        agreed=with_it,
        swaps=len(moved),
    )


def _no_single_place(plan: SwapPlan, places: Sequence[Where]) -> tuple[str, str] | None:
    """The reason and the next step where the newest step does not show the fault at exactly one place."""
    first, second = (place.words for place in plan.places)
    at, start = places[-1], len(places) == 1
    if at is Where.UNSTEADY:
        return (
            "The fault comes and goes by itself: readings between two swaps differ.",
            "Run the wiggle test of the page Live and move cables and plugs: it shows which one matters.",
        )
    if at is Where.BOTH and start:
        return (
            f"Both places show the fault: {first} and {second}.",
            "Choose a second place where this is good; else the cause is common to both.",
        )
    if at is Where.BOTH:
        return (
            f"After the swap both places show the fault: {first} and {second}.",
            "Push all plugs in until they lock, look at the contacts, then begin again.",
        )
    if at is Where.NOWHERE and start:
        return (
            "The fault is not there at the moment: there is nothing to follow.",
            "Check again when it shows.",
        )
    if at is Where.NOWHERE:
        return (
            "After the swap the fault is gone from both places.",
            "A plug was loose, or the fault comes and goes. Check again after the board was moved.",
        )
    if start and at is Where.SECOND:
        return (
            f"The fault is at {second} and not at {first}.",
            "Begin again with the place where the fault is.",
        )
    return None


def _unclear(reason: str, next_step: str, *, swaps: int, agreed: int = 0) -> Conclusion:
    return Conclusion(
        code="unclear",
        text="No clear answer.",
        reason=reason,
        next_step=next_step,
        agreed=agreed,
        swaps=swaps,
    )


def _unread(place: Place, looks: Sequence[PlaceReading]) -> Objection | None:
    look = next((each for each in looks if each.seen is PlaceState.UNREAD), None)
    if look is None and looks:
        return None
    return Objection(
        code="unread",
        text=f"{place.words}: {look.said if look else 'nothing was read.'}",
        hint="Wait until the board is connected, then read again.",
    )


def _unproven(place: Place, looks: Sequence[PlaceReading]) -> Objection | None:
    boards = {look.board for look in looks}
    if "" not in boards and len(boards) == 1:
        return None
    return Objection(
        code="unproven",
        text=f"Nobody proved which board answered at {place.words}."
        if "" in boards
        else f"Two boards answered at {place.words}, one after the other.",
        hint="Leave the plugs alone while it reads, then read again.",
    )


def _wrong_board(plan: SwapPlan, step: SwapStep, *, crossed: bool) -> Objection:
    names = {place.board: place.name for place in plan.places}
    found = [looks[0] for looks in step.places]
    wanted = [place.board for place in (plan.places[::-1] if crossed else plan.places)]
    for place, look, want in zip(plan.places, found, wanted, strict=True):
        if look.board not in names:
            return Objection(
                code="other-board",
                text=f"Another board answers at {place.words}: {look.name}. {names[want]} belongs there now.",
                hint="Plug the right board in, then read again. This swap does not count yet.",
            )
    if len({look.board for look in found}) == 1 or not plan.part.crosses:
        seen = "; ".join(
            f"{look.name} at {place.words}" for place, look in zip(plan.places, found, strict=True)
        )
        return Objection(
            code="boards-moved",
            text=f"The boards are not where they belong: {seen}.",
            hint="Put each board where the steps say, then read again.",
        )
    return Objection(
        code="not-swapped",
        text="Each board still answers at the place where it was at the last reading.",
        hint=f"Swap {plan.part.moves} as the step says, then read again.",
    )


def _ran_on(before: SwapStep, now: SwapStep) -> str:
    """The name of a board that runs since the last reading; "" when all were switched off."""
    boots = {look.boot for looks in before.places for look in looks if look.boot}
    return next((look.name for looks in now.places for look in looks if look.boot in boots), "")
