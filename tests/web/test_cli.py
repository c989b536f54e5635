"""The command line, as a process: output, exit status, streams; against the demo device."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.busy import BUSY
from tests.faults.login_stubs import PASSWORD, AskingStub
from tests.warm import Warm, warm_run
from tests.web.program import clean_environment
from utils.bench.normal import Normal
from utils.demo.device import DemoDevice
from utils.settings import PROJECT

FLASK = [sys.executable, "-m", "flask", "--app", "app"]
SHORT = [sys.executable, "-m", "utils.cli"]  # `v3`: the same commands
HEALTHY = "MemTotal: 16000000 kB\nMemFree: 9000000 kB\nMemAvailable: 8000000 kB\n"
FAULTY = "MemTotal: 16000000 kB\nMemFree: 90000 kB\nMemAvailable: 80000 kB\n"


def flask(
    tmp_path: Path, *arguments: str, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    return started(FLASK, tmp_path, *arguments, stdin=stdin, **environ)


def short(
    tmp_path: Path, *arguments: str, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    return started(SHORT, tmp_path, *arguments, stdin=stdin, **environ)


def started(
    program: list[str], tmp_path: Path, *arguments: str, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    argv = [*program, *arguments]
    return warm_run(argv, cwd=PROJECT, env=clean_environment(tmp_path, **environ), stdin=stdin)


@pytest.fixture
def unknown_device(tmp_path: Path) -> object:
    """A device that nobody trusted yet: the demo device, met as a real one."""
    device = DemoDevice(tmp_path / "device")
    port = device.start()
    yield {"SSH_IP": "127.0.0.1", "SSH_PORT": str(port), "SSH_PASSWORD": "demo", "fp": device.fingerprint}
    device.stop()


@pytest.mark.parametrize(
    ("text", "options", "status", "word"),
    [
        (HEALTHY, [], 0, "OK"),
        (FAULTY, [], 2, "Fault"),
        ("", [], 3, "Not checked"),
        ("garbage", [], 3, "Not checked"),
        ("", ["--exit-status", "127"], 0, "Not applicable"),
    ],
)
def test_judge_judges_saved_text_without_a_device(
    tmp_path: Path, text: str, options: list[str], status: int, word: str
) -> None:
    stderr_file = tmp_path / "stderr"
    stderr_file.write_text("sh: 1: cat: not found\n" if options else "")
    done = short(tmp_path, "judge", "memory", "--stderr-file", str(stderr_file), *options, stdin=text)
    assert (done.returncode, done.stdout[:14].strip()) == (status, word)
    assert "\x1b" not in done.stdout


def test_judge_can_answer_as_json(tmp_path: Path) -> None:
    done = short(tmp_path, "judge", "memory", "--json", stdin=FAULTY)
    assert done.returncode == 2
    assert json.loads(done.stdout)["verdict"] == "fail"


def test_judge_takes_what_is_normal_for_the_board_as_normal_and_for_no_other(tmp_path: Path) -> None:
    line = "<3>[    9.123456] frobnicator 3-0042: gizmo said 7"
    text = f"<6>[    0.000000] Booting Linux on physical CPU 0x0\n{line}\n"
    before = json.loads(short(tmp_path, "judge", "kernel-log", "--json", stdin=text).stdout)
    [unknown] = before["reading"]["unknown"]
    seen = {unknown["shape"]: unknown["first_line"]}
    folder = Path(clean_environment(tmp_path)["V3_DATA_DIR"])
    Normal(folder / "normal_lines.json").add("this-board", seen, who="a technician")

    def judged(*options: str) -> subprocess.CompletedProcess[str]:
        return short(tmp_path, "judge", "kernel-log", "--json", *options, stdin=text)

    ours, nobodys = judged("--board", "this-board"), judged()
    assert before["verdict"] == "unknown"
    assert (json.loads(ours.stdout)["verdict"], ours.returncode) == ("pass", 0)
    assert [item["shape"] for item in json.loads(ours.stdout)["reading"]["normal"]] == [unknown["shape"]]
    assert (json.loads(nobodys.stdout)["verdict"], nobodys.returncode) == ("unknown", 3)
    unknown_board = judged("--board", "another")
    error = json.loads(unknown_board.stdout)["error"]
    assert (unknown_board.returncode, error["code"]) == (3, "unknown-device")
    assert ("another" in error["message"], "this-board" in error["hint"]) == (True, True)

    (folder / "normal_lines.json").write_text("{")
    broken = judged("--board", "this-board")
    assert (broken.returncode, "verdict" in broken.stdout) == (3, False)
    assert "normal_lines.json cannot be read" in broken.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("judge", "no-such-diagnostic"),
        ("judge",),
        ("judge", "memory", "--exit-status", "x"),
        ("checkup", "--bogus"),
        ("checkup", "no-such-diagnostic"),
        ("run-diagnostic",),
        ("run-diagnostic", "no-such-diagnostic"),
        ("run-diagnostic", "memory", "--timeout", "0"),
        ("device", "--reflashed"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_ends_with_3_and_says_so_on_stderr(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = short(tmp_path, *arguments)
    assert done.returncode == 3
    assert done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_wrong_settings_end_with_3_and_name_all_of_them(tmp_path: Path) -> None:
    done = flask(tmp_path, "checkup", SSH_PORT="x", SSH_IP="-x")
    assert done.returncode == 3
    assert "SSH_PORT" in done.stderr
    assert "SSH_IP" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_catalogue_is_listed(tmp_path: Path) -> None:
    environ = clean_environment(tmp_path)
    done = subprocess.run(  # from nothing, as all the others do without
        [*FLASK, "catalogue"],
        cwd=PROJECT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0
    assert any(line.split()[1:2] == ["memory"] for line in done.stdout.splitlines())
    listed = json.loads(flask(tmp_path, "catalogue", "--json").stdout)["diagnostics"]
    assert len(listed) == len(done.stdout.splitlines())


def test_a_checkup_of_the_demo_device_is_worst_first_with_json_and_junit(tmp_path: Path) -> None:
    done = flask(tmp_path, "checkup", "--demo", "memory", "over-current", "--junit", str(tmp_path / "j.xml"))
    assert done.returncode == 2
    words = [line.split()[:2] for line in done.stdout.splitlines() if line[:1].isupper()]
    assert words[0] == ["Fault", "over-current"]
    assert [word[1] for word in words] == ["over-current", "memory"]
    assert done.stdout.splitlines()[-1].startswith("1 fault")
    suite = ElementTree.parse(tmp_path / "j.xml").getroot()[0]  # noqa: S314 - our own file
    assert suite.get("tests") == "2"
    assert suite.get("failures") == "1"


def test_json_is_alone_on_stdout(tmp_path: Path) -> None:
    done = flask(tmp_path, "checkup", "--demo", "--json", "over-current")
    assert done.returncode == 2
    checkup = json.loads(done.stdout)
    assert checkup["verdict"] == "fail"
    assert checkup["results"][0]["path"] == "persistent"


def test_one_diagnostic_shows_evidence_limit_and_next_step(tmp_path: Path) -> None:
    done = flask(tmp_path, "run-diagnostic", "--demo", "over-current")
    assert done.returncode == 2
    for word in ("Fault", "limit:", "next:"):
        assert word in done.stdout


def test_junit_that_cannot_be_written_ends_with_3(tmp_path: Path) -> None:
    done = flask(tmp_path, "checkup", "--demo", "over-current", "--junit", str(tmp_path / "no" / "j.xml"))
    assert done.returncode == 3
    assert "cannot be written" in done.stderr


def test_no_connection_ends_with_3_and_the_reason(tmp_path: Path) -> None:
    environ = {"SSH_IP": "127.0.0.1", "SSH_PORT": "1", "SSH_PASSWORD": "canary-cli-1"}
    done = flask(tmp_path, "checkup", "--json", **environ)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "unreachable"
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize("options", [["checkup"], ["checkup", "--demo"], ["device", "--trust", "SHA256:x"]])
def test_a_data_folder_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, options: list[str]
) -> None:
    done = short(tmp_path, *options, V3_DATA_DIR="/dev/null/data", SSH_IP="127.0.0.1", SSH_PORT="1")
    assert done.returncode == 3
    assert "/dev/null/data" in done.stderr
    assert "Set V3_DATA_DIR" in done.stderr
    assert "SSH connection" not in done.stderr


def test_an_unknown_key_without_a_terminal_ends_with_the_fingerprint_and_what_to_do(
    tmp_path: Path, unknown_device: dict[str, str]
) -> None:
    fingerprint = unknown_device.pop("fp")
    done = short(tmp_path, "checkup", "over-current", **unknown_device)
    assert done.returncode == 3
    assert fingerprint in done.stderr
    assert f"device --trust {fingerprint}" in done.stderr
    wrong = short(tmp_path, "device", "--trust", "SHA256:" + "A" * 43, **unknown_device)
    assert wrong.returncode == 3
    assert "Nothing was trusted" in wrong.stderr
    assert short(tmp_path, "device", **unknown_device).returncode == 3
    right = short(tmp_path, "device", "--trust", fingerprint, **unknown_device)
    assert right.returncode == 0
    assert "v3-demo" in right.stdout
    other = short(tmp_path, "device", "--trust", "SHA256:" + "A" * 43, **unknown_device)
    assert other.returncode == 3, "a trusted device, but not the one that was meant"
    done = short(tmp_path, "checkup", "over-current", **unknown_device)
    assert done.returncode == 2


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 3), ("", 3)])
def test_at_a_terminal_an_unknown_key_is_asked_about(
    tmp_path: Path, unknown_device: dict[str, str], answer: str, status: int
) -> None:
    fingerprint = unknown_device.pop("fp")
    ours, theirs = pty.openpty()
    process = Warm(
        [*FLASK, "device"],
        cwd=PROJECT,
        env=clean_environment(tmp_path, **unknown_device),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = read_until(ours, b"[y/N]", 60)
    assert fingerprint in shown
    os.write(ours, answer.encode() + b"\n")
    rest = read_until(ours, b"never comes", 60)
    assert process.wait(60) == status
    assert ("v3-demo" in rest) == (status == 0)
    os.close(ours)


ASKING = ([("Password: ", False, PASSWORD)], [("Verification code: ", False, "123"), ("Site: ", True, "lab")])


def asking(stub: AskingStub) -> dict[str, str]:
    where = {"SSH_USER": "stub", "SSH_IP": "127.0.0.1", "SSH_PORT": str(stub.port), "SSH_PASSWORD": PASSWORD}
    return {**where, "SSH_HOST_KEYS": "trust-new"}


def test_at_a_terminal_what_the_device_asks_is_asked(tmp_path: Path) -> None:
    with AskingStub(*ASKING) as stub:
        ours, theirs = pty.openpty()
        process = Warm(
            [*FLASK, "connect"],
            cwd=PROJECT,
            env=clean_environment(tmp_path, **asking(stub)),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = read_until(ours, b"Verification code:", 60)
        os.write(ours, b"123\n")
        shown += read_until(ours, b"Site:", 60)
        os.write(ours, b"lab\n")
        shown += read_until(ours, b"never comes", 60)
        assert process.wait(60) == 0, shown
        os.close(ours)
        assert stub.given == [PASSWORD, "123", "lab"]
        assert "123" not in shown, "what must not be seen was shown"


def test_without_a_terminal_what_the_device_asks_ends_with_status_3(tmp_path: Path) -> None:
    with AskingStub(*ASKING) as stub:
        done = flask(tmp_path, "connect", "--json", **asking(stub))
        error = json.loads(done.stdout)["error"]
        assert (done.returncode, error["code"], stub.given) == (3, "login-question", [PASSWORD])
        assert [prompt["echo"] for prompt in error["details"]["prompts"]] == [False, True]
        explained = flask(tmp_path, "connect", "--explain", **asking(stub))
        assert explained.returncode == 3
        assert "Verification code" in explained.stdout


def read_until(terminal: int, mark: bytes, seconds: float) -> str:
    seen, until = b"", time.monotonic() + seconds
    while mark not in seen and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                more = os.read(terminal, 65536)
            except OSError:  # the other end was closed
                break
            if not more:
                break
            seen += more
    return seen.decode()


def test_all_boards_are_checked_with_a_junit_suite_each(tmp_path: Path) -> None:
    out = tmp_path / "j.xml"
    done = flask(tmp_path, "checkup", "--demo", "--all", "memory", "over-current", "--junit", str(out))
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1].split()[:2] == ["Fault", "main"]
    suites = ElementTree.parse(out).getroot().findall("testsuite")  # noqa: S314 - our own file
    assert [(suite.get("name"), suite.get("tests")) for suite in suites] == [("main", "2")]


def test_a_place_of_the_bench_that_cannot_be_read_is_never_a_pass(
    tmp_path: Path, unknown_device: dict[str, str]
) -> None:
    unknown_device.pop("fp")
    environ = {**unknown_device, "SSH_HOST_KEYS": "trust-new", "V3_DISCOVER": "off"}
    assert short(tmp_path, "checkup", "--all", "-q", "memory", **environ).returncode == 0
    (tmp_path / "data/bench.toml").write_text('[[bay]]\nid = "two"\nhst = "192.168.55.1"\n')
    done = short(tmp_path, "checkup", "--all", "-q", "memory", **environ)
    assert (done.returncode, "hst: there is no such field" in done.stderr) == (3, True)
    assert short(tmp_path, "checkup", "-q", "memory", **environ).returncode == 0  # this board alone


def test_a_board_that_does_not_answer_is_not_started(tmp_path: Path) -> None:
    left = {"SSH_IP": "127.0.0.1", "SSH_PORT": "1", "SSH_PASSWORD": "canary-cli-2"}
    out = tmp_path / "j.xml"
    done = flask(tmp_path, "checkup", "--all", "uptime", "--junit", str(out), **left)
    assert done.returncode == 3
    assert "not started" in done.stdout
    suites = ElementTree.parse(out).getroot().findall("testsuite")  # noqa: S314 - our own file
    assert [(suite.get("name"), suite.get("errors")) for suite in suites] == [("main", "1")]


@pytest.mark.parametrize(
    "arguments",
    [("checkup", "--bay", "nobody"), ("connect", "--bay", "nobody"), ("checkup", "--all", "--bay", "main")],
)
def test_a_bay_that_is_not_there_ends_with_3(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = short(tmp_path, *arguments)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_the_bays_are_listed_without_a_connection(tmp_path: Path) -> None:
    done = short(tmp_path, "bays")
    assert (done.returncode, [line.split()[0] for line in done.stdout.splitlines()]) == (0, ["main"])
    told = json.loads(short(tmp_path, "bays", "--json").stdout)
    assert [(bay["id"], bay["usb_port"]) for bay in told["bays"]] == [("main", None)]


FLASK_BESIDE = f"""{BUSY}
import flask.cli
sys.argv[1:1] = ["--app", "app"]
flask.cli.main()
"""


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [(["catalogue"], 0, ""), (["run-diagnostic", "--demo", "nothing"], 3, "nothing"), (["gone"], 3, "gone")],
)
def test_the_flask_command_too_ends_with_its_status_whatever_still_judges(
    tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FLASK_BESIDE, *arguments],
        cwd=PROJECT, env=clean_environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert bool(done.stdout) == (not status)
