"""The page Boards, and a board's own: read from the history alone. Thin; GET asks no board anything."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request, url_for

from utils.bench.boards import KnownBoard, known_boards
from utils.bench.since import GOLDEN, LAST_GOOD, asked, compared
from utils.clock import local_minute
from utils.errors import BadRequest, UnknownDevice, UnknownRun
from utils.model.records import CheckupRecord, WholeCheckup
from utils.model.results import Verdict, error_facts, severity_rank, to_json
from utils.model.roles import Role
from utils.model.words import SPEAKS_UP, VERDICTS, Wording
from utils.settings import HostKeyPolicy
from utils.web import bodies
from utils.web.by_bay import page_of
from utils.web.context import bay, context, hub
from utils.web.frame import frame
from utils.web.moments import moment_of, off
from utils.web.page import MenuPlace, Page
from utils.web.pages.boards.words import happened
from utils.web.schema import needs
from utils.web.whereabouts import at_benches, doubt, plugged_in

if TYPE_CHECKING:
    from utils.store.archive import Archive

boards = Blueprint("boards", __name__)
PAGE = Page(boards, MenuPlace("Boards", "list", order=40, of_bay=False))

_EARLIER = "Check it on the page Lab. What was checked before its bench joined the hub stays at the bench."
_BARS = 200
_OTHERS = 50  # other boards that can be chosen to compare with


@boards.get("/boards")
@needs(Role.VIEWER)
def page() -> str:
    """The boards that are known, the one that was seen last first."""
    wanted = bodies.asked("search", 200).strip()
    found = known_boards(context().bench.home.door, context().bench.history)
    return render_template(
        "boards/boards.html",
        **frame(bay().door.status()),
        boards=[_listed(each) for each in found.matching(wanted, context().bench.history)],
        known=len(found.boards),
        wanted=wanted,
        is_hub=hub() is not None,
        trouble=error_facts(found.trouble) if found.trouble else None,
    )


@boards.get("/boards/<device_id>")
@needs(Role.VIEWER)
def board(device_id: str) -> str:
    """One board. ?checkup= chooses one of its check-ups, ?against= what it is compared with."""
    from utils.web.pages.boards.charts import HEIGHT, WIDTH, charts

    known = known_boards(context().bench.home.door, context().bench.history)
    try:
        its = known.find(device_id)
    except UnknownDevice as exc:
        if not at_benches([device_id]):
            raise
        raise UnknownDevice("The hub has no result of this board yet.", hint=_EARLIER) from exc
    archive = context().bench.history.look()
    listed = archive.checkups(its.ids, before=request.args.get("before", ""), limit=_BARS)
    golden = archive.golden(its.ids)
    wanted = request.args.get("checkup", "") or (listed[0].id if listed else "")
    chosen = _whole(archive, wanted, its) if wanted else None
    return render_template(
        "boards/board.html",
        **frame(bay().door.status()),
        board=_listed(its),
        plugged_in=plugged_in(its.ids),
        doubt=doubt(its.device.device_id),
        is_hub=hub() is not None,
        trusts_new=bay().door.settings.ssh_host_keys is HostKeyPolicy.TRUST_NEW,
        bars=[_bar(each, chosen, golden) for each in reversed(listed)],
        older=listed[-1].id if len(listed) == _BARS else "",
        chosen=_chosen(chosen, golden) if chosen else None,
        report=_report(chosen) if chosen else "",
        comparison=_comparison(archive, chosen) if chosen else None,
        choices=_choices(listed, chosen, golden),
        others=[_listed(each) for each in known.boards if each.checkup and each is not its][:_OTHERS],
        charts=charts(bay().runner.catalogue, listed),
        chart_size=(WIDTH, HEIGHT),
        happenings=[
            (each.at, f"{happened(each)}{off(each.bench_ahead_s)}", each.origin.who)
            for each in archive.happenings(its.ids)
        ],
        recordings=_recordings(its),
        cases=archive.cases(its.ids),
        notes=archive.notes(its.ids)[:50],
        when=local_minute,
    )


@dataclass(frozen=True)
class Listed:
    """A board as a list shows it. words: what a search looks through."""

    device_id: str
    label: str
    nickname: str
    name: str
    model: str
    serial: str
    release: str
    trusted: bool
    first_seen: str
    last_seen: str
    verdict: str
    word: str
    icon: str
    words: str
    checkup: str = ""


def _listed(one: KnownBoard) -> Listed:
    device = one.device
    said = VERDICTS[Verdict(one.verdict)] if one.verdict else Wording("none", "Not checked yet", "", "")
    return Listed(
        device_id=device.device_id,
        label=one.label,
        nickname=device.nickname,
        name=device.nickname or device.hostname or device.model or "Board without a name",
        model=device.model,
        serial=device.serial,
        release=device.short_release,
        trusted=one.trusted,
        first_seen=local_minute(device.first_seen),
        last_seen=local_minute(device.last_seen),
        verdict=one.verdict or "none",
        word=said.word,
        icon=said.icon,
        words=one.words,
        checkup=one.checkup or "",
    )


def _recordings(its: KnownBoard) -> list[tuple[str, str]]:
    """(id, address of its report) of each recording of this board, where it is, the newest first."""
    from utils.live.recordings.whose import shelves

    found = []
    for each in (one for one in context().bench if one.replay is None):  # a bundle may name any board
        with suppress(BadRequest):  # the list of known devices is broken
            on = shelves(each.recorder.boards(), each.door.known_devices(), each.door.ids_of)
            mine = [name for shelf in on if shelf.device_id in its.ids for name in shelf.recordings]
            found += [(name, f"/api/v1/bays/{each.id}/live/recordings/{name}/report") for name in mine]
    return sorted(found, reverse=True)


def _whole(archive: Archive, checkup_id: str, its: KnownBoard) -> WholeCheckup:
    """A check-up of this board; UnknownRun, also where it is another board's."""
    found = archive.whole(checkup_id)
    device = found.record.device if found else None
    if found is None or device is None or device.device_id not in its.ids:
        raise UnknownRun
    return found


def _bar(one: CheckupRecord, chosen: WholeCheckup | None, golden: str | None) -> dict[str, Any]:
    """A check-up on the time line."""
    said = VERDICTS[one.verdict]
    return {
        "checkup": one.id,
        "verdict": one.verdict.value,
        "icon": said.icon,
        "word": said.word,
        "when": moment_of(one),
        "counts": one.outcome.line,
        "cut_short": one.outcome.title if one.outcome.cut_short else "",
        "golden": one.id == golden,
        "chosen": chosen is not None and one.id == chosen.record.id,
    }


def _chosen(one: WholeCheckup, golden: str | None) -> dict[str, Any]:
    """The check-up that is shown: what needs somebody, worst first."""
    loud = [run.result for run in one.runs if run.verdict in SPEAKS_UP]
    loud.sort(key=lambda result: severity_rank(Verdict(result["verdict"])))
    record = one.record
    return {
        **_bar(record, one, golden),
        "cut_short": one.outcome.title if one.outcome.cut_short else "",
        "href": url_for("checkup.one", checkup_id=record.id),
        "where": f"at {record.origin.station}, {record.origin.bay}" if record.origin.station else "",
        "who": record.origin.who,
        "program": record.origin.program,
        "profile": record.origin.profile,
        "duration_s": record.duration_s,
        "results": [
            {
                "title": result["title"],
                "summary": result["summary"],
                "verdict": result["verdict"],
                "word": VERDICTS[Verdict(result["verdict"])].word,
                "icon": VERDICTS[Verdict(result["verdict"])].icon,
            }
            for result in loud
        ],
    }


def _report(one: WholeCheckup) -> str:
    """The address of the form for its report; "" where its bay is gone."""
    origin, bench = one.record.origin, context().bench
    its = bench.default if origin.station else next((each for each in bench if each.id == origin.bay), None)
    return f"{page_of('report.page', its)}?checkup={one.record.id}" if its else ""


def _comparison(archive: Archive, one: WholeCheckup) -> dict[str, Any]:
    """What changed, against what the address names, else since the board was last good. choice: as the form
    offers it."""
    runner = bay().runner
    against = request.args.get("against", "")
    how = runner.memory.judging_of(one.record.device, runner.library)
    if not against:
        found = runner.memory.since_kept(one, runner.library)
        if found is None:
            return {"against": "", "note": "There is no earlier check-up of this board to compare it with."}
        kind, other = found["against"]["kind"], found["against"]["checkup"]
        choice = other if kind == "previous" else kind
        return {**found, "against": kind, "choice": choice, "with": _named(archive.checkup(other))}
    try:
        earlier, later = asked(archive, one.record.id, against, bay().door)
    except UnknownRun as exc:
        return {"choice": against, "note": f"{exc} {exc.hint}"}
    told = compared(earlier, later, how)
    other = earlier if later.record.id == one.record.id else later
    return {
        "against": against,
        "choice": against,
        "with": _named(other.record),
        "later": other is later,
        "summary": told.summary,
        "differences": to_json(told.differences),
        "ignored": told.ignored,
    }


def _named(one: CheckupRecord | None) -> str:
    """ "rover-7 · 1424, 28 Nov 2026, 16:51 (OK)"."""
    if one is None:
        return ""
    label = one.device.label if one.device else one.origin.device
    return f"{label}, {moment_of(one)} ({VERDICTS[one.verdict].word})"


def _choices(listed: list[CheckupRecord], one: WholeCheckup | None, golden: str | None) -> dict[str, Any]:
    """What the chosen check-up can be compared with."""
    kinds = {LAST_GOOD: "the last good one", **({GOLDEN: "the golden one"} if golden else {})}
    others = [each for each in listed if one is None or each.id != one.record.id]
    own = {each.id: f"{moment_of(each)} ({VERDICTS[each.verdict].word})" for each in others}
    return {"kinds": kinds, "own": own}
