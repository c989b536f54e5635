"""Rows 100 to 113: what a device asks, and what it says, in the midst of a login."""

from __future__ import annotations

import subprocess
from typing import Any
from unittest import mock

from tests.faults.bench import Bench, Seen
from tests.faults.login_stubs import PASSWORD, AskingStub, EndingStub
from tests.faults.matrix import row
from tests.faults.pam_sshd import BOTH, INTERACTIVE, PamSshd
from tests.faults.pam_sshd import PASSWORD as BY_PASSWORD
from tests.waiting import wait_until
from utils import ssh_interface as ssh
from utils.errors import BadRequest
from utils.link.login import question

BOOTING = (
    "System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. "
    "For technical details, see pam_nologin(8)."
)
CODE = ("Verification code: ", False, "123 456")


def prompts(seen: Seen) -> list[Any]:
    return list(getattr(seen.error, "details", {}).get("prompts", []))


@row(
    100, "asked for the password in many words", shows="ok", within=3, state="ready", runs=(1, 1), root=False
)
def words_for_a_password(bench: Bench) -> Seen:
    seen = Seen("none", 0.0)
    for text in ("Passwort: ", "Password for stub@board:", "Mot de passe : ", "Phasal-faire: "):
        stub = bench.use(AskingStub([(text, False, PASSWORD)], words="Welcome"))
        bench.point(stub)
        seen = bench.call()
        assert (seen.shown, stub.given) == ("ok", [PASSWORD]), (text, seen.text)
    return seen


@row(
    101,
    "password, then a code: a person answers",
    shows="ok",
    within=3,
    state="ready",
    runs=(1, 1),
    root=False,
)
def password_then_code(bench: Bench) -> Seen:
    stub = bench.use(AskingStub([("Password: ", False, PASSWORD)], [CODE]))
    bench.point(stub)
    for asked in (bench.call(), *bench.calls(3)):
        assert (asked.shown, prompts(asked)) == (
            "login-question",
            [{"text": "Verification code:", "echo": False}],
        )
        assert asked.runs == 0
    assert (bench.state, stub.connections) == ("blocked", 1)
    for wrong in ([], ["1", "2"]):
        try:
            ssh.answer(wrong)
        except BadRequest:
            continue
        raise AssertionError(f"{wrong} was taken")
    ssh.answer(["123 456"])
    seen = bench.call()
    assert stub.given == [PASSWORD, "123 456"], stub.given
    try:
        ssh.answer(["123 456"])
    except BadRequest:
        return seen
    raise AssertionError("an answer was taken twice")


@row("101b", "password and number at once, then one that may be seen", shows="ok", within=3, state="ready",
     runs=(1, 1), root=False)  # fmt: skip
def two_prompts_at_once(bench: Bench) -> Seen:
    number, twice = ("Employee number: ", True, "007"), [("Code: ", False, "1"), ("Code: ", False, "2")]
    stub = bench.use(AskingStub([("Password: ", False, PASSWORD), number], twice))
    bench.point(stub)
    assert prompts(bench.call()) == [{"text": "Employee number:", "echo": True}]
    ssh.answer(["007"])
    assert wait_until(lambda: prompts(bench.call()) == [{"text": "Code:", "echo": False}] * 2, 3)
    ssh.answer(["1", "2"])
    seen = bench.call()
    assert stub.given == [PASSWORD, "007", "1", "2"], stub.given
    return seen


@row(
    "101c",
    "a code is all that is asked",
    shows="auth-failed",
    within=3,
    state="blocked",
    runs=(0, 0),
    root=False,
)
def code_alone(bench: Bench) -> Seen:
    for way in ({"ssh_use_persistent": False}, {}):  # what it asks for stands before its prompt
        stub = bench.use(AskingStub([("> ", False, "1")], words="Enter the code\x1b[2J from your app"))
        bench.point(stub, **way)
        asked = bench.call()
        assert (asked.shown, prompts(asked), stub.given) == (
            "login-question",
            [{"text": ">", "echo": False}],
            [],
        )
        ssh.reset()
    stub = bench.use(AskingStub([CODE]))
    bench.point(stub)
    assert prompts(bench.call()) == [{"text": "Verification code:", "echo": False}]
    ssh.answer(["999 999"])
    seen = bench.call()
    assert stub.given == ["999 999"], "the password was given as the code"
    assert bench.call().shown == "auth-failed"
    assert stub.connections == 1
    return seen


@row(
    "101d",
    "a code, and nobody answers",
    shows="login-question",
    within=3,
    state="down",
    runs=(0, 0),
    root=False,
)
def nobody_answers(bench: Bench) -> Seen:
    stub = bench.use(AskingStub([CODE]))
    with mock.patch.object(question, "HOLD_S", 1.5):
        bench.point(stub)
        seen = bench.call()
        assert wait_until(lambda: "Nobody answered" in bench.call().text, 4)
    assert (stub.given, stub.connections) == ([], 1)
    ssh.reset()
    assert prompts(bench.call())
    ssh.reset()  # the login that waits ends with it
    return seen


@row(
    "101e",
    "a new password is asked for",
    shows="password-expired",
    within=3,
    state="blocked",
    runs=(0, 0),
    root=False,
)
def new_password(bench: Bench) -> Seen:
    stub = bench.use(AskingStub([("Password: ", False, PASSWORD)], [("New password: ", False, "")]))
    bench.point(stub)
    seen = bench.call()
    assert stub.given == [PASSWORD]
    return seen


@row("101f", "a code, and the device ends the login", shows="login-question", within=3, state="blocked",
     runs=(0, 0), root=False)  # fmt: skip
def device_ends_it(bench: Bench) -> Seen:
    stub = bench.use(AskingStub([CODE]))
    bench.point(stub)
    seen = bench.call()
    stub.cut()
    assert wait_until(lambda: "before anybody answered" in bench.call().text, 4)
    assert prompts(bench.call()) == []
    assert stub.connections == 1
    return seen


@row(102, "wrong password, asked for by keyboard-interactive", shows="auth-failed", within=4, state="blocked",
     runs=(0, 0))  # fmt: skip
def wrong_by_interactive(bench: Bench) -> Seen:
    server = bench.use(PamSshd(bench.user, config=INTERACTIVE))
    bench.point(server, ssh_password="not the password")
    seen = bench.call()
    assert "Wrong password" in seen.text, seen.text
    ssh.reset()
    assert bench.call().shown == "auth-failed"
    assert server.refused() == 1, f"{server.refused()} attempts"
    return seen


@row(
    "102b",
    "wrong password, both methods offered",
    shows="auth-failed",
    within=4,
    state="blocked",
    runs=(0, 0),
)
def wrong_by_both(bench: Bench) -> Seen:
    server = bench.use(PamSshd(bench.user, config=BOTH))
    bench.point(server, ssh_password="not the password")
    seen = bench.call()
    assert server.refused() == 1, f"{server.refused()} attempts"
    return seen


def booting(bench: Bench, config: str, **changes: Any) -> Seen:
    server = bench.use(PamSshd(bench.user, config=config))
    server.nologin.write_text(f"{BOOTING}\n")
    bench.point(server, **changes)
    seen = bench.call()
    assert "booting up" in seen.text, seen.text
    assert {bench.call().shown for _ in range(20)} == {"booting"}  # as the commands of a check-up
    attempts = server.said().count("Connection from")
    assert attempts < 10, f"{attempts} attempts"
    server.nologin.unlink()
    with ssh.keep_connected():
        assert wait_until(lambda: bench.state == "ready", 12), bench.call().text
    assert bench.call().shown == "ok"
    return seen


@row(103, "booting: no logins yet, by password", shows="booting", within=3, state="ready", runs=(0, 0))
def booting_by_password(bench: Bench) -> Seen:
    return booting(bench, BY_PASSWORD)


@row(
    "103b",
    "booting: no logins yet, by keyboard-interactive",
    shows="booting",
    within=4,
    state="ready",
    runs=(0, 0),
)
def booting_by_interactive(bench: Bench) -> Seen:
    return booting(bench, INTERACTIVE)


@row("103c", "booting: no logins yet, by key", shows="booting", within=3, state="ready", runs=(0, 0))
def booting_by_key(bench: Bench) -> Seen:
    return booting(bench, BY_PASSWORD, ssh_password=None, ssh_key_file=bench.user.key_file)


def aged(bench: Bench, *options: str) -> None:
    subprocess.run(["chage", *options, bench.user.name], check=True)
    bench.afterwards(subprocess.run, ["chage", "-E", "-1", "-d", "20000", bench.user.name])


@row(
    104,
    "password expired, by keyboard-interactive",
    shows="password-expired",
    within=4,
    state="blocked",
    runs=(0, 0),
)
def expired_by_interactive(bench: Bench) -> Seen:
    aged(bench, "-d", "0")
    bench.point(bench.use(PamSshd(bench.user, config=INTERACTIVE)))
    return bench.call()


@row(105, "account expired", shows="auth-failed", within=4, state="blocked", runs=(0, 0))
def account_expired(bench: Bench) -> Seen:
    aged(bench, "-E", "1")
    seen = Seen("none", 0.0)
    for config in (BY_PASSWORD, INTERACTIVE):
        bench.point(bench.use(PamSshd(bench.user, config=config)))
        seen = bench.call()
        assert "expired" in seen.text, seen.text
        assert not getattr(seen.error, "retryable", True)
    return seen


@row(106, "too many users", shows="channel-refused", within=3, state="down", runs=(0, 0), root=False)
def too_many_users(bench: Bench) -> Seen:
    bench.point(bench.use(EndingStub("Too many users on this board", code=12)))
    seen = bench.call()
    assert "Too many users on this board" in seen.text
    return seen


@row("106b", "ended with words that nobody knows", shows="auth-failed", within=3, state="blocked",
     runs=(0, 0), root=False)  # fmt: skip
def unknown_words(bench: Bench) -> Seen:
    stub = bench.use(EndingStub("Ask Bob in building 7 \x1b[2J room 12 " + "x" * 600))
    bench.point(stub)
    seen = bench.call()
    assert "Ask Bob in building 7 [2J room 12" in seen.text
    assert len(seen.text) < 600
    assert bench.call().shown == "auth-failed"
    assert stub.passwords == 1
    return seen
