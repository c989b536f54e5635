"""A photo without what tells where, when and by what it was taken. Pure: bytes in, bytes out.

Only what draws the picture is kept. Of a JPEG these are the segments of the picture, and how it is turned.
Of a PNG they are its chunks of the picture. What hangs behind the end of the picture is gone: a second one, a
film.
"""

from __future__ import annotations

from collections.abc import Iterator

from utils.errors import BadRequest

MOST_BYTES = 8_000_000
MOST_PIXELS = 250_000_000
"""A browser that draws more of them takes all memory there is."""
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SOS, _EOI = 0xDA, 0xD9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The segments that tell the picture's size."""
_KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"IDAT", b"IEND")


def stripped(photo: bytes) -> tuple[bytes, str]:
    """The picture alone, and its type. BadRequest: it is no JPEG or PNG, or it is damaged."""
    try:
        if photo.startswith(_JPEG):
            return b"\xff\xd8" + b"".join(_of_jpeg(photo)), "image/jpeg"
        if photo.startswith(_PNG):
            return _PNG + b"".join(_of_png(photo)), "image/png"
    except (IndexError, ValueError) as exc:
        raise BadRequest("The photo is damaged.", hint="Take it again.") from exc
    raise BadRequest("The photo is no JPEG and no PNG.", hint="Save it as JPEG first.")


def _of_jpeg(photo: bytes) -> Iterator[bytes]:
    """APPn and comments go; APP14 stays, it says how colours are kept."""
    at, turned = 2, False
    while True:
        marker = _marker(photo, at)
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        length = int.from_bytes(photo[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(photo):
            raise ValueError("cut off")
        segment = photo[at : at + 2 + length]
        if marker in _FRAMES:
            _check_size(int.from_bytes(segment[7:9], "big"), int.from_bytes(segment[5:7], "big"))
        at += len(segment)
        if marker == 0xE1 and not turned and (way := _orientation(segment[4:])):
            turned = True
            yield _turned(way)
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker == 0xEE:
            yield segment
        if marker == _SOS:
            end = _end_of_scan(photo, at)
            yield photo[at:end]
            at = end


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise BadRequest("The photo has more points than any camera takes.", hint="Make it smaller first.")


def _marker(photo: bytes, at: int) -> int:
    if photo[at] != 0xFF:
        raise ValueError("no marker")
    return photo[at + 1]


def _end_of_scan(photo: bytes, at: int) -> int:
    """Where the next marker stands that is no part of the picture's data."""
    while True:
        at = photo.index(b"\xff", at)
        if photo[at + 1] != 0 and not 0xD0 <= photo[at + 1] <= 0xD7:
            return at
        at += 2


def _orientation(exif: bytes) -> int:
    """How the picture is turned, 2 to 8; 0 where it is not or does not say."""
    if not exif.startswith(b"Exif\0\0"):
        return 0
    tiff = exif[6:]
    order = "little" if tiff[:2] == b"II" else "big"

    def number(start: int, size: int) -> int:
        return int.from_bytes(tiff[start : start + size], order)  # type: ignore[arg-type]

    first = number(4, 4)
    for entry in range(min(number(first, 2), 100)):
        start = first + 2 + 12 * entry
        if number(start, 2) == 0x0112:
            value = number(start + 8, 2)
            return value if 2 <= value <= 8 else 0
    return 0


def _turned(way: int) -> bytes:
    """An EXIF segment that says this alone."""
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes([0, way]) + b"\0\0\0\0\0\0"
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _of_png(photo: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while True:
        length, kind = int.from_bytes(photo[at : at + 4], "big"), photo[at + 4 : at + 8]
        chunk = photo[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise ValueError("cut off")
        at += len(chunk)
        if kind == b"IHDR":
            _check_size(int.from_bytes(chunk[8:12], "big"), int.from_bytes(chunk[12:16], "big"))
        if kind in _KEPT_CHUNKS:
            yield chunk
        if kind == b"IEND":
            return
