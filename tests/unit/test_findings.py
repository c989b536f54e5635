"""Every finding is useful alone: what was seen, whose limit it is, why it matters, what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tests import first_sight
from tests.unit.saved_texts import Saved, judged
from utils.judge import judge
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.models import Check, Condition
from utils.judging.catalogue.names import declared
from utils.judging.verdict import _limit_words
from utils.model.results import Finding, Result, Verdict

CATALOGUE = builtin_catalogue()
CHECKS = [(diagnostic.id, check) for diagnostic in CATALOGUE for check in diagnostic.check]
REPAIRS = {diagnostic.next_step for diagnostic in CATALOGUE}
NAMES = {
    name
    for diagnostic in CATALOGUE
    for path in declared(diagnostic.parser)
    if "_" in (name := path.rpartition(".")[2])
}
"""What parsers call their values."""
ACTS = {Verdict.FAIL, Verdict.WARN}


def conditions(check: Check) -> Iterator[Condition]:
    for condition in (*check.fail, *check.warn, *check.unknown, *check.info):
        yield condition
        yield from condition.all


def compares_numbers(condition: Condition) -> bool:
    bounds = (condition.below, condition.at_most, condition.above, condition.at_least)
    return any(bound is not None for bound in bounds)


def findings(verdicts: set[Verdict]) -> Iterator[tuple[Saved, Finding]]:
    for saved, result in judged():
        yield from ((saved, finding) for finding in result.findings if finding.verdict in verdicts)


def test_of_thousands_alike_some_are_kept_and_the_rest_is_counted() -> None:
    lines = "\n".join(f"● unit-{n}.service loaded failed failed Unit {n}" for n in range(2000))
    result = judge("failed-units", f"  UNIT LOAD ACTIVE SUB DESCRIPTION\n{lines}\n", "", 0)
    alike = [finding for finding in result.findings if finding.verdict is result.verdict]
    assert len(alike) == 61
    assert alike[-1].reason == "1940 more are not listed; the output has all."
    assert alike[-1].next_step
    assert "(and 1999 more)" in result.summary


def test_a_check_that_can_alarm_or_compares_numbers_says_whose_limit_it_is() -> None:
    limits = [
        (diagnostic, check)
        for diagnostic, check in CHECKS
        if check.fail or check.warn or any(compares_numbers(condition) for condition in conditions(check))
    ]
    assert len(limits) > 100
    assert not [f"{diagnostic}: {check.label}" for diagnostic, check in limits if not check.source]


def test_every_diagnostic_says_why_and_what_next() -> None:
    for diagnostic in CATALOGUE:
        assert len(diagnostic.why.split()) > 3, diagnostic.id
        assert len(diagnostic.next_step.split()) > 3, diagnostic.id


def test_an_alarm_says_what_was_seen_whose_limit_it_is_why_it_matters_and_what_to_do() -> None:
    seen = 0
    for saved, finding in findings(ACTS):
        where = f"{saved.diagnostic}--{saved.case}: {finding.label}"
        for name in ("reason", "next_step", "why", "limit_source"):
            assert getattr(finding, name).strip(), f"{where} has no {name}"
        assert finding.next_step not in (finding.reason, finding.why), where
        seen += 1
    assert seen > 200


def test_an_alarm_about_a_number_states_the_limit() -> None:
    numeric = {
        (diagnostic, check.label)
        for diagnostic, check in CHECKS
        if check.fail + check.warn
        and all(
            any(compares_numbers(part) for part in (condition, *condition.all))
            for condition in check.fail + check.warn
        )
        and not check.name
        and not check.guide_by
    }
    told = [
        (saved, finding) for saved, finding in findings(ACTS) if (saved.diagnostic, finding.label) in numeric
    ]
    assert len({saved.diagnostic for saved, _ in told}) > 10
    for saved, finding in told:
        assert finding.limit, f"{saved.diagnostic}--{saved.case}: {finding.label}"


def test_what_could_not_be_decided_says_why_and_how_to_look_not_how_to_mend() -> None:
    for saved, finding in findings({Verdict.UNKNOWN}):
        assert finding.reason, saved
        assert finding.next_step, saved
        assert finding.next_step not in REPAIRS, saved


def test_an_alarm_points_to_what_may_explain_it() -> None:
    """Links lead to other diagnostics, never to the one they stand in."""
    for diagnostic in CATALOGUE:
        assert diagnostic.id not in diagnostic.related
        for check in diagnostic.check:
            assert diagnostic.id not in check.related


def test_a_limit_of_two_comparisons_is_told_as_what_would_be_fine() -> None:
    meminfo = "memory MemTotal: 1000 kB\nmemory MemAvailable: 20 kB\n"
    swaps = "Filename Type Size Used Priority\n/dev/zram0 partition 1000 960 5\n" + meminfo
    found = next(finding for finding in judge("swap", swaps).findings if finding.verdict is Verdict.FAIL)
    assert found.limit == "at most 90 %, unless memory available is at least 10 %"
    assert found.limit_source.startswith("Cockpit")


def test_a_limit_names_its_own_value_before_the_exception() -> None:
    memory = next(
        c for each in CATALOGUE if each.id == "tegrastats" for c in each.check if c.label == "Memory in use"
    )
    told = {_limit_words(memory, each, {})[0] for each in (*memory.fail, *memory.warn, *memory.info)}
    assert "below 70 %, unless swap used is below 95 %" in told


@cache
def sentences() -> tuple[tuple[str, str, str], ...]:
    """(where, what the device printed, a sentence) of every saved text and every stranger's output."""
    texts = [(f"{s.diagnostic}--{s.case}", s.stdout + s.stderr, result) for s, result in judged()]
    for path in first_sight.files():
        for c in first_sight.cases(path):
            texts.append((c.name, c.stdout + c.stderr, judge(c.id, c.stdout, c.stderr, c.exit_status)))
    return tuple((where, printed, said) for where, printed, result in texts for said in spoken(result))


def spoken(result: Result) -> Iterator[str]:
    yield result.summary
    for finding in result.findings:
        yield from (finding.label, finding.reason, finding.next_step)


def test_no_sentence_holds_a_question_mark_or_none_for_what_was_not_said() -> None:
    lacking = re.compile(r"(?<![\w?])\?(?![\w?])|\bNone\b")
    told = sentences()
    assert len(told) > 3000
    assert not [(where, said) for where, text, said in told if lacking.search(said) and said not in text]


def test_what_is_there_is_not_told_as_nothing_for_a_unit_too_large() -> None:
    """A Jetson's fresh zram holds one page: "0 MB take 0 MB of memory" hid that."""
    nothing = re.compile(r"(?<![\d.,])0(?:\.0+)? [MG]B\b")
    assert [(where, said) for where, printed, said in sentences() if nothing.search(said)] == []


def test_no_sentence_has_a_gap_where_a_value_was_empty() -> None:
    gap = re.compile(r"[:;(] *[.;)](?!\.)|, *[.;,]|^[.,;]")
    assert not [
        (where, said) for where, text, said in sentences() if (g := gap.search(said)) and g[0] not in text
    ]


ODD = {
    "a plural of one": r"(?<![\w.,:/-])1 (?!is\b|has\b|does\b)(?:times|[a-z-]+(?<![iu])(?<!s)s)\b",
    "a count of nothing": r"(?<![\w.,:/%-])0 times|\bis 0; limit: 0\b",
    "a plural in brackets": r"\w\(s\)",
    "nobody behind a number": r"\d; nobody",
    "a part of nothing": r"\bno [a-z ]+[,;] (?:none|no|\d+) of (?:them|which)\b|\bof them (?:no\b|0\b)",
    "a unit that sticks to its number": r"\d(?:mV|V|mA|A|mW|W|GB|MB|kB|°C|%|MHz|Mbit/s|Gbit/s|ms|min|s)\b",
    "a unit that is too small": r"\b\d{4,}(?:\.\d+)? (?:mV|mA|mW|Mbit/s|kB|MB|s)\b",
    "a name of the program": r"\b(?:" + "|".join(sorted(NAMES)) + r")\b",
}


def test_no_sentence_reads_as_if_a_program_had_put_it_together() -> None:
    """What the device itself printed is left alone."""
    found = {
        (why, said)
        for why, expression in ODD.items()
        for printed, said in (*((printed, said) for _, printed, said in sentences()), *_shown_beside())
        for match in re.finditer(expression, said)
        if match[0] not in printed and (match[0] not in NAMES or said not in _next_steps())  # commands
    }
    assert found == set()


def test_no_sentence_about_an_output_is_too_long_to_read_at_once() -> None:
    """The device's own words do not count, nor next steps: test_prose.py looks at those."""
    told = {said for _, printed, said in sentences() if _own_words(said, printed) > 20}
    assert told - _next_steps() == set()


def _shown_beside() -> Iterator[tuple[str, str]]:
    """(what the device printed, evidence or limit) of every saved text."""
    for saved, result in judged():
        for finding in result.findings:
            yield from ((saved.stdout + saved.stderr, said) for said in (finding.evidence, finding.limit))


@cache
def _next_steps() -> frozenset[str]:
    return frozenset(finding.next_step for _, result in judged() for finding in result.findings)


def _own_words(said: str, printed: str) -> int:
    """How many words of its longest sentence are the program's."""
    theirs = set(printed.split())
    return max(sum(word not in theirs for word in part.split()) for part in re.split(r"(?<=[.;]) ", said))


def test_a_success_sentence_is_no_summary_of_information() -> None:
    """Where a check could have passed and none did, the first sentence is the finding's own."""
    seen = 0
    for saved, result in judged():
        checks = CATALOGUE.get(saved.diagnostic).check
        if result.verdict is Verdict.INFO and any(check.otherwise is Verdict.PASS for check in checks):
            reasons = [finding.reason for finding in result.findings if finding.verdict is Verdict.INFO]
            assert result.summary.startswith(tuple(reasons)), saved
            seen += 1
    assert seen > 15
