"""Profiles and the technician's own diagnostics: read, validated line by line, applied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from utils.errors import BadRequest
from utils.judging.catalogue.library import Library, load_library
from utils.judging.catalogue.lines import TomlLines
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.profile import Profile, best_match
from utils.judging.judge import judge, judge_diagnostic
from utils.model.results import Device, Finding, Result, Verdict

FIXTURES = Path(__file__).parent / "fixtures"
ROVER = Device("SHA256:x", serial="1424024012345", model="NVIDIA Jetson Orin NX", hostname="rover-7")
OTHER = Device("SHA256:y", serial="99", model="NVIDIA Jetson Nano", hostname="bench")

PROFILE = """\
name = "rover"
note = "Rover head"

[match]
hostname = "^rover-"

[expect]
model = "Orin NX"
cameras = 2
usb_devices = ["2C7C:0125"]
can_interfaces = ["can0", "can1"]
critical_units = ["sensor-hub.service", "cron.service"]
power_mode = "25W"

[limits.memory]
"Available memory" = { warn = 40, fail = 20 }

[limits.nvme-temperature]
"Drive temperature" = { warn = 60, fail = 70 }
"""
OWN = """\
[[diagnostic]]
id = "spare-memory"
title = "Spare memory"
category = "memory"
command = "cat /proc/meminfo"
parser = "meminfo"
why = "The pipeline needs 512 MB."
next_step = "Stop what is not needed."
check = [{ label = "Available", value = "available_kb", source = "ours", fail = { below = 524288 } }]
"""
MEMINFO = "MemTotal: 1000000 kB\nMemAvailable: {} kB\n"

Make = Callable[..., Library]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """make(profiles={file: text}, diagnostics={file: text}) -> the library of such a data folder."""

    def load(chosen: str = "", **folders: dict[str, str]) -> Library:
        for folder, files in folders.items():
            (tmp_path / folder).mkdir(exist_ok=True)
            for name, text in files.items():
                (tmp_path / folder / name).write_text(text, encoding="utf-8")
        return load_library(tmp_path, chosen=chosen)

    return load


def fixture(name: str) -> str:
    return (FIXTURES / f"{name}.out").read_text(encoding="utf-8")


def judged(library: Library, diagnostic: str, stdout: str, device: Device | None = ROVER) -> Result:
    return judge_diagnostic(library.judging(library.catalogue.get(diagnostic), device), stdout, "", 0)


def finding(result: Result, label: str) -> Finding:
    return next(item for item in result.findings if item.label == label)


def test_without_the_folders_there_is_the_built_in_catalogue_and_no_problem(tmp_path: Path) -> None:
    library = load_library(tmp_path / "nothing here")
    assert list(library.catalogue.diagnostics) == list(builtin_catalogue().diagnostics)
    assert (library.profiles, library.problems) == ((), ())


def test_a_profiles_number_beats_the_default_and_is_named_as_the_limits_source(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    assert library.problems == ()
    for kb, verdict, limit in ((500_000, "pass", "40"), (300_000, "warn", "40"), (150_000, "fail", "20")):
        result = judged(library, "memory", MEMINFO.format(kb))
        assert result.verdict == verdict
        assert finding(result, "Available memory").limit == f"at least {limit} %"
        assert finding(result, "Available memory").limit_source == 'your profile "rover"'
    assert judged(library, "memory", MEMINFO.format(300_000), OTHER).verdict == "pass"
    assert judge("memory", MEMINFO.format(300_000)).verdict == "pass"


def test_the_reason_states_the_profiles_limit_and_not_the_default(make: Make) -> None:
    library = make(
        profiles={
            "a.toml": 'name = "a"\n[limits.write-latency]\n"Mean write time since boot" = { warn = 10 }\n'
        },
        chosen="a",
    )
    result = judged(library, "write-latency", fixture("write-latency--faulty"))
    found = next(item for item in result.findings if item.verdict is Verdict.WARN)
    assert "limit: at most 10 ms" in found.reason
    assert "1000" not in found.reason + found.limit


def test_the_boards_own_limit_beats_the_profile(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    assert library.problems == ()
    warm = "hwmon2/temp1_label Composite\nhwmon2/temp1_input 75000\n{}end of sensors\n"
    own = judged(
        library, "nvme-temperature", warm.format("hwmon2/temp1_max 81850\nhwmon2/temp1_crit 84850\n")
    )
    assert (own.verdict, own.findings[0].limit_source) == ("pass", "the board's own limit")
    none = judged(library, "nvme-temperature", warm.format(""))
    assert (none.verdict, none.findings[0].limit_source) == ("fail", 'your profile "rover"')
    assert none.findings[0].limit == "below 70 °C"


def test_a_missing_camera_is_a_fault_of_the_profile(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE.replace("cameras = 2", "cameras = 3")})
    short = judged(library, "cameras", fixture("cameras--two-csi"))
    assert short.verdict == "fail"
    assert "2 of 3 expected cameras" in short.summary
    assert short.findings[0].limit_source == 'your profile "rover"'
    whole = make(profiles={"rover.toml": PROFILE})
    assert judged(whole, "cameras", fixture("cameras--two-csi")).verdict == "pass"
    assert judged(whole, "cameras", fixture("cameras--truncated-after-one")).verdict == "unknown"


def test_a_board_without_cameras_may_be_expected(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE.replace("cameras = 2", "cameras = 0")})
    none = judged(library, "cameras", "No /dev/video node exists.\n")
    assert none.verdict == "pass"
    assert judge("cameras", "No /dev/video node exists.\n").verdict == "fail"


def test_an_expected_usb_device_is_looked_for_by_its_id(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    with_it = "Bus 001 Device 005: ID 2c7c:0125 Quectel EC25\nBus 001 Device 001: ID 1d6b:0002 root hub\n"
    without = "Bus 001 Device 005: ID 0bda:5489 '2c7c:0125'\nBus 001 Device 001: ID 1d6b:0002 root hub\n"
    assert judged(library, "usb-devices", with_it).verdict == "pass"
    result = judged(library, "usb-devices", without)
    assert finding(result, "USB device 2c7c:0125").verdict is Verdict.FAIL
    cut = judged(library, "usb-devices", without + "Bus 002 Dev")
    assert finding(cut, "USB device 2c7c:0125").verdict is Verdict.UNKNOWN


def test_an_expected_can_interface_that_is_not_there_is_a_fault(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    one = judged(library, "can-bus", fixture("can-bus--error-active"))
    assert finding(one, "CAN interface can0").verdict is Verdict.PASS
    assert finding(one, "CAN interface can1").verdict is Verdict.FAIL


def test_what_is_expected_and_not_applicable_is_a_fault_and_without_the_tool_undecided(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    diagnostic = library.judging(library.catalogue.get("can-bus"), ROVER)
    none = judge_diagnostic(diagnostic, "", "", 0)
    assert none.verdict == "fail"
    assert none.findings[0].limit_source == 'your profile "rover"'
    assert none.findings[0].next_step
    assert judge_diagnostic(diagnostic, "", "sh: 1: ip: not found\n", 127).verdict == "unknown"
    assert judge("can-bus", "", "", 0).verdict == "skip"


UNIT = "Id={}\nLoadState=loaded\nActiveState={}\nSubState={}\nUnitFileState=enabled\n"


def units(**states: str) -> str:
    subs = {"active": "running", "inactive": "dead", "failed": "failed", "activating": "start"}
    blocks = [UNIT.format(f"{name}.service".replace("_", "-"), s, subs[s]) for name, s in states.items()]
    return "\n".join(blocks) + "end of vital services\n"


def test_a_profiles_units_are_asked_for_and_judged_only_where_the_profile_counts(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    diagnostic = library.catalogue.get("critical-units")
    assert diagnostic.command.count("sensor-hub.service") == 1
    assert diagnostic.command.count("cron.service") == 1
    stopped = units(cron="active", sensor_hub="inactive")
    result = judged(library, "critical-units", stopped)
    assert finding(result, "sensor-hub.service").verdict is Verdict.FAIL
    assert finding(result, "sensor-hub.service").limit_source == 'your profile "rover"'
    assert finding(result, "cron.service").verdict is Verdict.PASS
    assert len([item for item in result.findings if item.label == "cron.service"]) == 1
    elsewhere = judged(library, "critical-units", stopped, OTHER)
    assert "sensor-hub.service" not in {item.label for item in elsewhere.findings}
    silent = judged(library, "critical-units", units(cron="active"))
    assert finding(silent, "sensor-hub.service").verdict is Verdict.UNKNOWN


def test_another_power_mode_and_another_model_are_found(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE})
    assert judged(library, "power-mode", "NV Power Mode: 25W\n3\n").verdict == "pass"
    assert judged(library, "power-mode", "NV Power Mode: 10W\n1\n").verdict == "warn"
    identity = "model {}\nserial 1\nhostname rover-7\nkernel 5.15.1\nmachine aarch64\n"
    assert judged(library, "identity", identity.format("NVIDIA Jetson Orin NX")).verdict == "pass"
    wrong = judged(library, "identity", identity.format("NVIDIA Jetson AGX Orin"))
    assert finding(wrong, "Expected model").verdict is Verdict.FAIL


def test_the_most_exact_profile_that_fits_counts() -> None:
    def profile(name: str, **match: object) -> Profile:
        return Profile.model_validate({"name": name, "match": match})

    model, host = profile("model", model="orin nx"), profile("host", hostname="^rover")
    serial, never = profile("serial", serials=["1424024012345"]), profile("never")
    both = profile("both", serials=["1424024012345"], hostname="^bench")
    assert best_match((never, both), ROVER) is None
    assert best_match((never, model), ROVER) is model
    assert best_match((model, host), ROVER) is host
    assert best_match((model, serial, host), ROVER) is serial
    assert best_match((model, serial, host), None) is None


def test_a_chosen_profile_counts_for_every_device_and_an_unknown_one_is_named(make: Make) -> None:
    library = make(profiles={"rover.toml": PROFILE}, chosen="rover")
    assert judged(library, "memory", MEMINFO.format(300_000), OTHER).verdict == "warn"
    assert judged(library, "memory", MEMINFO.format(300_000), None).verdict == "warn"
    missing = make(chosen="robot")
    assert missing.chosen == ""
    assert "V3_PROFILE: there is no profile 'robot'" in missing.problems[0]
    with pytest.raises(BadRequest, match="robot"):
        library.require("robot")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('name = "a"\n\n[expect]\ncamras = 2\n', "p.toml:4: expect.camras: there is no such field"),
        ('name = "a"\n[expect]\n# two\ncameras = "two"\n', "p.toml:4: expect.cameras: Input should be"),
        ('name = "a"\n[match]\nmodel = "("\n', "p.toml:3: match.model: it is no regular expression"),
        ('name = "a"\n[expect]\nusb_devices = [\n "2c7c",\n]\n', "p.toml:3: expect.usb_devices.0: "),
        (
            'name = "a"\n[expect]\ncritical_units = ["x;reboot.service"]\n',
            "p.toml:3: expect.critical_units.0",
        ),
        ('name = "a"\n[limits.memry]\nx = { warn = 1 }\n', "p.toml:2: limits.memry: there is no such diag"),
        (
            'name = "a"\n[limits.memory]\n"Free" = { warn = 1 }\n',
            "p.toml:3: limits.memory.Free: it has no such check; it has: Available memory",
        ),
        (
            'name = "a"\n[limits.memory]\n"Available memory" = { warn = 5, fail = 10 }\n',
            "p.toml:3: limits.memory.Available memory: warn lies below fail",
        ),
        (
            'name = "a"\n[limits.pressure]\n"Time spent waiting (mean of 60 s)" = { warn = 5 }\n',
            "p.toml:3: limits.pressure.Time spent waiting (mean of 60 s): warn: it has several numbers",
        ),
        (
            'name = "a"\n[limits.kernel-taint]\n"Taint flag" = { warn = 5 }\n',
            "p.toml:3: limits.kernel-taint.Taint flag: warn: it compares no number",
        ),
        ('name = "a"\n[limits.memory]\n"Available memory" = {}\n', "Available memory: state warn or fail"),
        ('name = "a"\nmatch = \n', "p.toml:2: "),
        ("[match]\n", "p.toml:1: name: it is missing"),
    ],
)
def test_a_wrong_profile_is_named_with_its_line_and_left_out(make: Make, text: str, problem: str) -> None:
    library = make(profiles={"p.toml": text, "rover.toml": PROFILE})
    assert [p.name for p in library.profiles] == ["rover"]
    assert len(library.problems) == 1
    assert problem in library.problems[0]


def test_an_own_diagnostic_is_run_and_judged_like_any_other_and_shown_as_theirs(make: Make) -> None:
    library = make(diagnostics={"mine.toml": OWN})
    assert library.problems == ()
    assert library.catalogue.get("spare-memory").origin == "yours"
    assert library.catalogue.get("memory").origin == "built-in"
    assert judged(library, "spare-memory", MEMINFO.format(400_000)).verdict == "fail"
    assert judged(library, "spare-memory", MEMINFO.format(900_000)).verdict == "pass"
    ids = list(library.catalogue.diagnostics)
    assert ids.index("memory") < ids.index("spare-memory") < ids.index("interfaces")


def test_a_profile_may_limit_an_own_diagnostic(make: Make) -> None:
    limit = 'name = "a"\n[limits.spare-memory]\nAvailable = { fail = 950000 }\n'
    library = make(diagnostics={"mine.toml": OWN}, profiles={"a.toml": limit}, chosen="a")
    assert library.problems == ()
    assert judged(library, "spare-memory", MEMINFO.format(900_000)).verdict == "fail"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"spare-memory"', '"memory"', "mine.toml:1: id 'memory' is a built-in diagnostic's"),
        ('parser = "meminfo"', 'parser = "os"', "mine.toml:6: spare-memory: parser: there is no parser 'os'"),
        ('parser = "meminfo"', 'parser = "_text"', "mine.toml:6: spare-memory: parser: "),
        ('title = "Spare memory"', 'titel = "x"', "mine.toml:3: spare-memory: titel: there is no such field"),
        ('why = "The pipeline needs 512 MB."\n', "", "mine.toml:1: spare-memory: why: it is missing"),
        ("below = 524288", 'below = "low"', "mine.toml:9: spare-memory: check.0.fail.0.below"),
        ('source = "ours"', 'reason = "{value"', "mine.toml:9: spare-memory: check.0.reason: the braces"),
        ('source = "ours"', 'related = ["nothing"]', "spare-memory: related 'nothing' is no diagnostic"),
        ("[[diagnostic]]", "[diagnostic]", "mine.toml:1: diagnostic: write [[diagnostic]]"),
        ("[[diagnostic]]", "[[diagnostic]", "mine.toml:1: "),
    ],
)
def test_a_wrong_own_diagnostic_is_named_with_its_line_and_the_rest_works(
    make: Make, old: str, new: str, problem: str
) -> None:
    good = OWN.replace("spare-memory", "other-memory")
    library = make(diagnostics={"mine.toml": OWN.replace(old, new, 1), "other.toml": good})
    assert any(problem in text for text in library.problems), library.problems
    assert len(library.catalogue) == len(builtin_catalogue()) + 1
    assert library.catalogue.get("memory").origin == "built-in"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "diagnostics").mkdir()
    (tmp_path / "diagnostics" / "x.toml").write_bytes(b"\xff\xfe\x00")
    library = load_library(tmp_path)
    assert library.problems[0].startswith("diagnostics/x.toml:1: it is not UTF-8 text")
    assert len(library.catalogue) == len(builtin_catalogue())


def test_the_line_of_a_place_is_found_in_tables_lists_and_behind_long_strings() -> None:
    lines = TomlLines(
        "category = 'x'\n[[diagnostic]]\nid = 'a'\ncommand = '''\nid = 'no key'\n[[diagnostic]]\n'''\n"
        "[[diagnostic.check]]\nlabel = 'one'\n[[diagnostic.check]]\nlabel = 'two'\n[[diagnostic]]\nid = 'b'\n"
        '[limits."a.b"]\n"c d" = 1\n'
    )
    assert lines.at(("diagnostic", 0, "id")) == 3
    assert lines.at(("diagnostic", 0, "check", 1, "label")) == 11
    assert lines.at(("diagnostic", 0, "check", 1, "fail", 0)) == 10
    assert lines.at(("diagnostic", 1, "id")) == 13
    assert lines.at(("limits", "a.b", "c d")) == 15
    assert lines.at(("nothing",)) == 1
