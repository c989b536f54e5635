"""The server's version line, and the lines before it: any bytes, bounded by their number and by time.

RFC 4253 lets a server send lines before its version, and says nothing of their encoding: boards greet in
Latin-1, with NULs, or with a whole page. paramiko takes a hundred lines of UTF-8.
"""

from __future__ import annotations

from typing import Any

MOST_BYTES = 256 << 10
MOST_SAID = 5
_CHARACTERS = 200


class Version(str):
    """A version line as text, whose bytes are the server's own: both sides sign them."""

    raw: bytes

    def __new__(cls, raw: bytes) -> Version:
        made = super().__new__(cls, raw.decode("utf-8", "replace"))
        made.raw = raw
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.raw


def read_version(packetizer: Any, silence_s: float, said: list[str]) -> Version:
    """The version line. said: gets the first lines before it, made readable.

    ValueError when what comes is no greeting; EOFError or TimeoutError when nothing comes (any more).
    """
    buffer = bytearray()
    taken = 0
    while True:
        end = buffer.find(b"\n")
        if taken + (len(buffer) if end < 0 else 0) > MOST_BYTES:
            raise ValueError("Indecipherable protocol version: no greeting in all that came")
        if end < 0:
            buffer += packetizer._read_timeout(silence_s)
            continue
        line = bytes(buffer[:end]).removesuffix(b"\r")
        del buffer[: end + 1]
        taken += end + 1
        if line.startswith(b"SSH-"):
            packetizer._Packetizer__remainder = bytes(buffer)
            return Version(line)
        if len(said) < MOST_SAID:
            said.append(_readable(line))


def _readable(line: bytes) -> str:
    """Without what a terminal or page would act on."""
    text = line[: 4 * _CHARACTERS].decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable())[:_CHARACTERS]
