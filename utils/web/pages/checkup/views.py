"""The page Check-up: GET / renders the dashboard from the catalogue and the link's present status.

The page is complete without scripts but for running anything; static/checkup/app.js takes it from there
over the API. Nothing here connects, runs a command or judges. far.py has it of a board at another bench,
kept.py of one check-up alone.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from utils.bench.runs import Checkup
from utils.clock import local_minute
from utils.model.results import LinkStatus, to_json
from utils.model.roles import Role
from utils.model.words import NORMAL, VERDICTS
from utils.web.by_bay import page_of
from utils.web.context import FAR, bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.checkup.details import FILTERS, TESTS
from utils.web.pages.checkup.drawn import clean, duration, local_clock, local_time, sentence
from utils.web.pages.checkup.results import OverCheckup, results
from utils.web.pages.checkup.rows import Rows, of_library
from utils.web.presentation import own_note, root_note
from utils.web.schema import needs

checkup = Blueprint("checkup", __name__)
PAGE = Page(checkup, MenuPlace("Check-up", "active", order=0, far=True))
checkup.add_app_template_filter(clean, "cleaned")
for drawing in (sentence, duration, local_clock, local_minute, local_time, *FILTERS):
    checkup.add_app_template_filter(drawing)
for asking in TESTS:
    checkup.add_app_template_test(asking)
checkup.add_app_template_global(lambda: NORMAL, "normal_word")
checkup.add_app_template_global(lambda: VERDICTS, "verdict_words")


def _results(rows: Rows, status: LinkStatus, *, read_only: bool) -> dict[str, Any]:
    """What the page shows of the board's results before its scripts run."""
    runner = bay().runner
    newest = runner.newest_checkup()
    over = newest if newest and newest.finished else None
    return results(
        rows,
        runner.board.shown(status),
        runner.board.headline(status),
        status.known_device.device_id if status.known_device else "",
        ended=_over(over) if over else None,
        running=None if over else newest,
        read_only=read_only,
    )


def _over(checkup: Checkup) -> OverCheckup:
    took = checkup.duration_s or 0.0
    return OverCheckup(checkup.started_at, took, len(checkup.runs), checkup.since, checkup.lost)


@checkup.get("/")
@needs(Role.VIEWER)
def page() -> str | Response:
    """The dashboard."""
    if FAR in bay().id:
        from utils.web.pages.checkup import far

        return far.page()
    status = bay().door.status()
    library = bay().runner.library
    rows = of_library(library)
    around = frame(status, diagnostics=rows.json)
    shown = _results(rows, status, read_only=bool(around["read_only"]))
    around["boot"] |= {"headline": to_json(shown["headline"]), "drawn": shown["has_results"]}
    return render_template(
        "checkup/checkup.html",
        **around,
        **shown,
        root_note=root_note(
            library.catalogue,
            has_sudo_password=status.demo or bay().door.settings.ssh_sudo_password is not None,
        ),
        own_note=own_note(library, library.profile_for(status.known_device)),
        own_problems=(*library.problems, *context().bench.problems),
        own_folder=str(context().settings.v3_data_dir),
        report=page_of("report.page"),
        bundle=url_for("bundle.page"),
        notes=replay.notes if (replay := bay().replay) else (),
    )


@checkup.get("/checkups/<checkup_id>")
@needs(Role.VIEWER)
def one(checkup_id: str) -> str | Response:
    """One check-up: from the history, or where it runs now."""
    from utils.web.pages.checkup import kept

    return kept.page(checkup_id)
