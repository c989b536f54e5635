"""The manifest: the golden board has no finding against its own, and a part that is gone is named, alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from utils.demo.saved_answers import FOLDER
from utils.judging.catalogue.library import Library, load_library
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.judge import judge_diagnostic
from utils.judging.manifest import as_toml, learn
from utils.model.results import Device, Finding, Verdict, to_json

BOARD = Device(
    "SHA256:a", serial="1424024012345", hostname="v3-demo",
    model="NVIDIA Jetson Orin NX Engineering Reference Developer Kit",
)  # fmt: skip
Texts = Mapping[str, str]
GOLDEN: Texts = {
    each.id: (FOLDER / f"{each.id}.out").read_text(encoding="utf-8")
    for each in builtin_catalogue()
    if not each.active and (FOLDER / f"{each.id}.out").exists()
}


def results(texts: Texts) -> list[dict[str, object]]:
    catalogue = builtin_catalogue()
    return [to_json(judge_diagnostic(catalogue.get(name), text, "", 0)) for name, text in texts.items()]


def toml_of(*boards: Texts, board: Device = BOARD) -> str:
    parts = learn(builtin_catalogue(), [results(texts) for texts in boards], board)
    return as_toml(parts, board, name="rover", day="2026-11-28", checkups=len(boards))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_of(tmp_path_factory.mktemp("data"), toml_of(GOLDEN))


def library_of(folder: Path, text: str) -> Library:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "rover.toml").write_text(text, encoding="utf-8")
    found = load_library(folder)
    assert found.problems == ()
    assert [profile.name for profile in found.profiles] == ["rover"]
    return found


def of_manifest(library: Library, texts: Texts) -> list[Finding]:
    """What the manifest finds: anything but a pass."""
    names = tuple(part.name for parts in library.profiles[0].expect.parts.values() for part in parts)
    found = []
    for name, text in texts.items():
        judging = library.judging(library.catalogue.get(name), BOARD)
        found += judge_diagnostic(judging, text, "", 0).findings
    loud = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
    return [
        each
        for each in found
        if each.verdict in loud and (each.label.startswith(names) or "rover" in each.limit_source)
    ]


def without(pattern: str, *names: str) -> Callable[[], dict[str, str]]:
    """The golden texts with these lines (or, with (?s), this stretch) of these outputs gone."""
    return lambda: {**GOLDEN, **{name: re.sub(pattern, "", GOLDEN[name]) for name in names}}


NVME = r"(?s)0004:01:00\.0 .*?\n\n"
REMOVED = {
    "camera imx477 at 9-001a": without(
        r"(?m)^.*(\b9-001a|vi-output, imx477 9).*\n", "camera-sensors", "i2c-buses"
    ),
    "camera imx477 at 10-001a": without(r"(?m)^.*10-001a.*\n", "camera-sensors", "i2c-buses"),
    "USB device EC25-E at port 1-2.3": without(
        r"(?m)^(1-2\.3 |Bus 001 Device 005).*\n", "usb-speed", "usb-devices"
    ),
    "USB device 4-Port USB 2.0 Hub at port 1-2": without(r"(?m)^1-2.*\n", "usb-speed"),
    "USB device 4-Port USB 3.0 Hub at port 2-1": without(r"(?m)^2-1.*\n", "usb-speed"),
    "disk nvme0n1 (V3 NVMe SSD 256GB)": lambda: {
        **without(NVME, "pcie-links")(),
        **{
            "block-devices": re.sub(
                r'(?s),\n *\{"name":"nvme0n1".*?\n *\]\n *\}', "", GOLDEN["block-devices"]
            )
        },
    },
    "PCIe device Realtek": without(r"(?s)0008:00:00\.0 .*", "pcie-links"),
    "I2C device 24c02 at 0-0057": without(r"(?m)^0-0057.*\n", "i2c-buses"),
    "I2C device ina3221 at 1-0040": without(r"(?m)^1-0040.*\n", "i2c-buses"),
    "CAN interface can0": lambda: {**GOLDEN, "can-bus": ""},
    "clock nvvrs-pseq-rtc": without(r"(?m)^rtc rtc0.*\n", "rtc"),
    "clock c2a0000.rtc": without(r"(?m)^rtc rtc1.*\n", "rtc"),
}


def test_the_golden_board_has_no_finding_against_its_own_manifest(library: Library) -> None:
    assert of_manifest(library, GOLDEN) == []


@pytest.mark.parametrize("part", REMOVED)
def test_a_part_that_is_gone_is_named_and_nothing_else(library: Library, part: str) -> None:
    found = of_manifest(library, REMOVED[part]())
    assert len(found) == 1, [each.reason for each in found]
    assert part in found[0].reason
    assert found[0].verdict is Verdict.FAIL


def test_slower_narrower_and_less_are_findings_of_their_own(library: Library) -> None:
    slower = {
        **GOLDEN,
        "usb-speed": GOLDEN["usb-speed"].replace("0bda:0489 speed=10000", "0bda:0489 speed=480"),
        "pcie-links": GOLDEN["pcie-links"].replace(
            "Speed 8GT/s (ok), Width x4 (ok)", "Speed 2.5GT/s (ok), Width x1 (ok)"
        ),
    }
    said = [re.sub(r"^.* at .*?: ", "", each.reason) for each in of_manifest(library, slower)]
    assert sorted(said) == [
        "speed 2.5 GT/s; expected at least 8 GT/s.",
        "speed 480 Mbit/s; expected at least 10 Gbit/s.",
        "width 1; expected at least 4.",
    ]


def test_what_was_not_read_is_undecided_and_never_gone(library: Library) -> None:
    unread = {
        **GOLDEN,
        "usb-speed": "",
        "i2c-buses": "sh: 1: cannot fork",
        "pcie-links": GOLDEN["pcie-links"][:900],
    }
    assert [each.reason for each in of_manifest(library, unread) if each.verdict is Verdict.FAIL] == []


def test_what_was_absent_now_and_then_waits_for_a_person(tmp_path: Path) -> None:
    flaky = REMOVED["USB device EC25-E at port 1-2.3"]()
    text = toml_of(*[GOLDEN] * 17, *[flaky] * 3)
    assert "# absent in 3 of 20: keep?\n# [[expect.parts.usb-speed]]\n" in text
    assert of_manifest(library_of(tmp_path, text), flaky) == []


def test_numbers_that_differ_are_a_range_and_the_lowest_counts(tmp_path: Path) -> None:
    slower = {
        **GOLDEN,
        "usb-speed": GOLDEN["usb-speed"].replace("0bda:0489 speed=10000", "0bda:0489 speed=5000"),
    }
    text = toml_of(GOLDEN, slower)
    assert "# speed_mbps 5000 to 10000\n" in text
    assert of_manifest(library_of(tmp_path, text), slower) == []


def test_nothing_of_it_tells_one_board_from_another(tmp_path: Path) -> None:
    told = BOARD.serial
    odd = {
        **GOLDEN,
        "usb-speed": GOLDEN["usb-speed"].replace(
            "name=EC25-E", f'name=EC25 {told} 48:b0:2d:c4:17:3a {{x}} [y] "q" \\'
        ),
    }
    text = toml_of(odd)
    assert told not in text
    assert "48:b0" not in text
    assert "v3-demo" not in text
    library = library_of(tmp_path, text)
    assert of_manifest(library, odd) == []


def test_a_part_of_an_unknown_diagnostic_is_a_fault_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "odd.toml").write_text(
        'name = "odd"\n[[expect.parts.uptime]]\nname = "x"\n', encoding="utf-8"
    )
    problems: Iterable[str] = load_library(tmp_path).problems
    assert [each for each in problems if each.startswith("profiles/odd.toml:2: expect.parts.uptime")]
