"""Fixtures of the live tests: real servers, the real door, nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import paramiko
import pytest

from tests.servers.demo_client import connect
from tests.servers.servers import Dropbear, Server, Sshd, User, throwaway_user
from tests.waiting import once as once
from tests.waiting import wait_until as wait_until
from utils import ssh_interface
from utils.demo.device import DemoDevice

SERVERS = {"openssh": Sshd, "dropbear": Dropbear}
# Under nohup it would be ignored here and so by every shell that a server starts: none could be hung up.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/servers" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session", autouse=True)
def _can_run() -> None:
    if os.name == "nt" or os.geteuid() != 0 or not shutil.which("sshd") or not shutil.which("dropbear"):
        pytest.skip("needs root, openssh-server and dropbear-bin (make deps)")


@pytest.fixture(scope="session")
def user() -> Iterator[User]:
    """A user whose `sh` is dash, for tests that do not care."""
    with throwaway_user("dash") as made:
        yield made


@pytest.fixture(params=["openssh", "dropbear"])
def server(request: pytest.FixtureRequest, user: User) -> Iterator[Server]:
    """Each of the two servers in turn."""
    with SERVERS[request.param](user) as started:
        yield started


@pytest.fixture
def sshd(user: User) -> Iterator[Sshd]:
    with Sshd(user) as started:
        yield started


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Callable[..., ModuleType]]:
    """door(server, **settings): the real door pointed at a server; closed afterwards."""

    def point(at: Server, **changes: Any) -> ModuleType:
        ssh_interface.configure(at.settings(tmp_path / "data", **changes))
        return ssh_interface

    yield point
    ssh_interface.close()


@pytest.fixture
def transport(device: DemoDevice) -> Iterator[paramiko.Transport]:
    """A plain link to the demo device of the test's file."""
    link = connect(device)
    yield link
    link.close()


_others: set[threading.Thread] = set()


@pytest.fixture(autouse=True)
def _threads_of_others() -> None:
    """What the tests before have left: the history of an app, for one, has a thread that is never ended."""
    _others.clear()
    _others.update(threading.enumerate())


def v3_threads() -> list[str]:
    """Our own threads and paramiko's that are alive and were begun in this test."""
    ours = (thread for thread in threading.enumerate() if thread not in _others and thread.is_alive())
    return [thread.name for thread in ours if thread.name.startswith(("v3-", "Thread-"))]
