"""The shapes of the core's answers: runs, check-ups, the catalogue, the state. Pure."""

from __future__ import annotations

from utils.judging.catalogue.models import Category, Effect
from utils.model.results import Verdict
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    FACTS,
    NUMBER,
    STRING,
    STRINGS,
    VERDICT,
    Schema,
    enum_of,
    list_of,
    number_asked,
    object_of,
    optional,
    or_null,
    ref,
    shape,
)

_STATE: Schema = {"type": "string", "enum": ["running", "finished"]}
_STATE_KEPT: Schema = {"type": "string", "enum": ["running", "finished", "interrupted"]}
_HOW = {"type": "string", "enum": ["complete", "cancelled", "interrupted", "not-started"]}
_ENDED: Schema = {
    **or_null(_HOW),
    "description": "How the check-up ended, the same word in every answer; null while it runs.",
}
_MAP_OF_STRINGS: Schema = {"type": "object", "additionalProperties": STRING}

_COUNTS = object_of(**{verdict.value: COUNT for verdict in Verdict})
CAUSE = shape("Cause", object_of(code=STRING, message=STRING, hint=STRING, retryable=BOOLEAN, details=FACTS))
"""An error, as everything that carries one tells it."""
_NOT_KEPT = or_null(ref("Cause"))
"""Why the history lacks it; null where it has it."""

_DIFFERENCES = list_of(
    object_of(
        diagnostic=STRING,
        what=STRING,
        change={"enum": ["worse", "gone", "new", "not-looked-at", "changed", "better"]},
        before=STRING,
        after=STRING,
        because={"enum": ["device", "limit", "rule", "not-looked-at"]},
    )
)
_SINCE = or_null(
    object_of(
        against=object_of(
            checkup=STRING, started_at=STRING, kind={"enum": ["last-good", "previous", "recorded"]}
        ),
        device_id=or_null(STRING),
        summary=STRING,
        differences=_DIFFERENCES,
    )
)
COMPARISON = shape(
    "Comparison",
    object_of(
        summary=STRING,
        differences=_DIFFERENCES,
        before=STRING,
        after=STRING,
        compared=COUNT,
        ignored=STRINGS,
    ),
)
COMPARE_A: Schema = {
    "name": "a",
    "in": "query",
    "description": "A check-up's id.",
    "schema": {"type": "string", "maxLength": 64},
}
COMPARE_B: Schema = {
    "name": "b",
    "in": "query",
    "description": "What to compare it with: another check-up's id, last-good or golden.",
    "schema": {"type": "string", "maxLength": 64},
}

_WHAT_IS_YOURS: dict[str, Schema] = {
    "own": STRINGS,
    "profiles": list_of(object_of(name=STRING, note=STRING)),
    "profile": or_null(STRING),
    "signatures": COUNT,
    "problems": STRINGS,
}

PROBLEM = shape(
    "Problem",
    object_of(
        type=STRING,
        title=STRING,
        status={"type": "integer"},
        detail=STRING,
        code=STRING,
        hint=STRING,
        hint_for_scripts=STRING,
        retryable=BOOLEAN,
        details=FACTS,
    ),
)
OPENAPI = shape(
    "OpenApi",
    object_of(
        openapi=STRING,
        info=FACTS,
        paths=FACTS,
        components=FACTS,
        security=list_of(FACTS),
    ),
)
HEALTH = shape("Health", object_of(status={"const": "ok"}))
READY = shape(
    "Ready",
    object_of(
        ready=BOOLEAN,
        reasons=list_of(object_of(code=STRING, message=STRING)),
        hub=or_null(object_of(connected=BOOLEAN, code=or_null(STRING))),
    ),
)
DIAGNOSTIC = shape(
    "Diagnostic",
    object_of(
        id=STRING,
        title=STRING,
        category=enum_of(Category),
        command=STRING,
        why=STRING,
        next_step=STRING,
        timeout=NUMBER,
        effect=enum_of(Effect),
        root=BOOLEAN,
        slow=BOOLEAN,
        active=BOOLEAN,
        laptop_clock=BOOLEAN,
        related=STRINGS,
        origin=STRING,
        checks=COUNT,
    ),
)
DIAGNOSTICS = shape("Diagnostics", object_of(diagnostics=list_of(ref("Diagnostic")), **_WHAT_IS_YOURS))
CATALOGUE_FACTS = shape("CatalogueFacts", object_of(diagnostics=COUNT, **_WHAT_IS_YOURS))
NORMAL_COUNT = shape("NormalCount", object_of(lines=COUNT))
NORMAL_LINES = shape(
    "NormalLines",
    object_of(device_id=STRING, lines=list_of(object_of(shape=STRING, line=STRING, who=STRING, at=STRING))),
)
DEVICES = shape("Devices", object_of(devices=list_of(ref("KnownDevice")), trouble=_NOT_KEPT))
NICKNAME = shape("Nickname", object_of(device_id=STRING, nickname=STRING))
FORGOTTEN = shape("Forgotten", object_of(device_id=STRING))
CHECKUPS = shape(
    "Checkups",
    object_of(
        checkups=list_of(
            object_of(
                checkup=STRING,
                bay=STRING,
                state=_STATE_KEPT,
                ended=_ENDED,
                verdict=VERDICT,
                counts=_COUNTS,
                cancelled=BOOLEAN,
                started_at=STRING,
                duration_s=NUMBER,
                who=STRING,
                device=or_null(STRING),
                bench=or_null(STRING),
                bench_ahead_s=or_null(NUMBER),
                program=STRING,
                profile=STRING,
                measured={"type": "object", "additionalProperties": NUMBER},
            )
        )
    ),
)
MANIFEST = shape(
    "Manifest",
    object_of(
        profile=STRING,
        file=STRING,
        checkups=COUNT,
        parts=list_of(object_of(diagnostic=STRING, name=STRING, seen=COUNT, looked=COUNT, remark=STRING)),
    ),
)
GOLDEN = shape("Golden", object_of(checkup=STRING, golden=BOOLEAN))
HAPPENINGS = shape(
    "Happenings",
    object_of(
        happenings=list_of(
            object_of(
                kind={"enum": ["recording", "action", "swap", "link-loss"]},
                at=STRING,
                bay=STRING,
                who=STRING,
                facts=FACTS,
            )
        )
    ),
)
SEARCH: Schema = {
    "name": "search",
    "in": "query",
    "description": "Words of a name, model, serial number or id.",
    "schema": {"type": "string", "maxLength": 200},
}
BEFORE: Schema = {
    "name": "before",
    "in": "query",
    "description": "A check-up's id: only what is older.",
    "schema": {"type": "string", "maxLength": 64},
}
LIMIT = number_asked("limit", "How many at most, 1 to 200; 20 unless told.")
LADDER = shape("Ladder", object_of(rungs=list_of(ref("Rung"))))
RUN = shape(
    "Run",
    object_of(
        run=STRING,
        diagnostic=STRING,
        title=STRING,
        checkup=or_null(STRING),
        state=_STATE,
        started_at=STRING,
        result=or_null(ref("Result")),
        not_kept=_NOT_KEPT,
    ),
)
RESULT_TEXT = shape("ResultText", object_of(text=STRING))
RUN_ACCEPTED = shape("RunAccepted", object_of(run=STRING, diagnostic=STRING, events=STRING))
_OUTCOME = object_of(
    code={"type": "string", "enum": ["running", "complete", "cancelled", "interrupted", "not-started"]},
    verdict=VERDICT,
    title=STRING,
    line=STRING,
    rest=STRINGS,
    exit_status=COUNT,
)
_PART = object_of(
    title=STRING,
    checkup=or_null(STRING),
    state={"type": "string", "enum": ["running", "finished", "not started"]},
    ended=_ENDED,
    cause=or_null(ref("Cause")),
    verdict=or_null(VERDICT),
    device=or_null(STRING),
    device_id=or_null(STRING),
    duration_s=or_null(NUMBER),
    counts=_COUNTS,
    outcome=or_null(_OUTCOME),
    pending=STRINGS,
    verdicts={"type": "object", "additionalProperties": VERDICT},
)
CHECKUP = shape(
    "Checkup",
    optional(
        "bays",
        {"type": "object", "additionalProperties": _PART},
        checkup=STRING,
        state=_STATE_KEPT,
        ended=_ENDED,
        started_at=STRING,
        duration_s=or_null(NUMBER),
        verdict=or_null(VERDICT),
        counts=_COUNTS,
        outcome=_OUTCOME,
        cancelled=BOOLEAN,
        diagnostics=STRINGS,
        runs=_MAP_OF_STRINGS,
        pending=STRINGS,
        results=list_of(ref("Result")),
        events=STRING,
        not_kept=_NOT_KEPT,
        since=_SINCE,
    ),
)
STATE = shape(
    "State",
    object_of(
        connection=ref("LinkStatus"),
        results=list_of(ref("ResultOfRun")),
        running=list_of(ref("RunStarted")),
        checkup=or_null(ref("CheckupState")),
        headline=ref("Headline"),
        last_event_id=COUNT,
        catalogue=STRING,
    ),
)
RUN_STARTED = shape(
    "RunStarted",
    object_of(run=STRING, diagnostic=STRING, title=STRING, started_at=STRING, checkup=or_null(STRING)),
)
CHECKUP_STATE = shape(
    "CheckupState",
    object_of(
        checkup=STRING,
        state=_STATE_KEPT,
        ended=_ENDED,
        started_at=STRING,
        duration_s=or_null(NUMBER),
        verdict=or_null(VERDICT),
        cancelled=BOOLEAN,
        diagnostics=STRINGS,
        pending=STRINGS,
        not_kept=_NOT_KEPT,
        since=_SINCE,
    ),
)
CHECKUP_ACCEPTED = shape(
    "CheckupAccepted",
    optional(
        "bays",
        {"type": "object", "additionalProperties": or_null(STRING)},
        checkup=STRING,
        events=STRING,
        diagnostics=STRINGS,
    ),
)

FEED: Schema = {
    "name": "feed",
    "in": "query",
    "description": "What else the stream carries; may come several times. Its events have no number.",
    "schema": {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 8},
}
WAIT: Schema = {
    "name": "wait",
    "in": "query",
    "description": "0: answer 202 at once; 1 (default): answer when the result is there.",
    "schema": {"type": "string", "enum": ["0", "1"]},
}
RESULTS: Schema = {
    **WAIT,
    "name": "results",
    "description": "0: leave the results out, which are most of it; 1 (default): with them.",
}
_USB = object_of(
    name=STRING,
    serial=STRING,
    vendor=STRING,
    speed_mbit_s=or_null(COUNT),
    interfaces=STRINGS,
    consoles=STRINGS,
    in_recovery=BOOLEAN,
    set_up=BOOLEAN,
    controller=or_null(object_of(name=STRING, used=COUNT, possible=COUNT)),
)
OTHERS = list_of(object_of(usb_port=STRING, name=STRING, vendor=STRING, interfaces=STRINGS))
"""USB network devices of other makers."""
BAYS = shape(
    "Bays",
    object_of(
        bays=list_of(
            object_of(
                id=STRING,
                title=STRING,
                usb_port=or_null(STRING),
                interface=or_null(STRING),
                state=STRING,
                device=or_null(ref("LabelledDevice")),
                verdict=or_null(VERDICT),
                checkup=or_null(STRING),
                expected=or_null(ref("LabelledDevice")),
                busy=BOOLEAN,
                error=or_null(ref("Cause")),
                usb=or_null(_USB),
            )
        ),
        others=OTHERS,
    ),
)
BAY: Schema = {
    "name": "bay",
    "in": "query",
    "description": "Only this bay's events; left out: those of all bays.",
    "schema": {"type": "string", "maxLength": 32},
}
LAST_EVENT_ID = number_asked(
    "Last-Event-ID",
    "Number of the last event seen; what came after it is sent first. 0: all there is.",
    place="header",
)
