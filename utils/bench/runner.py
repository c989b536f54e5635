"""The only orchestrator: run -> judge -> hand in -> publish. Knows no HTTP and no SSH, only the door.

A diagnostic asked for while the same one is already running joins the run that is there. A command is never
run twice behind anyone's back. At most `workers` run and `waiting` wait; beyond that Busy. Who waits for a
result runs it in its own thread: a hand-over costs more than judging. It has its answer while the record is
written beside. What pages are told of an end waits for the record. A check-up goes through the door's
pipelined `run_many` in one thread. What the device prints is judged as it is and redacted before it is seen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, cast

from utils.audit import Audit
from utils.bench import logged
from utils.bench.board import Board
from utils.bench.happenings import Happenings
from utils.bench.identities import identities, known_board
from utils.bench.memory import Memory
from utils.bench.normal import Normal
from utils.bench.runs import Checkup, Run, Store, cut, whose
from utils.clock import new_id, utc_text
from utils.errors import BadRequest, Busy, Cancelled, LinkInternal, V3Error, fresh
from utils.events import EventBus
from utils.judging.catalogue import known
from utils.judging.catalogue.library import Library
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.judging.catalogue.models import Diagnostic
from utils.judging.siblings import beside
from utils.later import answer_first
from utils.model.doors import Ask, Boards, Commands, Watched
from utils.model.link_words import status_json
from utils.model.results import CheckupEvent, CommandResult, Device, LinkStatus, Result, to_json
from utils.store.history import History

log = logging.getLogger(__name__)
WORKERS = 8
WAITING = 64
RUNS_KEPT = 200
CHECKUPS_KEPT = 20
CHECKUPS_AT_ONCE = 2
_KEPT_CHARACTERS = 64 << 20
_LOOK_S = 0.2  # how often a run that waits for its turn looks whether it was cancelled
_MAX_OUTPUT_BYTES = 2 << 20  # a stream of a diagnostic's output; the largest honest one is a kernel log


class RunnerDoor(Commands, Watched, Boards, Protocol):
    """What the runner needs of a door."""


@dataclass(kw_only=True)
class _Asked(Ask):
    """A diagnostic's command in a check-up, and the run it is for."""

    run: Run


class Runner:
    """Runs diagnostics and check-ups; remembers and publishes them. Every method is thread-safe."""

    def __init__(
        self,
        *,
        door: RunnerDoor,
        catalogue: Catalogue | None = None,
        load: Callable[[], Library] | None = None,
        bus: EventBus | None = None,
        audit: Audit | None = None,
        normal: Normal | None = None,
        history: History | None = None,
        workers: int = WORKERS,
        waiting: int = WAITING,
        bay: str = "main",
    ) -> None:
        self.bay = bay
        self._load = load or (lambda: Library(catalogue or builtin_catalogue()))
        self.library = self._load()
        _take_in_use(self.library)
        self.bus = bus or EventBus()
        self.door = door
        self.audit = audit or Audit(None)
        self.normal = normal or Normal(None)
        self.happenings = Happenings(history or History(None), bay, partial(known_board, door))
        self.memory = Memory(history or History(None), bay, self.normal_for)
        self._runs: Store[Run] = Store(RUNS_KEPT, _KEPT_CHARACTERS)
        self._checkups: Store[Checkup] = Store(CHECKUPS_KEPT, _KEPT_CHARACTERS)
        self._active: dict[str, Run] = {}
        self.board = Board(self)
        self._lock = threading.Lock()
        self._reloading = threading.Lock()
        self._free = threading.BoundedSemaphore(workers + waiting)
        self._turns = threading.BoundedSemaphore(workers)
        self._unsubscribe = self.door.on_change(self._link_changed)

    # --- what can be run

    @property
    def catalogue(self) -> Catalogue:
        """What can be run at the moment."""
        return self.library.catalogue

    def choose_profile(self, name: str) -> None:
        """Judge by this profile from now on; "" by the one that fits the device. BadRequest if unknown."""
        self.library.require(name)
        self.library = replace(self.library, chosen=name)

    def reload(self, *, who: str = "") -> Library:
        """Reload the technician's own diagnostics and profiles. What runs ends as it began."""
        with self._reloading:
            found = self._load()
            kept = self.library.chosen if self.library.chosen in found.judged_by else found.chosen
            self.library = replace(found, chosen=kept)
            _take_in_use(found)
            self.publish("catalogue-reloaded", self.library.as_json())
            self.audit.write("reload", who=who, problems=len(found.problems))
            return self.library

    # --- single runs

    def run(self, diagnostic_id: str, timeout: float | None = None, *, who: str = "") -> Result:
        """Run it and wait. Raises V3Error (Busy, UnknownDiagnostic, trouble of the link, Cancelled)."""
        run, mine = self._begin(diagnostic_id, timeout, who)
        if mine:
            self._carry_out(run)
        run.done.wait()
        if run.error is not None:
            raise run.error
        return cast(Result, run.result)

    def start(self, diagnostic_id: str, timeout: float | None = None, *, who: str = "") -> Run:
        """Begin to run it, or join the run of it that is already there. Busy when all slots are taken."""
        run, mine = self._begin(diagnostic_id, timeout, who)
        if mine:
            threading.Thread(target=self._carry_out, args=(run,), name="run", daemon=True).start()
        return run

    def _begin(self, diagnostic_id: str, timeout: float | None, who: str) -> tuple[Run, bool]:
        """The run, and whether it is the caller's to carry out."""
        diagnostic = self.catalogue.get(diagnostic_id)
        with self._lock:
            present = self._active.get(diagnostic_id)
            if present is not None and not present.cancel.is_set():
                return present, False
            if not self._free.acquire(blocking=False):
                raise Busy("As many diagnostics are running and waiting as fit.")
            run = Run(diagnostic, timeout=timeout, who=who)
            self._active[diagnostic_id] = run
        self._runs.add([run])
        return run, True

    def get(self, run_id: str) -> Run:
        """The run of this id; UnknownRun."""
        return self._runs.get(run_id)

    def cancel(self, run_id: str) -> Run:
        """Ask it to stop; a finished one stays as it is."""
        (run := self._runs.get(run_id)).cancel.set()
        return run

    def _carry_out(self, run: Run) -> None:
        has_turn = False
        try:
            while not (has_turn or run.cancel.is_set()):
                has_turn = self._turns.acquire(timeout=_LOOK_S)
            with logged.of(run):
                self._finish(run, self._answer(run))
        finally:
            if has_turn:
                self._turns.release()
            self._free.release()

    def _answer(self, run: Run) -> CommandResult | V3Error:
        if run.cancel.is_set():
            return Cancelled("Cancelled before it was started.", hint="Nothing was sent to the device.")
        self._announce(run)
        diagnostic = run.diagnostic
        try:
            return self.door.run(
                diagnostic.command,
                timeout=run.timeout or diagnostic.timeout,
                effect=diagnostic.effect.value,
                max_output_bytes=_MAX_OUTPUT_BYTES,
                cancel=run.cancel,
            )
        except V3Error as exc:
            return exc
        except Exception:  # a bug of ours must end the run
            log.exception("Running %s failed inside this program", diagnostic.id)
            return LinkInternal()

    # --- check-ups

    def start_checkup(
        self, ids: Iterable[str] | None = None, *, who: str = "", board: Device | None = None, name: str = ""
    ) -> Checkup:
        """Begin one (default: of all that disturb nothing), or join the same; for one `board`, join none.
        name: its id, where somebody has one for it."""
        chosen = self._chosen(ids)
        with self._lock:
            running = [checkup for checkup in self._checkups if not checkup.finished]
            if running and board:
                raise Busy("A check-up of this board is already running.")
            for each in running:
                if list(each.runs) == [item.id for item in chosen] and not each.cancel.is_set():
                    return each
            if len(running) >= CHECKUPS_AT_ONCE:
                raise Busy("Two check-ups are already running.")
            whole = {item.id for item in chosen}.issuperset(self.catalogue.passive)
            checkup = Checkup({}, who=who, whole=whole, board=board, id=name or new_id())
            for position, item in enumerate(chosen):
                checkup.runs[item.id] = Run(item, checkup=checkup.id, who=who, position=position)
            for name, run in checkup.runs.items():
                self._active.setdefault(name, run)
            self._checkups.add([checkup])
        self._runs.add(checkup.runs.values())
        self.memory.note_begun(checkup, self.library)
        checkup.first_event = self.publish("checkup-started", checkup.as_begun()).id
        self.board.tell()
        threading.Thread(target=self._conduct, args=(checkup,), name="checkup", daemon=True).start()
        return checkup

    def checkup(self, checkup_id: str) -> Checkup:
        """The check-up of this id; UnknownRun."""
        return self._checkups.get(checkup_id)

    def cancel_checkup(self, checkup_id: str) -> Checkup:
        """Ask all of it to stop; results that are there stay."""
        (checkup := self._checkups.get(checkup_id)).stop()
        return checkup

    def take(self, checkup: Checkup) -> None:
        """Remember a check-up that is over and was made elsewhere; show its results."""
        self._checkups.add([checkup])
        self._runs.add(checkup.runs.values())
        for run in checkup.runs.values():
            if run.result is not None:
                self.board.take(run, cut(run.result))

    def kept_runs(self) -> list[Run]:
        """All runs that are remembered, oldest first."""
        return list(self._runs)

    def kept_checkups(self) -> list[Checkup]:
        """All check-ups that are remembered, oldest first."""
        return list(self._checkups)

    def newest_checkup(self) -> Checkup | None:
        """The check-up that was begun last; None when there was none."""
        return next(reversed(list(self._checkups)), None)

    @property
    def busy(self) -> bool:
        """Whether anything runs or waits."""
        return bool(self._active)

    def close(self) -> None:
        """Stop everything that runs; the bus's readers end."""
        self.stop()
        self.bus.close()

    def stop(self) -> None:
        """Stop everything that runs, for good; the bus stays open for others."""
        self._unsubscribe()
        for checkup in self._checkups:
            checkup.stop()
        for run in self._runs:
            run.cancel.set()

    def _chosen(self, ids: Iterable[str] | None) -> list[Diagnostic]:
        wanted = {self.catalogue.get(name).id for name in (self.catalogue.passive if ids is None else ids)}
        if not wanted:
            raise BadRequest("A check-up needs at least one diagnostic.")
        return [item for item in self.catalogue if item.id in wanted]

    def _conduct(self, checkup: Checkup) -> None:
        logged.begun(checkup, self.bay)
        reason: V3Error = LinkInternal("The check-up ended before this diagnostic was answered.")
        try:
            for asked, answer in self.door.run_many(self._asked(checkup), cancel=checkup.cancel):
                self._finish(asked.run, answer)
        except V3Error as exc:
            reason = exc
        except Exception:  # a bug of ours must not leave a check-up that never ends
            log.exception("The check-up failed inside this program")
        reason = Cancelled() if checkup.cancel.is_set() else reason
        for run in checkup.runs.values():
            if not run.finished:
                self._finish(run, reason)
        checkup.conclude(cancelled=checkup.cancel.is_set())
        library = self.library
        checkup.keeping = self.memory.keep_checkup(checkup, library)
        self.memory.history.after(checkup.keeping, partial(self._tell_checkup_end, checkup))
        checkup.done.wait()
        logged.ended(checkup)
        self._checkups.trim(checkup)
        checkup.since = self.memory.since(checkup, library)
        if checkup.since is not None:
            self.publish("checkup-compared", {"checkup": checkup.id, "since": checkup.since})

    def _asked(self, checkup: Checkup) -> Iterator[_Asked]:
        for run in checkup.runs.values():
            diagnostic = run.diagnostic
            yield _Asked(
                diagnostic.command,
                timeout=diagnostic.timeout,
                effect=diagnostic.effect.value,
                max_output_bytes=_MAX_OUTPUT_BYTES,
                slow=diagnostic.slow,
                run=run,
                cancel=run.cancel,
                on_begin=partial(self._announce, run),
                device=checkup.board.key if checkup.board else None,
            )

    # --- results and events

    @answer_first()
    def _finish(self, run: Run, answer: CommandResult | V3Error) -> None:
        logged.answered(run, answer)
        try:
            result = self.judged(run, answer)
        except Exception:  # judging is total; should it not be, the run still ends
            log.exception("Judging %s failed inside this program (run %s)", run.diagnostic.id, run.id)
            answer = LinkInternal("The output could not be read.")
            result = self.judged(run, answer)
        run.error = fresh(answer) if isinstance(answer, V3Error) else None
        run.device = answer.device
        run.result = cut(result) if run.checkup else result
        shown = self.board.take(run, cut(result))
        with self._lock:
            if self._active.get(run.diagnostic.id) is run:
                del self._active[run.diagnostic.id]
        self.audit.write("run", bay=self.bay, **run.audited())
        told = to_json(run.result)
        run.keeping = self.memory.keep_run(run, told, self.library)
        run.done.set()
        tell = partial(self._tell_end, run, told, shown=shown)
        self.memory.history.after(run.keeping, tell, self.board.tell)
        self._runs.trim(run)

    def _tell_end(self, run: Run, told: Mapping[str, Any], *, shown: bool) -> None:
        """Tell the pages, once the history has it: what they call finished is kept."""
        self.publish("run-finished", {**run.ended_json(told), "shown": shown})

    def judged(self, run: Run, answer: CommandResult | V3Error) -> Result:
        """Judged by the profile of the board that answered, by what is normal for it, and by its siblings."""
        from utils.judging.result_of import result_of  # loaded beside the first page (startup.py)

        device = answer.device
        judging = self.library.judging(run.diagnostic, device)
        normal = self.normal_for(device.device_id) if device else frozenset()
        result = result_of(judging, answer, normal)
        if judging.track and device:
            result = beside(result, judging, self.memory.siblings_of(device))
        return replace(result, bay=self.bay, run=run.id)

    def normal_for(self, device_id: str) -> frozenset[str]:
        """The shapes of kernel messages that a person called normal for this board."""
        return self.normal.shapes(*identities(self.door, device_id)) if self.normal.any else frozenset()

    def _announce(self, run: Run) -> None:
        """Once a run, when its turn has come."""
        if run.announced:
            return
        run.announced, run.started_at = True, utc_text()
        self.publish("run-started", run.begun_json())

    def _tell_checkup_end(self, checkup: Checkup) -> None:
        try:
            facts = checkup.as_ended()
            checkup.last_event = self.publish("checkup-finished", facts).id
            self.audit.write("checkup", who=checkup.who, **whose(checkup.results()), bay=self.bay, **facts)
        finally:
            checkup.done.set()
        self.board.tell()

    def catch_up(self) -> None:
        """Wait, 0.5 s at most, until pages know of all that ended: what is shown after that is kept."""
        self.memory.history.catch_up()

    def publish(self, kind: str, data: dict[str, Any]) -> CheckupEvent:
        """Tell the pages, as this bay."""
        return self.bus.publish(kind, {**data, "bay": self.bay})

    def _link_changed(self, status: LinkStatus) -> None:
        self.publish("connection", status_json(status))
        self.board.tell(status)
        self.happenings.link_changed(status)


def _take_in_use(library: Library) -> None:
    known.use(library.signatures)
    for problem in library.problems:
        log.warning("Not loaded, please correct: %s", problem)
