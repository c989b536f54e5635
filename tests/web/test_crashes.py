"""kill -9 at any moment of use: what was saved is whole, and the next start goes on with it."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import signal
import threading
import time
from pathlib import Path

from tests.web.program import Page

ROUNDS = 3
WORK = (
    ("/api/v1/connection/reset", {}),  # each new login writes the list of known devices
    ("/api/v1/diagnostics/over-current/run", {}),
    ("/api/v1/diagnostics/memory/run", {}),
    ("/api/v1/checkups", {}),
    ("/api/v1/catalogue/reload", {}),
)


def use_it(page: Page, seed: int) -> None:
    """As a technician in a hurry, until the program is gone."""
    choose = random.Random(seed)
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        while page.process.poll() is None:
            page.ask("POST", *choose.choice(WORK))


def audit_lines(folder: Path) -> list[bytes]:
    return (folder / "audit.jsonl").read_bytes().splitlines()


def is_entry(line: bytes) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(json.loads(line), dict)
    return False


def test_whenever_it_is_killed_known_devices_settings_and_audit_log_are_whole(tmp_path: Path) -> None:
    folder, chosen = tmp_path / "data/demo", random.Random()
    seed = chosen.randrange(10**6)
    print(f"seed {seed}")
    token, kept = "", 0
    for round_number in range(ROUNDS):
        page = Page(tmp_path, "--demo")
        page.ask("POST", "/api/v1/diagnostics/over-current/run", {})
        users = [threading.Thread(target=use_it, args=(page, seed + n)) for n in range(4)]
        for user in users:
            user.start()
        time.sleep(random.Random(seed + round_number).uniform(0.1, 0.9))
        page.stop(signal.SIGKILL)
        for user in users:
            user.join(10)
        token = token or (folder / "token").read_text()
        assert (folder / "token").read_text() == token
        devices = json.loads((folder / "known_devices.json").read_text())["devices"]
        assert [device["hostname"] for device in devices] == ["v3-demo"]
        lines = audit_lines(folder)
        torn = [line for line in lines if not is_entry(line)]
        assert len(torn) <= round_number + 1, torn  # the line that was being written, and no other
        assert len(lines) > kept
        kept = len(lines)
    again = Page(tmp_path, "--demo")
    try:
        assert again.ask("POST", "/api/v1/diagnostics/over-current/run", {})[0] == 200
        known = again.ask("GET", "/api/v1/devices")[1]["devices"]
        assert [device["hostname"] for device in known] == ["v3-demo"]
        assert is_entry(audit_lines(folder)[-1])
        assert not list(folder.glob("*.new")), "what a killed program had begun to write is cleared away"
    finally:
        code, stderr = again.stop()
    assert (code, "Traceback" in stderr) == (0, False)
