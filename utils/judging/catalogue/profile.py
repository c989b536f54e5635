"""Profiles: what a technician expects of a kind of board, and the limits that count for it. Judges nothing.

    name = "rover"
    [match]                       # which boards; all that is stated must fit. Without it: only when chosen
    hostname = "^rover-"
    [expect]
    cameras = 2
    [limits.disk-space]           # a diagnostic's id, then the label of one of its checks
    "Space used" = { warn = 70, fail = 85 }

The board's own limit beats the profile, the profile beats the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Protocol, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from utils.judging.catalogue.lines import TomlLines
from utils.judging.catalogue.loader import read_table, shown, what_is_wrong
from utils.judging.catalogue.models import Strict
from utils.judging.catalogue.pattern import found, problem


def _is_expression(value: str) -> str:
    if wrong := problem(value):
        raise ValueError(f"it is no regular expression of RE2: {wrong}")
    return value


ExpressionText = Annotated[str, AfterValidator(_is_expression)]
"""A regular expression, searched for without regard to case."""

UsbId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$", to_lower=True)]
InterfaceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,15}$")]
UnitName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9@:_.-]{1,200}\.(service|socket|timer|mount|target|path)$"),
]


class _ProfileTable(Strict):
    model_config = ConfigDict(defer_build=True)  # most starts read no profile


class Described(Protocol):
    """What is known of a device."""

    @property
    def model(self) -> str:
        """Its device tree's model."""

    @property
    def serial(self) -> str:
        """Its serial number."""

    @property
    def hostname(self) -> str:
        """Its host name."""


class Match(_ProfileTable):
    """Which boards a profile is for. All that is stated must fit."""

    model: ExpressionText = ""
    serials: tuple[str, ...] = ()
    hostname: ExpressionText = ""

    def fits(self, device: Described) -> bool:
        """Whether the device is one of them; never where nothing is stated."""
        tests = [
            (bool(self.serials), device.serial in self.serials),
            (bool(self.hostname), _found(self.hostname, device.hostname)),
            (bool(self.model), _found(self.model, device.model)),
        ]
        return any(stated for stated, _ in tests) and all(fits for stated, fits in tests if stated)

    @property
    def rank(self) -> int:
        """How exactly it names a board: a serial number beats a host name, that beats a model."""
        return 3 if self.serials else 2 if self.hostname else 1 if self.model else 0


class ExpectedPart(_ProfileTable):
    """A row of a diagnostic's reading that belongs to the board (its [diagnostic.part] says which list).

    key: what tells it from others; "" for the reading itself. same: words that stay. least: numbers that may
    not become less. optional: that it is absent is another part's to say.
    """

    key: str = ""
    name: str = Field(min_length=1)
    same: dict[str, str] = Field(default_factory=dict)
    least: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(default_factory=dict)
    optional: bool = False


class Expect(_ProfileTable):
    """What belongs to the board. usb_devices: "vendor:product" as lsusb shows it. parts: by diagnostic; `v3
    manifest learn` writes them."""

    model: ExpressionText = ""
    cameras: int | None = Field(default=None, ge=0, le=64)
    usb_devices: tuple[UsbId, ...] = ()
    can_interfaces: tuple[InterfaceName, ...] = ()
    critical_units: tuple[UnitName, ...] = ()
    power_mode: str = Field(default="", pattern=r"^[A-Za-z0-9_.+ -]*$")
    parts: dict[str, tuple[ExpectedPart, ...]] = Field(default_factory=dict)


class LimitPair(_ProfileTable):
    """The numbers that make a check warn and fail; one that is left out stays as it is."""

    warn: float | None = Field(default=None, allow_inf_nan=False)
    fail: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _states_one(self) -> Self:
        if self.warn is None and self.fail is None:
            raise ValueError("state warn or fail")
        return self


class Profile(_ProfileTable):
    """A profile as its file states it. limits: diagnostic id -> label of a check -> numbers."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")
    note: str = ""
    match: Match = Match()
    expect: Expect = Expect()
    limits: dict[str, dict[str, LimitPair]] = Field(default_factory=dict)

    @property
    def source(self) -> str:
        """Whose limit a finding names."""
        return f'your profile "{self.name}"'


def read_profiles(folder: Path, faults: list[str]) -> Iterator[tuple[Profile, str, TomlLines]]:
    """(profile, file name, places) of each right file; what is wrong with the others goes to `faults`."""
    seen: set[str] = set()
    for path in sorted(folder.glob("*.toml")):
        read = read_table(path, faults)
        if read is None:
            continue
        table, lines = read
        try:
            profile = Profile.model_validate(table)
        except ValidationError as exc:
            faults.extend(f"{shown(path)}:{lines.at(loc)}: {text}" for loc, text in what_is_wrong(exc))
            continue
        if profile.name in seen:
            faults.append(f"{shown(path)}:{lines.at(('name',))}: name: {profile.name!r} is used twice")
            continue
        seen.add(profile.name)
        yield profile, shown(path), lines


def best_match(profiles: Iterable[Profile], device: Described | None) -> Profile | None:
    """The profile that names the device most exactly; of equals the first by name."""
    if device is None:
        return None
    fitting = [profile for profile in profiles if profile.match.fits(device)]
    return min(fitting, key=lambda profile: (-profile.match.rank, profile.name), default=None)


def _found(expression: str, text: str) -> bool:
    return found(expression, text, ignore_case=True)
