"""Results as text for a terminal and as JUnit XML. Pure: no device, no files.

Device text is printed with its control characters escaped, so it cannot act on the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from xml.etree import ElementTree

from utils.applog import escaped
from utils.model.results import Finding, Result, Rung, RungState, Verdict, severity_rank
from utils.model.words import count_words

COLOURS = {
    Verdict.FAIL: "red",
    Verdict.WARN: "yellow",
    Verdict.UNKNOWN: "magenta",
    Verdict.PASS: "green",
    Verdict.INFO: "cyan",
    Verdict.SKIP: "bright_black",
}
EXIT_STATUS = {
    Verdict.PASS: 0,
    Verdict.INFO: 0,
    Verdict.SKIP: 0,
    Verdict.WARN: 1,
    Verdict.FAIL: 2,
    Verdict.UNKNOWN: 3,
}
"""The convention of Nagios plugins."""

_SPEAKS_UP = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
# What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Paint = Callable[[str, Verdict], str]

_LIKE = {
    RungState.OK: Verdict.PASS,
    RungState.NOTE: Verdict.WARN,
    RungState.BROKEN: Verdict.FAIL,
    RungState.NOT_REACHED: Verdict.SKIP,
    RungState.NOT_CHECKED: Verdict.SKIP,
}


def _plain(text: str, verdict: Verdict) -> str:
    return text


def summary_line(counts: Mapping[str, int]) -> str:
    """All verdicts in one line: "2 faults, 3 warnings, 51 OK, 4 not applicable"."""
    return count_words(counts) or "nothing was checked"


def result_lines(result: Result, paint: Paint = _plain, *, full: bool = False) -> list[str]:
    """One result: its verdict, id and summary; under it the findings that need somebody (full: all)."""
    word = paint(f"{result.verdict.value.upper():<7}", result.verdict)
    lines = [f"{word} {result.diagnostic:<24} {escaped(result.summary)}"]
    for finding in result.findings:
        if full or finding.verdict in _SPEAKS_UP:
            lines += _finding_lines(finding, paint, full=full)
    return lines


def ladder_lines(rungs: Iterable[Rung], paint: Paint = _plain) -> list[str]:
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


def _finding_lines(finding: Finding, paint: Paint, *, full: bool) -> list[str]:
    word = paint(finding.verdict.value, finding.verdict)
    lines = [f"        {word}: {escaped(finding.label)}: {escaped(finding.reason)}"]
    if finding.limit:
        source = f" ({finding.limit_source})" if finding.limit_source else ""
        lines.append(f"          limit: {escaped(finding.limit + source)}")
    elif finding.limit_source:
        lines.append(f"          by:    {escaped(finding.limit_source)}")
    if full and finding.evidence:
        lines += ["          seen:  " + escaped(line) for line in finding.evidence.splitlines()[:20]]
    if finding.next_step:
        lines.append(f"          next:  {escaped(finding.next_step)}")
    return lines


def checkup_lines(results: Iterable[Result], counts: Mapping[str, int], paint: Paint = _plain) -> list[str]:
    """A check-up, worst first, with the line over all at the end."""
    ordered = sorted(results, key=lambda result: severity_rank(result.verdict))
    lines = [line for result in ordered for line in result_lines(result, paint)]
    return [*lines, "", summary_line(counts)]


def junit(results: Sequence[Result], duration_s: float) -> bytes:
    """JUnit XML: fail is a failure, unknown an error, skip skipped; a warning passes and says so."""
    return junit_suites([("v3-diagnostics", results, duration_s, "")])


def junit_suites(suites: Iterable[tuple[str, Sequence[Result], float, str]]) -> bytes:
    """The same for several boards: name, results, seconds, and why there are none ("": there are)."""
    root = ElementTree.Element("testsuites")
    root.extend(_suite(*each) for each in suites)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _suite(name: str, results: Sequence[Result], duration_s: float, cause: str) -> ElementTree.Element:
    found = [result.verdict for result in results]
    suite = ElementTree.Element(
        "testsuite",
        name=_xml(name),
        tests=str(len(results) + bool(cause)),
        failures=str(found.count(Verdict.FAIL)),
        errors=str(found.count(Verdict.UNKNOWN) + bool(cause)),
        skipped=str(found.count(Verdict.SKIP)),
        time=f"{duration_s:.3f}",
    )
    for result in results:
        _junit_case(suite, result)
    if cause:
        case = ElementTree.SubElement(suite, "testcase", classname="link", name="connect", time="0.000")
        ElementTree.SubElement(case, "error", message=_xml(cause)).text = _xml(cause)
    return suite


def _junit_case(suite: ElementTree.Element, result: Result) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(result.category),
        name=_xml(result.diagnostic),
        time=f"{result.duration_s or 0:.3f}",
    )
    text = _xml("\n".join(result_lines(result, full=True)))
    tag = {Verdict.FAIL: "failure", Verdict.UNKNOWN: "error", Verdict.SKIP: "skipped"}.get(result.verdict)
    if tag is not None:
        outcome = ElementTree.SubElement(case, tag, message=_xml(result.summary))
        outcome.text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
