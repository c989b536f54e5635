"""How often containers were restarted, and whether their largest image fits beside itself.

{containers[], image_count, largest, largest_mb, free_mb, fits}. Lines `now ISO-TIME`, `container COUNT STATE
OOM EXIT STARTED /NAME` (`docker inspect`), `image BYTES TAGS`, `free KB`. containers[]: {name, restarts,
state, out_of_memory, exit_code, up_s (since its last start; None where it does not run)}. fits: an update
stores the new image beside the old one; None where size or room is not told.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_NOW = re.compile(r"^now (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z?$")
_CONTAINER = re.compile(
    r"^container (\d{1,9}) ([a-z]{1,20}) (true|false) (-?\d{1,5}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S{0,20}"
    r" /?(\S{1,200})$"
)
_IMAGE = re.compile(r"^image (\d{1,15}) (\S.{0,300})$")
_FREE = re.compile(r"^free (\d{1,15})$")
_NO_DAEMON = re.compile(
    r"Cannot connect to the Docker daemon|Is the docker daemon running\?"
    r"|failed to connect to the docker API at unix:"  # docker 28 and later
)
_MB = 1_000_000
READS = (
    "containers[name restarts state out_of_memory exit_code up_s] image_count largest largest_mb free_mb fits"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    if _NO_DAEMON.search(f"{stdout}\n{stderr}"):
        raise NotApplicable("Docker's daemon does not run, so there is nothing to count.")
    now: datetime | None = None
    containers: list[dict[str, Any]] = []
    images: list[tuple[int, str]] = []
    free_kb: int | None = None
    for line in between(stdout, stderr, exit_status, of="container restarts"):
        if clock := _NOW.match(line):
            now = _time(clock[1])
        elif (container := _CONTAINER.match(line)) and now:
            containers.append(_container(container, now))
        elif image := _IMAGE.match(line):
            images.append((int(image[1]), image[2]))
        elif free := _FREE.match(line):
            free_kb = int(free[1])
        else:
            raise unread(line)
    if now is None:
        raise Undecided("The output is cut off: it does not say when it was made.", Cause.CUT_OFF)
    size, name = max(images, default=(None, None))
    free_mb = None if free_kb is None else free_kb * 1024 // _MB
    return {
        "containers": containers,
        "image_count": len(images),
        "largest": name,
        "largest_mb": None if size is None else size // _MB,
        "free_mb": free_mb,
        "fits": None if size is None or free_mb is None else free_mb > size // _MB,
    }


def _container(told: re.Match[str], now: datetime) -> dict[str, Any]:
    up_s = int((now - _time(told[5])).total_seconds())
    return {
        "name": told[6],
        "restarts": int(told[1]),
        "state": told[2],
        "out_of_memory": told[3] == "true",
        "exit_code": int(told[4]),
        "up_s": up_s if told[2] in ("running", "restarting") else None,
    }


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise Undecided(f"A time cannot be: {text}.", Cause.GARBAGE) from exc
