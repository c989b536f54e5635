"""What the routes of campaigns answer, for the API document."""

from __future__ import annotations

from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    VERDICT,
    list_of,
    object_of,
    or_null,
    ref,
    shape,
)

_HEAD = {
    "campaign": STRING,
    "name": STRING,
    "who": STRING,
    "at": STRING,
    "until": STRING,
    "state": {"enum": ["running", "stopped", "finished", "ended", "expired"]},
    "word": STRING,
    "told": STRING,
    "stopped_at": or_null(STRING),
    "boards": COUNT,
    "through": COUNT,
    "answered": COUNT,
    "faults": COUNT,
    "runs": COUNT,
}
_WHERE = {
    "state": STRING,
    "verdict": or_null(VERDICT),
    "told": STRING,
    "bench": or_null(STRING),
    "bay": or_null(STRING),
    "call": or_null(STRING),
    "record": or_null(STRING),
    "at": or_null(STRING),
    "ended_at": or_null(STRING),
}
HEADLINE = shape("CampaignHeadline", object_of(**_HEAD))
CAMPAIGNS = shape("Campaigns", object_of(campaigns=list_of(ref("CampaignHeadline"))))
PIECE = shape("CampaignPiece", object_of(**_WHERE, icon=STRING, word=STRING, recording=BOOLEAN, kept=BOOLEAN))
BOARD = shape(
    "CampaignBoard", object_of(device_id=STRING, board=STRING, pieces=list_of(ref("CampaignPiece")))
)
CAMPAIGN = shape(
    "Campaign",
    object_of(
        **_HEAD,
        limit=NUMBER,
        at_unknown=BOOLEAN,
        leave_out=BOOLEAN,
        by=STRING,
        steps=list_of(object_of(kind=STRING, told=STRING)),
        waves=list_of(object_of(wave=COUNT, boards=list_of(ref("CampaignBoard")))),
    ),
)
