"""No text of a device stops the program: it answers while the worst is judged, and ends when it is told to.

A second program on the same machine, which has nothing to do, says how busy the machine itself is.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.servers import Sshd, throwaway_user
from tests.servers.worst_texts import OWN, SIZE, WORST
from tests.web.program import Page

PASSWORD = "canary standing 70d1"
QUICK_S = 0.1


@dataclass(frozen=True)
class Served:
    """busy: the program that has a device. idle: the same program with nothing to do."""

    busy: Page
    idle: Page


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    own = tmp_path / "busy/data/diagnostics"
    own.mkdir(parents=True)
    (tmp_path / "idle").mkdir()
    with throwaway_user(password=PASSWORD) as user, Sshd(user) as server:
        for number, (parser, piece) in enumerate(WORST.items()):
            (user.home / parser).write_text(piece * (SIZE // len(piece)))
            (own / f"{parser}.toml").write_text(OWN.format(number=number, parser=parser), encoding="utf-8")
        busy = Page(
            tmp_path / "busy", SSH_USER=user.name, SSH_IP="127.0.0.1", SSH_PORT=str(server.port),
            SSH_PASSWORD=PASSWORD, SSH_HOST_KEYS="trust-new",
        )  # fmt: skip
        idle = Page(tmp_path / "idle", SSH_IP="127.0.0.1")
        yield Served(busy, idle)
        for page in (busy, idle):
            if page.process.poll() is None:
                page.stop()


def answers_in(page: Page) -> float:
    began = time.monotonic()
    assert page.ask("GET", "/healthz") == (200, {"status": "ok"})
    return time.monotonic() - began


def run_all(page: Page, verdicts: list[str], over: threading.Event) -> None:
    while not over.is_set():
        for number in range(len(WORST)):
            status, result = page.ask("POST", f"/api/v1/diagnostics/worst-{number}/run", {})
            assert status == 200, result
            verdicts.append(result["verdict"])


def test_it_answers_at_once_while_the_worst_texts_are_judged(served: Served) -> None:
    status, first = served.busy.ask("POST", "/api/v1/diagnostics/worst-0/run", {})
    assert (status, first["error"]) == (200, None)
    verdicts: list[str] = []
    over = threading.Event()
    worker = threading.Thread(target=run_all, args=(served.busy, verdicts, over))
    worker.start()
    busy, idle = [], []
    until = time.monotonic() + 60
    while (len(verdicts) < len(WORST) or len(busy) < 40) and time.monotonic() < until:
        busy.append(answers_in(served.busy))
        idle.append(answers_in(served.idle))
    over.set()
    worker.join(60)
    assert len(verdicts) >= len(WORST)
    assert "pass" not in verdicts
    middle, end = statistics.median(busy), statistics.quantiles(busy, n=10)[-1]
    allowed = max(QUICK_S, 3 * statistics.quantiles(idle, n=10)[-1])
    assert middle <= allowed, (middle, end, allowed)
    assert end <= 2 * allowed, (middle, end, allowed)


def test_it_ends_when_it_is_told_to_while_the_worst_texts_are_judged(served: Served) -> None:
    served.busy.ask("POST", "/api/v1/diagnostics/worst-0/run", {})
    for number in range(len(WORST)):
        served.busy.ask("POST", f"/api/v1/diagnostics/worst-{number}/run?wait=0", {})
    began = time.monotonic()
    code, stderr = served.busy.stop()
    assert code == 0
    assert time.monotonic() - began < 10
    assert "Traceback" not in stderr
