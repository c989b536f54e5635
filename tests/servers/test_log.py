"""app.log tells each change of the link in a line with "SSH connection", and no secret."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Sshd
from utils import applog as logs
from utils import errors
from utils.model.results import LinkState

Door = Callable[..., ModuleType]


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "app.log"
    yield path
    for handler in [each for each in logging.getLogger().handlers if getattr(each, "v3", False)]:
        logging.getLogger().removeHandler(handler)
        handler.close()


def test_each_change_of_the_link_is_a_line(
    sshd: Sshd, door: Door, log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure(sshd.settings(log_file.parent, log_file=log_file))
    ssh = door(sshd)
    ssh.run("true")
    with monkeypatch.context() as patch:
        patch.setattr(ssh, "_persistent_ssh_command", None)
        ssh.run("true")
    sshd.stop()
    assert wait_until(lambda: ssh.status().state is LinkState.LOST)
    with pytest.raises(errors.LinkError):
        ssh.run("true", timeout=5)
    sshd.start()
    ssh.reset()
    ssh.run("true")
    ssh.close()
    lines = [line for line in log_file.read_text().splitlines() if "SSH connection" in line]
    text = "\n".join(lines)
    assert "SSH connection opening to" in text
    assert "SSH connection established" in text
    assert "SSH-2.0-OpenSSH" in text
    assert " ms" in text
    assert "SSH connection fallback" in text
    assert "SSH connection lost: " in text
    assert "SSH connection failed: [unreachable]" in text
    assert "SSH connection reconnecting" in text
    assert "SSH connection closed" in text
    assert sshd.user.password not in log_file.read_text()
