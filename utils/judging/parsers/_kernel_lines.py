"""Reads a kernel log in any form -> LogText: one Line a message, and how sure we are of the form.

Forms: dmesg (plain, [ T1], <4>, -x, -T in any language, -e, -d, iso, --json), /dev/kmsg, syslog old and
new, journalctl (short and its kin, json and its kin, verbose, export, cat), a serial console. Pure; it
decides where a line comes from, never what it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

KERNEL, USER, BARE = "kernel", "user", "bare"
_LONGEST = 1500  # the kernel cuts its own messages before; patterns need not see more
_SHOWN = 300
_LEVEL = re.compile(r"^<\d{1,4}>")


@dataclass(frozen=True, slots=True)
class KernelLine:
    """message: without time stamp and prefix; raw: as printed; seconds: since boot, where printed.

    level: 0 (emergency) to 7 (debug) as the kernel graded it, None where the log does not say.
    """

    message: str
    origin: str
    raw: str
    seconds: float | None = None
    level: int | None = None

    @property
    def shown(self) -> str:
        """As printed, without the level's number before it ("<3>"), at most 300 characters."""
        return _LEVEL.sub("", self.raw[: _SHOWN + 6])[:_SHOWN]


@dataclass(frozen=True, slots=True)
class LogText:
    """lines: in order. is_log: kernel messages make up what this text is (so that silence means health)."""

    lines: tuple[KernelLine, ...]
    is_log: bool

    @property
    def kernel(self) -> list[KernelLine]:
        """The kernel's own messages; lines without any prefix count where the text as a whole is a log."""
        return [line for line in self.lines if line.origin != USER]


_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEADER = re.compile(r"^\s*-- .*--\s*$")
_SECONDS = re.compile(
    r"\[\s{0,8}(\d{1,8})\.(\d{6})(?:[@,]\d+|\s*<\s*\d+\.\d+\s*>|\s+)?\](?:\s?\[\s*[TC]\d+\])?(?:\s|$)"
)
# What may stand before it: nothing, a priority, a clock, a prompt, a name that ends in a colon (grep).
_BEFORE_STAMP = re.compile(r"^(?:<\d{1,4}>|.*\d\d:\d\d.*|.*:\s*|\S*[$#>]\s)?$")
_STAMPS = (
    re.compile(r"^\[[^\]\d]?[^\]]{1,40}?\s\d{1,2} \d\d:\d\d:\d\d \d{4}\](?!\s\[[\w:]+\])\s"),  # dmesg -T
    re.compile(
        r"^\[(?:\s*\+\d+\.\d{6}|[^\s\]]{2,6}\s?\d{1,2} \d\d:\d\d|<\s*\d+\.\d{6}>)\]\s"
    ),  # dmesg -e, -d
    re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:?\d\d\s"),  # dmesg --time-format iso
)
_KMSG = re.compile(r"^(\d{1,4}),\d+,(\d+),[-cf+][^;\n]*;(\S.*)$")
_RAW = re.compile(r"^<[0-7]>(?=[A-Za-z][\w.-]*(?: [\w.:@-]+){0,3}: \w|Booting Linux |Linux version )")
_FACILITY = re.compile(
    r"^(kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d)\s*:"
    r"(?:emerg|alert|crit|err|warn|notice|info|debug)\s*:\s?"
)
_RFC5424 = re.compile(r"^<\d{1,3}>1 \S+ \S+ (\S+) \S+ \S+ (?:-|\[.*?\])\s?(.*)$")
_SYSLOG = re.compile(
    r"^(?:<\d{1,4}>)?(?P<head>\S.{0,70}?)\s(?P<ident>[A-Za-z_(][\w.@/()+-]*)(?:\[[\d.]+\])?:"
    r"(?:\s|$)(?P<rest>.*)$"
)
_CLOCK = re.compile(r"(?<!\d)\d\d:\d\d:\d\d(?!\.\d(?!\d))|^\d{10}\.\d+\s|(?<![\w:.])\d\d:\d\d\s")
_OWNED = re.compile(r"^(?:\S+ )?[A-Za-z(][\w.@/:()+-]*\[\d+\]: ")  # "systemd[1]: ", "host app[12]: "
_SECOND_STAMP = re.compile(r"^\[\s*\d+\.\d{6}\]\s?(?:\[\s*[TC]\d+\]\s?)?")
_HOSTED = re.compile(r"^(?:\S+ )?kernel(?:\[\d+\])?: ?")
_CONSOLE = re.compile(r"^\[\d{4}\.\d{3}\] [A-Z]>|^\[(?:  OK  |FAILED|DEPEND| {4,} .*)\]|^\S+ login:")
_STRONG = re.compile(r"^(?:Linux version \d|Booting Linux on physical CPU|Kernel command line: )")
_SIGNATURE = re.compile(
    r"^(?:Linux version \d|Booting Linux on|Kernel command line: |Memory: \d+K/|Machine model: "
    r"|CPU: \d+ (?:UID: \d+ )?PID: \d+ Comm|Hardware name: |Call [Tt]race:|Modules linked in:"
    r"|-{6,}\[ cut here \]|WARNING: CPU: \d|Kernel panic - |Internal error: |Unable to handle kernel|BUG: "
    r"|INFO: (?:task |rcu)|watchdog: |.{1,40} invoked oom-killer: |Out of memory: Kill|oom-kill:|oom_reaper: "
    r"|Memory cgroup out of memory: |Killed process \d+ \(|EXT4-fs |JBD2|Aborting journal on|BTRFS|F2FS-fs"
    r"|XFS \(|SQUASHFS|squashfs: |FAT-fs |blk_update_request: |print_req_error: |Buffer I/O error "
    r"|I/O error, dev |end_request: |usb \d|usb usb\d|hub \d|usbcore: |mmc\d+: |mmcblk\d|sdhci|nvme |nvme\d"
    r"|pcieport |pci \w{4}:|tegra|nvgpu: |gk20a |soctherm: |NVRM: |thermal |cpufreq: |mttcan |can\d+: "
    r"|\S+ \S+ can\d+: |eth\d: |\S+ [\w.:]+ (?:eth|en|wl)\w+: |i2c |imx\d+ \d|sd \d:|scsi |random: |audit: "
    r"|pstore: |[Uu]nder-?voltage det|hwmon |NET: Registered|TCP: |Freeing |rcu: |clocksource: |printk: "
    r"|SError Interrupt|\(NULL device|Initializing cgroup|ACPI: |BIOS-provided|Command line: |e820: "
    r"|UBI(?:FS)?(?: \(|:| error| warning)|ubi\d+ |jffs2: |nand: |spi-nor |ata\d+[.:]|ahci |dwmmc"
    r"|exFAT-fs |NTFS-fs |arm-smmu|EDAC |mce: |\{\d+\}\[Hardware Error\]|brcmfmac|iwlwifi |xhci|r81\d\d |igc "
    r"|CPU:\d+, Error|smpboot: |e1000e?: |devtmpfs: |io scheduler |KERNEL supported cpus|x86/|DMI: |PCI: "
    r"|CPU: (?:ARM|PIPT|VIPT|div instr|All CPU)|OF: fdt:|Memory policy: |(?:Normal|DMA) zone: |pcpu-alloc: "
    r"|On node \d+ totalpages|free_area_init_node|Built \d+ zonelists|PID hash table entries|NR_IRQS"
    r"|(?:Dentry|Inode-|Mount-)\s?cache hash table|Virtual kernel memory layout|SLUB: HW|Calibrating delay )"
)

_LEVELS = {
    word: level
    for level, words in enumerate(
        ("emerg panic", "alert", "crit", "err error", "warn warning", "notice", "info", "debug")
    )
    for word in words.split()
}
_USUAL = re.compile(r"(?:<(\d{1,3})>)?\[ {0,8}(\d{1,8})\.(\d{6})\] (?!\[)(\S.*)$")  # dmesg, dmesg -r
_PRIORITY = re.compile(r"^<(\d{1,3})>")
_GRADED = re.compile(r"\bkern {0,9}[.:] {0,9}([a-z]{3,7})\b|\b[a-z]{3,8}\d?\.([a-z]{3,7}) kernel\b")
# What Talos and some collectors print: the node, facility and level, the time, the message.
_NODE = re.compile(r"^(?:\S{1,60}: )?kern: {0,9}([a-z]{3,7}): \[\d{4}-\d\d-\d\dT[\d:.]{8,20}Z?\]: (\S.*)$")

_MESSAGE = re.compile(r'"(?:MESSAGE|msg)"\s*:\s*("(?:\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|[^"\\])*")')
_NEAR = 4000  # characters in which a broken object's other fields are looked for
_OTHER_TRANSPORT = re.compile(r'"_TRANSPORT"\s*:\s*"(?!kernel")')


def read(text: str) -> LogText:
    """The log's lines, whatever form it has."""
    text = _ANSI.sub("", text).replace("\r", "\n").replace("\x00", "")
    lines = list(_from_json(text)) or list(_from_export(text))
    if lines:
        return LogText(tuple(lines), any(line.origin == KERNEL for line in lines))
    return _from_text(text)


def read_one(text: str) -> KernelLine | None:
    """The line of a text that is one. None where the text has no prefix, or is more than one line."""
    if "\x1b" in text or "{" in text or "\r" in text or "\n" in text or "\x00" in text:
        lines = read(text).lines
        return lines[0] if len(lines) == 1 and lines[0].origin != BARE else None
    return _line(text) if text.strip() and not _HEADER.match(text) else None


def _from_text(text: str) -> LogText:
    lines: list[KernelLine] = []
    known = total = 0
    origin = BARE
    for raw in text.split("\n"):
        if not raw.strip() or _HEADER.match(raw):
            continue
        line = _line(raw)
        if line is None:  # no prefix: it continues what stands above it
            line = KernelLine(raw.strip()[:_LONGEST], origin, raw.strip())
            total += not raw.startswith("    ")
            known += bool(_CONSOLE.match(raw))
        else:
            origin = line.origin
            known, total = known + 1, total + 1
        lines.append(line)
    if any(line.origin == KERNEL for line in lines):
        return LogText(tuple(lines), 2 * known >= total)
    return _bare(lines)


def _bare(lines: list[KernelLine]) -> LogText:
    """A text without any kernel prefix: it must look like the kernel's own words to count."""
    bare = [line for line in lines if line.origin == BARE]
    signed = sum(1 for line in bare if _SIGNATURE.match(line.message))
    if not signed:
        return LogText((), False)
    strong = any(_STRONG.match(line.message) for line in bare)
    return LogText(tuple(lines), strong and signed >= 4 and 4 * signed >= len(bare))


def _line(raw: str) -> KernelLine | None:
    """The line if it has a prefix that says where it comes from."""
    text = raw.strip()
    usual = _USUAL.match(text)
    if usual:
        priority = int(usual[1]) if usual[1] else None
        origin = USER if priority is not None and priority > 7 else KERNEL
        return _settled(usual[4], origin, text, float(f"{usual[2]}.{usual[3]}"), priority)
    line = _unusual(text)
    return line if line is None or line.level is not None else replace(line, level=_level(text))


def _level(text: str) -> int | None:
    """The level that stands before a kernel's message, in whatever form."""
    priority = _PRIORITY.match(text)
    if priority:
        return int(priority[1]) & 7
    graded = _GRADED.search(text, 0, 120)
    return _LEVELS.get(graded[1] or graded[2]) if graded else None


def _unusual(text: str) -> KernelLine | None:
    record = _KMSG.match(text)
    if record:
        origin = KERNEL if int(record[1]) < 8 else USER
        return _settled(record[3], origin, text, int(record[2]) / 1e6, int(record[1]) & 7)
    node = _NODE.match(text)
    if node:
        return _settled(node[2], KERNEL, text, None, _LEVELS.get(node[1]))
    stamp = _SECONDS.search(text, 0, 200)
    if stamp and _BEFORE_STAMP.search(text[: stamp.start()]):
        head = _SYSLOG.match(text[: stamp.start()].rstrip() + " ")
        origin = USER if head and _CLOCK.search(head["head"]) and head["ident"] != "kernel" else KERNEL
        return _settled(text[stamp.end() :], origin, text, float(f"{stamp[1]}.{stamp[2]}"))
    return _unclocked(text)


def _unclocked(text: str) -> KernelLine | None:
    facility = _FACILITY.match(text)
    if facility:
        return _settled(text[facility.end() :], KERNEL if facility[1] == "kern" else USER, text)
    for pattern in _STAMPS:
        stamp = pattern.match(text + " ")
        if stamp:
            return _settled(text[stamp.end() :], KERNEL, text)
    modern = _RFC5424.match(text)
    if modern:
        return _settled(modern[2], KERNEL if modern[1] == "kernel" else USER, text)
    syslog = _SYSLOG.match(text)
    if syslog and _CLOCK.search(syslog["head"] + " "):
        return _settled(syslog["rest"], KERNEL if syslog["ident"] == "kernel" else USER, text)
    if _RAW.match(text):
        return _settled(text[3:], KERNEL, text)
    if _HOSTED.match(text):
        return _settled(text, KERNEL, text)
    return None


def _settled(
    message: str, origin: str, raw: str, seconds: float | None = None, priority: int | None = None
) -> KernelLine:
    """Strips what may stand between the prefix and the message; programs writing to kmsg are no kernel."""
    message = message[: 2 * _LONGEST].strip()[:_LONGEST]
    if origin == KERNEL:
        if "kernel" in message[:100]:
            message = _HOSTED.sub("", message, count=1)
        if message.startswith("["):
            message = _SECOND_STAMP.sub("", message)
        if "]: " in message and _OWNED.match(message):
            origin = USER
    return KernelLine(message, origin, raw, seconds, None if priority is None else priority & 7)


def _from_json(text: str) -> Iterator[KernelLine]:
    """journalctl -o json, json-pretty, json-seq, json-sse; dmesg --json. Of a broken object the message."""
    if "{" not in text or not ('"MESSAGE"' in text or '"msg"' in text):
        return
    decoder = json.JSONDecoder()
    place, read_to = text.find("{"), 0
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield from _salvaged(text[read_to:place])
            yield from _objects(value)
            read_to = end
        place = text.find("{", end)
    yield from _salvaged(text[read_to:])


def _salvaged(gap: str) -> Iterator[KernelLine]:
    """The messages of objects that are cut off or have strange lines in them: they may be the fault."""
    for found in _MESSAGE.finditer(gap):
        before = gap[max(0, found.start() - _NEAR) : found.start()].rpartition("}")[2]
        around = before + gap[found.end() : found.end() + _NEAR].partition("}")[0]
        message = str(json.loads(found[1], strict=False))
        yield _settled(message, USER if _OTHER_TRANSPORT.search(around) else KERNEL, message, None)


def _objects(value: Any) -> Iterator[KernelLine]:
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("dmesg"), list):
        for item in value["dmesg"]:
            yield from _objects(item)
    elif "MESSAGE" in value:
        yield from _entry(value)
    elif "msg" in value and "pri" in value:
        origin = KERNEL if isinstance(value["pri"], int) and value["pri"] < 8 else USER
        time = value.get("time")
        seconds = float(time) if isinstance(time, int | float) else None
        message = str(value["msg"])
        level = value["pri"] if isinstance(value["pri"], int) else None
        yield _settled(message, origin, message, seconds, level)


def _entry(fields: Mapping[str, Any]) -> Iterator[KernelLine]:
    """One journal entry. MESSAGE is text, an array of bytes (not valid UTF-8), several texts, or null."""
    kernel = fields.get("_TRANSPORT") == "kernel" or fields.get("SYSLOG_IDENTIFIER") == "kernel"
    stamp = str(fields.get("_SOURCE_MONOTONIC_TIMESTAMP", ""))
    seconds = int(stamp) / 1e6 if re.fullmatch(r"\d{1,15}", stamp) else None
    priority = str(fields.get("PRIORITY", ""))
    level = int(priority) if re.fullmatch(r"[0-7]", priority) else None
    for message in _messages(fields["MESSAGE"]):
        yield _settled(message, KERNEL if kernel else USER, message, seconds, level)


def _messages(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [_ANSI.sub("", value)]
    if not isinstance(value, list) or not value:
        return []
    if all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return [_ANSI.sub("", bytes(value).decode("utf-8", errors="replace"))]
    return [_ANSI.sub("", item) for item in value if isinstance(item, str)]


def _from_export(text: str) -> Iterator[KernelLine]:
    """journalctl -o export and -o verbose: KEY=value lines; an entry ends where a key comes again."""
    if not re.search(r"(?m)^[ \t]*(?:_BOOT_ID|_TRANSPORT|__CURSOR)=", text):
        return
    fields: dict[str, str] = {}
    for key, value in [*re.findall(r"(?m)^[ \t]*([A-Z_][A-Z0-9_]*)=(.*)$", text), ("", "")]:
        if key in fields or not key:
            if "MESSAGE" in fields:
                yield from _entry(fields)
            fields = {}
        fields[key] = value
