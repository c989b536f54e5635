"""The ways in which a known value may be written besides as it is: base64, hexadecimal, in HTML. Pure.

Escapes and line ends are views.py's affair.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_SHORTEST_IN_BASE64 = 6
"""Bytes; what is shorter makes letters that stand in ordinary text."""


class Form(StrEnum):
    """How a value is written."""

    PLAIN = "plain"
    BASE64 = "base64"
    HEX = "hex"
    MARKUP = "markup"


@dataclass(frozen=True)
class Literal:
    """text: what to search for. any_case: capitals or not. ahead: of base64, how many bytes stand before the
    value in its group of three."""

    text: bytes
    form: Form
    any_case: bool = False
    ahead: int = 0


def forms(value: str) -> Iterator[Literal]:
    """All of them. Of base64 what stands there whatever comes before and after."""
    raw = value.encode("utf-8", "surrogatepass")
    yield Literal(raw, Form.PLAIN)
    if (marked := html.escape(value)) != value:
        yield Literal(marked.encode("utf-8", "surrogatepass"), Form.MARKUP)
    if len(raw) >= _SHORTEST_IN_BASE64:
        for ahead in range(3):
            inner = in_base64(raw, ahead)
            yield Literal(inner, Form.BASE64, ahead=ahead)
            yield Literal(inner.translate(_URL), Form.BASE64, ahead=ahead)
        yield Literal(raw.hex().encode(), Form.HEX, any_case=True)


def in_base64(raw: bytes, ahead: int) -> bytes:
    """What stands there of it, whatever comes before and after."""
    packed = base64.b64encode(b"\0" * ahead + raw)
    return packed[(0, 2, 3)[ahead] : (ahead + len(raw)) * 8 // 6]


_URL = bytes.maketrans(b"+/", b"-_")


def mac_forms(mac: str) -> Iterator[Literal]:
    """Of a MAC aa:bb:cc:dd:ee:ff: with other signs between, and with none, as interfaces are named."""
    for sign in (":", "-", "", "_"):
        yield Literal(mac.replace(":", sign).encode(), Form.PLAIN, any_case=True)
    digits = mac.replace(":", "")
    yield Literal(
        ".".join(digits[place : place + 4] for place in (0, 4, 8)).encode(), Form.PLAIN, any_case=True
    )
