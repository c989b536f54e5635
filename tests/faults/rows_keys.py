"""Rows 107 to 113: keys, passphrases, agents, methods in the server's order, host keys of two types."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

from tests.faults.agents import agent_that_never_signs, hanging_agent, real_agent
from tests.faults.bench import Bench, Seen
from tests.faults.login_stubs import AskingStub
from tests.faults.matrix import row
from tests.faults.pam_sshd import PamSshd
from tests.servers.servers import Dropbear, Sshd, set_password
from utils import ssh_interface as ssh

PASSPHRASE = "open $it"
NO_PASSWORD: dict[str, Any] = {"ssh_password": None}
BY_SSH: dict[str, Any] = {"ssh_use_persistent": False}
PATHS: tuple[dict[str, Any], ...] = ({}, BY_SSH)


def key(bench: Bench, *options: str, passphrase: str = "", known: bool = True) -> Path:
    """A new key of ssh-keygen; known: the device lets it in."""
    path = bench.folder / f"key{len(list(bench.folder.glob('key*')))}"
    command = ["ssh-keygen", "-q", "-a", "2", "-N", passphrase, "-f", str(path), *_short(*options), *options]
    subprocess.run(command, check=True, capture_output=True)
    if known:
        allowed = bench.user.home / ".ssh/authorized_keys"
        before = allowed.read_text()
        allowed.write_text(before + Path(f"{path}.pub").read_text())
        bench.afterwards(allowed.write_text, before)
    return path


def _short(*options: str) -> tuple[str, ...]:
    """A longer RSA key takes a second to make, and a third of one to read."""
    return ("-b", "2048") if "rsa" in options else ()


@row(107, "encrypted key files, on either path", shows="ok", within=6, state="ready", runs=(1, 1))
def encrypted_keys(bench: Bench) -> Seen:
    server, seen = bench.sshd("PasswordAuthentication no"), Seen("none", 0.0)
    for options in (("-t", "ed25519"), ("-t", "rsa", "-m", "PEM"), ("-t", "ecdsa", "-m", "PKCS8")):
        path = key(bench, *options, passphrase=PASSPHRASE)
        for way in PATHS:
            for name in ("ssh_key_passphrase", "ssh_password"):
                bench.point(server, ssh_key_file=path, **{**NO_PASSWORD, name: PASSPHRASE, **way})
                seen = bench.call()
                assert (seen.shown, seen.runs) == ("ok", 1), (options, way, name, seen.text)
    return seen


@row(
    "107b",
    "a passphrase is never sent as a password",
    shows="auth-failed",
    within=6,
    state="blocked",
    runs=(0, 0),
)
def passphrase_stays_here(bench: Bench) -> Seen:
    server, seen = bench.sshd(), Seen("none", 0.0)
    path = key(bench, "-t", "ed25519", passphrase=PASSPHRASE, known=False)
    for way in (BY_SSH, {}):
        for name in ("ssh_key_passphrase", "ssh_password"):
            bench.point(server, ssh_key_file=path, **{**NO_PASSWORD, name: PASSPHRASE, **way})
            ssh._the_door().link.refusals.forget()
            seen = bench.call()
            assert seen.shown == "auth-failed", (way, name, seen.text)
            hint = getattr(seen.error, "hint", "")
            assert ("SSH_KEY_FILE" in hint, "assword" in hint) == (True, False), (way, name, hint)
    assert server.refused() == 0, "the passphrase was sent"
    for asks in (f"Enter passphrase for key '{path}': ", "Enter passphrase: "):  # as ssh itself would ask
        for way in (BY_SSH, {}):
            stub = bench.use(AskingStub([(asks, False, PASSPHRASE)]))
            bench.point(stub, ssh_key_file=path, **{**NO_PASSWORD, "ssh_key_passphrase": PASSPHRASE, **way})
            assert (bench.call().shown, stub.given) == ("login-question", []), (way, asks)
    bench.point(server, ssh_key_file=path, **{**NO_PASSWORD, "ssh_key_passphrase": PASSPHRASE})
    return bench.call()


@row("107c", "wrong or no passphrase, on either path", shows="no-credentials", within=3, state="blocked|down",
     runs=(0, 0))  # fmt: skip
def wrong_passphrase(bench: Bench) -> Seen:
    server, seen = bench.sshd(), Seen("none", 0.0)
    path = key(bench, "-t", "ed25519", passphrase=PASSPHRASE)
    for way in PATHS:
        for given, word in (
            ({"ssh_key_passphrase": "not it"}, "does not open"), ({}, "is not set"),
            ({"ssh_password": bench.user.password}, "is not set"),
        ):  # fmt: skip
            bench.point(server, ssh_key_file=path, **{**NO_PASSWORD, **given, **way})
            seen = bench.call()
            assert (seen.shown, word in seen.text) == ("no-credentials", True), (way, given, seen.text)
    assert (server.refused(), server.logins()) == (0, 0)
    return seen


@row(108, "key files that are none, on either path", shows="no-credentials", within=3, state="blocked|down",
     runs=(0, 0))  # fmt: skip
def no_keys(bench: Bench) -> Seen:
    server, seen, path = bench.sshd(), Seen("none", 0.0), key(bench, "-t", "ed25519")
    (bench.folder / "putty.ppk").write_text("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")
    cases = {
        "putty.ppk": "puttygen",
        f"{path.name}.pub": "public half",
        "data": "folder",
        "gone": "No such file",
    }
    (bench.folder / "data").mkdir(exist_ok=True)
    for way in PATHS:
        for name, why in cases.items():
            bench.point(server, ssh_key_file=bench.folder / name, **way)
            seen = bench.call()
            told = f"{seen.text} {getattr(seen.error, 'hint', '')}"
            assert (seen.shown, why in told, name in told) == ("no-credentials", True, True), (way, told)
    assert server.refused() == 0
    return seen


@row("108b", "key files that editors changed, on either path", shows="ok", within=6, state="ready",
     runs=(1, 1))  # fmt: skip
def changed_keys(bench: Bench) -> Seen:
    server, seen = bench.sshd("PasswordAuthentication no"), Seen("none", 0.0)
    path = key(bench, "-t", "ed25519")
    raw = path.read_bytes()
    for content in (raw, raw.replace(b"\n", b"\r\n"), raw.rstrip(b"\n"), b"\xef\xbb\xbf" + raw):
        path.write_bytes(content)
        path.chmod(0o644)
        for way in PATHS:
            bench.point(server, ssh_key_file=path, **{**NO_PASSWORD, **way})
            seen = bench.call()
            assert seen.shown == "ok", (way, content[:20], seen.text)
    return seen


def without_password(bench: Bench) -> None:
    subprocess.run(["passwd", "-d", bench.user.name], check=True, capture_output=True)
    bench.afterwards(set_password, bench.user.name, bench.user.password)


@row(109, "a device without a password, on either path", shows="ok", within=6, state="ready", runs=(1, 1))
def no_password(bench: Bench) -> Seen:
    without_password(bench)
    server, seen = bench.sshd("PermitEmptyPasswords yes"), Seen("none", 0.0)
    for way in PATHS:
        for password in (None, "something"):
            bench.point(server, ssh_password=password, **way)
            seen = bench.call()
            assert seen.shown == "ok", (way, password, seen.text)
    assert server.refused() == 0
    return seen


@row(110, "methods in the server's order, on either path", shows="ok", within=6, state="down", runs=(1, 1))
def methods_in_order(bench: Bench) -> Seen:
    seen = Seen("none", 0.0)
    for methods in ("password,publickey", "publickey,password", "publickey,keyboard-interactive"):
        interactive = "yes" if "interactive" in methods else "no"
        config = f"AuthenticationMethods {methods}\nKbdInteractiveAuthentication {interactive}"
        server = bench.use(PamSshd(bench.user, config=config))
        for way in PATHS:
            bench.point(server, ssh_key_file=bench.user.key_file, **way)
            seen = bench.call()
            assert (seen.shown, seen.runs) == ("ok", 1), (methods, way, seen.text)
            ssh.close()
    return seen


@row(111, "an agent with eight keys, on either path", shows="ok", within=6, state="ready", runs=(1, 1))
def many_keys(bench: Bench) -> Seen:
    server, seen = bench.sshd("MaxAuthTries 6"), Seen("none", 0.0)
    with real_agent(others=8):
        for way in PATHS:
            bench.point(server, ssh_use_agent=True, **way)
            seen = bench.call()
            assert seen.shown == "ok", (way, seen.text)
    return seen


@row("111b", "too many refused keys", shows="auth-failed", within=4, state="blocked", runs=(0, 0))
def too_many_refused(bench: Bench) -> Seen:
    server = bench.sshd("MaxAuthTries 2")
    with real_agent(others=4):
        bench.point(server, ssh_use_agent=True)
        seen = bench.call()
        assert "Too many authentication failures" in seen.text, seen.text
        ssh.reset()
        again = bench.call()
        assert "not tried again" in again.text, again.text
        bench.point(server, ssh_use_agent=True, **BY_SSH)
        assert "not tried again" in bench.call().text
        ssh._the_door().link.refusals.forget()
        ssh.reset()  # no path tries again before a person has it so
        by_ssh = bench.call()
        assert "Too many authentication failures" in by_ssh.text, by_ssh.text
        bench.point(server, ssh_use_agent=True)
        bench.call()
    return seen


@row(
    "111c",
    "an agent that holds the right key, with a key before it",
    shows="ok",
    within=6,
    state="ready",
    runs=(1, 1),
)
def right_key_in_the_agent(bench: Bench) -> Seen:
    server, seen = bench.sshd("PasswordAuthentication no"), Seen("none", 0.0)
    with real_agent(key(bench, "-t", "rsa"), others=2):
        for way in PATHS:
            bench.point(server, ssh_use_agent=True, **NO_PASSWORD, **way)
            seen = bench.call()
            assert seen.shown == "ok", (way, seen.text)
    return seen


@row(112, "an agent that never answers, on either path", shows="ok", within=6, state="ready", runs=(1, 1))
def agent_hangs(bench: Bench) -> Seen:
    server, seen = bench.sshd(), Seen("none", 0.0)
    with hanging_agent():
        for way in PATHS:
            bench.point(server, ssh_use_agent=True, **way)
            seen = bench.call()
            assert (seen.shown, seen.seconds < 5) == ("ok", True), (way, seen.text, seen.seconds)
    return seen


@row("112b", "an agent that never signs", shows="ok", within=9, state="ready", runs=(1, 1), fast=False)
def agent_never_signs(bench: Bench) -> Seen:
    with agent_that_never_signs(bench.user.key_file):
        bench.point(bench.sshd(), ssh_use_agent=True)
        return bench.call()


@row(
    "112c",
    "no agent, and nothing else to log in with",
    shows="no-credentials",
    within=3,
    state="blocked",
    runs=(0, 0),
)
def agent_alone_is_gone(bench: Bench) -> Seen:
    bench.point(bench.sshd(), ssh_use_agent=True, **NO_PASSWORD)
    with mock.patch.dict(os.environ, {"SSH_AUTH_SOCK": "/nowhere/agent"}):
        seen = bench.call()
    assert "agent" in seen.text, seen.text
    return seen


def host_key(server: Any, kind: str) -> str:
    path = server.folder / f"host_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *_short(kind), "-N", "", "-f", str(path)], check=True)
    return f"HostKey {path}"


@row(
    113,
    "a known board has a second host key type, on either path",
    shows="ok",
    within=6,
    state="ready",
    runs=(1, 1),
)
def second_type(bench: Bench) -> Seen:
    server, other, seen = bench.sshd(), Sshd(bench.user), Seen("none", 0.0)
    other.config = host_key(other, "rsa")
    (other.folder / "host_key").unlink()
    bench.use(other)
    bench.connect(server)  # two boards, known by keys of two types
    bench.connect(other)
    other.stop()
    other.new_host_key()  # firmware adds an ed25519 key
    other.start()
    for policy in ("ask", "strict"):
        for way in PATHS:
            bench.point(other, ssh_host_keys=policy, **way)
            seen = bench.call()
            assert seen.shown == "ok", (policy, way, seen.text)
    for way in PATHS:
        bench.point(other, ssh_host_keys="ask", ssh_password=f"wrong {len(way)}", **way)
        assert bench.call().shown == "auth-failed", way
    other.stop()
    shutil.copy(other.folder / "host_key", other.folder / "host_rsa")  # now it is another board
    other.start()
    for way in PATHS:
        bench.point(other, ssh_host_keys="ask", **way)
        assert bench.call().shown == "host-key-unknown"
    bench.point(server, **BY_SSH)
    return bench.call()


@row("113b", "dropbear without a password, on either path", shows="ok", within=6, state="ready", runs=(1, 1))
def dropbear_without_password(bench: Bench) -> Seen:
    without_password(bench)
    seen = Seen("none", 0.0)
    server = bench.use(OpenDropbear(bench.user))
    for way in PATHS:
        for password in (None, "something"):
            bench.point(server, ssh_password=password, **way)
            seen = bench.call()
            assert seen.shown == "ok", (way, password, seen.text)
    return seen


class OpenDropbear(Dropbear):
    """dropbear -B: an empty password is one."""

    def argv(self) -> list[str]:
        return [*super().argv(), "-B"]
