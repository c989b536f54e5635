"""SSH servers that work, and are slow or silent at a chosen point: before a session, in a key exchange."""

from __future__ import annotations

import socket
import threading
from typing import Any, ClassVar

import paramiko
from paramiko.common import MSG_GLOBAL_REQUEST, cMSG_UNIMPLEMENTED

from tests.faults.stubs import SshStub, StubTransport


class _SlowTransport(StubTransport):
    """late_open, late_exec: the first channel or exec request of a connection is answered after so many
    seconds, and nothing at all meanwhile, as by sshd while PAM is at work. UNIMPLEMENTED is its answer to
    probes where the stub says so."""

    stub: SlowStub
    _waited = False

    def _wait_once(self, seconds: float) -> None:
        if seconds and not self._waited:
            self._waited = True
            self.stub.over.wait(seconds)

    def _parse_channel_open(self, message: paramiko.Message) -> None:
        self._wait_once(self.stub.late_open_s)
        super()._parse_channel_open(message)  # type: ignore[misc]

    def swallow(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        self._wait_once(self.stub.late_exec_s)
        super().swallow(channel, message)

    def _parse_global_request(self, message: paramiko.Message) -> None:
        if not self.stub.unimplemented:
            super()._parse_global_request(message)  # type: ignore[misc]
            return
        answer = paramiko.Message()
        answer.add_byte(cMSG_UNIMPLEMENTED)
        answer.add_int(message.seqno)  # type: ignore[attr-defined]
        self._send_message(answer)  # type: ignore[attr-defined]

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self._handler_table: dict[int, Any]
        self._handler_table[MSG_GLOBAL_REQUEST] = self._parse_global_request


class SlowStub(SshStub):
    """late_open_s, late_exec_s: seconds of silence before the first session. unimplemented: how probes are
    answered. ask_for_keys(): begins a key exchange on each connection and never goes on with it."""

    transport_class: ClassVar[type[StubTransport]] = _SlowTransport

    def __init__(
        self, *, late_open_s: float = 0, late_exec_s: float = 0, unimplemented: bool = False
    ) -> None:
        super().__init__()
        self.late_open_s, self.late_exec_s, self.unimplemented = late_open_s, late_exec_s, unimplemented
        self._transports: list[_SlowTransport] = []

    def ask_for_keys(self) -> None:
        """KEXINIT, and then nothing: what comes is read no more."""
        for transport in self._transports:
            if transport.is_active():
                transport._send_kex_init()  # type: ignore[attr-defined]
                transport._handler_table = {}
                transport._negotiate_keys = lambda _message: self.over.wait()  # type: ignore[attr-defined]
                transport._handler_table[20] = transport._negotiate_keys  # type: ignore[attr-defined]

    def made(self, transport: StubTransport) -> None:
        """Told of each connection."""
        assert isinstance(transport, _SlowTransport)
        self._transports.append(transport)


def greets_only(sock: socket.socket, over: threading.Event) -> None:
    """A greeting, and nothing more."""
    sock.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    over.wait()


def stops_in_the_first_exchange(sock: socket.socket, over: threading.Event) -> None:
    """Greeting and KEXINIT of a real server, and nothing more."""
    transport = paramiko.Transport(sock)
    transport.add_server_key(paramiko.ECDSAKey.generate())
    transport.server_mode = True
    transport._expect_packet = lambda *_kinds: over.wait()  # type: ignore[attr-defined,method-assign]
    transport.start_server(threading.Event(), paramiko.ServerInterface())
    over.wait()
    transport.packetizer.complete_handshake()  # ends a timer that paramiko leaves behind
    transport.close()
    transport.join(2)
