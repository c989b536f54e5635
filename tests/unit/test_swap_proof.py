"""What a swap test proves: on a simulated bench the truth is known, and the answer must be that truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest

from utils.bench.swap.parts import PARTS, Part, fitting, steps
from utils.bench.swap.proof import (
    SWAPS,
    Place,
    PlaceReading,
    PlaceState,
    SwapPlan,
    SwapStep,
    answer,
    objection,
    where,
)

CASES = [(part, one) for one in (True, False) for part in fitting(one_board=one)]
BOARDS = ("device-aaaa", "device-bbbb")


def plan_of(part: Part, *, one_board: bool, cold: bool = False) -> SwapPlan:
    bays = ("main", "main" if one_board else "usb-1-2")
    boards = (BOARDS[0], BOARDS[0] if one_board else BOARDS[1])
    first, second = (
        Place(bay=bay, item=f"camera {n}", words=f"place {n}", board=board, name=f"board {board[-1]}")
        for n, (bay, board) in enumerate(zip(bays, boards, strict=True), 1)
    )
    return SwapPlan(diagnostic="camera-sensors", part=part, places=(first, second), cold=cold)


@dataclass
class Hands:
    """A bench with a plan. bad: ("part", 0) is the part that began at the first place, ("place", 0) it."""

    plan: SwapPlan
    bad: Sequence[tuple[str, int]]
    swapped: bool = False
    boots: int = 0
    boards: list[str] = field(default_factory=list)

    def swap(self) -> None:
        self.swapped = not self.swapped
        self.boots += 1

    def read(
        self, *, times: int = 3, seen: Callable[[int, int, PlaceState], PlaceState] | None = None
    ) -> SwapStep:
        """seen(place, number of the reading, what is true there): what is read instead."""

        def look(place: int, number: int) -> PlaceReading:
            part = 1 - place if self.swapped else place
            fault = ("part", part) in self.bad or ("place", place) in self.bad
            told = PlaceState.FAULT if fault else PlaceState.GOOD
            crossed = self.swapped and self.plan.part.crosses
            home = self.plan.places[1 - place if crossed else place]
            board = self.boards[place] if self.boards else home.board
            return PlaceReading(
                seen=seen(place, number, told) if seen else told,
                said=told.value,
                board=board,
                name=f"board {board[-1:]}",
                boot=f"{board} {self.boots}",
                run=f"run-{place}-{number}",
            )

        first, second = (tuple(look(place, number) for number in range(times)) for place in (0, 1))
        return SwapStep(first, second)


def _flickering(which: tuple[int, int] | None, place: int, number: int, true: PlaceState) -> PlaceState:
    """This one reading says the opposite."""
    return (
        {PlaceState.FAULT: PlaceState.GOOD, PlaceState.GOOD: PlaceState.FAULT}[true]
        if (place, number) == which
        else true
    )


def led(hands: Hands) -> list[SwapStep]:
    """All swaps, each reading counted as the leader of a test does."""
    made: list[SwapStep] = []
    while answer(hands.plan, made).code == "open":
        if made:
            hands.swap()
        step = hands.read()
        assert objection(hands.plan, made, step) is None
        made.append(step)
    return made


@pytest.mark.parametrize("cold", [False, True])
@pytest.mark.parametrize(("part", "one_board"), CASES, ids=lambda each: getattr(each, "id", each))
def test_the_fault_follows_the_bad_part_and_stays_with_the_bad_place(
    part: Part, one_board: bool, cold: bool
) -> None:
    plan = plan_of(part, one_board=one_board, cold=cold)
    follows = answer(plan, led(Hands(plan, [("part", 0)])))
    assert (follows.code, follows.agreed, follows.swaps) == ("follows", SWAPS, SWAPS)
    assert follows.text == f"The fault follows {part.moves} (3 of 3)."
    assert "place 2" in follows.next_step, "after three swaps the bad part is at the second place"
    stays = answer(plan, led(Hands(plan, [("place", 0)])))
    assert (stays.code, stays.agreed) == ("stays", SWAPS)
    assert stays.text == f"The fault stays with {part.stays} (3 of 3): place 1."


def test_two_causes_give_no_clear_answer() -> None:
    plan = plan_of(PARTS["cable"], one_board=True)
    both = led(Hands(plan, [("part", 0), ("place", 0)]))
    assert answer(plan, both).reason.startswith("After the swap both places show the fault")
    at_start = answer(plan, led(Hands(plan, [("part", 0), ("part", 1)])))
    assert at_start.code == "unclear"
    assert at_start.reason == "Both places show the fault: place 1 and place 2."


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ([], "The fault is not there at the moment"),
        ([("place", 1)], "The fault is at place 2 and not at place 1"),
    ],
)
def test_without_the_fault_at_the_first_place_there_is_nothing_to_follow(
    bad: list[tuple[str, int]], reason: str
) -> None:
    plan = plan_of(PARTS["cable"], one_board=False)
    found = answer(plan, led(Hands(plan, bad)))
    assert (found.code, found.swaps) == ("unclear", 0)
    assert found.reason.startswith(reason)


def test_a_fault_that_a_firmer_plug_mended_is_named_as_gone() -> None:
    hands = Hands(plan_of(PARTS["cable"], one_board=True), [("part", 0)])
    made = [hands.read()]
    hands.swap()
    hands.bad = []
    found = answer(hands.plan, [*made, hands.read()])
    assert found.code == "unclear"
    assert found.reason == "After the swap the fault is gone from both places."


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("at_step", range(SWAPS + 1))
def test_a_fault_that_comes_and_goes_between_swaps_proves_nothing(at_step: int, place: int) -> None:
    hands = Hands(plan_of(PARTS["cable"], one_board=True), [("part", 0)])
    made: list[SwapStep] = []
    for number in range(at_step + 1):
        if number:
            hands.swap()
        flickers = (place, 1) if number == at_step else None
        made.append(hands.read(seen=partial(_flickering, flickers)))
    found = answer(hands.plan, made)
    assert found.code == "unclear"
    assert found.reason.startswith("The fault comes and goes by itself")


@pytest.mark.parametrize("moves", [(1, 0, 1), (1, 0), (0, 1), (1, 1, 0), (0, 0, 1)])
def test_a_fault_that_moves_with_some_swaps_alone_gives_no_clear_answer(moves: tuple[int, ...]) -> None:
    hands = Hands(plan_of(PARTS["module"], one_board=False), [("place", 0)])
    made, at = [hands.read()], 0
    for moved in moves:
        hands.swap()
        at = (at + moved) % 2
        hands.bad = [("place", at)]
        made.append(hands.read())
        if answer(hands.plan, made).code != "open":
            break
    found = answer(hands.plan, made)
    assert (found.code, found.text) == ("unclear", "No clear answer.")
    assert f"in {found.agreed} of {found.swaps} swaps" in found.reason


@pytest.mark.parametrize("swaps", range(SWAPS))
def test_an_ended_test_says_how_far_it_came_and_proves_nothing(swaps: int) -> None:
    hands = Hands(plan_of(PARTS["supply"], one_board=False), [("part", 0)])
    made = [hands.read()]
    for _ in range(swaps):
        hands.swap()
        made.append(hands.read())
    found = answer(hands.plan, made, ended=True)
    assert (found.code, found.swaps) == ("unclear", swaps)
    assert f"after {swaps} of 3 swaps" in found.reason
    assert ("follows the supply" in found.reason) is bool(swaps)
    assert answer(hands.plan, [], ended=True).code == "unclear"


@pytest.mark.parametrize(("part", "one_board"), CASES, ids=lambda each: getattr(each, "id", each))
@pytest.mark.parametrize("swapped", [False, True])
def test_no_step_counts_while_a_wrong_board_answers(part: Part, one_board: bool, swapped: bool) -> None:
    hands = Hands(plan_of(part, one_board=one_board), [("part", 0)])
    before = [hands.read()] if swapped else []
    if swapped:
        hands.swap()
    assert objection(hands.plan, before, hands.read()) is None
    hands.boards = ["device-cccc", BOARDS[1]]
    found = objection(hands.plan, before, hands.read())
    assert found is not None
    assert found.code == "other-board"
    assert "board c" in found.text
    hands.boards = ["", ""]
    assert objection(hands.plan, before, hands.read()).code == "unproven"  # type: ignore[union-attr]


@pytest.mark.parametrize("part", [each for each in PARTS.values() if each.on_two], ids=lambda each: each.id)
def test_boards_must_be_where_the_step_puts_them(part: Part) -> None:
    hands = Hands(plan_of(part, one_board=False), [("part", 0)])
    made = [hands.read()]
    hands.swapped = not part.crosses  # the readings' places; the boards are named by hand
    hands.boards = [BOARDS[0], BOARDS[1]] if part.crosses else [BOARDS[1], BOARDS[0]]
    hands.boots += 1
    found = objection(hands.plan, made, hands.read())
    assert found is not None
    assert found.code == ("not-swapped" if part.crosses else "boards-moved")
    hands.boards = [BOARDS[0], BOARDS[0]]
    assert objection(hands.plan, made, hands.read()).code == "boards-moved"  # type: ignore[union-attr]


@pytest.mark.parametrize("one_board", [True, False])
def test_a_board_that_ran_on_was_not_looked_at_again(one_board: bool) -> None:
    hands = Hands(plan_of(PARTS["camera"], one_board=one_board, cold=True), [("part", 0)])
    made = [hands.read()]
    hands.swapped = True
    found = objection(hands.plan, made, hands.read())
    assert found is not None
    assert (found.code, "not switched off" in found.text) == ("ran-on", True)
    hands.boots += 1
    assert objection(hands.plan, made, hands.read()) is None


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("times", [0, 3])
def test_what_was_not_read_does_not_count(place: int, times: int) -> None:
    hands = Hands(plan_of(PARTS["cable"], one_board=False), [("part", 0)])
    step = hands.read(
        times=times, seen=lambda at, n, true: PlaceState.UNREAD if (at, n) == (place, 2) else true
    )
    found = objection(hands.plan, [], step)
    assert found is not None
    assert found.code == "unread"
    assert f"place {place + 1 if times else 1}" in found.text


def test_two_boards_in_one_reading_are_no_proof() -> None:
    hands = Hands(plan_of(PARTS["usb-port"], one_board=False), [("part", 0)])
    one = hands.read()
    hands.boards = ["device-cccc", BOARDS[1]]
    mixed = SwapStep((*one.first, *hands.read().first), one.second)
    assert objection(hands.plan, [], mixed).code == "unproven"  # type: ignore[union-attr]


@pytest.mark.parametrize(("part", "one_board"), CASES, ids=lambda each: getattr(each, "id", each))
def test_the_steps_name_both_places_and_the_power(part: Part, one_board: bool) -> None:
    for cold in (False, True):
        told = steps(part, "place 1", "place 2", one_board=one_board, cold=cold)
        text = " ".join(told)
        assert "place 1" in text
        assert "place 2" in text
        assert ("Switch" in text) is cold
        assert all(len(each.split()) <= 22 and each.endswith(".") for each in told)


def test_where_needs_readings_that_agree() -> None:
    plan = plan_of(PARTS["cable"], one_board=True)
    assert where(Hands(plan, [("place", 1)]).read()).value == "second"
    assert where(Hands(plan, []).read()).value == "nowhere"
