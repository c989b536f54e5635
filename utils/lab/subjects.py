"""Subjects: who may send what where. A station may use its own and no others; nats-server enforces that."""

from __future__ import annotations

import re
from typing import Any

STATION = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
"""What a bench may be called in the lab: one word of a subject, without wildcards."""
FROM_STATIONS = "v3.up.>"
LOOKS_IN = "v3.seen.>"
HUB_INBOX = "v3.hub"
THROUGH_LAB = "v3.looker"
"""In the environment of a request that a station's own pages answer: who looks at the hub. No client of
theirs can send it: what clients send is called HTTP_…"""


def up(station: str, kind: str) -> str:
    """Where a station tells the hub something: "state", "bye", "records", "evidence" or "given"."""
    return f"v3.up.{station}.{kind}"


def sender(subject: str) -> tuple[str, str]:
    """The station and the kind of a subject made by `up`. The server let nobody else send there."""
    _, _, station, kind = subject.split(".", 3)
    return station, kind


def call(station: str, instance: str) -> str:
    """Where this run of a station's program is called."""
    return f"v3.call.{station}.{instance}"


def looks(station: str, instance: str) -> str:
    """Where this run of a station's program is asked what its boards show."""
    return f"v3.look.{station}.{instance}"


def more(station: str, instance: str) -> str:
    """Where it is told how much of that was taken."""
    return f"v3.more.{station}.{instance}"


def seen(station: str, look: str) -> str:
    """Where it sends the answer to a look."""
    return f"v3.seen.{station}.{look}"


def of_whom(subject: str) -> tuple[str, str]:
    """Station and look of a subject made by `seen`. The server let nobody else send there."""
    _, _, station, name = subject.split(".", 3)
    return station, name


def inbox(station: str) -> str:
    """Where answers to a station come."""
    return f"v3.inbox.{station}"


def of_station(station: str) -> dict[str, Any]:
    """What a station may do, as nats-server's permissions. It may answer a call once, within seconds."""
    return {
        "publish": {"allow": [up(station, "*"), seen(station, "*")]},
        "subscribe": {
            "allow": [call(station, "*"), looks(station, "*"), more(station, "*"), f"{inbox(station)}.>"]
        },
        "allow_responses": {"max": 1, "expires": "10s"},
    }


def of_hub() -> dict[str, Any]:
    """What the hub may do."""
    return {
        "publish": {"allow": [call("*", "*"), looks("*", "*"), more("*", "*"), "v3.inbox.>"]},
        "subscribe": {"allow": [FROM_STATIONS, LOOKS_IN, f"{HUB_INBOX}.>"]},
    }
