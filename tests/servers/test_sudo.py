"""SSH_SUDO_PASSWORD reaches the real sudo alone, when it asks, and a wrong one is tried once. Both paths."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.servers import Sshd, User, throwaway_user
from utils import errors
from utils.redact import redact

pytestmark = pytest.mark.skipif(not shutil.which("sudo"), reason="needs sudo (make deps)")

Door = Callable[..., ModuleType]
PASSWORD = "su $do 'pw\""


class Board:
    """A server and what its sudo allows its user."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.server = Sshd(user)
        self._rule = Path("/etc/sudoers.d") / user.name
        self.log = self.server.folder / "sudo.log"

    def allow(self, rule: str, defaults: str = "") -> None:
        """rule as in sudoers, behind the user's name; defaults of this user."""
        own = f"Defaults:{self.user.name} logfile={self.log}\n"
        more = f"Defaults:{self.user.name} {defaults}\n" if defaults else ""
        self._rule.write_text(f"{own}{more}{self.user.name} {rule}\n")
        self._rule.chmod(0o440)

    def attempts(self) -> int:
        """Wrong passwords, as sudo's own log counts them."""
        text = self.log.read_text() if self.log.exists() else ""
        return text.count("incorrect password attempt") + text.count("3 incorrect")


@pytest.fixture(params=["dash", "bash", "busybox"])
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    with throwaway_user(request.param, password=PASSWORD) as user:
        made = Board(user)
        try:
            with made.server:
                yield made
        finally:
            made._rule.unlink(missing_ok=True)
            subprocess.run(["rm", "-rf", f"/run/sudo/ts/{user.name}"], check=False)


BOTH = pytest.mark.parametrize("persistent", [True, False], ids=["persistent", "subprocess"])


@BOTH
@pytest.mark.parametrize(
    "defaults",
    ["", "timestamp_timeout=0", "use_pty", "!lecture,passwd_tries=1"],
    ids=lambda text: text or "-",
)
def test_the_password_is_given_where_sudo_asks(
    board: Board, door: Door, persistent: bool, defaults: str
) -> None:
    board.allow("ALL=(ALL) ALL", defaults)
    ssh = door(board.server, ssh_sudo_password=PASSWORD, ssh_use_persistent=persistent)
    result = ssh.run(
        "sudo -n id -u; x=$(sudo -n id -un 2>/dev/null); echo $x; cat; sudo -n id -u | cat; id -u"
    )
    assert result.stdout.split()[:3] == ["0", "root", "0"], result.stderr
    assert (result.exit_status, PASSWORD in result.stderr, "v3-" in result.stderr) == (0, False, False)
    answers = [a.stdout for _, a in ssh.run_many([ssh.Request("sudo -n echo many", effect="read")])]
    assert answers == ["many\n"]


@BOTH
def test_no_command_finds_the_password_on_its_stdin(board: Board, door: Door, persistent: bool) -> None:
    board.allow("ALL=(ALL) NOPASSWD: ALL")
    ssh = door(board.server, ssh_sudo_password=PASSWORD, ssh_use_persistent=persistent)
    assert ssh.run("sudo -n cat; cat; echo end", timeout=8).stdout == "end\n"
    board.allow("ALL=(ALL) NOPASSWD: /usr/bin/cat, PASSWD: ALL")
    assert ssh.run("sudo -n cat; cat; sudo -n id -u", timeout=8).stdout == "0\n"
    with ssh.stream("sudo -n cat; sudo -n id -u") if persistent else _nothing() as running:
        assert [part for name, part in running if name == "stdout"] == ([b"0\n"] if persistent else [])


class _nothing(list):  # type: ignore[type-arg]
    def __enter__(self) -> list[tuple[str, bytes]]:
        return []

    def __exit__(self, *_: object) -> None:
        pass


@BOTH
def test_a_wrong_password_is_tried_once(board: Board, door: Door, persistent: bool) -> None:
    board.allow("ALL=(ALL) ALL")
    ssh = door(board.server, ssh_sudo_password="wrong", ssh_use_persistent=persistent)
    result = ssh.run("sudo -n id -u; sudo -n id -u")
    assert (result.stdout, result.exit_status) == ("", 1)
    assert "1 incorrect password attempt" in result.stderr
    again = ssh.run("sudo -n id -u")
    assert "a password is required" in again.stderr
    assert board.attempts() == 1
    ssh.reset()  # a person asks to try again
    ssh.run("sudo -n id -u")
    assert board.attempts() == 2


def test_without_it_sudo_is_asked_without_a_password(board: Board, door: Door) -> None:
    board.allow("ALL=(ALL) ALL")
    result = door(board.server).run("sudo -n echo one")
    assert (result.stdout, result.exit_status) == ("", 1)
    assert "a password is required" in result.stderr


def test_stop_of_a_command_of_root_is_true_only_if_it_is_over(board: Board, door: Door) -> None:
    board.allow("ALL=(ALL) NOPASSWD: ALL")
    ssh = door(board.server)
    with pytest.raises(errors.CommandTimeout) as caught:
        ssh.run("sudo -n sleep 7788", timeout=1)
    alive = subprocess.run(["pgrep", "-f", "^sleep 7788"], capture_output=True, check=False).returncode == 0
    subprocess.run(["pkill", "-f", "^sleep 7788"], check=False)
    assert (caught.value.details["stopped"] is True) is not alive


def _told(ssh: ModuleType) -> list[str]:
    return [f"{each.state.value}: {each.seen}" for each in ssh.door.test_login()]


@pytest.mark.parametrize("board", ["bash"], indirect=True)
@BOTH
def test_the_login_form_is_told_what_worked_and_a_refused_password_is_sent_once(
    board: Board, door: Door, persistent: bool
) -> None:
    board.allow("ALL=(ALL) ALL")
    ssh = door(board.server, ssh_use_persistent=persistent)
    assert _told(ssh)[1] == "note: Not set: sudo on this board wants a password."
    ssh.set_credentials(sudo_password="wrong again")
    for _ in range(2):
        login, sudo = _told(ssh)
        assert login.startswith(f"ok: {board.user.name} is logged in on ")
        assert sudo == "broken: The board refused the sudo password. It is not sent again."
    assert board.attempts() == 1
    ssh.set_credentials(sudo_password=PASSWORD)
    assert _told(ssh)[1] == _told(ssh)[1] == "ok: The sudo password is right."
    assert ssh.run("sudo -n id -un").stdout == "root\n"
    board.allow("ALL=(ALL) NOPASSWD: ALL")
    assert _told(ssh)[1].startswith("ok: sudo asks ")
    ssh.set_credentials(password="not the password")
    assert [each.partition(":")[0] for each in _told(ssh)] == ["broken", "not reached"]


@pytest.mark.parametrize("board", ["bash"], indirect=True)
def test_what_is_typed_for_sudo_stands_nowhere_else_and_is_redacted_once_it_is_right(
    board: Board, door: Door, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    board.allow("ALL=(ALL) ALL")
    ssh = door(board.server)
    ssh.set_credentials(sudo_password="mistyped 4711")
    ssh.door.test_login()
    assert redact("mistyped 4711") == "mistyped 4711"
    ssh.set_credentials(sudo_password=PASSWORD)
    seen = ssh.run("sudo -n true; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'")
    assert PASSWORD not in seen.stdout
    assert "mistyped" not in seen.stdout
    assert redact(f"it is {PASSWORD}!") == "it is [redacted]!"
    assert "mistyped" not in caplog.text
    kept = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert not [each for each in kept if PASSWORD.encode() in each.read_bytes()]
