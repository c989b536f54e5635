"""The demo device's logins, lanes, commands and terminal, as a plain paramiko client meets them."""

from __future__ import annotations

import re
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.servers.conftest import wait_until
from tests.servers.demo_client import Lane, Terminal, connect, once, run
from utils.demo.device import HOST, USER, DemoDevice
from utils.demo.shell import PROMPT
from utils.judging.catalogue.loader import Catalogue
from utils.link import identity
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge

pytestmark = pytest.mark.live
NO_DIAGNOSTICS = Catalogue({})


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoDevice]:
    with DemoDevice(tmp_path_factory.mktemp("demo"), NO_DIAGNOSTICS) as running:
        yield running


def test_login_and_wrong_password(device: DemoDevice) -> None:
    link = connect(device)
    assert link.is_authenticated()
    link.close()
    with pytest.raises(paramiko.AuthenticationException):
        connect(device, password="wrong")
    with pytest.raises(paramiko.AuthenticationException):
        connect(device, user="root")


def test_a_public_key_is_refused(device: DemoDevice) -> None:
    link = paramiko.Transport((HOST, device.port))
    link.start_client(timeout=10)
    with pytest.raises(paramiko.AuthenticationException):
        link.auth_publickey(USER, paramiko.ECDSAKey.generate())
    link.close()


def test_the_host_key_stays_and_is_private(tmp_path: Path) -> None:
    fingerprints = set()
    for _ in range(2):
        with DemoDevice(tmp_path, NO_DIAGNOSTICS) as device:
            link = connect(device)
            fingerprints.add(str(link.get_remote_server_key().fingerprint))
            assert device.fingerprint in fingerprints
            link.close()
    assert len(fingerprints) == 1
    assert stat.S_IMODE((tmp_path / "demo_host_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["demo_host_key"]


def test_a_lane_answers_request_after_request(transport: paramiko.Transport) -> None:
    lane = Lane(transport, "aa11")
    assert re.fullmatch(rb"\d+ \d+ 1 1 1 1 5", lane.ready)
    assert identity.parse(lane.who.decode())["serial"] == "1424024012345"
    assert lane.run("echo 'one  two' it\\'s; echo wrong >&2; exit 3") == (b"one  two it's\n", b"wrong\n", 3)
    assert lane.run("echo first\necho 'second\nthird' && false") == (b"first\nsecond\nthird\n", b"", 1)
    out, err, status = lane.run(identity.COMMAND)
    assert (err, status) == (b"", 0)
    assert identity.parse(out.decode())["serial"] == "1424024012345"
    assert lane.run("nosuchtool --x") == (b"", b"sh: 1: nosuchtool: not found\n", 127)
    lane.channel.shutdown_write()
    assert lane.channel.recv_exit_status() == 0


def test_requests_may_be_queued(transport: paramiko.Transport) -> None:
    lane = Lane(transport, "aa12")
    long = "echo " + "x" * 200_000
    nonces = [lane.send(f"echo {number}") for number in range(20)] + [lane.send(long)]
    assert [lane.answer(nonce)[0] for nonce in nonces[:20]] == [b"%d\n" % number for number in range(20)]
    assert lane.answer(nonces[20])[0] == b"x" * 200_000 + b"\n"


def test_once_takes_standard_input(transport: paramiko.Transport) -> None:
    data = b"line\n\xff\x00" + b"y" * 300_000
    out, err, status = once(transport, "cat\nexit 4", data)
    match = re.fullmatch(rb"\x1e0123456789abcdef b\x1e\n(.*)\x1e0123456789abcdef e 4\x1e\n", out, re.DOTALL)
    assert match is not None
    assert match[1] == data
    assert (err, status) == (b"\x1e0123456789abcdef b\x1e\n\x1e0123456789abcdef x\x1e\n", 4)


def test_stop_ends_what_a_lane_runs(transport: paramiko.Transport, device: DemoDevice) -> None:
    lane = Lane(transport, "cc33")
    lane.send("sleep 60")
    bystander = Lane(transport, "cc34")
    started = time.monotonic()
    elsewhere = connect(device)  # also over another connection
    assert run(elsewhere, scripts.stop_command("cc33", Challenge()))[2] == 0
    elsewhere.close()
    assert lane.channel.recv(100).endswith(b" b\x1e\n")
    assert lane.channel.recv(100) == b""
    assert time.monotonic() - started < 5
    assert bystander.run("echo still here")[0] == b"still here\n"
    assert run(transport, scripts.stop_command("nobody", Challenge()))[2] == 0


def test_plain_commands(transport: paramiko.Transport) -> None:
    assert run(transport, "hostname") == (b"v3-demo\n", b"", 0)
    assert run(transport, "true")[2] == 0
    assert run(transport, "false || echo no")[0] == b"no\n"
    assert run(transport, "exit 7")[2] == 7
    assert run(transport, "printf '%s-%03d\\n' a 5; printf plain")[0] == b"a-005\nplain"
    assert abs(float(run(transport, "date +%s.%N")[0]) - time.time()) < 5
    assert b"uid=1000(ubuntu)" in run(transport, "id")[0]
    assert run(transport, "cat", b"through")[0] == b"through"
    assert run(transport, "stty size")[2] == 1
    assert b"5.15.148-tegra" in run(transport, "uname -a")[0]
    assert run(transport, "echo \"a;b\" 'c|d' e\\ f # rest")[0] == b"a;b c|d e f\n"
    assert run(transport, "echo gone >/dev/null; echo $? $USER '$USER' 2>&1")[0] == b"0 ubuntu $USER\n"
    assert run(transport, "sh -c 'exit 9'")[2] == 9
    assert run(transport, "cat /etc/nv_tegra_release")[0].startswith(b"# R36 (release), REVISION: 4.3,")
    assert run(transport, "ls /etc; cat /etc/shadow")[1:] == (
        b"cat: /etc/shadow: No such file or directory\n",
        1,
    )
    out, err, status = run(transport, "ls | wc -l")
    assert (out, status) == (b"", 2)
    assert b"real shell" in err


def test_the_uptime_goes_on(transport: paramiko.Transport) -> None:
    first = float(run(transport, "cat /proc/uptime")[0].split()[0])
    time.sleep(0.05)
    second = float(run(transport, "cat /proc/uptime")[0].split()[0])
    assert 3 * 3600 < first < second < first + 60
    assert b"load average" in run(transport, "uptime")[0]


def test_the_terminal_knows_its_size_and_its_keys(transport: paramiko.Transport) -> None:
    prompt = PROMPT.encode()
    terminal = Terminal(transport, 97, 31)
    terminal.until(prompt)
    terminal.channel.sendall(b"stty size\r")
    assert terminal.until(prompt) == b"stty size\r\n31 97\r\n"
    terminal.channel.resize_pty(120, 40)
    terminal.channel.sendall(b"stty sizX\x7fe\r")
    assert terminal.until(prompt) == b"stty sizX\b \be\r\n40 120\r\n"
    terminal.channel.sendall(b"sleep 60\r")
    terminal.until(b"sleep 60\r\n")
    started = time.monotonic()
    terminal.channel.sendall(b"\x03")
    assert terminal.until(prompt) == b"^C\r\n"
    assert time.monotonic() - started < 5
    terminal.channel.sendall(b"echo $?\r")
    assert terminal.until(prompt) == b"echo $?\r\n130\r\n"
    terminal.channel.sendall(b"sleep 60\r\x03")  # in one piece, as a quick hand or a busy laptop sends it
    assert terminal.until(prompt) == b"sleep 60\r\n^C\r\n"
    assert time.monotonic() - started < 50
    terminal.channel.sendall(b"half a line\x03")
    assert terminal.until(prompt) == b"half a line^C\r\n"
    terminal.channel.sendall(b"\x1b[Cecho \xc3\xa9\r")
    assert terminal.until(prompt) == "echo é\r\né\r\n".encode()
    terminal.channel.sendall(b"foo\r")
    assert terminal.until(prompt) == b"foo\r\nsh: 1: foo: not found\r\n"
    terminal.channel.sendall(b"\x04")
    assert terminal.until(b"exit\r\n") == b""
    assert terminal.channel.recv_exit_status() == 127


def test_the_terminal_recalls_lines_takes_pastes_in_one_piece_and_has_colours(
    transport: paramiko.Transport,
) -> None:
    prompt = PROMPT.encode()
    terminal = Terminal(transport, 80, 24)
    terminal.until(prompt)
    terminal.channel.sendall(b"echo one\recho two\r\x1b[A\x1b[A\x1b[B\x1b[A!\r")
    for _ in range(2):
        terminal.until(prompt)
    assert terminal.until(prompt).endswith(b"\r\none!\r\n")
    terminal.channel.sendall(b"\x1b[200~echo first\necho second\n\x1b[201~")
    terminal.channel.sendall(b"\r")
    assert terminal.until(prompt).endswith(b"first\r\nsecond\r\n")
    terminal.channel.sendall(b"ls /home\r")
    assert b"\x1b[01;34mubuntu\x1b[0m" in terminal.until(prompt)


def test_exit_ends_the_terminal(transport: paramiko.Transport) -> None:
    terminal = Terminal(transport, 80, 24)
    terminal.channel.sendall(b"exit 5\r")
    assert terminal.channel.recv_exit_status() == 5


def test_eight_channels_at_once(transport: paramiko.Transport) -> None:
    answers: dict[int, bytes] = {}
    started = time.monotonic()

    def one(number: int) -> None:
        lane = Lane(transport, f"dd{number}")
        answers[number] = lane.run(f"sleep 0.5; echo {number}")[0]

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == {number: b"%d\n" % number for number in range(8)}
    assert time.monotonic() - started < 4


def test_stop_hangs_up_and_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    device = DemoDevice(tmp_path, NO_DIAGNOSTICS)
    port = device.start()
    links = [connect(device) for _ in range(3)]
    lanes = [Lane(link, f"ee{number}") for number, link in enumerate(links)]
    for lane in lanes:
        lane.send("sleep 60")
    Terminal(links[0], 80, 24).until(b"$ ")
    links[1].open_session(timeout=5)
    assert device.connections == 3
    device.stop()
    assert wait_until(lambda: not any(link.is_active() for link in links))
    assert wait_until(lambda: set(threading.enumerate()) <= before), threading.enumerate()
    assert device.start() == port  # replugged: the same address, the same key
    link = connect(device)
    assert run(link, "hostname")[0] == b"v3-demo\n"
    link.close()
    device.stop()
    device.stop()


def test_dropped_connections_may_come_again(tmp_path: Path) -> None:
    with DemoDevice(tmp_path, NO_DIAGNOSTICS) as device:
        link = connect(device)
        device.drop_connections()
        assert wait_until(lambda: not link.is_active())
        again = connect(device)
        assert run(again, "echo back")[0] == b"back\n"
        again.close()
