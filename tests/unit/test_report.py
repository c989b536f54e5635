"""Results as text and as JUnit XML."""

from __future__ import annotations

import csv
import io
import re
from xml.etree import ElementTree

import pytest

from utils.bench.result_text import result_lines, result_text
from utils.bench.table import as_csv
from utils.cli.report import checkup_lines, junit, summary_line
from utils.model.results import Finding, Result, Verdict
from utils.model.words import EXIT_STATUS


def result(verdict: Verdict, name: str = "some-check", **more: object) -> Result:
    finding = Finding("Thing", verdict, "It is so.", next_step="Do this.", evidence="seen", limit="at most 1")
    return Result(name, verdict, "Summary.", (finding,), category="system", **more)  # type: ignore[arg-type]


def test_exit_status_follows_nagios() -> None:
    assert {verdict.value: status for verdict, status in EXIT_STATUS.items()} == {
        "pass": 0, "info": 0, "skip": 0, "warn": 1, "fail": 2, "unknown": 3,
    }  # fmt: skip


def test_a_checkup_is_shown_worst_first_with_one_line_over_all() -> None:
    results = [result(Verdict.PASS, "b"), result(Verdict.WARN, "c"), result(Verdict.FAIL, "a")]
    lines = checkup_lines(results, {"fail": 1, "warn": 1, "unknown": 0, "pass": 1, "info": 0, "skip": 0})
    assert [line.split()[:2] for line in lines if line[:1].isupper()] == [
        ["Fault", "a"], ["Warning", "c"], ["OK", "b"],
    ]  # fmt: skip
    assert lines[-1] == "1 fault, 1 warning, 1 OK"


def test_what_needs_somebody_says_why_and_what_next_and_what_is_fine_is_one_line() -> None:
    text = "\n".join(result_lines(result(Verdict.FAIL)))
    assert "It is so." in text
    assert "Do this." in text
    assert "at most 1" in text
    assert len(result_lines(result(Verdict.PASS))) == 1


def test_counts_in_words() -> None:
    counts = {"fail": 2, "warn": 3, "unknown": 0, "pass": 51, "info": 0, "skip": 4}
    assert summary_line(counts) == "2 faults, 3 warnings, 51 OK, 4 not applicable"
    assert summary_line(dict.fromkeys(counts, 0)) == "nothing was checked"


def test_device_text_does_not_act_on_the_terminal() -> None:
    hostile = Finding("Disk \x1b[2J", Verdict.FAIL, "a\r\nFAIL forged", evidence="\x1b]0;owned\x07")
    lines = result_lines(Result("x", Verdict.FAIL, "\x1b[31m", (hostile,)), full=True)
    assert all(line.isprintable() for line in lines)


def test_a_result_as_text_is_what_the_terminal_shows_with_facts_and_output() -> None:
    one = result(
        Verdict.FAIL, command="cat x", stdout="a\x1b[31m\nb\n", stderr="no", exit_status=1, device="v3"
    )
    text = result_text(one)
    assert text.splitlines()[: len(result_lines(one, full=True))] == result_lines(one, full=True)
    assert "Command: cat x\nExit status: 1\n" in text
    assert text.endswith("stdout:\na\\x1b[31m\nb\n\nstderr:\nno\n")
    assert "Duration" not in text  # of what is not known there is no line


def test_junit_tells_failure_error_and_skip_apart_and_holds_any_text() -> None:
    results = [
        result(Verdict.FAIL, "a", duration_s=0.5),
        result(Verdict.UNKNOWN, "b"),
        result(Verdict.SKIP, "c"),
        result(Verdict.WARN, "d"),
        Result("e", Verdict.PASS, "\x00\x1b<&>\ud800"),
    ]
    suite = ElementTree.fromstring(junit(results, 1.5)).find("testsuite")  # noqa: S314 - our own text
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "5", "1", "1", "1",
    )  # fmt: skip
    cases = suite.findall("testcase")
    outcomes = {
        case.get("name"): [child.tag for child in case if child.tag != "properties"] for case in cases
    }
    assert outcomes == {
        "a": ["failure"], "b": ["error"], "c": ["skipped"], "d": ["system-out"], "e": ["system-out"],
    }  # fmt: skip


def test_no_line_of_junit_runs_backwards_or_holds_what_nobody_sees() -> None:
    text = junit([Result("a", Verdict.FAIL, "up\u202e\u200b\x1b[2J\ud800\ufffe")], 1.5, cause="\u061cgone")
    assert not re.search("[\u061c\u200b\u202e]", text.decode())
    case = ElementTree.fromstring(text).find("testsuite/testcase")  # noqa: S314 - our own text
    assert case is not None
    assert case.find("failure").get("message") == "up\\u202e\\u200b\\x1b[2J\\ud800\ufffd"  # type: ignore[union-attr]


def test_junit_tells_a_warning_from_a_pass() -> None:
    suite = ElementTree.fromstring(junit([result(Verdict.WARN, "d"), result(Verdict.PASS, "e")], 1.5))[0]  # noqa: S314
    found = {
        case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")}
        for case in suite.findall("testcase")
    }
    assert found == {"d": {"verdict": "warn"}, "e": {"verdict": "pass"}}
    told = {each.get("name"): each.get("value") for each in suite.findall("properties/property")}
    assert told["warnings"] == "1"
    assert suite.findtext("testcase/system-out", "").startswith("Warning")


def test_no_sentence_stands_twice_in_a_result() -> None:
    said = Finding("Disk", Verdict.FAIL, "The disk is full.", next_step="Make room.", limit="at most 90 %")
    reason = "Other: It is full, too; limit: at most 80 %."
    more = Finding("Other", Verdict.WARN, reason, limit="at most 80 %", next_step="Make room.")
    for full in (False, True):
        lines = result_lines(Result("x", Verdict.FAIL, "The disk is full.", (said, more)), full=full)
        text = "\n".join(lines)
        assert text.count("The disk is full.") == 1
        assert text.count("Make room.") == 1
        assert text.count("at most 80 %") == 1
        assert f"warning: {reason}" in text, "no sentence is cut"


def test_a_next_step_that_stands_above_is_named_by_where_it_stands() -> None:
    first, second = result(Verdict.FAIL, "a"), result(Verdict.WARN, "b")
    lines = checkup_lines([second, first], {"fail": 1, "warn": 1})
    assert [line.split("next: ")[1].strip() for line in lines if "next:" in line] == ["Do this.", "as for a"]


@pytest.mark.parametrize(
    ("told", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-5 °C", "'-5 °C"),
        ("up; -5 °C; - no fan", "up; -5 °C; - no fan"),
        ("up;=cmd|' /C calc'!A0", "up;'=cmd|' /C calc'!A0"),
        ("up; @SUM(A1)", "up;' @SUM(A1)"),
        ("up;+cmd()", "up;'+cmd()"),
        ('up;"=cmd()', "up;'\"=cmd()"),
        ("\u200b=1+1", "\\u200b=1+1"),
        ("a\ud800", "a\\ud800"),
        ("a\t=1", "a\\t=1"),
    ],
)
def test_no_cell_of_a_table_computes_wherever_it_is_divided(told: str, cell: str) -> None:
    assert list(csv.reader(io.StringIO(as_csv([{"summary": told}]))))[1] == [cell]
