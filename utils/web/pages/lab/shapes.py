"""What the lab's routes answer, for the API document."""

from __future__ import annotations

from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    VERDICT,
    list_of,
    number_asked,
    object_of,
    or_null,
    ref,
    shape,
)

CALL = shape(
    "LabCall",
    object_of(
        call=STRING,
        bench=STRING,
        bay=STRING,
        device_id=STRING,
        at=STRING,
        state=STRING,
        answer=or_null(STRING),
        told=STRING,
        checkup=or_null(STRING),
        verdict=or_null(VERDICT),
    ),
)
CALLS = shape("LabCalls", object_of(calls=list_of(ref("LabCall"))))
BAY = shape(
    "LabBay",
    object_of(
        id=STRING,
        place=STRING,
        board=or_null(STRING),
        device_id=or_null(STRING),
        model=STRING,
        tags=STRINGS,
        since=STRING,
        link=object_of(tone=STRING, icon=STRING, word=STRING),
        verdict=or_null(VERDICT),
        badge=object_of(icon=STRING, word=STRING),
        last=or_null(object_of(verdict=VERDICT, word=STRING, checked_at=or_null(STRING))),
        running=or_null(STRING),
        done=COUNT,
        total=COUNT,
        call=or_null(ref("LabCall")),
        gone=or_null(object_of(device_id=STRING, board=STRING)),
    ),
)
BENCH = shape(
    "LabBench",
    object_of(
        id=STRING,
        here=BOOLEAN,
        refused=STRING,
        heard=or_null(STRING),
        program=or_null(STRING),
        clock_offset_s=or_null(NUMBER),
        waiting=COUNT,
        parked=COUNT,
        places=STRINGS,
        bays=list_of(ref("LabBay")),
    ),
)
ERRAND = shape(
    "LabErrand",
    object_of(
        errand=STRING,
        device_id=STRING,
        board=STRING,
        who=STRING,
        at=STRING,
        until=STRING,
        state=STRING,
        told=STRING,
        checkup=or_null(STRING),
    ),
)
SINCE = {
    "name": "since",
    "in": "query",
    "description": "The version of an answer that is known: only what changed after it.",
    "schema": {"type": "string", "maxLength": 64},
}
FROM = number_asked("from", "Which board is the first one that is told; 0 (default): the worst.")
FLEET = object_of(checkup=STRING, total=COUNT, done=COUNT, refused=COUNT, unknown=COUNT)
MATRIX = shape(
    "LabMatrix",
    object_of(
        matrix=or_null(ref("Matrix")),
        first=COUNT,
        left_out=COUNT,
        boards={"type": "object", "additionalProperties": STRING},
        checkups={"type": "object", "additionalProperties": STRING},
    ),
)
LAB = shape(
    "Lab",
    object_of(
        version=STRING,
        whole=BOOLEAN,
        order=STRINGS,
        connected=BOOLEAN,
        not_kept=or_null(STRING),
        benches=list_of(ref("LabBench")),
        errands=list_of(ref("LabErrand")),
        fleet=or_null(FLEET),
    ),
)
