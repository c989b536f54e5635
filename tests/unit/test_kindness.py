"""The device is treated kindly: no command of the catalogue writes to its disk or may run without end."""

from __future__ import annotations

import re

import pytest

from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.models import Diagnostic, Effect

EVERY = pytest.mark.parametrize("diagnostic", list(builtin_catalogue()), ids=lambda item: item.id)

_REDIRECTION = re.compile(r"[0-9]*>{1,2}\|?\s*(&?[^\s;)|&]*)")
# What is quoted is text, but for commands in $( ) within double quotes.
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\$]|\$(?!\())*\"")
_BEFORE = r"(?:^|[;&|(){}\n`]|\b(?:do|then|else|if|elif|while)\b)\s*"
_WRAPPERS = r"(?:(?:sudo(?: -n)?|nice|exec|xargs|env|timeout(?: -k \d+)? \d+)\s+)*"
_WRITER = re.compile(
    _BEFORE
    + _WRAPPERS
    + r"(tee|mktemp|touch|mkdir|rmdir|rm|mv|cp|dd|ln|install|truncate|fallocate|sync|chmod|chown|mknod"
    r"|split|shred|mount|umount|fstrim|sysctl -w|sed -i|logger|reboot|poweroff|shutdown|kill|pkill"
    r"|systemctl (?:start|stop|restart|enable|disable|mask|daemon-reload))\b"
)
_DEADLINE = re.compile(r"\btimeout(?: -k \d+)?(?: -s \w+)? (\d+)\b")


def writes(command: str) -> list[str]:
    """What in a command would change something on the disk: redirections to files, programs that write."""
    bare = _QUOTED.sub('""', command)
    targets = [target for target in _REDIRECTION.findall(bare) if target not in ("/dev/null", "&1", "&2")]
    return targets + [found[1] for found in _WRITER.finditer(bare)]


@EVERY
def test_no_command_writes_to_the_devices_disk(diagnostic: Diagnostic) -> None:
    assert writes(diagnostic.command) == []


@pytest.mark.parametrize(
    "command",
    [
        "echo x > /tmp/x", "dmesg >>/var/log/x", "cat x >x", "ls 2>err", "a | tee b", "f=$(mktemp)",
        "sudo -n touch /x", "cat x; rm y", "timeout -k 2 8 dd if=/dev/zero of=/x", "[ -e x ] && sync",
        "sudo -n fstrim -v /", "for f in a; do cp $f b; done", "(cat > x)", "systemctl restart x",
        "sed -i s/a/b/ /etc/x", "echo 3 | sudo tee /proc/sys/vm/drop_caches", 'echo "$(date >x)"',
    ],
)  # fmt: skip
def test_what_writes_is_seen(command: str) -> None:
    assert writes(command)


@EVERY
def test_what_may_take_long_has_a_deadline_on_the_device_too(diagnostic: Diagnostic) -> None:
    deadlines = [int(seconds) for seconds in _DEADLINE.findall(diagnostic.command)]
    if diagnostic.slow or diagnostic.root:
        assert deadlines, "slow and root commands have their own timeout"
    assert sum(deadlines) <= diagnostic.timeout, "it would be stopped from outside before its own deadline"


@EVERY
def test_a_check_up_only_runs_what_reads(diagnostic: Diagnostic) -> None:
    if not diagnostic.active:
        assert diagnostic.effect is Effect.READ
