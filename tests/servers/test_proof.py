"""What has arrived is a result; what is told of a failure is its own cause; a kept error holds nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Sshd, throwaway_user
from tests.warm import Warm
from utils import errors
from utils.link.lanes import opening
from utils.link.lanes.opening import SURE_S
from utils.link.paths.subprocess import call
from utils.redact import redact
from utils.settings import PROJECT

Door = Callable[..., ModuleType]

_PAUSED = """
import sys
from pathlib import Path
from utils import errors, ssh_interface as ssh
from utils.settings import Settings
ssh.configure(Settings.model_validate_json(sys.stdin.read()))
ssh.run("true")
for _ in range(3):
    print("ready", flush=True)
    try:
        print(ssh.run("sleep 1; echo whole", timeout=2).stdout.strip(), flush=True)
    except errors.V3Error as exc:
        print(exc.code, exc, flush=True)
"""


def test_an_answer_that_is_there_is_a_result_whatever_the_clock_says(sshd: Sshd, tmp_path: Path) -> None:
    """The program stands still, as in a suspended laptop, from before the answer until after the deadline."""
    dumped = sshd.settings(tmp_path).model_dump(mode="json")
    values = json.dumps({**dumped, "ssh_password": sshd.user.password})
    (paused := tmp_path / "paused.py").write_text(_PAUSED)
    with Warm(
        [sys.executable, str(paused)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(values)
        program.stdin.close()
        for _ in range(3):
            assert program.stdout.readline() == "ready\n"
            assert wait_until(lambda: sshd.user.processes("sleep 1"))
            os.kill(program.pid, signal.SIGSTOP)
            time.sleep(2.1)
            os.kill(program.pid, signal.SIGCONT)
            assert program.stdout.readline() == "whole\n"


def test_a_command_whose_shell_cannot_go_on_says_what_its_shell_said(door: Door) -> None:
    """No more processes: the link stands, and is not told as lost."""
    with throwaway_user("dash") as user, Sshd(user) as sshd:
        ssh = door(sshd)
        ssh.run("true")
        (user.home / ".bashrc").write_text(f"{(user.home / '.bashrc').read_text()}ulimit -u 6\n")
        ssh.reset()
        holders = [subprocess.Popen(["su", "-s", "/bin/sleep", user.name, "--", "60"]) for _ in range(3)]
        try:
            time.sleep(0.5)
            with pytest.raises(errors.V3Error) as caught:
                ssh.run("echo $(echo deep) | cat | cat | cat; exec true | true | true | true | true")
        finally:
            for holder in holders:
                holder.kill()
                holder.wait()
        assert "link was lost" not in str(caught.value)
        assert "fork" in str(caught.value).lower()


def test_a_stream_that_never_began_says_why(door: Door) -> None:
    rc = 'case "$BASH_EXECUTION_STRING" in *v3-once*) echo no room; exit 1;; esac'
    with throwaway_user(rc=rc) as user, Sshd(user) as sshd:
        ssh = door(sshd)
        ssh.run("true")
        with pytest.raises(errors.ShellUnusable, match="no room"), ssh.stream("echo on") as running:
            list(running)


@pytest.mark.parametrize("persistent", [True, False], ids=["persistent", "subprocess"])
def test_a_password_that_a_login_file_prints_is_shown_nowhere(
    door: Door, monkeypatch: pytest.MonkeyPatch, persistent: bool
) -> None:
    monkeypatch.setattr(opening, "START_S", SURE_S + 0.5)
    monkeypatch.setattr(call, "PATIENCE_S", SURE_S + 0.5)
    password = "canary 7c1d"
    for rc in ("exit 1", "exec cat", "exec zsh || read x; exit 1"):
        with (
            throwaway_user(password=password, rc=f"echo 'it is {password}' | tee /dev/stderr; {rc}") as user,
            Sshd(user) as sshd,
        ):
            ssh = door(sshd, ssh_use_persistent=persistent)
            redact.add(password)  # as the program does with what is configured
            with pytest.raises(errors.ShellUnusable) as caught:
                ssh.run("true", timeout=12)
            shown = [str(caught.value), caught.value.details, ssh.status(), ssh.ladder()]
            assert "it is [redacted]" in str(caught.value)
            assert password not in repr(shown), rc


def test_a_kept_error_holds_no_frames(door: Door) -> None:
    with throwaway_user(rc="exit 3") as user, Sshd(user) as sshd:
        ssh = door(sshd)
        with pytest.raises(errors.ShellUnusable):
            ssh.run("true")
        inner = ssh._the_door()
        for kept in (inner.link._error, inner.breaker.cause, inner.openssh._turns._error):
            if kept is not None:
                assert (kept.__traceback__, kept.__context__, kept.__cause__) == (None, None, None)
        assert inner.link._error is not None
