"""Sections `== audit`, `== holds`, `== l4t`, `== end` -> packages that are in disorder, held, or mixed.

{audit_count, audit[], minor_count, minor[], hold_count, holds[], l4t_count, releases[], mixed}. audit:
names that dpkg --audit lists because their installation did not end; minor: those of which only check sums,
translations or triggers are missing, while they work; releases: L4T releases ("36.4.3") of the installed
nvidia-l4t packages; mixed None without any. A line "packages 1893" among the holds counts what dpkg-query
listed.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_SECTION = re.compile(r"(?m)^== (audit|holds|l4t|end)[ \t\r]*$")
_NAMED = re.compile(r"(?m)^ ([a-z0-9][a-z0-9.+-]+)(?::\w+)?(?: .*)?$")
_NAME = re.compile(r"(?m)^([a-z0-9][a-z0-9.+:-]+)[ \t\r]*$")
_MINOR = (
    "md5sums control file",
    "have been triggered",
    "missing the list control file",
    "triggers are awaited",
)
_L4T = re.compile(r"(?m)^nvidia-l4t-\S+ (\S+) installed[ \t\r]*$")
_NO_PACKAGE = re.compile(r"(?m)^packages 0[ \t\r]*$")
_NO_END = re.compile(r"(?m)^dpkg --audit ended with status \d+")
_RELEASE = re.compile(r"(?:^|-)(\d+\.\d+(?:\.\d+)?)-\d{8,}")
READS = "audit_count audit minor_count minor hold_count holds l4t_count releases mixed"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    pieces = _SECTION.split(stdout)
    sections = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    if list(sections) != ["audit", "holds", "l4t", "end"]:
        raise refuse(stdout, stderr, exit_status)
    audit, minor = _audited(sections["audit"])
    # Without a name dpkg printed something else: an error, another language. Or it did not end by itself.
    if not audit and (_NO_END.search(sections["audit"]) or (sections["audit"].strip() and not minor)):
        raise refuse(sections["audit"], stderr, exit_status)
    if not audit and _NO_PACKAGE.search(sections["holds"]):
        raise Undecided("dpkg-query lists no package at all: it could not read its list.", Cause.NO_DATA)
    holds = _NAME.findall(sections["holds"])
    versions = _L4T.findall(sections["l4t"])
    releases = sorted({match[1] for version in versions if (match := _RELEASE.search(version))})
    return {
        "audit_count": len(audit),
        "audit": audit,
        "minor_count": len(minor),
        "minor": minor,
        "hold_count": len(holds),
        "holds": holds,
        "l4t_count": len(versions),
        "releases": releases,
        "mixed": len(releases) > 1 if releases else None,
    }


def _audited(text: str) -> tuple[list[str], list[str]]:
    """(half installed, only a little amiss) by the paragraphs of dpkg --audit."""
    audit: list[str] = []
    minor: list[str] = []
    for paragraph in re.split(r"\n[ \t\r]*\n", text):
        words = " ".join(paragraph.split())
        (minor if any(word in words for word in _MINOR) else audit).extend(_NAMED.findall(paragraph))
    return audit, minor
