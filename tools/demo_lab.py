"""A lab on this computer: a hub and two benches with four demo boards each. `make demo-lab`; Ctrl+C ends it.

Each is a program of its own, as in a real lab, with a folder of its own below the data folder.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import webbrowser
from pathlib import Path

from utils.settings import PROJECT, default_data_dir, has_display

STATIONS = ("bench-1", "bench-2")
BOARDS = 4
ADDRESS = "127.0.0.1:7422"


def started(folder: Path, *options: str, **environ: str) -> tuple[subprocess.Popen[str], str]:
    """The program with these options, and the address of its page."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "V3_"))}
    its = {"V3_DATA_DIR": str(folder), "LOG_FILE": str(folder / "app.log"), "V3_DISCOVER": "off"}
    process = subprocess.Popen(
        [sys.executable, "app.py", "--no-browser", *options],
        cwd=PROJECT, env={**kept, **its, "V3_HUB_ADDRESS": ADDRESS, **environ},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    if found is None:
        raise SystemExit(process.wait() or 3)
    return process, found[0]


def invited(folder: Path, station: str) -> Path:
    """The invitation of this bench, made at the first start."""
    path = folder / f"{station}.v3join"
    if not path.exists():
        done = subprocess.run(
            [sys.executable, "-m", "utils.cli", "hub", "invite", station],
            cwd=PROJECT, env={**os.environ, "V3_DATA_DIR": str(folder / "hub"), "V3_HUB_ADDRESS": ADDRESS},
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        path.touch(mode=0o600)
        path.write_bytes(done.stdout)
    return path


def main(folder: Path, port: str = "5055") -> int:
    """Run all three until Ctrl+C."""
    running: list[subprocess.Popen[str]] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    try:
        hub, url = started(folder / "hub", "--hub", "--port", port)
        running.append(hub)
        for station in STATIONS:
            join = str(invited(folder, station))
            process, its = started(folder / station, "--demo", str(BOARDS), "--join", join, "--port", "0")
            running.append(process)
            print(f"{station}: {its}", flush=True)  # noqa: T201 - a program of its own
        print(f"Hub: {url}lab", flush=True)  # noqa: T201
        if has_display():
            webbrowser.open(f"{url}lab")
        return hub.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for process in running:
            with contextlib.suppress(OSError):
                process.terminate()
        for process in running:
            process.wait()


if __name__ == "__main__":
    sys.exit(main(default_data_dir() / "demo-lab", *sys.argv[1:]))
