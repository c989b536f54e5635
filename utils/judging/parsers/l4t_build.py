"""Installed nvidia-l4t packages and the build of each -> {package_count, builds[], odd[], unstamped[]}.

Lines of `dpkg-query`: `PACKAGE VERSION STATUS`; a version ends in release and build stamp, as in
"36.4.3-20250107174145". builds[]: {release, stamp, count}, the largest first. odd[]: {package, release,
stamp, usual} of packages whose release has another stamp in most of its packages. strays[]: {package,
release, usual, vital} of packages of another release than most. unfinished[]: {package, status} of packages
whose installation did not end. unstamped: packages without a stamp (one's own builds).
"""

from __future__ import annotations

import re
from collections import Counter

from utils.errors import NotApplicable
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_LINE = re.compile(r"^(nvidia-l4t-[a-z0-9.+-]{1,60}) (\S{0,100}) ([a-z-]{1,20})$")
_STAMP = re.compile(r"(?:^|-)(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)-(\d{8,14})$")
_ENDED = {"not-installed", "config-files"}
_VITAL = {
    f"nvidia-l4t-{part}"
    for part in ("core", "init", "kernel", "bootloader", "firmware", "camera", "multimedia", "cuda")
}
"""Parts that only fit each other; some of the others stay at an older release on healthy boards."""
READS = (
    "package_count builds[release stamp count] odd[package release stamp usual] strays[package release usual "
    "vital] unfinished[package status] unstamped"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    installed: dict[str, str] = {}
    unfinished: list[dict[str, str]] = []
    for line in between(stdout, stderr, exit_status, of="l4t builds"):
        package = _LINE.match(line)
        if package is None:
            raise unread(line)
        if package[3] == "installed":
            installed[package[1]] = package[2]
        elif package[3] not in _ENDED:
            unfinished.append({"package": package[1], "status": package[3]})
    if not installed and not unfinished:
        raise NotApplicable("No nvidia-l4t package is installed.")
    stamped = {name: match for name, text in installed.items() if (match := _STAMP.search(text))}
    builds = Counter((match[1], match[2]) for match in stamped.values())
    ranked = sorted(builds, key=lambda build: (-builds[build], build))
    usual = dict(reversed(ranked))
    releases = Counter(match[1] for match in stamped.values())
    most = releases.most_common(1)[0][0] if releases else ""
    return {
        "package_count": len(installed),
        "builds": [{"release": r, "stamp": s, "count": builds[r, s]} for r, s in ranked],
        "odd": [
            {"package": name, "release": match[1], "stamp": match[2], "usual": usual[match[1]]}
            for name, match in stamped.items()
            if match[2] != usual[match[1]]
        ],
        "strays": [
            {"package": name, "release": match[1], "usual": most, "vital": name in _VITAL}
            for name, match in stamped.items()
            if match[1] != most
        ],
        "unfinished": unfinished,
        "unstamped": [name for name in installed if name not in stamped],
    }
