"""The parts of a manifest as checks: each is there, is what it was, and is not slower or narrower. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from utils.judging.catalogue.models import Check, Diagnostic, PartRule
from utils.judging.catalogue.names import declared
from utils.judging.catalogue.profile import ExpectedPart
from utils.model.words import value_label, with_unit

_NEXT_STEP = "Check that it is plugged in and powered, then look for it in the kernel log."


def part_checks(
    diagnostic: Diagnostic, rule: PartRule, parts: Sequence[ExpectedPart], source: str
) -> Iterator[Check]:
    """The checks for these parts. What a part hangs on is named alone where both are gone."""
    for part in parts:
        if rule.each and not part.optional:
            yield _present(diagnostic, part, parts, source)
        for field, number in part.least.items():
            wanted = f"at least {with_unit(number, value_label(field)[1])}"
            yield _value(rule, part, field, {"below": number}, wanted, source)
        for field, text in part.same.items():
            yield _value(rule, part, field, {"not_equals": text}, text, source)


def _present(diagnostic: Diagnostic, part: ExpectedPart, parts: Sequence[ExpectedPart], source: str) -> Check:
    rule = diagnostic.part
    assert rule is not None
    keys = f"{rule.each}.{rule.key}"
    lacks: list[dict[str, Any]] = [{"lacks": part.key}]
    if rule.inner:
        lacks += [
            {"value": keys, "matches": _listed(each.key)} for each in parts if _hangs_on(part.key, each.key)
        ]
    gone = {"all": lacks, "reason": _plain(f"The {part.name} is not there.")}
    undecided: list[dict[str, Any]] = []
    if "complete" in declared(diagnostic.parser):  # a list may be cut off
        said = _plain(f"The {part.name} is not in the list, which is cut off.")
        undecided = [{"all": [*lacks, {"value": "complete", "equals": False}], "reason": said}]
        gone["all"] = [*lacks, {"value": "complete", "not_equals": False}]
    return Check.model_validate(
        {
            "label": part.name,
            "value": keys,
            "unknown": undecided,
            "fail": gone,
            "reason": _plain(f"The {part.name} is there."),
            "source": source,
            "next_step": _NEXT_STEP,
        }
    )


def _value(
    rule: PartRule, part: ExpectedPart, field: str, wrong: dict[str, Any], wanted: str, source: str
) -> Check:
    label, unit = value_label(field)
    of_this = {"value": rule.key, "not_equals": part.key} if rule.each else None
    said = f"{_plain(part.name)}: {label.lower()} {{measured}}"
    fields = {
        "label": f"{part.name}: {label.lower()}",
        "each": rule.each,
        "value": field,
        "unit": unit,
        "warn" if "below" in wrong else "fail": {**wrong, "reason": f"{said}; expected {_plain(wanted)}."},
        "reason": f"{said}, as expected.",
        "source": source,
        "next_step": "Plug it in again, try another cable or port, and compare with the golden board.",
        "absent": "ignore",
        "empty": "ignore",
    }
    return Check.model_validate({**fields, **({"ignore": of_this} if of_this else {})})


def _hangs_on(port: str, other: str) -> bool:
    """Whether a USB port is one of a hub at another. 1-2.3 is one of 1-2, and that of the bus usb1."""
    return port.startswith((f"{other}.", f"{other}-", f"{other.removeprefix('usb')}-")) and port != other


def _listed(key: str) -> str:
    return f"'{re.escape(key)}'"


def _plain(text: str) -> str:
    """For a template: braces and brackets of a name are text."""
    return text.replace("{", "(").replace("}", ")").replace("[", "(").replace("]", ")")
