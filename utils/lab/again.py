"""What a hub lacks of what it was given, sent again: it may have been restored from a back-up.

A bench asks before it sends anything else. So the hub never has a newer record while it lacks an older one.
The newest check-up that it has says where its gap begins. No board is asked again: what is sent are records,
which the hub keeps once by their ids.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.lab import wire
from utils.store.exchange import Exchange
from utils.store.given import Given

AskHub = Callable[[wire.GivenIds], wire.Lacks]


def give_again(exchange: Exchange, ask: AskHub) -> int:
    """Have the outbox send what the hub lacks, before what waits there. How many records. V3Error."""
    found = [("checkup", each) for each in _newest(exchange, "checkup", ask)]
    found += [("run", each) for each in _loose(exchange, ask)]
    found += [("case", each) for each in _cases(exchange, ask)]
    found += [(kind, each) for kind in ("happening", "note") for each in _newest(exchange, kind, ask)]
    if not found:
        return 0
    since = min(each.at for _, each in found)
    return exchange.give_again([(kind, each.record) for kind, each in found], golden_since=since)


def _newest(exchange: Exchange, kind: str, ask: AskHub) -> list[Given]:
    """Those that are newer than the newest one that the hub has; oldest first."""
    newer: list[Given] = []
    below: int | None = None
    while page := exchange.had(kind, below, wire.MOST_IDS):
        lacked = set(ask(wire.GivenIds(ids=tuple(each.record for each in page))).ids)
        newest = next((at for at, each in enumerate(page) if each.record not in lacked), None)
        newer += page[:newest]
        if newest is not None:
            return newer[::-1]
        below = page[-1].place
    since = exchange.joined_at()  # it has none of them: what was here before the bench joined stays here
    return [each for each in newer[::-1] if each.at >= since]


def _loose(exchange: Exchange, ask: AskHub) -> list[Given]:
    found: list[Given] = []
    after = ""
    while page := exchange.had_loose(after, wire.MOST_IDS):
        lacked = set(ask(wire.GivenIds(ids=tuple(each.record for each in page))).ids)
        found += [each for each in page if each.record in lacked]
        after = page[-1].record
    return sorted(found, key=lambda each: each.at)


def _cases(exchange: Exchange, ask: AskHub) -> list[Given]:
    """Those that the hub has not, or has as they were before they were closed."""
    every, found = exchange.had_cases(), []
    for start in range(0, len(every), wire.MOST_IDS):
        some = every[start : start + wire.MOST_IDS]
        ids = tuple(each.record for each, _ in some)
        lacked = set(ask(wire.GivenIds(ids=ids, closed=tuple(e.record for e, closed in some if closed))).ids)
        found += [each for each, _ in some if each.record in lacked]
    return found
