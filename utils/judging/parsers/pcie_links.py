"""`lspci -vv` -> {links: [...], endpoint_count, port_count, idle_gpus, lost, complete}.

links: one a card (functions of one card share the link): {address, name, speed_gts, width, can_speed_gts,
can_width, port, below, idle_gpu}. can_*: the lower of the card's own and its port's capability. below: the
link runs under that; None where the listing does not say. A GPU lowers its link speed when idle (idle_gpu),
so only its width is judged. Ports are not judged themselves: an empty slot or a slower card makes them look
slow. lost: the ports whose link is up although no card shows behind them. The listing goes on after them, so
a card was there and fell off the bus. Width x0 is "no link" (virtual functions, D3cold).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import is_noise, plain, refuse
from utils.model.results import Reading

_HEAD = re.compile(
    r"^(?P<slot>(?:(?P<domain>[0-9a-f]{4,8}):)?(?P<bus>[0-9a-f]{2}):[0-9a-f]{2})\.(?P<function>[0-7])\s+"
    r"(?P<kind>[^:]++):\s++(?P<name>\S.*?)(?<=\S)(?: \(prog-if .*)?\s*$"
)
_LINK = re.compile(r"(?:Speed (\d+(?:\.\d+)?)GT/s|Speed unknown)(?: \((\w+)\))?, Width x(\d+)(?: \((\w+)\))?")
_PORT_KIND = re.compile(r"(?i)pci bridge|^0604|\[0604\]")
_GPU_KIND = re.compile(r"(?i)vga|3d controller|display controller|^03[0-9a-f]{2}$|\[03[0-9a-f]{2}\]")
_SECONDARY = re.compile(r"secondary=([0-9a-f]{2})")
_FEW_LINES = 3  # even the shortest card has more of them under -vv
_DENIED = "<access denied>"


@dataclass
class _Function:
    """One function of the listing, as far as links go."""

    slot: str
    function: str
    domain: str
    bus: str
    kind: str
    name: str
    lines: list[str] = field(default_factory=list)

    def link(self, label: str) -> tuple[float | None, int | None, bool] | None:
        """(GT/s, lanes, marked as downgraded) of its LnkCap or LnkSta; None where it has none."""
        line = next((line for line in self.lines if line.startswith(f"{label}:")), "")
        match = _LINK.search(line)
        if not match:
            return None
        speed, speed_mark, width, width_mark = match.groups()
        marked = "downgraded" in (speed_mark, width_mark)
        return (float(speed) if speed else None), int(width) or None, marked

    def says(self, flag: str) -> bool:
        """Whether a line of it holds this flag, as "DLActive+"."""
        return any(flag in line for line in self.lines)

    @property
    def has_link(self) -> bool:
        """Its link has lanes; a port that reports its data link (LLActRep+) must call it active too."""
        lanes = (self.link("LnkSta") or (None, None, False))[1]
        return bool(lanes) and not (self.says("LLActRep+") and self.says("DLActive-"))

    @property
    def address(self) -> str:
        return f"{self.slot}.{self.function}"

    @property
    def express(self) -> str:
        """Its PCI Express type ("Root Port", "Endpoint"), or ""."""
        found = (re.search(r"Express (?:\(v\d+\) )?([A-Z][\w /-]*)", line) for line in self.lines)
        return next((match.group(1) for match in found if match), "")

    @property
    def is_port(self) -> bool:
        return bool(_PORT_KIND.search(self.kind)) or " Port" in self.express

    @property
    def secondary(self) -> str:
        found = (_SECONDARY.search(line) for line in self.lines)
        return next((match.group(1) for match in found if match), "")


READS = (
    "links[address name speed_gts width can_speed_gts can_width port below idle_gpu] endpoint_count "
    "port_count idle_gpus lost complete"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    functions = _functions(plain(stdout))
    if not functions:
        raise refuse(stdout, stderr, exit_status)
    ports = {(item.domain, item.secondary): item for item in functions if item.is_port and item.secondary}
    links = [link for link in _links(functions, ports) if link]
    below = any(link["below"] for link in links)
    if any(_DENIED in line for item in functions for line in item.lines) and not below:
        raise Undecided(
            "Not permitted: lspci shows the link state only to root (Capabilities: <access denied>).",
            Cause.NOT_PERMITTED,
        )
    if not any(item.link("LnkSta") for item in functions):
        raise Undecided(
            "The listing has no link state: it is not that of lspci -vv, or it is cut off.", Cause.CUT_OFF
        )
    return {
        "links": links,
        "endpoint_count": len(links),
        "port_count": sum(item.is_port for item in functions),
        "idle_gpus": sum(bool(link["idle_gpu"]) for link in links),
        "lost": [f"{port.address} {port.name}" for port in _empty_ports(functions, ports)[0]],
        "complete": _is_complete(functions, ports) and not _has_stray_lines(plain(stdout)),
    }


def _has_stray_lines(text: str) -> bool:
    """Lines of something else between those of lspci, which indents all but a card's first line."""
    lines = [line for line in text.splitlines() if line.strip() and not is_noise(line)]
    if not any(line[0] in " \t" for line in lines):
        return False  # pasted without indentation: cannot tell
    if lines[0][0] in " \t":
        return True
    return any(
        line[0] not in " \t" and not _HEAD.match(line) and not re.search("lspci|pcilib", line)
        for line in lines
    )


def _functions(text: str) -> list[_Function]:
    found: list[_Function] = []
    for line in text.splitlines():
        match = _HEAD.match(line)
        if match:
            found.append(
                _Function(
                    slot=match["slot"],
                    function=match["function"],
                    domain=match["domain"] or "0000",
                    bus=match["bus"],
                    kind=match["kind"],
                    name=match["name"],
                )
            )
        elif found:
            found[-1].lines.append(line.strip())
    return found


def _links(
    functions: list[_Function], ports: dict[tuple[str, str], _Function]
) -> list[dict[str, object] | None]:
    gpus = {item.slot for item in functions if _GPU_KIND.search(item.kind)}
    seen: set[str] = set()
    links: list[dict[str, object] | None] = []
    for item in functions:
        if item.is_port or item.slot in seen or "Root Complex" in item.express:
            continue
        port = ports.get((item.domain, item.bus)) or _port_before(item, functions)
        link = _judge(item, port, item.slot in gpus)
        if link:
            seen.add(item.slot)
            links.append(link)
    return links


def _port_before(item: _Function, functions: list[_Function]) -> _Function | None:
    """In an excerpt without "Bus:" lines: the last port before it in its PCI domain."""
    before = functions[: functions.index(item)]
    near = [port for port in before if port.is_port and not port.secondary and port.domain == item.domain]
    return near[-1] if near and near[-1].bus != item.bus else None


def _judge(item: _Function, port: _Function | None, is_gpu: bool) -> dict[str, object] | None:
    state = item.link("LnkSta")
    port_up = bool(port and (port.link("LnkSta") or (0, 0))[1])
    if state is None and "Endpoint" not in item.express and not port_up:
        return None  # a conventional PCI device has no link
    if state is not None and state[1] is None:
        return None  # width x0: no link
    speed, width, marked = state or (None, None, False)
    own, upstream = item.link("LnkCap"), (port.link("LnkCap") if port else None)
    can_speed = _lower(own[0] if own else None, upstream[0] if upstream else None)
    can_width = _lower(own[1] if own else None, upstream[1] if upstream else None)
    slow = _under(speed, can_speed)
    narrow = _under(width, can_width)
    below = None if narrow is None or (slow is None and not is_gpu) else narrow or (bool(slow) and not is_gpu)
    if below is None and (marked or narrow or slow) and not is_gpu:
        below = True
    return {
        "address": item.address,
        "name": item.name,
        "speed_gts": speed,
        "width": width,
        "can_speed_gts": can_speed,
        "can_width": can_width,
        "port": port.address if port else None,
        "below": below,
        "idle_gpu": is_gpu and bool(slow),
    }


def _lower(left: float | None, right: float | None) -> float | None:
    known = [value for value in (left, right) if value is not None]
    return min(known) if known else None


def _under(value: float | None, limit: float | None) -> bool | None:
    return None if value is None or limit is None else value < limit


def _is_complete(functions: list[_Function], ports: dict[tuple[str, str], _Function]) -> bool:
    """The last card is not a stump, and behind every port whose link is up there is something."""
    last = functions[-1]
    whole = bool(last.link("LnkSta")) or any(line.startswith("Kernel ") for line in last.lines)
    if not whole and (last.is_port or len(last.lines) < _FEW_LINES):
        return False
    return not _empty_ports(functions, ports)[1]


def _empty_ports(
    functions: list[_Function], ports: dict[tuple[str, str], _Function]
) -> tuple[list[_Function], list[_Function]]:
    """Ports with a link and no card: (those that lost it, those where the listing may be cut off)."""
    present = {(item.domain, item.bus) for item in functions}
    empty = [port for key, port in ports.items() if key not in present and port.has_link]
    lost = [port for port in empty if port.says("DLActive+") and port is not functions[-1]]
    return lost, [port for port in empty if port not in lost]
