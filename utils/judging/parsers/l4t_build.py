"""Installed nvidia-l4t packages and the build of each -> {package_count, builds[], odd[], unstamped[]}.

Lines of `dpkg-query`: `PACKAGE VERSION STATUS`; a version ends in release and build stamp, as in
"36.4.3-20250107174145". builds[]: {release, stamp, count}, the largest first. odd[]: {package, release,
stamp, usual} of packages whose release has another stamp in most of its packages. unstamped: packages
without a stamp (one's own builds).
"""

from __future__ import annotations

import re
from collections import Counter

from utils.errors import NotApplicable
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_LINE = re.compile(r"^(nvidia-l4t-[a-z0-9.+-]{1,60}) (\S{0,100}) ([a-z-]{1,20})$")
_STAMP = re.compile(r"(?:^|-)(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)-(\d{8,14})$")
READS = "package_count builds[release stamp count] odd[package release stamp usual] unstamped"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    installed: dict[str, str] = {}
    for line in between(stdout, stderr, exit_status, of="l4t builds"):
        package = _LINE.match(line)
        if package is None:
            raise unread(line)
        if package[3] == "installed":
            installed[package[1]] = package[2]
    if not installed:
        raise NotApplicable("No nvidia-l4t package is installed.")
    stamped = {name: match for name, text in installed.items() if (match := _STAMP.search(text))}
    builds = Counter((match[1], match[2]) for match in stamped.values())
    ranked = sorted(builds, key=lambda build: (-builds[build], build))
    usual = dict(reversed(ranked))
    return {
        "package_count": len(installed),
        "builds": [{"release": r, "stamp": s, "count": builds[r, s]} for r, s in ranked],
        "odd": [
            {"package": name, "release": match[1], "stamp": match[2], "usual": usual[match[1]]}
            for name, match in stamped.items()
            if match[2] != usual[match[1]]
        ],
        "unstamped": [name for name in installed if name not in stamped],
    }
