"""The newest bytes of an endless output, each with its place in the whole. No clock, no threads."""

from __future__ import annotations

LIMIT = 1 << 20
_SLACK = 256 << 10  # cut now and then, not at each byte
_LINE = 8 << 10


class Scrollback:
    """Bytes are counted from the very first one on; `start` is the place of the oldest that is kept."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.start = 0

    @property
    def end(self) -> int:
        """How many bytes there have ever been."""
        return self.start + len(self._kept)

    def add(self, data: bytes) -> int:
        """Keep it; answers the place of its first byte."""
        offset = self.end
        self._kept += data
        if len(self._kept) > self._limit + _SLACK:
            surplus = len(self._kept) - self._limit
            del self._kept[:surplus]
            self.start += surplus
        return offset

    def read(self, place: int, most: int) -> tuple[int, bytes]:
        """Up to `most` bytes from `place` on, and where they really begin.

        What is not kept any more is left out up to the next line. Half a character or half an escape sequence
        would draw rubbish.
        """
        begin = min(max(place, self.start), self.end)
        if begin > place:
            line = self._kept.find(b"\n", 0, _LINE)
            begin += line + 1
        first = begin - self.start
        return begin, bytes(self._kept[first : first + most])
