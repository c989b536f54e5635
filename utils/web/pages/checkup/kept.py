"""One check-up by its id, as the dashboard shows a board: from the history. While it runs, the way to it.

On a hub the check-ups of all benches are here. Of one whose bench is away the page says what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from utils.bench.bay import Bay
from utils.errors import UnknownRun
from utils.judging.catalogue.models import Category
from utils.model.records import CheckupRecord, WholeCheckup
from utils.model.results import LinkState, LinkStatus
from utils.web import people
from utils.web.by_bay import page_of
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.moments import moment_of
from utils.web.pages.checkup.record import headline, results_of, snapshot
from utils.web.pages.checkup.results import OverCheckup, results
from utils.web.pages.checkup.rows import Rows, made
from utils.web.presentation import DiagnosticView, row
from utils.web.whereabouts import doubt, of_call, plugged_in


def page(checkup_id: str) -> str | Response:
    """The page of it. UnknownRun; HistoryTrouble."""
    found = context().bench.history.look().whole(checkup_id)
    if found is None:
        return _not_kept(checkup_id)
    record = found.record
    its = _bay_of(record)
    g.bay = its or context().bench.default
    runner = bay().runner
    whole = runner.memory.completed(found, runner.library)
    device = record.device
    status = LinkStatus(LinkState.CONNECTED, "", mode="kept", device=device)
    rows, found_out = _rows(whole), results_of(whole)
    said = headline(whole, found_out)
    told = snapshot(whole, found_out, said, status, runner.library.revision)
    return render_template(
        "checkup/checkup.html",
        **frame(
            status,
            read_only=_said(record),
            diagnostics=rows.json,
            headline=told["headline"],
            kept=told,
            drawn=bool(found_out),
        ),
        **results(
            rows,
            {each.diagnostic: each for each in found_out},
            said,
            device.device_id if device else "",
            ended=OverCheckup(record.started_at, record.duration_s, len(rows.json), whole.since),
            kept=True,
            read_only=True,
        ),
        history=url_for("boards.board", device_id=device.device_id, checkup=record.id) if device else "",
        plugged_in=plugged_in([device.device_id]) if device else (),
        report=f"{page_of('report.page', its)}?checkup={record.id}" if its else "",
    )


def _bay_of(record: CheckupRecord) -> Bay | None:
    """Its bay; of what came to a hub, the hub's. None where the bay is gone."""
    bench = context().bench
    if record.origin.station:
        return bench.home
    return next((each for each in bench if each.id == record.origin.bay), None)


def _said(record: CheckupRecord) -> str:
    """Which check-up this is, and what is not known of the board since."""
    origin = record.origin
    where = f" at {origin.station}, {origin.bay}" if origin.station else ""
    said = f"This is the check-up of {moment_of(record)}{where}, as it was kept. Nothing can be run here."
    return f"{said} {doubt(record.device.device_id) if record.device else ''}".strip()


def _rows(whole: WholeCheckup) -> Rows:
    """Those that it asked for; of diagnostics that this program does not have, what the record says."""
    known = bay().runner.catalogue.diagnostics
    told = {run.diagnostic: run.result for run in whole.runs}
    asked = [*told, *whole.unheard]
    views = [row(each) for name, each in known.items() if name in asked]
    return made([*views, *(_strange(name, told.get(name, {})) for name in asked if name not in known)])


def _strange(name: str, told: Mapping[str, Any]) -> DiagnosticView:
    category = told.get("category")
    return DiagnosticView(
        id=name,
        title=str(told.get("title") or name),
        category=category if category in set(Category) else Category.SYSTEM.value,
        command=str(told.get("command", "")),
        why="",
        next_step="",
        active=False,
        root=False,
        slow=False,
        timeout_s=0.0,
        related=(),
        own=False,
    )


def _not_kept(checkup_id: str) -> Response:
    """To the board that it runs on. UnknownRun, with what is known of it."""
    for each in context().bench:
        with suppress(UnknownRun):
            each.runner.checkup(checkup_id)
            return redirect(page_of("checkup.page", each))
    place, told = of_call(checkup_id)
    if place and not people.may_look_alone():
        return redirect(url_for("bay.checkup.page", bay=place))
    if told:
        hint = "Its results come by themselves. Load this page again then."
        raise UnknownRun(f"The hub has no results of this check-up yet. {told}", hint=hint)
    raise UnknownRun("The history has no such check-up.", hint="Choose one on the page of its board.")
