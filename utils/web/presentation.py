"""What the page shows for what the product knows: words, icons, sentences. Pure; no Flask, no I/O.

category_views(...)    -> CategoryView the catalogue as the page lists it; active ones apart
vocabulary()           -> dict         the same words for the page's scripts, so that each exists once

No limit and no verdict is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from utils.judging.catalogue.library import Library
from utils.judging.catalogue.models import Category, Diagnostic
from utils.live.samples.codes import CUT_SHORT
from utils.model.link_words import PATHS, StateWords
from utils.model.results import RungState, Verdict
from utils.model.words import BECAUSE, LARGER, LEFT_OUT, NORMAL, VERDICTS

if TYPE_CHECKING:
    from utils.judging.catalogue.profile import Profile

RUNGS: Mapping[RungState, StateWords] = {
    RungState.OK: StateWords("pass", "ok", "OK", "It works."),
    RungState.NOTE: StateWords("warn", "warn", "Note", "It works, with a note."),
    RungState.BROKEN: StateWords("fail", "bad", "Stopped here", "The connection stops here."),
    RungState.NOT_REACHED: StateWords("none", "off", "Not reached", "What is below comes first."),
    RungState.NOT_CHECKED: StateWords("skip", "off", "Not checked", "It could not be looked at."),
}
"""How a rung of the connection ladder is shown."""


@dataclass(frozen=True, slots=True)
class DiagnosticView:
    """One row of the page."""

    id: str
    title: str
    category: str
    command: str
    why: str
    next_step: str
    active: bool
    root: bool
    slow: bool
    timeout_s: float
    related: tuple[str, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A group of rows. note: a sentence below the heading, or ''."""

    key: str
    title: str
    icon: str
    diagnostics: tuple[DiagnosticView, ...]
    note: str = ""


CATEGORY_TITLES: Mapping[Category, str] = {category: category.value.capitalize() for category in Category}
ACTIVE_NOTE = "These load or disturb something on the board. They run only when you press their button."


def root_note(diagnostics: Iterable[Diagnostic], *, has_sudo_password: bool) -> str:
    """Which diagnostics may say less because commands run without root; "" when none."""
    titles = [item.title for item in diagnostics if item.root]
    if has_sudo_password or not titles:
        return ""
    need = "Where sudo asks for a password, type it under “Change login” or set SSH_SUDO_PASSWORD"
    return f"These checks need root. {need}: {', '.join(titles)}."


def own_note(library: Library, profile: Profile | None) -> str:
    """What of the catalogue is the technician's own, and which profile judges this device."""
    own = sum(item.origin != "built-in" for item in library.catalogue)
    counts = (_count(own, "diagnostic"), _count(len(library.profiles), "profile"))
    judges = f' This device is judged by your profile "{profile.name}".' if profile else ""
    return f"Your own: {counts[0]}, {counts[1]}.{judges}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def category_views(diagnostics: Iterable[Diagnostic]) -> tuple[CategoryView, ...]:
    """The categories of these."""
    return in_categories([row(diagnostic) for diagnostic in diagnostics])


def in_categories(rows: Sequence[DiagnosticView]) -> tuple[CategoryView, ...]:
    """The categories in the catalogue's order, without the active diagnostics; those come last, apart."""
    views = [
        CategoryView(category.value, title, category.value, members)
        for category, title in CATEGORY_TITLES.items()
        if (members := tuple(each for each in rows if each.category == category and not each.active))
    ]
    if active := tuple(each for each in rows if each.active):
        views.append(CategoryView("active", "Active diagnostics", "active", active, ACTIVE_NOTE))
    return tuple(views)


def row(diagnostic: Diagnostic) -> DiagnosticView:
    """Its row."""
    return DiagnosticView(
        id=diagnostic.id,
        title=diagnostic.title,
        category=diagnostic.category.value,
        command=diagnostic.command,
        why=diagnostic.why,
        next_step=diagnostic.next_step,
        active=diagnostic.active,
        root=diagnostic.root,
        slow=diagnostic.slow,
        timeout_s=diagnostic.timeout,
        related=diagnostic.related,
        own=diagnostic.origin != "built-in",
    )


def vocabulary() -> dict[str, Any]:
    """The words of this module as JSON for the scripts; keys as in the mappings above."""
    return {
        "verdicts": {verdict.value: asdict(words) for verdict, words in VERDICTS.items()},
        "worst_first": [verdict.value for verdict in Verdict],
        "rungs": {state.value: asdict(words) for state, words in RUNGS.items()},
        "paths": dict(PATHS),
        "because": dict(BECAUSE),
        "normal": NORMAL,
        "left_out": LEFT_OUT,
        "larger": dict(LARGER),
        "wiggle_cut_short": CUT_SHORT,
    }
