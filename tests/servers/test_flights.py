"""The way to the first answer, counted in flights: what the link sends without waiting for the other side.

A wire of 0.2 s there and back tells flights apart: what leaves within half of that is one of them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from paramiko.auth_handler import AuthHandler

from tests.bench.distance import proxy
from tests.faults.stubs import SshStub
from tests.servers.servers import Server, User, set_password
from utils import errors
from utils.link.login.userauth import UserAuth
from utils.link.transport.readahead import ReadAhead

Door = Callable[..., ModuleType]
ROUND_TRIP_S = 0.2
TRIES = 5
MOST_FLIGHTS = 5  # version and keys, key exchange, login and channel, exec with who it is, command


@pytest.fixture
def sent_at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When the link sent anything."""
    times: list[float] = []
    send = ReadAhead.send

    def noting(self: ReadAhead, data: Any, flags: int = 0) -> int:
        times.append(time.monotonic())
        return send(self, data, flags)

    monkeypatch.setattr(ReadAhead, "send", noting)
    return times


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time a server was asked for the login's service."""
    asked: list[None] = []
    parse = AuthHandler._parse_service_request  # type: ignore[attr-defined]

    def noting(self: AuthHandler, message: Any) -> None:
        asked.append(None)
        parse(self, message)

    monkeypatch.setattr(AuthHandler, "_parse_service_request", noting)
    return asked


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By which methods the link asked to be let in."""
    methods: list[str] = []
    request = UserAuth._request

    def noting(self: UserAuth, method: str, *parts: Any) -> None:
        methods.append(method)
        request(self, method, *parts)

    monkeypatch.setattr(UserAuth, "_request", noting)
    return methods


def test_a_cold_first_command_takes_few_flights(server: Server, door: Door, sent_at: list[float]) -> None:
    ssh = door(server)
    ssh.run("true")  # the key is known, everything is loaded, this way let us in before
    seen = []
    with proxy(server.port, ROUND_TRIP_S) as far:
        for _ in range(TRIES):  # a machine that has no time for us makes two flights of one, never one of two
            door(server, ssh_port=far)
            sent_at.clear()
            ssh.run("true", effect="read")
            gaps = [b - a for a, b in itertools.pairwise(sent_at)]
            ssh.close()
            seen.append(1 + sum(gap > ROUND_TRIP_S / 2 for gap in gaps))
            if seen[-1] <= MOST_FLIGHTS:
                break
    assert 4 <= min(seen) <= MOST_FLIGHTS, seen


@pytest.mark.parametrize("policy", ["ask", "strict"])
def test_not_even_the_service_is_asked_for_before_the_host_key_is_accepted(
    policy: str, door: Door, services: list[None]
) -> None:
    with SshStub() as stub:
        ssh = door(stub, ssh_host_keys=policy)
        with pytest.raises(errors.HostKeyUnknown):
            ssh.run("true", timeout=10)
        assert (stub.passwords, services) == (0, [])
        ssh.trust(ssh.status().error["details"]["fingerprint"])
        assert ssh.run("echo in").stdout == "in\n"
        assert (stub.passwords, len(services)) == (1, 1)


def test_a_login_in_one_flight_is_refused_like_any_other(door: Door, services: list[None]) -> None:
    with SshStub() as stub:
        ssh = door(stub, ssh_password="wrong")
        with pytest.raises(errors.AuthenticationFailed):
            ssh.run("true", timeout=10)
        assert (stub.passwords, len(services)) == (1, 1)
        assert stub.logins == 0


@pytest.mark.parametrize("by", ["key", "password"])
def test_a_way_that_let_us_in_before_and_does_not_any_more_is_told_truly(
    by: str, server: Server, door: Door, user: User, asked: list[str]
) -> None:
    """The session that is asked for ahead of a refused login makes no other error of it for long.

    A key that let us in goes alone: sshd answers `none` late.
    """
    changes = {"ssh_key_file": user.key_file, "ssh_password": None} if by == "key" else {}
    ssh = door(server, **changes)
    ssh.run("true")
    ssh.reset()
    asked.clear()
    ssh.run("true")
    assert asked == (["publickey"] if by == "key" else ["none", "password"])
    ssh.close()
    _forbid(user, by)
    try:
        ssh = door(server, **changes)
        with pytest.raises((errors.AuthenticationFailed, errors.LoginTimeout)) as first:
            ssh.run("true", timeout=15)
        if isinstance(first.value, errors.LoginTimeout):  # it hung up: next time nothing goes ahead
            with pytest.raises(errors.AuthenticationFailed):
                ssh.run("true", timeout=15)
    finally:
        _allow(user, by)
    ssh.reset()


def _forbid(user: User, by: str) -> None:
    if by == "key":
        (user.home / ".ssh/authorized_keys").rename(user.home / ".ssh/away")
    else:
        set_password(user.name, "another")


def _allow(user: User, by: str) -> None:
    if by == "key":
        (user.home / ".ssh/away").rename(user.home / ".ssh/authorized_keys")
    else:
        set_password(user.name, user.password)
