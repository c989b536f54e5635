"""A lab on this computer: a hub and two benches with four demo boards each. `make demo-lab`; Ctrl+C ends it.

Each is a program of its own, as in a real lab, with a folder of its own below the data folder.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from utils.laptop import child
from utils.settings import PROJECT, default_data_dir, has_display

STATIONS = ("bench-1", "bench-2")
BOARDS = 4
ADDRESS = "127.0.0.1:7422"


def started(running: list[subprocess.Popen[str]], folder: Path, *options: str, **environ: str) -> str:
    """Start the program with these options, as one more that runs; the address of its page."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "V3_"))}
    its = {"V3_DATA_DIR": str(folder), "LOG_FILE": str(folder / "app.log"), "V3_DISCOVER": "off"}
    process = child.start(
        [sys.executable, "app.py", "--no-browser", *options],
        cwd=PROJECT, env={**kept, **its, "V3_HUB_ADDRESS": ADDRESS, **environ},
        stdout=subprocess.PIPE, text=True, start_new_session=True,  # Ctrl+C is ours, and we end them
    )  # fmt: skip
    running.append(process)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    if found is None:
        raise SystemExit(process.wait() or 3)
    return found[0]


def invited(folder: Path, station: str) -> Path:
    """The invitation of this bench, made at the first start."""
    path = folder / f"{station}.v3join"
    if not path.exists():
        done = child.run(
            [sys.executable, "-m", "utils.cli", "hub", "invite", station],
            cwd=PROJECT, env={**os.environ, "V3_DATA_DIR": str(folder / "hub"), "V3_HUB_ADDRESS": ADDRESS},
            stdout=subprocess.PIPE, check=True, start_new_session=True,
        )  # fmt: skip
        path.touch(mode=0o600)
        path.write_bytes(done.stdout)
    return path


def main(folder: Path, port: str = "5055") -> int:
    """Run all three until Ctrl+C, SIGTERM or the end of the terminal."""
    running: list[subprocess.Popen[str]] = []
    _on_signals(signal.default_int_handler)
    try:
        url = started(running, folder / "hub", "--hub", "--port", port)
        for station in STATIONS:
            join = str(invited(folder, station))
            its = started(running, folder / station, "--demo", str(BOARDS), "--join", join, "--port", "0")
            print(f"{station}: {its}", flush=True)  # noqa: T201 - a program of its own
        print(f"Hub: {url}lab", flush=True)  # noqa: T201
        if has_display():
            webbrowser.open(f"{url}lab")
        return running[0].wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _on_signals(signal.SIG_IGN)  # pressed again: the end is under way
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _on_signals(act: Callable[..., object] | signal.Handlers) -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, act)


if __name__ == "__main__":
    sys.exit(main(default_data_dir() / "demo-lab", *sys.argv[1:]))
