"""What is typed, in order and once: the numbers that each page gives to what it sends. Pure.

A page sends one piece at a time, and sends it again when it got no answer. A piece that came before is not
typed twice. Several pages may type into one terminal, each with numbers of its own.
"""

from __future__ import annotations

from collections import OrderedDict

from utils.errors import InputGap

MOST_WRITERS = 32


class Keyboard:
    """Not thread-safe: the caller types one piece at a time."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()

    def take(self, writer: str, seq: int) -> bool:
        """Whether this piece is new. The first of a writer is 1. InputGap when one before it is missing."""
        last = self._last.get(writer, 0)
        if seq > last + 1:
            raise InputGap(expected=last + 1)
        self._last[writer] = max(last, seq)
        self._last.move_to_end(writer)
        while len(self._last) > MOST_WRITERS:
            self._last.popitem(last=False)
        return seq == last + 1
