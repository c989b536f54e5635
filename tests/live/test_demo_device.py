"""The demo device, driven by a real paramiko client that speaks the lane protocol by itself."""

from __future__ import annotations

import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from utils.catalogue.loader import Catalogue, builtin_catalogue
from utils.catalogue.models import Category, Diagnostic
from utils.demo.device import HOST, PASSWORD, USER, DemoDevice
from utils.demo.recording import FOLDER
from utils.demo.shell import PROMPT
from utils.outcome import result_of
from utils.result import CommandResult
from utils.ssh import identity, scripts

pytestmark = pytest.mark.live
PLANTED = {"over-current", "can-bus", "modem"}


def diagnostic(name: str, command: str) -> Diagnostic:
    return Diagnostic(
        id=name,
        title=name,
        category=Category.SYSTEM,
        command=command,
        parser="meminfo",
        why="for a test",
        next_step="none",
    )


ENTRIES = (
    diagnostic("rails", "sudo -n timeout -k 2 5 railtool --all 'a  b'\nrailtool --more | sort"),
    diagnostic("since", "cat /proc/uptime; uptime"),
    diagnostic("never-recorded", "some-tool --all\nsome-tool --more"),
)
CATALOGUE = Catalogue({entry.id: entry for entry in ENTRIES})


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    (folder / "rails.out").write_bytes(b"rail 1 4.98\nrail 2 \xff no newline")
    (folder / "rails.err").write_text("a warning\n")
    (folder / "rails.exit").write_text("3\n")
    (folder / "since.out").write_text(
        "uptime 11524.45 88120.31\nclock 1700000000 2023-11-14T22:13:20Z\nepoch=1700000002\nnow 1700000000\n"
        "11520.55 80123.00\n 14:02:11 up  3:12,  1 user,  load average: 0.42, 0.38, 0.31\n"
    )
    return folder


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Iterator[DemoDevice]:
    with DemoDevice(tmp_path_factory.mktemp("demo"), CATALOGUE, recording=recording) as running:
        yield running


def connect(device: DemoDevice, password: str = PASSWORD, user: str = USER) -> paramiko.Transport:
    transport = paramiko.Transport((HOST, device.port))
    transport.start_client(timeout=10)
    transport.auth_password(user, password)
    return transport


@pytest.fixture
def transport(device: DemoDevice) -> Iterator[paramiko.Transport]:
    link = connect(device)
    yield link
    link.close()


def run(transport: paramiko.Transport, command: str, stdin: bytes = b"") -> tuple[bytes, bytes, int]:
    """A plain exec: stdout, stderr, exit status."""
    channel = transport.open_session(timeout=5)
    channel.settimeout(10)
    channel.exec_command(command)
    channel.sendall(stdin)
    channel.shutdown_write()
    out = b"".join(iter(lambda: channel.recv(65536), b""))
    err = b"".join(iter(lambda: channel.recv_stderr(65536), b""))
    return out, err, channel.recv_exit_status()


class Stream:
    """One of a channel's two streams, taken up to one mark after the other."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._seen = b""

    def until(self, mark: str) -> bytes:
        while mark.encode() not in self._seen:
            data = self._receive(65536)
            assert data, f"the channel ended: {self._seen[-200:]!r}"
            self._seen += data
        before, self._seen = self._seen.split(mark.encode(), 1)
        return before


class Lane:
    """A lane's client side: one request, one answer, cut by the marks."""

    def __init__(self, transport: paramiko.Transport, lane_id: str) -> None:
        self.channel = transport.open_session(timeout=5)
        self.channel.settimeout(10)
        self.channel.exec_command(scripts.lane_command(lane_id))
        self.out, self.err = Stream(self.channel.recv), Stream(self.channel.recv_stderr)
        nonce = secrets.token_hex(8)
        self.channel.sendall(scripts.ready_request(nonce))
        assert self.out.until(f"\x1e{nonce} r ") == b""
        self.ready = self.out.until("\x1e\n")
        assert self.err.until(f"\x1e{nonce} x\x1e\n") == b""

    def send(self, command: str) -> str:
        nonce = secrets.token_hex(8)
        self.channel.sendall(scripts.lane_request(nonce, command))
        return nonce

    def answer(self, nonce: str) -> tuple[bytes, bytes, int]:
        assert self.out.until(f"\x1e{nonce} b\x1e\n") == b""
        stdout = self.out.until(f"\x1e{nonce} e ")
        status = int(self.out.until("\x1e\n"))
        stderr = self.err.until(f"\x1e{nonce} x\x1e\n")
        assert self.out.until(f"\x1e{nonce} c\x1e\n") == b""
        return stdout, stderr, status

    def run(self, command: str) -> tuple[bytes, bytes, int]:
        return self.answer(self.send(command))


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
        with DemoDevice(tmp_path, CATALOGUE) as device:
            link = connect(device)
            fingerprints.add(str(link.get_remote_server_key().fingerprint))
            assert device.fingerprint in fingerprints
            link.close()
    assert len(fingerprints) == 1
    assert stat.S_IMODE((tmp_path / "demo_host_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["demo_host_key"]


def test_a_lane_answers_request_after_request(transport: paramiko.Transport) -> None:
    lane = Lane(transport, "aa11")
    assert re.fullmatch(rb"\d+ \d+ 1", lane.ready)
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


def once(transport: paramiko.Transport, command: str, stdin: bytes) -> tuple[bytes, bytes, int]:
    channel = transport.open_session(timeout=5)
    channel.settimeout(10)
    channel.exec_command(scripts.once_command("bb22"))
    channel.sendall(scripts.once_header("0123456789abcdef", command) + stdin)
    channel.shutdown_write()
    out = b"".join(iter(lambda: channel.recv(65536), b""))
    err = b"".join(iter(lambda: channel.recv_stderr(65536), b""))
    return out, err, channel.recv_exit_status()


def test_once_takes_standard_input(transport: paramiko.Transport) -> None:
    data = b"line\n\xff\x00" + b"y" * 300_000
    out, err, status = once(transport, "cat\nexit 4", data)
    match = re.fullmatch(
        rb"\x1e0123456789abcdef b \d+\x1e\n(.*)\x1e0123456789abcdef e 4\x1e\n", out, re.DOTALL
    )
    assert match is not None
    assert match[1] == data
    assert (err, status) == (b"\x1e0123456789abcdef x\x1e\n", 4)


def test_stop_ends_what_a_lane_runs(transport: paramiko.Transport, device: DemoDevice) -> None:
    lane = Lane(transport, "cc33")
    lane.send("sleep 60")
    bystander = Lane(transport, "cc34")
    started = time.monotonic()
    elsewhere = connect(device)  # also over another connection
    assert run(elsewhere, scripts.stop_command("cc33", "0"))[2] == 0
    elsewhere.close()
    assert lane.channel.recv(100).endswith(b" b\x1e\n")
    assert lane.channel.recv(100) == b""
    assert time.monotonic() - started < 5
    assert bystander.run("echo still here")[0] == b"still here\n"
    assert run(transport, scripts.stop_command("nobody", "0"))[2] == 0


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


class Terminal:
    """A PTY's client side."""

    def __init__(self, transport: paramiko.Transport, columns: int, rows: int) -> None:
        self.channel = transport.open_session(timeout=5)
        self.channel.settimeout(10)
        self.channel.get_pty("xterm", columns, rows)
        self.channel.invoke_shell()
        self.seen = b""

    def until(self, text: bytes) -> bytes:
        while text not in self.seen:
            data = self.channel.recv(1000)
            assert data, f"the shell ended: {self.seen!r}"
            self.seen = re.sub(rb"\x1b\[\?2004[hl]", b"", self.seen + data)  # bracketed paste on and off
        before, self.seen = self.seen.split(text, 1)
        return before


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


def wait_for(true: Callable[[], bool], seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def test_stop_hangs_up_and_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    device = DemoDevice(tmp_path, CATALOGUE)
    port = device.start()
    links = [connect(device) for _ in range(3)]
    lanes = [Lane(link, f"ee{number}") for number, link in enumerate(links)]
    for lane in lanes:
        lane.send("sleep 60")
    Terminal(links[0], 80, 24).until(b"$ ")
    links[1].open_session(timeout=5)
    assert device.connections == 3
    device.stop()
    assert wait_for(lambda: not any(link.is_active() for link in links))
    assert wait_for(lambda: set(threading.enumerate()) <= before), threading.enumerate()
    assert device.start() == port  # replugged: the same address, the same key
    link = connect(device)
    assert run(link, "hostname")[0] == b"v3-demo\n"
    link.close()
    device.stop()
    device.stop()


def test_dropped_connections_may_come_again(tmp_path: Path) -> None:
    with DemoDevice(tmp_path, CATALOGUE) as device:
        link = connect(device)
        device.drop_connections()
        assert wait_for(lambda: not link.is_active())
        again = connect(device)
        assert run(again, "echo back")[0] == b"back\n"
        again.close()


RAILS = (b"rail 1 4.98\nrail 2 \xff no newline", b"a warning\n", 3)


def test_a_catalogue_command_answers_from_the_recording(transport: paramiko.Transport) -> None:
    lane = Lane(transport, "f1")
    started = time.monotonic()
    assert lane.run(ENTRIES[0].command) == RAILS
    assert time.monotonic() - started > 0.004  # a device takes its time
    assert lane.run(ENTRIES[0].command.replace("sudo -n", "sudo -S -p ''")) == RAILS
    assert run(transport, ENTRIES[0].command) == RAILS
    assert run(transport, "railtool --all") == RAILS  # its first words, as a person types them
    assert run(transport, "railtool --al")[2] == 127


def test_recorded_clocks_are_brought_up_to_date(transport: paramiko.Transport) -> None:
    first, second = (run(transport, ENTRIES[1].command)[0].decode() for _ in range(2))
    pattern = (
        r"uptime (?P<uptime>1\d{4}\.\d\d) \d+\.\d\d\nclock (?P<clock>\d+) 20\d\d-[0-9-]+T[0-9:]+Z\n"
        r"epoch=(?P<epoch>\d+)\nnow (?P<now>\d+)\n1\d{4}\.\d\d \d+\.\d\d\n \d\d:\d\d:\d\d up  3:1\d, .*\n"
    )
    seen = [re.fullmatch(pattern, text) for text in (first, second)]
    assert seen[0] is not None, first
    assert seen[1] is not None, second
    assert float(seen[0]["uptime"]) < float(seen[1]["uptime"])
    assert abs(int(seen[0]["clock"]) - time.time()) < 10
    assert abs(int(seen[0]["now"]) - time.time()) < 10
    assert int(seen[0]["epoch"]) - int(seen[0]["now"]) == 2


def test_a_catalogue_command_without_recording_is_not_a_missing_tool(transport: paramiko.Transport) -> None:
    assert Lane(transport, "f2").run(ENTRIES[2].command) == (b"", b"v3-demo: no recording\n", 70)


def test_each_diagnostic_is_recorded_and_only_the_planted_faults_fail(tmp_path: Path) -> None:
    catalogue = builtin_catalogue()
    missing = [entry.id for entry in catalogue if not (FOLDER / f"{entry.id}.out").is_file()]
    assert missing == []
    with DemoDevice(tmp_path, catalogue) as device:
        link = connect(device)
        lane = Lane(link, "9a")
        nonces = {entry.id: lane.send(entry.command) for entry in catalogue}
        answers = {name: lane.answer(nonce) for name, nonce in nonces.items()}
        link.close()
    failed = set()
    for entry in catalogue:
        out, err, status = answers[entry.id]
        result = result_of(entry, CommandResult(entry.command, out, err, status), None)
        assert result.verdict != "unknown", f"{entry.id}: {result.summary}"
        if result.verdict == "fail":
            failed.add(entry.id)
    assert failed - {"kernel-log"} == PLANTED


def test_each_recording_belongs_to_a_diagnostic() -> None:
    names = {path.stem for path in FOLDER.iterdir()}
    assert names <= {entry.id for entry in builtin_catalogue()}
