"""Files -> the zip, as a stream: no file is written, here or on the board.

    packed = pack(files, document, replacements)     # caps, index.html, manifest: all that is in it
    packed.size                                      # about how large the zip becomes
    for piece in packed.stream(): ...                # stopping halfway is a cancel

Cuts come last, after everything was replaced, so that no half of a secret escapes its rule.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.bundle.contents import DOCUMENT, PHOTOS, Files
from utils.bundle.index import index_page

MANIFEST = "manifest-sha256.txt"
INDEX = "index.html"
MOST_OF_A_PART = 8 << 20
MOST = 96 << 20
"""Bytes before packing; what is beyond is cut or left out, and said."""
_PIECE = 256 << 10
_CUT = b"\n[cut here: the rest is not in this bundle]\n"


@dataclass(frozen=True)
class Packed:
    """A bundle's files, ready to be sent. size: about the size of the zip. left_out: [{what, why}]."""

    files: Mapping[str, bytes]
    size: int
    left_out: Sequence[Mapping[str, str]]

    def stream(self) -> Iterator[bytes]:
        """The zip, piece by piece."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, data in self.files.items():
                info = zipfile.ZipInfo(name)  # the year 1980 for all: the same files give the same bytes
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(info, "w") as part:
                    for start in range(0, len(data), _PIECE):
                        part.write(data[start : start + _PIECE])
                        yield sink.taken()
        yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the zip is written: it keeps what was not taken yet. It cannot seek, as a socket cannot."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last call."""
        found, self._waiting = bytes(self._waiting), bytearray()
        return found


def pack(
    files: Mapping[str, bytes],
    document: Mapping[str, Any],
    replacements: Sequence[Mapping[str, Any]] = (),
    *,
    most: int = MOST,
    most_of_a_part: int = MOST_OF_A_PART,
) -> Packed:
    """All files of the bundle. document: bundle.json without its replacements."""
    kept, left_out = _capped(files, most, most_of_a_part)
    left_out = [*document.get("left_out", ()), *left_out]
    told = {**document, "left_out": left_out, "replacements": list(replacements)}
    found = {DOCUMENT: dumped(told), INDEX: index_page(told).encode(), **kept}
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(found.items())]
    found[MANIFEST] = "".join(lines).encode()
    return Packed(found, sum(_packed_size(data) for data in found.values()), left_out)


def dumped(document: Mapping[str, Any]) -> bytes:
    """bundle.json's text."""
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _capped(files: Mapping[str, bytes], most: int, most_of_a_part: int) -> tuple[Files, list[dict[str, str]]]:
    kept: Files = {}
    left_out: list[dict[str, str]] = []
    room = most
    for name, data in files.items():
        if len(data) > room:
            left_out.append({"what": name, "why": f"The bundle would be larger than {most >> 20} MB."})
            continue
        if len(data) > most_of_a_part and name.startswith(PHOTOS):
            left_out.append({"what": name, "why": f"A part has at most {most_of_a_part >> 20} MB."})
            continue
        if len(data) > most_of_a_part:
            left_out.append({"what": name, "why": f"Cut: a part has at most {most_of_a_part >> 20} MB."})
            data = _cut(name, data, most_of_a_part)
        kept[name] = data
        room -= len(data)
    return kept, left_out


def _cut(name: str, data: bytes, most: int) -> bytes:
    """Whole lines of it: of a log the newest, of anything else the first."""
    if name.startswith("logs/"):
        return data[-most:].partition(b"\n")[2]
    return data[:most].rpartition(b"\n")[0] + (b"\n" if name.endswith(".jsonl") else _CUT)


def _packed_size(data: bytes) -> int:
    return len(zlib.compress(data, 1)) + 200
