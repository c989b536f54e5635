"""Login files and forced commands that let our script run, and still reach into what it sees or says."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.servers.servers import Sshd, throwaway_user
from utils import errors

Door = Callable[..., ModuleType]
PATHS = pytest.mark.parametrize("persistent", [True, False], ids=["persistent", "subprocess"])


@PATHS
@pytest.mark.parametrize("command", ["true", "head -c 1 >/dev/null", "exec 0</dev/null; exit 3", "("])
def test_what_a_command_leaves_of_its_stdin_is_executed_by_nobody(
    door: Door, command: str, persistent: bool
) -> None:
    """The server runs the command, and then a shell that reads the same input."""
    with (
        throwaway_user() as user,
        Sshd(user, config='ForceCommand sh -c "$SSH_ORIGINAL_COMMAND"; exec sh') as sshd,
    ):
        ssh = door(sshd, ssh_use_persistent=persistent)
        for size in (1, 20_000):  # more than a pipe holds
            ssh.run(command, stdin=f"touch {user.home}/pwned\n" * size)
        with ssh.stream("echo on; exit 1") as running:
            list(running)
        ssh.close()
        assert not (user.home / "pwned").exists()


OPTIONS = {
    "strict": "set -eufC -o pipefail",
    "xtrace": "set -x",
    "failglob": "shopt -s failglob nocaseglob; set -e",
    "functions": " ".join(
        f"{name}() {{ echo FAKE; }}; export -f {name};" for name in ("ls", "cat", "printf", "read", "echo")
    ),
}
CHECK = (
    "false; ls -d /etc/host[s]; echo $no_such; echo a >$HOME/f; echo b >$HOME/f; cat $HOME/f; "
    "false | true; echo $?; echo /no/such*; echo own >&2; false"
)


@PATHS
@pytest.mark.parametrize("line", OPTIONS.values(), ids=OPTIONS)
def test_exported_options_of_the_shell_change_no_answer(door: Door, line: str, persistent: bool) -> None:
    with throwaway_user("bash", rc=f"export SHELLOPTS BASHOPTS; {line}") as user, Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=persistent)
        for stdin in (None, ""):
            result = ssh.run(CHECK, stdin=stdin)
            assert (result.stdout, result.stderr, result.exit_status) == (
                "/etc/hosts\n\nb\n0\n/no/such*\n", "own\n", 1,
            )  # fmt: skip
            with pytest.raises(errors.CommandTimeout) as caught:
                ssh.run("sleep 71; true", timeout=1, stdin=stdin)
            assert caught.value.details["stopped"] is True
            assert not user.processes("sleep 71")


@PATHS
def test_a_shell_that_complains_as_it_starts_is_no_part_of_an_answer(door: Door, persistent: bool) -> None:
    """As where LD_PRELOAD names a library that is missing, also as a lane's own shell starts."""
    wrapper = '#!/bin/dash\\nsleep 0.3; echo WRAP; echo WRAP >&2; exec /bin/dash "$@"\\n'
    rc = f"rm -f ~/shbin/sh; printf '{wrapper}' >~/shbin/sh; chmod +x ~/shbin/sh"
    with throwaway_user(rc=rc) as user, Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=persistent)
        for effect, stdin in (("read", None), ("unsafe", None), ("unsafe", "in")):
            result = ssh.run("echo out; echo err >&2", effect=effect, stdin=stdin)
            assert (result.stdout, result.stderr) == ("out\n", "err\n"), (effect, stdin)


@PATHS
@pytest.mark.parametrize("stdin", [None, "in"], ids=["lane", "once"])
def test_a_login_file_that_takes_the_input_away_is_named(
    door: Door, stdin: str | None, persistent: bool
) -> None:
    with throwaway_user(rc="exec </dev/null") as user, Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=persistent)
        with pytest.raises(errors.ShellUnusable, match="Nothing was run") as caught:
            ssh.run(f"touch {user.home}/ran", stdin=stdin)
        assert caught.value.details["cause"] == "no-input"
        with pytest.raises(errors.ShellUnusable), ssh.stream(f"touch {user.home}/ran") as running:
            list(running)
        assert not (user.home / "ran").exists()


@PATHS
@pytest.mark.parametrize("stdin", [None, "in"], ids=["lane", "once"])
def test_output_that_something_adds_to_is_no_output(door: Door, stdin: str | None, persistent: bool) -> None:
    with throwaway_user(rc="exec > >(sed -u 's/^/[12:00] /')") as user, Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=persistent)
        with pytest.raises(errors.ShellUnusable, match="Nothing was run") as caught:
            ssh.run(f"touch {user.home}/ran", stdin=stdin)
        assert caught.value.details["cause"] == "changed-output"
        assert not (user.home / "ran").exists()


@PATHS
@pytest.mark.parametrize("stdin", [None, "in"], ids=["lane", "once"])
def test_a_caller_in_a_hurry_hears_nothing_of_what_may_be_in_the_way(
    door: Door, stdin: str | None, persistent: bool
) -> None:
    """The login file is slow, and reads nothing: nobody could know more after a second."""
    with throwaway_user(rc="sleep 2") as user, Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=persistent)
        with pytest.raises(errors.CommandTimeout, match="Nothing was run"):
            ssh.run(f"touch {user.home}/ran", stdin=stdin, timeout=2)
        assert ssh.run("echo on", stdin=stdin, timeout=30).stdout == "on\n"
        assert not (user.home / "ran").exists()


def test_a_laptop_without_ssh_is_told_what_to_install(
    door: Door, sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(errors.LinkInternal, match="Nothing was run") as caught:
        door(sshd, ssh_use_persistent=False).run("true")
    assert "OpenSSH" in caught.value.hint
