"""Rows 177 to 189: a login without a shell, a terminal or root rights: which cause, in whose words."""

from __future__ import annotations

import shutil
import subprocess
import time
from functools import partial
from typing import Any

import paramiko
import pytest

from tests.faults import netns
from tests.faults.bench import Bench, Seen
from tests.faults.matrix import row
from tests.faults.stubs import SshStub
from tests.servers.servers import Sshd
from tests.waiting import wait_until
from utils import errors
from utils import ssh_interface as ssh
from utils.model.results import Rung, RungState

WORDS = "ps, ask Bob in building 7 room 12"


def _rung(name: str) -> Rung:
    return next(each for each in ssh.ladder() if each.id == name)


def _refused(bench: Bench, at: Any, cause: str, *words: str, **options: Any) -> Seen:
    """A call fails for this cause, in these words; the ladder stops at the shell with the same ones."""
    bench.point(at)
    seen = bench.call(**options)
    error = seen.error
    assert isinstance(error, errors.V3Error)
    assert error.details.get("cause") == cause, f"{error.details}: {error}"
    for word in words:
        assert word in str(error), str(error)
    rung = _rung("shell")
    assert rung.state is RungState.BROKEN
    assert all(word in rung.seen for word in words), rung
    assert rung.next_step == error.hint
    return seen


def _login_shell(bench: Bench, shell: str) -> Sshd:
    subprocess.run(["usermod", "-s", shell, bench.user.name], check=True)
    bench.afterwards(subprocess.run, ["usermod", "-s", "/bin/bash", bench.user.name])
    return bench.sshd()


NO_SHELL: dict[str, Any] = {"shows": "shell-unusable", "within": 6, "state": "down", "runs": (0, 0)}


@row(177, "a restricted shell (rbash)", **NO_SHELL)
def restricted(bench: Bench) -> Seen:
    return _refused(bench, _login_shell(bench, "/bin/rbash"), "restricted-shell", "restricted")


@row(178, "no login shell (nologin)", **NO_SHELL)
def nologin(bench: Bench) -> Seen:
    return _refused(
        bench, _login_shell(bench, "/usr/sbin/nologin"), "nologin", "This account is currently not available."
    )


@row("178b", "no login shell (false), which says nothing", **NO_SHELL)
def false(bench: Bench) -> Seen:
    seen = _refused(bench, _login_shell(bench, "/bin/false"), "ended-silently")
    assert "/bin/false" in str(getattr(seen.error, "hint", ""))
    return seen


@row(179, "SFTP only (ForceCommand internal-sftp)", **NO_SHELL)
def sftp_only(bench: Bench) -> Seen:
    server = bench.sshd("ForceCommand internal-sftp")
    return _refused(bench, server, "sftp-only", "This service allows sftp connections only.")


@row(180, "the server runs something else (ForceCommand)", **NO_SHELL)
def forced(bench: Bench) -> Seen:
    seen = _refused(bench, bench.sshd(f'ForceCommand echo "{WORDS}"'), "ended", WORDS)
    assert "ForceCommand" in str(getattr(seen.error, "hint", ""))
    return seen


@row("180b", "the server runs something else that says 500 characters", **NO_SHELL)
def forced_long(bench: Bench) -> Seen:
    text = " ".join(f"word{number:03}" for number in range(62))  # 495 characters
    return _refused(bench, bench.sshd(f'ForceCommand echo "{text}"'), "ended", text)


class Windows(SshStub):
    """Answers each command as cmd.exe does."""

    said = "'{word}' is not recognized as an internal or external command,\r\noperable program."

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        said = self.said.format(word=command.split()[0])
        super().execute(channel, f"printf '%s\\r\\n' \"{said}\" >&2; exit 1")


@row(181, "a Windows shell answers", root=False, **NO_SHELL)
def windows(bench: Bench) -> Seen:
    return _refused(bench, bench.use(Windows()), "windows", "is not recognized as an internal or external")


@row("181c", "a Windows server answers in French", root=False, **NO_SHELL)
def windows_abroad(bench: Bench) -> Seen:
    stub = bench.use(Windows())
    stub.said = "'{word}' n'est pas reconnu en tant que commande interne"
    stub.version = "SSH-2.0-OpenSSH_for_Windows_9.5"
    return _refused(bench, stub, "windows", "pas reconnu")


@row("182c", "the shell is killed", **NO_SHELL)
def killed(bench: Bench) -> Seen:
    bench.login_file("kill -KILL $$")
    return _refused(bench, bench.sshd(), "killed", "signal KILL")


class ClosesAtOnce(SshStub):
    """Closes each session without an answer to what it was asked to run."""

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        channel.close()


@row("181b", "the server closes the session without an answer", root=False, **NO_SHELL)
def closes_at_once(bench: Bench) -> Seen:
    return _refused(bench, bench.use(ClosesAtOnce()), "exec-refused")


@row(182, "no processes left (fork)", **NO_SHELL)
def no_processes(bench: Bench) -> Seen:
    bench.login_file("ulimit -u 1")
    return _refused(bench, bench.sshd(), "no-processes", "fork")


@row("182b", "no memory left", **NO_SHELL)
def no_memory(bench: Bench) -> Seen:
    bench.login_file("ulimit -v 2500")
    return _refused(bench, bench.sshd(), "no-memory")


@row(183, "a menu instead of a shell", shows="shell-unusable|command-timeout", within=12, state="down",
     runs=(0, 0), fast=False)  # fmt: skip
def menu(bench: Bench) -> Seen:
    script = bench.folder / "menu"
    script.write_text(
        "#!/bin/sh\necho '1) Status'; echo '2) Reboot'\nwhile printf 'Your choice: '; read -r c; do :; done\n"
    )
    script.chmod(0o755)
    return _refused(
        bench, bench.sshd(f"ForceCommand {script}"), "another-program", "2) Reboot | Your choice:", timeout=12
    )


@row(184, "a login file starts tmux", **NO_SHELL)
def tmux(bench: Bench) -> Seen:
    if not shutil.which("tmux"):  # its words, where it is not installed
        stand_in = bench.user.home / "shbin/tmux"
        stand_in.write_text("#!/bin/sh\necho 'open terminal failed: not a terminal' >&2; exit 1\n")
        stand_in.chmod(0o755)
        bench.afterwards(stand_in.unlink)
    bench.login_file("exec tmux")
    return _refused(bench, bench.sshd(), "needs-terminal", "open terminal failed: not a terminal")


@row(185, "the user's home is missing", shows="ok", within=3, state="ready", runs=(1, 1))
def no_home(bench: Bench) -> Seen:
    subprocess.run(["usermod", "-d", "/nonexistent", bench.user.name], check=True)
    bench.afterwards(wait_until, partial(_has_home_again, bench), every_s=0.1)
    bench.connect(bench.sshd())
    seen = bench.call("echo fine")
    assert seen.out == "fine\n"
    rung = _rung("shell")
    assert rung.state is RungState.NOTE
    assert "Could not chdir to home directory" in rung.seen
    assert "mkhomedir_helper" in rung.next_step
    return seen


def _has_home_again(bench: Bench) -> bool:
    """usermod refuses while a process of the user is still there."""
    return not subprocess.run(["usermod", "-d", str(bench.user.home), bench.user.name]).returncode


def _no_terminal(bench: Bench, server: Sshd, cause: str, hint: str) -> Seen:
    bench.connect(server)
    started = time.monotonic()
    with pytest.raises(errors.V3Error) as caught:
        ssh.open_terminal()
    error, seconds = caught.value, time.monotonic() - started
    assert error.details.get("cause") == cause, error
    assert hint in error.hint
    assert bench.call().shown == "ok", "commands go on"
    return Seen(error.code, seconds, error=error)


@row(186, "no PTY (PermitTTY no)", shows="shell-unusable", within=3, state="ready", runs=(0, 0))
def permit_tty(bench: Bench) -> Seen:
    return _no_terminal(bench, bench.sshd("PermitTTY no"), "no-pty", "PermitTTY no")


class WithoutDevpts(Sshd):
    """An sshd in a place where /dev/pts is not mounted."""

    def argv(self) -> list[str]:
        return [
            "unshare",
            "-m",
            "sh",
            "-c",
            'while umount -l /dev/pts; do :; done; exec "$@"',
            "sh",
            *super().argv(),
        ]


@row("186b", "no PTY (/dev/pts is not mounted)", shows="shell-unusable", within=3, state="ready", runs=(0, 0))
def no_devpts(bench: Bench) -> Seen:
    return _no_terminal(bench, bench.use(WithoutDevpts(bench.user)), "no-devpts", "mount -t devpts")


def _sudo(bench: Bench, sudoers: str, password: str | None, words: str, step: str) -> Seen:
    """The real sudo with these sudoers, seen by this worker's mounts alone."""
    assert shutil.which("sudo"), "needs sudo (make deps)"
    path = bench.folder / "sudoers"
    path.write_text(f"Defaults lecture=never, timestamp_timeout=0\nroot ALL=(ALL) ALL\n{sudoers}\n")
    path.chmod(0o440)
    netns.run("mount", "--bind", str(path), "/etc/sudoers")
    bench.afterwards(subprocess.run, ["umount", "/etc/sudoers"])
    bench.connect(bench.sshd(), ssh_sudo_password=password)
    rung = _rung("sudo")
    assert rung.state is RungState.NOTE, rung
    assert words in rung.seen, rung.seen
    assert step in rung.next_step, rung.next_step
    return bench.call("sudo -n true")


SUDO: dict[str, Any] = {"shows": "exit 1", "within": 6, "state": "ready", "runs": (1, 1)}


@row(187, "sudo wants a terminal (requiretty)", **SUDO)
def requiretty(bench: Bench) -> Seen:
    user = bench.user
    rules = f"Defaults requiretty\n{user.name} ALL=(ALL) ALL"
    return _sudo(bench, rules, user.password, "you must have a tty", f"Defaults:{user.name} !requiretty")


@row("187b", "the user is not in sudoers", **SUDO)
def not_in_sudoers(bench: Bench) -> Seen:
    return _sudo(bench, "", bench.user.password, "may not run sudo", "usermod -aG sudo")


@row(188, "the sudo password is wrong", **SUDO)
def wrong_sudo_password(bench: Bench) -> Seen:
    rules = f"{bench.user.name} ALL=(ALL) ALL"
    return _sudo(bench, rules, "not the one", "1 incorrect password attempt", "Correct SSH_SUDO_PASSWORD")


@row("188b", "sudo wants the password of root (targetpw)", **SUDO)
def targetpw(bench: Bench) -> Seen:
    rules = f"Defaults targetpw\n{bench.user.name} ALL=(ALL) ALL"
    return _sudo(bench, rules, bench.user.password, "wants the password of root", "password of root")


@row("188c", "a wrong sudo password, looked at three times", **SUDO)
def wrong_once(bench: Bench) -> Seen:
    log = bench.folder / "sudo.log"
    rules = f"Defaults logfile={log}\n{bench.user.name} ALL=(ALL) ALL"
    seen = _sudo(bench, rules, "not the one", "It was tried once.", "Correct SSH_SUDO_PASSWORD")
    assert "It was tried once." in _rung("sudo").seen
    assert log.read_text().count("incorrect password attempt") == 1, log.read_text()
    return seen


@row(189, "sudo wants a password and none is set", **SUDO)
def no_sudo_password(bench: Bench) -> Seen:
    rules = f"{bench.user.name} ALL=(ALL) ALL"
    return _sudo(bench, rules, None, "a password is required", "Put the password into SSH_SUDO_PASSWORD")


@row("189b", "sudoers is broken", **SUDO)
def broken_sudoers(bench: Bench) -> Seen:
    return _sudo(bench, "this is no rule", bench.user.password, "sudo's settings", "visudo -c")
