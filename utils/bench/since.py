"""What changed on a board since it was last good, and between any two check-ups that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from utils.errors import BadRequest, UnknownRun
from utils.judging.catalogue.library import Library
from utils.judging.catalogue.models import Compare
from utils.judging.siblings import SOURCE, joined
from utils.model.doors import Decisions
from utils.model.near import did_you_mean
from utils.model.outcome import ABOUT_AS_MANY
from utils.model.records import GOOD, WholeCheckup
from utils.model.results import Finding, Result, Verdict, to_json
from utils.version import VERSION

if TYPE_CHECKING:
    from utils.judging.compare import Comparison
    from utils.store.archive import Archive

LAST_GOOD = "last-good"
GOLDEN = "golden"


@dataclass(frozen=True)
class Judging:
    """How is judged now. normal: kernel messages that are normal for the board."""

    library: Library
    normal: frozenset[str] = frozenset()


def since(
    archive: Archive, checkup_id: str, runs: int, whole: Callable[[], WholeCheckup], ids: Sequence[str],
    how: Judging,
) -> dict[str, Any] | None:  # fmt: skip
    """This check-up, of so many runs, against the one when the board was last good, else against the one
    before. None where there is neither. whole: the check-up, made only where it is needed. HistoryTrouble."""
    earlier = archive.earlier(ids, before=checkup_id, checks=ABOUT_AS_MANY * runs)
    if not earlier:
        return None
    found = earlier[-1] if earlier[-1].verdict in GOOD else earlier[0]
    before = archive.whole(found.id)
    if before is None:
        return None
    told = compared(before, whole(), how)
    kind = LAST_GOOD if found.verdict in GOOD else "previous"
    against = {"checkup": found.id, "started_at": found.started_at, "kind": kind}
    return {
        "against": against, "device_id": ids[0], "summary": told.summary,
        "differences": to_json(told.differences),
    }  # fmt: skip


def asked(archive: Archive, a: str, b: str, door: Decisions) -> tuple[WholeCheckup, WholeCheckup]:
    """The two check-ups that are named, the earlier one first. What "last-good" or "golden" stands for is
    the measure, and comes first whenever it was.

    UnknownRun, BadRequest, HistoryTrouble.
    """
    one = kept(archive, a)
    ids = door.ids_of(one.record.device.device_id) if one.record.device else ()
    both = (reference(archive, one, b, ids), one)
    if b in (LAST_GOOD, GOLDEN):
        return both
    earlier, later = sorted(both, key=lambda whole: whole.record.started_at)
    return earlier, later


def reference(archive: Archive, checkup: WholeCheckup, name: str, ids: Sequence[str]) -> WholeCheckup:
    """What a check-up is compared with: "last-good", "golden", or another one's id.

    UnknownRun, HistoryTrouble.
    """
    if name == GOLDEN:
        name = archive.golden(ids) or ""
        if not name:
            raise UnknownRun("No check-up of this board is golden.", hint="Mark one as golden first.")
    if name == LAST_GOOD:
        checks = ABOUT_AS_MANY * len(checkup.runs)
        earlier = archive.earlier(ids, before=checkup.record.id, checks=checks)
        name = earlier[-1].id if earlier and earlier[-1].verdict in GOOD else ""
        if not name:
            raise UnknownRun(
                "No earlier check-up of this board was good.", hint="Compare it with another one."
            )
    found = archive.whole(name)
    if found is None:
        raise _no_checkup(name)
    return found


def _no_checkup(name: str) -> UnknownRun:
    near = did_you_mean(name, (LAST_GOOD, GOLDEN))
    return UnknownRun(f"The history has no check-up {name!r}.{near}")


def kept(archive: Archive, checkup_id: str) -> WholeCheckup:
    """A check-up of the history. UnknownRun, HistoryTrouble."""
    if not checkup_id:
        raise BadRequest("a and b each name a check-up.")
    found = archive.whole(checkup_id)
    if found is None:
        raise _no_checkup(checkup_id)
    return found


def compared(before: WholeCheckup, after: WholeCheckup, how: Judging) -> Comparison:
    """What changed from one to the other.

    The earlier outputs are judged again where other limits or rules judged them.
    The later one must be judged as now. That tells what the board did from what we did.
    """
    from utils.judging.compare import compare
    from utils.judging.judge import judge_diagnostic

    library = how.library

    def rules(name: str) -> Compare | None:
        found = library.catalogue.diagnostics.get(name)
        return found.compare if found else None

    def again(result: Mapping[str, Any]) -> Mapping[str, Any]:
        found = library.catalogue.diagnostics.get(result["diagnostic"])
        if found is None or result["truncated"]:
            return result
        its = library.judging(found, after.record.device)
        texts = (result["stdout"], result["stderr"], result["exit_status"])
        return {**result, **_judged(_beside(judge_diagnostic(its, *texts, how.normal), result))}

    by = [(whole.record.origin.program, whole.record.origin.catalogue, whole.record.origin.profile)
          for whole in (before, after)]  # fmt: skip
    as_now = by[1][:2] == (VERSION, library.revision)
    boards = {whole.record.device.device_id if whole.record.device else None for whole in (before, after)}
    return compare(
        [run.result for run in before.runs],
        [run.result for run in after.runs],
        rules,
        again=again if as_now and by[0] != by[1] else None,
        same_board=len(boards) == 1,
    )


def _beside(again: Result, before: Mapping[str, Any]) -> Result:
    """With what its siblings said of it then: they are no rule that changed."""
    said = [each for each in before["findings"] if each["limit_source"] == SOURCE]
    return joined(again, [Finding(**{**each, "verdict": Verdict(each["verdict"])}) for each in said])


def _judged(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = to_json(result)
    return {name: told[name] for name in ("verdict", "summary", "findings", "reading")}
