"""`v4l2-ctl --list-devices` -> {camera_count, csi_count, usb_count, cameras, others, complete}.

cameras: [{name, bus, kind ("csi" or "usb"), nodes}], one a card. camera_count: a USB camera is one, however
many nodes it has. On a Tegra each video node of a capture unit is a camera. Two sensors may stand under one
heading. others: cards that are no camera (codecs, ISPs, media controllers, loopbacks). unrecognised: cards
with a video node that no table here knows; they may be cameras. complete: False when the list is cut off or
mixed with other text. "Cannot open device" beside a list is not an error of the list; alone it is no data.
The line "No /dev/video node exists." (our own command prints it) is: there is no camera.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import is_noise, plain, refuse
from utils.model.results import Reading

NO_NODE = "No /dev/video node exists."
_CARD = re.compile(r"^(?P<name>\S.*(?<=[^\s]))?\s*\((?P<bus>[^()]*)\):\s*$")
_NODE = re.compile(r"^\s*(/dev/\S+)\s*$")
_TEGRA = re.compile(r"(?i)^vi-output\b|tegra-capture-vi|\.vi:\d")
_NO_CAMERA = re.compile(
    r"(?i)codec|decod|encod|[-_]dec\b|[-_]enc\b|\bvpu|\bvdec|\bvenc|hevc|h26[45]|jpeg|m2m|mem2mem|loopback"
    r"|\bvivid|\bvimc|\bvicodec|isp\b|isp[-_]|pispbe|rpivid|scaler|\bcsc\b|pxp|\bg2d|\brga\b|hantro|cedrus|vdoa"
    r"|dummy|virtual"
)
_CSI = re.compile(
    r"(?i)csi|unicam|bcm2835-v4l2|\bviv_v4l2|\bdcmi|\bcfe\b|rp1-cfe|\bisi\b|isi-cap|camss|rkcif|cif\b|tegra-video|mipi"
    r"|\b(?:imx|ov|ar|os|ox|gc|sc|hi|s5k|mt9[a-z])\d{3,4}"
)
READS = (
    "camera_count csi_count usb_count cameras[name bus nodes kind] others unrecognised unrecognised_count"
    " complete"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    cards, complete = _cards(text)
    if not cards:
        if NO_NODE in text:
            return _reading([], [], True)
        raise refuse(stdout, stderr, exit_status)
    for card in cards:
        card["kind"] = _kind(card)
    cameras = [card for card in cards if card["kind"]]
    if not cameras and not complete:
        raise Undecided("The list is cut off before its first camera.", Cause.CUT_OFF)
    others = [card["name"] or card["bus"] for card in cards if not card["kind"]]
    unknown = [card["name"] or card["bus"] for card in cards if _is_unrecognised(card)]
    return {
        **_reading(cameras, others, complete),
        "unrecognised": unknown,
        "unrecognised_count": len(unknown),
    }


def _cards(text: str) -> tuple[list[dict[str, Any]], bool]:
    """The cards in order, and whether the list ended as a list ends."""
    cards: list[dict[str, Any]] = []
    stray = False
    for line in text.splitlines():
        card = _CARD.match(line)
        node = _NODE.match(line)
        if card and line[:1].strip():
            cards.append({"name": card["name"] or "", "bus": card["bus"], "nodes": []})
        elif node and cards and re.fullmatch(r"/dev/[a-z0-9-]+\d", node.group(1)):
            cards[-1]["nodes"].append(node.group(1))
        elif line.strip() and not card:
            stray = stray or not _is_message(line)
    whole = [card for card in cards if card["nodes"]]
    return whole, not stray and len(whole) == len(cards)


def _is_message(line: str) -> bool:
    return (
        line.strip() == NO_NODE
        or is_noise(line)
        or bool(re.search(r"(?i)cannot open|failed to|could ?n[o']t|warning|v4l2-ctl", line))
    )


def _kind(card: dict[str, Any]) -> str:
    name, bus = card["name"], card["bus"]
    if not any(node.startswith("/dev/video") for node in card["nodes"]):
        return ""
    if _TEGRA.search(name) or _TEGRA.search(bus):
        return "csi"
    if re.search(r"(?i)loopback|vivid|dummy", name + bus):
        return ""
    if bus.startswith("usb"):
        return "usb"
    if _NO_CAMERA.search(name) or _NO_CAMERA.search(bus):
        return ""
    return "csi" if _CSI.search(name) or _CSI.search(bus) else ""


def _is_unrecognised(card: dict[str, Any]) -> bool:
    """It has a video node, and is neither a camera nor one of the things that are none."""
    video = any(node.startswith("/dev/video") for node in card["nodes"])
    known = _NO_CAMERA.search(card["name"]) or _NO_CAMERA.search(card["bus"])
    return bool(video and not card["kind"] and not known)


def _count(camera: dict[str, Any]) -> int:
    """How many cameras stand under one heading."""
    tegra = _TEGRA.search(camera["name"]) or _TEGRA.search(camera["bus"])
    return sum(node.startswith("/dev/video") for node in camera["nodes"]) if tegra else 1


def _reading(cameras: list[dict[str, Any]], others: list[str], complete: bool) -> Reading:
    kinds = [camera["kind"] for camera in cameras for _ in range(_count(camera))]
    return {
        "camera_count": len(kinds),
        "csi_count": kinds.count("csi"),
        "usb_count": kinds.count("usb"),
        "cameras": cameras,
        "others": others,
        "unrecognised": [],
        "unrecognised_count": 0,
        "complete": complete,
    }
