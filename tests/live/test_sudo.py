"""SSH_SUDO_PASSWORD reaches sudo by stdin only, on both paths. A stand-in `sudo` shows what it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from tests.live.servers import Sshd, throwaway_user

# As sudo -S does: reads one line, compares it, runs the rest; tells its own arguments.
SUDO = """#!/bin/sh
echo "argv: $*" >&2
[ "$1" = -n ] && { echo "sudo: a password is required" >&2; exit 1; }
shift 3; IFS= read -r given; [ "$given" = 'su $do pw' ] || { echo "sudo: no" >&2; exit 1; }
exec "$@"
"""


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with throwaway_user() as user, Sshd(user) as server:
        sudo = user.home / "shbin/sudo"
        sudo.write_text(SUDO)
        sudo.chmod(0o755)
        yield server


@pytest.mark.parametrize("persistent", [True, False])
def test_the_password_goes_by_stdin_and_nowhere_else(
    sshd: Sshd, door: Callable[..., ModuleType], persistent: bool
) -> None:
    ssh = door(sshd, ssh_sudo_password="su $do pw", ssh_use_persistent=persistent)
    result = ssh.run("sudo -n echo one; sudo -n echo two; cat")
    assert result.stdout == "one\ntwo\n"
    assert "su $do pw" not in result.stderr
    assert result.command == "sudo -n echo one; sudo -n echo two; cat"
    answers = [a.stdout for _, a in ssh.run_many([ssh.Request("sudo -n echo many", effect="read")])]
    assert answers == ["many\n"]


def test_without_it_sudo_is_asked_without_a_password(sshd: Sshd, door: Callable[..., ModuleType]) -> None:
    result = door(sshd).run("sudo -n echo one")
    assert (result.stdout, result.exit_status) == ("", 1)
    assert "a password is required" in result.stderr
