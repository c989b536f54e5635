"""The page Live's share of the OpenAPI document."""

from __future__ import annotations

from utils.web import bodies
from utils.web.live import IntervalBody, MarkerBody
from utils.web.recordings import RecordingBody
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    Operation,
    Part,
    Schema,
    list_of,
    number_asked,
    object_of,
    or_null,
    ref,
)

_MARKER: Schema = object_of(id=COUNT, at=COUNT, note=STRING)
_LIMIT = object_of(value=NUMBER, verdict=STRING, label=STRING)
_SERIES = object_of(key=STRING, label=STRING, limits=list_of(_LIMIT))
_CHART = object_of(
    id=STRING, title=STRING, unit=STRING, most=or_null(NUMBER), decimals=COUNT, series=list_of(_SERIES)
)
_COUNTER = object_of(key=STRING, label=STRING, group=STRING, gauge=BOOLEAN, alarm=BOOLEAN, words=STRINGS)
_COLUMNS: Schema = {"type": "object", "additionalProperties": list_of(or_null(NUMBER))}

PART = Part(
    operations=(
        Operation(
            "get", "/api/v1/live", "live_state",
            "What is sampled and how often, with charts, counters and markers. state: off (nobody looks), "
            "waiting (for the device; why says what for) or on. Sampling begins with a stream's ?feed=live; "
            "with ?feed=wiggle beside it, samples come at least twice a second.",
            {200: "Live"},
        ),
        Operation(
            "get", "/api/v1/live/samples", "live_samples",
            "The samples of the last hour, after a number, as columns. at: ms since 1970; null: not said.",
            {200: "LiveSamples"}, extra=("after",),
        ),
        Operation(
            "post", "/api/v1/live/interval", "live_interval", "Sample at another interval, for all pages.",
            {200: "Live"}, IntervalBody,
        ),
        Operation(
            "post", "/api/v1/live/markers", "live_marker", "Note something at this moment.",
            {201: "LiveMarker"}, MarkerBody,
        ),
        Operation(
            "get", "/api/v1/live/recordings", "list_recordings", "All recordings, the newest first.",
            {200: "Recordings"},
        ),
        Operation(
            "post", "/api/v1/live/recordings", "start_recording",
            "Record samples on the laptop, whether somebody looks or not. One at a time.",
            {201: "Recording"}, RecordingBody, also=(409,),
        ),
        Operation(
            "post", "/api/v1/live/recordings/{recording_id}/stop", "stop_recording", "End it now.",
            {200: "Recording"}, bodies.EmptyBody,
        ),
        Operation(
            "get", "/api/v1/live/recordings/{recording_id}", "get_recording", "What happened in it so far.",
            {200: "Recording"},
        ),
        Operation(
            "get", "/api/v1/live/recordings/{recording_id}/report", "recording_report",
            "The outcome with its charts, as one HTML file that needs nothing else.",
            {200: "html"},
        ),
    ),
    schemas={
        "LiveMarker": _MARKER,
        "Recordings": object_of(running=STRING, recordings=STRINGS),
        "Recording": object_of(
            recording=STRING,
            started_at=STRING,
            planned_s=NUMBER,
            device=STRING,
            ended=STRING,
            ended_words=STRING,
            verdict=STRING,
            sentence=STRING,
            lines=list_of(object_of(label=STRING, value=STRING, verdict=STRING, limit=STRING)),
            recorded_s=NUMBER,
            missed_s=NUMBER,
            samples=COUNT,
        ),
        "Live": object_of(
            revision=COUNT,
            state={"type": "string", "enum": ["off", "waiting", "on"]},
            why=STRING,
            interval_s=NUMBER,
            device=or_null(ref("LabelledDevice")),
            history=STRING,
            last_seq=COUNT,
            charts=list_of(_CHART),
            counters=list_of(_COUNTER),
            markers=list_of(_MARKER),
        ),
        "LiveSamples": object_of(
            history=STRING,
            seq=list_of(COUNT),
            at=list_of(COUNT),
            gaps={"type": "object", "additionalProperties": STRING},
            values=_COLUMNS,
            counts=_COLUMNS,
        ),
    },
    parameters={"after": number_asked("after", "Number of the last one that is known already.")},
)  # fmt: skip
