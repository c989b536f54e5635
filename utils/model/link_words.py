"""The link in words: what page, API and command line say about it. Pure.

link_view(status)    -> LinkView  header, banner, facts and panel, as they are shown
status_json(status)  -> dict      the status as every answer and event carries it, with its view

Only the page's own clock is left to the scripts: how long ago something was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from utils.model.results import LinkState, LinkStatus, device_json, to_json
from utils.model.words import number


@dataclass(frozen=True, slots=True)
class StateWords:
    """How a state is shown. tone: ok, busy, warn, off or bad."""

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


REPLAY = StateWords("save", "off", "Replay", "This is a bundle: there is no board behind it.")
"""In place of the state, where a bundle is shown."""

HUB = StateWords("all", "off", "Hub", "This program is a hub. Its boards are at its benches.")
"""In place of the state, where no board can be."""

KEPT = StateWords("list", "off", "Kept", "This check-up is from the history. Nothing runs here.")
"""In place of the state, where one check-up is shown."""

INSTEAD: Mapping[str | None, StateWords] = {"replay": REPLAY, "hub": HUB, "kept": KEPT}
"""By mode: words in place of the state's."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the page adds to an error: a headline, the panel that answers it, what to look at.

    panel: "trust" (host key), "login" (user and password), "question" (what the device asks) or "".
    calm: it is a question of every day, no alarm.
    """

    title: str
    panel: str = ""
    calm: bool = False
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
    "login-question": Trouble("The device asks something", panel="question", calm=True),
    "booting": Trouble("The device lets nobody in yet"),
    "login-timeout": Trouble("The login did not finish"),
    "password-expired": Trouble("The password has expired", panel="login"),
    "host-key-unknown": Trouble("Not connected: this board is new", panel="trust", calm=True),
    "host-key-changed": Trouble("The host key changed", panel="trust"),
    "device-changed": Trouble("Another device is plugged in"),
    "link-lost": Trouble("The link broke"),
    "channel-refused": Trouble("The device takes no more sessions"),
    "shell-unusable": Trouble("The device's shell does not run commands"),
    "command-timeout": Trouble("A command took too long"),
    "outcome-unknown": Trouble("The outcome is not known"),
    "internal": Trouble("A fault of this program"),
}


REFUSED = Trouble(
    "The device's SSH server does not answer",
    checks=(
        "Has the board had a minute to boot? On a first boot somebody must finish the set-up.",
        "Is SSH_PORT right (22 on a stock board)?",
        "Is the address that of your board? SSH_IP in .env, or “Change login” here.",
        "On the board's own console: is the SSH server installed and running (systemctl status ssh)?",
    ),
)
"""In place of "unreachable": something is there, and refuses."""


PATHS: Mapping[str, str] = {
    "persistent": "persistent link",
    "subprocess": "by the system's ssh (fallback)",
    "ssh": "by the system's ssh",
}
"""Ways by name; "ssh" is the mode in which the system's ssh is the only way in."""

MODES: Mapping[str, str] = {"channels": "one channel per command (the shell cannot hold a lane)"}
"""Modes that need more than their name."""


@dataclass(frozen=True, slots=True)
class Banner:
    """Why the link is not as it should be, and what to do. connect: whether "Connect now" may help."""

    icon: str
    tone: str
    title: str
    sentence: str
    next_step: str
    checks: tuple[str, ...] = ()
    connect: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what is known of the link. is_time: the value is ISO 8601, for the reader's own clock."""

    name: str
    value: str
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class LinkView:
    """All that the page says about the link.

    icon, tone, word, details: the header, details being short facts in order. name, release, key: the known
    device's, short. banner: None when all is well. panel: as Trouble has it, where a person must answer.
    facts: all there is to know.
    """

    icon: str
    tone: str
    word: str
    details: tuple[str, ...] = ()
    name: str = ""
    release: str = ""
    key: str = ""
    banner: Banner | None = None
    panel: str = ""
    facts: tuple[Fact, ...] = ()


_BY_FALLBACK = Banner(
    icon="warn",
    tone="warn",
    title="Working without the persistent link",
    sentence="The persistent link failed several times; commands go by the system's ssh and take longer.",
    next_step="“Connect now” tries the persistent link again. The log (app.log) has the cause.",
)


def link_view(status: LinkStatus) -> LinkView:
    """The link in words: the cause where there is one, otherwise the state."""
    words = INSTEAD.get(status.mode, STATES[status.state])
    known = status.known_device
    banner = _banner(status)
    return LinkView(
        icon=words.icon,
        tone=banner.tone if banner else words.tone,
        word=words.word,
        details=_details(status),
        name=known.name if known else _nobody(status),
        release=known.short_release if known else "",
        key=_short_key(known.fingerprint) if known else "",
        banner=banner,
        panel=_trouble(status).panel if status.state is LinkState.BLOCKED else "",
        facts=_facts(status),
    )


def _nobody(status: LinkStatus) -> str:
    """In place of a name."""
    if status.mode == "kept":
        return "No board answered"
    return "Not trusted yet" if _asks_trust(status) else "No device yet"


def status_json(status: LinkStatus) -> dict[str, Any]:
    """Tell the link's status, JSON-ready: its devices with their labels, and its view."""
    data: dict[str, Any] = to_json(status)
    for name, device in (("device", status.device), ("last_device", status.last_device)):
        if device is not None:
            data[name] = device_json(device)
    return {**data, "view": to_json(link_view(status))}


def _short_key(fingerprint: str) -> str:
    """Its beginning: enough to tell two apart at a glance."""
    return f"{fingerprint[:16]}…" if len(fingerprint) > 17 else fingerprint


def _asks_trust(status: LinkStatus) -> bool:
    return status.state is LinkState.BLOCKED and _trouble(status).panel == "trust"


def _trouble(status: LinkStatus) -> Trouble:
    error = status.error or {}
    if (error.get("details") or {}).get("refused"):
        return REFUSED
    code = str(error.get("code", ""))
    return TROUBLES.get(code, Trouble(STATES[status.state].word))


def _banner(status: LinkStatus) -> Banner | None:
    if status.mode == "hub":
        return None
    if status.state is LinkState.CONNECTED:
        return _BY_FALLBACK if status.breaker_open else None
    words, trouble, error = STATES[status.state], _trouble(status), status.error or {}
    sentence = str(error.get("message") or words.sentence)
    return Banner(
        icon=words.icon,
        tone="busy" if trouble.calm and not _before(status) else words.tone,
        title=trouble.title,
        # said once is enough; the question of trust has a panel of its own, with the key in it
        sentence="" if trouble.panel == "trust" or sentence == f"{trouble.title}." else sentence,
        next_step=str(error.get("hint") or words.next_step),
        checks=trouble.checks,
        connect=_may_connect(status, trouble),
    )


def _before(status: LinkStatus) -> bool:
    """Whether another board answered there until now."""
    return bool(((status.error or {}).get("details") or {}).get("previous"))


def _may_connect(status: LinkStatus, trouble: Trouble) -> bool:
    """Not while it connects, nor over a question: that would end the login that waits for an answer."""
    details = (status.error or {}).get("details") or {}
    return (
        status.state is not LinkState.CONNECTING and trouble.panel != "trust" and not details.get("prompts")
    )


def _details(status: LinkStatus) -> tuple[str, ...]:
    if status.state is not LinkState.CONNECTED:
        return ()
    if status.mode == "replay":
        return (status.address,)
    round_trip = _round_trip(status)
    way = _way(status)
    facts = (
        "" if way == "persistent" else PATHS.get(way, ""),  # the way of every day is among the facts
        f"Round trip {round_trip}" if round_trip else "",
        number(status.reconnects, "reconnect") if status.reconnects else "",
    )
    return tuple(fact for fact in facts if fact)


def _way(status: LinkStatus) -> str:
    """By which way: the system's ssh may be the only one in, and is no fallback then."""
    return "ssh" if status.mode == "ssh" else status.path or ""


def _round_trip(status: LinkStatus) -> str:
    took = status.round_trip_ms
    return "" if took is None else f"{took:.{1 if took < 10 else 0}f} ms"


def _facts(status: LinkStatus) -> tuple[Fact, ...]:
    known, way = status.known_device, _way(status)
    facts = (
        Fact("Model", (known.model or "") if known else ""),
        Fact("Serial", (known.serial or "") if known else ""),
        Fact("Release", known.short_release if known else ""),
        Fact("Address", status.address),
        Fact("Host key", known.fingerprint if known else ""),
        Fact("Path", PATHS.get(way, way)),
        Fact("Because", status.because or ""),
        Fact("Mode", MODES.get(status.mode or "", status.mode or "")),
        Fact("Round trip", _round_trip(status)),
        Fact("Connected since", status.connected_since or "", is_time=True),
        Fact("SSH server", status.server_version or ""),
        Fact("Logins", str(status.logins)),
        Fact("Reconnects", str(status.reconnects)),
        Fact("Commands", str(status.commands)),
        Fact("By fallback", str(status.fallbacks)),
    )
    return tuple(fact for fact in facts if fact.value)
