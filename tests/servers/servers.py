"""A real OpenSSH sshd and a real dropbear on loopback, and a throw-away user for them. Needs root.

    with throwaway_user(shell="dash") as user, Sshd(user) as server: server.port, server.settings(data_dir)

`shell` is what `sh` means for that user: its .bashrc puts a folder with that `sh` first in PATH.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.ports import free_port
from tests.waiting import busy, wait_until
from utils.settings import Settings

SHELLS = {"bash": "/bin/bash", "dash": "/bin/dash", "busybox": "/bin/busybox"}


@dataclass(frozen=True)
class User:
    """A user of this machine that exists for one test."""

    name: str
    password: str
    home: Path
    key_file: Path

    def power_off(self) -> None:
        """Everything it runs ends: what a board does when it is unplugged, and a server's end does not."""
        for pid in _processes_of(self.name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def processes(self, pattern: str = "") -> list[str]:
        """Command lines of its processes that hold the pattern: their first 80 characters, for a shell's
        line holds its whole script."""
        lines = (_command_line(pid)[:80] for pid in _processes_of(self.name))
        return [line for line in lines if line and pattern in line]


@contextlib.contextmanager
def throwaway_user(shell: str = "dash", password: str | None = None, rc: str = "") -> Iterator[User]:
    """Made with useradd, removed with everything it runs. rc: further lines for its .bashrc."""
    name = f"v3t{secrets.token_hex(3)}"
    password = password or f"pw {secrets.token_hex(4)} '\"$x"
    subprocess.run(["useradd", "-m", "-s", "/bin/bash", name], check=True, capture_output=True)
    set_password(name, password)
    home = Path(pwd.getpwnam(name).pw_dir)
    made = User(name, password, home, home / "client_key")
    try:
        (home / "shbin").mkdir()
        (home / "shbin/sh").symlink_to(SHELLS[shell])
        (home / ".bashrc").write_text(f'export PATH="$HOME/shbin:$PATH"\n{rc}\n')
        _authorize(made)
        subprocess.run(["chown", "-R", name, str(home)], check=True)
        yield made
    finally:
        made.power_off()
        time.sleep(0.05)
        subprocess.run(["userdel", "-rf", name], check=False, capture_output=True)


def set_password(name: str, password: str) -> None:
    """The user's password. Its hash is a cheap one: each login of a test pays for it on the server's side."""
    cheap = ["chpasswd", "-c", "SHA256", "-s", "1000"]
    subprocess.run(cheap, input=f"{name}:{password}\n", text=True, check=True, capture_output=True)


def new_key(path: Path) -> None:
    """A new Ed25519 key as OpenSSH keeps it, and its public half beside it."""
    key = Ed25519PrivateKey.generate()
    kept = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(kept)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    Path(f"{path}.pub").write_bytes(public + b" of-the-tests\n")


def _authorize(user: User) -> None:
    new_key(user.key_file)
    (user.home / ".ssh").mkdir(mode=0o700)
    shutil.copy(f"{user.key_file}.pub", user.home / ".ssh/authorized_keys")
    (user.home / ".ssh/authorized_keys").chmod(0o600)


def _processes_of(user: str) -> list[int]:
    """Ids of what runs as this user. No ps: what waits for a process asks a hundred times a second."""
    try:
        number = pwd.getpwnam(user).pw_uid
    except KeyError:
        return []
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == number:
                found.append(int(name))
    return found


def _command_line(pid: int) -> str:
    """Its words, with spaces between them; empty of what ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace").rstrip()


class Server:
    """What both servers have in common: a folder, a port, a process that can be killed and restarted."""

    name = ""

    def __init__(self, user: User, *, port: int | None = None, config: str = "") -> None:
        self.user = user
        self.port = port or free_port()
        self.config = config
        self.folder = Path(tempfile.mkdtemp(prefix="v3-server-"))
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.new_host_key()

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def argv(self) -> list[str]:
        raise NotImplementedError

    def new_host_key(self) -> None:
        """Another identity for this address, from the next start on."""
        raise NotImplementedError

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.argv(), stdout=log, stderr=log, start_new_session=True)
        for _ in range(200 * busy()):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} did not start: {self.log.read_text()}")

    def stop(self) -> None:
        """Kills the listener and every session: a cable pulled, as far as TCP on one machine can say."""
        if self._process is None:
            return
        sessions = self.session_pids()
        for pid in [*sessions, self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: all(map(_ended, sessions)))  # its end closes the connection
        self._process = None

    def session_pids(self) -> list[int]:
        """The server's own processes that serve connections."""
        if self._process is None:
            return []
        found, queue = [], [self._process.pid]
        while queue:
            children = _children(queue.pop())
            ours = [pid for pid in children if self.name in _command_name(pid)]
            found += ours
            queue += ours
        return found

    def signal_sessions(self, number: int) -> None:
        for pid in self.session_pids():
            os.kill(pid, number)

    def settings(self, data_dir: Path, **changes: Any) -> Settings:
        """Settings of the product for this server, by password unless told."""
        values: dict[str, Any] = {
            "ssh_user": self.user.name, "ssh_ip": "127.0.0.1", "ssh_port": self.port,
            "ssh_password": self.user.password, "ssh_host_keys": "trust-new", "v3_data_dir": data_dir,
        }  # fmt: skip
        return Settings.model_validate({**values, **changes})

    def said(self) -> str:
        """The log, once no process of the server has anything to do: a client knows of a login before it
        is written."""
        wait_until(lambda: not self._works() and not self._works(), 5.0)  # one may have woken the other
        return self.log.read_text(errors="replace")

    def _works(self) -> bool:
        listener = [self._process.pid] if self._process is not None else []
        return any(map(_has_work, [*listener, *self.session_pids()]))

    def logins(self) -> int:
        """Accepted logins, counted on the server's side."""
        text = self.said()
        return (
            text.count("Accepted password") + text.count("Accepted publickey") + text.count("auth succeeded")
        )

    def refused(self) -> int:
        """Refused passwords, counted on the server's side."""
        text = self.said()
        return text.count("Failed password") + text.count("Bad password attempt")


class Sshd(Server):
    name = "sshd"
    # sshd's own first choice costs `ssh` 90 ms of processor at each connection; test_by_ssh.py asks for it
    key_exchange = "KexAlgorithms -sntrup*"

    def new_host_key(self) -> None:
        new_key(self.folder / "host_key")

    def argv(self) -> list[str]:
        Path("/run/sshd").mkdir(exist_ok=True)
        config = self.folder / "sshd_config"
        config.write_text(
            # the first value of a keyword wins, so a test's own lines come first
            f"{self.config}\nPort {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\n"
            "UsePAM no\nPasswordAuthentication yes\nStrictModes no\nPidFile none\n"
            "LogLevel VERBOSE\nPrintMotd no\nUseDNS no\n"
            f"{self.key_exchange}\n"
        )
        return [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", str(config)]


class Dropbear(Server):
    name = "dropbear"

    def new_host_key(self) -> None:
        key = self.folder / "host_key"
        key.unlink(missing_ok=True)
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", str(key)], check=True, capture_output=True)

    def argv(self) -> list[str]:
        dropbear = shutil.which("dropbear") or "/usr/sbin/dropbear"
        return [dropbear, "-F", "-E", "-p", f"127.0.0.1:{self.port}", "-r", f"{self.folder}/host_key"]


class TinySsh(Server):
    """tinysshd under tcpserver: chacha20 alone, keys alone, one channel a connection. Its user must be
    authorized by key (settings() does it)."""

    name = "tinysshd"

    def new_host_key(self) -> None:
        shutil.rmtree(self.folder / "keys", ignore_errors=True)
        subprocess.run(["tinysshd-makekey", str(self.folder / "keys")], check=True, capture_output=True)

    def argv(self) -> list[str]:
        tinysshd = shutil.which("tinysshd") or "/usr/sbin/tinysshd"
        return ["tcpserver", "-HRDl0", "127.0.0.1", str(self.port), tinysshd, "-v", str(self.folder / "keys")]

    def settings(self, data_dir: Path, **changes: Any) -> Settings:
        key = {"ssh_password": None, "ssh_key_file": self.user.key_file}
        return super().settings(data_dir, **{**key, **changes})

    def logins(self) -> int:
        return self.said().count("auth accepted")


def _ended(pid: int) -> bool:
    """Whether it is no more, or nothing of it but its number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def _has_work(pid: int) -> bool:
    """Whether it runs, or waits for a processor or a disk."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "RD"
    except OSError:
        return False


def _command_name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""
