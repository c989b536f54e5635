"""lsblk -J -b -> {disks[]}: {disk, model, size_bytes, read_only, allocated_percent, partitions[], mounts[]}.

Only disks: no loops, zram, ram, flash partitions without a block translation, eMMC boot areas, CD drives.
allocated_percent is the part of the disk that partitions cover, None for a disk without partitions.
partitions[]: {name, size_bytes, filesystem, mount}. Old and new lsblk: numbers and flags may be strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import percent, plain, refuse
from utils.model.results import Reading

_NO_DISK = re.compile(r"^(?:loop|zram|ram|mtd|fd|sr|nbd|md|dm-)|boot\d+$|rpmb$")
READS = (
    "disks[disk model size_bytes size_gb read_only allocated_percent partitions[name size_bytes "
    "filesystem mount] mounts]"
)
NEVER_ZERO = "disks.size_bytes"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    start = re.search(r"(?m)^[ \t]*\{", text)
    if not start:
        raise refuse(stdout, stderr, exit_status)
    try:
        document, _ = json.JSONDecoder().raw_decode(text[start.start() :].lstrip())
    except (ValueError, RecursionError) as exc:
        raise Undecided("The JSON is cut off or damaged.", Cause.CUT_OFF) from exc
    devices = document.get("blockdevices")
    if not isinstance(devices, list):
        raise Undecided("The JSON is not that of lsblk.", Cause.GARBAGE)
    named = [device for device in devices if isinstance(device, Mapping) and "name" in device]
    if devices and not named:
        raise Undecided("lsblk names no device: it was asked for other columns.", Cause.GARBAGE)
    disks = [_disk(device) for device in named if _is_disk(device)]
    if not disks:
        raise NotApplicable("lsblk shows no disk.")
    return {"disks": disks}


def _is_disk(device: Mapping[str, Any]) -> bool:
    name = str(device.get("name", ""))
    size = _number(device.get("size"))
    return device.get("type") == "disk" and not _NO_DISK.search(name) and bool(size)


def _disk(device: Mapping[str, Any]) -> Reading:
    size = _number(device.get("size")) or 0
    partitions = [
        {
            "name": child.get("name"),
            "size_bytes": _number(child.get("size")),
            "filesystem": child.get("fstype"),
            "mount": ", ".join(_mounts(child)) or None,
        }
        for child in _children(device)
        if child.get("type") == "part"
    ]
    covered = sum(
        _number(child.get("size")) or 0 for child in _children(device) if child.get("type") == "part"
    )
    model = device.get("model")
    return {
        "disk": str(device["name"]),
        "model": model.strip() if isinstance(model, str) and model.strip() else None,
        "size_bytes": size,
        "size_gb": round(size / 1e9, 1),
        "read_only": _flag(device.get("ro")),
        "allocated_percent": percent(covered, size) if partitions else None,
        "partitions": partitions,
        "mounts": [mount for part in [device, *_walk(device)] for mount in _mounts(part)],
    }


def _children(device: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    children = device.get("children")
    return [child for child in children if isinstance(child, Mapping)] if isinstance(children, list) else []


def _walk(device: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for child in _children(device):
        yield child
        yield from _walk(child)


def _mounts(device: Mapping[str, Any]) -> list[str]:
    several = device.get("mountpoints")
    listed = [*several] if isinstance(several, list) else []
    return [str(mount) for mount in dict.fromkeys([*listed, device.get("mountpoint")]) if mount]


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"1": True, "0": False}.get(value) if isinstance(value, str) else None
