"""A result as text: for a terminal, for a ticket or a mail, and within JUnit. Pure; the only writer of it.

Device text has its control characters escaped, so it cannot act on a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from utils.applog import escaped
from utils.model.results import Finding, Result, Verdict
from utils.model.words import SPEAKS_UP, VERDICTS

Paint = Callable[[str, Verdict], str]


def plain(text: str, verdict: Verdict) -> str:
    """As it is: without colours."""
    return text


Steps = dict[str, str]
"""Next steps that stand in a text already, as _bare() has them: under which diagnostic."""


def result_lines(
    result: Result,
    paint: Paint = plain,
    *,
    full: bool = False,
    brief: bool = False,
    steps: Steps | None = None,
) -> list[str]:
    """One result: its verdict, id and summary; under it the findings that need somebody.

    full: all findings, with their evidence. brief: none. steps: of the results above; this one's are added.
    No sentence stands there twice.
    """
    steps = {} if steps is None else steps
    word = paint(f"{VERDICTS[result.verdict].word:<14}", result.verdict)
    lines = [f"{word} {result.diagnostic:<24} {escaped(result.summary)}"]
    said = {_bare(result.summary)}
    for finding in () if brief else result.findings:
        if full or finding.verdict in SPEAKS_UP:
            step = _step(finding.next_step, result.diagnostic, steps)
            lines += _finding_lines(replace(finding, next_step=step), said, paint, full=full)
    return lines


def _step(next_step: str, diagnostic: str, steps: Steps) -> str:
    """The next step, or where it stands already."""
    where = steps.setdefault(_bare(next_step), diagnostic) if next_step else diagnostic
    return next_step if where == diagnostic else f"as for {where}"


def _finding_lines(finding: Finding, said: set[str], paint: Paint, *, full: bool) -> list[str]:
    """said: sentences that stand above already, as _bare() has them; this one's are added."""
    reason = finding.reason.removeprefix(f"{finding.label}: ")
    limit = "" if finding.limit in reason else finding.limit  # said already; no sentence is cut
    source = f" ({finding.limit_source})" if limit and finding.limit_source else finding.limit_source
    rows = [
        ("limit" if limit else "source", limit + source),
        *(("seen", line) for line in (finding.evidence.splitlines()[:20] if full else ())),
        ("next", finding.next_step),
    ]
    lines = []
    if not {_bare(reason), _bare(f"{finding.label}: {reason}")} & said:
        about = "" if finding.label in reason else f"{escaped(finding.label)}: "
        lines.append(
            f"        {paint(VERDICTS[finding.verdict].one, finding.verdict)}: {about}{escaped(reason)}"
        )
    for name, text in rows:
        if text and (name == "seen" or _bare(text) not in said):
            lines.append(f"          {name + ':':<6} {escaped(text)}")
    said |= {_bare(reason), *(_bare(text) for name, text in rows if name == "next")}
    return lines


def _bare(sentence: str) -> str:
    """The sentence as it is compared with others."""
    return sentence.strip().rstrip(".").casefold()


def result_text(result: Result) -> str:
    """All of one result, for somebody who was not there: findings, evidence, command and its output."""
    facts = {
        "Diagnostic": result.title,
        "Device": result.device,
        "Time": result.started_at,
        "Command": result.command,
        "Exit status": result.exit_status,
        "Duration": None if result.duration_s is None else f"{result.duration_s:.1f} s",
        "Path": result.path,
    }
    known = [f"{name}: {escaped(str(value))}" for name, value in facts.items() if value not in (None, "")]
    lines = [*result_lines(result, full=True), "", *known]
    for name, output in (("stdout", result.stdout), ("stderr", result.stderr)):
        if output:
            lines += ["", f"{name}:", *(escaped(line) for line in output.rstrip().split("\n"))]
    return "\n".join(lines) + "\n"
