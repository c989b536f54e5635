"""What Prometheus is told of a hub or a station. Read as it is asked for; nothing is kept for it but a tally.

    text, kind = exposition(part, bench, streams=3, accept=request.headers["Accept"])

Names and labels are part of the interface: docs/operating.md has TOLD as a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from utils.bench.bench import Bench
from utils.errors import HistoryTrouble
from utils.lab import wire
from utils.lab.campaigns import RUNNING, STOPPED
from utils.lab.hub import Hub
from utils.lab.joining import Membership
from utils.lab.presence import OVER
from utils.lab.station import Station
from utils.lab.tally import OTHER, Tally
from utils.lab.tasks import SENT, WAITING
from utils.model.results import LinkState
from utils.version import VERSION

NOT_CHECKED = "none"
HUB, STATION, BOTH = "hub", "bench", "hub, bench"
TOLD: dict[str, tuple[str, tuple[str, ...], str]] = {
    "v3_build_info": (BOTH, ("version", "wire", "role"), "This program and the version of the lab's words."),
    "v3_event_streams": (BOTH, (), "Event streams that are open: pages that somebody looks at."),
    "v3_links": (BOTH, ("state",), "Places, by the state of their link."),
    "v3_boards": (BOTH, ("model", "verdict"), "Connected boards, by model and newest verdict."),
    "v3_checkups_running": (BOTH, (), "Check-ups that run."),
    "v3_checkups_total": (BOTH, ("ended",), "Check-ups since the start, by how they ended."),
    "v3_checkup_verdicts_total": (BOTH, ("model", "verdict"), "Their verdicts, by the board's model."),
    "v3_outbox_records": (BOTH, ("bench", "state"), "Records that the hub has not, as each bench tells."),
    "v3_outbox_oldest_seconds": (BOTH, ("bench",), "How long the oldest of them waits."),
    "v3_looks": (BOTH, (), "What pages of the hub ask of boards now."),
    "v3_history_up": (BOTH, (), "Whether the history can be read."),
    "v3_benches": (HUB, ("state",), "Invited benches."),
    "v3_calls_open": (HUB, ("state",), "Calls to benches that are not over."),
    "v3_errands": (HUB, ("state",), "Check-ups that wait for their board, or were sent."),
    "v3_campaigns": (HUB, ("state",), "Campaigns that run, or stopped by themselves or by somebody."),
    "v3_nats_up": (HUB, (), "Whether the hub is connected to its nats-server."),
    "v3_hub_connected": (STATION, (), "Whether this bench is part of the lab now."),
}
"""By name: who tells it, its labels, and what it is."""
_LINKS = tuple(str(state) for state in LinkState)
_Values = Mapping[Any, float]
"""By label: a word, or several."""


def exposition(part: Membership, bench: Bench, *, streams: int, accept: str) -> tuple[bytes, str]:
    """All of it in the form that was asked for, and its media type. streams: event streams that are open."""
    registry = CollectorRegistry()
    registry.register(_Facts(part, bench, streams))
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


class _Facts(Collector):
    """Of this program at this moment."""

    def __init__(self, part: Membership, bench: Bench, streams: int) -> None:
        self._part, self._bench, self._streams = part, bench, streams

    def describe(self) -> Iterable[Metric]:
        """Nothing: to be registered it need not be read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Everything, read now."""
        hub, station = self._part.hub, self._part.station
        roles = [name for name, part in ((HUB, hub), (STATION, station)) if part is not None]
        yield _told("v3_build_info", {(VERSION, str(wire.VERSION), "+".join(roles)): 1})
        yield _told("v3_event_streams", {(): self._streams})
        if hub is not None:
            yield from _of_hub(hub)
        elif station is not None:
            yield from _of_station(station)


def _of_hub(hub: Hub) -> Iterator[Metric]:
    benches = hub.benches()
    states = Counter("refused" if each.refused else "here" if each.here else "away" for each in benches)
    yield _told("v3_benches", {**dict.fromkeys(("here", "away", "refused"), 0), **states})
    here = {each.invited.id: each.seen.state.bays for each in benches if each.here and each.seen}
    yield from _of_bays([(name, bay) for name, bays in here.items() for bay in bays], hub.tally)
    yield from _ended(hub.tally)
    yield _told("v3_calls_open", Counter(each.state for each in hub.calls() if each.state not in OVER))
    waits = Counter(each.state for each in hub.errands.all())
    yield _told("v3_errands", {state: waits[state] for state in (WAITING, SENT)})
    campaigns = Counter(each.state for each in hub.campaigns.all())
    yield _told("v3_campaigns", {state: campaigns[state] for state in (RUNNING, STOPPED)})
    seen = {each.invited.id: each.seen.state for each in benches if each.seen}
    yield from _outboxes({name: (its.waiting, its.parked, its.oldest_s) for name, its in seen.items()})
    yield _told("v3_looks", {(): hub.looks})
    yield _told("v3_history_up", {(): hub.storage.trouble is None})
    yield _told("v3_nats_up", {(): hub.connected})


def _of_station(station: Station) -> Iterator[Metric]:
    yield from _of_bays([(station.name, bay) for bay in station.bays()], station.tally)
    yield from _ended(station.tally)
    try:
        waiting = {station.name: (*station.outbox.counts(), station.outbox.oldest_s())}
        yield from _outboxes(waiting)
        yield _told("v3_history_up", {(): 1})
    except HistoryTrouble:
        yield _told("v3_history_up", {(): 0})
    yield _told("v3_looks", {(): station.window.looks})
    yield _told("v3_hub_connected", {(): station.trouble is None})


def _of_bays(bays: list[tuple[str, wire.BaySeen]], tally: Tally) -> Iterator[Metric]:
    """Of the places at benches that are here, each with its bench."""
    links = Counter(bay.link if bay.link in _LINKS else OTHER for _, bay in bays)
    yield _told("v3_links", {**dict.fromkeys(_LINKS, 0), **links})
    boards = Counter(
        (tally.models(name, bay.device.model), bay.verdict.value if bay.verdict else NOT_CHECKED)
        for name, bay in bays
        if bay.device is not None
    )
    yield _told("v3_boards", boards)
    yield _told("v3_checkups_running", {(): sum(bay.running is not None for _, bay in bays)})


def _ended(tally: Tally) -> Iterator[Metric]:
    yield _told("v3_checkups_total", tally.ended())
    yield _told("v3_checkup_verdicts_total", tally.verdicts())


def _outboxes(waiting: Mapping[str, tuple[int, int, float | None]]) -> Iterator[Metric]:
    """By bench: how many wait and are parked, and how long the oldest waits."""
    counts = {(name, "waiting"): its[0] for name, its in waiting.items()}
    counts |= {(name, "parked"): its[1] for name, its in waiting.items()}
    yield _told("v3_outbox_records", counts)
    yield _told("v3_outbox_oldest_seconds", {name: its[2] or 0.0 for name, its in waiting.items()})


def _told(name: str, values: _Values) -> Metric:
    _, labels, text = TOLD[name]
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, text, labels=labels)
    for label, value in sorted(values.items()):
        family.add_metric([label] if isinstance(label, str) else list(label), float(value))
    return family
