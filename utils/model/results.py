"""What flows through the product: results, readings' findings, verdicts; errors and the link's state. No I/O.

CommandResult   what a command printed and how it ended        (ssh_interface -> runner)
Finding         one check's outcome with its evidence          (verdict -> page)
Result          one diagnostic's verdict with everything to it (judge, runner -> page, command line)
CheckupEvent    one numbered thing that happened               (events -> stream)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from pydantic_core import PydanticSerializationError, to_jsonable_python
from pydantic_core import to_json as in_one_go

from utils.errors import V3Error

Reading = dict[str, Any]
"""Typed data parsed from output: JSON types only; None for what was not said."""


class Verdict(StrEnum):
    """Outcome of a check or a diagnostic. The order of members is from worst to least."""

    FAIL = "fail"
    WARN = "warn"
    UNKNOWN = "unknown"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    INFO = "info"
    SKIP = "skip"


_L4T = re.compile(r"#? *R(\d+) \(release\), REVISION: (\d+(?:\.\d+)*)")
_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def severity_rank(verdict: Verdict) -> int:
    """0 for the worst (fail) to 5 (skip); sorts worst first."""
    return _RANK[verdict]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them (fail > warn > unknown > pass > info > skip); unknown of none."""
    return min(verdicts, key=severity_rank, default=Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Device:
    """What is plugged in. fingerprint: "SHA256:…" of its host key; times: ISO 8601 UTC; "" is not said.

    device_id: its one identity (model/device_id.py); label and nickname are for eyes only.
    """

    fingerprint: str
    key_type: str = ""
    serial: str = ""
    model: str = ""
    hostname: str = ""
    boot_id: str = ""
    release: str = ""
    first_seen: str = ""
    last_seen: str = ""
    device_id: str = ""
    nickname: str = ""

    @property
    def key(self) -> str:
        """What tells it from another one, also from a clone that shares its host key."""
        return f"{self.fingerprint} {self.serial}".strip()

    @property
    def name(self) -> str:
        """What people call it: its nickname, else its host name, else its model."""
        return self.nickname or self.hostname or self.model or "device"

    @property
    def label(self) -> str:
        """The name with the end of the serial number, which tells two boards of one name apart."""
        return f"{self.name} · {self.serial[-8:]}" if self.serial else self.name

    @property
    def short_release(self) -> str:
        """The release as people say it."""
        return short_release(self.release)


def short_release(release: str) -> str:
    """ "L4T 36.4.3" of nv_tegra_release's first line; any other release as it is."""
    found = _L4T.match(release)
    return f"L4T {found[1]}.{found[2]}" if found else release


Some = TypeVar("Some", Device, Device | None)


def called(device: Some, device_id: str, nickname: str) -> Some:
    """The device with this nickname if it has this identity, else as it is."""
    if device is None or device.device_id != device_id:
        return device
    return replace(device, nickname=nickname)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What one command printed and how it ended.

    exit_status is None when the command did not end by itself: a signal killed it, or the output cap did.
    `signal` may then name it ("KILL"). path is "persistent" or "subprocess". device: who answered, settled by
    the path that ran the command; None where nobody proved it.
    recorded_at: when the board gave this answer, of a replay; "" now.
    """

    command: str
    stdout_bytes: bytes = b""
    stderr_bytes: bytes = b""
    exit_status: int | None = 0
    signal: str | None = None
    duration_s: float = 0.0
    path: str = "persistent"
    truncated: bool = False
    attempts: int = 1
    device: Device | None = None
    recorded_at: str = ""

    @property
    def stdout(self) -> str:
        """stdout as text; invalid UTF-8 becomes U+FFFD."""
        return self.stdout_bytes.decode("utf-8", errors="replace")

    @property
    def stderr(self) -> str:
        """stderr as text; invalid UTF-8 becomes U+FFFD."""
        return self.stderr_bytes.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome.

    reason: what was seen against which limit, as a sentence. limit: the limit in words ("at most
    90 %"), limit_source: whose limit. why: why it matters. next_step: what to do on the bench.
    evidence: the lines or values it rests on. related: ids of diagnostics that may explain it.
    """

    label: str
    verdict: Verdict
    reason: str
    next_step: str = ""
    evidence: str = ""
    limit: str = ""
    limit_source: str = ""
    why: str = ""
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One diagnostic's outcome. started_at: ISO 8601 UTC.

    device_id: whose result it is, None where nobody proved who answered; device: that board's label. bay,
    run: where and in which run it was made, None for a saved text.
    """

    diagnostic: str
    verdict: Verdict
    summary: str
    findings: tuple[Finding, ...] = ()
    reading: Reading | None = None
    title: str = ""
    category: str = ""
    command: str = ""
    stdout: str = ""
    stderr: str = ""
    exit_status: int | None = None
    duration_s: float | None = None
    path: str | None = None
    truncated: bool = False
    started_at: str | None = None
    device: str | None = None
    device_id: str | None = None
    bay: str | None = None
    run: str | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CheckupEvent:
    """One thing that happened. id grows by one; kind names it; data is JSON-ready."""

    id: int
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


def to_json(value: Any) -> Any:
    """Dataclasses, enums, tuples and mappings as plain JSON types (deep); NaN and infinity become None."""
    return to_jsonable_python(value, inf_nan_mode="null", fallback=dict)


def to_json_text(value: Any) -> bytes:
    """The JSON text of `to_json(value)`, at once."""
    try:
        return in_one_go(value, inf_nan_mode="null", fallback=dict)
    except PydanticSerializationError:  # half a character, which a device's own JSON may hold, is no UTF-8
        return json.dumps(to_json(value)).encode()


def device_json(device: Device) -> dict[str, Any]:
    """Tell a device as every answer carries it, JSON-ready, with its label."""
    return {**to_json(device), "label": device.label}


def error_facts(error: V3Error) -> dict[str, Any]:
    """Tell an error as results, events, the link's status and problem documents carry it, JSON-ready."""
    return {
        "code": error.code,
        "message": str(error),
        "hint": error.hint,
        "retryable": error.retryable,
        "details": to_json(dict(error.details)),
    }


class RungState(StrEnum):
    """How far a rung of the connection ladder holds. note: it holds, but somebody should know this."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"
    NOT_REACHED = "not reached"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step on the way to the device: what was seen there, and what to do if it fails."""

    id: str
    title: str
    state: RungState
    seen: str = ""
    next_step: str = ""
    duration_s: float | None = None


class LinkState(StrEnum):
    """Where the link stands. blocked: a person must decide or correct something first."""

    IDLE = "idle"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    BLOCKED = "blocked"
    CLOSED = "closed"


_WHO_IS_THERE = ("host-key-unknown", "host-key-changed")
"""Codes of a board that answers and is not trusted: it is not the one that was there before."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A snapshot of the link; made without blocking and without connecting.

    mode: "lanes" or "channels" once connected; "ssh" when the system's ssh is the only way in, with the
    reason in `because`; "replay" of a bundle; "kept" of one check-up; "hub" where no board can be. path: of
    the last command. round_trip_ms: of the last answered probe. error: {code, message, hint, retryable,
    details} of why there is no link. device: the one that is connected; last_device: the one that was,
    while none is.
    """

    state: LinkState
    address: str
    demo: bool = False
    path: str | None = None
    mode: str | None = None
    device: Device | None = None
    server_version: str | None = None
    round_trip_ms: float | None = None
    connected_since: str | None = None
    logins: int = 0
    reconnects: int = 0
    commands: int = 0
    fallbacks: int = 0
    breaker_open: bool = False
    because: str | None = None
    error: Mapping[str, Any] | None = None
    last_device: Device | None = None

    @property
    def known_device(self) -> Device | None:
        """The device that is connected, else the one that was; None while another one's key is a question."""
        asks = self.state is LinkState.BLOCKED and (self.error or {}).get("code") in _WHO_IS_THERE
        return self.device or (None if asks else self.last_device)
