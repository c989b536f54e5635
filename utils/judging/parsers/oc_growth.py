"""Two looks at hwmon's oc*_event_cnt, about 2 s apart -> {seconds, uptime_s, grown, counters[]}.

counters[]: {oc (number), events (since boot), grown (between the looks), per_second}. grown: all together.
Several monitors with the same number are added up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._looks import growth, two_looks
from utils.model.results import Reading

_LINE = re.compile(r"^seen /sys/\S+/oc(\d{1,4})_event_cnt:(\d{1,18})$")
READS = "seconds uptime_s grown counters[oc events grown per_second]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    looks = two_looks(between(stdout, stderr, exit_status, of="over-current rate"))
    before, after = _events(looks.first), _events(looks.second)
    if not after or before.keys() != after.keys():
        raise Undecided("The output is cut off: the two looks did not see the same counters.", Cause.CUT_OFF)
    grown = {line: growth(before[line], after[line]) for line in sorted(after)}
    return {
        "seconds": looks.seconds,
        "uptime_s": looks.uptime_s,
        "grown": sum(grown.values()),
        "counters": [
            {"oc": line, "events": after[line], "grown": more, "per_second": round(more / looks.seconds, 1)}
            for line, more in grown.items()
        ],
    }


def _events(lines: Iterable[str]) -> Counter[int]:
    events: Counter[int] = Counter()
    for line in lines:
        counter = _LINE.match(line)
        if counter is None:
            raise unread(line)
        events[int(counter[1])] += int(counter[2])
    return events
