"""Records of stations into the hub's history: each once, as its station's, and only with its evidence."""

from __future__ import annotations

import logging
from collections.abc import Callable

from utils.errors import BadRequest, HistoryTrouble, WireTrouble
from utils.lab import added, records, wire
from utils.model.records import BoardRecord, CheckupRecord, Happening
from utils.store import additions
from utils.store.exchange import Exchange
from utils.store.history import History

log = logging.getLogger(__name__)


class Arrivals:
    """Of one hub. kept: called with each check-up and happening that is new."""

    def __init__(self, history: History, kept: Callable[[CheckupRecord | Happening], None]) -> None:
        self._history, self._kept = history, kept
        self._reader = records.Reader()

    def records(self, station: str, said: wire.Records, ahead_s: float | None = None) -> wire.Taken:
        """Keep them all; or say what is missing first. ahead_s: how far ahead the station's clock is."""
        try:
            return self._take(station, said, ahead_s)
        except HistoryTrouble as exc:
            log.error("Records of %s were not kept: %s", station, exc)
            return wire.Taken(later=exc.code)

    def lacks(self, station: str, said: wire.GivenIds) -> wire.Lacks:
        """What of a bench's records is not here (any more): the bench sends it again."""
        try:
            lacked = self._history.exchange().lacked(said.ids, said.closed)
        except HistoryTrouble as exc:
            return wire.Lacks(later=exc.code)
        if lacked:
            log.info("Of %s this history lacks %d records or more", station, len(lacked))
        return wire.Lacks(ids=lacked)

    def evidence(self, station: str, said: wire.Evidence) -> wire.Taken:
        """Keep what was printed. WireTrouble for what is damaged."""
        exchange = self._history.exchange()
        try:
            contents = exchange.unpacked(said.pieces)
        except ValueError as exc:
            raise WireTrouble(f"Evidence of {station} is damaged.") from exc
        try:
            exchange.keep_evidence(contents)
        except HistoryTrouble as exc:
            log.error("Evidence of %s was not kept: %s", station, exc)
            return wire.Taken(later=exc.code)
        return wire.Taken()

    def _take(self, station: str, said: wire.Records, ahead_s: float | None) -> wire.Taken:
        exchange = self._history.exchange()
        ids: dict[str, list[str]] = {}
        for each in said.records:
            ids.setdefault(each.kind, []).append(each.id)
        known, here = exchange.known(ids, {name for each in said.records for name in each.evidence})
        new = [each for each in said.records if each.id not in known]
        wanted = dict.fromkeys(name for each in new for name in each.evidence)
        if missing := tuple(name for name in wanted if name not in here):
            return wire.Taken(need=missing)
        runs = [each for each in new if isinstance(each, wire.RunSent)]
        read = self._reader.read(runs, exchange.contents)
        photos = {name for each in new if isinstance(each, wire.AddedSent) for name in each.evidence}
        contents = exchange.contents(photos)
        others = exchange.of_others(station, {each.checkup for each in runs if each.checkup})
        refused: dict[str, str] = {}
        made: list[BoardRecord] = []
        extra: list[additions.AnyAdded] = []
        for each in new:
            try:
                if isinstance(each, wire.AddedSent):
                    extra.append(added.received(station, each, contents))
                elif isinstance(each, wire.RunSent) and each.checkup in others:
                    refused[each.id] = "Another bench has this run's check-up."
                else:
                    made.append(records.received(station, each, read, ahead_s))
            except WireTrouble as exc:
                refused[each.id] = str(exc)
        if read.contents:
            exchange.keep_evidence(read.contents)
        for record in exchange.take(made, here):
            if isinstance(record, CheckupRecord | Happening):
                self._kept(record)
        refused |= self._add(exchange, extra)
        taken = tuple(each.id for each in said.records if each.id not in refused)
        return wire.Taken(taken=taken, refused=refused)

    def _add(self, exchange: Exchange, extra: list[additions.AnyAdded]) -> dict[str, str]:
        """Keep what people added, behind the check-ups that it speaks of. Why some is not kept."""
        refused: dict[str, str] = {}
        for each in extra:
            try:
                exchange.take_added(each)
            except BadRequest as exc:
                refused[each.id] = str(exc)
        return refused
