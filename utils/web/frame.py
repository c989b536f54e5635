"""What the header and the banners of every page show. Nothing here connects, runs a command or judges."""

from __future__ import annotations

from typing import Any

from utils.model.results import LinkStatus, status_json
from utils.web.context import bay, context
from utils.web.presentation import PLACES, link_view, short_release, vocabulary


def frame(status: LinkStatus, **boot: Any) -> dict[str, Any]:
    """The part of a template's values that header and banners need; `boot`: what its scripts need besides."""
    known = status.known_device
    return {
        "status": status,
        "link": link_view(status),
        "places": PLACES,
        "switched_off": () if context().settings.v3_terminal else ("terminal.page",),
        "release": short_release(known.release) if known else "",
        "has_login": context().settings.v3_password is not None,
        "boot": {
            "bay": bay().id,
            "catalogue": bay().runner.library.revision,
            "connection": status_json(status),
            "vocabulary": vocabulary(),
            "diagnostics": [],
            **boot,
        },
    }
