"""The demo device reads a follower's script as it is; nothing in a script is for the demo alone."""

from __future__ import annotations

import pytest

from utils.demo.log_script import FollowRequest, asked, is_log_command
from utils.live.logs.source import CHOICES, FILE, JOURNAL, KERNEL, Position, Source, command

NONCE = "0123456789abcdef"
AT = Position(JOURNAL, cursor="s=demo;i=17")
FOLLOWED = [
    (Source(KERNEL), Position()),
    (Source(KERNEL, priority=3), AT),
    (Source(KERNEL, boot=-2), Position()),
    (Source(JOURNAL), AT),
    (Source(JOURNAL, unit="v3-*.service", priority=4, boot=-1), Position()),
    (Source(JOURNAL, unit=r"dev-disk-by\x2dlabel.device"), AT),
    (Source(FILE, path="/var/log/syslog"), Position()),
    (Source(FILE, path='/tmp/it\'s a "log" $(x) %s {y}'), Position(FILE, inode="66305:1311", offset=70000)),
]


@pytest.mark.parametrize(("source", "position"), FOLLOWED, ids=str)
def test_the_script_alone_says_which_log_and_from_where_on(source: Source, position: Position) -> None:
    script = command(source, position, NONCE)
    assert is_log_command(script)
    if source.ends:
        position = Position()  # a log that has ended is read whole
    assert asked(script) == FollowRequest(NONCE, source, position)


@pytest.mark.parametrize(("source", "position"), FOLLOWED, ids=str)
def test_a_script_holds_nothing_that_the_devices_shell_skips(source: Source, position: Position) -> None:
    lines = [*command(source, position, NONCE).splitlines(), *CHOICES.splitlines()]
    assert [line for line in lines if line.lstrip().startswith("#")] == []


@pytest.mark.parametrize("text", ["", "journalctl -f", "v3_say() { echo; }", CHOICES[:-2]])
def test_another_command_is_no_follower(text: str) -> None:
    assert not is_log_command(text)
    assert asked(text) is None
