"""What goes into a bundle -> its files, nothing replaced and nothing cut yet. Pure.

checkups/<id>/<diagnostic>.out, .err, .exit are the layout of the demo's recording: one player plays both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from utils.bundle.document import FORMAT, VERSION
from utils.model.records import Happening, RunRecord, WholeCheckup
from utils.model.results import Device, to_json

Files = dict[str, bytes]
DOCUMENT = "bundle.json"


@dataclass(frozen=True)
class LogSlice:
    """Lines of a log that the laptop holds, or that the board was asked for. note: what is missing."""

    title: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Contents:
    """recordings: the files of recordings by id. normal: shapes of kernel messages that are normal for the
    board. left_out: what could not be had, and why."""

    device: Device
    made_at: str
    program: str
    catalogue: str
    checkups: Sequence[WholeCheckup] = ()
    happenings: Sequence[Happening] = ()
    logs: Sequence[LogSlice] = ()
    recordings: Mapping[str, bytes] = field(default_factory=dict)
    normal: Sequence[str] = ()
    left_out: Sequence[tuple[str, str]] = ()


def laid_out(contents: Contents) -> tuple[Files, dict[str, Any]]:
    """The files beside bundle.json, and what bundle.json says of them."""
    files: Files = {}
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": contents.made_at,
        "program": contents.program,
        "catalogue": contents.catalogue,
        "board": {key: value for key, value in asdict(contents.device).items() if key != "boot_id"},
        "checkups": [_checkup(whole, files) for whole in contents.checkups],
        "happenings": [{"kind": each.kind.value, "at": each.at, "facts": to_json(dict(each.facts))}
                       for each in contents.happenings],
        "logs": list(_logs(contents.logs, files)),
        "recordings": list(_recordings(contents.recordings, files)),
        "normal": sorted(contents.normal),
        "left_out": [{"what": what, "why": why} for what, why in contents.left_out],
    }  # fmt: skip
    return files, document


def _checkup(whole: WholeCheckup, files: Files) -> dict[str, Any]:
    record = whole.record
    its = {name: getattr(record.origin, name) for name in ("bay", "program", "catalogue", "profile")}
    return {
        "id": record.id,
        "started_at": record.started_at,
        "duration_s": record.duration_s,
        "verdict": record.verdict.value,
        "counts": dict(record.counts),
        "cancelled": record.cancelled,
        "clock_offset_s": record.clock_offset_s,
        **its,
        "runs": [_run(run, f"checkups/{record.id}", files) for run in whole.runs],
    }


def _run(run: RunRecord, folder: str, files: Files) -> dict[str, Any]:
    facts = {"id": run.id, "diagnostic": run.diagnostic, "started_at": run.started_at}
    result = dict(run.result)
    for name, ending in (("stdout", "out"), ("stderr", "err")):
        text = result.pop(name, "")
        facts[name] = f"{folder}/{run.diagnostic}.{ending}" if text else ""
        if text:
            files[facts[name]] = text.encode("utf-8", "surrogatepass")
    if result.get("exit_status"):
        files[f"{folder}/{run.diagnostic}.exit"] = str(result["exit_status"]).encode()
    return {**facts, "result": result}


def _logs(slices: Sequence[LogSlice], files: Files) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(slices, start=1):
        name = f"logs/{number:02}.log"
        files[name] = each.text.encode("utf-8", "surrogatepass")
        yield {"file": name, "title": each.title, "lines": each.text.count("\n"), "note": each.note}


def _recordings(recordings: Mapping[str, bytes], files: Files) -> Iterator[dict[str, Any]]:
    for name, data in recordings.items():
        files[f"recordings/{name}.jsonl"] = data
        yield {"id": name, "file": f"recordings/{name}.jsonl"}


def restored(replaced: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """bundle.json after its replacement, with what must stay as it is: names of files, and verdicts."""
    kept = ("id", "diagnostic", "stdout", "stderr", "file", "verdict", "format", "version")

    def walk(new: Any, old: Any) -> Any:
        if isinstance(new, dict):
            return {key: old[key] if key in kept and key in old else walk(value, old.get(key))
                    for key, value in new.items()} if isinstance(old, Mapping) else new  # fmt: skip
        if isinstance(new, list) and isinstance(old, list):
            return [walk(one, other) for one, other in zip(new, old, strict=True)]
        return new

    outer = {name: walk(value, before[name]) for name, value in replaced.items() if name in before}
    return {**outer, "format": before["format"], "version": before["version"]}
