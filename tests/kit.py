"""Tries the offline kit: `make kit-try`. Linux: really, where there is no network; the others: by resolving.

    python -m tests.kit [ZIP]

Resolving asks uv to settle every requirement for a computer against the kit's wheels alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.web.program import clean_environment
from tools.kit.build import LIMIT_BYTES
from tools.kit.targets import PYTHONS, TARGETS, Platform
from utils.settings import PROJECT
from utils.version import VERSION

ZIP = PROJECT / "build" / "kit" / f"v3-diagnostics-{VERSION}-kit.zip"
_NO_NETWORK = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
_TRIED = """
set -eu
ip link set lo up
! ip route get 192.0.2.1 >/dev/null 2>&1
./start.sh --demo --no-browser --port 5099 >page.txt 2>&1 &
page=$!
n=0
ask='import urllib.request as web; web.urlopen("http://127.0.0.1:5099/healthz").read()'
until python3 -c "$ask" 2>/dev/null; do
    n=$((n + 1)); [ $n -lt 120 ] && kill -0 $page || { cat page.txt; exit 9; }
    sleep 1
done
kill $page; wait $page || true
status=0
.venv/bin/v3 checkup --demo --quiet || status=$?
exit $status
"""


def unpacked(kit: Path, folder: Path) -> Path:
    """The kit as a person unpacks it, with the marks of what may be run."""
    subprocess.run(["unzip", "-q", str(kit), "-d", str(folder)], check=True)
    return next(folder.iterdir())


def tried_here(top: Path) -> subprocess.CompletedProcess[str]:
    """Page and check-up of the demo device, in a namespace without any network. Status 2: its faults."""
    return subprocess.run(
        [*_NO_NETWORK, "sh", "-c", _TRIED],
        cwd=top,
        env=clean_environment(top),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def resolved(top: Path, target: Platform, python: str) -> str:
    """Why a computer would not find all it needs in the folder; "" if it does."""
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "-q", "--no-config", "--no-index",
         "--find-links", "wheels", "--only-binary", ":all:", "--python-platform", target.uv,
         "--python-version", python, "--generate-hashes", "requirements.txt", "-o", os.devnull],
        cwd=top,
        env={**_plain_environment(), "MACOSX_DEPLOYMENT_TARGET": target.oldest},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    return done.stderr.strip() if done.returncode else ""


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}


def main(kit: Path) -> int:
    """Print a line for each computer; 1 where one fails."""
    size, failed = kit.stat().st_size, False
    print(f"{kit.name}: {size / 2**20:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        top = unpacked(kit, Path(folder))
        for target in TARGETS:
            for python in PYTHONS:
                why = resolved(top, target, python)
                failed |= bool(why)
                print(f"{target.name:<15} {python:<5} {why or 'resolved'}")
        began = time.monotonic()
        done = tried_here(top)
        took = time.monotonic() - began
    failed |= done.returncode != 2 or size > LIMIT_BYTES
    last = done.stdout.strip().splitlines()[-1:] or [done.stderr[-2000:]]
    print(f"started and checked without a network in {took:.0f} s, status {done.returncode}: {last[0]}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ZIP))
