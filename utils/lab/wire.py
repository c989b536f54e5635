"""What hub and station say to each other: frozen messages, bounded, each with the version of its words.

    data = encode(State(…))
    state = decode(State, data)        # WireTrouble for anything else

Both sides read what strangers may have sent. A field that this version does not know is left out. So a bench
works that is one version away from the hub. What is two versions away is refused.

Version 2: a bench asks what the hub lacks of what it gave (Given, Lacks; `history` of Heard and Records).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from utils.bench.places import BayId
from utils.errors import OtherVersion, WireTrouble
from utils.model.results import Verdict

VERSION = 2
MOST_BYTES = 12 << 20  # a photo of 8 MB, as text
"""Bytes of one message; nats-server refuses longer ones."""
MOST_BAYS = 64
MOST_RECORDS = 64
MOST_PIECES = 64
MOST_CALLS = 64
MOST_IDS = 512

Word = Annotated[str, Field(max_length=64)]
ShortText = Annotated[str, Field(max_length=512)]
Id = Annotated[str, Field(pattern=r"^[0-9a-z-]{8,40}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _moment(text: str) -> str:
    datetime.fromisoformat(text)  # the 99th of a month is a ValueError: pages draw by it
    return text


Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"), AfterValidator(_moment)
]
Count = Annotated[int, Field(ge=0, le=1 << 53)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Facts = Annotated[dict[Word, Any], Field(max_length=64)]


class WirePart(BaseModel):
    """A piece of a message."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", use_enum_values=False)


class Message(WirePart):
    """What is sent as a whole. v: the version of its words."""

    v: int = VERSION


# --- presence: station -> hub, once a second and at each change


class BoardSeen(WirePart):
    """The board in a bay."""

    device_id: Id
    label: ShortText
    serial: ShortText = ""
    model: ShortText = ""


class BaySeen(WirePart):
    """A bay. since: when this board came, or the last one left. verdict, checkup: the newest check-up of this
    board. running: the check-up that runs."""

    id: BayId
    title: ShortText = ""
    link: Word
    device: BoardSeen | None = None
    since: Moment
    verdict: Verdict | None = None
    checkup: Id | None = None
    running: Id | None = None
    done: Count = 0
    total: Count = 0


class CallSeen(WirePart):
    """What became of a call that this station accepted. checkup: what it began, also a recording."""

    id: Id
    checkup: Id
    state: Literal["running", "finished", "interrupted"]
    verdict: Verdict | None = None


class State(Message):
    """All that a station has. instance: this run of its program. seq: grows by one. clock: its time of day,
    seconds since 1970. hub_ms: what it takes for the hub's clock of that session; all calls that it accepted
    before are in `calls`. heard_ms: the time that the hub's last answer told. waiting, parked: records that
    the hub has not, and those that it refused. oldest_s: for how long the oldest of them has waited. does:
    what it may be called for; a bench that says nothing of it knows check-ups alone."""

    instance: Id
    seq: Count
    program: Word
    clock: Seconds
    session: Id | None = None
    hub_ms: Count | None = None
    heard_ms: Count | None = None
    bays: tuple[BaySeen, ...] = Field(max_length=MOST_BAYS)
    calls: tuple[CallSeen, ...] = Field(default=(), max_length=MOST_CALLS)
    waiting: Count = 0
    parked: Count = 0
    oldest_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    does: tuple[Word, ...] = Field(default=("checkup",), max_length=16)


class Heard(Message):
    """The hub's answer to a State. session: this run of the hub. time_ms: its monotonic clock. refused: why
    this program is no part of the lab. history: which opening of its history this is; a bench asks at each
    new one what is lacking there. None from a hub of version 1."""

    session: Id
    time_ms: Count
    refused: ShortText | None = None
    history: Id | None = None


class Bye(Message):
    """A station ends by itself."""

    instance: Id


# --- calls: hub -> station


class Call(Message):
    """Do this on that board, now. not_after_ms: by the hub's clock of this session. what: one of DOES; a
    bench refuses what it does not know. diagnostics: None for all that disturb nothing. minutes: of a
    recording."""

    id: Id
    session: Id
    not_after_ms: Count
    bay: BayId
    device_id: Id
    what: Word = "checkup"
    diagnostics: Annotated[tuple[Word, ...], Field(min_length=1, max_length=512)] | None = None
    minutes: Annotated[float, Field(ge=0.01, le=120, allow_inf_nan=False)] | None = None
    who: ShortText = ""


DOES = ("checkup", "recording")
"""What a bench of this version may be called for."""
AnswerWord = Literal["accepted", "not-here", "other-board", "busy", "expired", "not-allowed"]


class CallReply(Message):
    """A station's answer. checkup: what it began, also a recording. since: how long the board has not been
    here. board: the one that is. why: a sentence."""

    word: AnswerWord
    checkup: Id | None = None
    since: Moment | None = None
    board: ShortText = ""
    why: ShortText = ""


# --- results: station -> hub, in the order in which the station wrote them


class OriginSent(WirePart):
    """Where, by whom and with which versions."""

    bay: BayId
    who: ShortText = ""
    device: ShortText = ""
    program: Word = ""
    catalogue: ShortText = ""
    profile: ShortText = ""


class DeviceSent(WirePart):
    """A board's facts."""

    fingerprint: ShortText
    key_type: ShortText = ""
    serial: ShortText = ""
    model: ShortText = ""
    hostname: ShortText = ""
    boot_id: ShortText = ""
    release: ShortText = ""
    first_seen: ShortText = ""
    last_seen: ShortText = ""
    device_id: ShortText = ""


class RecordSent(WirePart):
    """What every record has."""

    id: Id
    origin: OriginSent
    device: DeviceSent | None = None


class RunSent(RecordSent):
    """One diagnostic that ran once. body, stdout, stderr: evidence by its hash."""

    kind: Literal["run"] = "run"
    diagnostic: Word
    asked_at: Moment
    started_at: Moment | None
    duration_s: Seconds | None
    checkup: Id | None = None
    position: Annotated[int, Field(ge=0, le=32767)] = 0
    body: Sha256
    stdout: Sha256 | None = None
    stderr: Sha256 | None = None

    @property
    def evidence(self) -> tuple[str, ...]:
        """The hashes that it stands on."""
        return (self.body, *self.printed)

    @property
    def printed(self) -> tuple[str, ...]:
        """Those of what was printed."""
        return tuple(each for each in (self.stdout, self.stderr) if each is not None)


class CheckupSent(RecordSent):
    """Many of them, with the verdict over all. pending: what an interrupted one did not come to."""

    kind: Literal["checkup"] = "checkup"
    started_at: Moment
    duration_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    verdict: Verdict
    counts: Annotated[dict[Verdict, Count], Field(max_length=6)]
    cancelled: bool
    clock_offset_s: Seconds | None = None
    measured: Annotated[dict[ShortText, Seconds], Field(max_length=256)] = Field(default_factory=dict)
    pending: Annotated[tuple[Word, ...], Field(max_length=512)] | None = None

    @property
    def evidence(self) -> tuple[str, ...]:
        """None of its own."""
        return ()


class HappeningSent(RecordSent):
    """A recording, an action, a swap or a loss of the link."""

    kind: Literal["happening"] = "happening"
    happened: Literal["recording", "action", "swap", "link-loss"]
    at: Moment
    facts: Facts = Field(default_factory=dict)

    @property
    def evidence(self) -> tuple[str, ...]:
        """None of its own."""
        return ()


class AddedSent(WirePart):
    """What people added to a board. A hub keeps the newest word of a case and of a golden mark."""

    id: Id
    device: DeviceSent

    @property
    def evidence(self) -> tuple[str, ...]:
        """None of its own."""
        return ()


class CaseSent(AddedSent):
    """A case as it is now. before, after: check-ups."""

    kind: Literal["case"] = "case"
    work_order: ShortText
    technician: ShortText = ""
    opened_at: Moment
    closed_at: Moment | None = None
    before: Id | None = None
    after: Id | None = None


class NoteSent(AddedSent):
    """A note. photo: evidence by its hash."""

    kind: Literal["note"] = "note"
    at: Moment
    who: ShortText = ""
    text: Annotated[str, Field(max_length=4000)] = ""
    case: Id | None = None
    photo: Sha256 | None = None

    @property
    def evidence(self) -> tuple[str, ...]:
        """The photo."""
        return (self.photo,) if self.photo else ()


class GoldenSent(AddedSent):
    """The check-up that the board is compared with since then; None: none any more."""

    kind: Literal["golden"] = "golden"
    checkup: Id | None = None
    who: ShortText = ""
    at: Moment


AnyAddedSent = CaseSent | NoteSent | GoldenSent
AnyRecord = Annotated[RunSent | CheckupSent | HappeningSent | AnyAddedSent, Field(discriminator="kind")]


class Records(Message):
    """Some records, in order. history: the opening of the hub's history that they are for, once it is known.
    What is lacking there comes first."""

    history: Id | None = None
    records: tuple[AnyRecord, ...] = Field(min_length=1, max_length=MOST_RECORDS)


class Taken(Message):
    """The hub's answer to Records or Evidence: what it has now, what it never takes and why, and which
    evidence it needs first. later: the code of what keeps it from taking anything now."""

    taken: tuple[Id, ...] = ()
    refused: dict[Id, ShortText] = Field(default_factory=dict)
    need: tuple[Sha256, ...] = ()
    later: Word | None = None


class GivenIds(Message):
    """A bench asks for what it gave: ids that the hub had. closed: those of them that are closed cases."""

    ids: tuple[Id, ...] = Field(max_length=MOST_IDS)
    closed: tuple[Id, ...] = Field(default=(), max_length=MOST_IDS)


class Lacks(Message):
    """The hub's answer: those that it has not, or has as they were before. later: as Taken has it."""

    ids: tuple[Id, ...] = ()
    later: Word | None = None


class Evidence(Message):
    """Packed pieces. Each is kept by the hash of what is in it."""

    pieces: tuple[Base64Bytes, ...] = Field(min_length=1, max_length=MOST_PIECES)


AnyMessage = TypeVar("AnyMessage", bound=Message)


def encode(message: Message) -> bytes:
    """The message as JSON."""
    return message.model_dump_json().encode()


def decode(kind: type[AnyMessage], data: bytes) -> AnyMessage:
    """The message; WireTrouble where it is too long, no such message, or of a version too far from ours."""
    if len(data) > MOST_BYTES:
        raise WireTrouble("The message is too long.")
    try:
        found = kind.model_validate_json(data)
    except (ValidationError, RecursionError) as exc:
        _need_near(_version(data))
        raise WireTrouble(f"This is no {kind.__name__} of version {VERSION}.") from exc
    _need_near(found.v)
    return found


def _version(data: bytes) -> int:
    """Of a message that may be another version's; ours where it tells none."""
    try:
        return Message.model_validate_json(data).v
    except (ValidationError, RecursionError):
        return VERSION


def _need_near(version: int) -> None:
    if abs(version - VERSION) > 1:
        raise OtherVersion(
            f"The other side of the lab speaks version {version} of its words, this one {VERSION}. "
            "Bring hub and bench to the same version of this program.",
            hint="Update the older one of the two.",
        )
