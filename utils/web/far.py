"""Boards of other benches, on a hub: a bay "bench-3:main" is asked through its station (utils/lab/look.py).

The pages are the hub's own; what they show comes from the bench. Of its answer the hub takes status and body,
as JSON or as an event stream. So a bench can put no page and no script into the hub.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Response, g, request

from utils.errors import LookRefused, NoAnswer, UnknownBay
from utils.judging.catalogue.loader import Catalogue
from utils.model.results import Device, LinkState, LinkStatus
from utils.model.roles import Role
from utils.web import people
from utils.web.context import FAR, context, hub
from utils.web.problems import MEDIA_TYPE
from utils.web.security import caller, still_welcome, who

if TYPE_CHECKING:
    from utils.lab.hub import Hub
    from utils.lab.looking import LookStream
    from utils.lab.wire import BaySeen

_MOST_BYTES = 8 << 20
_QUIET = ("/input", "/drawn", "/size", "/beat")
"""What a page sends by itself or at each key: the audit log has the terminal that was opened."""


@dataclass(frozen=True)
class _Told:
    """What a page needs of a bay beside its API: a door's status, what is sampled, a catalogue."""

    bay: FarBay

    def status(self) -> LinkStatus:
        """As the bench told it last; the page's stream tells it anew."""
        return _status(self.bay.seen)

    def described(self) -> Any:
        """What is sampled there, now."""
        return asked(self.bay, "live")

    @property
    def catalogue(self) -> Catalogue:
        """The hub's own: pages take the meaning of messages from it."""
        return context().bench.home.runner.catalogue

    @property
    def library(self) -> _Told:
        return self

    revision = ""  # no page of a far board has rows


@dataclass(frozen=True)
class FarBay:
    """A bay of another bench, as its pages need it (bench/bay.py has the near one)."""

    id: str
    station: str
    seen: BaySeen
    replay: None = None

    @property
    def read_only(self) -> str:
        """Where the board is, and what is done there alone."""
        place = self.seen.title or self.seen.id
        return f"This board is at {self.station}, in {place}. Its login and its host key are settled there."

    @property
    def title(self) -> str:
        return f"{self.seen.title or self.seen.id} of {self.station}"

    @property
    def door(self) -> _Told:
        return _Told(self)

    sampler = runner = door


def answered(bay: str, endpoint: str, view: Callable[..., Any], values: dict[str, Any]) -> Any:
    """The answer for this bay of another bench. UnknownBay; LookRefused for what is done at the bench."""
    if hub() is None:
        raise UnknownBay(bays=[each.id for each in context().bench])
    people.at_least(Role.TECHNICIAN)  # a bench begins to work for whoever asks
    station, _, name = bay.partition(FAR)
    if request.path.startswith("/api/"):
        return _passed(station, name)
    g.bay = _far_bay(station, name)
    places = {page.endpoint: page.place for page in context().pages}
    if not (place := places.get(endpoint)) or not place.far:
        raise LookRefused
    return view(**values)


def _hub() -> Hub:
    found = hub()
    assert found is not None
    return found


def _far_bay(station: str, name: str) -> FarBay:
    for bench in _hub().benches():
        for seen in bench.seen.state.bays if bench.invited.id == station and bench.seen else ():
            if seen.id == name:
                return FarBay(f"{station}{FAR}{name}", station, seen)
    raise UnknownBay("The hub knows no such place of a bench.", hint="Choose a board on the page Lab.")


def _status(seen: BaySeen) -> LinkStatus:
    state = LinkState(seen.link) if seen.link in set(LinkState) else LinkState.LOST
    told = seen.device
    device = (
        Device("", serial=told.serial, model=told.model, device_id=told.device_id, nickname=told.label)
        if told
        else None
    )
    here = state is LinkState.CONNECTED
    return LinkStatus(state, "", device=device if here else None, last_device=None if here else device)


def asked(bay: FarBay, path: str, query: str = "") -> Any:
    """What the bench's API answers to this GET. StationAway, NoAnswer, LookRefused."""
    with context().slots.waiting():
        view = _hub().look(bay.station, bay=bay.seen.id, method="GET", path=path, query=query, who=caller())
        try:
            told = json.loads(_whole(view))
        except ValueError as exc:
            raise NoAnswer("What the bench answered cannot be read.") from exc
        finally:
            _hub().end_look(bay.station, view)
    if view.status != 200:
        raise NoAnswer(str(told.get("detail", "")) or "The bench did not answer this.")
    return told


def _passed(station: str, name: str) -> Response:
    """This request through the station, and its answer."""
    from utils.lab.look import passes

    path = request.path.split("/", 5)[5]
    if not passes(request.method, path):
        raise LookRefused
    with context().slots.waiting():  # benches that are slow must not hold every thread
        view = _hub().look(
            station, bay=name, method=request.method, path=path, who=caller(),
            query=urlencode([each for each in request.args.items(multi=True) if each[0] != "bay"]),
            body=request.get_data(as_text=True), last_event=request.headers.get("Last-Event-ID", ""),
        )  # fmt: skip
        if request.method == "POST" and not path.endswith(_QUIET):
            _note(station, name, path, view.status)
        if not view.stream:
            return _at_once(station, view)
    return _streamed(station, view)


def _note(station: str, name: str, path: str, status: int) -> None:
    """Who did what, at which bench, with which board."""
    its: dict[str, str] = {}
    with suppress(UnknownBay):  # the bench may have left meanwhile
        board = _far_bay(station, name).seen.device
        its = {"device": board.label, "device_id": board.device_id} if board else {}
    context().audit.write("look", who=who(), station=station, bay=name, what=path, status=status, **its)


def _at_once(station: str, view: LookStream) -> Response:
    try:
        body = _whole(view)
    finally:
        _hub().end_look(station, view)
    if view.status == 204:
        return Response(status=204)
    response = Response(body, view.status, mimetype="application/json" if view.status < 400 else MEDIA_TYPE)
    if view.status == 503:
        response.headers["Retry-After"] = "2"
    return response


def _whole(view: LookStream) -> bytes:
    body = bytearray()
    for data in view:
        body += data
        if len(body) > _MOST_BYTES:
            raise NoAnswer("The bench answered far more than was asked.")
    if not view.done:
        raise NoAnswer("The bench was lost while it answered.")
    return bytes(body)


def _streamed(station: str, view: LookStream) -> Response:
    slots, gone = context().slots, request.environ.get("waitress.client_disconnected", lambda: False)
    end, welcome = _hub().end_look, still_welcome()

    def give_back() -> None:
        end(station, view)
        slots.release_stream()

    def pieces() -> Iterator[bytes]:
        for data in view:
            if gone() or not welcome():
                return
            if data:
                yield data

    try:
        slots.take_stream()
    except BaseException:
        end(station, view)
        raise
    view.abandoned = lambda: _hang_up(gone)
    response = Response(pieces(), mimetype="text/event-stream")
    response.call_on_close(give_back)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _hang_up(gone: Callable[[], bool]) -> None:
    """End a connection whose other side takes nothing: its thread is stuck in a write."""
    channel = getattr(gone, "__self__", None)  # waitress's own connection object
    with suppress(OSError, AttributeError):
        channel.socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
