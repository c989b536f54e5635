"""A wiggle test: what changes while a person moves cables and connectors. Pure: samples in, verdict out.

    about = sampler.described()         charts, counters, device
    test = Wiggle(now_ms, about, sampler.newest_counts())
    test.see(sample, about)             each sample or gap of history.py
    test.end(now_ms)
    test.described()                    tiles, events, verdict, and the report as text

Counts change from what was there before the test. A moment that nobody watched is noted, never called quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from utils.live.samples.codes import Gap, WiggleOutcome
from utils.live.samples.history import Sample
from utils.model import words as wording

FALL_V = 0.03
"""A rail that falls by less is noise of its sensor."""
MOST_EVENTS = 500
_SHOWN = 6  # events that a page shows while the test runs
LINK = {"key": "link", "label": "Link losses", "group": "Link"}
_AWAY = "the page was closed, reloaded or hidden"
_NOTE_GAPS = {Gap.TROUBLE: "Not sampled: {why}", Gap.ENDED: "Not sampled: {why}"}

About = Mapping[str, Any]


TONES: Mapping[WiggleOutcome, str] = {
    WiggleOutcome.CHANGED: "bad",
    WiggleOutcome.NOTHING_MEASURED: "bad",
    WiggleOutcome.PARTLY_WATCHED: "warn",
    WiggleOutcome.QUIET: "ok",
}


@dataclass(frozen=True, slots=True)
class WiggleEvent:
    """at: ms since 1970. note: no change, but what happened or what is not known. alarm: bad news."""

    at: int
    code: str
    words: str
    key: str = ""
    alarm: bool = False
    note: bool = False


@dataclass(eq=False)
class Wiggle:
    """One test. Not locked: its owner does that. Times are ms since 1970."""

    id: str
    began: int
    about: About
    base: dict[str, int]
    ended: int | None = None
    samples: int = 0
    losses: int = 0
    state: str = "watching"
    events: list[WiggleEvent] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _least: dict[str, float] = field(default_factory=dict)
    _tones: dict[str, str] = field(default_factory=dict)
    _down_since: int | None = None
    _away_since: int | None = None

    def __post_init__(self) -> None:
        self.history, self.device = self.about["history"], self.about["device"]
        self._last = dict(self.base)
        if self.about["state"] == "waiting":
            self.state = "link-lost"

    # -- what happens ---------------------------------------------------------------------------------

    def meet(self, about: About, now: int) -> None:
        """The sampler's charts, counters or device are others now."""
        if self.ended is not None:
            return
        self.device = self.device or about["device"]
        if about["history"] != self.history and about["device"]:
            self._change(now, "another-device", "Another device is here now", LINK["key"], alarm=True)
            self.end(now)
            return
        self.about = about

    def see(self, sample: Sample) -> None:
        """Take the next sample or gap."""
        if self.ended is not None:
            return
        at = sample["at"]
        if "gap" in sample:
            self._stop(at, Gap(sample["gap_code"]), sample["gap"])
            return
        self._resume(at)
        self.samples += 1
        for key, label in self._rails():
            self._voltage(at, key, label, sample["values"].get(key))
        for counter in self.about["counters"]:
            self._count(at, counter, sample["counts"].get(counter["key"]))

    def mark(self, at: int, note: str) -> None:
        """Note what the person says at this moment."""
        if self.ended is None:
            self._note(at, "marked", note)

    def end(self, now: int) -> None:
        """End it; what was not watched until now is noted."""
        if self.ended is not None:
            return
        if self._away_since is not None:
            self._note(now, "not-watched", f"Not watched since {clock(self._away_since)}: {_AWAY}")
        if self._down_since is not None:
            self._note(now, "still-lost", f"Link still lost after {span(now - self._down_since)}")
        self.ended, self.state = now, "ended"

    def _stop(self, at: int, gap: Gap, why: str) -> None:
        if gap is Gap.LOST:
            self.losses += 1
            self._down_since = at
            self.state = "link-lost"
            self._change(at, "link-lost", f"Link lost: {why}", LINK["key"], alarm=True)
        elif gap in _NOTE_GAPS:
            self._note(at, "not-sampled", _NOTE_GAPS[gap].format(why=why))
        else:
            self._away_since = self._away_since or at
            self.state = "not-watched"

    def _resume(self, at: int) -> None:
        if self._down_since is not None:
            self._note(at, "link-back", f"Link back after {span(at - self._down_since)}")
        if self._away_since is not None:
            self._note(at, "not-watched", f"Not watched for {span(at - self._away_since)}: {_AWAY}")
        self._down_since = self._away_since = None
        self.state = "watching"

    def _voltage(self, at: int, key: str, label: str, volts: float | None) -> None:
        least = self._least.get(key)
        if volts is None or (least is not None and volts >= least):
            return
        self._least[key] = volts
        if least is not None and least - volts >= FALL_V:
            self._change(at, "fell", f"{label} fell to {volts:.2f} V", key, alarm=True)

    def _count(self, at: int, counter: Mapping[str, Any], value: int | None) -> None:
        key = counter["key"]
        if value is None:
            return
        self.base.setdefault(key, value)
        before = self._last.setdefault(key, value)
        if value == before:
            return
        self._last[key] = value
        words = f"+{value - before}"
        if counter["gauge"]:
            words = f"{_named(counter, before)} → {_named(counter, value)}"
        self._change(at, "counted", f"{counter['label']}: {words}", key, alarm=counter["alarm"])

    def _change(self, at: int, code: str, words: str, key: str, *, alarm: bool) -> None:
        self._tones[key] = "bad" if alarm or self._tones.get(key) == "bad" else "warn"
        self._add(WiggleEvent(at, code, words, key, alarm=alarm))

    def _note(self, at: int, code: str, words: str) -> None:
        self._add(WiggleEvent(at, code, words, note=True))

    def _add(self, event: WiggleEvent) -> None:
        if len(self.events) < MOST_EVENTS:
            self.events.append(event)

    # -- what is said of it ---------------------------------------------------------------------------

    @property
    def changes(self) -> int:
        """How many changes there were; notes do not count."""
        return sum(not event.note for event in self.events)

    def outcome(self) -> WiggleOutcome:
        """Without a sample, and where nobody watched, nothing is called quiet."""
        if self.changes:
            return WiggleOutcome.CHANGED
        if not self.samples:
            return WiggleOutcome.NOTHING_MEASURED
        unknown = any(event.note and event.code != "marked" for event in self.events)
        return WiggleOutcome.PARTLY_WATCHED if unknown else WiggleOutcome.QUIET

    def verdict(self) -> dict[str, str]:
        """{code, tone, words}."""
        outcome = self.outcome()
        words = {
            WiggleOutcome.CHANGED: f"{self.changes} change{'' if self.changes == 1 else 's'} detected",
            WiggleOutcome.NOTHING_MEASURED: "Nothing was measured",
            WiggleOutcome.PARTLY_WATCHED: "Nothing changed while it was watched",
            WiggleOutcome.QUIET: "Nothing changed",
        }[outcome]
        return {"code": outcome.value, "tone": TONES[outcome], "words": words}

    def described(self) -> dict[str, Any]:
        """JSON-ready. `shown`: the newest events, newest first; `report` is "" until it has ended."""
        return {
            "wiggle": self.id,
            "began": self.began,
            "ended": self.ended,
            "device": self.device["label"] if self.device else "",
            "state": self.state,
            "samples": self.samples,
            "tiles": self._tiles(),
            "events": len(self.events),
            "shown": [asdict(event) for event in self.events[: -_SHOWN - 1 : -1]],
            "verdict": self.verdict(),
            "report": self.report() if self.ended is not None else "",
        }

    def report(self) -> str:
        """The summary, to copy into a report."""
        device = self.device["label"] if self.device else "no device"
        ended = _local(self.ended or self.began).strftime("%Y-%m-%d %H:%M:%S")
        length, least = span((self.ended or self.began) - self.began), self._least
        return "\n".join([
            f"Wiggle test of {device}, {length}, ended {ended}, {self.samples} samples",
            *(f"{label} minimum {volts:.2f} V" for key, label in self._rails() if (volts := least.get(key))),
            f"{self.verdict()['words']}{':' if self.events else '.'}",
            *(f"{clock(event.at)}  {event.words}" for event in self.events),
        ])  # fmt: skip

    def _rails(self) -> list[tuple[str, str]]:
        found = (chart["series"] for chart in self.about["charts"] if chart["id"] == "voltage")
        return [(each["key"], each["label"]) for series in found for each in series]

    def _tiles(self) -> list[dict[str, str]]:
        rails = [{"key": key, "label": f"{label} minimum", "group": "Power"} for key, label in self._rails()]
        return [
            {**{name: tile[name] for name in ("key", "label", "group")},
             "value": self._value(tile), "tone": self._tones.get(tile["key"], "")}
            for tile in (*rails, *self.about["counters"], LINK)
        ]  # fmt: skip

    def _value(self, tile: Mapping[str, Any]) -> str:
        key = tile["key"]
        if key == LINK["key"]:
            return _rise(self.losses)
        if "gauge" not in tile:
            return f"{self._least[key]:.2f} V" if key in self._least else "\N{EN DASH}"
        if key not in self._last:
            return "\N{EN DASH}" if tile["gauge"] else "0"
        return _named(tile, self._last[key]) if tile["gauge"] else _rise(self._last[key] - self.base[key])


def _rise(count: int) -> str:
    return f"+{count}" if count else "0"


def _named(counter: Mapping[str, Any], number: int) -> str:
    words = counter["words"]
    return str(words[number]) if 0 <= number < len(words) else str(number)


def clock(at: int) -> str:
    """ "16:04:05" of ms since 1970, by the laptop's time zone."""
    return _local(at).strftime("%H:%M:%S")


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone()


def span(ms: int) -> str:
    """ "12 s", "3 min 20 s": a stretch of time, at least a second."""
    return wording.span(max(1, ms / 1000))
