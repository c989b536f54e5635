"""python -m tests.bench.lighthouse: what Lighthouse says of the dashboard and of results. Below 100 fails.

Drives npm's lighthouse (`make lighthouse` puts it into .lighthouse/) with Debian's Chromium against
`python app.py --demo` on a free port and in a data folder of its own. "Results" is the dashboard after
a full check-up, opened anew. Desktop is what a technician has and must be perfect; mobile (Lighthouse's
slow phone on a slow network) is shown beside it. Of up to TRIES looks the best one counts: what else the
machine does can only take points away.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.demo_page import demo_page
from tests.bench.report import table

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".lighthouse/node_modules/.bin/lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
CHECKUP_S = 120.0
LOOK_S = 180.0
TRIES = 5


def check_up(url: str) -> None:
    """Runs all that disturbs nothing and waits for its end."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}

    def ask(method: str, path: str) -> dict[str, Any]:
        connection.request(method, path, b"{}" if method == "POST" else None, headers)
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
        assert answer.status < 300, found
        return found

    begun = ask("POST", "/api/v1/checkups")
    deadline = time.monotonic() + CHECKUP_S
    while ask("GET", f"/api/v1/checkups/{begun['checkup']}")["state"] != "finished":
        assert time.monotonic() < deadline, "the check-up does not end"
        time.sleep(0.2)
    connection.close()


def report(url: str, preset: str, folder: Path) -> dict[str, Any]:
    """Lighthouse's own report of one page. preset: "desktop" or "mobile"."""
    into = folder / f"{preset}.json"
    sandbox = " --no-sandbox" if os.geteuid() == 0 else ""  # Chromium refuses its sandbox to root
    argv = [
        str(PROGRAM), url, "--quiet", "--output=json", f"--output-path={into}",
        f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags=--headless=new{sandbox}",
    ]  # fmt: skip
    if preset == "desktop":
        argv.append("--preset=desktop")
    env = {**os.environ, "CHROME_PATH": os.environ.get("CHROME_PATH", "/usr/bin/chromium")}
    into.unlink(missing_ok=True)
    with subprocess.Popen(argv, env=env) as process:
        try:
            process.wait(LOOK_S)
        finally:
            process.send_signal(signal.SIGINT)  # ends its Chromium too, which a kill would leave behind
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv)
    found: dict[str, Any] = json.loads(into.read_text(encoding="utf-8"))
    return found


def scores(found: dict[str, Any]) -> list[int]:
    """Of 100, in the order of CATEGORIES."""
    return [round(100 * (found["categories"][name]["score"] or 0)) for name in CATEGORIES]


def best_report(url: str, preset: str, folder: Path) -> tuple[dict[str, Any], int]:
    """The best of up to TRIES reports, and how many there were. Lighthouse may fail on a busy machine."""
    best: dict[str, Any] | None = None
    for number in range(1, TRIES + 1):
        try:
            found = report(url, preset, folder)
        except (subprocess.SubprocessError, OSError):
            if best is None and number == TRIES:
                raise
            continue
        if best is None or sum(scores(found)) > sum(scores(best)):
            best = found
        if min(scores(best)) == 100 or preset != "desktop":
            break
    assert best is not None
    return best, number


def complaints(found: dict[str, Any]) -> list[str]:
    """What costs points, with what Lighthouse saw."""
    lines = []
    for name in CATEGORIES:
        for each in found["categories"][name]["auditRefs"]:
            audit = found["audits"][each["id"]]
            if each["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                lines.append(f"  {name}: {audit['title']} {audit.get('displayValue', '')}".rstrip())
    return lines


def main() -> int:
    rows, missed, said = [], False, []
    with tempfile.TemporaryDirectory(prefix="v3-lighthouse-") as name, demo_page(Path(name)) as url:
        for page in ("dashboard", "results"):
            if page == "results":
                check_up(url)
            for preset in ("desktop", "mobile"):
                found, tries = best_report(url, preset, Path(name))
                points = scores(found)
                missed |= preset == "desktop" and min(points) < 100
                rows.append([f"{page}, {preset}", *map(str, points), str(tries)])
                said += [f"{page}, {preset}:{line}" for line in complaints(found)]
    print("\n".join([*table(["", *CATEGORIES, "looks"], rows), "", *said]))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
