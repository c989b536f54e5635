"""What is done in another way on Windows, as far as it can be seen on another system."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paramiko
import pytest
from flask import Flask
from waitress import wasyncore

from utils import errors
from utils.laptop import child
from utils.link.paths.subprocess import process
from utils.link.paths.subprocess.arguments import Arguments
from utils.link.paths.subprocess.private import Private
from utils.settings import Settings
from utils.web.server import make_server


def key_file(path: Path, passphrase: str | None = None) -> Path:
    paramiko.ECDSAKey.generate().write_private_key_file(str(path), passphrase)
    return path


@pytest.fixture
def ssh_options(tmp_path: Path) -> Callable[..., list[str]]:
    def options(**given: Any) -> list[str]:
        arguments = Arguments(Settings(**given), lambda: Private(tmp_path, False), lambda: False)
        return arguments.argv(tmp_path / "known_hosts.key", tmp_path / "said")

    return options


def test_ssh_asks_nobody_on_windows(
    ssh_options: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would ask on the console of this program, and a command would wait for a person there."""
    given = {"ssh_key_file": key_file(tmp_path / "key"), "ssh_password": "only by our own path"}
    elsewhere = ssh_options(**given)
    assert "PreferredAuthentications=publickey,keyboard-interactive,password" in elsewhere
    assert "BatchMode=yes" not in elsewhere
    monkeypatch.setattr(sys, "platform", "win32")
    there = ssh_options(**given)
    assert "BatchMode=yes" in there
    assert "PreferredAuthentications=publickey" in there


def test_what_windows_ssh_cannot_log_in_with_is_said_at_once(
    ssh_options: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(errors.NoCredentials, match="only by a key"):
        ssh_options(ssh_password="a password")
    locked = key_file(tmp_path / "locked", "a passphrase")
    with pytest.raises(errors.NoCredentials, match="without a passphrase"):
        ssh_options(ssh_key_file=locked, ssh_key_passphrase="a passphrase")


def test_control_c_on_a_windows_console_is_not_for_our_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def start(argv: list[str], **how: object) -> subprocess.Popen[bytes]:
        asked.update(how)
        return subprocess.Popen(["true"], stdin=-1, stdout=-1, stderr=-1)

    monkeypatch.setattr(child, "start", start)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    with process.running(["ssh"], {}) as ssh:
        ssh.wait()
    assert asked["creationflags"] == 0x200
    assert "start_new_session" not in asked


def test_two_programs_never_share_a_port_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """SO_REUSEADDR lets any program listen there too, and no second start would say that one runs."""
    monkeypatch.setattr(wasyncore.dispatcher, "set_reuse_addr", wasyncore.dispatcher.set_reuse_addr)
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_KEEPALIVE, raising=False)  # any that is seen
    monkeypatch.setattr(sys, "platform", "win32")
    server = make_server(Flask("page"), Settings(v3_port=0))
    try:
        listening = server.socket
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE)
        assert not listening.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    finally:
        server.close()
