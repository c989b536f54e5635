"""The rows of a page Check-up: as HTML, as JSON for its scripts, and how many of them disturb nothing.

of_library(…)   -> Rows of all that a library has
made(…)         -> Rows of these diagnostics
with_results(…) -> the same rows with a board's results drawn
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from utils.judging.catalogue.library import Library
from utils.model.results import to_json
from utils.web.pages.checkup.columns import splits
from utils.web.pages.checkup.details import Details
from utils.web.pages.checkup.drawn import DrawnRow
from utils.web.presentation import CategoryView, DiagnosticView, in_categories, row

# Why a diagnostic matters and its command are in its row already, where the scripts read them. They are a
# sixth of the page.
_FOR_SCRIPTS = ("id", "title", "category", "next_step", "active", "related")


@dataclass(frozen=True)
class Rows:
    """json: what scripts need of each. passive: how many disturb nothing."""

    html: Markup
    json: Sequence[dict[str, Any]]
    passive: int
    categories: Sequence[CategoryView]


_kept: list[tuple[Library, Rows]] = []  # of the newest library alone
_drawn: list[tuple[Rows, Mapping[str, DrawnRow], Rows]] = []
_MOST_DRAWN = 8  # boards whose rows are kept with their results


def of_library(library: Library) -> Rows:
    """All that it has. Made once: ninety rows take longer than all else that a page takes here."""
    for kept, rows in _kept:
        if kept is library:
            return rows
    rows = made([row(each) for each in library.catalogue])
    _kept[:] = [(library, rows)]
    return rows


def made(views: Sequence[DiagnosticView]) -> Rows:
    """These, by category."""
    categories = in_categories(views)
    listed = [each for category in categories for each in category.diagnostics]
    return Rows(
        html=_html(categories, {}),
        json=[{key: to_json(getattr(each, key)) for key in _FOR_SCRIPTS} for each in listed],
        passive=sum(not each.active for each in listed),
        categories=categories,
    )


def with_results(rows: Rows, drawn: Mapping[str, DrawnRow], opened: Details | None = None) -> Rows:
    """These rows, as the results draw them, and the details of one. Kept for the same results."""
    if opened:
        return replace(rows, html=_html(rows.categories, drawn, opened))
    for bare, results, known in _drawn:
        if bare is rows and results == drawn:
            return known
    found = replace(rows, html=_html(rows.categories, drawn))
    _drawn[:] = [(rows, drawn, found), *_drawn[: _MOST_DRAWN - 1]]
    return found


def _html(
    categories: Sequence[CategoryView], drawn: Mapping[str, DrawnRow], opened: Details | None = None
) -> Markup:
    columns = splits(tuple(len(category.diagnostics) for category in categories))
    before = {name for name, row in drawn.items() if row.verdict == "none"}
    html = render_template(
        "checkup/_categories.html",
        categories=categories,
        columns=columns,
        drawn=drawn,
        before=before,
        opened=opened,
    )
    return Markup(html)  # noqa: S704 - our own template
