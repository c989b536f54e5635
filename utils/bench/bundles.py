"""Bundles of this bench: what history and laptop hold of a board is brought together, shown, saved.

    prepared = bundles.prepare(device_id)         # found, estimated, nothing saved
    bundles.save(prepared.id, keep={"q-…"})       # the zip, piece by piece

Nothing is written on the board. Where it answers at the moment, it is asked for its journal, by stdout.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.boards import KnownBoard, known_boards
from utils.bench.runs import Checkup
from utils.bundle.contents import DOCUMENT, Contents, LogSlice, laid_out, restored
from utils.bundle.packing import Packed, dumped, pack
from utils.bundle.replacing.replacer import FoundValues, KeepQuestion, KnownBefore, look
from utils.bundle.replacing.tokens import Tokens
from utils.bundle.sealing import seal
from utils.clock import new_id, utc_text
from utils.errors import BadRequest, HistoryTrouble, UnknownBundle, UnknownRecording, UnknownRun, V3Error
from utils.live.recordings.whose import shelves
from utils.model.records import CheckupRecord, Happening, Origin, RunRecord, WholeCheckup
from utils.model.results import LinkState, to_json
from utils.version import VERSION

log = logging.getLogger(__name__)

CHECKUPS = 10
"""The newest ones, where nobody names any."""
RECORDINGS = 5
KEPT = 4
MOST_PHOTOS = 30
_LINES = 100_000
_LINES_BYTES = 8 << 20
_JOURNAL = (
    "journalctl -b -n 5000 -o short-iso --no-pager 2>/dev/null || tail -n 5000 /var/log/syslog 2>/dev/null "
    "|| dmesg"
)
_JOURNAL_S = 20.0
_SHOWN = 120
_PHOTO = "photo, which may show a secret"
MAP = "replacements.json"


@dataclass(frozen=True)
class Prepared:
    """A bundle that is shown before it is saved. document: bundle.json before its replacement."""

    id: str
    board: KnownBoard
    document: dict[str, Any]
    found: FoundValues

    @cached_property
    def questions(self) -> list[KeepQuestion]:
        """What only looks like a secret, and each photo: nobody but a person sees whether it shows one."""
        return [*self.found.questions, *self._photos.values()]

    @cached_property
    def _photos(self) -> dict[str, KeepQuestion]:
        """By the part's name."""
        found = {}
        for note in self.document["notes"]:
            if photo := note["photo"]:
                name = f"q-{self.found.tokens.mark(note['id'])}"
                text = note["text"][:_SHOWN] or note["at"]
                href = f"/api/v1/notes/{note['id']}/photo"
                found[photo] = KeepQuestion(name, _PHOTO, text, 1, photo, 1, href)
        return found

    @cached_property
    def unsaid(self) -> Packed:
        """As it is where nobody keeps anything."""
        return self.packed(())

    def packed(self, keep: Collection[str]) -> Packed:
        """As it will be saved. BadRequest: keep names what is no question."""
        unknown = set(keep) - {question.id for question in self.questions}
        if unknown:
            raise BadRequest(f"{min(unknown)} is no question of this bundle.", hint="Prepare it again.")
        files = dict(self.found.replaced(keep))
        document = restored(json.loads(files.pop(DOCUMENT)), self.document)
        more = [{"what": file, "why": why} for file, why in self.found.left_out]
        unseen = [name for name, question in self._photos.items() if question.id not in keep]
        more += [{"what": name, "why": "Nobody said that it may leave: a photo can show a secret."}
                 for name in unseen if files.pop(name, None)]  # fmt: skip
        document["notes"] = [
            {**note, "photo": note["photo"] if note["photo"] in files else ""} for note in document["notes"]
        ]
        replacements = [{name: each[name] for name in ("file", "line", "rule", "token")}
                        for each in self.found.replacements(keep)]  # fmt: skip
        return pack(files, {**document, "left_out": [*document["left_out"], *more]}, replacements)

    def as_json(self) -> dict[str, Any]:
        """As POST /api/v1/bundles answers."""
        packed = self.unsaid
        return {
            "bundle": self.id,
            "device": self.board.label,
            "bytes": packed.size,
            "checkups": [each["id"] for each in self.document["checkups"]],
            "files": len(packed.files),
            "replacements": self.found.replacements(),
            "questions": [each.as_json() for each in self.questions],
            "left_out": list(packed.left_out),
        }


class Bundles:
    """Of one bench. Every method may be called from any thread. folder: where the map of tokens stays."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self._bench, self._folder = bench, folder
        self._lock = threading.Lock()
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()

    def prepare(self, device_id: str, checkups: Sequence[str] | None = None) -> Prepared:
        """Bring together and look through. UnknownDevice, UnknownRun, NotKept."""
        board = self._board(device_id)
        files, document = laid_out(self._contents(board, checkups))
        files[DOCUMENT] = dumped(document)  # last: a question names a part of the board's own first
        known = KnownBefore(sorted(self._secrets()), board.device)
        found = look(files, known, Tokens(self._folder / MAP))
        prepared = Prepared(new_id(), board, document, found)
        with self._lock:
            self._prepared[prepared.id] = prepared
            while len(self._prepared) > KEPT:
                self._prepared.popitem(last=False)
        return prepared

    def get(self, bundle_id: str) -> Prepared:
        """The prepared one of this id; UnknownBundle."""
        with self._lock:
            if bundle_id not in self._prepared:
                raise UnknownBundle
            return self._prepared[bundle_id]

    def drop(self, bundle_id: str) -> None:
        """Forget it, unsaved or saved."""
        with self._lock:
            self._prepared.pop(bundle_id, None)

    def save(self, bundle_id: str, keep: Collection[str] = (), passphrase: str = "") -> Iterator[bytes]:
        """The zip; with a passphrase sealed. What is in `keep` (questions' ids) is not replaced."""
        prepared = self.get(bundle_id)
        packed = prepared.packed(keep) if keep else prepared.unsaid
        prepared.found.tokens.save()
        return iter([seal(b"".join(packed.stream()), passphrase)]) if passphrase else packed.stream()

    # -- what goes in

    def _board(self, device_id: str) -> KnownBoard:
        return known_boards(self._bench.home.door, self._bench.history).find(device_id)

    def _secrets(self) -> set[str]:
        return {secret for bay in self._bench for secret in bay.door.settings.secrets()}

    def _contents(self, board: KnownBoard, wanted: Sequence[str] | None) -> Contents:
        left_out: list[tuple[str, str]] = []
        bays = [bay for bay in self._bench if bay.replay is None]
        library = self._bench.home.runner.library
        return Contents(
            device=board.device,
            made_at=utc_text(),
            program=VERSION,
            catalogue=library.revision,
            checkups=self._checkups(board, bays, wanted, left_out),
            happenings=self._happenings(board, left_out),
            logs=[*_followed(board, bays), *_journal(board, bays, left_out)],
            recordings=dict(_recordings(board, bays, left_out)),
            **self._written(board, left_out),
            normal=sorted(self._bench.home.runner.normal.shapes(*board.ids)),
            left_out=left_out,
        )

    def _checkups(
        self,
        board: KnownBoard,
        bays: Sequence[Bay],
        wanted: Sequence[str] | None,
        left_out: list[tuple[str, str]],
    ) -> list[WholeCheckup]:
        """Those of the history, and those that only this program remembers; the newest first."""
        found = {each.record.id: each for each in _remembered(board, bays)}
        try:
            archive = self._bench.history.look()
            names = wanted if wanted is not None else [
                each.id for each in archive.checkups(board.ids, limit=CHECKUPS)
            ]  # fmt: skip
            kept = (archive.whole(name) for name in names)
            found |= {each.record.id: each for each in kept if each and _is_of(each, board)}
        except HistoryTrouble as exc:
            left_out.append(("check-ups of the history", str(exc)))
        for name in wanted or ():
            if name not in found:
                raise UnknownRun(f"This board has no check-up {name}.")
        chosen = [each for name, each in found.items() if wanted is None or name in wanted]
        chosen.sort(key=lambda each: each.record.started_at, reverse=True)
        return chosen if wanted is not None else chosen[:CHECKUPS]

    def _written(self, board: KnownBoard, left_out: list[tuple[str, str]]) -> dict[str, Any]:
        """Work orders, notes and the newest photos."""
        try:
            archive = self._bench.history.look()
            notes = archive.notes(board.ids)
            shown = [each.id for each in notes if each.photo_type]
            photos = {name: found[0] for name in shown[:MOST_PHOTOS] if (found := archive.photo(name))}
            cases = archive.cases(board.ids)
        except HistoryTrouble as exc:
            left_out.append(("work orders, notes and photos", str(exc)))
            return {}
        if len(shown) > MOST_PHOTOS:
            left_out.append(
                ("older photos", f"The newest {MOST_PHOTOS} of {len(shown)} can be in the bundle.")
            )
        return {"cases": cases, "notes": notes, "photos": photos}

    def _happenings(self, board: KnownBoard, left_out: list[tuple[str, str]]) -> list[Happening]:
        try:
            return self._bench.history.look().happenings(board.ids)
        except HistoryTrouble as exc:
            left_out.append(("what else happened", str(exc)))
            return []


def _is_of(whole: WholeCheckup, board: KnownBoard) -> bool:
    return whole.record.device is not None and whole.record.device.device_id in board.ids


def _remembered(board: KnownBoard, bays: Iterable[Bay]) -> Iterator[WholeCheckup]:
    """What is finished and not too old, whatever became of it in the history."""
    for bay in bays:
        for checkup in bay.runner.kept_checkups():
            if checkup.finished and checkup.device and checkup.device.device_id in board.ids:
                yield _as_kept(checkup, bay)


def _as_kept(checkup: Checkup, bay: Bay) -> WholeCheckup:
    assert checkup.verdict is not None
    library = bay.runner.library
    profile = library.profile_for(checkup.device)
    origin = Origin(
        bay=bay.id, who=checkup.who, device=checkup.device.label if checkup.device else "", program=VERSION,
        catalogue=library.revision, profile=profile.name if profile else "",
    )  # fmt: skip
    record = CheckupRecord(
        id=checkup.id, started_at=checkup.started_at, duration_s=checkup.duration_s or 0.0,
        verdict=checkup.verdict, counts=checkup.counts(), cancelled=checkup.cancelled, origin=origin,
        device=checkup.device, pending=checkup.outcome().rest or None,
    )  # fmt: skip
    runs = [
        RunRecord(
            id=run.id, diagnostic=name, started_at=run.started_at, result=to_json(run.result), origin=origin,
            device=run.device, checkup=checkup.id, position=run.position,
        )
        for name, run in checkup.runs.items() if run.result is not None
    ]  # fmt: skip
    return WholeCheckup(record, runs, whole=checkup.whole)


def _followed(board: KnownBoard, bays: Iterable[Bay]) -> Iterator[LogSlice]:
    """The logs that somebody followed on a page."""
    for bay in bays:
        for follow in bay.logs.all() if bay.watching.made is not None else ():
            if follow.device_id in board.ids:
                lines = follow.lines.after(0, limit=_LINES, max_bytes=_LINES_BYTES)
                text = "".join(f"{line.text}\n" for line in lines)
                yield LogSlice(follow.source.title(), text, f"followed since line {follow.lines.first_seq}")


def _journal(board: KnownBoard, bays: Iterable[Bay], left_out: list[tuple[str, str]]) -> Iterator[LogSlice]:
    """The board's own, where it answers now."""
    for bay in bays:
        status = bay.door.status()
        if status.state is LinkState.CONNECTED and status.device and status.device.device_id in board.ids:
            try:
                answer = bay.door.run(_JOURNAL, timeout=_JOURNAL_S, effect="read", max_output_bytes=4 << 20)
            except V3Error as exc:
                left_out.append(("the board's journal", str(exc)))
                return
            whose = answer.device.device_id if answer.device else ""
            if answer.stdout.strip() and whose in board.ids:
                yield LogSlice("Journal of this boot, as the bundle was made", answer.stdout)
            return


def _recordings(
    board: KnownBoard, bays: Iterable[Bay], left_out: list[tuple[str, str]]
) -> Iterator[tuple[str, bytes]]:
    for bay in bays:
        door, recorder = bay.door, bay.recorder
        try:
            found = shelves(recorder.boards(), door.known_devices(), door.ids_of)
        except BadRequest as exc:
            left_out.append(("recordings", str(exc)))
            continue
        names = [name for shelf in found if shelf.device_id in board.ids for name in shelf.recordings]
        for name in names[:RECORDINGS]:
            try:
                yield name, recorder.file(name)
            except UnknownRecording as exc:
                left_out.append((f"recording {name}", str(exc)))
        if len(names) > RECORDINGS:
            left_out.append(
                ("older recordings", f"The newest {RECORDINGS} of {len(names)} are in the bundle.")
            )
