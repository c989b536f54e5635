"""The demo device: an SSH server on loopback, in this process, that replays saved answers.

    with DemoDevice(data_dir) as device:
        ...  # ssh ubuntu@127.0.0.1, password "demo", port device.port

The product talks to it over real SSH as to any device. It never listens on anything but loopback, and runs
nothing on the laptop. It keeps one file: its host key, so that it stays the same device.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from utils.demo.commands import FakeCommands
from utils.demo.connection import PASSWORD, USER, ClientConnection, stop_sessions
from utils.demo.machine import Machine
from utils.demo.saved_answers import FOLDER, AnswerChanges, SavedAnswers, Texts, of_folder
from utils.folders import make_private
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue

__all__ = ["HOST", "PASSWORD", "USER", "DemoDevice"]

HOST = "127.0.0.1"
KEY_FILE = "demo_host_key"
_STOP_S = 5.0
_LOOK_S = 0.5  # where closing a socket does not wake accept()


class DemoDevice:
    """A believable module with planted faults. start() and stop() may be called again and again.

    port 0: any free one; a device that was stopped comes back on the port it had, as a replugged one.
    texts: what it plays in place of the saved answers, as a bundle's.
    """

    def __init__(
        self,
        data_dir: Path,
        catalogue: Catalogue | None = None,
        *,
        port: int = 0,
        saved: Path = FOLDER,
        texts: Texts | None = None,
        machine: Machine | None = None,
        changes: AnswerChanges | None = None,
    ) -> None:
        self._host_key = load_host_key(data_dir)
        self.port = port
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._connections: list[ClientConnection] = []
        self._machine = machine = machine or Machine()
        diagnostics = catalogue if catalogue is not None else builtin_catalogue()
        self._saved = SavedAnswers(diagnostics, machine, texts or of_folder(saved), changes)
        self._commands = FakeCommands(self._saved, machine)

    @property
    def fingerprint(self) -> str:
        """The host key's fingerprint, "SHA256:…"."""
        return str(self._host_key.fingerprint)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        with self._lock:
            return sum(connection.alive for connection in self._connections)

    def start(self) -> int:
        """Listen and serve; return the port. OSError when the port is taken."""
        if self._listener is not None:
            return self.port
        listener = socket.create_server((HOST, self.port), backlog=64)
        listener.settimeout(_LOOK_S)
        self.port = int(listener.getsockname()[1])
        accepting = threading.Thread(target=self._accept, args=(listener,), name="v3-demo", daemon=True)
        self._listener = listener
        accepting.start()
        self._thread = accepting  # last: who pulls it at once joins only what was started
        return self.port

    def stop(self) -> None:
        """Hang up on everybody and close the port, as when the cable is pulled. Leaves no thread."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        if self._thread is not None:
            self._thread.join(_STOP_S)
        self.drop_connections()

    def power_cycle(self, changes: AnswerChanges) -> None:
        """Switch it off, put other parts in, switch it on: it says these changes from then on."""
        self.stop()
        self._saved.changes = changes
        self._machine.reboot()
        self.start()

    def drop_connections(self) -> None:
        """Hang up on everybody, but go on listening. Returns when it is done."""
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()
        end = time.monotonic() + _STOP_S
        for connection in connections:
            connection.join(max(0.05, end - time.monotonic()))

    def __enter__(self) -> DemoDevice:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                self._welcome(sock)

    def _welcome(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = ClientConnection(sock, self._host_key, self._commands, self._stop_lane)
        with self._lock:
            self._connections = [each for each in self._connections if each.alive]
            self._connections.append(connection)

    def _stop_lane(self, lane_id: str) -> int:
        """What a v3-stop request asks, whichever connection the lane is on. 0: nothing of it is left."""
        if not lane_id:
            return 0
        with self._lock:
            connections = list(self._connections)
        found = [s for connection in connections for s in connection.sessions() if s.lane_id == lane_id]
        return stop_sessions(found)


def load_host_key(data_dir: Path) -> paramiko.PKey:
    """The demo device's host key, made at the first time. Two processes agree on one."""
    path = data_dir / KEY_FILE
    if not path.exists():
        make_private(data_dir)
        _make_key(path)
    return paramiko.Ed25519Key.from_private_key_file(str(path))


def _make_key(path: Path) -> None:
    private = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private)
        try:
            os.link(draft, path)  # never replaces a key that another process made meanwhile
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
