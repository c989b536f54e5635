"""A look: what a page of the hub asks of a board through its station, and what comes back. Pure.

    Look     hub -> station    one request of a page; answered at once by Began
    piece    station -> hub    its answer: Head, a line break, bytes. Numbered, at most PIECE bytes
    More     hub -> station    what was taken. Without it the station sends at most WINDOW, for LEASE_S

Only what `passes` allows goes this way: the pages Check-up, Live, Logs and Terminal. A login never does.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from utils.bench.places import BayId
from utils.errors import WireTrouble
from utils.lab.wire import Count, Id, Message, ShortText, decode, encode

WINDOW = 256 << 10
"""Bytes that are on their way or wait at the hub; beyond them the station waits."""
PIECE = 32 << 10
LEASE_S = 6.0
RENEW_S = 2.0
MOST_LOOKS = 64
"""Of one station at a time."""

_ONE = r"[A-Za-z0-9-]{1,64}"
_PASSES = {
    "GET": re.compile(
        rf"state|connection|diagnostics|events|runs/{_ONE}/text|live|live/samples|live/wiggles/{_ONE}"
        rf"|live/recordings(/{_ONE})?|logs|logs/{_ONE}/lines|terminals|terminals/{_ONE}/output"
    ),
    "POST": re.compile(
        rf"streams/{_ONE}/beat|checkups/{_ONE}/cancel|live/interval|live/markers|live/wiggles(/{_ONE}/(markers|end))?"
        rf"|live/recordings(/{_ONE}/stop)?|logs|logs/choices"
        rf"|terminals(/{_ONE}/(reopen|input|drawn|size|close))?"
    ),
}


class Look(Message):
    """A request of a page, for this bay, now. not_after_ms: by the hub's clock of this session. path: behind
    the bay's own address. last_event: where a stream goes on. who: for the bench's audit log."""

    id: Id
    session: Id
    not_after_ms: Count
    bay: BayId
    method: Literal["GET", "POST"]
    path: Annotated[str, Field(max_length=256)]
    query: Annotated[str, Field(max_length=2048)] = ""
    body: Annotated[str, Field(max_length=64 << 10)] = ""
    last_event: Annotated[str, Field(pattern=r"^\d{0,15}$")] = ""
    who: ShortText = ""


class Began(Message):
    """A station's answer to a Look. Anything but "began": nothing was done."""

    word: Literal["began", "expired", "busy", "not-allowed"]


class Head(Message):
    """Of a piece. n: from 0 on, without a gap. status, stream: of the whole answer, with the first piece.
    end: nothing comes after it; "abandoned": nobody took what was sent."""

    n: Count
    status: Annotated[int, Field(ge=200, le=599)] = 200
    stream: bool = False
    end: Literal["", "done", "abandoned", "failed"] = ""


class More(Message):
    """The hub took so many bytes. stop: it wants no more."""

    id: Id
    taken: Count
    stop: bool = False


def passes(method: str, path: str) -> bool:
    """Whether a hub's page may ask this of a board."""
    return method in _PASSES and _PASSES[method].fullmatch(path) is not None


def packed(head: Head, data: bytes = b"") -> bytes:
    """A piece."""
    return encode(head) + b"\n" + data


def unpacked(piece: bytes) -> tuple[Head, bytes]:
    """A piece's head and bytes. WireTrouble."""
    head, line_break, data = piece.partition(b"\n")
    if not line_break or len(data) > PIECE:
        raise WireTrouble("This is no piece of an answer.")
    return decode(Head, head), data
