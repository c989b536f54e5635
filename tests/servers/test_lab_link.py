"""Join and rights: a real nats-server with the configuration that the hub writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.servers.lab_rig import CONNECTED_S, Lab, lab
from tests.waiting import wait_until
from utils.errors import BadRequest, ConfigError, NoAnswer, NotConnected, StationAway, UnknownStation
from utils.lab import invitation, server
from utils.lab.subjects import FROM_STATIONS, LOOKS_IN, call, inbox, looks, more, seen, up

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab") / "hub") as made:
        yield made


def test_a_bench_joins_by_its_file_and_is_called(running: Lab, tmp_path: Path) -> None:
    told: list[tuple[str, bytes]] = []
    hub = running.hub_link({FROM_STATIONS: lambda subject, data: (told.append((subject, data)), b"heard")[1]})
    path = tmp_path / "bench-1.v3join"
    path.write_text(running.invite("bench-1").text())
    bench = running.link(invitation.read(path), {call("bench-1", "one"): lambda subject, data: data + b"!"})
    assert wait_until(lambda: bench.connected, CONNECTED_S)
    assert bench.request(up("bench-1", "state"), b"here", 5) == b"heard"
    assert told == [("v3.up.bench-1.state", b"here")]
    assert hub.request(call("bench-1", "one"), b"do", 5) == b"do!"
    with pytest.raises(StationAway):  # not NoAnswer: the server says at once that nobody is there
        hub.request(call("bench-1", "another-run-of-it"), b"do", 30)


def test_a_stolen_file_gives_the_subjects_of_its_bench_and_no_others(running: Lab) -> None:
    heard: list[str] = []
    stolen: list[str] = []

    def steal(subject: str, data: bytes) -> bytes:
        stolen.append(subject)
        return b"forged"

    def listen(subject: str, data: bytes) -> bytes:
        heard.append(subject)
        return b"true"

    hub = running.hub_link({FROM_STATIONS: listen})
    victim = running.link(running.invite("victim"), {call("victim", "run"): listen})
    wanted = [">", "v3.>", "*.*.*.*", FROM_STATIONS, "v3.hub.>", up("victim", "state"), "_INBOX.>", "$SYS.>"]
    wanted += [looks("victim", "run"), more("victim", "run"), LOOKS_IN, seen("victim", "*")]
    wanted += [call("victim", "*"), call("*", "*"), f"{inbox('victim')}.>", call("thief", "run")]
    thief = running.link(running.invite("thief"), dict.fromkeys(wanted, steal))
    assert wait_until(lambda: victim.connected and thief.connected, CONNECTED_S)
    for forbidden in (
        up("victim", "state"), up("victim", "records"), call("victim", "run"), call("thief", "run"),
        seen("victim", "look"), looks("victim", "run"), more("victim", "run"), looks("thief", "run"),
        f"{inbox('victim')}.x", "v3.hub.x", "anything", "$SYS.REQ.SERVER.PING", "$JS.API.INFO",
    ):  # fmt: skip
        with pytest.raises(NoAnswer):
            thief.request(forbidden, b"forged", 0.1)
    assert hub.request(call("victim", "run"), b"do", 5) == b"true"
    assert victim.request(up("victim", "state"), b"here", 5) == b"true"
    assert thief.request(up("thief", "state"), b"here", 5) == b"true"
    assert hub.request(call("thief", "run"), b"do", 5) == b"forged"  # behind all that it might have heard
    assert stolen == [call("thief", "run")]
    assert heard == [call("victim", "run"), up("victim", "state"), up("thief", "state")]


def test_revoking_ends_the_open_connection_and_no_other(running: Lab) -> None:
    stays = running.link(running.invite("stays"))
    leaves = running.link(invited := running.invite("leaves"))
    assert wait_until(lambda: stays.connected and leaves.connected, CONNECTED_S)
    running.revoke("leaves")
    assert wait_until(lambda: not leaves.connected)
    with pytest.raises(NotConnected):
        leaves.request(up("leaves", "state"), b"", 1)
    assert wait_until(lambda: "revoked" in str(leaves.trouble))
    assert stays.connected
    again = running.link(running.invite("leaves"))  # invited once more: the old file stays worth nothing
    assert wait_until(lambda: again.connected, CONNECTED_S)
    old = running.link(invited)
    assert wait_until(lambda: "revoked" in str(old.trouble))


def test_a_server_with_another_certificate_gets_nothing(running: Lab, tmp_path: Path) -> None:
    with lab(tmp_path / "other") as other:
        theirs = other.invite("bench-2").model_copy(update={"address": running.address})
        bench = running.link(theirs)
        assert wait_until(lambda: "not the hub that invited" in str(bench.trouble))


def test_a_server_that_is_killed_is_started_again_and_everybody_comes_back(running: Lab) -> None:
    hub, bench = running.hub_link(), running.link(running.invite("faithful"))
    assert wait_until(lambda: bench.connected, CONNECTED_S)
    before = running.server.pid
    os.kill(before, signal.SIGKILL)
    assert wait_until(lambda: running.server.pid != before and hub.connected and bench.connected, 20)


def test_the_next_hub_ends_the_server_that_a_killed_one_left(tmp_path: Path) -> None:
    with lab(tmp_path / "hub") as first:
        left = first.server.pid
        first.server._stopping.set()  # as if its program had been killed: nobody starts it again
        second = server.Server(first.folder, "127.0.0.1", first.port)
        second.start()
        try:
            assert second.pid != left
            assert wait_until(lambda: first.server._process.poll() is not None)  # type: ignore[union-attr]
        finally:
            second.close()


def test_a_port_that_is_taken_is_said_before_anything_starts(running: Lab, tmp_path: Path) -> None:
    taken = server.Server(tmp_path / "hub", "127.0.0.1", running.port)
    with pytest.raises(ConfigError, match="does not start"):
        taken.start()


def test_names_and_files_that_are_none(running: Lab, tmp_path: Path) -> None:
    for name in ("", "a.b", "*", ">", "Bench", "-x", "a" * 33, "a b"):
        with pytest.raises(BadRequest):
            running.register.invite(name, running.address)
    running.register.invite("once", running.address)
    with pytest.raises(BadRequest, match="already"):
        running.register.invite("once", running.address)
    with pytest.raises(UnknownStation, match="mean once"):
        running.register.revoke("onse")
    path = tmp_path / "not.v3join"
    for content in ("", "{}", '{"v3join": 1}', "x" * 100_000, "[" * 100_000):
        path.write_text(content)
        with pytest.raises(ConfigError, match="no invitation"):
            invitation.read(path)
    for file in running.folder.iterdir():
        assert not file.stat().st_mode & 0o077, file.name


def test_a_process_is_known_by_its_command_line_on_any_system(monkeypatch: pytest.MonkeyPatch) -> None:
    here = server.command_line(os.getpid())
    monkeypatch.setattr(server, "PROCESSES", Path("/nowhere"))
    assert server.command_line(os.getpid()) == here
    assert "python" in here
