"""A record of the history as it is sent, and a sent one as a record again.

What was printed goes by its hash: the hub asks for what it has not. Boards of a lab print much that is alike,
and are judged alike. So a hub reads each result to the letter once, and knows it by its hash from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from utils.errors import WireTrouble
from utils.lab import added
from utils.lab.wire import (
    AnyRecord,
    CheckupSent,
    DeviceSent,
    HappeningSent,
    OriginSent,
    RecordSent,
    RunSent,
)
from utils.model.records import BareRun, BoardRecord, CheckupRecord, Happening, Kind, Origin
from utils.model.results import Device, Result, Verdict, to_json
from utils.store import additions

BoardRecordSent = RunSent | CheckupSent | HappeningSent

_RESULT = TypeAdapter(Result)
_MOST_KNOWN = 20_000
ReadContents = Callable[[Collection[str]], Mapping[str, bytes]]


def sent(record: BoardRecord | additions.AnyAdded, hashes: Mapping[str, str]) -> AnyRecord:
    """The record. hashes: of its evidence, by name. WireTrouble where it is beyond what is ever sent."""
    try:
        if isinstance(record, additions.Added):
            return added.sent(record, hashes)
        return _sent(record, hashes)
    except ValidationError as exc:
        raise WireTrouble("This record is beyond what is sent to a hub.") from exc


def _sent(record: BoardRecord, hashes: Mapping[str, str]) -> BoardRecordSent:
    told: dict[str, Any] = {
        **hashes,
        "id": record.id,
        "origin": OriginSent(**{name: getattr(record.origin, name) for name in OriginSent.model_fields}),
        "device": DeviceSent(**{name: getattr(record.device, name) for name in DeviceSent.model_fields})
        if record.device
        else None,
    }
    match record:
        case BareRun():
            return RunSent(
                **told, diagnostic=record.diagnostic, asked_at=record.started_at,
                started_at=record.began_at, duration_s=record.duration_s,
                checkup=record.checkup, position=record.position,
            )  # fmt: skip
        case CheckupRecord():
            its = {name: getattr(record, name) for name in _OF_A_CHECKUP}
            its["counts"] = {Verdict(name): count for name, count in record.counts.items()}
            return CheckupSent(**told, **{**its, "measured": dict(record.measured)})
        case Happening():
            facts = to_json(record.facts)
            return HappeningSent(**told, happened=record.kind.value, at=record.at, facts=facts)


@dataclass(frozen=True, slots=True)
class ResultBody:
    """What of a result is no print. hash: of what is kept of it; content: that, where it is not what came."""

    diagnostic: str
    verdict: Verdict
    hash: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of the evidence of some runs: bodies by their hash, and the hashes of texts."""

    bodies: Mapping[str, ResultBody]
    texts: Collection[str]

    def body(self, said: RunSent) -> ResultBody:
        """That of one of these runs. WireTrouble."""
        found = self.bodies.get(said.body)
        if found is None or any(name not in self.texts for name in said.printed):
            raise WireTrouble("This record's result cannot be read.")
        if found.diagnostic != said.diagnostic:
            raise WireTrouble("This record's result is that of another diagnostic.")
        return found

    @property
    def contents(self) -> list[bytes]:
        """What is to be kept of bodies that came as another text."""
        return [each.content for each in self.bodies.values() if each.content is not None]


class Reader:
    """Reads evidence that came, each piece once. Thread-safe.

    What a stranger made of a result goes no further: its fields are read to the letter.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bodies: dict[str, ResultBody] = {}
        self._texts: dict[str, None] = {}

    def read(self, runs: Sequence[RunSent], contents: ReadContents) -> Read:
        """The evidence of these runs. contents: reads what is here, by its hashes."""
        with self._lock:
            bodies = {each.body: self._bodies[each.body] for each in runs if each.body in self._bodies}
            texts = {name for each in runs for name in each.printed if name in self._texts}
        unread = {each.body for each in runs} - bodies.keys()
        new = {name for each in runs for name in each.printed} - texts
        found = contents(unread | new)
        bodies |= {name: body for name in unread if (body := _body(name, found[name])) is not None}
        texts |= {name for name in new if _is_text(found[name])}
        self._learn(bodies, texts)
        return Read(bodies, texts)

    def _learn(self, bodies: Mapping[str, ResultBody], texts: Iterable[str]) -> None:
        """Know these from now on. What is kept as another text is read again: that may be tidied away."""
        with self._lock:
            self._bodies |= {name: each for name, each in bodies.items() if each.content is None}
            self._texts |= dict.fromkeys(texts)
            for known in (self._bodies, self._texts):
                while len(known) > _MOST_KNOWN:
                    del known[next(iter(known))]


def received(station: str, said: BoardRecordSent, read: Read, ahead_s: float | None = None) -> BoardRecord:
    """The record as that station's, whose clock is ahead of ours by ahead_s. read: the evidence that it
    stands on. WireTrouble."""
    told: dict[str, Any] = {"id": said.id, "origin": _origin(station, said), "device": _device(said)}
    told["bench_ahead_s"] = ahead_s
    match said:
        case RunSent():
            body = read.body(said)
            hashes = {"body": body.hash, "stdout": said.stdout, "stderr": said.stderr}
            return BareRun(
                **told, diagnostic=said.diagnostic, started_at=said.asked_at, checkup=said.checkup,
                position=said.position, verdict=body.verdict, began_at=said.started_at,
                duration_s=said.duration_s,
                evidence={name: its for name, its in hashes.items() if its is not None},
            )  # fmt: skip
        case CheckupSent():
            its = {name: getattr(said, name) for name in _OF_A_CHECKUP}
            its["counts"] = {verdict.value: count for verdict, count in said.counts.items()}
            return CheckupRecord(**told, **its)
        case HappeningSent():
            return Happening(**told, kind=Kind(said.happened), at=said.at, facts=said.facts)


_OF_A_CHECKUP = (
    "started_at", "duration_s", "verdict", "counts", "cancelled", "clock_offset_s", "measured", "pending",
)  # fmt: skip


def _origin(station: str, said: RecordSent) -> Origin:
    return Origin(**said.origin.model_dump(), station=station)


def _device(said: RecordSent) -> Device | None:
    return Device(**said.device.model_dump()) if said.device else None


def _body(name: str, content: bytes) -> ResultBody | None:
    """What the content says with this hash; None where it is no result."""
    from utils.store.evidence import hash_of
    from utils.store.ledger import body_of, result_of

    row = dict.fromkeys(("stdout", "stderr", "started_at", "duration_s", "bay", "device", "device_id"))
    try:
        found = _RESULT.validate_python(result_of({**row, "id": "", "body": name}, {name: content}))
        ours = body_of(to_json(found))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    known = hash_of(ours)
    return ResultBody(found.diagnostic, found.verdict, known, None if known == name else ours)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
