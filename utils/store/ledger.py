"""A record into the tables, within one transaction of the writer's.

A result is split: what changes with every run stands in the run's row, what was printed is evidence, and so
is the rest, which is the same as long as the board is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update

from utils.clock import utc_of
from utils.model.outcome import ABOUT_AS_MANY
from utils.model.records import (
    ARun,
    BareRun,
    Begun,
    BoardRecord,
    CheckupRecord,
    Happening,
    Origin,
    Record,
    RunRecord,
)
from utils.model.results import Device, Result, Verdict, severity_rank, to_json, worst
from utils.store import evidence, holder, outbox
from utils.store.schema import begun, boards, checkups, happenings, origins, runs

_ORDER = [each.name for each in fields(Result)]
_OF_A_DEVICE = tuple(each.name for each in fields(Device))
_OF_AN_ORIGIN = tuple(each.name for each in fields(Origin))
_OF_A_RUN = tuple(each.name for each in fields(ARun))
_ADD_RUN = insert(runs)
_EVIDENCE = ("body", "stdout", "stderr")
_OF_THE_RUN = ("stdout", "stderr", "started_at", "duration_s", "run", "bay", "device", "device_id")


def write(connection: Connection, *records: Record | BareRun, kept: Mapping[str, int] | None = None) -> None:
    """Add the records and what they name, in their order. Many at once cost a fraction of one by one.

    What a BareRun stands on is kept already; KeyError where it is not. kept: rows of evidence, by hash.
    """
    rows = dict(kept or {})
    contents: dict[str, bytes] = {}
    bare = [split(record, contents) if isinstance(record, RunRecord) else record for record in records]
    named = {name for each in bare if isinstance(each, BareRun) for name in each.evidence.values()}
    if missing := named - rows.keys():
        rows |= evidence.put(connection, contents, missing)
    ran: list[dict[str, Any]] = []
    overtaken = _overtaken(bare)
    for record in bare:
        if isinstance(record, BareRun):
            stands_on = dict.fromkeys(_EVIDENCE) | {name: rows[its] for name, its in record.evidence.items()}
            whose = _whose(connection, record, tells=record.id not in overtaken)
            ran.append({**whose, **_run(record), **stands_on})
        else:
            _write_other(connection, record)
    if ran:
        connection.execute(_ADD_RUN, ran)
    outbox.add(connection, *((kind_of(each), each.id) for each in bare if not isinstance(each, Begun)))


def split(record: RunRecord, contents: dict[str, bytes]) -> BareRun:
    """The run without its result. contents: gets what it stands on."""
    texts = texts_of(record.result)
    hashes = {name: evidence.hash_of(text) for name, text in texts.items()}
    contents.update((hashes[name], text) for name, text in texts.items())
    its = {name: getattr(record, name) for name in _OF_A_RUN}
    result = record.result
    return BareRun(
        **its, verdict=Verdict(result["verdict"]), began_at=result["started_at"],
        duration_s=result["duration_s"], evidence=hashes,
    )  # fmt: skip


def _write_other(connection: Connection, record: Begun | CheckupRecord | Happening) -> None:
    match record:
        case Begun():
            connection.execute(insert(begun).values(**_begun(connection, record)))
        case CheckupRecord():
            connection.execute(delete(begun).where(begun.c.id == record.id))
            if record.pending is None:  # a clock set forward makes it look interrupted while it runs
                settled = (checkups.c.id == record.id, checkups.c.pending.is_not(None))
                connection.execute(delete(checkups).where(*settled))
            row = _whose(connection, record)
            connection.execute(insert(checkups).values(**row, **_checkup(record)))
        case Happening():
            row = {**_whose(connection, record), "kind": record.kind.value, "at": record.at}
            connection.execute(insert(happenings).values(**row, facts=to_json(record.facts)))


def _overtaken(records: Iterable[Begun | BoardRecord]) -> set[str]:
    """Runs behind each of which comes another one of the same board: the last one tells the newest of it."""
    found: set[str] = set()
    newest: dict[str, BoardRecord] = {}
    for record in records:
        if isinstance(record, Begun) or record.device is None:
            continue
        before = newest.get(record.device.device_id)
        loose = isinstance(before, BareRun) and isinstance(record, BareRun) and not record.checkup
        if before is not None and loose and _by_our_clock(before) <= _by_our_clock(record):
            found.add(before.id)
        newest[record.device.device_id] = record
    return found


def _whose(connection: Connection, record: BoardRecord, *, tells: bool = True) -> dict[str, Any]:
    """The columns that every record has. tells: whether it may say the newest of its board."""
    return {
        "id": record.id,
        "board": _board(connection, record, tells=tells),
        "origin": _origin(connection, record.origin),
        "bench_ahead_s": record.bench_ahead_s,
    }


def kind_of(record: BoardRecord) -> str:
    """As the outbox calls it."""
    match record:
        case BareRun():
            return "run"
        case CheckupRecord():
            return "checkup"
        case Happening():
            return "happening"


def result_of(row: Mapping[str, Any], contents: Mapping[Any, bytes]) -> dict[str, Any]:
    """The result of a run's row, its fields in their order."""
    found = json.loads(contents[row["body"]])
    for name in ("stdout", "stderr"):
        found[name] = contents[row[name]].decode() if row[name] is not None else ""
    found |= {"started_at": row["started_at"], "duration_s": row["duration_s"], "run": row["id"]}
    found |= {"bay": row["bay"], "device": row["device"] or None, "device_id": row["device_id"]}
    return {name: found[name] for name in _ORDER if name in found}


def body_of(result: Mapping[str, Any]) -> bytes:
    """What stays the same as long as the board does."""
    body = {name: value for name, value in result.items() if name not in _OF_THE_RUN}
    return json.dumps(body, separators=(",", ":")).encode()


def texts_of(result: Mapping[str, Any]) -> dict[str, bytes]:
    """What of a result is evidence, by its column."""
    texts = {"body": body_of(result)}
    return texts | {name: result[name].encode() for name in ("stdout", "stderr") if result[name]}


def _run(record: BareRun) -> dict[str, Any]:
    return {
        "checkup": record.checkup,
        "position": record.position,
        "diagnostic": record.diagnostic,
        "verdict": record.verdict.value,
        "asked_at": record.started_at,
        "started_at": record.began_at,
        "duration_s": record.duration_s,
    }


def _begun(connection: Connection, record: Begun) -> dict[str, Any]:
    return {
        "id": record.id,
        "origin": _origin(connection, record.origin),
        "started_at": record.started_at,
        "diagnostics": list(record.diagnostics),
        "holder": holder.myself(),
    }


def _checkup(record: CheckupRecord) -> dict[str, Any]:
    return {
        "started_at": record.started_at,
        "duration_s": record.duration_s,
        "verdict": record.verdict.value,
        "counts": dict(record.counts),
        "cancelled": record.cancelled,
        "clock_offset_s": record.clock_offset_s,
        "measured": dict(record.measured),
        "pending": None if record.pending is None else list(record.pending),
    }


def _origin(connection: Connection, origin: Origin) -> int:
    values = {name: _plain(getattr(origin, name)) for name in _OF_AN_ORIGIN}
    return _found_or_made(connection, origins, values, dict)


def _board(connection: Connection, record: BoardRecord, *, tells: bool) -> int | None:
    """The board's row, with its newest facts; the verdict is that of its check-ups alone."""
    device = record.device
    if device is None or not device.device_id:
        return None
    at = _by_our_clock(record)
    newest = partial(_newest, record, device, at)
    key = {"device_id": device.device_id}
    row = _found_or_made(connection, boards, key, lambda: {**newest(), "first_seen": at})
    if tells and not (isinstance(record, BareRun) and record.checkup):  # its check-up will say the same
        its, late = update(boards).where(boards.c.id == row), bool(record.origin.station)
        seen = its.values(**_facts(device), last_seen=at)
        # A bench that was away tells late what another one has seen newer.
        connection.execute(seen.where(boards.c.last_seen <= at) if late else seen)
        if isinstance(record, CheckupRecord) and not (late and _has_newer(connection, row, at)):
            connection.execute(its.values(**_now_known_by(connection, row, record)))
    return row


def _now_known_by(connection: Connection, row: int, record: CheckupRecord) -> dict[str, Any]:
    """What the board's row says with this check-up. One of few checks does not clear what many found.

    The rest of one that was cut short makes a whole with it.
    """
    query = select(checkups.c.verdict, checkups.c.counts, checkups.c.pending)
    query = query.join(boards, boards.c.checkup == checkups.c.id).where(boards.c.id == row)
    before = connection.execute(query).first()
    if before is None:
        return _verdict(record)
    left, checks, asked = len(before.pending or ()), sum(record.counts.values()), sum(before.counts.values())
    if left and checks == left:
        answered = {**before.counts, "unknown": before.counts.get("unknown", 0) - left}
        both = worst([record.verdict, *(Verdict(name) for name, count in answered.items() if count > 0)])
        return {"verdict": both.value, "checkup": record.id}
    worse = severity_rank(record.verdict) < severity_rank(Verdict(before.verdict))
    return _verdict(record) if worse or checks >= ABOUT_AS_MANY * asked else {"checkup": boards.c.checkup}


def _has_newer(connection: Connection, row: int, at: str) -> bool:
    """Whether a check-up of this board is kept that was begun later. Runs after it tell nothing of that."""
    query = select(checkups.c.started_at, checkups.c.bench_ahead_s)
    query = query.join(boards, boards.c.checkup == checkups.c.id).where(boards.c.id == row)
    known = connection.execute(query).first()
    return known is not None and _ours(*known) > at


def _newest(record: BoardRecord, device: Device, at: str) -> dict[str, Any]:
    """What it says of its board."""
    found: dict[str, Any] = {**_facts(device), "last_seen": at}
    return found | (_verdict(record) if isinstance(record, CheckupRecord) else {})


def _verdict(record: CheckupRecord) -> dict[str, Any]:
    return {"verdict": record.verdict.value, "checkup": record.id}


def _facts(device: Device) -> dict[str, Any]:
    """The columns of a board, without its nickname: the list of known devices has it, and can forget it."""
    device = replace(device, nickname="")
    facts = {name: _plain(getattr(device, name)) for name in _OF_A_DEVICE}
    return {"label": _plain(device.label), "facts": facts}


def _by_our_clock(record: BoardRecord) -> str:
    """When it was, by the clock of this program: a bench's own clock may be days off."""
    return _ours(record.at if isinstance(record, Happening) else record.started_at, record.bench_ahead_s)


def _ours(at: str, ahead_s: float | None) -> str:
    if not ahead_s:
        return at
    try:
        return utc_of(datetime.fromisoformat(at).timestamp() - ahead_s)
    except (ValueError, OverflowError, OSError):
        return at


def board_row(connection: Connection, device: Device, at: str) -> int:
    """The row of a board; made with these facts where there is none."""
    key, seen = {"device_id": device.device_id}, {"first_seen": at, "last_seen": at}
    return _found_or_made(connection, boards, key, lambda: {**_facts(device), **seen})


def _found_or_made(
    connection: Connection, where: Table, key: Mapping[str, str], more: Callable[[], dict[str, Any]]
) -> int:
    """The row with this key; made with more columns where there is none."""
    known = connection.info.setdefault(where.name, {})  # of this connection: such a row never goes
    name = tuple(key.values())
    if name not in known:
        found = connection.execute(_by(where, *key), dict(key)).scalar()
        if found is None:  # not known yet: this may still be rolled back
            add = insert(where).values(**key, **more()).returning(where.c.id)
            return int(connection.execute(add).scalar_one())
        known[name] = int(found)
    return int(known[name])


@cache
def _by(where: Table, *names: str) -> Select[Any]:
    """The row with these values: made once, since SQLAlchemy takes longer to make it than to run it."""
    return select(where.c.id).where(*(where.c[name] == bindparam(name) for name in names))


def device_of(facts: Mapping[str, Any]) -> Device:
    """The Device of a board's row; fields that this version does not know are left out."""
    return Device(**{name: str(value) for name, value in facts.items() if name in _OF_A_DEVICE})


def _plain(text: str) -> str:
    """Without NUL, which PostgreSQL's text cannot hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
