"""SSH agents for one row: a real one with so many keys, and one that never answers."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from tests.servers.servers import new_key


@contextlib.contextmanager
def real_agent(*keys: Path, others: int = 0) -> Iterator[None]:
    """ssh-agent with `others` keys of no use before these."""
    with tempfile.TemporaryDirectory(prefix="v3-agent-") as folder:
        path = f"{folder}/s"
        process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
        try:
            with mock.patch.dict(os.environ, {"SSH_AUTH_SOCK": path}):
                while not os.path.exists(path):
                    pass
                strangers = [_stranger(Path(folder, f"k{number}")) for number in range(others)]
                for key in (*strangers, *keys):
                    subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)
                yield
        finally:
            process.kill()
            process.wait()


def _stranger(path: Path) -> Path:
    new_key(path)
    return path


@contextlib.contextmanager
def hanging_agent() -> Iterator[None]:
    """Takes the connection and never says a word."""
    with tempfile.TemporaryDirectory(prefix="v3-agent-") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s")
        listener.listen(8)
        with mock.patch.dict(os.environ, {"SSH_AUTH_SOCK": f"{folder}/s"}):
            yield


@contextlib.contextmanager
def agent_that_never_signs(key: Path) -> Iterator[None]:
    """Lists this key, and waits for ever when it should sign, as for a touch that does not come."""
    blob = base64.b64decode(Path(f"{key}.pub").read_text().split()[1])
    listed = bytes([12]) + _strings(struct.pack(">I", 1), blob, b"key")
    with tempfile.TemporaryDirectory(prefix="v3-agent-") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s")
        listener.listen(8)
        threading.Thread(target=_list_only, args=(listener, listed), daemon=True).start()
        with mock.patch.dict(os.environ, {"SSH_AUTH_SOCK": f"{folder}/s"}):
            yield
        listener.shutdown(socket.SHUT_RDWR)


def _strings(head: bytes, *parts: bytes) -> bytes:
    return head + b"".join(struct.pack(">I", len(part)) + part for part in parts)


def _list_only(listener: socket.socket, listed: bytes) -> None:
    kept = []
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            kept.append(connection)
            connection.recv(1024)
            connection.sendall(struct.pack(">I", len(listed)) + listed)
    for each in kept:
        each.close()
