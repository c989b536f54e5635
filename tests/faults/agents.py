"""SSH agents for one row: a real one with so many keys, and one that never answers."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock


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
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@contextlib.contextmanager
def hanging_agent() -> Iterator[None]:
    """Takes the connection and never says a word."""
    with tempfile.TemporaryDirectory(prefix="v3-agent-") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s")
        listener.listen(8)
        with mock.patch.dict(os.environ, {"SSH_AUTH_SOCK": f"{folder}/s"}):
            yield
