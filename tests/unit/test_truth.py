"""No false pass, ever: for every diagnostic, what random, cut, mixed, foreign and refused text may get.

A small budget by default; V3_FUZZ=large looks long and at every cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import LARGE, budget
from tests.each import each
from tests.unit import saved_texts
from tests.unit.saved_texts import Saved
from utils.judge import judge
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.parsers import meminfo
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, Result, Verdict, to_json

MOST_CUTS = 40  # in one text, 12 where it may be judged twice; all of them with V3_FUZZ=large
SLICES = 24  # so many diagnostics share the texts of all others; each is asked for all with V3_FUZZ=large
IDS = tuple(builtin_catalogue().diagnostics)
NO_DATA = {Verdict.SKIP, Verdict.UNKNOWN}
REPAIRS = {item.next_step for item in builtin_catalogue()}
"""Each diagnostic's own next step."""
every_diagnostic = pytest.mark.parametrize("diagnostic", IDS)

# What the command prints has no end mark, because the text itself is fixed from outside (a file of the
# kernel, one tool's table): where it is cut between two lines, nothing tells. A cut within a line must
# still not pass where the whole lines before it do not.
OPEN_ENDED = {
    "cameras", "can-bus", "disk-space", "emmc-wear", "failed-units", "fragmentation", "kernel-log", "modem",
    "mounts", "nvme-health", "pcie-links", "tegrastats", "write-latency",
}  # fmt: skip

# Of these, half a line may be a whole one of another release or another event: only lines count here.
HALF_IS_WHOLE = {"can-bus", "kernel-log", "pcie-links", "tegrastats"}

# Lists whose entries stand for themselves and tables whose last column decides: without a first line of
# their own, what stood above is not missed. Output is cut at its end, not at its start; only a pasted text
# can lose that. (failed-units is the same, and its list may rightly be empty.)
START_NOT_MISSED = {
    "cameras", "clocks", "critical-units", "disk-space", "failed-units", "fan", "fragmentation", "i2c-scan",
    "input-voltage", "journal-errors", "kernel-log", "modem", "nvme-health", "oom-kills", "pcie-aer",
    "pcie-links", "pressure", "restart-loops", "tegrastats", "time-sync", "usb-ports", "usb-speed", "zram",
}  # fmt: skip

MISSING = (
    "sh: 1: {0}: not found\n",
    "bash: line 1: {0}: command not found\n",
    "-bash: {0}: command not found\n",
    "sudo: {0}: command not found\n",
    "zsh: command not found: {0}\n",
    "ash: {0}: not found\n",
    "env: '{0}': No such file or directory\n",
    "timeout: failed to run command '{0}': No such file or directory\n",
    "Command '{0}' not found, but can be installed with:\nsudo apt install {0}\n",
)
TOOLS = ("tegrastats", "smartctl", "ethtool", "mmcli", "lsusb", "nvbootctrl", "v4l2-ctl", "systemctl")
REFUSED = (
    "{0}: Permission denied\n",
    "cat: /sys/kernel/debug/clk: Permission denied\n",
    "sudo: a password is required\n",
    "sudo: a terminal is required to read the password; either use the -S option\n",
    "Error: Could not open file: Operation not permitted\n",
    "ubuntu is not in the sudoers file.  This incident will be reported.\n",
    "{0}: must be root\n",
)
OTHER = (
    "Usage: {0} [options]\n  -h, --help     display this help\n  -v, --version  display version\n",
    "{0}: invalid option -- 'j'\nTry '{0} --help' for more information.\n",
    "BusyBox v1.36.1 (2024-01-01 00:00:00 UTC) multi-call binary.\n\nUsage: {0} [-a]\n",
    'Traceback (most recent call last):\n  File "/usr/bin/{0}", line 7, in <module>\nKeyError: 1\n',
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body>0 errors</body></html>\n",
    "Segmentation fault (core dumped)\n",
    "{0}: error while loading shared libraries: libc.so.6: cannot open shared object file\n",
    "{0}: cannot execute binary file: Exec format error\n",
    "Input/output error\n",
    "cat: write error: No space left on device\n",
    "sh: fork: retry: Resource temporarily unavailable\n",
    "Failed to connect to bus: No such file or directory\n",
    "null\n",
    "{}\n",
    "[]x\n",
    '{{"error": "no such device"}}\n',
    "0\n",
    "OK\n",
    "-1\n",
)
NUMBERS = st.sampled_from(
    ["9" * 5000, "9" * 400, "1e999", "-1", "nan", "inf", "٣", "²", "0x1f", "1,5", "", "00", "1.2.3"]
)


def answer(diagnostic: str, stdout: str, stderr: str = "", exit_status: int | None = 0) -> Result:
    """The judgement; fails where the parser raised anything but its own two words.

    Also where what could not be judged is answered with the diagnostic's repair, or with no next step.
    """
    result = judge(diagnostic, stdout, stderr, exit_status)
    assert "could not be read (" not in result.summary, f"{result.summary} for {stdout!r}"
    assert result.findings
    ways = {finding.next_step for finding in result.findings if finding.verdict is Verdict.UNKNOWN}
    assert not ways & {*REPAIRS, ""}, f"{result.summary} for {stdout!r}"
    return result


def refuses(diagnostic: str, stdout: str, stderr: str = "", exit_status: int | None = 0) -> Verdict:
    result = answer(diagnostic, stdout, stderr, exit_status)
    assert result.verdict in NO_DATA, f"{result.verdict}: {result.summary} for {stdout[:300]!r}"
    return result.verdict


def never_passes(saved: Saved, stdout: str, what: str) -> None:
    result = answer(saved.diagnostic, stdout, saved.stderr, saved.exit_status)
    assert result.verdict is not Verdict.PASS, f"{saved.case}, {what}: passes as {result.summary!r}"


def cuts(text: str, most: int = MOST_CUTS) -> list[int]:
    """Where to cut: anywhere in a short text, else near the borders of lines; some of these places."""
    borders = [found.start() for found in re.finditer("\n", text)]
    if len(text) <= (5000 if LARGE else 400):
        return sorted({*thinned(range(len(text)), most), *(place + 1 for place in borders[:-1])})
    near = {place + step for place in borders for step in (-7, -2, -1, 0, 1, 2, 7)}
    return thinned(sorted(place for place in near if 0 <= place < len(text)), most)


def thinned(places: Sequence[int], most: int) -> list[int]:
    """So many of them over the whole length, the last ones among them."""
    if LARGE or len(places) <= most:
        return list(places)
    step = len(places) / most
    return sorted({*(places[int(number * step)] for number in range(most)), *places[-3:]})


def some(places: Sequence[int]) -> Sequence[int]:
    """Each fifth of them."""
    return places[:: 1 if LARGE else 5]


def answered_by_stderr(saved: Saved, left: str) -> bool:
    """Nothing is left of stdout, and what the tool says beside it is whole ("No coredumps found.")."""
    return not left.strip() and bool(saved.stderr.strip())


def forget_the_end(saved: Saved) -> None:
    """Property: a text that has lost its end gets no pass that the whole does not get."""
    for place in cuts(saved.stdout, 12):
        left = saved.stdout[:place]
        if answered_by_stderr(saved, left):
            continue
        result = answer(saved.diagnostic, left, saved.stderr, saved.exit_status)
        if result.verdict is not Verdict.PASS or saved.may_pass or left.rstrip() == saved.stdout.rstrip():
            continue
        assert saved.diagnostic in OPEN_ENDED, f"{saved.case} cut at {place} passes: {result.summary}"
        if saved.diagnostic in HALF_IS_WHOLE:
            continue
        whole_line = not saved.stdout[place:].split("\n")[0].strip()
        lines = left if whole_line else left[: left.rfind("\n") + 1]
        whole = answer(saved.diagnostic, lines, saved.stderr, saved.exit_status)
        assert whole.verdict is Verdict.PASS, f"{saved.case}: the half line before {place} makes it pass"


@each(IDS)
def test_a_text_without_its_end_gets_no_better_verdict(diagnostic: str) -> None:
    for saved in saved_texts.of(diagnostic):
        if saved.may_pass:  # at some of the places: none raises
            for place in some(cuts(saved.stdout)):
                answer(diagnostic, saved.stdout[:place], saved.stderr, saved.exit_status)
        else:
            forget_the_end(saved)


@each(IDS)
def test_the_second_half_alone_does_not_pass(diagnostic: str) -> None:
    passed = set()
    for saved in saved_texts.of(diagnostic):
        half = max((len(saved.stdout) + 1) // 2, 1)
        places = cuts(saved.stdout)
        for place in some([cut for cut in places if cut < half]):  # more than half: none raises
            answer(diagnostic, saved.stdout[place:], saved.stderr, saved.exit_status)
        for place in (cut for cut in places if cut >= half):
            left = saved.stdout[place:]
            if (
                not answered_by_stderr(saved, left)
                and answer(diagnostic, left, saved.stderr, saved.exit_status).verdict is Verdict.PASS
            ):
                passed.add(f"{saved.case} from {place}: {left!r}")
    assert diagnostic in START_NOT_MISSED or not passed
    assert diagnostic not in START_NOT_MISSED or passed, "it needs no exemption any more"


@each(IDS)
def test_another_tools_text_is_no_data(diagnostic: str) -> None:
    others = saved_texts.foreign(diagnostic)
    for other in others if LARGE else others[IDS.index(diagnostic) % SLICES :: SLICES]:
        refuses(diagnostic, other.stdout, other.stderr, other.exit_status)


@each(saved_texts.SHARED_LAYOUT)
def test_the_shared_layouts_are_needed(diagnostic: str) -> None:
    """An exemption that nothing uses would hide what it does not name."""
    allowed = set(saved_texts.foreign(diagnostic))
    others = {saved.stdout: saved for saved in saved_texts.saved_texts() if saved.diagnostic != diagnostic}
    exempt = [saved for saved in others.values() if saved not in allowed and saved.stdout.strip()]
    verdicts = [answer(diagnostic, saved.stdout, saved.stderr, saved.exit_status) for saved in exempt]
    assert any(result.verdict not in NO_DATA for result in verdicts)


@each(IDS)
def test_a_missing_tool_is_skip(diagnostic: str) -> None:
    """No parser sees such a text; test_missing_tool.py asks about more wordings and streams of one."""
    for number, shape in enumerate(MISSING):
        text = shape.format(TOOLS[number % len(TOOLS)])
        status = (127, 1, 0)[number % 3]
        assert refuses(diagnostic, "", text, status) is Verdict.SKIP, text
        refuses(diagnostic, text, "", status)


@each(IDS)
def test_refusals_and_faults_of_tools_are_no_data(diagnostic: str) -> None:
    for shape in (*REFUSED, *OTHER):
        text = shape.format("tool") if "{0}" in shape or "{{" in shape else shape
        for status in (0, 1, 2, 126, None):
            refuses(diagnostic, text, "", status)
        refuses(diagnostic, "", text, 1)


@each(IDS)
def test_nothing_but_space_is_no_data(diagnostic: str) -> None:
    """Nothing printed may only be data where the tool prints nothing when all is well, and ended well."""
    for text in ("", "\n", " \n\n", "\r\n", "\0", "\ufeff", "\x1b[0m"):
        refuses(diagnostic, text, "", 1)
        refuses(diagnostic, text, "", 127)
        refuses(diagnostic, text, "", None)
        if diagnostic != "failed-units":  # its table without a legend is empty when nothing has failed
            refuses(diagnostic, text, "", 0)


@every_diagnostic
@budget(5, times=100)
@given(data=st.data())
def test_random_text_is_no_data(diagnostic: str, data: st.DataObject) -> None:
    stdout, stderr = data.draw(st.text(max_size=400)), data.draw(st.text(max_size=60))
    status = data.draw(st.sampled_from([0, 1, 2, 64, 124, 127, 255, None]))
    if stdout.strip() or diagnostic != "failed-units":
        refuses(diagnostic, stdout, stderr, status)


@every_diagnostic
@budget(3, times=80)
@given(data=st.data())
def test_damaged_text_never_raises(diagnostic: str, data: st.DataObject) -> None:
    """Numbers that are none, lines twice, lines in another order, pieces gone."""
    saved = data.draw(st.sampled_from(saved_texts.of(diagnostic)))
    pieces = re.split(r"(\d+)", saved.stdout)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(pieces) - 1)) | 1
        if place < len(pieces):
            pieces[place] = data.draw(NUMBERS)
    lines = "".join(pieces).splitlines(keepends=True)
    if data.draw(st.booleans()):
        lines = data.draw(st.permutations(lines[:40]))
    start, end = sorted((data.draw(st.integers(0, len(lines))), data.draw(st.integers(0, len(lines)))))
    lines = lines[:start] + data.draw(st.sampled_from([[], lines[start:end] * 2])) + lines[end:]
    result = answer(diagnostic, "".join(lines), saved.stderr, data.draw(st.sampled_from([0, 1, 124, None])))
    json.dumps(to_json(result), allow_nan=False)


@every_diagnostic
@budget(3, times=80)
@given(data=st.data())
def test_foreign_lines_never_heal(diagnostic: str, data: st.DataObject) -> None:
    """Other tools' lines mixed into a text that does not pass: it still does not."""
    faulty = [saved for saved in saved_texts.of(diagnostic) if not saved.may_pass and saved.stdout.strip()]
    saved = data.draw(st.sampled_from(faulty))
    lines = saved.stdout.splitlines(keepends=True)
    strange = st.sampled_from(saved_texts.foreign_lines(diagnostic))
    for line in data.draw(st.lists(strange, min_size=1, max_size=6)):
        lines.insert(data.draw(st.integers(0, len(lines) - 1)), line + "\n")  # never behind a half line
    never_passes(saved, "".join(lines), "with foreign lines")


def test_the_properties_catch_a_parser_that_believes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"available_percent": 80.0, "available_kb": 1, "total_kb": 1}
    monkeypatch.setattr(meminfo, "parse", lambda stdout, stderr, exit_status: good)
    with pytest.raises(AssertionError):
        refuses("memory", "Usage: cat [file]\n")
    with pytest.raises(AssertionError, match="cut at"):
        forget_the_end(next(saved for saved in saved_texts.of("memory") if saved.verdicts == ("fail",)))


def test_the_properties_catch_a_parser_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meminfo, "parse", lambda stdout, stderr, exit_status: {"x": int(stdout)})
    with pytest.raises(AssertionError, match="could not be read"):
        answer("memory", "not a number")


def test_a_part_of_an_answer_never_passes() -> None:
    memory = builtin_catalogue().get("memory")
    healthy, low = (f"MemTotal: 1000 kB\nMemAvailable: {n} kB\n".encode() for n in (900, 10))
    assert result_of(memory, CommandResult("x", healthy)).verdict == "pass"
    assert result_of(memory, CommandResult("x", healthy, truncated=True)).verdict == "unknown"
    assert result_of(memory, CommandResult("x", low, truncated=True)).verdict == "fail"
