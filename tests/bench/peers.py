"""Us and everybody else behind one interface: connect, run one command, run many, close.

Each as its documentation shows it, with the same ed25519 key and the same server. Where a library
lets its user choose, the choice is the faster one (a reused connection, TCP_NODELAY on a socket that
we open for it), so that nobody looks slower than need be.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils import ssh_interface
from utils.settings import Settings

Answer = tuple[bytes, int]


@dataclass(frozen=True)
class Target:
    """A server, and who logs in there."""

    host: str
    port: int
    user: str
    key_file: Path
    folder: Path

    def settings(self, **changes: Any) -> Settings:
        values = {
            "ssh_user": self.user, "ssh_ip": self.host, "ssh_port": self.port, "ssh_key_file": self.key_file,
            "ssh_password": None, "ssh_host_keys": "trust-new", "v3_data_dir": self.folder / "data",
            "log_file": self.folder / "app.log",
        }  # fmt: skip
        return Settings.model_validate({**values, **changes})


class Peer:
    """One way to run commands on the device."""

    name = ""
    slow = False  # measured less often: a call takes a quarter second

    def __init__(self, target: Target) -> None:
        self.target = target

    def connect(self) -> None:
        """Log in, where there is a connection to keep."""

    def run(self, command: str) -> Answer:
        """stdout and exit status."""
        raise NotImplementedError

    def run_many(self, commands: Sequence[str]) -> list[Answer]:
        """All of them; one after the other unless the peer has something better."""
        return [self.run(command) for command in commands]

    def close(self) -> None:
        """Let go of it."""


class Ours(Peer):
    """The product's own door, as the pages use it."""

    name = "V3 (this project)"

    def connect(self) -> None:
        ssh_interface.configure(self.target.settings())
        ssh_interface.run("true", effect="read")

    def run(self, command: str) -> Answer:
        result = ssh_interface.run(command, effect="read")
        assert result.path == "persistent", "the subprocess path answered"
        return result.stdout_bytes, int(result.exit_status or 0)

    def run_many(self, commands: Sequence[str]) -> list[Answer]:
        requests = [ssh_interface.Request(c, effect="read", tag=n) for n, c in enumerate(commands)]
        answers: dict[int, Answer] = {}
        for request, result in ssh_interface.run_many(requests):
            if isinstance(result, Exception):
                raise result
            answers[request.tag] = (result.stdout_bytes, int(result.exit_status or 0))
        return [answers[n] for n in range(len(commands))]

    def close(self) -> None:
        ssh_interface.close()


class OursInSubshell(Ours):
    """The same link, the command written so that it needs a subshell, as one with a pipe does."""

    name = "V3, in a subshell"

    def connect(self) -> None:
        """The link of Ours, which comes first."""

    def run(self, command: str) -> Answer:
        return super().run(f"{command};")

    def run_many(self, commands: Sequence[str]) -> list[Answer]:
        return super().run_many([f"{command};" for command in commands])


class LocalShell(Peer):
    """The floor: no network, no SSH. One sh for one command; one sh for many."""

    name = "local sh (floor)"

    def run(self, command: str) -> Answer:
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
        return done.stdout, done.returncode

    def run_many(self, commands: Sequence[str]) -> list[Answer]:
        mark = "\x1eend\x1e"
        script = "".join(f"{command}\nprintf '%s' '{mark}'\n" for command in commands)
        done = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=False)
        return [(text, 0) for text in done.stdout.split(mark.encode())[:-1]]


class FreshSsh(Peer):
    name = "ssh, new process"
    slow = True

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.options = [
            "-F", "none", "-i", str(target.key_file), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
            "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={target.folder}/known_hosts",
            "-o", "LogLevel=ERROR", "-p", str(target.port),
        ]  # fmt: skip

    def argv(self, *more: str) -> list[str]:
        return ["ssh", *self.options, *more, f"{self.target.user}@{self.target.host}"]

    def connect(self) -> None:
        self.run("true")  # the host key is known from here on

    def run(self, command: str) -> Answer:
        done = subprocess.run(
            [*self.argv(), command], capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode != 255, done.stderr
        return done.stdout, done.returncode


class ControlMaster(FreshSsh):
    name = "ssh, ControlMaster"
    slow = False

    def connect(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="v3-cm-")
        self.options += ["-o", f"ControlPath={self._folder}/s"]
        subprocess.run(self.argv("-M", "-N", "-f"), check=True, stdin=subprocess.DEVNULL)

    def close(self) -> None:
        subprocess.run(self.argv("-O", "exit"), capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)


class Paramiko(Peer):
    """As its documentation and everybody's first page shows it."""

    name = "paramiko exec_command"
    no_delay = False

    def connect(self) -> None:
        import paramiko

        self._client = paramiko.SSHClient()
        self._client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        t = self.target
        self._client.connect(
            t.host, t.port, t.user, key_filename=str(t.key_file), allow_agent=False, look_for_keys=False
        )
        if self.no_delay:
            sock = self._client.get_transport().sock
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self, command: str) -> Answer:
        _, stdout, stderr = self._client.exec_command(command)
        data = stdout.read()
        stderr.read()
        return data, stdout.channel.recv_exit_status()

    def close(self) -> None:
        self._client.close()


class ParamikoNoDelay(Paramiko):
    name = "paramiko, TCP_NODELAY"
    no_delay = True


class Fabric(Peer):
    name = "Fabric"

    def connect(self) -> None:
        import fabric

        t = self.target
        self._connection = fabric.Connection(
            t.host, user=t.user, port=t.port, connect_kwargs={"key_filename": str(t.key_file)}
        )
        self._connection.open()

    def run(self, command: str) -> Answer:
        result = self._connection.run(command, hide=True, warn=True, in_stream=False)
        return result.stdout.encode(), result.exited

    def close(self) -> None:
        self._connection.close()


class Asyncssh(Peer):
    name = "asyncssh"

    def connect(self) -> None:
        import asyncssh

        t = self.target
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(
            asyncssh.connect(
                t.host, t.port, username=t.user, client_keys=[str(t.key_file)], known_hosts=None, config=None
            )
        )

    def run(self, command: str) -> Answer:
        done = self._loop.run_until_complete(self._connection.run(command, encoding=None))
        return bytes(done.stdout), int(done.exit_status)

    def close(self) -> None:
        self._connection.close()
        self._loop.run_until_complete(self._connection.wait_closed())
        self._loop.close()


class Libssh2(Peer):
    name = "ssh2-python (libssh2)"

    def connect(self) -> None:
        from ssh2.session import Session

        t = self.target
        self._sock = socket.create_connection((t.host, t.port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._session = Session()
        self._session.handshake(self._sock)
        self._session.userauth_publickey_fromfile(t.user, str(t.key_file), "", f"{t.key_file}.pub")

    def run(self, command: str) -> Answer:
        channel = self._session.open_session()
        channel.execute(command)
        data = b""
        size, chunk = channel.read()
        while size > 0:
            data += chunk
            size, chunk = channel.read()
        channel.close()
        channel.wait_closed()
        return data, channel.get_exit_status()

    def close(self) -> None:
        self._session.disconnect()
        self._sock.close()


class Mitogen(Peer):
    """Runs Python on the device, which has to be installed there."""

    name = "Mitogen"

    def connect(self) -> None:
        import mitogen.master

        t = self.target
        self._broker = mitogen.master.Broker()
        self._router = mitogen.master.Router(self._broker)
        self._context = self._router.ssh(
            hostname=t.host, port=t.port, username=t.user, identity_file=str(t.key_file),
            check_host_keys="ignore", python_path="python3",
        )  # fmt: skip

    def run(self, command: str) -> Answer:
        # what a user of Mitogen calls: the standard library on the other side (stderr goes into stdout)
        status, text = self._context.call(subprocess.getstatusoutput, command)
        return text.encode() + b"\n", status

    def close(self) -> None:
        self._broker.shutdown()
        self._broker.join()


PEERS: tuple[type[Peer], ...] = (
    Ours, OursInSubshell, FreshSsh, ControlMaster, Paramiko, ParamikoNoDelay, Fabric, Asyncssh, Libssh2,
    Mitogen, LocalShell,
)  # fmt: skip


def connected(target: Target, kinds: Sequence[type[Peer]]) -> tuple[list[Peer], dict[str, str]]:
    """Those that work here, and why the others do not."""
    peers: list[Peer] = []
    missing: dict[str, str] = {}
    for kind in kinds:
        peer = kind(target)
        try:
            peer.connect()
            data, status = peer.run("echo works")
            assert (data, status) == (b"works\n", 0), (data, status)
        except Exception as exc:  # a peer that is not installed or does not log in is left out, and named
            if kind is Ours:
                raise
            missing[kind.name] = f"{type(exc).__name__}: {exc}"[:160]
            with contextlib.suppress(Exception):
                peer.close()
            continue
        peers.append(peer)
    return peers, missing
