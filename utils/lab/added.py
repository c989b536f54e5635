"""What people added to a board as it is sent, and a sent one as it is kept. A photo goes by its hash.

A photo from a bench is read as one that somebody uploads: only what draws the picture is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from utils.bench.photo import stripped
from utils.errors import BadRequest, WireTrouble
from utils.lab.wire import AnyAddedSent, CaseSent, DeviceSent, GoldenSent, NoteSent
from utils.model.records import Case, Note
from utils.model.results import Device
from utils.store import additions

_OF_A_CASE = ("work_order", "technician", "opened_at", "closed_at", "before", "after")


def sent(added: additions.AnyAdded, hashes: Mapping[str, str]) -> AnyAddedSent:
    """As it is sent. hashes: of its evidence, by name."""
    device = DeviceSent(**{name: getattr(added.device, name) for name in DeviceSent.model_fields})
    its: dict[str, Any] = {"id": added.id, "device": device}
    match added:
        case additions.AddedCase():
            return CaseSent(**its, **{name: getattr(added.case, name) for name in _OF_A_CASE})
        case additions.AddedNote():
            note = added.note
            return NoteSent(
                **its, at=note.at, who=note.who, text=note.text, case=note.case, photo=hashes.get("photo")
            )
        case additions.AddedGolden():
            return GoldenSent(**its, checkup=added.checkup, who=added.who, at=added.at)


def received(station: str, said: AnyAddedSent, contents: Mapping[str, bytes]) -> additions.AnyAdded:
    """As that station's. WireTrouble for a photo that is none."""
    its: dict[str, Any] = {"id": said.id, "device": Device(**said.device.model_dump()), "station": station}
    match said:
        case CaseSent():
            told = {name: getattr(said, name) for name in _OF_A_CASE}
            case = Case(id=said.id, device_id=said.device.device_id, **told)
            return additions.AddedCase(**its, case=case)
        case NoteSent():
            photo, kind = _photo(contents[said.photo]) if said.photo else (None, None)
            note = Note(said.id, said.at, said.who, said.text, said.case, kind)
            return additions.AddedNote(**its, note=note, photo=photo)
        case GoldenSent():
            return additions.AddedGolden(**its, checkup=said.checkup, who=said.who, at=said.at)


def _photo(content: bytes) -> tuple[bytes, str]:
    try:
        return stripped(content)
    except BadRequest as exc:
        raise WireTrouble("This note's photo is none.") from exc
