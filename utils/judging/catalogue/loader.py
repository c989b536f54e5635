"""Reads and validates the catalogue's TOML files. Every fault is named, with file and line, at once."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import tomli
from pydantic import ValidationError

from utils.errors import CatalogueError, UnknownDiagnostic
from utils.judging.catalogue.lines import TomlLines
from utils.judging.catalogue.models import SHIPPED, Category, Diagnostic
from utils.judging.catalogue.names import wrong_names
from utils.model.near import did_you_mean

FOLDER = Path(__file__).parent
Locate = Callable[..., str]
"""Says where a diagnostic stands: file and line."""


@dataclass(frozen=True)
class Catalogue:
    """All diagnostics by id, in the order of the page (category, then file order)."""

    diagnostics: Mapping[str, Diagnostic]

    def get(self, diagnostic_id: str) -> Diagnostic:
        """The diagnostic of this id; UnknownDiagnostic otherwise."""
        try:
            return self.diagnostics[diagnostic_id]
        except KeyError:
            near = did_you_mean(diagnostic_id, self.diagnostics)
            raise UnknownDiagnostic(f"There is no diagnostic {diagnostic_id!r}.{near}") from None

    @cached_property
    def passive(self) -> tuple[str, ...]:
        """The ids of those that disturb nothing: what a check-up asks for."""
        return tuple(item.id for item in self if not item.active)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics.values())

    def __len__(self) -> int:
        return len(self.diagnostics)


def load_catalogue(*folders: Path, shipped: bool = False) -> Catalogue:
    """The catalogue of these folders' TOML files (default: the built-in one).

    Raises CatalogueError whose text names every fault: file, line, field, what is wrong. shipped: names of
    values, expressions, templates and parsers are known to be right.
    """
    faults: list[str] = []
    found: dict[str, Diagnostic] = {}
    for diagnostic, place in _read_folders(folders or (FOLDER,), faults, shipped=shipped):
        if diagnostic.id in found:
            faults.append(f"{place()}: id {diagnostic.id!r} is used twice")
        else:
            found[diagnostic.id] = diagnostic
        if not shipped:
            faults.extend(_misspelt(diagnostic, place))
        if FOLDER in (folders or (FOLDER,)) and diagnostic.compare is None:
            faults.append(f"{place()}: {diagnostic.id}: compare: it is missing")
    faults.extend(fault for _, fault in _unknown_references(found.values(), found.keys()))
    if faults:
        raise CatalogueError("The catalogue is wrong:\n  " + "\n  ".join(faults))
    return _in_page_order(found.values())


def with_own(builtin: Catalogue, folder: Path) -> tuple[Catalogue, list[str]]:
    """The catalogue with the technician's own diagnostics, and what is wrong with those left out.

    A wrong one is left out by itself: everything else works. None takes the id of a built-in one.
    """
    faults: list[str] = []
    own: dict[str, Diagnostic] = {}
    for diagnostic, place in _read_folders((folder,), faults):
        if diagnostic.id in builtin.diagnostics:
            faults.append(f"{place()}: id {diagnostic.id!r} is a built-in diagnostic's; choose another")
        elif diagnostic.id in own:
            faults.append(f"{place()}: id {diagnostic.id!r} is used twice")
        elif wrong := list(_misspelt(diagnostic, place)):
            faults.extend(wrong)
        else:
            own[diagnostic.id] = diagnostic.model_copy(update={"origin": "yours"})
    known = builtin.diagnostics.keys() | own.keys()
    for name, fault in _unknown_references(own.values(), known):
        faults.append(fault)
        own.pop(name, None)
    return _in_page_order([*builtin, *own.values()]), faults


@cache
def builtin_catalogue() -> Catalogue:
    """The catalogue that ships with the product, read once. It was looked at before it was shipped (the
    README's tables are made with that look)."""
    return load_catalogue(FOLDER, shipped=True)


def _in_page_order(diagnostics: Iterable[Diagnostic]) -> Catalogue:
    order = list(Category)
    ranked = sorted(diagnostics, key=lambda item: order.index(item.category))
    return Catalogue({item.id: item for item in ranked})


def _read_folders(
    folders: Iterable[Path], faults: list[str], *, shipped: bool = False
) -> Iterator[tuple[Diagnostic, Locate]]:
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            yield from _read_file(path, faults, shipped=shipped)


def shown(path: Path) -> str:
    """The file as messages name it: "profiles/rover.toml"."""
    return f"{path.parent.name}/{path.name}"


def read_table(path: Path, faults: list[str]) -> tuple[dict[str, Any], TomlLines] | None:
    """The file's TOML with the places of its keys; None, and the fault, where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomli.loads(text), TomlLines(text)
    except tomli.TOMLDecodeError as exc:
        line = re.search(r"at line (\d+)", str(exc))
        faults.append(f"{shown(path)}:{line[1] if line else 1}: {exc}")
    except OSError as exc:
        faults.append(f"{shown(path)}:1: it cannot be read: {exc.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{shown(path)}:1: it is not UTF-8 text")
    except (ValueError, RecursionError):  # what tomli does not call its own
        faults.append(f"{shown(path)}:1: it cannot be read: a number too long, or lists nested too deep")
    return None


def _read_file(path: Path, faults: list[str], *, shipped: bool) -> Iterator[tuple[Diagnostic, Locate]]:
    read = read_table(path, faults)
    if read is None:
        return
    table, lines = read
    for key in sorted(table.keys() - {"diagnostic", "category"}):
        faults.append(f"{shown(path)}:{lines.at((key,))}: {key}: there is no such field")
    entries = table.get("diagnostic", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        faults.append(f"{shown(path)}:{lines.at(('diagnostic',))}: diagnostic: write [[diagnostic]]")
        return
    for index, entry in enumerate(entries):
        defaults = {"category": table["category"]} if "category" in table else {}
        whole, place = {**defaults, **entry}, ("diagnostic", index)
        diagnostic = _validated(whole, shown(path), lines, place, faults, shipped=shipped)
        if diagnostic is not None:
            yield diagnostic, partial(_place, path, lines, index)


def _place(path: Path, lines: TomlLines, index: int, *loc: str | int) -> str:
    return f"{shown(path)}:{lines.at(('diagnostic', index, *loc))}"


def _misspelt(diagnostic: Diagnostic, place: Locate) -> Iterator[str]:
    return (f"{place(*loc)}: {diagnostic.id}: {text}" for loc, text in wrong_names(diagnostic))


@cache
def _parsers() -> set[str]:
    return {module.name for module in pkgutil.iter_modules([str(FOLDER.parent / "parsers")])}


def _validated(
    entry: dict[str, Any], file: str, lines: TomlLines, start: tuple[str | int, ...], faults: list[str],
    *, shipped: bool,
) -> Diagnostic | None:  # fmt: skip
    name = entry.get("id", "without id")
    try:
        diagnostic = Diagnostic.model_validate(entry, context=SHIPPED if shipped else None)
    except ValidationError as exc:
        faults.extend(
            f"{file}:{lines.at((*start, *loc))}: {name}: {text}" for loc, text in what_is_wrong(exc)
        )
        return None
    if not shipped and diagnostic.parser not in _parsers():
        place = f"{file}:{lines.at((*start, 'parser'))}"
        faults.append(f"{place}: {name}: parser: there is no parser {diagnostic.parser!r}")
        return None
    return diagnostic


def what_is_wrong(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(path, "field: what is wrong") of each fault."""
    words = {"extra_forbidden": "there is no such field", "missing": "it is missing"}
    for fault in error.errors(include_url=False):
        field = ".".join(str(part) for part in fault["loc"])
        text = words.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        yield fault["loc"], f"{field}: {text}" if field else text


def _unknown_references(
    diagnostics: Iterable[Diagnostic], known: Collection[str]
) -> Iterator[tuple[str, str]]:
    """(id, fault) of each diagnostic that names one that is not known."""
    for diagnostic in list(diagnostics):
        guides = [guide for check in diagnostic.check for guide in check.guide.values()]
        named = {*diagnostic.related, *(i for c in diagnostic.check for i in c.related)}
        named |= {i for guide in guides for i in guide.related}
        for name in sorted(named - set(known)):
            yield diagnostic.id, f"{diagnostic.id}: related {name!r} is no diagnostic"
