"""Who holds the buffers of GPU and cameras (NvMap), and those whose program has ended.

{total_kb, memory_kb, percent, client_count, clients[], gone[], largest}.

Text: `MemTotal: N kB`, the table of /sys/kernel/debug/nvmap/iovmm/clients, and `gone PID` for a client whose
process is no more. clients[]: {name, pid, kb, gone}, the largest first. gone: the same for those alone.
largest: the largest one's name.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._text import percent
from utils.model.results import Reading

_MEMORY = re.compile(r"^MemTotal:\s+(\d{1,12}) kB$")
_HEAD = re.compile(r"^CLIENT\s+PROCESS\s+PID\s+SIZE$")
_CLIENT = re.compile(r"^(user|kernel)\s+(\S(?:.{0,60}\S)?)\s+(\d{1,10})\s+(\d{1,12})([KB]?)$")
_TOTAL = re.compile(r"^total\s+(\d{1,12})([KB]?)$")
_GONE = re.compile(r"^gone (\d{1,10})$")
READS = "total_kb memory_kb percent client_count clients[name pid kb gone] gone[name pid kb gone] largest"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    memory: int | None = None
    total: int | None = None
    clients: list[Reading] = []
    ended: set[int] = set()
    for line in between(stdout, stderr, exit_status, of="nvmap"):
        if told := _MEMORY.match(line):
            memory = int(told[1])
        elif client := _CLIENT.match(line):
            kb = _kb(client[4], client[5])
            clients.append({"name": client[2], "pid": int(client[3]), "kb": kb, "gone": False})
        elif sum_line := _TOTAL.match(line):
            total = _kb(sum_line[1], sum_line[2])
        elif gone := _GONE.match(line):
            ended.add(int(gone[1]))
        elif not _HEAD.match(line):
            raise unread(line)
    if memory is None or total is None:
        raise Undecided("The output is cut off: a sum is missing.", Cause.CUT_OFF)
    if total > memory:
        raise Undecided("More is used than there is, which cannot be.", Cause.IMPLAUSIBLE)
    clients = [{**client, "gone": client["pid"] in ended} for client in clients]
    clients.sort(key=lambda client: -client["kb"])
    return {
        "total_kb": total,
        "memory_kb": memory,
        "percent": percent(total, memory),
        "client_count": len(clients),
        "clients": clients,
        "gone": [client for client in clients if client["gone"]],
        "largest": clients[0]["name"] if clients else None,
    }


def _kb(number: str, unit: str) -> int:
    return int(number) if unit == "K" else int(number) // 1024
