"""What goes into a bundle -> its files, nothing replaced and nothing cut yet. Pure.

checkups/<id>/<diagnostic>.out, .err, .exit are the layout of the demo's saved answers: one player plays both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from utils.bundle.document import FORMAT, VERSION
from utils.model.records import Case, Happening, Note, RunRecord, WholeCheckup
from utils.model.results import Device, to_json

Files = dict[str, bytes]
DOCUMENT = "bundle.json"
PHOTOS = "photos/"


@dataclass(frozen=True)
class LogSlice:
    """Lines of a log that the laptop holds, or that the board was asked for. note: what is missing."""

    title: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Contents:
    """recordings: the files of recordings by id. photos: by the id of their note. normal: shapes of kernel
    messages that are normal for the board. left_out: what could not be had, and why."""

    device: Device
    made_at: str
    program: str
    catalogue: str
    checkups: Sequence[WholeCheckup] = ()
    happenings: Sequence[Happening] = ()
    logs: Sequence[LogSlice] = ()
    recordings: Mapping[str, bytes] = field(default_factory=dict)
    cases: Sequence[Case] = ()
    notes: Sequence[Note] = ()
    photos: Mapping[str, bytes] = field(default_factory=dict)
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
        "cases": [_case(each) for each in contents.cases],
        "notes": list(_notes(contents.notes, contents.photos, files)),
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
        "pending": whole.unheard,
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
        files[f"recordings/{name}.jsonl"] = data.decode(
            "utf-8", "replace"
        ).encode()  # one bad byte is no picture
        yield {"id": name, "file": f"recordings/{name}.jsonl"}


def _case(case: Case) -> dict[str, Any]:
    return {key: value for key, value in asdict(case).items() if key != "device_id"}


def _notes(notes: Sequence[Note], photos: Mapping[str, bytes], files: Files) -> Iterator[dict[str, Any]]:
    """The newest first. Photos stand last among the files: they are what is left out first for its size."""
    for number, each in enumerate(notes, start=1):
        photo = ""
        if each.id in photos:
            photo = f"{PHOTOS}{number:03}.{'png' if each.photo_type == 'image/png' else 'jpg'}"
            files[photo] = photos[each.id]
        yield {"id": each.id, "at": each.at, "text": each.text, "case": each.case or "", "photo": photo}


def restored(replaced: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """bundle.json after its replacement, with what names its own parts as it was. Nothing that a board or a
    person wrote is among it."""
    _same(replaced, before, "format", "version")
    kinds = {
        "logs": ("file",),
        "recordings": ("id", "file"),
        "cases": ("id",),
        "notes": ("id", "case", "photo"),
    }
    for kind, names in kinds.items():
        for new, old in zip(replaced.get(kind, ()), before.get(kind, ()), strict=True):
            _same(new, old, *names)
    for new, old in zip(replaced["checkups"], before["checkups"], strict=True):
        _same(new, old, "id", "verdict")
        for run, its in zip(new["runs"], old["runs"], strict=True):
            _same(run, its, "id", "diagnostic", "stdout", "stderr")
            _same(run["result"], its["result"], "verdict", "diagnostic")
    return replaced


def _same(new: dict[str, Any], old: Mapping[str, Any], *names: str) -> None:
    new.update({name: old[name] for name in names if name in old})
