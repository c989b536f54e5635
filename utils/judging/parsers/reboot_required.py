"""`reboot-required yes|no|not-kept`, then `package NAME` lines -> {required, packages[]}.

Where the system keeps no such mark it is not applicable.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^reboot-required (yes|no|not-kept)[ \t\r]*\n")
_PACKAGE = re.compile(r"(?m)^package ([a-z0-9]\S*)[ \t\r]*$")
READS = "required packages"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    line = _LINE.search(stdout)
    if not line:
        raise refuse(stdout, stderr, exit_status)
    if line[1] == "not-kept":
        raise NotApplicable("This system does not note whether an update needs a reboot.")
    return {"required": line[1] == "yes", "packages": _PACKAGE.findall(stdout)}
