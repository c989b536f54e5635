"""Over-current event counters of the SoC (hwmon oc*_event_cnt, oc*_throt_en) since boot.

    oc1_events oc2_events oc3_events   null where the line is missing; several monitors are added up
    counters[]: oc (number) events throttling (true: the event slows the chip down; null: not said)

What a number means on which chip is the catalogue's business, not this parser's.
"""

from __future__ import annotations

from collections.abc import Mapping

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.model.results import Reading

_PATH = r"/sys/(?:class/hwmon|devices/\S+/hwmon)/hwmon\d+/oc(\d{1,4})_(event_cnt|throt_en)"
READS = "oc1_events oc2_events oc3_events counters[oc events throttling]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    events: dict[int, int] = {}
    throttling: dict[int, bool] = {}
    for hit, text in wanted(stdout, stderr, exit_status, _PATH, needs_end=False):
        value, line = number(text), int(hit.group(1))
        if value is None:
            continue
        if hit.group(2) == "event_cnt":
            events[line] = events.get(line, 0) + value
        else:
            throttling[line] = throttling.get(line, False) or value > 0
    if not events:
        raise Undecided("No over-current counter could be read.", Cause.NOT_SAID)
    return of_events(events, throttling)


def of_events(events: Mapping[int, int], throttling: Mapping[int, bool]) -> Reading:
    """The reading of these counters, by their number."""
    return {
        **{f"oc{line}_events": events.get(line) for line in (1, 2, 3)},
        "counters": [
            {"oc": line, "events": events[line], "throttling": throttling.get(line)}
            for line in sorted(events)
        ],
    }
