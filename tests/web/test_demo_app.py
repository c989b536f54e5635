"""The whole program as a technician starts it: real server, real SSH to the demo device."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warm import warm_run
from tests.web.program import Page, clean_environment
from utils.demo.device import USER, DemoDevice
from utils.settings import PROJECT

CANARY = "canary-72f0-page"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Page]:
    started = Page(tmp_path, "--demo")
    yield started
    if started.process.poll() is None:
        started.stop()


@pytest.fixture
def from_nothing(tmp_path: Path) -> Iterator[Page]:
    started = Page(tmp_path, "--demo", start=subprocess.Popen)
    yield started
    started.stop()


def test_a_diagnostic_and_a_checkup_run_over_real_ssh(from_nothing: Page, tmp_path: Path) -> None:
    served = from_nothing
    assert "(demo)" in served.line
    assert served.ask("GET", "/healthz") == (200, {"status": "ok"})
    status, link = served.ask("GET", "/api/v1/connection")
    assert (status, link["state"], link["demo"], link["logins"]) == (200, "idle", True, 0)
    status, result = served.ask("POST", "/api/v1/diagnostics/over-current/run", {})
    assert (status, result["verdict"], result["path"]) == (200, "fail", "persistent")
    assert result["device"].startswith("v3-demo")
    _, begun = served.ask("POST", "/api/v1/checkups", {})
    until = time.monotonic() + 60
    while (done := served.ask("GET", f"/api/v1/checkups/{begun['checkup']}")[1])["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert len(done["results"]) == len(begun["diagnostics"])
    assert not [result for result in done["results"] if result["error"]]
    assert done["verdict"] == "fail"
    status, link = served.ask("GET", "/api/v1/connection")
    assert (link["state"], link["logins"], link["device"]["hostname"]) == ("connected", 1, "v3-demo")
    logged = (tmp_path / "app.log").read_text(encoding="utf-8")
    assert "SSH connection established" in logged
    entries = [json.loads(line) for line in (tmp_path / "data/demo/audit.jsonl").read_text().splitlines()]
    assert {entry["action"] for entry in entries} == {"run", "checkup"}
    assert all(entry["device"].startswith("v3-demo") for entry in entries)


def test_keys_and_data_of_the_demo_are_apart_from_real_ones(served: Page, tmp_path: Path) -> None:
    served.ask("POST", "/api/v1/diagnostics/over-current/run", {})
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["demo"]


def test_it_stops_at_once_also_with_open_streams(served: Page) -> None:
    streams = []
    for _ in range(5):
        stream = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        stream.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        assert stream.recv(100).startswith(b"HTTP/1.1 200")
        streams.append(stream)
    began = time.monotonic()
    code, stderr = served.stop(signal.SIGINT)
    assert code == 0
    assert time.monotonic() - began < 4
    assert "Traceback" not in stderr
    for stream in streams:
        stream.close()


def test_after_a_crash_token_audit_log_and_known_device_are_whole(served: Page, tmp_path: Path) -> None:
    served.ask("POST", "/api/v1/diagnostics/over-current/run", {})
    token = (tmp_path / "data/demo/token").read_text()
    served.stop(signal.SIGKILL)
    again = Page(tmp_path, "--demo")
    try:
        assert (tmp_path / "data/demo/token").read_text() == token
        assert again.ask("POST", "/api/v1/diagnostics/over-current/run", {})[0] == 200
        devices = again.ask("GET", "/api/v1/devices")[1]["devices"]
        assert [device["hostname"] for device in devices] == ["v3-demo"]
        for line in (tmp_path / "data/demo/audit.jsonl").read_text().splitlines():
            json.loads(line)
    finally:
        again.stop()


def test_starting_never_waits_for_a_device_and_says_why_there_is_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    began = time.monotonic()
    served = Page(tmp_path, SSH_IP="127.0.0.1", SSH_PORT=str(port), SSH_PASSWORD=CANARY)
    try:
        assert served.ask("GET", "/healthz")[0] == 200
        assert time.monotonic() - began < 10
        assert served.ask("GET", "/api/v1/connection")[1]["state"] == "idle"
        status, problem = served.ask("POST", "/api/v1/diagnostics/memory/run", {})
        assert (status, problem["code"]) == (502, "unreachable")
        assert problem["hint"]
    finally:
        _, stderr = served.stop()
    assert CANARY not in stderr + (tmp_path / "app.log").read_text() + json.dumps(problem)


def test_without_any_credentials_the_page_says_how_to_set_them(tmp_path: Path) -> None:
    """Some boards want none, so the board is asked first."""
    with DemoDevice(tmp_path / "board") as board:
        served = Page(
            tmp_path, SSH_IP="127.0.0.1", SSH_PORT=str(board.port), SSH_HOST_KEYS="trust-new", SSH_USER=USER
        )
        try:
            status, problem = served.ask("POST", "/api/v1/diagnostics/memory/run", {})
            assert (status, problem["code"]) == (502, "no-credentials")
            assert "SSH_PASSWORD" in problem["hint"]
        finally:
            served.stop()


def raw_answer(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        connection.settimeout(5)
        return connection.recv(65536)


def test_odd_requests_on_the_wire_lead_nowhere(served: Page) -> None:
    own = f"Host: 127.0.0.1:{served.port}\r\nConnection: close\r\n\r\n".encode()
    for path in (
        b"/static/../app.py",
        b"/static/%2e%2e/app.py",
        b"//evil.example/",
        b"/static/..%5c..%5capp.py",
    ):
        answer = raw_answer(served.port, b"GET " + path + b" HTTP/1.1\r\n" + own)
        assert answer.split()[1] in (b"404", b"403"), path
        assert b"create_app" not in answer
    assert (
        raw_answer(served.port, b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n").split()[1] == b"403"
    )
    assert raw_answer(served.port, b"GET /healthz HTTP/1.0\r\n\r\n").split()[1] == b"403"
    absolute = b"GET http://evil.example/healthz HTTP/1.1\r\n" + own
    assert raw_answer(served.port, absolute).split()[1] in (b"200", b"400", b"403", b"404")


def start_fails(tmp_path: Path, *options: str, **environ: str) -> tuple[int, str]:
    argv = [sys.executable, "app.py", "--no-browser", *options]
    done = warm_run(argv, cwd=PROJECT, env=clean_environment(tmp_path, **environ), timeout=30)
    return done.returncode, done.stderr


def test_binding_to_a_network_without_a_password_is_refused(tmp_path: Path) -> None:
    for options, environ in ((("--host", "0.0.0.0"), {}), ((), {"V3_HOST": "192.168.1.7"})):
        code, stderr = start_fails(tmp_path, *options, **environ)
        assert code == 3
        assert "V3_PASSWORD" in stderr
        assert "Traceback" not in stderr


@pytest.mark.parametrize(
    ("options", "environ", "word"),
    [
        (("--port", "70000"), {}, "port"),
        (("--nonsense",), {}, "nonsense"),
        ((), {"SSH_PORT": "70000", "SSH_IP": "-x"}, "SSH_IP"),
        ((), {"SSH_HOST_KEYS": "maybe"}, "SSH_HOST_KEYS"),
    ],
)
def test_wrong_usage_and_settings_end_with_3_and_the_reason(
    tmp_path: Path, options: tuple[str, ...], environ: dict[str, str], word: str
) -> None:
    code, stderr = start_fails(tmp_path, *options, **environ)
    assert code == 3
    assert word in stderr
    assert "Traceback" not in stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, stderr = start_fails(tmp_path, "--port", str(taken.getsockname()[1]))
    assert code == 3
    assert "cannot be served" in stderr
    assert "--port 0" in stderr


@pytest.mark.parametrize(
    ("setting", "value", "reason", "hint"),
    [
        ("V3_HOST", "no-such-host.invalid", "there is no such address", "Check V3_HOST"),
        ("V3_HOST", "192.0.2.77", "cannot be served", "Check V3_HOST"),
        (
            "V3_DATA_DIR",
            "/dev/null/data",
            "The data folder /dev/null/data cannot be written",
            "Set V3_DATA_DIR",
        ),
    ],
)
def test_what_cannot_be_served_is_said_with_the_next_step(
    tmp_path: Path, setting: str, value: str, reason: str, hint: str
) -> None:
    code, stderr = start_fails(tmp_path, **{"V3_PASSWORD": "a page password", setting: value})
    assert code == 3
    assert reason in stderr
    assert hint in stderr
    assert "Traceback" not in stderr


def test_a_misspelt_setting_is_pointed_out_and_does_not_stop_the_start(tmp_path: Path) -> None:
    served = Page(tmp_path, "--demo", SSH_PASWORD="x")
    _, stderr = served.stop()
    assert "did you mean SSH_PASSWORD?" in stderr
