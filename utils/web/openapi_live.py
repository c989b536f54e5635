"""The page Live's share of the OpenAPI document."""

from __future__ import annotations

from utils.web.live import IntervalBody, MarkerBody
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    Operation,
    Part,
    Schema,
    list_of,
    object_of,
    or_null,
    ref,
)

_MARKER: Schema = object_of(id=COUNT, at=COUNT, note=STRING)
_LIMIT = object_of(value=NUMBER, verdict=STRING, label=STRING)
_SERIES = object_of(key=STRING, label=STRING, limits=list_of(_LIMIT))
_COLUMNS: Schema = {"type": "object", "additionalProperties": list_of(or_null(NUMBER))}

PART = Part(
    operations=(
        Operation(
            "get", "/api/v1/live", "live_state",
            "What is sampled and how often, with charts, counters and markers. state: off (nobody looks), "
            "waiting (for the device; why says what for) or on. Sampling begins with a stream's ?feed=live.",
            {200: "Live"},
        ),
        Operation(
            "get", "/api/v1/live/samples", "live_samples",
            "The samples of the last hour, after a number, as columns: at in ms since 1970; null is not said.",
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
    ),
    schemas={
        "LiveMarker": _MARKER,
        "Live": object_of(
            state={"type": "string", "enum": ["off", "waiting", "on"]},
            why=STRING,
            interval_s=NUMBER,
            device=or_null(ref("LabelledDevice")),
            last_seq=COUNT,
            charts=list_of(
                object_of(
                    id=STRING, title=STRING, unit=STRING, most=or_null(NUMBER), decimals=COUNT, series=list_of(_SERIES)
                )
            ),
            counters=list_of(object_of(key=STRING, label=STRING, group=STRING, gauge=BOOLEAN, alarm=BOOLEAN)),
            markers=list_of(_MARKER),
        ),
        "LiveSamples": object_of(
            seq=list_of(COUNT),
            at=list_of(COUNT),
            gaps={"type": "object", "additionalProperties": STRING},
            values=_COLUMNS,
            counts=_COLUMNS,
        ),
    },
    parameters={
        "after": {
            "name": "after",
            "in": "query",
            "description": "Number of the last one that is known already.",
            "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
        },
    },
)  # fmt: skip
