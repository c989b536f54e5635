"""`python app.py --demo` as a process of its own: on a free port, with a data folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def demo_page(folder: Path, *, boards: int = 1, password: str = "") -> Iterator[str]:
    """Its address. password: of the page (V3_PASSWORD)."""
    env = {**os.environ, "V3_DATA_DIR": str(folder / "data"), "LOG_FILE": str(folder / "app.log"),
           "V3_PASSWORD": password, "V3_HOST": "127.0.0.1"}  # fmt: skip
    argv = [sys.executable, "app.py", "--demo", str(boards), "--port", "0", "--no-browser"]
    with subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"http://\S+", process.stdout.readline())
            assert url, "the page did not start"
            yield url.group()
        finally:
            process.terminate()
