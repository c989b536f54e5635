"""What one board should have, set from the page: a profile file of its own in the data folder.

    profiles/page-<device id>.toml    for this board's serial number alone

It begins with what the profile at hand says, so that nothing which counts for the board is lost. A file that
a person wrote is never touched. The page shows the difference first, and checks it as any profile is checked.
Then the file is written, whole or not at all.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from pydantic import ValidationError

from utils.errors import BadRequest, ConfigError
from utils.folders import make_private, write_atomically
from utils.judging.catalogue.library import OWN_PROFILES, Library
from utils.judging.catalogue.loader import what_is_wrong
from utils.judging.catalogue.profile import Expect, Match, Profile
from utils.model.device_id import plausible_serial
from utils.model.results import Device

FIELDS = ("cameras", "usb_devices", "can_interfaces", "critical_units", "power_mode")
"""Of [expect], what the page can set."""
_HEAD = "# Written by the page (“What this board should have”). The page writes it again at each change.\n"


@dataclass(frozen=True)
class Draft:
    """What the page's profile of a board is now (before: its text, "" without one) and what it would be."""

    path: Path
    before: str
    text: str
    profile: Profile

    @property
    def difference(self) -> list[str]:
        """The lines that go ("-"), come ("+") and stay (" ") around them."""
        lines = difflib.unified_diff(self.before.splitlines(), self.text.splitlines(), lineterm="", n=2)
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def in_force(library: Library, device: Device) -> tuple[str, dict[str, Any]]:
    """The profile that judges this board ("" for none), and what it expects of what the page can set."""
    profile = library.profile_for(device)
    expect = profile.expect if profile else Expect()
    return (profile.name if profile else ""), {name: getattr(expect, name) for name in FIELDS}


def drafted(library: Library, device: Device, wanted: dict[str, Any], data_dir: Path) -> Draft:
    """The board's profile with these values in [expect]. BadRequest names each field that is wrong."""
    if library.chosen:
        raise BadRequest(
            f"The profile {library.chosen} was chosen for all boards, so one of this board would not count.",
            hint="Start the program without V3_PROFILE, or change that profile's file.",
        )
    if not plausible_serial(device.serial):
        raise BadRequest(
            "This board tells no serial number that tells it from others.",
            hint="Write a profile that fits its model or host name (README, Profiles).",
        )
    base = library.profile_for(device)
    if base and base.match.serials and base.name != _name(device):
        raise BadRequest(
            f"The profile {base.name} names this board by its serial number, and counts first.",
            hint="Change that profile's file.",
        )
    told = base.model_dump(exclude_defaults=True) if base else {}
    expect = {**told.get("expect", {}), **wanted}
    try:
        profile = Profile(
            name=_name(device), note=told.get("note", ""), match=Match(serials=(device.serial,)),
            expect=Expect.model_validate(expect), limits=base.limits if base else {},
        )  # fmt: skip
    except ValidationError as exc:
        faults = [{"field": ".".join(map(str, loc)), "message": text} for loc, text in what_is_wrong(exc)]
        said = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        raise BadRequest(f"This cannot be expected of a board: {said}"[:500], faults=faults[:20]) from exc
    path = data_dir / OWN_PROFILES / f"page-{device.device_id}.toml"
    return Draft(path, _read(path), as_toml(profile), profile)


def save(draft: Draft) -> None:
    """Write it. ConfigError where the folder cannot be written."""
    assert Profile.model_validate(tomli.loads(draft.text)) == draft.profile  # what is read is what was meant
    try:
        make_private(draft.path.parent)
        write_atomically(draft.path, draft.text)
    except OSError as exc:
        raise ConfigError(
            f"The profile cannot be written: {draft.path}: {exc.strerror}.",
            hint="Make V3_DATA_DIR a folder that can be written, with room on its disk.",
        ) from exc


def as_toml(profile: Profile) -> str:
    """The profile's file."""
    told = profile.model_dump(mode="json", exclude_defaults=True)
    plain = {name: value for name, value in told.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in told.items() if isinstance(value, dict)}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return _HEAD + "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    """A TOML value on one line; tables within are inline ones."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _name(device: Device) -> str:
    """A name for the profile: letters that its file may have."""
    called = re.sub(r"[^A-Za-z0-9._-]+", "-", device.hostname or device.model).strip("-._")[:26] or "board"
    return f"{called} {re.sub(r'[^A-Za-z0-9._-]+', '-', device.serial)[-8:]}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        raise BadRequest(f"The profile cannot be read: {path}", hint="Move the file away.") from exc
