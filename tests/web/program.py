"""The program as a technician starts it: a process of its own, and a browser's requests to it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.warm import Warm
from utils.settings import PROJECT


def clean_environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "V3_", "LOG_"))}
    return {**kept, "V3_DATA_DIR": str(tmp_path / "data"), "LOG_FILE": str(tmp_path / "app.log"), **more}


class Page:
    """The program as a process, and a browser's requests to it. start=subprocess.Popen: from nothing."""

    def __init__(
        self, tmp_path: Path, *options: str, start: type[subprocess.Popen[str]] = Warm, **environ: str
    ) -> None:
        self.process = start(
            [sys.executable, "app.py", "--no-browser", "--port", "0", *options],
            cwd=PROJECT,
            env=clean_environment(tmp_path, **environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.line)
        assert found, self.line + self.process.communicate(timeout=5)[1]
        self.port = int(found.group(1))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            text = None if body is None else json.dumps(body)
            given = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json", **headers}
            connection.request(method, path, text, given)
            answer = connection.getresponse()
            content = answer.read().decode()
            return answer.status, json.loads(content) if "json" in answer.headers["Content-Type"] else content
        finally:
            connection.close()

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(how)
        _, stderr = self.process.communicate(timeout=20)
        return self.process.returncode, stderr
