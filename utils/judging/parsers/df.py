"""df (any table of space) -> {max_used_percent, fullest_mount, filesystems[], ignored[], unanswered[],
cut_off}.

filesystems[]: {mount, source, type, used_percent, available} of what can fill up; type and available as
printed, or None. ignored: mount points of what cannot or is always full: squashfs, snap loops, /rom, iso
images, what is mounted read-only, memory (tmpfs), kernel filesystems. used_percent is df's own (rounded
up), else computed. unanswered[]: {mount, error} of mounts that df could not ask. A table of inodes (df -i)
is refused.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers import _df
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_NOT_DISK = re.compile(
    r"^(?:(?:dev)?tmpfs|ramfs|squashfs|iso9660|udf|erofs|cramfs|romfs|proc|sysfs|cgroup2?|devpts|overlay\S*"
    r"|efivarfs|fuse\.(?:snapfuse|gvfsd-fuse|portal|lxcfs)|autofs|nsfs|debugfs|tracefs|hugetlbfs|mqueue)$"
)
_NOT_DISK_SOURCE = re.compile(
    r"^(?:(?:dev)?tmpfs|udev|none|shm|dev|run|efivarfs|proc|sysfs|cgroup\S*|cgmfs|ramfs|mdev|overlay\S*"
    r"|/dev/sr\d+|/dev/cdrom|snapfuse)$"
)
_NOT_DISK_MOUNT = re.compile(r"^/(?:rom|cdrom|media/cdrom\d*|(?:snap|var/lib/snapd/snap|sys|proc)(?:/.*)?)$")
_IMAGE_TYPE = re.compile(r"^(?:squashfs|iso9660|udf|erofs|cramfs|romfs)$")
READS = (
    "max_used_percent fullest_mount filesystems[mount source type used_percent available] ignored "
    "unanswered[mount error] cut_off"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text, read_only = _df.without_read_only(plain(stdout))
    table = _df.read(text)
    rows = [row for row in table.rows if row.kind == "space" and row.mount]
    if not rows:
        raise _why_none(table, stdout, stderr, exit_status)
    judged = [(row, used) for row in rows if _fills_up(row, read_only) and (used := _used(row)) is not None]
    if not judged and rows and read_only and not table.cut_off:
        raise NotApplicable("Every disk of the table is a read-only image: nothing can fill up.")
    if not judged:
        raise Undecided("The table shows no disk, only memory, images or kernel filesystems.", Cause.NOT_SAID)
    fullest, most = max(judged, key=lambda pair: pair[1])
    return {
        "max_used_percent": most,
        "fullest_mount": fullest.mount,
        "filesystems": [
            {
                "mount": row.mount,
                "source": row.source or None,
                "type": row.type or None,
                "used_percent": used,
                "available": None if row.available == "-" else row.available,
            }
            for row, used in judged
        ],
        "ignored": sorted({row.mount for row in rows} - {row.mount for row, _ in judged}),
        "unanswered": _df.unanswered(text, stderr),
        "cut_off": table.cut_off,
    }


def _why_none(table: _df.DfTable, stdout: str, stderr: str, exit_status: int | None) -> Exception:
    if any(row.kind == "inodes" for row in table.rows):
        return Undecided("This table counts inodes (df -i), not space.", Cause.GARBAGE)
    if table.rows:
        return Undecided(
            "Without a header it cannot be told whether the rows count space or inodes.", Cause.GARBAGE
        )
    return refuse(stdout, stderr, exit_status)


def _fills_up(row: _df.Row, read_only: frozenset[str]) -> bool:
    if row.mount in read_only:
        return False
    if row.mount == "/":
        return not (_IMAGE_TYPE.match(row.type) or _is_full_image(row))
    if _NOT_DISK.match(row.type) or _NOT_DISK_SOURCE.match(row.source) or _NOT_DISK_MOUNT.match(row.mount):
        return False
    # A file mounted through a loop device that is exactly full is an image, as a snap is.
    return not (row.source.startswith("/dev/loop") and row.percent == 100)


def _is_full_image(row: _df.Row) -> bool:
    """A root without a type that is exactly full: what can be written keeps blocks back for root."""
    return not row.type and row.available == "0" and row.size == row.used and row.size.isdecimal()


def _used(row: _df.Row) -> int | None:
    """Percent used, None for what has no size or says nonsense."""
    if row.percent is not None:
        return row.percent if row.percent <= 100 and row.size not in ("0", "0B") else None
    if row.used.isdecimal() and row.available.isdecimal() and (whole := int(row.used) + int(row.available)):
        return -(-100 * int(row.used) // whole)
    return None
