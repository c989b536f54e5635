"""The device is treated kindly: no command of the catalogue writes to its disk or may run without end."""

from __future__ import annotations

import re

import pytest

from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.models import Effect

CATALOGUE = builtin_catalogue()

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


def test_no_command_writes_to_the_devices_disk() -> None:
    assert not {item.id: found for item in CATALOGUE if (found := writes(item.command))}


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


def test_what_may_take_long_has_a_deadline_on_the_device_too() -> None:
    deadlines = {item.id: [int(seconds) for seconds in _DEADLINE.findall(item.command)] for item in CATALOGUE}
    long = [item for item in CATALOGUE if item.slow or item.root]
    assert long
    assert not [item.id for item in long if not deadlines[item.id]], "they have no timeout of their own"
    stopped = [item.id for item in CATALOGUE if sum(deadlines[item.id]) > item.timeout]
    assert not stopped, "they would be stopped from outside before their own deadline"


def test_a_check_up_only_runs_what_reads() -> None:
    part_of_it = [item for item in CATALOGUE if not item.active]
    assert part_of_it
    assert not [item.id for item in part_of_it if item.effect is not Effect.READ]
