"""Leads swap tests: reads both places, counts what was proven, asks for the next swap, ends with an answer.

A test lives in memory. Its answer goes to the audit log and so onto the time line of its boards. A reading is
an ordinary run of the diagnostic in its bay: recorded, judged and shown as any other.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.runs import Run
from utils.bench.swap import choices, parts
from utils.bench.swap.proof import (
    SWAPS,
    Conclusion,
    Objection,
    PlaceReading,
    PlaceState,
    SwapPlan,
    SwapStep,
    answer,
    objection,
)
from utils.clock import new_id, utc_text
from utils.errors import BadRequest, LinkError, UnknownSwapTest, V3Error
from utils.model.results import to_json

log = logging.getLogger(__name__)

LOOKS = 3  # at each place and step: a fault that comes and goes seldom shows in each of them
PAUSE_S = 0.5
PATIENCE_S = 180.0  # a board that was switched on is back within that
AGAIN_S = 2.0
KEPT = 20


@dataclass(eq=False)
class SwapTest:
    """One test. state: reading · swap (hands have to swap and say so) · over. objection: why the newest
    readings do not count."""

    plan: SwapPlan
    silent: bool
    who: str = ""
    id: str = field(default_factory=new_id)
    started_at: str = field(default_factory=utc_text)
    state: str = "reading"
    steps: tuple[SwapStep, ...] = ()
    objection: Objection | None = None
    answer: Conclusion = field(default_factory=lambda: Conclusion(code="open", text=""))
    waits_for: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def bays(self) -> list[str]:
        """The bays that it reads in, each once."""
        return list(dict.fromkeys(place.bay for place in self.plan.places))

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/swap-tests/<id> answers."""
        plan, swaps = self.plan, max(0, len(self.steps) - 1)
        a, b = (place.words for place in plan.places)
        steps = parts.steps(plan.part, a, b, one_board=plan.one_board, cold=plan.cold)
        return {
            "swap_test": self.id,
            "diagnostic": plan.diagnostic,
            "part": {"id": plan.part.id, "word": plan.part.word, "moves": plan.part.moves},
            "places": [asdict(place) for place in plan.places],
            "started_at": self.started_at,
            "state": self.state,
            "swaps": swaps,
            "of": SWAPS,
            "to_do": steps if self.state == "swap" and self.steps else [],
            "waits_for": self.waits_for,
            "objection": to_json(self.objection) if self.objection else None,
            "answer": to_json(self.answer),
            "evidence": [_told(number, step, plan) for number, step in enumerate(self.steps)],
        }


def _told(number: int, step: SwapStep, plan: SwapPlan) -> dict[str, Any]:
    """One step: at each place what was read, how often it was the same, who answered and in which runs."""
    return {
        "step": "At the start" if number == 0 else f"After swap {number}",
        "places": [
            {
                "place": place.words,
                "seen": looks[0].seen.value if len({each.seen for each in looks}) == 1 else "unsteady",
                "said": looks[0].said,
                "readings": len(looks),
                "with_fault": sum(each.seen is PlaceState.FAULT for each in looks),
                "board": looks[0].name,
                "runs": [each.run for each in looks],
                "at": looks[-1].at,
            }
            for place, looks in zip(plan.places, step.places, strict=True)
        ],
    }


class SwapTests:
    """Of a bench. Every method may be called from any thread."""

    def __init__(self, bench: Bench, *, pause_s: float = PAUSE_S, patience_s: float = PATIENCE_S) -> None:
        self._bench, self._pause_s, self._patience_s = bench, pause_s, patience_s
        self._kept: dict[str, SwapTest] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[SwapTest]:
        with self._lock:
            return iter(list(self._kept.values()))

    def begin(
        self, diagnostic: str, part: str, places: Sequence[tuple[str, str]], *, who: str = ""
    ) -> SwapTest:
        """Begin with the readings at the start. places: (bay, item) of the fault, then of what is good.

        BadRequest for what cannot be swapped or compared. UnknownBay, UnknownDiagnostic.
        """
        plan, silent = self._plan(diagnostic, part, places)
        test = SwapTest(plan, silent, who=who)
        with self._lock:
            if any(each.state != "over" and set(each.bays) & set(test.bays) for each in self._kept.values()):
                raise BadRequest("A swap test of this board is under way.", hint="End it first.")
            self._kept[test.id] = test
            for old in [each for each in self._kept.values() if each.state == "over"][:-KEPT]:
                del self._kept[old.id]
        self._read(test)
        return test

    def get(self, name: str) -> SwapTest:
        """The test of this id; UnknownSwapTest."""
        with self._lock, contextlib.suppress(KeyError):
            return self._kept[name]
        raise UnknownSwapTest

    def swapped(self, name: str) -> SwapTest:
        """The hands are done: read again. BadRequest while it reads and when it is over."""
        test = self.get(name)
        with self._lock:
            if test.state != "swap":
                raise BadRequest("This swap test waits for no swap.")
            test.state = "reading"
        self._read(test)
        return test

    def end(self, name: str) -> SwapTest:
        """End it before its answer. One that is over stays as it is."""
        test = self.get(name)
        with self._lock:
            if test.state == "over":
                return test
            self._conclude(test, answer(test.plan, test.steps, ended=True))
        self._tell(test)
        return test

    def _plan(
        self, diagnostic: str, part_id: str, places: Sequence[tuple[str, str]]
    ) -> tuple[SwapPlan, bool]:
        (first, item), (second, other) = places
        bays = [self._bench.bay(first), self._bench.bay(second)]
        bays[0].runner.catalogue.get(diagnostic)
        one_board = bays[0] is bays[1]
        if one_board and item == other:
            raise BadRequest("A swap needs two places.", hint="Choose another second place.")
        part = parts.PARTS.get(part_id)
        if part is None or part not in parts.fitting(one_board=one_board):
            raise BadRequest("This part cannot be swapped between these places.", hint="Choose another part.")
        judging = bays[0].judging(diagnostic)
        result = bays[0].runner.board.shown().get(diagnostic)
        if (
            judging is None
            or result is None
            or choices.seen_at(judging, result, item)[0] is not PlaceState.FAULT
        ):
            raise BadRequest("This fault is not among the newest results.", hint="Run the diagnostic first.")
        made = [
            choices.place(bay, label, _board(bay), one_board=one_board)
            for bay, label in zip(bays, (item, other), strict=True)
        ]
        plan = SwapPlan(
            diagnostic=diagnostic, part=part, places=(made[0], made[1]), cold=choices.cold(part, judging)
        )
        return plan, choices.silent(judging, result, item)

    # --- readings

    def _read(self, test: SwapTest) -> None:
        self._tell(test)
        threading.Thread(target=self._take, args=(test,), name="swap-test", daemon=True).start()

    def _take(self, test: SwapTest) -> None:
        try:
            step = self._step(test)
        except Exception:  # a bug of ours must not leave a test that reads for ever
            log.exception("Reading for a swap test failed inside this program")
            step = SwapStep((), ())
        with self._lock:
            if test.state == "over":
                return
            self._count(test, step)
        self._tell(test)

    def _count(self, test: SwapTest, step: SwapStep) -> None:
        test.waits_for, test.state = "", "swap"
        test.objection = objection(test.plan, test.steps, step)
        if test.objection is None:
            test.steps += (step,)
            test.answer = answer(test.plan, test.steps)
            if test.answer.code != "open":
                self._conclude(test, test.answer)

    def _step(self, test: SwapTest) -> SwapStep:
        runs = {bay: self._runs(test, self._bench.bay(bay)) for bay in test.bays}
        first, second = (
            tuple(self._look(test, run, place.item) for run in runs[place.bay]) for place in test.plan.places
        )
        return SwapStep(first, second)

    def _runs(self, test: SwapTest, bay: Bay) -> list[Run]:
        """The readings of one board, after it is back."""
        until = time.monotonic() + self._patience_s
        made = [self._run(test, bay, until)]
        while len(made) < LOOKS and made[-1].error is None and not test.over.wait(self._pause_s):
            made.append(self._run(test, bay, until))
        return made

    def _run(self, test: SwapTest, bay: Bay, until: float) -> Run:
        """One run that began after this moment; a board that is still away is waited for."""
        asked_at = utc_text()
        while True:
            run = bay.runner.start(test.plan.diagnostic, who=test.who)
            run.done.wait()
            away = isinstance(run.error, LinkError) and run.error.retryable and time.monotonic() < until
            if test.over.is_set() or not (away or run.started_at < asked_at):
                return run
            if away and not test.waits_for:
                test.waits_for = bay.id
                self._tell(test)
            test.over.wait(AGAIN_S if away else self._pause_s)

    def _look(self, test: SwapTest, run: Run, item: str) -> PlaceReading:
        assert run.result is not None
        seen, said = choices.seen_at(run.diagnostic, run.result, item, silent=test.silent)
        device = run.device
        return PlaceReading(
            seen=seen,
            said=said,
            board=device.device_id if device else "",
            name=device.label if device else "",
            boot=device.boot_id if device else "",
            run=run.id,
            at=run.started_at,
        )

    # --- telling

    def _conclude(self, test: SwapTest, found: Conclusion) -> None:
        test.state, test.answer, test.objection, test.waits_for = "over", found, None, ""
        test.over.set()
        told = test.as_json()
        for bay in test.bays:
            self._bench.audit.write(
                "swap-test",
                who=test.who,
                bay=bay,
                diagnostic=test.plan.diagnostic,
                part=test.plan.part.id,
                answer=found.text,
                reason=found.reason,
                evidence=told["evidence"],
            )

    def _tell(self, test: SwapTest) -> None:
        self._bench.bus.publish("swap-test", {"bay": test.plan.places[0].bay, "swap_test": test.id})


def _board(bay: Bay) -> Any:
    try:
        device = bay.door.status().device
    except V3Error:
        device = None
    if device is None:
        raise BadRequest("No board is connected there.", hint="Wait until both boards are connected.")
    return device
