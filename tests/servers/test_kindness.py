"""A check-up on a real sshd: few commands at a time, niced, and nothing written."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from tests.servers.servers import Sshd
from utils.bench.runner import Runner

STAMPED = "date +%s%N; nice; sleep 0.15; date +%s%N"


def spans(answers: Iterator[str]) -> list[tuple[int, int, int]]:
    """(begin, end, niceness) of each command, in nanoseconds."""
    found = []
    for text in answers:
        begin, niceness, end = (int(word) for word in text.split())
        found.append((begin, end, niceness))
    return found


def most_at_once(found: list[tuple[int, int, int]]) -> int:
    edges = sorted([(begin, 1) for begin, _, _ in found] + [(end, -1) for _, end, _ in found])
    running = most = 0
    for _, step in edges:
        running += step
        most = max(most, running)
    return most


def test_of_many_commands_at_most_two_run_at_a_time_and_all_are_nice(
    sshd: Sshd, door: Callable[..., ModuleType]
) -> None:
    ssh = door(sshd)
    requests = [ssh.Request(STAMPED, effect="read", slow=number % 3 == 0, tag=number) for number in range(15)]
    answers = {request.tag: outcome for request, outcome in ssh.run_many(requests)}
    assert len(answers) == 15
    found = spans(outcome.stdout for outcome in answers.values())
    assert most_at_once(found) == 2, "slow ones run beside quick ones, and nothing else does"
    assert all(niceness > 0 for _, _, niceness in found)


def test_a_whole_check_up_writes_nothing_into_the_users_home_or_tmp(
    sshd: Sshd, door: Callable[..., ModuleType]
) -> None:
    runner = Runner(door=door(sshd).door)
    try:
        runner.run("uptime")  # the login itself may leave its traces
        before = (files_of(sshd.user.name, sshd.user.home), files_of(sshd.user.name, Path("/tmp")))
        checkup = runner.start_checkup()
        assert checkup.done.wait(120)
        assert not [run.error for run in checkup.runs.values() if run.error]
        after = (files_of(sshd.user.name, sshd.user.home), files_of(sshd.user.name, Path("/tmp")))
        assert after == before
    finally:
        runner.close()


def files_of(user: str, folder: Path) -> dict[str, int]:
    """The user's files below a folder, with the time of their last change."""
    found, number = {}, pwd.getpwnam(user).pw_uid
    for place, below, names in os.walk(folder):  # passes over what goes away meanwhile
        below[:] = [name for name in below if reaches(number, os.path.join(place, name))]
        for path in (os.path.join(place, name) for name in names):
            with contextlib.suppress(OSError):
                seen = os.lstat(path)
                if seen.st_uid == number and stat.S_ISREG(seen.st_mode):
                    found[path] = seen.st_mtime_ns
    return found


def reaches(number: int, folder: str) -> bool:
    """Whether this user can come to what is in the folder: most of /tmp is others' alone."""
    with contextlib.suppress(OSError):
        seen = os.lstat(folder)
        return seen.st_uid == number or bool(seen.st_mode & 0o011)
    return False
