"""Which commands need a channel of their own, by their text alone."""

from __future__ import annotations

import pytest

from utils.link.request import Request


@pytest.mark.parametrize(
    "command", ["sleep 1 & echo", "a && b & c", "python3 x", "/usr/bin/python", "-python"]
)
def test_what_may_leave_something_running_gets_a_channel_of_its_own(command: str) -> None:
    assert Request(command).needs_channel


@pytest.mark.parametrize(
    "command", ["a && b", "a 2>&1", "a &>x", "a >& x", "a <&3", "a |& b", "cat my_python"]
)
def test_what_only_looks_so_shares_a_lane(command: str) -> None:
    assert not Request(command).needs_channel
