"""Records for tests of the history: a board, its runs and check-ups, and keeping them. No test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import postgres
from utils.judge import judge
from utils.model.records import CheckupRecord, Origin, RunRecord
from utils.model.results import Device, Result, Verdict, to_json
from utils.store.history import History

NEEDS = pytest.mark.skipif(postgres.PROGRAMS is None, reason="needs PostgreSQL (make deps)")
ORIGIN = Origin(bay="main", who="page 127.0.0.1", device="rover-7 · 12345678", program="0.2.0")
BOARD = Device(
    "SHA256:a", "ssh-ed25519", "1424012345678", "Orin NX", "rover-7", device_id="s-0123456789abcdef0123"
)
OTHER = replace(BOARD, serial="1424087654321", hostname="rover-8", device_id="s-fedcba98765432100123")
MEMINFO = "MemTotal: 16000000 kB\nMemFree: 9000000 kB\nMemAvailable: %d kB\n"
AT = "2026-11-28T12:00:%02d.000Z"


def a_result(run: str, *, available_kb: int = 8_000_000, board: Device = BOARD, **more: Any) -> Result:
    judged = judge("memory", MEMINFO % available_kb)
    told = {"started_at": AT % 1, "duration_s": 0.25, "path": "persistent", "bay": "main", "run": run}
    return replace(judged, device=ORIGIN.device, device_id=board.device_id, **{**told, **more})


def a_run(name: str = "r1", board: Device = BOARD, checkup: str | None = None, **more: Any) -> RunRecord:
    return RunRecord(
        id=name,
        diagnostic="memory",
        started_at=AT % 1,
        result=to_json(a_result(name, board=board, **more)),
        origin=ORIGIN,
        device=board,
        checkup=checkup,
    )


def a_checkup(name: str = "c1", board: Device | None = BOARD, **more: Any) -> CheckupRecord:
    values: dict[str, Any] = {
        "started_at": AT % 0,
        "duration_s": 1.5,
        "verdict": Verdict.PASS,
        "counts": {"pass": 1},
        "cancelled": False,
        "origin": ORIGIN,
    }
    return CheckupRecord(id=name, device=board, **{**values, **more})


def kept(history: History, *records: Any) -> None:
    for record in records:
        keeping = history.keep(record)
        keeping.wait(20)  # the first one may have to make the tables
        assert keeping.trouble is None


def trouble_of(history: History, name: str) -> str | None:
    keeping = history.keep(a_run(name))
    keeping.wait(20)
    return keeping.trouble.code if keeping.trouble else None
