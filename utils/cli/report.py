"""Results as text for a terminal and as JUnit XML. Pure: no device, no files.

Device text is printed with its control characters escaped, so it cannot act on the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from utils.applog import escaped
from utils.bench.result_text import Paint, Steps, plain, result_lines
from utils.model.results import Result, Rung, RungState, Verdict, severity_rank
from utils.model.words import count_words

COLOURS = {
    Verdict.FAIL: "red",
    Verdict.WARN: "yellow",
    Verdict.UNKNOWN: "magenta",
    Verdict.PASS: "green",
    Verdict.INFO: "cyan",
    Verdict.SKIP: "bright_black",
}
# What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_LIKE = {
    RungState.OK: Verdict.PASS,
    RungState.NOTE: Verdict.WARN,
    RungState.BROKEN: Verdict.FAIL,
    RungState.NOT_REACHED: Verdict.SKIP,
    RungState.NOT_CHECKED: Verdict.SKIP,
}


def summary_line(counts: Mapping[str, int]) -> str:
    """All verdicts in one line: "2 faults, 3 warnings, 51 OK, 4 not applicable"."""
    return count_words(counts) or "nothing was checked"


def ladder_lines(rungs: Iterable[Rung], paint: Paint = plain) -> list[str]:
    """The connection ladder, from the laptop upwards."""
    lines = []
    for rung in rungs:
        word = paint(f"{rung.state.value:<12}", _LIKE[rung.state])
        lines.append(f"{word} {rung.title}{': ' if rung.seen else ''}{escaped(rung.seen)}")
        if rung.next_step and rung.state is not RungState.OK:
            lines.append(f"{'':<12}   next: {escaped(rung.next_step)}")
    return lines


def ladder_exit_status(rungs: Iterable[Rung]) -> int:
    """3 where the way to the device is broken, 1 where there is something to know, else 0."""
    states = {rung.state for rung in rungs}
    return 3 if RungState.BROKEN in states else int(RungState.NOTE in states)


def checkup_lines(
    results: Iterable[Result], counts: Mapping[str, int], paint: Paint = plain, *, brief: bool = False
) -> list[str]:
    """A check-up, worst first, with the line over all at the end."""
    ordered = sorted(results, key=lambda result: severity_rank(result.verdict))
    steps: Steps = {}
    lines = [line for result in ordered for line in result_lines(result, paint, brief=brief, steps=steps)]
    return [*lines, "", summary_line(counts)]


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A test suite of JUnit: one board's results. cause: why there are none, or not all of them."""

    name: str = "v3-diagnostics"
    results: Sequence[Result] = ()
    duration_s: float = 0.0
    cause: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def junit(results: Sequence[Result], duration_s: float, *, cause: str = "") -> bytes:
    """JUnit XML of one board's results."""
    return junit_suites([Suite(results=results, duration_s=duration_s, cause=cause)])


def junit_suites(suites: Iterable[Suite]) -> bytes:
    """JUnit XML: fail is a failure, unknown an error, skip skipped.

    JUnit has no warning. One passes, and its text is in system-out. The property "verdict" of its test case
    and "warnings" of the suite tell it apart. What kept results away is an error of its own.
    """
    root = ElementTree.Element("testsuites")
    root.extend(_suite(each) for each in suites)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _suite(suite: Suite) -> ElementTree.Element:
    found = [result.verdict for result in suite.results]
    element = ElementTree.Element(
        "testsuite",
        name=_line(suite.name),
        tests=str(len(found) + bool(suite.cause)),
        failures=str(found.count(Verdict.FAIL)),
        errors=str(found.count(Verdict.UNKNOWN) + bool(suite.cause)),
        skipped=str(found.count(Verdict.SKIP)),
        time=f"{suite.duration_s:.3f}",
    )
    _properties(element, {**suite.properties, "warnings": str(found.count(Verdict.WARN))})
    for result in suite.results:
        _junit_case(element, result)
    if suite.cause:
        case = ElementTree.SubElement(element, "testcase", classname="check-up", name="whole", time="0.000")
        ElementTree.SubElement(case, "error", message=_line(suite.cause))
    return element


def _junit_case(suite: ElementTree.Element, result: Result) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_line(result.category),
        name=_line(result.diagnostic),
        time=f"{result.duration_s or 0:.3f}",
    )
    _properties(case, {"verdict": result.verdict.value})
    text = _xml("\n".join(result_lines(result, full=True)))
    tag = {Verdict.FAIL: "failure", Verdict.UNKNOWN: "error", Verdict.SKIP: "skipped"}.get(result.verdict)
    if tag is not None:
        outcome = ElementTree.SubElement(case, tag, message=_line(result.summary))
        outcome.text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text


def _properties(parent: ElementTree.Element, facts: Mapping[str, str]) -> None:
    inside = ElementTree.SubElement(parent, "properties")
    for name, value in facts.items():
        ElementTree.SubElement(inside, "property", name=name, value=_line(value))


def _line(text: str) -> str:
    """As it may stand in an attribute, and in a CI's list of tests."""
    return _xml(escaped(text))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
