"""What a bench does not know, does not keep or does not do: runs, logs, recordings, replays, terminals."""

from __future__ import annotations

from utils.errors.base import V3Error


class UnknownDiagnostic(V3Error):
    code = "unknown-diagnostic"
    default_message = "There is no such diagnostic."
    default_hint = "Look for its id in the list of all diagnostics."
    for_scripts = "GET /api/v1/diagnostics lists all of them."


class UnknownRun(V3Error):
    code = "unknown-run"
    default_message = "There is no such run, or it is so old that it was forgotten."
    default_hint = "Start it again."


class UnknownDevice(V3Error):
    code = "unknown-device"
    default_message = "There is no board of this identity."
    default_hint = "Look at the list of boards."
    for_scripts = "GET /api/v1/devices lists all of them."


class UnknownCase(V3Error):
    code = "unknown-case"
    default_message = "There is no such case."
    default_hint = "Look at the cases on the board's page."
    for_scripts = "GET /api/v1/devices/<device_id>/cases lists them."


class UnknownBay(V3Error):
    code = "unknown-bay"
    default_message = "There is no such bay on this bench."
    default_hint = "Choose one of the bays that the bench shows."
    for_scripts = "GET /api/v1/bays lists all of them."


class UnknownSwapTest(V3Error):
    code = "unknown-swap-test"
    default_message = "This swap test is not known any more: the program was restarted, or it is very old."
    default_hint = "Begin another one."


class UnknownLog(V3Error):
    code = "unknown-log"
    default_message = "This log is no longer open."
    default_hint = "Open it again."
    for_scripts = "POST /api/v1/logs opens it."


class UnknownRecording(V3Error):
    code = "unknown-recording"
    default_message = "There is no such recording."
    default_hint = "Choose one from the list of recordings."
    for_scripts = "GET /api/v1/live/recordings lists all of them."


class UnknownWiggle(V3Error):
    code = "unknown-wiggle"
    default_message = "This wiggle test is not known any more: the program was restarted, or it is very old."
    default_hint = "Start another one."


class RecordingRuns(V3Error):
    code = "recording-runs"
    default_message = "A recording is running already."
    default_hint = "Stop it, or wait for its end."


class RecordingNotWritable(V3Error):
    code = "recording-not-writable"
    default_message = "The recording cannot be written on this laptop."
    default_hint = "Make room on its disk, or choose another folder with V3_DATA_DIR."


class NotKept(V3Error):
    code = "not-kept"
    default_message = "This laptop cannot keep it: there is no data folder."
    default_hint = "Set V3_DATA_DIR to a folder that this user can write to, and start the program again."


class ReplayOnly(V3Error):
    code = "replay"
    default_message = "This is a replay of a bundle: there is no board behind it."
    default_hint = "Look at its check-up, logs and recordings. For anything else, plug in the board."


class NoMetrics(V3Error):
    code = "no-metrics"
    default_message = "This program is no part of a lab, so there are no metrics of it."
    default_hint = "Ask a hub (--hub) or a bench that joined one (--join)."


class TerminalOff(V3Error):
    code = "terminal-off"
    default_message = "The terminal is switched off on this laptop."
    default_hint = "Set V3_TERMINAL=true and start the program again."


class NoBrowser(V3Error):
    code = "no-browser"
    default_message = "There is no Chromium, Chrome or Edge on this laptop that could print the report."
    default_hint = "Save the report as HTML, open it in any browser, and print it to a PDF file there."


class UnknownTerminal(V3Error):
    code = "unknown-terminal"
    default_message = "There is no such terminal: it was closed, or the program was started again."
    default_hint = "Open a new one."


class TerminalsFull(V3Error):
    code = "terminals-full"
    default_message = "Too many terminals are open."
    default_hint = "Close one of them first."


class TerminalOver(V3Error):
    """details: state (lost, ended, or open when another shell is in it now)."""

    code = "terminal-over"
    default_message = "This shell is gone. Nothing was typed."
    default_hint = "Press “Reconnect” for a new shell in the same tab."


class InputNotTaken(V3Error):
    code = "input-not-taken"
    default_message = "The program in the terminal does not read. A part of what was typed may have arrived."
    default_hint = "Wait for the program, or press Ctrl+C there; then type it again."


class InputGap(V3Error):
    """details: expected (the number that would have been next)."""

    code = "input-gap"
    default_message = "Something typed before this did not arrive. Nothing was typed."
    default_hint = "Look at the line before you press Enter."
