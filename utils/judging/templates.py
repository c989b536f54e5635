"""Templates of the catalogue, filled with what was read. Pure and total: no attributes, no exceptions.

fill("{free_gib:.1f} GiB free[ on {device}]", fields)
fill("{rail} fell to {lowest_mv:unit}", fields)    # "VDD_IN fell to 4.75 V": the name holds the unit
fill("{unit} was restarted {restarts:times}", fields)             # "… once", "… 3 times"
fill("{fatal:fatal error}, {buses:I2C bus|I2C buses}", fields)    # "1 fatal error, 2 I2C buses"
"""

from __future__ import annotations

import contextlib
import re
import string
from collections.abc import Mapping
from functools import cache
from typing import Any

from utils.model.words import value_label, with_unit

MISSING = object()
"""What lookup() finds where nothing is: neither None nor comparable."""
_NO_VALUE: tuple[Any, ...] = (MISSING, None, "", [], ())
WITH_UNIT = "unit"
"""The format of a number that is told with its unit."""
TIMES = "times"
"""The format of a number that says how often: "once", "3 times"."""
_COUNTED = re.compile(r"[^\W\d_]\w")  # how words begin that are a format; Python's own have one letter
_OPTIONAL = re.compile(r"\[([^\[\]{}]*\{[^\[\]]*)\]")  # a part of a template that needs its values


def lookup(data: Any, path: str) -> Any:
    """The value at a dotted path of mappings, or a marker that is neither None nor comparable.

    A path that goes on behind a list means that value of each item: "devices.id" lists all ids.
    """
    if not path:
        return MISSING
    if isinstance(data, dict) and "." not in path:
        return data.get(path, MISSING)
    key, _, rest = path.partition(".")
    if isinstance(data, list):
        return [value for item in data if (value := lookup(item, path)) is not MISSING]
    if not isinstance(data, Mapping) or key not in data:
        return MISSING
    return lookup(data[key], rest) if rest else data[key]


def plain(value: Any) -> str:
    """A value as people read it."""
    if type(value) is str:
        return value
    if value is MISSING or value is None:
        return "not told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    return str(value)


@cache
def _parts(template: str) -> tuple[tuple[str, str | None, str | None], ...]:
    """(text, path behind it or None, its format) of a template; ValueError where it is none."""
    return tuple((text, path, spec) for text, path, spec, _ in string.Formatter().parse(template))


def _formatted(value: Any, path: str, spec: str | None) -> str:
    if spec and isinstance(value, int | float) and not isinstance(value, bool):
        if spec == WITH_UNIT:
            return with_unit(value, value_label(path.rpartition(".")[2])[1], rounded=True)
        if spec == TIMES:
            return "once" if value == 1 else f"{plain(value)} times"
        if _COUNTED.match(spec):
            return _counted(value, *spec.split("|"))
        with contextlib.suppress(ValueError):
            return format(value, spec)
    return plain(value)


def _counted(value: float, one: str, many: str = "") -> str:
    """ "no error", "1 error", "3 errors"."""
    return f"{plain(value) if value else 'no'} {one if value in (0, 1) else many or one + 's'}"


def fill(template: str, fields: Mapping[str, Any]) -> str:
    """The template with {path} and {path:spec} fields filled, from mappings only: no attributes, no indexing,
    no exceptions.

    What is missing shows as "not told". A part in brackets, as "[, serial {serial}]", is left out where a
    value in it is missing.
    """
    if "[" in template:
        template = _OPTIONAL.sub(lambda part: part[1] if complete(part[1], fields) else "", template)
    try:
        filled_in = "".join(
            text if path is None else text + _formatted(lookup(fields, path), path, spec)
            for text, path, spec in _parts(template)
        )
        return f"No{filled_in[2:]}" if filled_in.startswith("no ") else filled_in
    except (ValueError, OverflowError):  # no template, which the loader refuses; a number without end
        return template


def filled(template: str, fields: Mapping[str, Any]) -> str:
    """As fill(), but "" where a value is missing: a sentence with a gap says nothing."""
    return fill(template, fields) if template and complete(template, fields) else ""


def complete(template: str, fields: Mapping[str, Any]) -> bool:
    """Whether the fields hold every value that the template needs outside its bracketed parts. An empty text
    or list is no value: its place in a sentence would be a gap."""
    return all(lookup(fields, path) not in _NO_VALUE for path in _needed(template))


@cache
def _needed(template: str) -> tuple[str, ...]:
    """The paths that it needs outside its bracketed parts."""
    return tuple(path for _, path, _ in _parts(_OPTIONAL.sub("", template)) if path)
