"""df -i -> {max_used_percent, fullest_mount, filesystems[], unanswered[], cut_off}.

filesystems[]: {mount, source, used_percent} of filesystems on disks that count inodes (vfat and btrfs do
not). What is mounted read-only is left out: an image has no free inode by nature. unanswered[]: {mount,
error} of mounts that df could not ask. A table of space is refused, and so are rows without a header.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers import _df
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_NOT_DISK = re.compile(
    r"^(?:(?:dev)?tmpfs|udev|none|shm|dev|run|efivarfs|proc|sysfs|cgroup\S*|ramfs|overlay\S*"
    r"|/dev/loop\d+|/dev/sr\d+)$"
)
READS = (
    "max_used_percent fullest_mount filesystems[mount source used_percent] unanswered[mount error] cut_off"
)


_FEWEST_INODES = 20_000  # of a root that can be written; mke2fs makes more for each disk from 320 MB on


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text, read_only = _df.without_read_only(plain(stdout))
    table = _df.read(text)
    rows = [row for row in table.rows if row.mount and (row.kind == "inodes" or row.ipercent is not None)]
    if not rows:
        if table.rows:
            raise Undecided("This table does not count inodes (df -i).", Cause.GARBAGE)
        raise refuse(stdout, stderr, exit_status)
    disks = [row for row in rows if row.mount == "/" or not _NOT_DISK.match(row.source)]
    disks = [row for row in disks if row.mount not in read_only and not _is_image(row)]
    judged = [(row, row.ipercent) for row in disks if row.ipercent is not None and row.ipercent <= 100]
    if not judged and disks and not table.cut_off:
        raise NotApplicable("The filesystems on this device do not count inodes.")
    if not judged:
        raise Undecided("The table shows no disk.", Cause.NOT_SAID)
    fullest, most = max(judged, key=lambda pair: pair[1])
    return {
        "max_used_percent": most,
        "fullest_mount": fullest.mount,
        "filesystems": [
            {"mount": row.mount, "source": row.source or None, "used_percent": used} for row, used in judged
        ],
        "unanswered": _df.unanswered(text, stderr),
        "cut_off": table.cut_off,
    }


def _is_image(row: _df.Row) -> bool:
    """A full root of a table that does not say what is read-only.

    ext4 makes its inodes in eights, and many more than an image has files. An image has just as many as it
    has files.
    """
    if row.mount != "/" or row.ipercent != 100 or not row.inodes.isdecimal():
        return False
    return int(row.inodes) % 8 != 0 or int(row.inodes) < _FEWEST_INODES
