"""Lines `file # R36 (release), REVISION: 4.3, ...`, `package 36.4.3-2025...` -> do both say the same?

{file_release, package_release, package_version, agree}. agree: None where dpkg does not know the package.
Without the release file this is no L4T system: not applicable.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_FILE = re.compile(r"(?m)^file #?[ \t]*R(\d+)\s*\(release\),\s*REVISION:\s*(\d+(?:\.\d+)*)\s*,")
_NO_FILE = re.compile(r"(?m)^file absent[ \t\r]*$")
_PACKAGE = re.compile(r"(?m)^package (?:(\d+\.\d+(?:\.\d+)?)(-\S+)?|absent|unmanaged)[ \t\r]*$")
READS = "file_release package_release package_version agree"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    release, package = _FILE.search(stdout), _PACKAGE.search(stdout)
    if _NO_FILE.search(stdout) and package:
        raise NotApplicable("Not a Jetson Linux system: it has no /etc/nv_tegra_release.")
    if not release or not package:
        raise refuse(stdout, stderr, exit_status)
    in_file = _three(f"{release[1]}.{release[2]}")
    in_package = _three(package[1]) if package[1] else None
    return {
        "file_release": in_file,
        "package_release": in_package,
        "package_version": f"{package[1]}{package[2] or ''}" if package[1] else None,
        "agree": None if in_package is None else in_file == in_package,
    }


def _three(number: str) -> str:
    return f"{number}.0" if number.count(".") == 1 else number
