"""The connection ladder against real servers and small misbehaving ones, counted on the server's side."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.ports import free_port
from tests.servers.conftest import v3_threads, wait_until
from tests.servers.servers import Server, Sshd, User, throwaway_user
from utils import errors, ssh_interface
from utils.laptop.network import Laptop, LaptopRungs
from utils.link import identity
from utils.model.results import LinkState, Rung, RungState
from utils.model.rungs import TITLES, rung
from utils.model.target import Target
from utils.settings import Settings

Door = Callable[..., ModuleType]
OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN


class Stub:
    """A TCP server that says its words to whoever comes and then hangs up, or stays silent."""

    def __init__(self, words: bytes | None) -> None:
        self.words = words
        self.connections = 0
        self.received = b""
        self._kept: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, name="stub", daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self.connections += 1
                self._kept.append(peer)
                if self.words is not None:
                    peer.settimeout(1)
                    with contextlib.suppress(OSError):
                        self.received += peer.recv(4096)
                        peer.sendall(self.words)
                    peer.close()

    def close(self) -> None:
        for each in (self._listener, *self._kept):
            each.close()


@pytest.fixture
def stub() -> Iterator[Callable[[bytes | None], Stub]]:
    made: list[Stub] = []

    def start(words: bytes | None) -> Stub:
        made.append(Stub(words))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.fixture
def at_port(tmp_path: Path) -> Iterator[Callable[..., ModuleType]]:
    def point(port: int) -> ModuleType:
        values = {"ssh_ip": "127.0.0.1", "ssh_port": port, "ssh_password": "p", "v3_data_dir": tmp_path}
        ssh_interface.configure(Settings.model_validate(values))
        return ssh_interface

    yield point
    ssh_interface.close()


def stops_at(rungs: list[Rung], name: str) -> Rung:
    """The one broken rung, which is this; all before it hold or were not checked, none after is reached."""
    assert [each.id for each in rungs] == list(TITLES)
    place = list(TITLES).index(name)
    assert [each.id for each in rungs if each.state is BROKEN] == [name], rungs
    assert {each.state for each in rungs[place + 1 :]} <= {RungState.NOT_REACHED}
    assert rungs[place].seen
    assert rungs[place].next_step
    return rungs[place]


def by_id(rungs: list[Rung]) -> dict[str, Rung]:
    return {each.id: each for each in rungs}


# -- up to the greeting ------------------------------------------------------------------------------


def test_a_closed_port(at_port: Door) -> None:
    broken = stops_at(at_port(free_port()).ladder(), "port")
    assert "refuses the connection" in broken.seen


def test_a_silent_port(at_port: Door, stub: Callable[..., Stub]) -> None:
    silent = stub(None)
    broken = stops_at(at_port(silent.port).ladder(), "banner")
    assert "says nothing" in broken.seen
    assert silent.connections == 1


def test_a_web_server_on_the_port_is_named_and_not_asked_again(
    at_port: Door, stub: Callable[..., Stub]
) -> None:
    web = stub(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    ssh = at_port(web.port)
    broken = stops_at(ssh.ladder(), "banner")
    assert "HTTP/1.1 400" in broken.seen
    assert "SSH_PORT" in broken.next_step
    again = ssh.ladder()
    stops_at(again, "banner")
    assert by_id(again)["port"].state is RungState.NOT_CHECKED
    assert web.connections == 1, "a port that hangs up is left alone"


def test_a_server_that_throttles_is_quoted_and_left_alone(at_port: Door, stub: Callable[..., Stub]) -> None:
    full = stub(b"Exceeded MaxStartups\r\n")
    ssh = at_port(full.port)
    for _ in range(3):
        assert "Exceeded MaxStartups" in stops_at(ssh.ladder(), "banner").seen
    assert full.connections == 1


def test_a_greeting_and_then_nothing_more(at_port: Door, stub: Callable[..., Stub]) -> None:
    rungs = at_port(stub(b"SSH-2.0-Broken_1.0\r\n").port).ladder()
    stops_at(rungs, "key-exchange")
    assert by_id(rungs)["banner"].seen == "SSH-2.0-Broken_1.0"


# -- keys and logins ---------------------------------------------------------------------------------


def test_a_device_of_sha1_is_named_with_what_to_do(user: User, door: Door) -> None:
    with Sshd(user) as server:
        door(server).run("true")  # known since before
        server.stop()
        server.config = "KexAlgorithms diffie-hellman-group14-sha1"
        server.start()
        broken = stops_at(door(server).ladder(), "key-exchange")
        assert "diffie-hellman-group14-sha1" in broken.seen
        assert "SSH_ALLOW_SHA1" in broken.next_step
        rungs = by_id(door(server, ssh_allow_sha1=True).ladder())
        assert rungs["key-exchange"].state is NOTE
        assert [rungs[name].state for name in ("host-key", "login", "shell", "clock")] == [OK] * 4


def test_a_new_device_of_sha1_is_asked_about_before_any_login(user: User, door: Door) -> None:
    with Sshd(user, config="KexAlgorithms diffie-hellman-group14-sha1") as server:
        ssh = door(server, ssh_allow_sha1=True, ssh_host_keys="ask")
        rungs = ssh.ladder()
        assert "SHA256:" in stops_at(rungs, "host-key").seen
        assert by_id(rungs)["key-exchange"].state is NOTE
        assert (server.logins(), server.refused()) == (0, 0)


def test_an_unknown_key_stops_before_any_login(server: Server, door: Door) -> None:
    ssh = door(server, ssh_host_keys="ask")
    broken = stops_at(ssh.ladder(), "host-key")
    assert "SHA256:" in broken.seen
    assert (server.logins(), server.refused()) == (0, 0)
    assert ssh.status().state is LinkState.BLOCKED
    ssh.trust(ssh.status().error["details"]["fingerprint"])
    assert BROKEN not in {each.state for each in ssh.ladder()}
    assert server.logins() == 1


def test_a_changed_key_stops_before_any_login(sshd: Sshd, door: Door) -> None:
    door(sshd).run("true")
    sshd.stop()
    sshd.new_host_key()
    sshd.start()
    logins = sshd.logins()
    broken = stops_at(door(sshd, ssh_host_keys="strict").ladder(), "host-key")
    assert "is known by the key" in broken.seen
    assert sshd.logins() == logins


def test_a_known_serial_number_under_another_key_is_told_after_the_login(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "COMMAND", "echo serial=1424024099999; echo hostname=bench")
    door(sshd).run("true")
    sshd.stop()
    sshd.new_host_key()
    sshd.start()
    assert "1424024099999" in stops_at(door(sshd).ladder(), "identity").seen


def test_a_wrong_password_is_tried_once_however_often_one_looks(server: Server, door: Door) -> None:
    ssh = door(server, ssh_password="wrong")
    assert "password: refused" in stops_at(ssh.ladder(), "login").seen
    for _ in range(2):
        assert "Not tried now" in stops_at(ssh.ladder(), "login").seen
    with pytest.raises(errors.AuthenticationFailed):
        ssh.run("true")
    ssh.reset()
    stops_at(ssh.ladder(), "login")
    door(server, ssh_password="wrong")  # the same again, as from the page's form
    stops_at(ssh_interface.ladder(), "login")
    assert server.refused() == 1
    assert server.logins() == 0


def test_each_method_is_tried_once_and_named(user: User, door: Door) -> None:
    with throwaway_user() as other, Sshd(user) as server:
        ssh = door(server, ssh_key_file=other.key_file)
        rungs = by_id(ssh.ladder())
        assert rungs["login"].state is OK
        assert "key: refused" in rungs["login"].seen
        assert "by password" in rungs["login"].seen
        text = server.said()
        assert text.count("Failed publickey") <= 1
        assert server.logins() == 1


def test_no_credentials_stop_at_the_login_without_one(sshd: Sshd, door: Door) -> None:
    stops_at(door(sshd, ssh_password=None).ladder(), "login")
    assert (sshd.logins(), sshd.refused()) == (0, 0)


# -- the shell and what is inside --------------------------------------------------------------------


@pytest.mark.parametrize(("rc", "word"), [("exit 0", "ends the shell"), ("sleep 60", "hangs")])
def test_a_login_file_that_exits_or_hangs_is_named(door: Door, rc: str, word: str) -> None:
    with throwaway_user(rc=rc) as user, Sshd(user) as server:
        broken = stops_at(door(server).ladder(), "shell")
        assert word in broken.next_step
        assert ".bashrc" in broken.next_step
        assert server.logins() == 1


def test_a_login_file_that_prints_is_named_with_its_words(door: Door) -> None:
    with throwaway_user(rc="echo Welcome to bench 7") as user, Sshd(user) as server:
        rungs = by_id(door(server).ladder())
        assert rungs["shell"].state is NOTE
        assert "Welcome to bench 7" in rungs["shell"].seen
        assert f"{user.home}/.bashrc" in rungs["shell"].next_step


def test_all_fine_is_one_login_which_becomes_the_link(server: Server, door: Door) -> None:
    ssh = door(server)
    rungs = ssh.ladder()
    assert [each.id for each in rungs] == list(TITLES)
    assert {each.state for each in rungs if each.id not in ("usb", "sudo")} == {OK}
    assert all(each.duration_s is not None for each in rungs)
    assert ssh.status().state is LinkState.CONNECTED
    assert ssh.run("echo hi").stdout == "hi\n"
    assert {each.state for each in ssh.ladder() if each.id not in ("usb", "sudo")} == {OK}
    assert server.logins() == 1
    assert ssh.status().logins == 1


def test_many_who_look_at_once_cost_one_login_and_get_the_same(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    found: list[list[Rung]] = []
    threads = [threading.Thread(target=lambda: found.append(ssh.ladder())) for _ in range(8)]
    for each in threads:
        each.start()
    ssh.run("true")
    for each in threads:
        each.join(30)
    assert len(found) == 8
    assert all({r.state for r in rungs if r.id not in ("usb", "sudo")} == {OK} for rungs in found)
    assert sshd.logins() == 1


def test_a_link_that_died_unnoticed_is_looked_at_anew(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    sshd.stop()
    stops_at(ssh.ladder(), "port")
    sshd.start()
    assert BROKEN not in {each.state for each in ssh.ladder()}


def test_a_wrong_clock_is_a_note_that_says_by_how_much(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    ssh = door(sshd)
    ssh.run("true")
    for offset_s, state, words in (
        (0, OK, "apart"),
        (30, NOTE, "30 s behind"),
        (7300, NOTE, "Wrong: 2 hours behind"),
    ):
        monkeypatch.setattr("utils.link.ladder.ladder.time.time", lambda offset_s=offset_s: real() + offset_s)
        clock = by_id(ssh.ladder())["clock"]
        assert (clock.state, words in clock.seen) == (state, True), clock


def test_without_the_persistent_path_no_link_is_left_behind(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_use_persistent=False)
    assert BROKEN not in {each.state for each in ssh.ladder()}
    assert ssh.status().state is not LinkState.CONNECTED


def test_looking_at_a_closed_port_leaves_nothing_behind(at_port: Door) -> None:
    ssh = at_port(free_port())
    ssh.ladder()
    before = len(v3_threads())
    for _ in range(3):
        ssh.ladder()
    assert wait_until(lambda: len(v3_threads()) <= before), v3_threads()


# -- the laptop's side, with the device's -------------------------------------------------------------


class Seen(Laptop):
    """A laptop that sees what the test says."""

    def __init__(self, usb: RungState, route: RungState, *, final: bool = False) -> None:
        super().__init__()
        self._seen = LaptopRungs(
            (rung("usb", usb, "seen", "do"), rung("address", OK), rung("route", route, "r", "d")), final
        )

    def look(self, target: Target) -> LaptopRungs:
        return self._seen


def given(ssh: ModuleType, laptop: Laptop) -> ModuleType:
    ssh._the_door().ladder().laptop = laptop
    return ssh


def test_without_board_and_answer_it_stops_at_the_board(at_port: Door) -> None:
    stops_at(given(at_port(free_port()), Seen(BROKEN, OK)).ladder(), "usb")


def test_a_device_that_answers_proves_the_laptops_side_wrong(sshd: Sshd, door: Door) -> None:
    rungs = by_id(given(door(sshd), Seen(BROKEN, OK)).ladder())
    assert rungs["usb"].state is NOTE
    assert "answers" in rungs["usb"].seen
    assert rungs["shell"].state is OK


def test_a_clash_of_networks_is_not_connected_to(at_port: Door, stub: Callable[..., Stub]) -> None:
    wrong = stub(None)
    stops_at(given(at_port(wrong.port), Seen(OK, BROKEN, final=True)).ladder(), "route")
    assert wrong.connections == 0
