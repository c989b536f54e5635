"""The page Check-up: GET / renders the dashboard from the catalogue and the link's present status.

The page is complete without scripts but for running anything; static/checkup/app.js takes it from there
over the API. Nothing here connects, runs a command or judges. far.py has it of a board at another bench,
kept.py of one check-up alone.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from utils.model.results import LinkStatus, to_json
from utils.model.roles import Role
from utils.model.words import VERDICTS
from utils.web.by_bay import page_of
from utils.web.context import FAR, bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.checkup.drawn import (
    attention,
    chips,
    clean,
    drawn_rows,
    duration,
    local_time,
    own_results,
)
from utils.web.pages.checkup.moment import Moments
from utils.web.pages.checkup.rows import Rows, of_library, with_results
from utils.web.presentation import own_note, root_note
from utils.web.schema import needs

checkup = Blueprint("checkup", __name__)
PAGE = Page(checkup, MenuPlace("Check-up", "active", order=0, far=True))
checkup.add_app_template_filter(clean, "cleaned")
checkup.add_app_template_filter(duration)
checkup.add_app_template_filter(local_time)
checkup.add_app_template_global(lambda: VERDICTS, "verdict_words")


def _results(rows: Rows, status: LinkStatus) -> dict[str, Any]:
    """What the page shows of the board's results before its scripts run."""
    runner = bay().runner
    shown, newest = runner.board.shown(status), runner.newest_checkup()
    headline = runner.board.headline(status)
    device = status.known_device.device_id if status.known_device else ""
    titles = {row["id"]: row["title"] for row in rows.json}
    ended = newest if newest and newest.finished else None
    drawn = drawn_rows(shown, headline.unchecked, device)
    own = own_results(shown, newest, device, list(titles))
    cards, unchecked = attention(own, headline, titles, Moments(shown.get("uptime"), request.path))
    return {
        "rows": with_results(rows, drawn),
        "chips": chips(drawn, titles),
        "cards": cards,
        "unchecked": unchecked,
        "drawn": True,
        "has_results": bool(shown),
        "headline": headline,
        "checkup": newest,
        "ended": ended,
        "running": newest if newest and not ended else None,
        "since": ended.since if ended else None,
    }


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
    results = _results(rows, status)
    return render_template(
        "checkup/checkup.html",
        **frame(
            status,
            diagnostics=rows.json,
            headline=to_json(results["headline"]),
            drawn=results["has_results"],
        ),
        **results,
        root_note=root_note(
            library.catalogue,
            has_sudo_password=status.demo or context().settings.ssh_sudo_password is not None,
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
