"""What the header and the banners of every page show. Nothing here connects, runs a command or judges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from utils.model.link_words import link_view, status_json
from utils.model.results import LinkStatus
from utils.web import people
from utils.web.at_hub import has_board
from utils.web.context import FAR, bay, context
from utils.web.page import Page
from utils.web.presentation import vocabulary


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu of the page that is being rendered."""

    endpoint: str
    word: str
    icon: str
    of_bay: bool
    off: bool


def menu(pages: Iterable[Page]) -> list[MenuItem]:
    """The pages that the header lists, in their order."""
    placed = [
        (page.place, page.endpoint)
        for page in pages
        if page.place and page.place.shown() and people.may_open(page.endpoint)
    ]
    if FAR in bay().id:
        placed = [each for each in placed if each[0].far or not each[0].of_bay]
    elif not has_board(bay()):
        placed = [each for each in placed if not each[0].of_bay]
    placed.sort(key=lambda each: each[0].order)
    return [
        MenuItem(endpoint, place.word, place.icon, place.of_bay, place.off()) for place, endpoint in placed
    ]


def frame(status: LinkStatus, *, read_only: str = "", **boot: Any) -> dict[str, Any]:
    """The part of a template's values that header and banners need; `boot`: what its scripts need besides.
    read_only: why nothing can be run on this page, where the bay is not the reason."""
    asker = people.asker()
    read_only = read_only or _read_only()
    return {
        "status": status,
        "link": link_view(status),
        "places": menu(context().pages),
        "read_only": read_only,
        "has_login": context().settings.v3_password is not None or asker is not None,
        "person": asker.name if asker is not None else "",
        "boot": {
            "bay": bay().id,
            "read_only": bool(read_only),
            "catalogue": bay().runner.library.revision,
            "connection": status_json(status),
            "vocabulary": vocabulary(),
            "diagnostics": [],
            **boot,
        },
    }


def _read_only() -> str:
    """Why nothing can be run here; "" where it can."""
    if bay().read_only:
        return bay().read_only
    return "You are a viewer at this hub: you may look, and run nothing." if people.may_look_alone() else ""
