"""What a command prints and how it ends arrives exactly, on OpenSSH and dropbear."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.servers.conftest import once, wait_until
from tests.servers.servers import Server, Sshd
from utils import errors

Door = Callable[..., ModuleType]


def test_stdout_stderr_and_status_are_kept_apart(server: Server, door: Door) -> None:
    result = door(server).run("echo out; echo err >&2; exit 3")
    assert (result.stdout, result.stderr, result.exit_status) == ("out\n", "err\n", 3)
    assert (result.signal, result.path, result.truncated) == (None, "persistent", False)


def test_three_megabytes_on_each_stream_at_once_are_exact(server: Server, door: Door) -> None:
    make = "i=0; while [ $i -lt 3000 ]; do printf '%01000d' $i; printf '%01000d' $i >&2; i=$((i+1)); done"
    result = door(server).run(make, timeout=60)
    expected = b"".join(b"%01000d" % number for number in range(3000))
    assert result.stdout_bytes == expected
    assert result.stderr_bytes == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (r"printf 'no newline'", b"no newline"),
        (r"printf '\377\376 \000 z'", b"\xff\xfe \x00 z"),
        (r"printf 'a\n\n\nb\n\n'", b"a\n\n\nb\n\n"),
        ("true", b""),
        ("printf '%s|' \"$1\" \"$*\" \"$_v3n\" \"$_v3c\"; echo \"$#\"", b"||||0\n"),
        ("echo one\necho two", b"one\ntwo\n"),
        ("cat", b""),
        ("printf '\\036x e 0\\036\\n'", b"\x1ex e 0\x1e\n"),
        ("# only a comment", b""),
        ("echo 'it'\"'\"'s'", b"it's\n"),
    ],
)  # fmt: skip
def test_output_is_exact(sshd: Sshd, door: Door, command: str, expected: bytes) -> None:
    assert door(sshd).run(command).stdout_bytes == expected


def test_a_command_sees_neither_our_nonce_nor_a_prompt_for_it(sshd: Sshd, door: Door) -> None:
    spy = "set; env; cat /proc/self/cmdline | tr '\\0' ' '; cat /proc/$PPID/cmdline | tr '\\0' ' '"
    text = door(sshd).run(spy).stdout
    assert "\x1e" not in text
    assert "_v3n" not in text


def test_commands_do_not_change_the_lane_for_later_ones(server: Server, door: Door) -> None:
    ssh = door(server)
    ssh.run("cd /; X=1; export X; set -e; trap 'echo trapped' EXIT; ulimit -n 50; exec 3>&1; umask 0")
    ssh.run("exit 9")
    ssh.run("if")
    result = ssh.run('echo "[$X]" "$PWD"; umask; ulimit -n')
    assert "[]" in result.stdout
    assert result.stdout.splitlines()[0].endswith(str(server.user.home))
    assert result.stdout.splitlines()[2] != "50"


def test_stdin_reaches_the_command(server: Server, door: Door) -> None:
    data = bytes(range(256)) * 4000
    result = door(server).run("cat; echo done >&2; exit 4", stdin=data, timeout=30)
    assert (result.stdout_bytes, result.stderr, result.exit_status) == (data, "done\n", 4)


def test_a_signal_is_a_result(server: Server, door: Door) -> None:
    ssh = door(server)
    killed = ssh.run("kill -9 $$")
    assert (killed.exit_status, killed.signal) == (None, "KILL")
    assert ssh.run("sh -c 'kill -TERM $$'").exit_status == 143
    assert ssh.run("echo still here").stdout == "still here\n"


def test_output_beyond_the_cap_is_cut_and_said(server: Server, door: Door) -> None:
    ssh = door(server)
    result = ssh.run("head -c 100000 /dev/zero; exit 5", max_output_bytes=1000)
    assert (len(result.stdout_bytes), result.truncated, result.exit_status) == (1000, True, 5)
    endless = ssh.run("cat /dev/zero", max_output_bytes=1 << 20, timeout=30)
    assert endless.truncated
    assert len(endless.stdout_bytes) == 1 << 20
    assert wait_until(lambda: not server.user.processes("cat /dev/zero"))


def test_a_long_command_is_no_trouble(server: Server, door: Door) -> None:
    assert len(door(server).run("echo " + "x" * 200_000).stdout) == 200_001


def test_leftover_background_work_does_not_land_in_the_next_frame(server: Server, door: Door) -> None:
    ssh = door(server)
    first = ssh.run("(i=0; while [ $i -lt 40 ]; do echo noise; sleep 0.05; i=$((i+1)); done) & echo first")
    assert first.stdout.splitlines().count("first") == 1
    for number in range(30):
        assert ssh.run(f"sleep 0.01; echo {number}").stdout == f"{number}\n"


def test_a_background_child_does_not_hold_up_the_answer(server: Server, door: Door) -> None:
    result = door(server).run("sleep 47 & echo done", timeout=10)
    assert result.stdout == "done\n"
    assert result.duration_s < 2


STRAY = {
    "descriptors closed": "(exec 9>&-; sleep 0.7; echo STRAY; echo STRAY >&2) & echo now",
    "by python": "python3 -c \"import subprocess as s; s.Popen('sleep 0.7; echo STRAY', shell=1)\"; echo now",
    "in sight": "setsid -f sh -c 'sleep 0.7; echo STRAY'; echo now",
}


def test_what_a_command_left_running_writes_into_no_later_answer(sshd: Sshd, door: Door) -> None:
    """Also where it closed what a lane sees it by, as sudo and Python do."""
    ssh = door(sshd)
    for name, command in STRAY.items():
        assert ssh.run(command).stdout == "now\n", name
        later = ssh.run("sleep 1.2; echo later")
        assert (later.stdout, later.stderr) == ("later\n", ""), name


def test_reads_behind_one_that_leaves_something_running_are_answered_all_the_same(
    sshd: Sshd, door: Door
) -> None:
    ssh = door(sshd)
    asked = [ssh.Request("setsid -f sleep 48; echo left", effect="read")]
    asked += [ssh.Request(f"echo {number}", timeout=8, effect="read") for number in range(6)]
    told = {request.command: answer for request, answer in ssh.run_many(asked)}
    assert {type(answer).__name__ for answer in told.values()} == {"CommandResult"}, told
    assert [told[f"echo {number}"].stdout for number in range(6)] == [f"{number}\n" for number in range(6)]
    assert sshd.user.processes("sleep 48"), "it was ended, and nobody asked for that"


@pytest.mark.parametrize("command", ["", "   ", "a\0b", "a\rb", "\ud800"])
def test_what_cannot_be_sent_is_refused_before_anything_is(sshd: Sshd, door: Door, command: str) -> None:
    ssh = door(sshd)
    with pytest.raises(errors.BadCommand):
        ssh.run(command)
    for stdin in ("\ud800", 5, ["x"]):
        with pytest.raises(errors.BadCommand):
            ssh.run("true", stdin=stdin)
    assert ssh.status().logins == 0


def test_tools_in_sbin_are_found_and_messages_are_english(server: Server, door: Door) -> None:
    result = door(server).run('echo "$PATH"; echo "$LC_ALL"')
    assert "/usr/sbin" in result.stdout
    assert result.stdout.splitlines()[1] == "C"


def test_commands_step_back_behind_the_devices_own_work(server: Server, door: Door) -> None:
    assert door(server).run("nice").stdout.strip() == "5"


def test_many_reads_go_in_one_flight_and_each_gets_its_answer(server: Server, door: Door) -> None:
    ssh = door(server)
    requests = [ssh.Request(f"echo {n}; exit {n % 7}", effect="read", tag=n) for n in range(40)]
    slow = "until [ -e go ]; do sleep 0.02; done; rm -f go; echo slow"
    requests.append(ssh.Request(slow, effect="read", slow=True, tag=40))
    answers = []
    for each in ssh.run_many(requests):
        answers.append(each)
        if len(answers) == 40:
            (server.user.home / "go").touch()
    assert len(answers) == 41
    assert {r.tag: (a.stdout.strip(), a.exit_status) for r, a in answers if r.tag < 40} == {
        n: (str(n), n % 7) for n in range(40)
    }
    assert answers[-1][1].stdout == "slow\n"
    assert server.logins() == 1


def test_one_that_hangs_in_a_batch_costs_only_itself(server: Server, door: Door) -> None:
    ssh = door(server)
    requests = [ssh.Request(f"echo {n}", effect="read", tag=n) for n in range(6)]
    requests.insert(2, ssh.Request("sleep 61", effect="read", timeout=1, tag="hangs"))
    answers = {request.tag: outcome for request, outcome in ssh.run_many(requests)}
    assert isinstance(answers.pop("hangs"), errors.CommandTimeout)
    assert {tag: outcome.stdout for tag, outcome in answers.items()} == {n: f"{n}\n" for n in range(6)}
    assert not server.user.processes("sleep 61")


def test_a_batch_can_be_cancelled(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    cancel = threading.Event()
    requests = [ssh.Request("sleep 62", effect="read", tag=n) for n in range(4)]
    once(lambda: sshd.user.processes("sleep 62"), cancel.set)
    answers = [outcome for _, outcome in ssh.run_many(requests, cancel=cancel)]
    assert [type(outcome) for outcome in answers] == [errors.Cancelled] * 4
    assert not sshd.user.processes("sleep 62")


def test_a_stream_comes_as_it_is_printed_and_really_stops(server: Server, door: Door) -> None:
    ssh = door(server)
    with ssh.stream("echo one; sleep 0.2; echo two; sleep 63") as running:
        chunks = iter(running)
        text = b""
        while b"two" not in text:
            name, data = next(chunks)
            assert name == "stdout"
            text += data
        assert text == b"one\ntwo\n"
        assert running.stop()
    assert not server.user.processes("sleep 63")


@pytest.mark.parametrize("timeout", [None, "5", 0, -1, float("nan"), True])
def test_a_timeout_that_is_none_is_refused_before_anything_is_sent(
    sshd: Sshd, door: Door, timeout: object
) -> None:
    with pytest.raises(errors.BadCommand):
        door(sshd).run("true", timeout=timeout)


def test_a_signal_is_a_result_beside_stdin_too(server: Server, door: Door) -> None:
    killed = door(server).run("cat; kill -9 $$", stdin=b"in")
    assert (killed.stdout, killed.exit_status, killed.signal) == ("in", None, "KILL")
