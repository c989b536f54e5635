"""Findings with one cause are one diagnosis; a finding alone, or of another cause, stays by itself."""

from __future__ import annotations

from utils.judge import judge
from utils.judging.catalogue.known import in_force
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.diagnosis import Sign, causes, diagnoses
from utils.model.results import Finding, Result, Verdict

OC1 = ("over-current", "Under-voltage events (OC1)")
ALARM = ("kernel-log", "Over-current alarm of the power controller")
INPUT = ("input-voltage", "Input voltage")
CAN_PASSIVE = """2: can0: <NOARP,UP,LOWER_UP,ECHO> mtu 16 qdisc pfifo_fast state UP mode DEFAULT qlen 10
    link/can  promiscuity 0
    can state ERROR-PASSIVE (berr-counter tx 128 rx 0) restart-ms 0
      bitrate 500000 sample-point 0.875
      clock 50000000
      re-started bus-errors arbit-lost error-warn error-pass bus-off
      0          0          0          1          1          0
"""


def result(diagnostic: str, *findings: tuple[str, Verdict]) -> Result:
    made = tuple(Finding(label, verdict, f"{diagnostic}: {label}.") for label, verdict in findings)
    return Result(diagnostic, Verdict.FAIL, "", made)


def test_each_cause_names_diagnostics_and_kinds_that_there_are() -> None:
    names = {name for signature in in_force().by_id.values() for name in (signature.kind, signature.id)}
    ids = {cause.id for cause in causes()}
    for cause in causes():
        assert set(cause.diagnostics) <= set(builtin_catalogue().diagnostics), cause.id
        assert set(cause.kinds) <= names, cause.id
        assert set(cause.takes) <= ids - {cause.id}, cause.id
        assert bool(cause.takes) == bool(cause.about), cause.id
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


def _log(*lines: str) -> Result:
    head = "[    0.000000] Booting Linux on physical CPU 0x0\n[    0.000000] Linux version 5.15.148-tegra\n"
    body = "".join(f"[{90 + number:12.6f}] {line}\n" for number, line in enumerate(lines))
    return judge("kernel-log", head + body, "", 0)


def test_a_drive_that_fails_takes_the_damage_on_it_and_no_other() -> None:
    log = _log(
        "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
        "nvme 0004:01:00.0: Unable to change power state from D3cold to D0, device inaccessible",
        "I/O error, dev nvme0n1, sector 4711 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
        "EXT4-fs (nvme0n1p1): Remounting filesystem read-only",
    )
    mounts = judge(
        "mounts", "/dev/nvme0n1p1 / ext4 ro,relatime 0 0\n/dev/mmcblk0p3 /data ext4 ro 0 0\n", "", 0
    )
    (found,) = diagnoses([log, mounts])
    assert found.id == "nvme"
    assert [sign.label for sign in found.signs if sign.diagnostic == "mounts"] == ["/"]
    assert len(found.signs) == 5
    assert "fsck" not in found.next_step
    (card,) = diagnoses(
        [_log("mmcblk0: recovery failed!", "EXT4-fs (mmcblk0p1): Remounting filesystem read-only")]
    )
    assert card.id == "flash-card"
    assert [each.id for each in diagnoses([mounts])] == ["file-system"]


def test_a_message_has_the_cause_of_its_id_before_that_of_its_kind() -> None:
    log = _log("imx219 9-0010: imx219_board_setup: error during i2c read probe (-121)", "can0: bus-off")
    cameras = judge(
        "cameras", "NVIDIA Tegra Video Input Device (platform:tegra-camrtc-ca):\n\t/dev/media0\n\n", "", 0
    )
    can = judge("can-bus", CAN_PASSIVE, "", 0)
    assert {each.id for each in diagnoses([log, cameras, can])} == {"cameras", "can"}


def test_a_finding_alone_and_what_was_not_checked_make_no_diagnosis() -> None:
    alone, unsure = result(OC1[0], (OC1[1], Verdict.FAIL)), result(INPUT[0], (INPUT[1], Verdict.UNKNOWN))
    others = result("kernel-log", ("Kernel oops", Verdict.FAIL), ("Something else", Verdict.WARN))
    assert [diagnoses(each) for each in ([alone], [alone, unsure], [others], [])] == [()] * 4


def test_many_signs_are_counted_not_listed() -> None:
    found = diagnoses([result(OC1[0], *((f"Alarm {n}", Verdict.FAIL) for n in range(6)))])
    assert found[0].line.endswith("And 3 more signs.")
