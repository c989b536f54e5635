"""Bundles that are open: each is a bay like a board's, with its check-ups, logs and recordings.

The outputs are judged once more, by the rules of this program. With the same catalogue the verdicts are the
same. With another one each changed verdict names the rule that changed it. Nothing is kept of a replay.
Nothing of it goes into history or audit log as if it had happened here.
"""

from __future__ import annotations

import contextlib
import getpass
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from utils.bench.bay import Bay, Replay, Shown, furnished
from utils.bench.bench import Bench
from utils.bench.normal import Normal, NormalLines
from utils.bench.photo import stripped
from utils.bench.runner import Runner
from utils.bench.runs import Checkup, Run
from utils.bundle.document import CheckupFacts, RunFacts
from utils.bundle.reading import Bundle, read_bundle
from utils.clock import new_id
from utils.demo.replay_door import ReplayDoor
from utils.errors import BadRequest, BundleSealed, Busy, ConfigError, V3Error
from utils.folders import make_private
from utils.judging.catalogue.library import Library
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, Finding, Result, Verdict, severity_rank, to_json

MOST_OPEN = 20


class Replays:
    """Of one bench. Every method may be called from any thread. folder: for recordings of open bundles."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self._bench, self._folder = bench, folder
        self._lock = threading.Lock()
        self._count = 0
        self._held: dict[str, contextlib.ExitStack] = {}

    def open(self, data: bytes, name: str, passphrase: str = "") -> Bay:
        """The bay of the bundle in this file. BundleTrouble; Busy where as many as fit are open."""
        bundle = read_bundle(data, passphrase)
        with self._lock:
            if len(self._held) >= MOST_OPEN:
                raise Busy("As many replays as fit are open.", hint="Close one of them first.")
            self._count += 1
            bay_id = f"replay-{self._count}"
            held = self._held[bay_id] = contextlib.ExitStack()
        try:
            bay = self._bay(bay_id, bundle, _plain(name), held)
            self._bench.add(bay)
        except BaseException:
            self._forget(bay_id)
            raise
        return bay

    def open_files(self, paths: Sequence[Path]) -> list[Bay]:
        """Open files of this laptop, and show them alone: no board is touched. ConfigError."""
        bays = [self._open_file(path) for path in paths]
        if bays:
            self._bench.show_alone(bays[0])
        return bays

    def _open_file(self, path: Path) -> Bay:
        """Open a file of this laptop, at a terminal with its passphrase. ConfigError names what is wrong."""
        try:
            data = path.read_bytes()
            try:
                return self.open(data, path.name)
            except BundleSealed:
                if not sys.stdin.isatty():
                    raise
                return self.open(data, path.name, getpass.getpass(f"Passphrase of {path.name}: "))
        except OSError as exc:
            reason = f"{path} cannot be read: {exc.strerror}."
            raise ConfigError(reason, hint="Name a bundle's file.") from exc
        except V3Error as exc:
            raise ConfigError(f"{path}: {exc} [{exc.code}]", hint=exc.hint) from exc

    def close(self, bay_id: str) -> None:
        """Close it. BadRequest for a bay that is none."""
        if bay_id not in self._held:
            raise BadRequest("There is no such replay.")
        self._bench.remove(bay_id)
        self._forget(bay_id)

    def all(self) -> list[Bay]:
        """Those that are open."""
        return [bay for bay in self._bench if bay.replay is not None]

    def _forget(self, bay_id: str) -> None:
        with self._lock:
            held = self._held.pop(bay_id, None)
        if held is not None:
            held.close()

    def _bay(self, bay_id: str, bundle: Bundle, name: str, held: contextlib.ExitStack) -> Bay:
        main = self._bench.home.runner
        door = ReplayDoor(bundle, name, main.catalogue)
        runner = Runner(
            load=lambda: main.library, door=door, bus=self._bench.bus, normal=_Stated(bundle), bay=bay_id
        )
        opened = [_opened(each, runner, door) for each in bundle.document.checkups]
        for each in reversed(opened):  # the newest one is taken last, and shown
            runner.take(each.checkup)
        recordings = self._recordings(bundle, held)
        unseen: list[dict[str, str]] = []
        notes = tuple(_notes(bundle, unseen))
        label = door.device.label if door.device else "board"
        bay = furnished(runner, door, recordings, title=f"Replay of {label}")
        shown = Replay(
            name=name,
            made_at=bundle.document.made_at,
            checkups=tuple(each.checkup.id for each in opened),
            changed=tuple(one for each in opened for one in each.changed),
            left_out=tuple(to_json([each.model_dump() for each in bundle.document.left_out]))
            + tuple(one for each in opened for one in each.left_out)
            + tuple(unseen),
            notes=notes,
        )
        return replace(bay, replay=shown)

    def _recordings(self, bundle: Bundle, held: contextlib.ExitStack) -> Path:
        make_private(self._folder)
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="replay-", dir=self._folder)))
        for each in bundle.document.recordings:
            (folder / f"{each.id}.jsonl").write_bytes(bundle.files.get(each.file, b""))
        return folder


def _notes(bundle: Bundle, left_out: list[dict[str, str]]) -> Iterator[Shown]:
    """The notes. A part that is no photo is not shown: a bundle may hold anything."""
    orders = {case.id: case.work_order for case in bundle.document.cases}
    for each in bundle.document.notes:
        photo = None
        if each.photo:
            try:
                photo = stripped(bundle.files.get(each.photo, b""))
            except BadRequest as exc:
                left_out.append({"what": each.photo, "why": str(exc)})
        yield Shown(each.at, each.text, orders.get(each.case, ""), photo)


class _Stated(Normal):
    """The messages that were normal for the board, as the bundle says."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(None)
        self._lines = [
            {"shape": shape, "line": "", "who": "bundle", "at": ""} for shape in bundle.document.normal
        ]

    def shapes(self, *device_ids: str) -> frozenset[str]:
        """All of them."""
        return frozenset(line["shape"] for line in self._lines)

    def lines(self, *device_ids: str) -> NormalLines:
        """All of them: a replay has one board."""
        return list(self._lines)


@dataclass(frozen=True)
class _Opened:
    checkup: Checkup
    changed: Sequence[Mapping[str, str]]
    left_out: Sequence[Mapping[str, str]]


def _opened(facts: CheckupFacts, runner: Runner, door: ReplayDoor) -> _Opened:
    """A check-up of the bundle, judged by today's rules."""
    checkup = Checkup({}, who="bundle", id=new_id(), started_at=facts.started_at)
    changed: list[dict[str, str]] = []
    left_out: list[dict[str, str]] = []
    for place, each in enumerate(facts.runs):
        diagnostic = runner.catalogue.diagnostics.get(each.diagnostic)
        if diagnostic is None:
            left_out.append({"what": each.diagnostic, "why": "This program has no such diagnostic."})
            continue
        run = Run(diagnostic, checkup=checkup.id, started_at=each.started_at, position=place, who="bundle")
        told = judged(each, partial(runner.judged, run), door)
        run.result, run.device = told, door.device
        run.done.set()
        checkup.runs[diagnostic.id] = run
        changed += _changed(each, told)
    for name in facts.pending:
        if name in runner.catalogue.diagnostics:
            run = Run(runner.catalogue.get(name), checkup=checkup.id, who="bundle")
            run.done.set()
            checkup.runs.setdefault(name, run)
    checkup.duration_s, checkup.cancelled = facts.duration_s, facts.cancelled
    checkup.whole = checkup.runs.keys() >= set(runner.catalogue.passive)
    checkup.verdict = checkup.outcome(over=True).verdict
    checkup.since = _since(facts, changed) if changed else None
    checkup.done.set()
    return _Opened(checkup, changed, left_out)


def judged(run: RunFacts, judge: Callable[[CommandResult | V3Error], Result], door: ReplayDoor) -> Result:
    """The run's outputs, judged now; what was cut when it was kept stays as it was judged whole."""
    try:
        answer: CommandResult | V3Error = door.answered(run)
    except V3Error as exc:
        answer = exc
    told = judge(answer)
    return _as_then(told, run) if isinstance(answer, CommandResult) and answer.truncated else told


def _as_then(now: Result, run: RunFacts) -> Result:
    """A text that was cut cannot be judged again: its verdict is the one that was kept."""
    then = run.result
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        findings = tuple(_finding(each) for each in then.get("findings", ()))
        return replace(now, verdict=Verdict(then["verdict"]), summary=str(then["summary"]), findings=findings)
    return now


def _finding(told: Mapping[str, Any]) -> Finding:
    return Finding(
        str(told["label"]),
        Verdict(told["verdict"]),
        str(told.get("reason", "")),
        next_step=str(told.get("next_step", "")),
        evidence=str(told.get("evidence", "")),
        limit=str(told.get("limit", "")),
        limit_source=str(told.get("limit_source", "")),
        why=str(told.get("why", "")),
    )


def _changed(run: RunFacts, now: Result) -> Iterator[dict[str, str]]:
    """What is judged otherwise, with the check that decides it, and whether its limit is another one."""
    before = str(run.result.get("verdict", ""))
    if before == now.verdict:
        return
    then = {
        str(each.get("label")): each for each in run.result.get("findings") or () if isinstance(each, Mapping)
    }
    other = [each for each in now.findings if str(then.get(each.label, {}).get("verdict")) != each.verdict]
    gone = [label for label in then if label not in {each.label for each in now.findings}]
    named = (
        min(other, key=lambda each: severity_rank(each.verdict)).label if other else (gone or [now.title])[0]
    )
    limits = {each.label: each.limit for each in now.findings}
    moved = named in then and str(then[named].get("limit", "")) != limits.get(named, "")
    yield {
        "diagnostic": now.diagnostic, "rule": named, "before": before, "after": now.verdict.value,
        "because": "limit" if moved else "rule",
    }  # fmt: skip


def _since(facts: CheckupFacts, changed: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """For the page: what this program's rules changed, not the board."""
    order = [verdict.value for verdict in Verdict]
    differences = [
        {
            "diagnostic": each["diagnostic"], "what": f"{each['diagnostic']}: {each['rule']}",
            "change": "worse" if order.index(each["after"]) < _rank(order, each["before"]) else "better",
            "before": each["before"], "after": each["after"], "because": each["because"],
        }
        for each in changed
    ]  # fmt: skip
    many = f"{len(changed)} verdict{'s are' if len(changed) != 1 else ' is'} another one by today's rules."
    against = {"checkup": facts.id, "started_at": facts.started_at, "kind": "recorded"}
    return {"against": against, "device_id": None, "summary": many, "differences": differences}


def _rank(order: Sequence[str], verdict: str) -> int:
    return order.index(verdict) if verdict in order else len(order)


def _plain(name: str) -> str:
    shown = "".join(each for each in name if each.isprintable() and each not in "/\\")
    return shown[-80:] or "bundle"


@dataclass(frozen=True)
class Tried:
    """How a diagnostic judges one output of a bundle now, and how it was judged then."""

    diagnostic: str
    before: str
    result: Result


def tried(bundle: Bundle, library: Library, only: str = "") -> Iterator[Tried]:
    """Judge the outputs of a bundle by these rules. only: one diagnostic's."""
    door = ReplayDoor(bundle, "", library.catalogue)
    normal = frozenset(bundle.document.normal)
    for run in (run for checkup in bundle.document.checkups for run in checkup.runs):
        diagnostic = library.catalogue.diagnostics.get(run.diagnostic)
        if diagnostic is not None and only in ("", diagnostic.id):
            judge = partial(result_of, library.judging(diagnostic, door.device), normal=normal)
            yield Tried(diagnostic.id, str(run.result.get("verdict", "")), judged(run, judge, door))
