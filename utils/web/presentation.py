"""What the page shows for what the product knows: words, icons, sentences. Pure; no Flask, no I/O.

link_view(status)      -> LinkView     the link's state as icon, word, sentence and next step
category_views(...)    -> CategoryView the catalogue as the page lists it; active tests apart
vocabulary()           -> dict         the same words for the page's scripts, so that each exists once
value_label(key)       -> (label, unit) a reading's key in words ("total_kb" -> "Total", "kB")

No limit and no verdict is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from utils.judging.catalogue.library import Library
from utils.judging.catalogue.models import Category, Diagnostic
from utils.judging.catalogue.profile import Profile
from utils.live.samples.wiggle import CUT_SHORT
from utils.model.results import LinkState, LinkStatus, RungState
from utils.model.words import ACRONYMS, BECAUSE, UNITS, VERDICTS


@dataclass(frozen=True, slots=True)
class StateWords:
    """How a link state is shown. tone: ok, busy, off or bad."""

    icon: str
    tone: str
    word: str
    sentence: str
    next_step: str = ""


STATES: Mapping[LinkState, StateWords] = {
    LinkState.IDLE: StateWords(
        "link", "off", "Not connected yet", "Not connected yet; the first check connects.",
        "Press “Run check-up”: the first click connects.",
    ),
    LinkState.CONNECTING: StateWords(
        "busy", "busy", "Connecting", "Connecting to the device.",
        "A board that was just powered needs about a minute to boot.",
    ),
    LinkState.CONNECTED: StateWords("link", "ok", "Connected", "The device answers."),
    LinkState.LOST: StateWords(
        "unlink", "bad", "Not connected", "The link to the device is lost.",
        "Check the cable and the board's power. It connects by itself as soon as the device answers.",
    ),
    LinkState.BLOCKED: StateWords(
        "hand", "bad", "Waiting for you", "The link needs a decision or a correction.",
        "Answer below.",
    ),
    LinkState.CLOSED: StateWords(
        "unlink", "off", "Closed", "The link was closed.", "Press “Connect now” to open it again.",
    ),
}  # fmt: skip


RUNGS: Mapping[RungState, StateWords] = {
    RungState.OK: StateWords("pass", "ok", "OK", "It works."),
    RungState.NOTE: StateWords("warn", "warn", "Note", "It works, with a note."),
    RungState.BROKEN: StateWords("fail", "bad", "Stopped here", "The connection stops here."),
    RungState.NOT_REACHED: StateWords("none", "off", "Not reached", "What is below comes first."),
    RungState.NOT_CHECKED: StateWords("skip", "off", "Not checked", "It could not be looked at."),
}
"""How a rung of the connection ladder is shown."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the page adds to an error: a headline, the panel that answers it, what to look at.

    panel: "trust" (host key), "login" (user and password), "question" (what the device asks) or "".
    """

    title: str
    panel: str = ""
    checks: tuple[str, ...] = ()


TROUBLES: Mapping[str, Trouble] = {
    "unreachable": Trouble(
        "No device answers",
        checks=(
            "Is the USB cable in the board's device (flashing) port and firmly seated? Try another cable: "
            "many carry power only.",
            "Is the board powered, and has it had a minute to boot?",
            "Does the laptop show a new network interface with an address in the device's network "
            "(for 192.168.55.1: 192.168.55.100)?",
            "Is the address right? SSH_IP in .env, or “Change login” here.",
            "Does a VPN or a second board use the same network? Disconnect it.",
        ),
    ),
    "target-ambiguous": Trouble("Several boards could be meant"),
    "not-responding": Trouble(
        "The device is silent",
        checks=(
            "Wait a minute: it may be booting or busy.",
            "Look at its power LED and at the serial console, if you have one.",
            "If it stays silent, power-cycle it and run the check-up: it reads the log of the last boot.",
        ),
    ),
    "not-ssh": Trouble(
        "No SSH greeting",
        checks=(
            "Were there wrong passwords just now? Wait 20 seconds.",
            "Is SSH_PORT right (22 on a stock board)?",
        ),
    ),
    "incompatible": Trouble("No common SSH algorithm"),
    "no-credentials": Trouble("Nothing to log in with", panel="login"),
    "auth-failed": Trouble("The device refused the login", panel="login"),
    "login-question": Trouble("The device asks something", panel="question"),
    "booting": Trouble("The device lets nobody in yet"),
    "login-timeout": Trouble("The login did not finish"),
    "password-expired": Trouble("The password has expired", panel="login"),
    "host-key-unknown": Trouble("New device", panel="trust"),
    "host-key-changed": Trouble("The host key changed", panel="trust"),
    "device-changed": Trouble("Another device is plugged in"),
    "link-lost": Trouble("The link broke"),
    "channel-refused": Trouble("The device takes no more sessions"),
    "shell-unusable": Trouble("The device's shell does not run commands"),
    "command-timeout": Trouble("A command took too long"),
    "outcome-unknown": Trouble("The outcome is not known"),
    "internal": Trouble("A fault of this program"),
}


@dataclass(frozen=True, slots=True)
class LinkView:
    """All that the header and its banner say about the link. details: short facts, in order."""

    state: str
    icon: str
    tone: str
    word: str
    title: str
    sentence: str
    next_step: str
    panel: str = ""
    checks: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def link_view(status: LinkStatus) -> LinkView:
    """The link in words: the cause where there is one, otherwise the state."""
    words = STATES[status.state]
    error = status.error if status.state is not LinkState.CONNECTED else None
    trouble = TROUBLES.get(str((error or {}).get("code", "")), Trouble(words.word))
    sentence = str((error or {}).get("message") or words.sentence)
    return LinkView(
        state=status.state.value,
        icon=words.icon,
        tone=words.tone,
        word=words.word,
        title=trouble.title,
        sentence="" if sentence == f"{trouble.title}." else sentence,
        next_step=str((error or {}).get("hint") or words.next_step),
        panel=trouble.panel if status.state is LinkState.BLOCKED else "",
        checks=trouble.checks,
        details=_link_details(status),
    )


_L4T = re.compile(r"#? *R(\d+) \(release\), REVISION: (\d+(?:\.\d+)*)")


def short_release(release: str) -> str:
    """ "L4T 36.4.3" of nv_tegra_release's first line; anything else as it is."""
    found = _L4T.match(release)
    return f"L4T {found[1]}.{found[2]}" if found else release


def _link_details(status: LinkStatus) -> tuple[str, ...]:
    if status.state is not LinkState.CONNECTED:
        return ()
    facts = [PATHS.get("ssh" if status.mode == "ssh" else status.path or "", "")]
    if status.round_trip_ms is not None:
        facts.append(f"Round trip {status.round_trip_ms:.1f} ms")
    if status.reconnects:
        facts.append(f"{status.reconnects} reconnect{'s' if status.reconnects != 1 else ''}")
    return tuple(fact for fact in facts if fact)


PATHS: Mapping[str, str] = {
    "persistent": "persistent link",
    "subprocess": "by the system's ssh (fallback)",
    "ssh": "by the system's ssh",
}
"""Ways by name; "ssh" is the mode in which the system's ssh is the only way in."""


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
    return f"These checks need root. Set SSH_SUDO_PASSWORD to run them: {', '.join(titles)}."


def own_note(library: Library, profile: Profile | None) -> str:
    """What of the catalogue is the technician's own, and which profile judges this device."""
    own = sum(item.origin != "built-in" for item in library.catalogue)
    counts = (_count(own, "diagnostic"), _count(len(library.profiles), "profile"))
    judges = f' This device is judged by your profile "{profile.name}".' if profile else ""
    return f"Your own: {counts[0]}, {counts[1]}.{judges}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def category_views(diagnostics: Iterable[Diagnostic]) -> tuple[CategoryView, ...]:
    """The categories in the catalogue's order, without the active tests; those come last, apart."""
    rows = [_row(diagnostic) for diagnostic in diagnostics]
    views = [
        CategoryView(category.value, title, category.value, members)
        for category, title in CATEGORY_TITLES.items()
        if (members := tuple(row for row in rows if row.category == category and not row.active))
    ]
    if active := tuple(row for row in rows if row.active):
        views.append(CategoryView("active", "Active tests", "active", active, ACTIVE_NOTE))
    return tuple(views)


def _row(diagnostic: Diagnostic) -> DiagnosticView:
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
        "states": {state.value: asdict(words) for state, words in STATES.items()},
        "rungs": {state.value: asdict(words) for state, words in RUNGS.items()},
        "troubles": {code: asdict(trouble) for code, trouble in TROUBLES.items()},
        "paths": dict(PATHS),
        "units": dict(UNITS),
        "acronyms": dict(ACRONYMS),
        "because": dict(BECAUSE),
        "wiggle_cut_short": CUT_SHORT,
    }
