"""Rows 80 to 89: what login files and servers put in the shell's place, and what they print.

Each row tries every way a command can go: a lane, a channel with stdin, sudo, a stream, the system's ssh.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.faults.bench import SLEEP, Bench, Seen, worst
from tests.faults.matrix import row
from tests.servers.servers import Sshd
from utils import errors
from utils import ssh_interface as ssh

CANARY = "Canary7qz"
REFUSED = {"shows": "shell-unusable", "within": 10, "state": "down", "runs": (0, 0), "may_live": True}


def _ways(bench: Bench, **options: Any) -> list[Seen]:
    """An unsafe command each way of the persistent path; stdin is text that a shell would execute."""
    trap = f"touch {bench.folder}/pwned\n"
    return [
        bench.call("cat >/dev/null", stdin=trap, **options),
        bench.call("sudo -n true", **options),
        bench.call(f"{trap[:-1]}.own", **options),
        _stream(bench),
    ]


def _stream(bench: Bench) -> Seen:
    counter, started = bench._counter("unsafe"), time.monotonic()
    try:
        with ssh.stream(f"echo x >>{counter}; echo on", timeout=15) as running:
            out = b"".join(data for name, data in running if name == "stdout")
        return Seen("ok" if out == b"on\n" else f"streamed {out!r}", time.monotonic() - started, counter)
    except errors.V3Error as exc:
        return Seen(exc.code, time.monotonic() - started, counter, error=exc)


def _refused(bench: Bench, server: Sshd, says: str, *, every_way: bool = False) -> Seen:
    """Nothing is sent, nothing runs, the password is nowhere; the sentence names what is in the way."""
    bench.point(server, ssh_sudo_password=CANARY)
    seen = _ways(bench, timeout=15) if every_way else [bench.call("sudo -n true; cat", timeout=15)]
    bench.point(server, ssh_use_persistent=False, ssh_sudo_password=CANARY)
    seen.append(bench.call("cat >/dev/null", stdin=f"touch {bench.folder}/pwned\n", timeout=9))
    assert {one.shown for one in seen} == {"shell-unusable"}, [one.shown for one in seen]
    assert sum(one.runs for one in seen) == 0
    assert not list(bench.folder.glob("pwned*"))
    for one in seen:
        assert CANARY not in one.text
        assert any(words in one.text for words in says.split("|")), one.text
    return worst(seen)


def _needs(program: str) -> None:
    assert shutil.which(program), f"{program} is not installed (make deps)"


def _in_front(
    number: str, what: str, line: str, program: str, says: str = "Another program", **more: Any
) -> None:
    @row(number, f"{what} in .bashrc", **{**REFUSED, **more})
    def play(bench: Bench) -> Seen:
        _needs(program)
        bench.login_file(line)
        return _refused(bench, bench.sshd(), says, every_way=number == "80")


_in_front("80", "exec zsh", "exec zsh", "zsh")
_in_front("80b", "exec dash, once", '[ -n "$D" ] || { export D=1; exec dash; }', "dash")
_in_front("80c", "exec fish", "exec fish", "fish", fast=False)
_in_front("80d", "exec tcsh", "exec tcsh", "tcsh", fast=False)
_in_front("80e", "a child shell", "mksh", "mksh", says="A login file", fast=False)
_in_front("80f", "a child sh that asks", "sh -i", "sh", says="A login file", fast=False)


def _forced(number: str, command: str, **more: Any) -> None:
    @row(number, f"ForceCommand {command}", **{**REFUSED, **more})
    def play(bench: Bench) -> Seen:
        return _refused(bench, bench.sshd(f"ForceCommand {command}"), "Another program")


_forced("81", "/bin/sh -l")
_forced("81b", "/bin/bash", fast=False)
_forced("81c", "/bin/cat", fast=False)


@row(82, "a session recorder around an interactive shell", **REFUSED)
def recorder(bench: Bench) -> Seen:
    _needs("script")
    bench.login_file('[ -n "$REC" ] || { export REC=1; exec script -q /dev/null; }')
    return _refused(bench, bench.sshd(), "program")


@row("82b", "a session recorder around the command: a terminal in between", **{**REFUSED, "within": 3})
def recorder_of_commands(bench: Bench) -> Seen:
    _needs("script")
    return _refused(
        bench, bench.sshd('ForceCommand script -qc "$SSH_ORIGINAL_COMMAND" /dev/null'), "terminal"
    )


@row(83, "a menu that notes whatever it reads", **REFUSED)
def menu(bench: Bench) -> Seen:
    read = bench.folder / "read"
    program = bench.folder / "menu"
    program.write_text(f'#!/bin/sh\nread() {{ command read -r "$1" && echo "$x" >>{read}; }}\n'
                       'while echo "1) status 2) log"; printf "Choice: "; read x; do :; done\n')  # fmt: skip
    program.chmod(0o755)
    seen = _refused(bench, bench.sshd(f"ForceCommand {program}"), "program")
    assert not read.exists(), read.read_text()
    return seen


@row(84, "a question in .bashrc (read)", **{**REFUSED, "within": 15})
def question(bench: Bench) -> Seen:
    eaten = bench.folder / "eaten"
    bench.login_file(f'read -r -p "Proxy? " x && echo "$x" >>{eaten}')
    # how much of our script the question takes hangs on how fast it comes
    seen = _refused(bench, bench.sshd(), "reads the input|cannot finish its answer")
    assert not eaten.exists()
    return seen


@row("84b", "a question that gives up after a second", shows="ok", within=3, state="ready")
def short_question(bench: Bench) -> Seen:
    bench.login_file("read -r -t1 x; export LC_ALL=de_DE.UTF-8 TMOUT=5; PATH=/usr/bin:/bin")
    bench.connect(bench.sshd())
    seen = [bench.call("echo $LC_ALL; command -v dropbear; echo ${TMOUT-unset}"),
            bench.call("cat; echo $LC_ALL; command -v dropbear; echo ${TMOUT-unset}", stdin="")]  # fmt: skip
    assert {one.out for one in seen} == {"C\n/usr/sbin/dropbear\nunset\n"}, [one.out for one in seen]
    return worst(seen)


@row(85, "login files complain on stderr, now and later", shows="ok", within=6, state="ready", runs=(0, 1))
def stderr_noise(bench: Bench) -> Seen:
    bench.login_file("nvcc-of-old --version; echo 'Permission denied' >&2")
    server = bench.sshd()
    seen: list[Seen] = []
    for persistent in (True, False):
        bench.point(server, ssh_use_persistent=persistent)
        seen += [bench.call("echo own >&2"), bench.call("cat; echo own >&2", stdin="")]
        if persistent:
            with ssh.stream("echo own >&2") as running:
                assert list(running) == [("stderr", b"own\n")]
    assert [one.result.stderr for one in seen if one.result] == ["own\n"] * 4
    return worst(seen)


def _login_shell(number: str, shell: str, **more: Any) -> None:
    @row(number, f"{shell} as the login shell", shows="ok", within=6, state="ready", **more)
    def play(bench: Bench) -> Seen:
        _needs(shell)
        name = bench.user.name
        subprocess.run(["usermod", "-s", str(shutil.which(shell)), name], check=True, capture_output=True)
        bench.afterwards(lambda: subprocess.run(["usermod", "-s", "/bin/bash", name], check=True))
        return _works_whole(bench, bench.sshd())


def _works_whole(bench: Bench, server: Sshd) -> Seen:
    """Every way, the stop too; ends on the second path."""
    seen: list[Seen] = []
    for persistent in (True, False):
        bench.point(server, ssh_use_persistent=persistent)
        seen += [
            bench.call("echo 'a!b' \"$0\" >&2; echo one\necho two"),
            bench.call("cat", stdin="one\ntwo\n"),
        ]
        late = bench.call(f"{SLEEP}; echo late >{bench.folder}/late", timeout=2)
        assert (late.shown, late.error and getattr(late.error, "details", {}).get("stopped")) == (
            "command-timeout", True,
        ), late.text  # fmt: skip
        if persistent:
            seen.append(_stream(bench))
    assert {one.out for one in seen if one.result} == {"one\ntwo\n"}
    assert not (bench.folder / "late").exists()
    seen.sort(key=lambda one: one.shown != "ok")
    return Seen(seen[-1].shown, seen[-1].seconds, seen[-1].counter, seen[-1].result, seen[-1].error)


_login_shell("86", "tcsh")
_login_shell("86b", "bsd-csh")
_login_shell("86c", "fish")
_login_shell("86d", "zsh", fast=False)
_login_shell("86e", "mksh", fast=False)
_login_shell("86f", "ksh93", fast=False)
_login_shell("86g", "yash", fast=False)
_login_shell("86h", "dash", fast=False)


def _other_sh(number: str, shell: str, **more: Any) -> None:
    @row(number, f"{shell} is what `sh` means", shows="ok", within=6, state="ready", **more)
    def play(bench: Bench) -> Seen:
        _needs(shell)
        folder = bench.folder / "first"
        folder.mkdir()
        (folder / "sh").symlink_to(str(shutil.which(shell)))
        bench.login_file(f"PATH={folder}:$PATH")
        return _works_whole(bench, bench.sshd())


_other_sh("87", "mksh")
_other_sh("87b", "ksh93", fast=False)
_other_sh("87c", "yash", fast=False)
_other_sh("87d", "zsh", fast=False)


class HiddenSshd(Sshd):
    """An sshd whose /proc is another one: `mount` is what is done to it first."""

    mount = ""

    def argv(self) -> list[str]:
        command = f'{self.mount} && exec "$@"'
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", command, "sshd", *super().argv()]


def _stopped_where(bench: Bench, mount: str, command: str, expected: bool | None = None) -> Seen:
    """What is said of a stop must agree with what runs afterwards."""
    server = HiddenSshd(bench.user)
    server.mount = mount
    bench.connect(bench.use(server))
    late = bench.folder / "late"
    seen = bench.call(f"{command.replace('LATE', str(late))}", timeout=1)
    assert isinstance(seen.error, errors.V3Error)
    stopped = seen.error.details["stopped"]
    time.sleep(3)
    assert stopped is not True or not late.exists(), "stopped, it said"
    assert stopped is not False or late.exists() or bench.still_running(), "still runs, it said"
    words = {True: "It was stopped", None: "could not be made sure", False: "still runs"}
    assert words[stopped] in f"{seen.text} {seen.error.hint}"
    assert stopped is expected
    return seen


_NO_PROC = "mount -t tmpfs none /proc"
_HIDDEN = "mount -t proc -o hidepid=2 proc /proc"


@row(88, "a time-out where /proc is not there", shows="command-timeout", within=6, state="ready",
     may_live=True)  # fmt: skip
def no_proc(bench: Bench) -> Seen:
    return _stopped_where(bench, _NO_PROC, "sleep 3; echo x >LATE")


@row("88b", "a time-out of sudo where others' processes are hidden", shows="command-timeout", within=6,
     state="ready", may_live=True)  # fmt: skip
def hidden_sudo(bench: Bench) -> Seen:
    _needs("sudo")
    rule = Path("/etc/sudoers.d") / bench.user.name
    rule.write_text(f"{bench.user.name} ALL=(ALL) NOPASSWD: ALL\n")
    bench.afterwards(rule.unlink)
    return _stopped_where(bench, _HIDDEN, "sudo -n sh -c 'sleep 3; echo x >LATE'")


@row("88c", "a time-out where others' processes are hidden", shows="command-timeout", within=6,
     state="ready")  # fmt: skip
def hidden(bench: Bench) -> Seen:
    return _stopped_where(bench, _HIDDEN, "sleep 3; echo x >LATE", True)


@row("88d", "a time-out whose stop meets another shell", shows="command-timeout", within=6,
     state="ready", may_live=True)  # fmt: skip
def stop_in_front(bench: Bench) -> Seen:
    """From the second session on, another shell stands in front: its exit status 0 proves nothing."""
    bench.login_file(f"case $BASH_EXECUTION_STRING in *v3-stop*) exec dash;; esac; : {bench.folder}")
    bench.connect(bench.sshd())
    seen = bench.call(f"{SLEEP}", timeout=1)
    assert isinstance(seen.error, errors.V3Error)
    assert seen.error.details["stopped"] is None
    assert bench.still_running()
    bench.end_sleeps()
    return seen


@row(
    89,
    "TMOUT set where sh is bash, a job left behind",
    shows="ok",
    within=9,
    state="ready|new",
    may_live=True,
)
def tmout(bench: Bench) -> Seen:
    """The look for leftovers must not end because `read` gives up."""
    folder = bench.folder / "first"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/bash")
    bench.login_file(f"PATH={folder}:$PATH; export TMOUT=1")
    bench.connect(bench.sshd())
    seen = bench.call("(sleep 2; echo STRAY; echo STRAY >&2; sleep 3) & echo done")
    time.sleep(1.2)
    after = [bench.call("sleep 0.4; echo clean") for _ in range(4)]
    assert {one.out for one in after} == {"clean\n"}, [one.out for one in after]
    assert {one.result.stderr for one in after if one.result} == {""}
    return seen
