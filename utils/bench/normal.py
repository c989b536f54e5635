"""The file of what one board always says: kernel messages that a person called normal for it, who and when.

V3_DATA_DIR/normal_lines.json: {"version": 1, "boards": {device id: [{shape, line, who, at}]}}. shape: the
message without its numbers, which is what must come again; line: as it was seen. Every method may be called
from any thread; other programs are kept out by a lock.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from utils.clock import utc_text
from utils.errors import NotKept
from utils.folders import locked, make_private, write_atomically

log = logging.getLogger(__name__)
VERSION = 1
MOST_LINES = 2000
"""Of one board; a board that says more than that is not normal."""
NormalLines = list[dict[str, str]]
_Shapes = Mapping[str, frozenset[str]]
_Seen = tuple[tuple[int, ...] | None, _Shapes]
_ASIDE = "Move this file away: every message is judged again then."


class Normal:
    """The file; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: _Seen = None, {}

    @property
    def any(self) -> bool:
        """Whether anything is normal for any board."""
        return bool(self._now())

    def shapes(self, *device_ids: str) -> frozenset[str]:
        """The shapes that are normal for the board of these identities; none where the file is damaged."""
        boards = self._now()
        return frozenset().union(*(boards.get(each, frozenset()) for each in device_ids))

    def _now(self) -> _Shapes:
        """Each run asks, and each batch of a followed log. A file that is as it was is not read again."""
        stamp, boards = self._seen
        if (now := self._stamp()) is None or now != stamp:
            self._seen = now, (boards := self._shapes())
        return boards

    def _shapes(self) -> _Shapes:
        try:
            boards = self._read()
        except NotKept as exc:
            log.error("%s", exc)
            return {}
        return {name: frozenset(line["shape"] for line in lines) for name, lines in boards.items()}

    def _stamp(self) -> tuple[int, ...] | None:
        """Another one once the file is another, empty while there is none; None where it cannot be told."""
        try:
            seen = self._path.stat() if self._path is not None else None
        except FileNotFoundError:
            seen = None
        except OSError:
            return None
        return (seen.st_ino, seen.st_mtime_ns, seen.st_size) if seen else ()

    def boards(self) -> list[str]:
        """The identities for which anything is normal; NotKept for a file that cannot be read."""
        return [name for name, lines in self._read().items() if lines]

    def lines(self, *device_ids: str) -> NormalLines:
        """What is normal for the board of these identities; NotKept for a file that cannot be read."""
        boards = self._read()
        return [line for each in device_ids for line in boards.get(each, [])]

    def add(self, device_id: str, seen: Mapping[str, str], *, who: str) -> int:
        """Call these normal for the board: {shape: a line of it}. How many were not so before."""
        at = utc_text()

        def added(before: NormalLines) -> NormalLines:
            known = {line["shape"] for line in before}
            new = [
                {"shape": shape, "line": line, "who": who, "at": at}
                for shape, line in seen.items()
                if shape not in known
            ]
            return [*before, *new][:MOST_LINES]

        return self._change(device_id, added)

    def forget(self, device_id: str, shapes: Iterable[str]) -> int:
        """Call these normal no longer. How many there were."""
        gone = set(shapes)
        return -self._change(device_id, lambda before: [line for line in before if line["shape"] not in gone])

    def _change(self, device_id: str, change: Callable[[NormalLines], NormalLines]) -> int:
        if self._path is None:
            raise NotKept
        try:
            make_private(self._path.parent)
            with self._lock, locked(self._path.with_suffix(".lock")):
                boards = self._read()
                before = boards.get(device_id, [])
                boards[device_id] = change(before)
                write_atomically(self._path, json.dumps({"version": VERSION, "boards": boards}, indent=1))
        except OSError as exc:
            raise NotKept(f"{self._path} cannot be written: {exc.strerror or exc}.") from exc
        return len(boards[device_id]) - len(before)

    def _read(self) -> dict[str, NormalLines]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["version"] != VERSION:
                raise NotKept(f"{self._path} is of another version of this program.", hint=_ASIDE)
            return {str(name): _checked(lines) for name, lines in kept["boards"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise NotKept(f"{self._path} cannot be read: {type(exc).__name__}.", hint=_ASIDE) from exc


def _checked(lines: Any) -> NormalLines:
    return [{key: str(line[key]) for key in ("shape", "line", "who", "at")} for line in lines]
