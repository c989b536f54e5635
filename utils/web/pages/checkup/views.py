"""The page Check-up: GET / renders the dashboard from the catalogue and the link's present status.

The page is complete without scripts but for running anything; static/checkup/app.js takes it from there
over the API. Nothing here connects, runs a command or judges.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup

from utils.judging.catalogue.library import Library
from utils.model.results import to_json
from utils.model.roles import Role
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.checkup.columns import splits
from utils.web.presentation import category_views, own_note, root_note
from utils.web.schema import needs

checkup = Blueprint("checkup", __name__)
PAGE = Page(checkup, MenuPlace("Check-up", "active", order=0))


# Why a diagnostic matters and its command are in its row already, where the scripts read them. They are a
# sixth of the page.
_FOR_SCRIPTS = ("id", "title", "category", "next_step", "active", "related")

_kept: list[tuple[Library, dict[str, Any]]] = []  # of the newest library alone


def _of_catalogue(library: Library) -> dict[str, Any]:
    """The rows as HTML and as JSON, and how many of them disturb nothing. Made once for each library:
    ninety rows take longer than all else that a page takes here."""
    for kept, parts in _kept:
        if kept is library:
            return parts
    categories = category_views(library.catalogue)
    columns = splits(tuple(len(category.diagnostics) for category in categories))
    listed = [row for category in categories for row in category.diagnostics]
    parts = {
        "html": Markup(render_template("checkup/_categories.html", categories=categories, columns=columns)),  # noqa: S704
        "json": [{key: to_json(getattr(row, key)) for key in _FOR_SCRIPTS} for row in listed],
        "passive": sum(not row.active for row in listed),
        "categories": categories,
    }
    _kept[:] = [(library, parts)]
    return parts


@checkup.get("/")
@needs(Role.VIEWER)
def page() -> str:
    """The dashboard."""
    status = bay().door.status()
    library = bay().runner.library
    rows = _of_catalogue(library)
    headline = bay().runner.board.headline(status)
    return render_template(
        "checkup/checkup.html",
        **frame(status, diagnostics=rows["json"], headline=to_json(headline)),
        rows=rows["html"],
        passive=rows["passive"],
        categories=rows["categories"],
        root_note=root_note(
            library.catalogue,
            has_sudo_password=status.demo or context().settings.ssh_sudo_password is not None,
        ),
        own_note=own_note(library, library.profile_for(status.known_device)),
        own_problems=(*library.problems, *context().bench.problems),
        own_folder=str(context().settings.v3_data_dir),
        has_results=bool(bay().runner.board.shown()),
        headline=headline,
        notes=replay.notes if (replay := bay().replay) else (),
    )
