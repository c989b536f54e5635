"""Logs followed on real servers: through link losses without a lost line, and with nothing left behind."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from tests.servers.conftest import wait_until
from tests.servers.servers import Sshd, throwaway_user
from utils.live.logs.follow import Follow
from utils.live.logs.logs import Logs
from utils.live.logs.source import Source

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


def lose_three_links(sshd: Sshd, follow: Follow, writer: Writer) -> int:
    """While the log grows. No line is lost and none comes twice. Returns how many were written."""
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
    return count


def test_a_file_is_followed_through_three_lost_links_without_a_lost_or_a_repeated_line(
    sshd: Sshd, door: Door
) -> None:
    path = sshd.user.home / "app.log"
    path.write_text("")
    with followed(door(sshd), Source("file", path=str(path))) as follow:
        lose_three_links(sshd, follow, Writer(path))
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


# As journalctl: entries of a file as JSON, the last N of them or from a cursor on, and with -f those to come.
JOURNALCTL = r"""#!/usr/bin/python3
import json, pathlib, sys, time
words = sys.argv[1:]
if "--help" in words: sys.exit(print("  --output-fields=LIST"))
path = pathlib.Path.home() / "journal"
def read(): return path.read_text().split("\n")[:-1]
if "export" in words: sys.exit(print("__CURSOR=x"))
asked = [word.partition("=")[2] for word in words if word.startswith("--cursor=")]
lines = read()
if asked: start = max(0, int(asked[0]) - int(json.loads(lines[0])["__CURSOR"]))
else: start = max(0, len(lines) - int(words[words.index("-n") + 1]))
while True:
    for line in lines[start:]: print(line, flush=True)
    if "-f" not in words: break
    start = len(lines)
    time.sleep(0.02)
    lines = read()
"""


def entry(number: int) -> str:
    return json.dumps({"__CURSOR": str(number), "MESSAGE": f"line {number}", "PRIORITY": "6"}) + "\n"


class JournalWriter(Writer):
    """Numbered entries."""

    def _write(self) -> None:
        while not self._stop.wait(0.005):
            with self.path.open("a") as file:
                self.count += 1
                file.write(entry(self.count))


def test_a_journal_is_followed_through_three_lost_links_without_a_lost_or_a_repeated_line(door: Door) -> None:
    with throwaway_user("busybox") as user, Sshd(user) as sshd:
        tool, path = user.home / "shbin/journalctl", user.home / "journal"
        tool.write_text(JOURNALCTL)
        tool.chmod(0o755)
        path.write_text("")
        with followed(door(sshd), Source("journal")) as follow:
            count = lose_three_links(sshd, follow, JournalWriter(path))
            sshd.stop()
            path.write_text(entry(count + 50))
            sshd.start()
            assert wait_until(lambda: texts(follow)[-1] == f"line {count + 50}", 20)
            assert "Lines may be missing" in marks(follow)[-1][1]
        assert wait_until(lambda: not user.processes("journalctl"), 10), user.processes()


def test_another_device_gets_no_line_of_it(sshd: Sshd, door: Door) -> None:
    path = sshd.user.home / "mine.log"
    path.write_text("of the first device\n")
    with followed(door(sshd), Source("file", path=str(path))) as follow:
        assert wait_until(lambda: texts(follow) == ["of the first device"], 15)
        sshd.stop()
        sshd.new_host_key()
        path.write_text("of the first device\nof the second device\n")
        sshd.start()
        assert wait_until(lambda: follow.state == "ended", 20), follow.as_json()
        assert texts(follow) == ["of the first device"]
        assert [mark for mark, _ in marks(follow)] == ["lost", "device"]
        assert (follow.error or {}).get("code") == "device-changed"


def test_what_may_not_be_read_is_said_with_the_next_step(sshd: Sshd, door: Door, tmp_path: Path) -> None:
    ssh = door(sshd)
    secret = Path("/var/tmp") / f"{sshd.user.name}.log"
    secret.touch(mode=0o600)
    try:
        for path, said in (
            (str(secret), "Add the user to the group adm"),
            ("/var/tmp", "no ordinary file"),
            ("/bin/ls", "it is no text"),
            ("/dev/null", "are not followed"),
            (f"{sshd.user.home}/none", "no such file"),
        ):
            with followed(ssh, Source("file", path=path)) as follow:
                assert wait_until(lambda follow=follow: follow.state == "ended", 15)
                assert said in follow.note
    finally:
        secret.unlink()


def test_a_reload_takes_over_and_two_viewers_cost_one_follower(sshd: Sshd, door: Door) -> None:
    path = sshd.user.home / "shared.log"
    path.write_text("one\n")
    with followed(door(sshd), Source("file", path=str(path)), grace_s=1.0) as follow:
        assert wait_until(lambda: texts(follow) == ["one"], 15)
        with follow.viewer():
            assert wait_until(lambda: len(sshd.user.processes("tail ")) == 1)
        assert follow.running
    assert wait_until(lambda: not sshd.user.processes("tail "), 10)
    assert not follow.running


def test_who_comes_back_later_misses_no_line(sshd: Sshd, door: Door) -> None:
    path = sshd.user.home / "later.log"
    path.write_text("one\n")
    ssh = door(sshd)
    logs = Logs(ssh, grace_s=0.1)
    follow = logs.open(Source("file", path=str(path)))
    with ssh.keep_connected(), follow.viewer():
        assert wait_until(lambda: texts(follow) == ["one"], 15)
    assert wait_until(lambda: not follow.running, 10)
    with path.open("a") as file:
        file.write("while nobody looked\n")
    with ssh.keep_connected(), follow.viewer():
        assert wait_until(lambda: texts(follow) == ["one", "while nobody looked"], 15)
        assert marks(follow) == []
    logs.close()


# Stands for root: what it starts has neither our environment nor our session, so nobody of ours can stop it.
SUDO = """#!/bin/sh
[ "$1" = -n ] && shift
exec env -i PATH="$PATH" HOME="$HOME" setsid -w "$@"
"""


def test_what_is_read_with_sudo_ends_by_itself_when_nobody_listens(door: Door) -> None:
    refuse = "if 'V3_LANE' in os.environ: sys.exit(print('No journal files were opened: permission'))\n"
    with throwaway_user() as user, Sshd(user) as sshd:
        for name, text in (
            ("journalctl", JOURNALCTL.replace("words =", f"import os\n{refuse}words =")),
            ("sudo", SUDO),
        ):
            tool = user.home / "shbin" / name
            tool.write_text(text)
            tool.chmod(0o755)
        (user.home / "journal").write_text(entry(1))
        with followed(door(sshd), Source("journal")) as follow:
            assert wait_until(lambda: texts(follow) == ["line 1"], 15), follow.as_json()
            assert follow.as_json()["root"] is True
            sshd.stop()
            sshd.start()
            assert wait_until(lambda: "Nothing was lost." in marks(follow)[-1][1], 20)
            assert wait_until(lambda: len(user.processes("shbin/journalctl -q")) == 1, 10), user.processes()
        assert wait_until(lambda: not user.processes("journalctl"), 10), user.processes()
