"""What could not be judged says how to get it judged; the repair stands with a fault alone."""

from __future__ import annotations

import pytest

from tests.each import each
from tests.unit.saved_texts import of
from utils.errors import (
    Cancelled,
    Cause,
    CommandTimeout,
    DeviceUnreachable,
    LinkLost,
    NotApplicable,
    OutcomeUnknown,
    ParseError,
    Undecided,
    V3Error,
)
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.causes import WAY
from utils.judging.judge import judge, judge_diagnostic
from utils.judging.parsers import meminfo
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, Result, worst
from utils.model.words import EXIT_STATUS

CATALOGUE = builtin_catalogue()
ROOT = {item.id for item in CATALOGUE if item.root}
SUDO = (
    "sudo: a password is required\n",
    "sudo: a terminal is required to read the password; either use the -S option\n",
    "sudo: no tty present and no askpass program specified\n",
    "ubuntu is not in the sudoers file.  This incident will be reported.\n",
    "Sorry, user ubuntu is not allowed to execute '/usr/sbin/smartctl' as root on orin.\n",
    "sudo: 3 incorrect password attempts\n",
)
DENIED = ("cat: /sys/kernel/debug/clk: Permission denied\n", "tool: Operation not permitted\n")


def no_repair(result: Result, cause: Cause) -> None:
    assert [finding.next_step for finding in result.findings] == [WAY[cause]]


@each(CATALOGUE.diagnostics)
def test_only_what_needs_root_is_skipped_when_sudo_refuses(diagnostic: str) -> None:
    for line in SUDO:
        result = judge(diagnostic, "", line, 1)
        if diagnostic in ROOT:
            assert (result.verdict, result.summary) == ("skip", f"This check needs root: {line.strip()}")
            no_repair(result, Cause.NEEDS_ROOT)
        else:
            assert result.verdict == "unknown"


@each(CATALOGUE.diagnostics)
def test_a_permission_error_without_sudo_is_unknown(diagnostic: str) -> None:
    for line in DENIED:
        result = judge(diagnostic, "", line, 1)
        assert (result.verdict, result.summary) == ("unknown", f"Not permitted: {line.strip()}")
        no_repair(result, Cause.NOT_PERMITTED)


@each(CATALOGUE.diagnostics)
def test_a_missing_tool_says_how_to_have_the_check(diagnostic: str) -> None:
    result = judge(diagnostic, "", "sh: 1: tool: not found\n", 127)
    assert result.verdict == "skip"
    no_repair(result, Cause.TOOL_MISSING)


@each(CATALOGUE.diagnostics)
def test_nothing_and_garbage_say_how_to_look(diagnostic: str) -> None:
    no_repair(judge(diagnostic, "", "", 1), Cause.NO_DATA)
    for text in ("Segmentation fault (core dumped)\n", "<html><body>502 Bad Gateway</body></html>\n"):
        result = judge(diagnostic, text, "", 0)
        assert result.verdict == "unknown"
        assert result.findings[0].next_step in (WAY[Cause.GARBAGE], WAY[Cause.CUT_OFF])


@pytest.mark.parametrize(
    ("error", "way"),
    [
        (Cancelled(), WAY[Cause.CANCELLED]),
        (CommandTimeout(), WAY[Cause.TIMED_OUT]),
        (OutcomeUnknown(), WAY[Cause.LINK_LOST]),
        (LinkLost(), LinkLost.default_hint),
        (DeviceUnreachable(), DeviceUnreachable.default_hint),
    ],
)
def test_trouble_of_the_link_says_how_to_get_an_answer(error: V3Error, way: str) -> None:
    for diagnostic in CATALOGUE:
        result = result_of(diagnostic, error)
        assert result.verdict == "unknown", diagnostic.id
        assert [finding.next_step for finding in result.findings] == [way], diagnostic.id


def test_more_than_is_kept_is_damage_not_a_fault() -> None:
    fine = next(saved for saved in of("memory") if saved.may_pass)
    answer = CommandResult("x", fine.stdout.encode(), truncated=True)
    result = result_of(CATALOGUE.get("memory"), answer)
    assert result.verdict == "unknown"
    assert result.findings[0].next_step == WAY[Cause.DAMAGED]


def test_what_a_profile_expects_and_what_cannot_be_asked_are_two_things() -> None:
    expected = CATALOGUE.get("cameras").model_copy(update={"expected": "your profile"})
    absent = judge_diagnostic(expected, "", "sh: 1: v4l2-ctl: not found\n", 127)
    assert (absent.verdict, absent.findings[0].next_step) == ("unknown", WAY[Cause.TOOL_MISSING])


@pytest.mark.parametrize("cause", Cause)
def test_a_parser_states_its_cause_and_no_words_decide_it(
    cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "Not permitted: the output is cut off, is no JSON and cannot be."

    def parse(*_: object) -> None:
        raise Undecided(words, cause)

    monkeypatch.setattr(meminfo, "parse", parse)
    result = judge("memory", "x")
    assert (result.verdict, result.summary) == ("unknown", words)
    no_repair(result, cause)


def test_nobody_is_undecided_without_a_cause() -> None:
    for kind in (ParseError, Undecided):
        with pytest.raises(TypeError, match="cause"):
            kind("It says nothing.")  # type: ignore[call-arg]  # mypy refuses it, too
    assert NotApplicable("It is not there.").cause is Cause.NOT_THERE


def test_skipped_checks_leave_the_exit_status_of_a_healthy_board_at_0() -> None:
    results = [judge(name, "", SUDO[0], 1) for name in ROOT]
    results += [next(judge(s.diagnostic, s.stdout) for s in of("memory") if s.verdicts == ("pass",))]
    assert EXIT_STATUS[worst(result.verdict for result in results)] == 0
