"""The page Check-up: GET / renders the dashboard from the catalogue and the link's present status.

The page is complete without scripts but for running anything; static/checkup/app.js takes it from there
over the API. Nothing here connects, runs a command or judges. far.py has it of a board at another bench,
kept.py of one check-up alone.
"""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from utils.model.results import to_json
from utils.model.roles import Role
from utils.web.by_bay import page_of
from utils.web.context import FAR, bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.checkup.rows import of_library
from utils.web.presentation import own_note, root_note
from utils.web.schema import needs

checkup = Blueprint("checkup", __name__)
PAGE = Page(checkup, MenuPlace("Check-up", "active", order=0, far=True))


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
    headline = bay().runner.board.headline(status)
    return render_template(
        "checkup/checkup.html",
        **frame(status, diagnostics=rows.json, headline=to_json(headline)),
        rows=rows,
        root_note=root_note(
            library.catalogue,
            has_sudo_password=status.demo or context().settings.ssh_sudo_password is not None,
        ),
        own_note=own_note(library, library.profile_for(status.known_device)),
        own_problems=(*library.problems, *context().bench.problems),
        own_folder=str(context().settings.v3_data_dir),
        has_results=bool(bay().runner.board.shown()),
        headline=headline,
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
