"""Findings with one cause are one diagnosis; a finding alone, or of another cause, stays by itself."""

from __future__ import annotations

from utils.judging.catalogue.known import in_force
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.diagnosis import Sign, causes, diagnoses
from utils.model.results import Finding, Result, Verdict

OC1 = ("over-current", "Under-voltage events (OC1)")
ALARM = ("kernel-log", "Over-current alarm of the power controller")
INPUT = ("input-voltage", "Input voltage")


def result(diagnostic: str, *findings: tuple[str, Verdict]) -> Result:
    made = tuple(Finding(label, verdict, f"{diagnostic}: {label}.") for label, verdict in findings)
    return Result(diagnostic, Verdict.FAIL, "", made)


def test_each_cause_names_diagnostics_and_kinds_that_there_are() -> None:
    kinds = {signature.kind for signature in in_force().by_id.values()}
    for cause in causes():
        assert set(cause.diagnostics) <= set(builtin_catalogue().diagnostics), cause.id
        assert set(cause.kinds) <= kinds, cause.id
    assert len({cause.id for cause in causes()}) == len(causes())
    for field in ("diagnostics", "kinds"):
        named = [name for cause in causes() for name in getattr(cause, field)]
        assert len(named) == len(set(named)), "a finding would have two causes"


def test_findings_of_one_cause_are_one_diagnosis_worst_first() -> None:
    found = diagnoses(
        [
            result(INPUT[0], (INPUT[1], Verdict.WARN)),
            result(OC1[0], (OC1[1], Verdict.FAIL), ("Another alarm", Verdict.PASS)),
            result(ALARM[0], (ALARM[1], Verdict.FAIL), ("Kernel oops", Verdict.FAIL)),
            result("disk-space", ("/", Verdict.FAIL)),
        ]
    )
    assert [each.id for each in found] == ["supply"]
    assert found[0].verdict is Verdict.FAIL
    assert found[0].signs == (Sign(*OC1), Sign(*ALARM), Sign(*INPUT))
    assert found[0].line.startswith(
        "over-current: Under-voltage events (OC1). kernel-log: Over-current alarm"
    )
    assert "cable" in found[0].next_step


def test_the_same_message_in_two_logs_is_one_diagnosis() -> None:
    found = diagnoses([result(log, (ALARM[1], Verdict.FAIL)) for log in ("kernel-log", "journal-errors")])
    assert [(each.id, len(each.signs)) for each in found] == [("supply", 2)]
    assert found[0].line == f"kernel-log: {ALARM[1]}."


def test_a_finding_alone_and_what_was_not_checked_make_no_diagnosis() -> None:
    alone, unsure = result(OC1[0], (OC1[1], Verdict.FAIL)), result(INPUT[0], (INPUT[1], Verdict.UNKNOWN))
    others = result("kernel-log", ("Kernel oops", Verdict.FAIL), ("Something else", Verdict.WARN))
    assert [diagnoses(each) for each in ([alone], [alone, unsure], [others], [])] == [()] * 4


def test_many_signs_are_counted_not_listed() -> None:
    found = diagnoses([result(OC1[0], *((f"Alarm {n}", Verdict.FAIL) for n in range(6)))])
    assert found[0].line.endswith("And 3 more signs.")
