"""/etc/resolv.conf -> {nameservers, upstream, search, count, listed}.

The command may add `upstream ADDRESS` lines: the servers behind a local stub resolver. It prints the one line
"nameserver none" where the file is missing or names none. Only real addresses count.
"""

from __future__ import annotations

import ipaddress
import re

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

READS = "nameservers upstream search count listed"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    nameservers, upstream = _addresses(text, "nameserver"), _addresses(text, "upstream")
    if not nameservers and not re.search(r"(?m)^nameserver none[ \t]*$", text):
        raise refuse(stdout, stderr, exit_status)
    search = re.search(r"(?m)^[ \t]*(?:search|domain)[ \t]++(\S(?:.*[^ \t\n])?)[ \t]*$", text)
    asked = upstream or nameservers
    return {
        "nameservers": nameservers,
        "upstream": upstream,
        "search": search.group(1).split() if search else [],
        "count": len(asked),
        "listed": ", ".join(asked) or "none",
    }


def _addresses(text: str, key: str) -> list[str]:
    words = re.findall(rf"(?m)^[ \t]*{key}[ \t]+([0-9a-fA-F.:]+)(?:%\S+)?[ \t]*(?:[#;].*)?$", text)
    return list(dict.fromkeys(word for word in words if _is_address(word)))


def _is_address(word: str) -> bool:
    try:
        return bool(ipaddress.ip_address(word))
    except ValueError:
        return False
