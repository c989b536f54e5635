"""Logs followed on real servers: through link losses without a lost line, and with nothing left behind."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from tests.live.conftest import wait_until
from tests.live.servers import Sshd
from utils.live.log_follow import Follow
from utils.live.log_source import Source
from utils.live.logs import Logs

Door = Callable[..., ModuleType]


class Writer:
    """Appends numbered lines to a file until it is stopped."""

    def __init__(self, path: Path) -> None:
        self.path, self.count, self._stop = path, 0, threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        while not self._stop.wait(0.005):
            with self.path.open("a") as file:
                self.count += 1
                file.write(f"line {self.count}\n")

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self.count


@contextlib.contextmanager
def followed(door: ModuleType, source: Source, grace_s: float = 0.2) -> Iterator[Follow]:
    """A follow that one viewer looks at, while the link is kept as an open page keeps it."""
    logs = Logs(door, grace_s=grace_s)
    follow = logs.open(source)
    with door.keep_connected(), follow.viewer():
        yield follow
    logs.close()


def texts(follow: Follow) -> list[str]:
    lines = follow.lines.after(0, limit=1_000_000, max_bytes=1 << 30)
    return [line.text for line in lines if not line.mark]


def marks(follow: Follow) -> list[tuple[str, str]]:
    lines = follow.lines.after(0, limit=1_000_000, max_bytes=1 << 30)
    return [(line.mark, line.text) for line in lines if line.mark]


def test_a_file_is_followed_through_three_lost_links_without_a_lost_or_a_repeated_line(
    sshd: Sshd, door: Door
) -> None:
    path = sshd.user.home / "app.log"
    path.write_text("")
    with followed(door(sshd), Source("file", path=str(path))) as follow:
        writer = Writer(path)
        for _ in range(3):
            seen = follow.lines.last_seq
            assert wait_until(lambda seen=seen: follow.lines.last_seq > seen + 30, 20)
            sshd.stop()
            time.sleep(0.3)
            sshd.start()
        count = writer.stop()
        assert wait_until(lambda: f"line {count}" in texts(follow)[-1:], 30)
        assert texts(follow) == [f"line {number}" for number in range(1, count + 1)]
        assert [mark for mark, _ in marks(follow)] == ["lost", "back"] * 3
        assert all("Nothing was lost." in text for mark, text in marks(follow) if mark == "back")
    assert wait_until(lambda: not sshd.user.processes("tail "), 10), sshd.user.processes()


def test_rotation_and_truncation_are_marked(sshd: Sshd, door: Door) -> None:
    path = sshd.user.home / "turned.log"
    path.write_text("old 1\n")
    with followed(door(sshd), Source("file", path=str(path))) as follow:
        assert wait_until(lambda: texts(follow) == ["old 1"], 15)
        path.rename(path.with_suffix(".log.1"))
        with path.with_suffix(".log.1").open("a") as file:
            file.write("old 2\n")
        path.write_text("new 1\n")
        assert wait_until(lambda: texts(follow) == ["old 1", "old 2", "new 1"], 15), texts(follow)
        with path.open("a") as file:
            file.write("without an end")
        assert wait_until(lambda: texts(follow)[-1] == "without an end", 15), texts(follow)
        sshd.stop()
        path.rename(path.with_suffix(".log.2"))
        with path.with_suffix(".log.2").open("a") as file:
            file.write(", and more\nold 3\n")
        path.write_text("newest\n")
        sshd.start()
        assert wait_until(lambda: texts(follow)[-3:] == [", and more", "old 3", "newest"], 20), texts(follow)
        path.write_text("")
        assert wait_until(lambda: "emptied" in marks(follow)[-1][1], 15), marks(follow)
