"""The sampler's text, cut into blocks. Pure; the text is a device's and trusted with nothing.

    Cutter.feed(bytes) -> [Facts | Block, ...]

A line is "path:value"; whatever else stands between two marks (the state of CAN controllers) is `other`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from utils.live.samples.script import FACTS_END, SAMPLE_END

MAX_BLOCK_BYTES = 1 << 20
MAX_LINE = 2000
MAX_LINES = 5000


class TooMuch(Exception):
    """The device sends far more than a sample has, in bytes or in lines."""


@dataclass(frozen=True)
class Block:
    """lines: as they came, "path:value". other: lines without a path. last: it ends with the facts' mark."""

    lines: tuple[str, ...]
    other: tuple[str, ...] = ()

    def file(self, path: str) -> str:
        """The text of one file as `cat` would print it; "" where it was not said."""
        start = f"{path}:"
        found = [line[len(start) :] for line in self.lines if line.startswith(start)]
        return "\n".join(found) + "\n" if found else ""

    def text(self, *parts: str) -> str:
        """The lines whose path has one of these parts, closed by "end" as a catalogue's command does."""
        found = [line for line in self.lines if any(part in line.partition(":")[0] for part in parts)]
        return "".join(f"{line}\n" for line in found) + "end\n"


class ConstantBlock(Block):
    """What does not change while the board runs."""


@dataclass
class Cutter:
    """Bytes in, blocks out."""

    _rest: bytes = b""
    _lines: list[str] = field(default_factory=list)
    _size: int = 0

    def feed(self, data: bytes) -> list[Block]:
        """The blocks that this completes. TooMuch when a block has no end."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[: 4 * MAX_LINE]  # of a line without an end its beginning is enough
        self._size += len(data)
        found: list[Block] = []
        for raw in whole:
            line = raw[:MAX_LINE].decode("utf-8", "replace")
            if line in (FACTS_END, SAMPLE_END):
                found.append(self._block(ConstantBlock if line == FACTS_END else Block))
                self._size = len(self._rest)
            else:
                self._lines.append(line)
        if self._size > MAX_BLOCK_BYTES or len(self._lines) > MAX_LINES:
            raise TooMuch
        return found

    def _block(self, kind: type[Block]) -> Block:
        lines, self._lines = self._lines, []
        with_path = tuple(line for line in lines if line.startswith(("/proc/", "/sys/")))
        return kind(with_path, tuple(line for line in lines if not line.startswith(("/proc/", "/sys/"))))
