"""What cannot be is no evidence: zeros and ones everywhere, negative counts, 1970 get no pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from tests.unit.saved_texts import of, saved_texts
from utils.errors import Cause
from utils.judge import judge
from utils.judging.causes import WAY
from utils.judging.plausible import impossible

NUMBER = re.compile(
    r"(?<![\w.\-:/@])\d+(?:\.\d+)?(?=[\s,%\])};]|$|kB|MB|C\b|mW|ms|s\b|Mb)|(?<=:)\d+$|(?<==)-?\d+(?=\s|$)",
    re.MULTILINE,
)

# Texts whose judgement rests on words, or on numbers that this pattern leaves alone (dBm, CPU@, versions).
NOT_BY_NUMBERS = {
    "cameras", "containers", "failed-units", "last-shutdown", "modem-signal", "pcie-links", "sim",
    "time-sync", "uart-owner",
}  # fmt: skip
# Counts of faults, shares of waiting and what is in use: 0 is the healthy answer, or no part of it.
ZERO_IS_HONEST = {
    "boot-slots", "camera-frame", "disk-space", "kernel-log", "kernel-taint", "modem", "mounts", "oom-kills",
    "pressure", "swap", "tegrastats", "throttling-now", "wifi-link",
}  # fmt: skip
# Sizes and times that are no part of the answer.
ONES_ARE_NOT_READ = {"battery", "journal-persistence", "nvme-health"}


def numbers(text: str, other: Callable[[str], str]) -> str:
    return NUMBER.sub(lambda found: other(found[0]), text)


def passing(other: Callable[[str], str]) -> dict[str, str]:
    """By diagnostic, a text that still passes with its numbers replaced."""
    found, asked = {}, set()
    for saved in saved_texts():
        text = numbers(saved.stdout, other)
        if saved.verdicts == ("pass",) and text != saved.stdout:
            asked.add(saved.diagnostic)
            result = judge(saved.diagnostic, text, saved.stderr, saved.exit_status)
            if result.verdict == "pass":
                found[saved.diagnostic] = f"{saved.case}: {result.summary}"
    assert len(asked) > 60
    return found


def only(found: dict[str, str], exempt: set[str]) -> None:
    assert not {name: said for name, said in found.items() if name not in exempt}
    assert not exempt - set(found), "they need no exemption any more"


def test_zeros_everywhere_are_no_pass() -> None:
    only(passing(lambda text: re.sub(r"\d", "0", text)), NOT_BY_NUMBERS | ZERO_IS_HONEST)


def test_ones_everywhere_are_no_pass() -> None:
    found: dict[str, str] = {}
    for ones in ("4294967295", "18446744073709551615", "9223372036854775807"):
        found |= passing(partial(all_ones, ones))
    only(found, NOT_BY_NUMBERS | ONES_ARE_NOT_READ)


def all_ones(ones: str, number: str) -> str:
    """In a number's place, with nines behind its point."""
    return ones + re.sub(r"\d", "9", number.removeprefix(number.partition(".")[0]))


@pytest.mark.parametrize(
    ("diagnostic", "text"),
    [
        ("temperatures", "/sys/class/thermal/thermal_zone0/type:cpu-thermal\n"
         "/sys/class/thermal/thermal_zone0/temp:0\nend\n"),
        ("nvme-temperature", "hwmon1/temp1_input 0\nend of sensors\n"),
        ("memory", "MemTotal:  4294967295 kB\nMemAvailable: 1294967295 kB\n"),
        ("memory", "MemTotal:  100 kB\nMemAvailable: 100 kB\n"),
        ("boot-time", "Startup finished in 0s (kernel) + 0s (userspace) = 0s\n"),
        ("uptime", "uptime 0.00 0.00\n"),
        ("oom-kills", "oom_kill 18446744073709551615\n"),
        ("load", "loadavg 0.00 0.00 0.00 0/0 0\ncores 6\n"),
        ("pressure", "cpu some avg10=0.00 avg60=200.00 avg300=0.00 total=1\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_unknown_with_a_way_to_look(diagnostic: str, text: str) -> None:
    result = judge(diagnostic, text)
    assert result.verdict == "unknown", result.summary
    assert "cannot be" in result.summary or "contradict" in result.summary
    assert result.findings[0].next_step == WAY[Cause.IMPLAUSIBLE]


def test_a_reference_of_1970_is_no_reference() -> None:
    fine = next(saved for saved in of("ntp-tracking") if saved.case == "in-step")
    text = re.sub(r"(?m)^(Ref time \(UTC\) *: ).*$", r"\1Thu Jan 01 00:00:00 1970", fine.stdout)
    assert text != fine.stdout
    assert judge("ntp-tracking", text).verdict == "unknown"


@pytest.mark.parametrize(
    ("reading", "never_zero", "words"),
    [
        ({"a": [{"count": -1}]}, "", "never negative"),
        ({"celsius": 300.0}, "", "300 °C"),
        ({"rx_packets": 2**64 - 1}, "", "all ones"),
        ({"errors": float(2**63)}, "", "all ones"),
        ({"used_percent": 101}, "", "100 %"),
        ({"clock_mhz": 4_294_967}, "", "cannot be"),
        ({"zones": [{"celsius": 0}, {"celsius": 0.0}]}, "zones.celsius", "reads 0 everywhere"),
    ],
)
def test_the_reason_names_the_value(reading: dict[str, object], never_zero: str, words: str) -> None:
    assert words in impossible(reading, never_zero)


def test_what_can_be_is_left_alone() -> None:
    reading = {
        "zones": [{"celsius": 0}, {"celsius": -20.5}], "signal_dbm": -120, "offset_s": -3,
        "metric": 4294967295, "priority": -2, "milliamps": -800, "errors": 0, "critical_celsius": 65261.9,
        "oc": None, "up": True,
    }  # fmt: skip
    assert impossible(reading, "zones.celsius") == ""
