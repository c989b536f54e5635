"""SD cards: how old, how large, how often written over -> {cards[]}.

Lines `card DEVICE FIELD VALUE`: name, date ("08/2021"), manfid, block (its disk), sectors (of 512 bytes),
read_only, and `written DEVICE PARTITION KB` (what ext4 has written over its life). cards[]: {card, name,
made (year), disk, size_gb, written_gb, written_over (times the card's size), read_only}. SD cards do not
tell their wear: written_over is the nearest thing, and None without an ext4 on the card.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_FIELD = re.compile(r"^card (mmc\d:[0-9a-f]{4}) (name|date|manfid|block|sectors|read_only) (\S.{0,60})$")
_WRITTEN = re.compile(r"^written (mmc\d:[0-9a-f]{4}) (\S{1,40}) (\d{1,15})$")
_SECTOR = 512
_GB = 1000**3
_ALL_ONES = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_MOST_OVER = 100_000  # no card outlives that many times its size
READS = "cards[card name made disk size_gb written_gb written_over read_only]"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    cards: dict[str, dict[str, str]] = {}
    written_kb: dict[str, int] = {}
    for line in between(stdout, stderr, exit_status, of="sd cards"):
        if field := _FIELD.match(line):
            cards.setdefault(field[1], {})[field[2]] = field[3].strip()
        elif (written := _WRITTEN.match(line)) and written[1] in cards:
            written_kb[written[1]] = written_kb.get(written[1], 0) + int(written[3])
        else:
            raise unread(line)
    return {"cards": [_card(name, fields, written_kb.get(name)) for name, fields in cards.items()]}


def _card(card: str, fields: dict[str, str], written_kb: int | None) -> dict[str, Any]:
    sectors = _number(fields.get("sectors"))
    if not sectors or sectors in _ALL_ONES:
        raise Undecided(f"{card} tells a size that cannot be.", Cause.IMPLAUSIBLE)
    size = sectors * _SECTOR
    written = None if written_kb is None else written_kb * 1024
    if written is not None and written > _MOST_OVER * size:
        raise Undecided(
            f"{card} tells more written than any card stands, which cannot be.", Cause.IMPLAUSIBLE
        )
    date = re.fullmatch(r"\d{2}/(\d{4})", fields.get("date", ""))
    return {
        "card": card,
        "name": fields.get("name"),
        "made": int(date[1]) if date else None,
        "disk": fields.get("block"),
        "size_gb": round(size / _GB, 1),
        "written_gb": None if written is None else round(written / _GB, 1),
        "written_over": None if written is None else round(written / size, 1),
        "read_only": {"0": False, "1": True}.get(fields.get("read_only", "")),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,15}", text) else None
