"""ip route (IPv4 and IPv6) -> {default_count, defaults: [{via, device,
metric, family}], route_count, listed}.

Judges whole tables and `ip route show default`; the one line "default none" (printed by the command)
and a table without a default line both say that there is none. `listed` names them as one line.
"""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise
from typing import Any

from utils.parsers._text import plain, refuse
from utils.result import Reading

_TYPES = r"(?:unicast |local |broadcast |multicast |anycast |unreachable |blackhole |prohibit |throw )?"
_ROUTE = re.compile(
    rf"^{_TYPES}(default|[0-9a-fA-F.:]+(?:/\d+)?)\s+((?:via|dev|proto|scope|metric|nhid) \S.*)$"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines()]
    matches = [match for line in lines if (match := _ROUTE.match(line)) and _is_target(match.group(1))]
    if not matches and "default none" not in lines:
        raise refuse(stdout, stderr, exit_status)
    defaults = [_default(match.group(2)) for match in matches if match.group(1) == "default"]
    return {
        "default_count": len(defaults),
        "defaults": defaults,
        "route_count": len(matches),
        "listed": "; ".join(f"{item['via'] or 'direct'} over {item['device']}" for item in defaults)
        or "none",
    }


def _is_target(target: str) -> bool:
    try:
        return target == "default" or bool(ipaddress.ip_network(target, strict=False))
    except ValueError:
        return False


def _default(rest: str) -> dict[str, Any]:
    words = re.split(r"\s+", rest)
    options = dict(pairwise(words))
    via, metric = options.get("via"), options.get("metric", "")
    if via in ("inet", "inet6"):  # "via inet6 fe80::1": an IPv4 route over an IPv6 neighbour
        via = options.get(via)
    return {
        "via": via,
        "device": options.get("dev"),
        "metric": int(metric) if re.fullmatch(r"[0-9]+", metric) else None,
        "family": "ipv6" if via and ":" in via else "ipv4",
    }
