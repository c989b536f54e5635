"""Where boards are, and what is not known of them: on this bench, and on a hub at all others. Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from utils.web import people
from utils.web.by_bay import page_of
from utils.web.context import FAR, context, hub


def plugged_in(ids: Sequence[str]) -> list[tuple[str, str]]:
    """(its bench, "" for this program; the address of its check-up) wherever a board of these ids is now."""
    here = [
        ("", page_of("checkup.page", each))
        for each in context().bench
        if (device := each.door.status().device) is not None and device.device_id in ids
    ]
    far = [] if people.may_look_alone() else at_benches(ids)  # a viewer has no page that asks a bench
    return here + [(bench, url_for("bay.checkup.page", bay=f"{bench}{FAR}{place}")) for bench, place in far]


def at_benches(ids: Sequence[str]) -> list[tuple[str, str]]:
    """On a hub: bench and place wherever a board of these ids is connected now."""
    found = hub()
    if found is None:
        return []
    from utils.lab.overview import present

    return [(bench, place) for bench, place, device_id in present(found.benches()) if device_id in ids]


def doubt(device_id: str) -> str:
    """On a hub: what is not known of this board, in a sentence; "" where nothing is open."""
    found = hub()
    if found is None:
        return ""
    from utils.lab.overview import unsettled

    return unsettled(found, device_id)


def of_call(checkup_id: str) -> tuple[str, str]:
    """On a hub, of a check-up that it called for or heard of: the bay where it runs now, and what is known,
    in a sentence; "" for what is not known."""
    found = hub()
    if found is None:
        return "", ""
    from utils.lab.overview import running_at, told_of

    return running_at(found, checkup_id), told_of(found, checkup_id)
