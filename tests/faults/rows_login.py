"""Rows 14 to 21: login and host key."""

from __future__ import annotations

import subprocess

from tests.faults.bench import Bench, Seen
from tests.faults.matrix import row
from tests.faults.stubs import SshStub
from utils import ssh_interface as ssh

OLD = "KexAlgorithms diffie-hellman-group14-sha1"


def _no_second_path() -> None:
    assert ssh.status().fallbacks == 0, "the second path was tried"


@row(14, "wrong password", shows="auth-failed", within=3, state="blocked", runs=(0, 0))
def wrong_password(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.point(server, ssh_password="not the password")
    seen = bench.call()
    for again in bench.calls(5):
        assert again.shown == "auth-failed"
    assert server.refused() == 1, f"{server.refused()} attempts"
    _no_second_path()
    return seen


@row("14b", "wrong password, dropbear", shows="auth-failed", within=3, state="blocked", runs=(0, 0))
def wrong_password_dropbear(bench: Bench) -> Seen:
    server = bench.dropbear()
    bench.point(server, ssh_password="not the password")
    seen = bench.call()
    ssh.reset()
    assert bench.call().shown == "auth-failed"
    assert server.refused() == 1, f"{server.refused()} attempts"
    _no_second_path()
    return seen


@row(15, "login stalls", shows="login-timeout", within=11, state="down", root=False)
def auth_stall(bench: Bench) -> Seen:
    stub = bench.use(SshStub("authstall"))
    bench.point(stub)
    seen = bench.call()
    assert stub.passwords == 1
    _no_second_path()
    return seen


@row(16, "link cut during the login", shows="login-timeout", within=2, state="down", root=False)
def auth_cut(bench: Bench) -> Seen:
    stub = bench.use(SshStub("authcut"))
    bench.point(stub)
    seen = bench.call()
    assert "wrong password" in str(getattr(seen.error, "hint", ""))  # it says that it need not be one
    assert stub.passwords == 1
    _no_second_path()
    return seen


@row(17, "password expired", shows="password-expired", within=3, state="blocked", runs=(0, 0))
def expired(bench: Bench) -> Seen:
    subprocess.run(["chage", "-d", "0", bench.user.name], check=True)
    bench.afterwards(subprocess.run, ["chage", "-d", "-1", bench.user.name])
    bench.point(bench.sshd())
    seen = bench.call()
    _no_second_path()
    return seen


@row(
    18,
    "only SHA-1 algorithms, allowed: the system's ssh",
    shows="ok",
    within=6,
    state="ready",
    runs=(1, 1),
)
def sha1_allowed(bench: Bench) -> Seen:
    bench.point(bench.sshd(OLD), ssh_allow_sha1=True)
    seen = bench.call()
    assert seen.result is None or seen.result.path == "subprocess"
    return seen


@row(
    "18b", "only SHA-1 algorithms, not allowed", shows="incompatible", within=6, state="blocked", runs=(0, 0)
)
def sha1_refused(bench: Bench) -> Seen:
    bench.point(bench.sshd(OLD))
    seen = bench.call()
    assert "SSH_ALLOW_SHA1" in str(getattr(seen.error, "hint", ""))
    return seen


@row("18c", "only SHA-1 algorithms, a new device beside known ones: asked about", shows="host-key-unknown",
     within=6, state="blocked|down", runs=(0, 0))  # fmt: skip
def sha1_new_device(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    server.stop()
    server.new_host_key()
    server.config = OLD
    server.start()
    bench.point(server, ssh_allow_sha1=True, ssh_host_keys="ask")
    logins = server.logins()
    seen = bench.call()
    assert server.logins() == logins
    assert str(getattr(seen.error, "details", {}).get("fingerprint", "")).startswith("SHA256:")
    return seen


@row(19, "host key changed (strict)", shows="host-key-changed", within=1, state="blocked", runs=(0, 0))
def key_changed(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    server.stop()
    server.new_host_key()
    server.start()
    bench.point(server, ssh_host_keys="strict")
    logins, refused = server.logins(), server.refused()
    seen = bench.call()
    details = getattr(seen.error, "details", {})
    assert details.get("fingerprint", "").startswith("SHA256:")
    assert details.get("expected", "").startswith("SHA256:")
    assert (server.logins(), server.refused()) == (logins, refused), "a password was sent"
    _no_second_path()
    return seen


@row("19b", "host key changed (ask)", shows="host-key-unknown", within=1, state="blocked", runs=(0, 0))
def key_changed_ask(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    server.stop()
    server.new_host_key()
    server.start()
    bench.point(server, ssh_host_keys="ask")
    logins = server.logins()
    seen = bench.call()
    assert str(getattr(seen.error, "details", {}).get("previous", "")).startswith("SHA256:")
    assert server.logins() == logins
    _no_second_path()
    return seen


@row(
    20,
    "same host, another type of key (strict)",
    shows="host-key-changed",
    within=1,
    state="blocked",
    runs=(0, 0),
)
def other_type(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    server.stop()
    key = server.folder / "host_key"
    key.unlink()
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(key)], check=True)
    server.start()
    bench.point(server, ssh_host_keys="strict")
    logins = server.logins()
    seen = bench.call()
    assert server.logins() == logins
    _no_second_path()
    return seen


@row(21, "first contact", shows="host-key-unknown", within=1, state="ready", runs=(0, 0))
def first_contact(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.point(server, ssh_host_keys="ask")
    seen = bench.call()
    assert (server.logins(), server.refused(), bench.state) == (0, 0, "blocked")
    ssh.trust(str(getattr(seen.error, "details", {})["fingerprint"]))
    assert bench.call().shown == "ok"
    return seen
