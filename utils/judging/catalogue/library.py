"""The catalogue in force: built-in and own diagnostics, and the catalogue of each profile. Reads two folders.

    V3_DATA_DIR/diagnostics/*.toml    the technician's own diagnostics
    V3_DATA_DIR/signatures/*.toml     what kernel messages mean, and which are harmless
    V3_DATA_DIR/profiles/*.toml       profiles

What is wrong there is named in `problems` and left out; everything else works.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utils.errors import BadRequest, ConfigError
from utils.judging.catalogue.lines import TomlLines
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue, with_own
from utils.judging.catalogue.models import Check, Diagnostic
from utils.model.near import did_you_mean

if TYPE_CHECKING:
    from utils.judging.catalogue.matching import Entry
    from utils.judging.catalogue.profile import Described, Profile

OWN_DIAGNOSTICS = "diagnostics"
OWN_PROFILES = "profiles"
OWN_SIGNATURES = "signatures"


@dataclass(frozen=True)
class Library:
    """catalogue: what can be run. judged_by: each profile's catalogue. chosen: a profile's name, or "".
    signatures: the technician's own kernel messages."""

    catalogue: Catalogue
    profiles: tuple[Profile, ...] = ()
    judged_by: Mapping[str, Catalogue] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    chosen: str = ""
    signatures: tuple[Entry, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """How many diagnostics, which of them are the technician's own, the profiles, and what is wrong."""
        return {
            "diagnostics": len(self.catalogue),
            "own": [item.id for item in self.catalogue if item.origin == "yours"],
            "profiles": [{"name": profile.name, "note": profile.note} for profile in self.profiles],
            "profile": self.chosen,
            "signatures": len(self.signatures),
            "problems": list(self.problems),
        }

    @cached_property
    def revision(self) -> str:
        """12 hex digits of what it holds: the same for the same diagnostics, profiles, kernel messages and
        problems."""
        parts = [item.model_dump_json() for item in (*self.catalogue, *self.profiles, *self.signatures)]
        return hashlib.sha256("\n".join((*parts, *self.problems)).encode()).hexdigest()[:12]

    def profile_for(self, device: Described | None) -> Profile | None:
        """The chosen profile, else the one that fits the device best."""
        if self.chosen:
            return next((profile for profile in self.profiles if profile.name == self.chosen), None)
        if not self.profiles:
            return None
        from utils.judging.catalogue.profile import best_match

        return best_match(self.profiles, device)

    def judging(self, diagnostic: Diagnostic, device: Described | None) -> Diagnostic:
        """The diagnostic as it judges this device: with the profile's limits and expectations."""
        profile = self.profile_for(device)
        if profile is None:
            return diagnostic
        return self.judged_by[profile.name].diagnostics.get(diagnostic.id, diagnostic)

    def need(self, profile: str) -> None:
        """ConfigError where V3_PROFILE names no profile: by another one verdicts would be other verdicts."""
        if profile != self.chosen:
            raise ConfigError(
                f"V3_PROFILE={profile}: there is no such profile.{did_you_mean(profile, self.judged_by)}",
                hint=f"Profiles in the data folder: {', '.join(sorted(self.judged_by)) or 'none'}.",
            )

    def require(self, name: str) -> None:
        """BadRequest where there is no profile of this name."""
        if name and name not in self.judged_by:
            known = ", ".join(sorted(self.judged_by)) or "none"
            near = did_you_mean(name, self.judged_by)
            raise BadRequest(f"There is no profile {name!r}.{near}", hint=f"Profiles: {known}.")


def load_library(data_dir: Path, *, chosen: str = "", builtin: Catalogue | None = None) -> Library:
    """The catalogue with what the data folder adds to it. chosen: a profile's name."""
    catalogue, problems = with_own(builtin or builtin_catalogue(), data_dir / OWN_DIAGNOSTICS)
    read = _profiles(data_dir / OWN_PROFILES, problems)
    units = [unit for profile, _, _ in read for unit in profile.expect.critical_units]
    if units:
        catalogue = Catalogue({item.id: _asking(item, units) for item in catalogue})
    judged_by: dict[str, Catalogue] = {}
    for profile, file, lines in read:
        faults = list(_unknown_limits(profile, file, lines, catalogue))
        derived = None if faults else _derived(catalogue, profile, file, lines, faults)
        problems.extend(faults)
        if derived is not None and not faults:
            judged_by[profile.name] = derived
    profiles = tuple(profile for profile, _, _ in read if profile.name in judged_by)
    signatures = tuple(_own_signatures(data_dir / OWN_SIGNATURES, catalogue, problems))
    if chosen and chosen not in judged_by:
        problems.append(f"V3_PROFILE: there is no profile {chosen!r}; the one that fits the device counts")
        chosen = ""
    return Library(catalogue, profiles, judged_by, tuple(problems), chosen, signatures)


def _profiles(folder: Path, problems: list[str]) -> list[tuple[Profile, str, TomlLines]]:
    """The technician's profiles, each with its file."""
    if not folder.is_dir():  # most have none, and what reads them takes its time to load
        return []
    from utils.judging.catalogue.profile import read_profiles

    return list(read_profiles(folder, problems))


def _own_signatures(folder: Path, catalogue: Catalogue, problems: list[str]) -> Iterator[Entry]:
    """The technician's entries, without those that take a built-in id or name a strange diagnostic."""
    if not folder.is_dir():
        return
    from utils.judging.catalogue.matching import builtin
    from utils.judging.catalogue.signature import Signature, read_signatures

    found = read_signatures(folder, problems)
    taken = {entry.id for entry in builtin() if isinstance(entry, Signature)} if found else set()
    for entry in found:
        if not isinstance(entry, Signature):
            yield entry
        elif entry.id in taken:
            problems.append(f"{OWN_SIGNATURES}: id {entry.id!r} is a built-in signature's; choose another")
        elif strange := set(entry.related) - catalogue.diagnostics.keys():
            problems.append(f"{OWN_SIGNATURES}: {entry.id}: related {min(strange)!r} is no diagnostic")
        else:
            yield entry


def _asking(diagnostic: Diagnostic, units: list[str]) -> Diagnostic:
    from utils.judging.catalogue.expectations import with_units

    return with_units(diagnostic, units) if diagnostic.id == "critical-units" else diagnostic


def _unknown_limits(profile: Profile, file: str, lines: TomlLines, catalogue: Catalogue) -> list[str]:
    faults = []
    for name in profile.expect.parts:
        diagnostic = catalogue.diagnostics.get(name)
        if diagnostic is None or diagnostic.part is None:
            place = f"{file}:{lines.at(('expect', 'parts', name, 0))}"
            faults.append(f"{place}: expect.parts.{name}: there is no such diagnostic with parts")
    for name, limits in profile.limits.items():
        diagnostic = catalogue.diagnostics.get(name)
        if diagnostic is None:
            faults.append(f"{file}:{lines.at(('limits', name))}: limits.{name}: there is no such diagnostic")
            continue
        labels = [check.label for check in diagnostic.check]
        for label in limits:
            if label not in labels:
                place = f"{file}:{lines.at(('limits', name, label))}: limits.{name}.{label}"
                faults.append(f"{place}: it has no such check; it has: {', '.join(labels) or 'none'}")
    return faults


def _derived(
    catalogue: Catalogue, profile: Profile, file: str, lines: TomlLines, faults: list[str]
) -> Catalogue:
    """The catalogue as this profile judges."""
    from utils.judging.catalogue.expectations import changes
    from utils.judging.catalogue.limits import with_limits

    def limited(diagnostic: Diagnostic, check: Check) -> Check:
        pair = profile.limits.get(diagnostic.id, {}).get(check.label)
        if pair is None:
            return check
        try:
            return with_limits(check, pair, profile.source)
        except ValueError as exc:
            place = f"{file}:{lines.at(('limits', diagnostic.id, check.label))}"
            faults.append(f"{place}: limits.{diagnostic.id}.{check.label}: {exc}")
            return check

    found = {}
    for item in catalogue:
        checks = tuple(limited(item, check) for check in item.check)
        changed = item.model_copy(update={"check": checks})
        try:
            found[item.id] = changed.model_copy(update=changes(changed, profile))
        except ValueError as exc:
            faults.append(f"{file}:{lines.at(('expect',))}: expect: {item.id} cannot be judged so: {exc}")
    return Catalogue(found)
