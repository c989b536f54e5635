"""The page Report and its API: a check-up's report for a customer. Thin; GET never acts on the device."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from utils.bench.sheet import sheet, steps
from utils.bench.table import as_csv, result_row, unheard_row
from utils.clock import local_stamp
from utils.laptop import browser
from utils.model.results import Device
from utils.model.roles import Role
from utils.model.words import MEANS, VERDICTS
from utils.version import VERSION
from utils.web.api import V1, checkup_of
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import Page
from utils.web.report_fields import (
    ASKED,
    FORMAT,
    FORMATS,
    LONGEST,
    css_string,
    fields_given,
    format_given,
    moment,
    saved,
)
from utils.web.schema import describe, needs
from utils.web.security import who

report = Blueprint("report", __name__)
PAGE = Page(report)


@report.get("/report")
@needs(Role.VIEWER)
def page() -> str:
    """The form: what is to stand on the report, and in which format. It works without scripts."""
    wanted = request.args.get("checkup", "")
    newest = bay().runner.newest_checkup()
    chosen = wanted or (newest.id if newest else "")
    return render_template(
        "report/form.html",
        **frame(bay().door.status()),
        checkup=checkup_of(chosen).as_json() if chosen else None,
        bay_id=bay().id,
        longest=LONGEST,
        has_browser=bool(browser.find()),
        moment=moment,
    )


@report.get(f"{V1}/checkups/<checkup_id>/report")
@describe({200: "file"}, asks=(FORMAT, *ASKED), also=(503,), least=Role.VIEWER)
def checkup_report(checkup_id: str) -> Response:
    """A check-up's report for a customer, as one file: HTML, PDF, JSON or CSV.

    PDF is printed by a Chromium or Edge of this laptop; no-browser (503) where there is none.
    """
    form = format_given(*FORMATS)
    found = checkup_of(checkup_id)
    told = found.as_json()
    board = _board(found)
    body = _body(form, told, board)
    context().audit.write(
        "report",
        who=who(),
        bay=bay().id,
        device_id=board.device_id if board else None,
        checkup=checkup_id,
        format=form,
    )
    when = local_stamp(told["started_at"])
    return saved(body, form, f"v3-checkup-{', '.join(sheet(told).boards) or 'device'}-{when}")


def _body(form: str, told: dict[str, Any], board: Device | None) -> str | bytes:
    if form == "json":
        given = asdict(fields_given())
        return jsonify({"report": given, **told}).get_data(as_text=True)
    if form == "csv":
        heard = [result_row(each) for each in told["results"]]
        return as_csv([*heard, *(unheard_row(each, told["outcome"]["title"]) for each in told["pending"])])
    page = _html(told, board)
    if form == "html":
        return page
    with context().slots.waiting():
        return browser.as_pdf(page)


def _html(told: dict[str, Any], board: Device | None) -> str:
    shown = sheet(told)
    label = ", ".join(shown.boards) or "No board answered"
    return render_template(
        "report/checkup.html",
        fields=fields_given(),
        sheet=shown,
        told=told,
        board=board,
        label=label,
        release=board.short_release if board else "",
        foot=css_string(f"{label} · {moment(told['started_at'])}"),
        when=moment(told["started_at"]),
        verdicts={each.value: words for each, words in VERDICTS.items()},
        means={each.value: words for each, words in MEANS.items()},
        steps=steps,
        titles={each.id: each.title for each in bay().runner.catalogue},
        version=VERSION,
    )


def _board(found: Any) -> Device | None:
    """The one board that gave all results, from memory or from the history."""
    record = getattr(found, "record", found)
    board: Device | None = getattr(record, "device", None)
    return board
