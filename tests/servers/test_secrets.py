"""Planted secrets, and every place where they must not be: page, API, log, files, arguments, environments.

The whole program runs against a real sshd, by both paths, with right and wrong passwords.
"""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.servers import Sshd, throwaway_user
from tests.web.program import Page

DEVICE = "canary device '\"$x 41fe"
WRONG = "canary wrong &<>%20 9ab3"
PAGE = "canary page / 5d21"
TOKEN = "canary-token-7c0e-1234"
SECRETS = (DEVICE, WRONG, PAGE, TOKEN)
SLOW = """
[[diagnostic]]
id = "slow-memory"
title = "Slow memory"
category = "memory"
command = "sleep 1; cat /proc/meminfo"
parser = "meminfo"
why = "It runs long enough to be looked at."
next_step = "Nothing."
summary = "{available_kb} kB"
"""


def forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    found = {
        secret, shlex.quote(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1], urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(),
        raw.hex(),
    }  # fmt: skip
    return {form.encode() for form in found}


def leaks(text: bytes, *secrets: str) -> list[str]:
    return [secret for secret in secrets for form in forms(secret) if form in text]


class Watch(threading.Thread):
    """What the arguments and environments of the program's children said, looked at again and again.

    Between fork and exec a child is still a copy of the program: its environment is not yet the child's.
    """

    def __init__(self, program: int) -> None:
        super().__init__(daemon=True)
        self.program = program
        self.seen: dict[str, bytes] = {}
        self.over = threading.Event()

    def run(self) -> None:
        own = self._read(self.program, "cmdline")
        while not self.over.wait(0.02):
            for pid in self._below(self.program):
                before, environ, after = (self._read(pid, name) for name in ("cmdline", "environ", "cmdline"))
                if before == after != own:
                    self.seen[f"{pid} {after[:40]!r}"] = after + environ

    def _below(self, pid: int) -> Iterator[int]:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                children = [int(child) for child in task.read_text().split()]
            except OSError:
                continue
            for child in children:
                yield child
                yield from self._below(child)

    @staticmethod
    def _read(pid: int, name: str) -> bytes:
        try:
            return Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:
            return b""


@pytest.mark.parametrize("persistent", ["true", "false"])
def test_planted_secrets_are_found_nowhere(persistent: str, tmp_path: Path) -> None:
    own = tmp_path / "data/diagnostics"
    own.mkdir(parents=True)
    (own / "slow.toml").write_text(SLOW, encoding="utf-8")
    answers: list[Any] = []
    with throwaway_user(password=DEVICE) as user, Sshd(user) as server:
        program = Page(
            tmp_path, SSH_USER=user.name, SSH_IP="127.0.0.1", SSH_PORT=str(server.port), SSH_PASSWORD=DEVICE,
            SSH_HOST_KEYS="trust-new", SSH_USE_PERSISTENT=persistent, SSH_LOG_LEVEL="DEBUG",
            V3_PASSWORD=PAGE, V3_TOKEN=TOKEN, start=subprocess.Popen,  # /proc tells what such a one was given
        )  # fmt: skip
        watch = Watch(program.process.pid)
        watch.start()
        script = {"Authorization": f"Bearer {TOKEN}"}

        def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            answers.append(program.ask(method, path, body, **script))
            return answers[-1]

        for diagnostic in ("memory", "slow-memory"):
            status, result = ask("POST", f"/api/v1/diagnostics/{diagnostic}/run", {})
            assert (status, result["error"]) == (200, None), result
        assert result["path"] == ("persistent" if persistent == "true" else "subprocess")
        ask("POST", "/api/v1/connection/ladder", {})
        ask("POST", "/api/v1/connection/credentials", {"password": WRONG})
        status, problem = ask("POST", "/api/v1/diagnostics/memory/run", {})
        assert problem["code"] == "auth-failed"
        ask("POST", "/api/v1/connection/ladder", {})
        for path in ("/", "/login", "/api/v1/state", "/api/v1/devices", "/api/v1/openapi.json", "/nowhere"):
            ask("GET", path)
        answers.append(program.ask("POST", "/api/v1/connection/reset", {}, Authorization="Bearer " + WRONG))
        time.sleep(0.2)
        watch.over.set()
        watch.join(5)
        answers.append(program.stop())
    assert not leaks(json.dumps(answers).encode() + repr(answers).encode(), *SECRETS)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert not leaks(path.read_bytes(), *SECRETS), path
    assert persistent == "true" or any(b"ssh" in said for said in watch.seen.values())
    for said in watch.seen.values():
        assert not leaks(said, *SECRETS), said[:200]
