"""Wear of flash chips without a controller of their own (MTD, UBI) -> {chips[], volumes[]}.

Lines `mtd NAME FIELD VALUE` and `ubi NAME FIELD VALUE`, as sysfs names the fields. chips[]: {chip, name,
type, ecc_failures (reads that could not be corrected), corrected_bits, bad_blocks}. volumes[]: {ubi, blocks,
bad_blocks, spare_blocks (kept for blocks that go bad), erased_most (erasures of the most used block),
read_only}. None for what the driver does not tell; NOR chips count no errors.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_LINE = re.compile(r"^(mtd|ubi) ((?:mtd|ubi)\d{1,3}) ([a-z_]{1,30}) (\S.{0,80})$")
READS = (
    "chips[chip name type ecc_failures corrected_bits bad_blocks] "
    "volumes[ubi blocks bad_blocks spare_blocks erased_most read_only]"
)
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    found: dict[str, dict[str, dict[str, str]]] = {"mtd": {}, "ubi": {}}
    for line in between(stdout, stderr, exit_status, of="flash wear"):
        told = _LINE.match(line)
        if told is None:
            raise unread(line)
        found[told[1]].setdefault(told[2], {})[told[3]] = told[4].strip()
    return {
        "chips": [_chip(name, fields) for name, fields in found["mtd"].items()],
        "volumes": [_volume(name, fields) for name, fields in found["ubi"].items()],
    }


def _chip(chip: str, fields: dict[str, str]) -> Reading:
    if not fields.get("type"):
        raise Undecided(f"The output is cut off: {chip} has no type.", Cause.CUT_OFF)
    counts = fields["type"] in ("nand", "mlc-nand", "slc-nand")
    numbers = {
        name: _number(chip, fields.get(name)) if counts else None
        for name in ("ecc_failures", "corrected_bits", "bad_blocks")
    }
    return {"chip": chip, "name": fields.get("name"), "type": fields["type"], **numbers}


def _volume(ubi: str, fields: dict[str, str]) -> Reading:
    blocks = _number(ubi, fields.get("total_eraseblocks"))
    bad = _number(ubi, fields.get("bad_peb_count"))
    if not blocks or (bad or 0) > blocks:
        raise Undecided(f"{ubi} tells a number of blocks that cannot be.", Cause.IMPLAUSIBLE)
    return {
        "ubi": ubi,
        "blocks": blocks,
        "bad_blocks": bad,
        "spare_blocks": _number(ubi, fields.get("reserved_for_bad")),
        "erased_most": _number(ubi, fields.get("max_ec")),
        "read_only": {"0": False, "1": True}.get(fields.get("ro_mode", "")),
    }


def _number(chip: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,10}", text) or int(text) >= 0xFFFFFFFF:
        raise Undecided(f"{chip} tells a count that cannot be: {text[:40]}.", Cause.IMPLAUSIBLE)
    return int(text)
