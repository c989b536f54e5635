"""The rows of a page Check-up: as HTML, as JSON for its scripts, and how many of them disturb nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup

from utils.judging.catalogue.library import Library
from utils.model.results import to_json
from utils.web.pages.checkup.columns import splits
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
    columns = splits(tuple(len(category.diagnostics) for category in categories))
    listed = [each for category in categories for each in category.diagnostics]
    html = render_template("checkup/_categories.html", categories=categories, columns=columns)
    return Rows(
        html=Markup(html),  # noqa: S704 - our own template
        json=[{key: to_json(getattr(each, key)) for key in _FOR_SCRIPTS} for each in listed],
        passive=sum(not each.active for each in listed),
        categories=categories,
    )
