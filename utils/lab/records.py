"""A record of the history as it is sent, and a sent one as a record again.

What was printed goes by its hash: the hub asks for what it has not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
from utils.model.records import CheckupRecord, Happening, Kind, Origin, RunRecord
from utils.model.results import Device, Result, Verdict, to_json
from utils.store import additions

Kept = RunRecord | CheckupRecord | Happening
Record = RunSent | CheckupSent | HappeningSent
Pieces = dict[str, bytes]
"""Evidence by its SHA-256."""

_RESULT = TypeAdapter(Result)
_TEXTS = ("body", "stdout", "stderr")


def sent(record: Kept | additions.AnyAdded, texts: Mapping[str, bytes]) -> tuple[AnyRecord, Pieces]:
    """The record and its evidence. texts: of a run, as the store splits its result. WireTrouble where it is
    beyond what is ever sent."""
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    pieces = {hashes[name]: text for name, text in texts.items()}
    try:
        if isinstance(record, additions.Added):
            return added.sent(record, hashes), pieces
        return _sent(record, hashes), pieces
    except ValidationError as exc:
        raise WireTrouble("This record is beyond what is sent to a hub.") from exc


def _sent(record: Kept, hashes: Mapping[str, str]) -> Record:
    told: dict[str, Any] = {
        **hashes,
        "id": record.id,
        "origin": OriginSent(**{name: getattr(record.origin, name) for name in OriginSent.model_fields}),
        "device": DeviceSent(**{name: getattr(record.device, name) for name in DeviceSent.model_fields})
        if record.device
        else None,
    }
    match record:
        case RunRecord():
            return RunSent(
                **told, diagnostic=record.diagnostic, asked_at=record.started_at,
                started_at=record.result["started_at"], duration_s=record.result["duration_s"],
                checkup=record.checkup, position=record.position,
            )  # fmt: skip
        case CheckupRecord():
            its = {name: getattr(record, name) for name in _OF_A_CHECKUP}
            its["counts"] = {Verdict(name): count for name, count in record.counts.items()}
            return CheckupSent(**told, **{**its, "measured": dict(record.measured)})
        case Happening():
            facts = to_json(record.facts)
            return HappeningSent(**told, happened=record.kind.value, at=record.at, facts=facts)


def received(station: str, said: Record, contents: Mapping[str, bytes], ahead_s: float | None = None) -> Kept:
    """The record as that station's, whose clock is ahead of ours by ahead_s. contents: the evidence that it
    stands on. WireTrouble."""
    told: dict[str, Any] = {"id": said.id, "origin": _origin(station, said), "device": _device(said)}
    told["bench_ahead_s"] = ahead_s
    match said:
        case RunSent():
            return RunRecord(
                **told, diagnostic=said.diagnostic, started_at=said.asked_at, checkup=said.checkup,
                position=said.position, result=_result(said, contents),
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


def _result(said: RunSent, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """A Result with all its fields, read to the letter: what a stranger made of it goes no further."""
    from utils.store.ledger import result_of

    row = {name: getattr(said, name) for name in (*_TEXTS, "started_at", "duration_s")}
    whose = {"run": said.id, "bay": said.origin.bay, "device": said.origin.device}
    row |= {**whose, "id": said.id, "device_id": said.device.device_id if said.device else None}
    try:
        found = _RESULT.validate_python(result_of(row, contents))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as exc:
        raise WireTrouble("This record's result cannot be read.") from exc
    if found.diagnostic != said.diagnostic:
        raise WireTrouble("This record's result is that of another diagnostic.")
    return dict(to_json(found))
