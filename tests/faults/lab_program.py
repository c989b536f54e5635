"""The program with a clock of day that can be moved while it runs.

    python -m tests.faults.lab_program CLOCK [options of app.py]

CLOCK is a file with the seconds that are added to what the computer says.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def move_by(path: Path) -> None:
    """Let this process read its time of day with what the file says."""
    real = time.time

    def moved() -> float:
        try:
            return real() + float(path.read_text())
        except (OSError, ValueError):
            return real()

    time.time = moved


if __name__ == "__main__":
    move_by(Path(sys.argv[1]))
    import app
    from utils.process import leave

    leave(app.main(sys.argv[2:]))
