"""Frames taken by `v4l2-ctl --stream-mmap` from each camera -> who delivered.

Text: "camera /dev/video0 NAME", then v4l2-ctl's own output (one "<" a frame, now and then "29.97 fps"),
then "exit N"; at last "end of frames". {camera_count, working_count, cameras: [{node, name, frames, fps,
exit_status, outcome, message}]}. outcome: "frames" (v4l2-ctl ended well), "few-frames" (it was stopped),
"no-frames", "busy", "error", "closed" (behind a line "not opened" stands why it could not be asked); None
where other text is mixed in.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of frames"
_CAMERA = re.compile(r"^camera (?P<node>/dev/video\d+) ?(?P<name>.*)$")
_EXIT = re.compile(r"^exit (?P<status>\d+)$")
_FPS = re.compile(r"(\d+\.\d+) fps")
_OWN = re.compile(r"^[<\s]*(?:\d+(?:\.\d+)? fps.*)?$|VIDIOC_|v4l2|(?i:buffer|drop|warning)")
_STOPPED = {124, 137, 143}
READS = "camera_count working_count cameras[node name frames fps exit_status outcome message]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    cameras: list[dict[str, Any]] = []
    said: list[str] = []
    for line in listed(stdout, stderr, exit_status, end=END):
        camera, ended = _CAMERA.match(line), _EXIT.match(line)
        if camera:
            cameras.append({"node": camera["node"], "name": camera["name"] or "camera"})
            said = []
        elif not cameras:
            raise Undecided(
                f"The output is not what this command prints; it begins: {line[:120]}", Cause.GARBAGE
            )
        elif ended:
            cameras[-1].update(_outcome(said, int(ended["status"])))
        else:
            said.append(line)
    if any("outcome" not in camera for camera in cameras):
        raise Undecided("The output is cut off: a camera's test has no end.", Cause.CUT_OFF)
    working = sum(camera["outcome"] == "frames" for camera in cameras)
    return {"camera_count": len(cameras), "working_count": working, "cameras": cameras}


def _outcome(said: list[str], status: int) -> dict[str, Any]:
    text = "\n".join(said)
    frames = sum(line.count("<") for line in said if re.match(r"^[<\s]*(?:<|\d)", line))
    rates = _FPS.findall(text)
    words = [line.lstrip("< ") for line in said if re.search(r"(?i)returned -1|fail|cannot|error|busy", line)]
    outcome: str | None
    if frames and status == 0:
        outcome = "frames" if all(map(_OWN.search, said)) else None
    elif re.search(r"(?i)resource busy", text):
        outcome = "busy"
    elif said and said[0] == "not opened":
        outcome = "closed"
    elif frames:
        outcome = "few-frames"
    else:
        outcome = "no-frames" if status in _STOPPED or status == 0 else "error"
    stopped = "it was stopped before it ended" if status in _STOPPED else f"it ended with status {status}"
    return {
        "frames": frames,
        "fps": float(rates[-1]) if rates else None,
        "exit_status": status,
        "outcome": outcome,
        "message": words[0][:200] if words else stopped,
    }
