"""Rows 114 to 119: logins of the second path."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import paramiko
import pytest

from tests.faults.bench import Bench, Seen
from tests.faults.login_stubs import PASSWORD, AskingStub, WordyStub
from tests.faults.matrix import row
from tests.faults.pam_sshd import BOTH, INTERACTIVE, PamSshd
from tests.faults.pam_sshd import PASSWORD as BY_PASSWORD
from tests.faults.rows_logins import BOOTING, CODE, aged, prompts
from tests.waiting import wait_until
from utils import errors
from utils import ssh_interface as ssh
from utils.link.login import refusals

BY_SSH = {"ssh_use_persistent": False}


def question(seen: Seen) -> str:
    """Which question it is that the call met."""
    assert isinstance(seen.error, errors.LoginQuestion), seen.text
    return str(seen.error.details["question"])


@row(
    114,
    "second path: wrong password, both methods offered",
    shows="auth-failed",
    within=4,
    state="blocked",
    runs=(0, 0),
)
def wrong_by_both(bench: Bench) -> Seen:
    server = bench.use(PamSshd(bench.user, config=BOTH))
    bench.point(server, ssh_password="not the password", **BY_SSH)
    seen = bench.call()
    assert "Wrong password" in seen.text, seen.text
    assert "Wrong password" in bench.call().text
    with mock.patch.object(refusals, "REFUSED_LOGIN_S", 0), ssh.door.keep_connected():
        time.sleep(2)
    assert server.refused() == 1, f"{server.refused()} attempts"
    ssh.reset()
    assert "not tried again" in bench.call().text
    assert server.refused() == 1, f"{server.refused()} attempts"
    return seen


@row(
    "114b",
    "second path: wrong password, one method",
    shows="auth-failed",
    within=4,
    state="blocked",
    runs=(0, 0),
)
def wrong_by_one(bench: Bench) -> Seen:
    seen = Seen("none", 0.0)
    for config in (BY_PASSWORD, INTERACTIVE):
        server = bench.use(PamSshd(bench.user, config=config))
        bench.point(server, ssh_password="not the password", **BY_SSH)
        seen = bench.call()
        assert ("Wrong password" in seen.text, server.refused()) == (True, 1), (seen.text, server.refused())
    return seen


@row(
    115,
    "second path: asked for the password in many words",
    shows="ok",
    within=6,
    state="ready",
    runs=(1, 1),
    root=False,
)
def words_for_a_password(bench: Bench) -> Seen:
    seen = Seen("none", 0.0)
    for text in ("Passwort: ", "Password for stub@board:", "Mot de passe : ", "Phasal-faire: "):
        stub = bench.use(AskingStub([(text, False, PASSWORD)]))
        bench.point(stub, **BY_SSH)
        seen = bench.call()
        assert (seen.shown, stub.given) == ("ok", [PASSWORD]), (text, seen.text)
    return seen


@row(
    116,
    "second path: a code, which a person answers",
    shows="ok",
    within=6,
    state="ready",
    runs=(1, 1),
    root=False,
)
def a_code(bench: Bench) -> Seen:
    stub = bench.use(AskingStub([("Password: ", False, PASSWORD)], [CODE]))
    bench.point(stub, **BY_SSH)
    asked = bench.call()
    assert (asked.shown, prompts(asked)) == (
        "login-question",
        [{"text": "Verification code:", "echo": False}],
    )
    assert bench.state == "blocked"
    ssh.answer(["123 456"])
    seen = bench.call()
    assert stub.given == [PASSWORD, PASSWORD, "123 456"], stub.given
    return seen


@row(
    "116b",
    "second path: another board is there when a person answers",
    shows="login-question",
    within=6,
    state="blocked",
    runs=(0, 0),
    root=False,
)
def a_code_of_another_board(bench: Bench) -> Seen:
    stub = bench.use(AskingStub([("Password: ", False, PASSWORD)], [CODE]))
    bench.point(stub, **BY_SSH)
    first = question(bench.call())
    assert question(bench.call()) == first, "asked anew while a person reads"
    assert stub.given == [PASSWORD], "each call logged in"
    ssh.answer(["123 456"])
    stub.key = paramiko.ECDSAKey.generate()
    seen = bench.call()
    assert "Another board is there now" in seen.text, seen.text
    assert "123 456" not in stub.given, stub.given
    with pytest.raises(errors.BadRequest, match="asks something else"):
        ssh.door.answer(["123 456"], first)
    assert question(bench.call()) != first
    return seen


@row(117, "second path: booting, no logins yet", shows="booting", within=4, state="ready", runs=(0, 0))
def booting(bench: Bench) -> Seen:
    seen = Seen("none", 0.0)
    for config in (BY_PASSWORD, INTERACTIVE):
        server = bench.use(PamSshd(bench.user, config=config))
        server.nologin.write_text(f"{BOOTING}\n")
        bench.point(server, **BY_SSH)
        seen = bench.call()
        assert (seen.shown, "booting up" in seen.text) == ("booting", True), (config, seen.text)
        server.nologin.unlink()
        assert bench.call().shown == "ok"
    return seen


@row(
    118,
    "second path: account or password expired",
    shows="password-expired",
    within=4,
    state="blocked",
    runs=(0, 0),
)
def expired(bench: Bench) -> Seen:
    aged(bench, "-E", "1")
    for config in (BY_PASSWORD, INTERACTIVE):
        bench.point(bench.use(PamSshd(bench.user, config=config)), **BY_SSH)
        seen = bench.call()
        assert (seen.shown, "expired" in seen.text) == ("auth-failed", True), (config, seen.text)
    aged(bench, "-E", "-1", "-d", "0")
    bench.point(bench.use(PamSshd(bench.user, config=INTERACTIVE)), **BY_SSH)
    return bench.call()


@row(
    "118b", "second path: a greeting that every login shows", shows="ok", within=4, state="down", runs=(1, 1)
)
def greeting(bench: Bench) -> Seen:
    words = bench.folder / "banner"
    words.write_text("System maintenance is on Fridays. Too many users know this password.\n")
    server = bench.sshd(f"Banner {words}")
    bench.point(server, ssh_password="not the password")
    assert bench.call().shown == "auth-failed"
    bench.point(server, **BY_SSH)
    seen = bench.call("echo out; echo err >&2")
    assert seen.result is not None
    assert (seen.result.stdout, seen.result.stderr) == ("out\n", "err\n")
    bench.point(server, ssh_password="not the password either", **BY_SSH)
    assert bench.call().shown == "auth-failed"
    for way in ({}, BY_SSH):  # the same words, where it asks for the password
        stub = bench.use(AskingStub([("Password: ", False, "another")], words=words.read_text()))
        bench.point(stub, **way)
        assert {bench.call().shown for _ in range(3)} == {"auth-failed"}, way
        assert stub.given == [PASSWORD], "the wrong password was sent again"
    bench.point(server, ssh_password="not the password either", **BY_SSH)
    return seen


KILLED = """
import sys
from pathlib import Path
from utils import ssh_interface
from utils.settings import Settings
ssh_interface.configure(Settings.model_validate_json(sys.argv[1]))
ssh_interface.run("true", timeout=30)
"""


@row(
    "118c",
    "second path: words without an end before the login",
    shows="login-timeout",
    within=4,
    state="down",
    runs=(0, 0),
    root=False,
)
def endless_words(bench: Bench) -> Seen:
    stub = bench.use(WordyStub())
    stub.endless = "greetings"
    bench.point(stub, **BY_SSH)
    seen = bench.call()
    assert "without an end" in seen.text, seen.text
    stub.endless = ""
    assert bench.call().shown == "ok"
    ssh.reset()
    stub.endless = "dialogue"
    seen = bench.call()
    assert "without an end" in seen.text, seen.text
    return seen


@row(
    119,
    "second path: the program is killed in a login",
    shows="ok",
    within=3,
    state="down",
    runs=(0, 1),
    root=False,
)
def killed_in_a_login(bench: Bench) -> Seen:
    """Stopped, so that ssh's helper waits for its answer; then killed."""
    stub = bench.use(AskingStub([("Password: ", False, PASSWORD)]))
    settings = stub.settings(bench.folder / "data", **BY_SSH).model_dump_json(exclude={"ssh_password"})
    text = settings.replace("{", f'{{"ssh_password":"{PASSWORD}",', 1)
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, text], cwd=Path(__file__).parents[2])
        assert wait_until(lambda: "ssh" in _helpers(stub.port), 30), "no login began"
        process.send_signal(signal.SIGSTOP)
        asked = wait_until(lambda: "askpass" in _helpers(stub.port), 30)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert asked, "ssh asked nothing"
        assert wait_until(lambda: not _helpers(stub.port), 5), f"left: {_helpers(stub.port)}"
    return Seen("ok", 0.0)


def _helpers(port: int) -> list[str]:
    """What runs for a login to this port: ssh itself, and its helper in the same process group."""
    found, groups = [], set()
    lines = {folder: line for folder in Path("/proc").iterdir() if (line := _line(folder))}
    for folder, line in lines.items():
        if os.path.basename(line[0]) == b"ssh" and str(port).encode() in line:
            found.append("ssh" if b"StrictHostKeyChecking=yes" in line else "a look at the key")
            groups.add(_group(folder))
    GROUPS.update(groups)
    return found + ["askpass" for folder, line in lines.items() if _is_helper(folder, line)]


GROUPS: set[int] = set()
"""Process groups of logins that were seen."""


def _is_helper(folder: Path, line: list[bytes]) -> bool:
    return any(part.endswith(b"askpass_client.py") for part in line) and _group(folder) in GROUPS


def _line(folder: Path) -> list[bytes]:
    try:
        return (folder / "cmdline").read_bytes().split(b"\0")[:-1] if folder.name.isdigit() else []
    except OSError:
        return []


def _group(folder: Path) -> int:
    try:
        return os.getpgid(int(folder.name))
    except OSError:
        return 0
