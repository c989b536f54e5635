"""/proc/mounts -> {filesystems[], root_seen, cut_off, pseudo_count}.

filesystems[]: {mount, source, type, read_only, degraded, role}. Only what is on top at its mount point
counts. role, by which the checks decide whether read-only is a fault:
    root    the root, on a block device, of a type that is made to be written
    data    any other such partition
    base    the read-only lower layer of an overlay
    view    read-only here, while the same device is writable at another place (bind, snapshot)
    overlay a root put together from layers
    image   squashfs, iso9660 and the like, and files mounted through a loop device
    fat     vfat, exfat, ntfs on a block device
    system  the system's own parts, which images mount read-only on purpose: /boot, /efi, /usr
    other   a root of another kind (network, memory)
degraded: btrfs runs without one of its disks.
Kernel and network filesystems elsewhere than at / are counted in pseudo_count and not listed.
`mount`, `findmnt` and mountinfo print other layouts: they are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from utils.judging.parsers._text import is_noise, plain, refuse
from utils.model.results import Reading

# The kernel always ends a line with two zeros; fstab, of the same layout, rarely does.
_LINE = re.compile(r"^(\S+)[ \t]+(\S+)[ \t]+(\S+)[ \t]+((?:ro|rw)(?:,\S*)?)[ \t]+0[ \t]+0$")
_OCTAL = re.compile(r"\\([0-7]{3})")
_WRITABLE = re.compile(r"^(?:ext[234]|btrfs|f2fs|xfs|jfs|reiserfs|nilfs2|bcachefs|ubifs|jffs2|yaffs2|zfs)$")
_IMAGE = re.compile(r"^(?:squashfs|iso9660|udf|erofs|cramfs|romfs)$")
_FAT = re.compile(r"^(?:vfat|msdos|exfat|ntfs3?|fuseblk)$")
_SYSTEM = re.compile(r"^/(?:mnt/)?(?:boot|efi|esp|usr|sysroot|nix/store)(?:/|$)")
_BASE_NAME = re.compile(r"(?:^|[/_.-])(?:ro|rom|rofs|roroot|lower|lowerdir|readonly|read-only|base)$")


@dataclass(frozen=True)
class _Mount:
    source: str
    path: str
    type: str
    options: tuple[str, ...]

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written; newer kernels say so of a failed filesystem by other words."""
        return not {"ro", "emergency_ro", "shutdown"}.isdisjoint(self.options)

    @property
    def on_block_device(self) -> bool:
        return self.source.startswith("/dev/")

    def folders(self, option: str) -> list[str]:
        """The folders that an overlay's option (lowerdir, upperdir) names."""
        values = [o.partition("=")[2] for o in self.options if o.partition("=")[0].rstrip("+") == option]
        return [folder for value in values for folder in value.split(":") if folder]


READS = "filesystems[mount source type read_only degraded role] root_seen cut_off pseudo_count"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip() and not is_noise(line)]
    matches = [_LINE.match(line) for line in lines]
    mounts = [_mount(match) for match in matches if match]
    if not mounts:
        raise refuse(stdout, stderr, exit_status)
    shown = list({mount.path: mount for mount in mounts}.values())
    roles = [(mount, _role(mount, shown)) for mount in shown]
    return {
        "filesystems": [
            {
                "mount": mount.path,
                "source": mount.source,
                "type": mount.type,
                "read_only": mount.read_only,
                "degraded": "degraded" in mount.options,
                "role": role,
            }
            for mount, role in roles
            if role
        ],
        "root_seen": any(mount.path == "/" for mount in shown),
        "cut_off": matches[-1] is None,
        "pseudo_count": sum(not role for _, role in roles),
    }


def _mount(match: re.Match[str]) -> _Mount:
    source, path, kind, options = (
        _OCTAL.sub(lambda code: chr(int(code[1], 8)), text) for text in match.groups()
    )
    return _Mount(source, path, kind, tuple(options.split(",")))


def _role(mount: _Mount, shown: list[_Mount]) -> str:
    if _IMAGE.match(mount.type) or mount.source.startswith("/dev/loop"):
        return "image"
    if mount.type.startswith("overlay") or mount.type == "aufs":
        return "overlay" if mount.path == "/" else ""
    if _WRITABLE.match(mount.type):
        return _partition_role(mount, shown)
    if _FAT.match(mount.type) and mount.on_block_device:
        return "fat" if mount.path != "/" else "root"
    return "other" if mount.path == "/" else ""


def _partition_role(mount: _Mount, shown: list[_Mount]) -> str:
    if mount.path == "/":
        return "root"
    if mount.read_only and _is_base(mount.path, [m for m in shown if m.type.startswith(("overlay", "aufs"))]):
        return "base"
    if mount.read_only and any(m.source == mount.source and not m.read_only for m in shown):
        return "view"
    return "system" if _SYSTEM.match(mount.path) else "data"


def _is_base(path: str, overlays: list[_Mount]) -> bool:
    if any(_within(path, upper) for overlay in overlays for upper in overlay.folders("upperdir")):
        return False  # what is written goes to this partition
    if any(_within(path, lower) for overlay in overlays for lower in overlay.folders("lowerdir")):
        return True
    # The layers of a root are often named as they were before the root was switched.
    return any(overlay.path == "/" for overlay in overlays) and _BASE_NAME.search(path) is not None


def _within(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
