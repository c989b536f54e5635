"""What the program writes and reads is the same on Linux, macOS and Windows, whatever their habits are."""

from __future__ import annotations

import ast
import errno
import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from utils import clock
from utils.applog import PrivateFileHandler
from utils.folders import open_private
from utils.laptop import interfaces
from utils.link.request import Deadline
from utils.link.transport import readahead
from utils.link.transport.readahead import ReadAhead
from utils.link.transport.sockets import open_socket, socket_error
from utils.model.target import Target
from utils.settings import PROJECT


def calls() -> Iterator[tuple[str, ast.Call]]:
    for file in (PROJECT / "app.py", *(PROJECT / "utils").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{file.relative_to(PROJECT)}:{node.lineno}", node


def mode_of(call: ast.Call, name: str) -> str | None:
    """How a call opens a file; None where it opens none, or says so elsewhere than in its text."""
    if name in ("read_text", "write_text"):
        return name[0]
    if name not in ("open", "fdopen") or ast.unparse(call.func) == "os.open":
        return None
    of_path = isinstance(call.func, ast.Attribute) and name == "open"
    given = call.args[0 if of_path else 1 :][:1] + [
        each.value for each in call.keywords if each.arg == "mode"
    ]
    mode = given[0] if given else ast.Constant("r")
    return mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else None


def test_each_text_says_its_encoding_and_how_its_lines_end() -> None:
    """Windows has cp1252, and writes \\r\\n. ssh reads no key with such lines."""
    wrong = []
    for where, call in calls():
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        mode, said = mode_of(call, name), {each.arg for each in call.keywords}
        text = mode is not None and "b" not in mode
        if text and not ({"encoding"} if mode == "r" else {"encoding", "newline"}) <= said:
            wrong.append(where)
    assert not wrong


def test_a_file_is_opened_for_writing_by_one_function_alone() -> None:
    """The others write a carriage return before each line break on Windows, and no length is right."""
    writes = {
        where.partition(":")[0] for where, call in calls()
        if ast.unparse(call.func) == "os.open" and "O_RDONLY" not in ast.unparse(call)
    }  # fmt: skip
    assert writes == {"utils/folders.py", "utils/cli/command.py"}, "the latter opens the null device"


def test_a_private_file_takes_bytes_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(os, "O_BINARY", 1 << 15, raising=False)
    monkeypatch.setattr(os, "open", lambda path, flags, mode: asked.append((flags, mode)) or 0)
    open_private(tmp_path / "file", os.O_WRONLY)
    assert asked == [(os.O_WRONLY | 1 << 15, 0o600)]


def test_the_clock_of_a_mac_goes_on_while_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's time.monotonic() stands still there, so a call would outlive the sleep."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_MONOTONIC: 77.0}.__getitem__)
    assert clock.since_boot() == 77.0


def test_a_mac_tells_a_device_that_hangs_up_at_once_by_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Mac sets no option on such a connection. That passed for a fault inside this program."""

    def refused(self: socket.socket, *_: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(ReadAhead, "setsockopt", refused)
        monkeypatch.setattr(readahead, "QUICK_ACK", 0)  # of Linux alone
        with open_socket(Target("127.0.0.1", server.getsockname()[1]), Deadline(5)) as sock:
            server.accept()[0].close()
            assert sock.recv(1) == b""


def test_a_log_that_cannot_be_renamed_grows_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows renames no file that another program has open. The line was lost, and a traceback shown."""

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file")

    (older := tmp_path / "app.log.1").write_text("older", encoding="utf-8")
    path = tmp_path / "app.log"
    handler = PrivateFileHandler(path, maxBytes=40, backupCount=2, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", refused)
        for number in range(9):
            handler.handle(logging.makeLogRecord({"msg": f"line {number} of the log"}))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 9
    assert older.read_text(encoding="utf-8") == "older"
    handler.handle(logging.makeLogRecord({"msg": "once it can be renamed"}))
    assert path.read_text(encoding="utf-8") == "once it can be renamed\n"
    handler.close()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("platform", "tool"), [("linux", "ip link"), ("darwin", "ifconfig"), ("win32", "netsh")]
)
def test_a_hint_names_a_tool_that_the_laptop_has(
    monkeypatch: pytest.MonkeyPatch, platform: str, tool: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    target = Target("fe80::1", interface="usb0")
    assert tool in socket_error(interfaces.NotThere("usb0"), target).hint
    no_route = socket_error(OSError(errno.ENETUNREACH, ""), target).hint
    assert ("sysctl" in no_route) == (platform == "linux")
