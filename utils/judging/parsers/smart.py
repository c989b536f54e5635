"""smartctl -a -j, nvme smart-log -o json, or their text -> the health of each drive.

{protocol, critical_warning, warnings[], percentage_used, temperature_celsius, available_spare,
available_spare_threshold, media_errors, unsafe_shutdowns, power_on_hours, smart_passed, bad_sectors, device,
model, overview, drives[], unreadable}: of the drive in the worst state; drives[] holds all in the same form;
unreadable says why another drive gave no data, or None. A line "drive /dev/nvme0" may stand before each
drive. Where nothing follows it, that drive did not answer. Percentages in %, temperature in °C
(nvme prints Kelvin), None for what is not said. protocol is "NVMe", "ATA", "SCSI" or None. Of a disk that is
no NVMe drive, only smart_passed and bad_sectors are judged; critical_warning is None. bad_sectors counts
reallocated, pending and uncorrectable sectors and grown defects.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from utils.errors import Cause, NotApplicable, ParseError, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_BITS = (
    "spare blocks are below the drive's threshold",
    "temperature outside the drive's limits",
    "reliability is degraded",
    "the drive went read-only",
    "the backup of its volatile memory failed",
    "its persistent memory region went read-only",
)
_BAD_SECTOR_ATTRIBUTES = (5, 197, 198)
_KELVIN_FROM = 200  # no drive runs at 200 degrees Celsius, none below -73
_BESIDE_KELVINS = re.compile(r"\((\d{3}) K(?:elvin)?\)")
_NAMES = {
    "percentage_used": ("percentage_used", "percent_used"),
    "available_spare": ("available_spare", "avail_spare"),
    "available_spare_threshold": ("available_spare_threshold", "spare_thresh"),
    "media_errors": ("media_errors", "media_and_data_integrity_errors"),
    "unsafe_shutdowns": ("unsafe_shutdowns",),
    "power_on_hours": ("power_on_hours",),
}
_OBJECT = re.compile(r"(?m)^[ \t]*\{")
_BESIDE = re.compile(r"[ \t]*\{")
_TEXT_LINE = re.compile(r"(?m)^([A-Za-z](?:[\w ./-]*[\w./-])?)[ \t]*:[ \t]*+(\S(?:.*[^ \t\n])?)[ \t]*$")
_ASKED = re.compile(r"(?m)^drive (/dev/nvme\d{1,3})[ \t]*$")
_MESSAGE_GONE = re.compile(r"(?i)no such (?:device|file)|not found|unable to detect device type")
READS = (
    "protocol device model smart_passed critical_warning warnings temperature_celsius bad_sectors "
    "percentage_used available_spare available_spare_threshold media_errors unsafe_shutdowns "
    "power_on_hours overview drives[protocol device model smart_passed critical_warning warnings "
    "temperature_celsius bad_sectors percentage_used available_spare available_spare_threshold "
    "media_errors unsafe_shutdowns power_on_hours] unreadable"
)
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    unreadable: str | None = None
    if _OBJECT.search(text):
        drives, unreadable = _from_documents(text)
    elif re.search(r"(?m)^no NVMe drive$", text):
        raise NotApplicable("The device has no NVMe drive.")
    else:
        drives = [drive] if (drive := _from_text(text)) else []
    silent = _silent(text)
    if not drives:
        raise refuse("" if silent else stdout, stderr, exit_status)
    unreadable = unreadable or (f"{', '.join(silent)} did not answer." if silent else None)
    worst = max(drives, key=_badness)
    return {**worst, "overview": _overview(worst), "drives": drives, "unreadable": unreadable}


def _silent(text: str) -> list[str]:
    """The drives that were asked and of which no log came."""
    pieces = _ASKED.split(text)
    return [drive for drive, said in zip(pieces[1::2], pieces[2::2], strict=True) if "{" not in said]


def _from_documents(text: str) -> tuple[list[Reading], str | None]:
    """The drives, and why another one could not be read. Raises when none could."""
    drives: list[Reading] = []
    trouble: ParseError | None = None
    documents = _documents(text)
    while True:
        try:
            document = next(documents, None)
            if document is None:
                break
            drives.append(_from_json(document))
        except ParseError as exc:
            trouble = exc
    if trouble and not drives:
        raise trouble
    return drives, str(trouble) if trouble else None


def _documents(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects that begin a line; lines between them (warnings) are passed over."""
    decoder, at = json.JSONDecoder(), _OBJECT.search(text)
    while at:
        try:
            document, end = decoder.raw_decode(text, at.end() - 1)
        except (ValueError, RecursionError) as exc:
            raise Undecided("The JSON is cut off or damaged.", Cause.CUT_OFF) from exc
        yield document
        at = _BESIDE.match(text, end) or _OBJECT.search(text, end)


def _from_json(document: Mapping[str, Any]) -> Reading:
    log = document.get("nvme_smart_health_information_log")
    log = log if isinstance(log, Mapping) else document
    if "critical_warning" in log:
        return _nvme(log, document)
    if isinstance(document.get("smart_status"), Mapping) or _bad_sectors(document) is not None:
        return _other_disk(document)
    raise _without_data(document)


def _nvme(log: Mapping[str, Any], document: Mapping[str, Any]) -> Reading:
    warning = log["critical_warning"]
    bits = _number(warning.get("value") if isinstance(warning, Mapping) else warning)
    known = log.keys() & {name for names in _NAMES.values() for name in names}
    if bits is None or bits < 0 or not known:
        raise Undecided("The JSON holds no health log of an NVMe drive.", Cause.NOT_SAID)
    temperature = _kelvins(log.get("temperature"))
    spare_threshold = _first(log, "available_spare_threshold")
    numbers = {name: _first(log, name) for name in _NAMES}
    if _cannot_be(bits, temperature, numbers):
        raise Undecided(
            "Every value of the health log is zero or all ones: the drive was not read.", Cause.IMPLAUSIBLE
        )
    return {
        **_drive("NVMe", document),
        **numbers,
        "critical_warning": bits,
        "warnings": [text for bit, text in enumerate(_BITS) if bits >> bit & 1] or ["none"],
        "temperature_celsius": _celsius(temperature),
        # A drive that states no threshold states no spare either.
        "available_spare": numbers["available_spare"] if spare_threshold else None,
    }


def _cannot_be(bits: int, temperature: int | None, numbers: Mapping[str, int | None]) -> bool:
    """A drive at 0 kelvin with no spare block that was never switched on, or one of nothing but ones."""
    spare, cycles = numbers["available_spare"], numbers.get("power_cycles")
    zeros = not temperature and not spare and not cycles and not numbers["percentage_used"]
    return (bits == 0 and temperature is not None and zeros) or (bits == 0xFF and spare in (0xFF, None))


def _other_disk(document: Mapping[str, Any]) -> Reading:
    device = document.get("device")
    protocol = device.get("protocol") if isinstance(device, Mapping) else None
    drive = _drive(protocol if isinstance(protocol, str) else "unknown", document)
    if protocol == "NVMe" and drive["smart_passed"] is not False:
        raise Undecided("The JSON holds no health log of the NVMe drive.", Cause.NOT_SAID)
    temperature = document.get("temperature")
    current = temperature.get("current") if isinstance(temperature, Mapping) else None
    return {
        **drive,
        "temperature_celsius": _number(current),
        "bad_sectors": _bad_sectors(document),
    }


def _drive(protocol: str, document: Mapping[str, Any]) -> Reading:
    """A drive of which nothing is known yet but its name and its own verdict."""
    device, status = document.get("device"), document.get("smart_status")
    passed = status.get("passed") if isinstance(status, Mapping) else None
    return {
        "protocol": protocol,
        "device": device.get("name") if isinstance(device, Mapping) else None,
        "model": document.get("model_name"),
        "smart_passed": passed if isinstance(passed, bool) else None,
        "critical_warning": None,
        "warnings": None,
        "temperature_celsius": None,
        "bad_sectors": None,
        **dict.fromkeys(_NAMES),
    }


def _bad_sectors(document: Mapping[str, Any]) -> int | None:
    grown = _number(document.get("scsi_grown_defect_list"))
    attributes = document.get("ata_smart_attributes")
    table = attributes.get("table") if isinstance(attributes, Mapping) else None
    counts = [grown]
    for row in table if isinstance(table, list) else []:
        if isinstance(row, Mapping) and row.get("id") in _BAD_SECTOR_ATTRIBUTES:
            raw = row.get("raw")
            counts.append(_number(raw.get("value")) if isinstance(raw, Mapping) else None)
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _without_data(document: Mapping[str, Any]) -> ParseError:
    tool = document.get("smartctl")
    messages = tool.get("messages") if isinstance(tool, Mapping) else None
    words = [str(m.get("string")) for m in messages or [] if isinstance(m, Mapping)]
    words += [str(document[key]) for key in ("error", "message") if key in document]
    said = "; ".join(words)[:300]
    if _MESSAGE_GONE.search(said):
        return NotApplicable(f"There is no such drive: {said}")
    return Undecided(
        f"The tool could not read the drive: {said}" if said else "The JSON holds no health data.",
        Cause.NOT_SAID,
    )


def _from_text(text: str) -> Reading | None:
    """The text form of nvme smart-log and of smartctl -a for an NVMe drive; None for other text."""
    fields = {re.sub(r"\W+", "_", name.lower()): value for name, value in _TEXT_LINE.findall(text)}
    if "critical_warning" not in fields or not {"percentage_used", "available_spare"} & fields.keys():
        return None
    if not {"media_errors", "media_and_data_integrity_errors"} & fields.keys():
        raise Undecided("The health log is cut off.", Cause.CUT_OFF)
    overall = re.search(r"(?m)^SMART overall-health[^:]*: (\w+)", text)
    document: dict[str, Any] = {"model_name": fields.get("model_number")}
    if overall:
        document["smart_status"] = {"passed": overall.group(1) == "PASSED"}
    return _nvme(fields, document)


def _first(log: Mapping[str, Any], name: str) -> int | None:
    return next((_number(log[key]) for key in _NAMES[name] if key in log), None)


def _number(value: Any) -> int | None:
    """A whole number in any dress: 4, "4", "0x4", "41,022", "16%", "71 C (344 Kelvin)", 3.0."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if math.isfinite(value) else None
    match = (
        re.match(r"\s*(0[xX][0-9a-fA-F]+|-?\d[\d,]*)(?:\.\d+)?(?![\d.x])", value)
        if isinstance(value, str)
        else None
    )
    return int(match.group(1).replace(",", ""), 0 if "x" in match.group(1).lower() else 10) if match else None


def _kelvins(value: Any) -> int | None:
    """As printed, but kelvins where they stand beside ("104 °F (313 K)": nvme follows the locale)."""
    beside = _BESIDE_KELVINS.search(value) if isinstance(value, str) else None
    return int(beside.group(1)) if beside else _number(value)


def _celsius(value: int | None) -> int | None:
    return value if value is None or value < _KELVIN_FROM else value - 273


def _overview(drive: Reading) -> str:
    """One line for a drive of which nothing bad is known."""
    warm = "" if drive["temperature_celsius"] is None else f", {drive['temperature_celsius']} °C"
    if drive["protocol"] != "NVMe":
        own = {True: "its own verdict is passed", None: "it gives no verdict of its own"}
        return f"No NVMe drive but {drive['protocol']}: {own.get(drive['smart_passed'], 'it failed')}{warm}."
    return f"{drive['percentage_used']} % of the rated life used{warm}, no warning."


def _badness(drive: Reading) -> tuple[bool, bool, int, int]:
    warned = bool(drive["critical_warning"]) or drive["smart_passed"] is False
    flaws = drive["media_errors"] or drive["bad_sectors"] or 0
    return warned, (drive["percentage_used"] or 0) >= 100, flaws, drive["percentage_used"] or 0
