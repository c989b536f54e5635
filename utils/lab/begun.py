"""What a call began at its bench: a check-up or a recording, told in the same words."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Literal, Protocol

from utils.bench.bay import Bay
from utils.bench.runs import Checkup
from utils.lab.wire import Call
from utils.model.results import Device, Verdict

if TYPE_CHECKING:
    from utils.live.recordings.recorder import Recording

log = logging.getLogger(__name__)

BeganState = Literal["running", "finished", "interrupted"]


class WorkBegun(Protocol):
    """One of them. id: of the check-up or the recording."""

    @property
    def id(self) -> str:
        """As its record has it."""

    @property
    def state(self) -> BeganState:
        """The same word as its record will have, whichever of the two comes first."""

    @property
    def verdict(self) -> Verdict | None:
        """None while it runs."""


class BegunCheckup:
    """A check-up. Its id is that of its call: so the hub knows its record, whatever was lost between."""

    def __init__(self, bay: Bay, call: Call, device: Device) -> None:
        """Begin it. Busy, UnknownDiagnostic, BadRequest."""
        self._checkup: Checkup = bay.runner.start_checkup(
            call.diagnostics, who=f"hub: {call.who}", board=device, name=call.id
        )
        self.id = self._checkup.id
        self._ended: BeganState | None = None

    @property
    def state(self) -> BeganState:
        if self._ended is None and self._checkup.finished:  # the hub hears of it each second
            self._ended = "interrupted" if self._checkup.outcome().cut_short else "finished"
        return self._ended or "running"

    @property
    def verdict(self) -> Verdict | None:
        return self._checkup.verdict


class BegunRecording:
    """A recording of this board alone. Beginning and end are in the audit log, and so in the history."""

    def __init__(self, bay: Bay, call: Call, device: Device) -> None:
        """Begin it. RecordingRuns, RecordingNotWritable."""
        self._bay, self._call, self._device = bay, call, device
        self._minutes = call.minutes or 1.0
        self._told = threading.Event()
        self.state: BeganState = "running"
        self.verdict: Verdict | None = None
        self.id = bay.recorder.start(self._minutes * 60, board=device.device_id, then=self._ended)
        self._note()
        self._told.set()

    def _ended(self, name: str) -> None:
        """In a thread of the recorder's own: judging hours of samples takes seconds."""
        self._told.wait()
        ended = "interrupted"
        verdict = Verdict.UNKNOWN
        try:
            found = self._bay.recorder.read(name)
            ended, verdict = found.ended, _judged(self._bay, found)
        except Exception:  # a bug of ours must not leave a recording that never ends
            log.exception("Judging the recording %s failed inside this program", name)
        self._note(ended=ended, verdict=verdict.value)
        self.verdict = verdict
        self.state = "finished" if ended == "finished" else "interrupted"

    def _note(self, **more: str) -> None:
        self._bay.runner.audit.write(
            "recording", who=f"hub: {self._call.who}", device=self._device.label,
            device_id=self._device.device_id, bay=self._bay.id, recording=self.id, minutes=self._minutes,
            call=self._call.id, **more,
        )  # fmt: skip


def _judged(bay: Bay, found: Recording) -> Verdict:
    from utils.live.recordings.soak import judge_soak

    return judge_soak(
        found.samples, found.described, bay.judging, planned_s=found.planned_s, reboots=found.reboots,
        ended_at=found.ended_at,
    ).verdict  # fmt: skip
