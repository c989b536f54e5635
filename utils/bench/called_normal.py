"""What a person calls normal for the board that is plugged in, or calls normal no longer."""

from __future__ import annotations

from collections.abc import Iterable

from utils.bench.identities import identities
from utils.bench.normal import NormalLines
from utils.bench.runner import Runner
from utils.errors import BadRequest


def lines(runner: Runner) -> tuple[str, NormalLines]:
    """The board's id and what is normal for it; "" and [] while no board is known there. NotKept."""
    device = runner.door.status().device
    device_id = device.device_id if device else ""
    return device_id, runner.normal.lines(*identities(runner.door, device_id)) if device_id else []


def call(runner: Runner, diagnostic_id: str, started_at: str, *, who: str) -> int:
    """Call the unknown messages of this result normal; how many were not so before. BadRequest, NotKept."""
    device_id = _board_id(runner)
    results = (run.result for run in runner.kept_runs() if run.diagnostic.id == diagnostic_id)
    result = next((one for one in results if one and one.started_at == started_at), None)
    if result is None or result.reading is None or result.device_id != device_id:
        raise BadRequest("This result is not of the board that is plugged in now.", hint="Run it again.")
    seen = {item["shape"]: item["first_line"] for item in result.reading.get("unknown") or ()}
    added = runner.normal.add(device_id, seen, who=who)
    runner.audit.write(
        "normal",
        who=who,
        bay=runner.bay,
        device=result.device,
        device_id=device_id,
        diagnostic=diagnostic_id,
        lines=added,
    )
    return added


def forget(runner: Runner, shapes: Iterable[str], *, who: str) -> int:
    """Call these messages normal no longer; how many there were. BadRequest without a board, NotKept."""
    wanted = list(shapes)
    device_id = _board_id(runner)
    gone = sum(runner.normal.forget(each, wanted) for each in identities(runner.door, device_id))
    runner.audit.write("normal-forgotten", who=who, bay=runner.bay, device_id=device_id, lines=gone)
    return gone


def _board_id(runner: Runner) -> str:
    device = runner.door.status().device
    if device is None or not device.device_id:
        raise BadRequest("No board is known to be plugged in.", hint="Connect to it first.")
    return device.device_id
