"""Small misbehaving servers: plain TCP ones, and an SSH server that breaks at a chosen point.

with Stub(silent) as stub: stub.settings(data_dir), stub.connections
with SshStub(fault="execstall") as stub: ...   # SshStub really runs what it is told, in a sh
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import paramiko
from paramiko.common import MSG_CHANNEL_REQUEST

from utils.settings import Settings

Behaviour = Callable[[socket.socket, threading.Event], None]


def silent(_sock: socket.socket, over: threading.Event) -> None:
    """Takes the connection and says nothing."""
    over.wait()


def drip_lines(sock: socket.socket, over: threading.Event) -> None:
    """Lines that are no greeting, slowly."""
    while not over.wait(1.5):
        sock.sendall(b"Welcome to the board\r\n")


def drip_bytes(sock: socket.socket, over: threading.Event) -> None:
    """A greeting that never ends, byte by byte."""
    while not over.wait(0.4):
        sock.sendall(b"S")


def http(sock: socket.socket, _over: threading.Event) -> None:
    """A web server on the port."""
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def hang_up(_sock: socket.socket, _over: threading.Event) -> None:
    """Closes at once, as a throttling server does."""


def penalty(sock: socket.socket, _over: threading.Event) -> None:
    """What OpenSSH 9.8 and newer say while an address is punished for failed logins."""
    sock.sendall(b"Not allowed at this time\r\n")


class Stub:
    """A TCP server on loopback; every connection is served by `behave` in a thread of its own."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.connections = 0
        self.over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Any:
        thread = threading.Thread(target=self._accept, name="stub-accept", daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for sock in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Ends every connection, as a server does that has waited long enough."""
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def settings(self, data_dir: Path, **changes: Any) -> Settings:
        """The product's settings for this server."""
        values = {
            "ssh_user": "stub", "ssh_ip": "127.0.0.1", "ssh_port": self.port, "ssh_password": "stub-password",
            "ssh_host_keys": "trust-new", "v3_data_dir": data_dir,
        }  # fmt: skip
        return Settings.model_validate({**values, **changes})

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), name="stub-serve", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), sock:
            self.behave(sock, self.over)


class SshStub(Stub):
    """An SSH server that works, until `fault` says otherwise.

    authstall, authcut: at the login. execstall: takes an exec request and never answers; execrefuse:
    refuses it. eofonly, noexit: once the output holds CUT, nothing but EOF, or closed without a
    status. exitnoeof: exit status without EOF or close. The exec faults hit channels of kind `only`
    ("v3-once" is a command with stdin), so that the connection itself comes to stand.
    """

    CUT = b"V3-CUT"
    version = "SSH-2.0-V3Stub"
    transport_class: type[StubTransport]

    def __init__(self, fault: str = "", only: str = "v3-once") -> None:
        super().__init__(self._ssh)
        self.fault, self.only = fault, only
        self.logins = 0
        self.passwords = 0
        self.key = paramiko.ECDSAKey.generate()
        self._folder = tempfile.TemporaryDirectory(prefix="v3-stub-")
        self._processes: list[subprocess.Popen[bytes]] = []

    def __exit__(self, *details: object) -> None:
        for process in self._processes:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        super().__exit__(*details)
        for process in self._processes:
            process.wait()
        self._folder.cleanup()

    def hits(self, fault: str, command: str) -> bool:
        return self.fault == fault and self.only in command

    def server(self, sock: socket.socket, transport: paramiko.Transport) -> paramiko.ServerInterface:
        """What answers a connection."""
        return StubServer(self, sock, transport)

    def _ssh(self, sock: socket.socket, over: threading.Event) -> None:
        transport = self.transport_class(sock)
        transport.stub = self
        self.made(transport)
        transport.daemon = True
        transport.local_version = self.version
        transport.add_server_key(self.key)
        with contextlib.suppress(paramiko.SSHException):
            transport.start_server(server=self.server(sock, transport))
            while transport.is_active() and not over.wait(0.1):
                pass
        transport.packetizer.complete_handshake()  # ends a timer that paramiko leaves behind
        transport.close()
        transport.join(2)

    def made(self, transport: StubTransport) -> None:
        """Told of each connection before it is served."""

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        """Runs it in a real shell, with the fault of the moment."""
        process = subprocess.Popen(
            ["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self._folder.name, env={**os.environ, "HOME": self._folder.name}, start_new_session=True,
        )  # fmt: skip
        self._processes.append(process)
        _Session(self, channel, process, command).start(self._threads)


class StubTransport(paramiko.Transport):
    """Swallows exec requests where the stub is told to."""

    stub: SshStub

    def swallow(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        start = message.packet.tell()
        kind, _reply = message.get_text(), message.get_boolean()
        command = message.get_text() if kind == "exec" else ""
        if kind == "exec" and self.stub.hits("execstall", command):
            return
        message.packet.seek(start)
        channel._handle_request(message)  # type: ignore[attr-defined]

    _channel_handler_table: ClassVar[dict[int, Callable[..., Any]]] = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_REQUEST: lambda channel, message: channel.transport.swallow(channel, message),
    }


SshStub.transport_class = StubTransport


class StubServer(paramiko.ServerInterface):
    """What a stub answers to one connection."""

    def __init__(self, stub: Any, sock: socket.socket, transport: paramiko.Transport) -> None:
        self._stub, self._sock, self._transport = stub, sock, transport

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self._stub.passwords += 1
        if self._stub.fault == "authstall":
            self._stub.over.wait()
        if self._stub.fault == "authcut":
            self._sock.shutdown(socket.SHUT_RDWR)
        if password != "stub-password":
            return paramiko.AUTH_FAILED
        self._stub.logins += 1
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        text = command.decode()
        if self._stub.hits("execrefuse", text):
            return False
        self._stub.execute(channel, text)
        return True


class _Session:
    """One running command of an SshStub: three pumps and an end."""

    def __init__(self, stub: SshStub, channel: Any, process: subprocess.Popen[bytes], command: str) -> None:
        self._stub, self._channel, self._process, self._command = stub, channel, process, command
        self._outputs: list[threading.Thread] = []
        self._cut = False

    def start(self, threads: list[threading.Thread]) -> None:
        for target, name in (
            (self._stdin, "in"),
            (lambda: self._output(self._process.stdout, self._channel.sendall), "out"),
            (lambda: self._output(self._process.stderr, self._channel.sendall_stderr), "err"),
        ):
            thread = threading.Thread(target=target, name=f"stub-{name}", daemon=True)
            thread.start()
            threads.append(thread)
            if name != "in":
                self._outputs.append(thread)
        end = threading.Thread(target=self._end, name="stub-end", daemon=True)
        end.start()
        threads.append(end)

    def _stdin(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as stdin:
            while data := self._channel.recv(1 << 15):
                stdin.write(data)
                stdin.flush()

    def _output(self, stream: Any, send: Callable[[bytes], None]) -> None:
        with contextlib.suppress(OSError), stream:
            while data := os.read(stream.fileno(), 1 << 15):
                breaks = any(self._stub.hits(fault, self._command) for fault in ("eofonly", "noexit"))
                if breaks and SshStub.CUT in data:
                    send(data[: data.index(SshStub.CUT)])
                    self._break_off()
                    return
                send(data)

    def _break_off(self) -> None:
        self._cut = True
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._channel.shutdown_write() if self._stub.fault == "eofonly" else self._channel.close()

    def _end(self) -> None:
        for thread in self._outputs:
            thread.join()
        status = self._process.wait()
        if self._cut:
            return
        with contextlib.suppress(OSError, EOFError):
            self._channel.send_exit_status(status if status >= 0 else 128 - status)
            if not self._stub.hits("exitnoeof", self._command):
                self._channel.close()
