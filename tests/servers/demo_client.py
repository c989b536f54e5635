"""A paramiko client of the demo device that speaks the lane protocol by itself, without our link."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import paramiko

from utils.demo.device import HOST, PASSWORD, USER, DemoDevice
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge


def connect(device: DemoDevice, password: str = PASSWORD, user: str = USER) -> paramiko.Transport:
    transport = paramiko.Transport((HOST, device.port))
    transport.start_client(timeout=10)
    transport.auth_password(user, password)
    return transport


def run(transport: paramiko.Transport, command: str, stdin: bytes = b"") -> tuple[bytes, bytes, int]:
    """A plain exec: stdout, stderr, exit status."""
    channel = transport.open_session(timeout=5)
    channel.settimeout(10)
    channel.exec_command(command)
    channel.sendall(stdin)
    channel.shutdown_write()
    out = b"".join(iter(lambda: channel.recv(65536), b""))
    err = b"".join(iter(lambda: channel.recv_stderr(65536), b""))
    return out, err, channel.recv_exit_status()


class Stream:
    """One of a channel's two streams, taken up to one mark after the other."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._seen = b""

    def until(self, mark: str) -> bytes:
        while mark.encode() not in self._seen:
            data = self._receive(65536)
            assert data, f"the channel ended: {self._seen[-200:]!r}"
            self._seen += data
        before, self._seen = self._seen.split(mark.encode(), 1)
        return before


class Lane:
    """A lane's client side: one request, one answer, cut by the marks."""

    def __init__(self, transport: paramiko.Transport, lane_id: str) -> None:
        self.channel = transport.open_session(timeout=5)
        self.channel.settimeout(10)
        challenge = Challenge()
        self.channel.exec_command(scripts.lane_command(lane_id, challenge, who=True))
        self.out, self.err = Stream(self.channel.recv), Stream(self.channel.recv_stderr)
        assert self.out.until(f"\x1e{challenge.answer} r ") == b""
        self.ready = self.out.until("\x1e\n")
        self.who = self.out.until(f"\x1e{challenge.answer} i\x1e\n")
        assert self.err.until(f"\x1e{challenge.answer} x\x1e\n") == b""
        self.channel.sendall(scripts.lane_functions(holds=True))

    def send(self, command: str) -> str:
        nonce = secrets.token_hex(8)
        self.channel.sendall(scripts.lane_request(nonce, command))
        return nonce

    def answer(self, nonce: str) -> tuple[bytes, bytes, int]:
        assert self.out.until(f"\x1e{nonce} b\x1e\n") == b""
        stdout = self.out.until(f"\x1e{nonce} e ")
        status = int(self.out.until("\x1e\n"))
        stderr = self.err.until(f"\x1e{nonce} x\x1e\n")
        assert self.out.until(f"\x1e{nonce} c\x1e\n") == b""
        return stdout, stderr, status

    def run(self, command: str) -> tuple[bytes, bytes, int]:
        return self.answer(self.send(command))


def once(transport: paramiko.Transport, command: str, stdin: bytes) -> tuple[bytes, bytes, int]:
    channel = transport.open_session(timeout=5)
    channel.settimeout(10)
    challenge = Challenge()
    channel.exec_command(scripts.once_command("bb22", challenge))
    channel.sendall(scripts.once_header("0123456789abcdef", command) + stdin)
    channel.shutdown_write()
    out = b"".join(iter(lambda: channel.recv(65536), b""))
    err = b"".join(iter(lambda: channel.recv_stderr(65536), b""))
    mark = f"\x1e{challenge.answer} %s\x1e\n"
    out = out.partition((mark % "i").encode())[2]
    err = err.partition((mark % "x").encode())[2]
    return out, err, channel.recv_exit_status()


class Terminal:
    """A PTY's client side."""

    def __init__(self, transport: paramiko.Transport, columns: int, rows: int) -> None:
        self.channel = transport.open_session(timeout=5)
        self.channel.settimeout(10)
        self.channel.get_pty("xterm", columns, rows)
        self.channel.invoke_shell()
        self.seen = b""

    def until(self, text: bytes) -> bytes:
        while text not in self.seen:
            data = self.channel.recv(1000)
            assert data, f"the shell ended: {self.seen!r}"
            self.seen = re.sub(rb"\x1b\[\?2004[hl]", b"", self.seen + data)  # bracketed paste on and off
        before, self.seen = self.seen.split(text, 1)
        return before
