"""A bundle: made as a stream, opened again, refused by name where it is none, and judged as it was."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

from tests import schemas
from tests.waiting import wait_until
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.bundles import Bundles
from utils.bench.replays import Replays
from utils.bench.runner import Runner
from utils.bundle.contents import DOCUMENT, Contents, LogSlice, laid_out, restored
from utils.bundle.packing import MANIFEST, pack
from utils.bundle.reading import read_bundle
from utils.bundle.replacing.replacer import KnownBefore, look
from utils.bundle.replacing.tokens import Tokens
from utils.bundle.sealing import seal
from utils.demo.device import DemoDevice
from utils.demo.recorded_door import DEVICE, RecordedDoor
from utils.errors import (
    BadRequest,
    BundleDamaged,
    BundleNewer,
    BundleSealed,
    BundleTooLarge,
    BundleTrouble,
    BundleUnsafe,
    CommandTimeout,
    NotABundle,
    ReplayOnly,
    UnknownBundle,
    UnknownRun,
)
from utils.live.logs import source
from utils.model.records import CheckupRecord, Origin, WholeCheckup
from utils.model.results import Device, Verdict
from utils.store.history import History

SMALL = Contents(
    Device("SHA256:x", device_id="s-0123456789abcdef0123", serial="1424024012345"),
    "2026-11-28T12:00:00Z",
    "0.2.0",
    "abc",
    logs=[LogSlice("Journal", "one\ntwo\n")],
    recordings={"20261128-120000-abc": b"{}\n"},
)


def zipped(changes: Mapping[str, bytes | None] | None = None, *, fresh: bool = True) -> bytes:
    """A small bundle, with parts changed or (None) taken out; fresh: with a manifest that says so."""
    files = {**pack(*laid_out(SMALL)).files}
    for name, data in (changes or {}).items():
        files.pop(name, None)
        if data is not None:
            files[name] = data
    if fresh:
        lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in files if name != MANIFEST]
        files[MANIFEST] = "".join(lines).encode()
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return sink.getvalue()


def document(**changes: object) -> bytes:
    return json.dumps({**json.loads(pack(*laid_out(SMALL)).files[DOCUMENT]), **changes}).encode()


def twice() -> bytes:
    sink = io.BytesIO(zipped())
    with zipfile.ZipFile(sink, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(DOCUMENT, document(program="another"))
    return sink.getvalue()


def linked() -> bytes:
    sink = io.BytesIO(zipped())
    with zipfile.ZipFile(sink, "a") as archive:
        info = zipfile.ZipInfo("logs/02.log")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return sink.getvalue()


def bomb() -> bytes:
    sink = io.BytesIO(zipped())
    with zipfile.ZipFile(sink, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"logs/9{number}.log", bytes(50 << 20))
    return sink.getvalue()


def lying_bomb() -> bytes:
    """Its directory says that a part is small."""
    small, large = b"\0" * 64, bytes(8 << 20)
    whole = zipped({"logs/03.log": large})
    return whole.replace(len(large).to_bytes(4, "little"), len(small).to_bytes(4, "little"))


def bomb_by(how: int) -> bytes:
    """A part of ten bytes, says its directory."""
    size = 32 << 20
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", how) as archive:
        archive.writestr(DOCUMENT, bytes(size))
    return sink.getvalue().replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


def directory(parts: int) -> bytes:
    """A zip that is a directory alone."""
    entries = (b"PK\1\2" + bytes(42)) * parts
    return entries + b"PK\5\6" + bytes(8) + len(entries).to_bytes(4, "little") + bytes(6)


def named_often(**by: Callable[[int], dict[str, object]]) -> bytes:
    """One part of 2 MB that a hundred name."""
    told = {field: [make(number) for number in range(100)] for field, make in by.items()}
    return zipped({"logs/02.log": bytes(2 << 20), DOCUMENT: document(**told)})


def checkup_of(runs: list[dict[str, object]]) -> dict[str, object]:
    return {"id": "c", "started_at": "", "verdict": "pass", "runs": runs}


def run_of(stdout: str) -> dict[str, object]:
    return {"id": "r", "diagnostic": "memory", "started_at": "", "result": {}, "stdout": stdout}


WHOLE = zipped()
HOSTILE: dict[str, tuple[Callable[[], bytes], type[BundleTrouble]]] = {
    "no zip": (lambda: b"GIF89a", NotABundle),
    "empty": (lambda: b"", NotABundle),
    "another zip": (lambda: zipped({DOCUMENT: None}), NotABundle),
    "another format": (lambda: zipped({DOCUMENT: document(format="else")}), NotABundle),
    "JSON that is no object": (lambda: zipped({DOCUMENT: b"[]"}), NotABundle),
    "newer": (lambda: zipped({DOCUMENT: document(version=2)}), BundleNewer),
    "cut at its end": (lambda: WHOLE[:-40], BundleDamaged),
    "cut in the middle": (lambda: WHOLE[: len(WHOLE) // 2], BundleDamaged),
    "nothing but its first bytes": (lambda: WHOLE[:4], BundleDamaged),
    "a changed byte": (lambda: WHOLE.replace(b"logs/01.log", b"logs/01.lof", 1), BundleDamaged),
    "no JSON": (lambda: zipped({DOCUMENT: b"{"}), BundleDamaged),
    "JSON without end": (lambda: zipped({DOCUMENT: b"[" * 200_000}), BundleDamaged),
    "fields of other types": (lambda: zipped({DOCUMENT: document(board=7)}), BundleDamaged),
    "a board without identity": (lambda: zipped({DOCUMENT: document(board={})}), BundleDamaged),
    "a path out of it, in bundle.json": (
        lambda: zipped({DOCUMENT: document(logs=[{"file": "../x", "title": ""}])}), BundleDamaged),
    "a photo out of it": (
        lambda: zipped({DOCUMENT: document(notes=[{"id": "n", "at": "", "photo": "../x"}])}), BundleDamaged),
    "a part with another hash": (lambda: zipped({"logs/01.log": b"three\n"}, fresh=False), BundleDamaged),
    "a part that nobody lists": (lambda: zipped({"logs/02.log": b"x"}, fresh=False), BundleDamaged),
    "a part that is missing": (lambda: zipped({"logs/01.log": None}, fresh=False), BundleDamaged),
    "no manifest": (lambda: zipped({MANIFEST: None}, fresh=False), BundleDamaged),
    "traversal": (lambda: zipped({"../evil": b"x"}), BundleUnsafe),
    "traversal inside": (lambda: zipped({"logs/../../evil": b"x"}), BundleUnsafe),
    "absolute": (lambda: zipped({"/etc/cron.d/x": b"x"}), BundleUnsafe),
    "a drive": (lambda: zipped({"C:/x": b"x"}), BundleUnsafe),
    "backslashes": (lambda: zipped({"..\\evil": b"x"}), BundleUnsafe),
    "hidden": (lambda: zipped({".ssh/x": b"x"}), BundleUnsafe),
    "blanks and quotes": (lambda: zipped({'logs/" onload=x': b"x"}), BundleUnsafe),
    "two of a name": (twice, BundleUnsafe),
    "a link": (linked, BundleUnsafe),
    "a bomb": (bomb, BundleTooLarge),
    "a bomb that lies": (lying_bomb, BundleDamaged),
    "a directory alone": (lambda: directory(100_000), BundleTooLarge),
    "values without end": (lambda: zipped({DOCUMENT: b"," * 5_000_001}), BundleTooLarge),
    "runs without end": (
        lambda: zipped({DOCUMENT: document(checkups=[checkup_of([run_of("")] * 1001)] * 20)}),
        BundleTooLarge),
    "one output of many runs": (
        lambda: named_often(checkups=lambda number: checkup_of([run_of("logs/02.log")])), BundleTooLarge),
    "one file of many recordings": (
        lambda: named_often(recordings=lambda number: {"id": f"r{number}", "file": "logs/02.log"}),
        BundleTooLarge),
    "one file of many logs": (
        lambda: named_often(logs=lambda number: {"file": "logs/02.log", "title": ""}), BundleTooLarge),
    "one photo of many notes": (
        lambda: named_often(notes=lambda number: {"id": f"n{number}", "at": "", "photo": "logs/02.log"}),
        BundleTooLarge),
    "too many parts": (lambda: zipped({f"logs/{number}": b"" for number in range(20_001)}), BundleTooLarge),
    "sealed": (lambda: b"age-encryption.org/v1\n-> scrypt x 18\n", BundleSealed),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_whole_bundle_is_refused_by_name(name: str) -> None:
    make, kind = HOSTILE[name]
    data = make()
    with pytest.raises(BundleTrouble) as caught:
        read_bundle(data)
    assert type(caught.value) is kind
    assert str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_more_of_a_part_is_unpacked_than_it_says(how: int) -> None:
    data = bomb_by(how)
    tracemalloc.start()
    try:
        with pytest.raises(BundleDamaged):
            read_bundle(data)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_a_bundle_is_a_stream_of_pieces_and_opens_again() -> None:
    packed = pack(*laid_out(SMALL))
    pieces = list(packed.stream())
    found = read_bundle(b"".join(pieces))
    assert found.text("logs/01.log") == "one\ntwo\n"
    assert found.document.recordings[0].id == "20261128-120000-abc"
    assert abs(packed.size - sum(map(len, pieces))) < packed.size
    page = found.text("index.html")
    assert "logs/01.log" in page
    assert "<script" not in page
    assert "http" not in page


def test_what_is_too_much_is_cut_or_left_out_and_said() -> None:
    large = Contents(
        SMALL.device,
        "2026",
        "0",
        "c",
        logs=[LogSlice("A", "line of a log\n" * 1000), LogSlice("B", "x\n" * 9000)],
    )
    packed = pack(*laid_out(large), most=16_000, most_of_a_part=5_000)
    assert [each["what"] for each in packed.left_out] == ["logs/01.log", "logs/02.log"]
    kept = packed.files["logs/01.log"].decode()
    assert kept.startswith("line of a log\n")
    assert len(kept) <= 5_000
    assert read_bundle(b"".join(packed.stream())).document.left_out


def test_a_passphrase_seals_it_and_no_other_opens_it() -> None:
    sealed = seal(WHOLE, "correct horse")
    assert b"bundle.json" not in sealed
    assert read_bundle(sealed, "correct horse").document.board.serial == "1424024012345"
    with pytest.raises(BundleSealed):
        read_bundle(sealed, "battery staple")
    with pytest.raises(BundleSealed, match="No passphrase"):
        read_bundle(sealed.replace(b"-> scrypt ", b"-> X25519 ", 1), "correct horse")


@pytest.mark.parametrize("work", [b"22", b"24", b"30", b"021"])
def test_a_sealed_file_cannot_ask_for_all_memory(work: bytes) -> None:
    sealed = b"age-encryption.org/v1\n-> scrypt EoZyhuyRyfQiiz1sVI+/8w %s\n" % work
    with pytest.raises(BundleTooLarge if work != b"021" else BundleSealed):
        read_bundle(sealed + b"x" * 100, "correct horse")


def test_other_threads_run_while_a_passphrase_is_worked_on() -> None:
    """pyrage in this process would let none of them run for more than a second."""
    beats, over = [time.monotonic()], threading.Event()

    def beat() -> None:
        while not over.wait(0.01):
            beats.append(time.monotonic())

    beating = threading.Thread(target=beat)
    beating.start()
    began = time.monotonic()
    sealed = seal(WHOLE, "correct horse")
    read_bundle(sealed, "correct horse")
    took = time.monotonic() - began
    over.set()
    beating.join()
    longest = max(after - before for before, after in pairwise([*beats, began + took]))
    assert longest < took / 4


# -- of a board, and back


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("bench")
    door = RecordedDoor()
    runner = Runner(door=door, history=History(folder / "history.db"))
    made = Bench([furnished(runner, door, folder / "recordings")])
    checkup = runner.start_checkup()
    assert checkup.done.wait(60)
    return made


@pytest.fixture(scope="module")
def bundle(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    bundles = Bundles(bench, tmp_path_factory.mktemp("map"))
    prepared = bundles.prepare(DEVICE.device_id)
    return b"".join(bundles.save(prepared.id))


def verdicts(results: list[object]) -> dict[str, str]:
    return {each.diagnostic: each.verdict.value for each in results}  # type: ignore[attr-defined]


def test_a_replay_has_the_same_verdicts_and_changes_none(bench: Bench, bundle: bytes, tmp_path: Path) -> None:
    replays = Replays(bench, tmp_path)
    bay = replays.open(bundle, "case.zip")
    assert bay.replay is not None
    assert bay.replay.changed == ()
    then = next(iter(bench.default.runner.kept_checkups()))
    shown = bay.runner.checkup(bay.replay.checkups[0])
    assert verdicts(shown.results()) == verdicts(then.results())
    assert len(shown.runs) > 100
    again = bay.runner.start_checkup()
    assert again.done.wait(60)
    assert verdicts(again.results()) == verdicts(then.results())
    old, new = (checkup.runs["memory"].result.started_at for checkup in (then, again))
    assert new == old
    with pytest.raises(ReplayOnly):
        bay.door.open_terminal()
    with pytest.raises(ReplayOnly):
        bay.door.run("reboot")
    follow = bay.logs.open(source.Source(source.KERNEL))
    with follow.viewer():
        assert wait_until(lambda: follow.lines.last_seq > 20)
    assert "Linux version" in "".join(line.text for line in follow.lines.after(0, limit=99, max_bytes=99_999))
    replays.close(bay.id)
    assert replays.all() == []
    assert not list(tmp_path.iterdir())


def test_what_is_no_photo_is_not_shown_as_one(bench: Bench, tmp_path: Path) -> None:
    notes = [
        {"id": "n", "at": "2026", "text": "a", "photo": "photos/001.jpg"},
        {"id": "m", "at": "", "photo": "x.png"},
    ]
    data = zipped({"photos/001.jpg": b"<script>alert(1)</script>", DOCUMENT: document(notes=notes)})
    replays = Replays(bench, tmp_path)
    bay = replays.open(data, "case.zip")
    assert bay.replay is not None
    assert [(each.text, each.photo) for each in bay.replay.notes] == [("a", None), ("", None)]
    assert {each["what"] for each in bay.replay.left_out} == {"photos/001.jpg", "x.png"}
    replays.close(bay.id)


def test_what_a_killed_program_did_not_come_to_is_in_the_bundle_and_on_its_page() -> None:
    record = CheckupRecord(
        id="c1", started_at="2026-11-28T21:00:00.000Z", duration_s=1.0, verdict=Verdict.UNKNOWN,
        counts={"unknown": 2}, cancelled=False, origin=Origin(bay="main"), pending=("memory", "uptime"),
    )  # fmt: skip
    packed = pack(*laid_out(replace(SMALL, checkups=[WholeCheckup(record, [])])))
    assert json.loads(packed.files[DOCUMENT])["checkups"][0]["pending"] == ["memory", "uptime"]
    assert "Cut short: 2 checks not made." in packed.files["index.html"].decode()


def test_its_document_is_as_the_schema_says(bundle: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        stated = json.loads(archive.read(DOCUMENT))
    schema = json.loads((schemas.FOLDER / "bundle.schema.json").read_text())
    jsonschema.validate(stated, schema)
    stated["checkups"][0]["runs"][0]["stdout"] = "../x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(stated, schema)


def test_nothing_of_the_board_is_in_it_by_name(bundle: bytes) -> None:
    found = read_bundle(bundle)
    whole = b"\n".join([found.document.model_dump_json().encode(), *found.files.values()])
    for word in (DEVICE.serial, DEVICE.serial[-8:], DEVICE.hostname, "48:b0:2d:3a:11:0c", DEVICE.device_id):
        assert word.encode() not in whole
    assert found.document.replacements


def test_what_stands_under_a_name_of_ours_in_a_reading_is_replaced_too() -> None:
    said = {
        "id": DEVICE.serial,
        "file": f"/x/{DEVICE.serial}",
        "stdout": DEVICE.serial,
        "verdict": DEVICE.serial,
    }
    run = {
        "id": "1",
        "diagnostic": "own",
        "stdout": "",
        "stderr": "",
        "result": {"verdict": "pass", "reading": said},
    }
    before = {
        "format": "v3-bundle", "version": 1, "logs": [], "recordings": [],
        "checkups": [{"id": "1", "verdict": "pass", "runs": [run]}],
    }  # fmt: skip
    seen = look({DOCUMENT: json.dumps(before).encode()}, KnownBefore(board=DEVICE), Tokens())
    text = seen.replaced()[DOCUMENT]
    after = json.dumps(restored(json.loads(text), before))
    assert DEVICE.serial not in after
    assert '"verdict": "pass"' in after


def test_a_changed_rule_names_itself(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Bundles(bench, tmp_path).prepare(DEVICE.device_id)
    runs = prepared.document["checkups"][0]["runs"]
    memory = next(run for run in runs if run["diagnostic"] == "memory")
    memory["result"]["verdict"] = "fail"
    memory["result"]["findings"][0]["verdict"] = "fail"
    label = memory["result"]["findings"][0]["label"]
    files = dict(prepared.found.files)
    files.pop(DOCUMENT)
    data = b"".join(pack(files, prepared.document).stream())
    bay = Replays(bench, tmp_path).open(data, "case.zip")
    assert bay.replay is not None
    changed = bay.replay.changed
    assert [(each["diagnostic"], each["before"], each["rule"]) for each in changed] == [
        ("memory", "fail", label)
    ]
    told = bay.runner.checkup(bay.replay.checkups[0]).since
    assert told is not None
    assert told["summary"] == "1 verdict is another one by today's rules."


def test_the_demo_device_plays_a_bundle(bench: Bench, bundle: bytes, tmp_path: Path) -> None:
    found = read_bundle(bundle)
    texts = {
        name.rpartition("/")[2]: data for name, data in found.files.items() if name.startswith("checkups/")
    }
    device = DemoDevice(tmp_path, texts=texts.get)
    assert device._commands._saved.text("memory").startswith("MemTotal")


def test_a_run_that_got_no_answer_gets_none_again(tmp_path: Path) -> None:
    door = RecordedDoor()
    door.trouble = CommandTimeout("It took too long.", stopped=True)
    runner = Runner(door=door)
    bench = Bench([furnished(runner, door, tmp_path / "recordings")])
    checkup = runner.start_checkup(["memory"])
    assert checkup.done.wait(30)
    door.trouble = None
    checkup.runs["memory"].device = DEVICE
    bundles = Bundles(bench, tmp_path)
    data = b"".join(bundles.save(bundles.prepare(DEVICE.device_id).id))
    bay = Replays(bench, tmp_path).open(data, "case.zip")
    assert bay.replay is not None
    result = bay.runner.checkup(bay.replay.checkups[0]).runs["memory"].result
    assert result.error["code"] == "command-timeout"
    assert result.verdict == "unknown"


def test_what_nobody_prepared_or_asked_is_refused(bench: Bench, tmp_path: Path) -> None:
    bundles = Bundles(bench, tmp_path)
    with pytest.raises(UnknownBundle):
        bundles.save("nobody")
    with pytest.raises(UnknownRun):
        bundles.prepare(DEVICE.device_id, ["0123456789abcdef"])
    prepared = bundles.prepare(DEVICE.device_id)
    with pytest.raises(BadRequest):
        bundles.save(prepared.id, keep=["q-0"])
    bundles.drop(prepared.id)
    with pytest.raises(UnknownBundle):
        bundles.get(prepared.id)
