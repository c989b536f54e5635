"""The soak recorder's API: start, stop, list, outcome, and the report as one file that needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, render_template

from utils.errors import BadRequest
from utils.laptop import browser
from utils.model.results import to_json
from utils.model.roles import Role
from utils.model.words import VERDICTS
from utils.web.bodies import EmptyBody, read
from utils.web.context import bay, context
from utils.web.page import Page
from utils.web.pages.recordings.bodies import RecordingBody
from utils.web.report_fields import ASKED, FORMAT, css_string, fields_given, format_given, moment, saved
from utils.web.schema import (
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    VERDICT,
    describe,
    list_of,
    object_of,
    or_null,
    shape,
)
from utils.web.security import who
from utils.web.within import chart_colours

if TYPE_CHECKING:
    from utils.live.recordings.recorder import Recording
    from utils.live.recordings.soak import SoakOutcome

recordings = Blueprint("recordings", __name__)
PAGE = Page(recordings)
V1 = "/api/v1/live/recordings"

RECORDINGS = shape(
    "Recordings",
    object_of(
        running=STRING,
        recordings=STRINGS,
        boards=list_of(object_of(device_id=or_null(STRING), label=STRING, recordings=STRINGS)),
    ),
)
RECORDING = shape(
    "Recording",
    object_of(
        recording=STRING,
        started_at=STRING,
        planned_s=NUMBER,
        device=STRING,
        ended=STRING,
        ended_words=STRING,
        verdict=VERDICT,
        sentence=STRING,
        lines=list_of(object_of(label=STRING, value=STRING, verdict=VERDICT, limit=STRING, next_step=STRING)),
        recorded_s=NUMBER,
        missed_s=NUMBER,
        samples=COUNT,
    ),
)
_ENDED = {
    "": "It is still running.",
    "finished": "Completed.",
    "stopped": "It was stopped before its end.",
    "device-changed": "It ended when another device was plugged in.",
    "disk-full": "It ended when it could not be written any more: the laptop's disk may be full.",
    "interrupted": "It ended when the program ended.",
}


@recordings.get(V1)
@describe({200: RECORDINGS}, least=Role.VIEWER)
def list_recordings() -> Response:
    """All recordings, the newest first, and by the board that they are of."""
    from utils.live.recordings.whose import shelves

    recorder, door = bay().recorder, bay().door
    named = recorder.boards()
    try:
        found = shelves(named, door.known_devices(), door.ids_of)
    except BadRequest:  # the list of known devices is broken: each recording still names its board
        found = shelves(named, [], lambda only: (only,))
    boards = [asdict(shelf) for shelf in found]
    return jsonify({"running": recorder.running, "recordings": list(named), "boards": boards})


@recordings.post(V1)
@describe({201: RECORDING}, RecordingBody, also=(409,), least=Role.TECHNICIAN)
def start_recording() -> tuple[Response, int]:
    """Begin one.

    One at a time; samples are recorded on the laptop, whether somebody looks or not.
    """
    body = read(RecordingBody)
    name = bay().recorder.start(body.minutes * 60)
    context().audit.write("recording", who=who(), bay=bay().id, recording=name, minutes=body.minutes)
    return _facts(name), 201


@recordings.post(f"{V1}/<recording_id>/stop")
@describe({200: RECORDING}, EmptyBody, least=Role.TECHNICIAN)
def stop_recording(recording_id: str) -> Response:
    """End it before its time."""
    read(EmptyBody)
    bay().recorder.stop(recording_id)
    return _facts(recording_id)


@recordings.get(f"{V1}/<recording_id>")
@describe({200: RECORDING}, least=Role.VIEWER)
def get_recording(recording_id: str) -> Response:
    """What happened in it so far."""
    return _facts(recording_id)


@recordings.get(f"{V1}/<recording_id>/report")
@describe({200: "file"}, asks=(FORMAT, *ASKED), also=(503,), least=Role.VIEWER)
def recording_report(recording_id: str) -> Response:
    """The outcome with its charts, as a file that needs nothing else: HTML or PDF.

    PDF is printed by a Chromium or Edge of this laptop; no-browser (503) where there is none.
    """
    form = format_given("html", "pdf")
    found = bay().recorder.read(recording_id)
    page = _page(found)
    if form == "pdf":
        with context().slots.waiting():
            return saved(browser.as_pdf(page), form, f"v3-soak-{_label(found)}-{found.id}")
    return saved(page, form, f"v3-soak-{_label(found)}-{found.id}")


def _page(found: Recording) -> str:
    from utils.live.recordings.picture import draw, ticks

    charts = [draw(chart, found.samples, found.markers) for chart in found.described["charts"]]
    when = moment(found.started_at)
    return render_template(
        "recordings/report.html",
        recording=found,
        outcome=_outcome(found),
        ended=_ENDED.get(found.ended, found.ended),
        verdicts=VERDICTS,
        pictures=[picture for picture in charts if picture],
        colours=chart_colours(),
        ticks=ticks(found.samples),
        fields=fields_given(),
        foot=css_string(f"{_label(found)} · {when}"),
        when=when,
    )


def _label(found: Recording) -> str:
    return str((found.device or {}).get("label", "device"))


def _facts(name: str) -> Response:
    found = bay().recorder.read(name)
    outcome = _outcome(found)
    facts: dict[str, Any] = {
        "recording": found.id,
        "started_at": found.started_at,
        "planned_s": found.planned_s,
        "device": (found.device or {}).get("label", ""),
        "ended": found.ended,
        "ended_words": _ENDED.get(found.ended, found.ended),
        **to_json(asdict(outcome)),
    }
    return jsonify(facts)


def _outcome(found: Recording) -> SoakOutcome:
    """Judged by the limits for the device at hand, which is the recorded one unless it was changed."""
    from utils.live.recordings.soak import judge_soak

    return judge_soak(
        found.samples,
        found.described,
        bay().judging,
        planned_s=found.planned_s,
        reboots=found.reboots,
        ended_at=found.ended_at,
    )
