"""ip route (IPv4 and IPv6) -> {default_count, defaults: [{via, device,
metric, family, link_down}], blocked_count, route_count, listed}.

Judges whole tables and `ip route show default`. The one line "default none" (printed by the command) says
that there is no default. So does a table without a default line. A default route over several uplinks
("nexthop" lines) counts once and has an entry in `defaults` for each of them. blocked_count: defaults that
only refuse (unreachable, blackhole, prohibit, throw). `listed` names them all as one line.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_BLOCKED = ("unreachable", "blackhole", "prohibit", "throw")
_TYPES = rf"(?:(unicast|local|broadcast|multicast|anycast|{'|'.join(_BLOCKED)}) )?"
_ROUTE = re.compile(
    rf"^{_TYPES}(default|[0-9a-fA-F.:]+(?:/\d+)?)(?:\s+((?:via|dev|proto|scope|metric|nhid|src) \S.*))?$"
)
_HOP = re.compile(r"^nexthop ((?:via|dev) \S.*)$")


@dataclass(frozen=True)
class _Route:
    """One route: its type ("" is the usual one), its target, its line's rest, its uplinks' lines."""

    kind: str
    target: str
    rest: str
    hops: list[str]

    @property
    def ways(self) -> list[str]:
        return self.hops or [self.rest]


READS = "default_count defaults[via device metric family link_down] blocked_count route_count listed"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines()]
    routes = _routes(lines)
    if not routes and "default none" not in lines:
        raise refuse(stdout, stderr, exit_status)
    defaults = [route for route in routes if route.target == "default"]
    usable = [route for route in defaults if route.kind not in _BLOCKED]
    ways = [_way(text) for route in usable for text in route.ways]
    return {
        "default_count": len(usable),
        "defaults": ways,
        "blocked_count": len(defaults) - len(usable),
        "route_count": len(routes),
        "listed": "; ".join(_listed(way) for way in ways) or "none",
    }


def _routes(lines: list[str]) -> list[_Route]:
    """Each route with what leads there: its own line, or the uplinks on the lines below it."""
    routes: list[_Route] = []
    for line in lines:
        route, hop = _ROUTE.match(line), _HOP.match(line)
        if hop and routes:
            routes[-1].hops.append(hop.group(1))
        elif route and _is_target(route.group(2)) and " lladdr " not in line:  # ip neigh prints alike
            routes.append(_Route(route.group(1) or "", route.group(2), route.group(3) or "", []))
    return [route for route in routes if route.rest or route.hops]


def _is_target(target: str) -> bool:
    try:
        return target == "default" or bool(ipaddress.ip_network(target, strict=False))
    except ValueError:
        return False


def _listed(way: dict[str, Any]) -> str:
    down = " (its link is down)" if way["link_down"] else ""
    return f"{way['via'] or 'direct'} over {way['device']}{down}"


def _way(rest: str) -> dict[str, Any]:
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
        "link_down": not {"linkdown", "dead"}.isdisjoint(words),
    }
