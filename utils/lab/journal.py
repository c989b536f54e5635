"""A list of changes in a file, as JSON lines. Each is on the disk before it counts, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from utils.errors import NotKept
from utils.folders import open_private

FORM = 1


class Journal:
    """Of one file. Whoever writes holds a lock; two programs never write it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[dict[str, Any]]:
        """Its lines. What a crash left half is not one, and is cut off. OSError, ValueError: it is damaged,
        or a newer version wrote it."""
        whole, end, torn = self._path.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(self._path, len(whole) + len(end))
        lines = [json.loads(line) for line in whole.splitlines()]
        if not lines or not all(isinstance(line, dict) for line in lines) or lines[0].get("form") != FORM:
            raise ValueError("it is no such list, or of a newer version")
        return lines

    def begin(self, first: Mapping[str, Any]) -> None:
        """A new file with this line. NotKept."""
        self.append({"form": FORM, **first})

    def append(self, line: Mapping[str, Any]) -> None:
        """One more line. NotKept: it is as if nobody had tried."""
        data = (json.dumps(line, separators=(",", ":")) + "\n").encode()
        try:
            handle = open_private(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                _write(handle, data)
            finally:
                os.close(handle)
        except OSError as exc:
            raise NotKept(
                f"{self._path} cannot be written: {exc.strerror or exc}.", hint="Make room on the hub's disk."
            ) from exc

    def remove(self) -> None:
        """The file is not needed any more. OSError."""
        self._path.unlink(missing_ok=True)


def _write(handle: int, data: bytes) -> None:
    size = os.fstat(handle).st_size
    left = data
    try:
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
