"""The few commands that the demo device answers live. Each takes a Call and returns an exit status.

No file of the laptop is read and nothing is run: all they know is the Machine.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from utils.demo import machine as facts
from utils.demo.channel_io import CommandIO
from utils.demo.machine import Machine

HELP = """\
This is the demo device of V3 Diagnostics: it replays saved answers, it is not a real module.
It knows: cat clear date echo exit false help hostname id ls printf pwd seq sleep stty true
uname uptime wc whoami, and the commands of the diagnostics (also their first words).
"""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "\\": "\\", "c": ""}
_INTERRUPTED = 130


class Exit(Exception):
    """`exit`: the shell that runs this command ends with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Invocation:
    """One command: its arguments (without its name), its streams, the machine, the status before."""

    args: Sequence[str]
    io: CommandIO
    machine: Machine
    last_status: int = 0

    def say(self, text: str) -> int:
        """Print and succeed."""
        self.io.out(text.encode("utf-8", "surrogateescape"))
        return 0

    def complain(self, text: str, status: int = 1) -> int:
        """Print on stderr and fail."""
        self.io.err(f"{text}\n".encode("utf-8", "surrogateescape"))
        return status


def _echo(call: Invocation) -> int:
    newline = call.args[:1] != ["-n"]
    words = call.args if newline else call.args[1:]
    return call.say(" ".join(words) + ("\n" if newline else ""))


def _printf(call: Invocation) -> int:
    if not call.args:
        return call.complain("printf: usage: printf format [arguments]", 2)
    values = list(call.args[1:])
    template = _unescaped(call.args[0])
    text = ""
    while True:
        left = len(values)
        text += re.sub(r"%(%|-?\d*[sdi])", lambda match: _conversion(match[1], values), template)
        if not values or len(values) == left:
            return call.say(text)


def _conversion(kind: str, values: list[str]) -> str:
    if kind == "%":
        return "%"
    value = values.pop(0) if values else ""
    if kind[-1] in "di":
        value = value if re.fullmatch(r"[+-]?\d+", value) else "0"
    if kind.startswith("0") and kind[-1] != "s":
        return value.zfill(int(kind[:-1] or "0"))
    width = int(kind[:-1] or "0")
    return value.ljust(-width) if width < 0 else value.rjust(width)


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 8) % 256)
        return _ESCAPES.get(match[2], match[0])

    return re.sub(r"\\(?:([0-7]{1,3})|(.))", one, text, flags=re.DOTALL)


def _exit(call: Invocation) -> int:
    raise Exit(_number(call.args[0]) % 256 if call.args else call.last_status)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 2


def _sleep(call: Invocation) -> int:
    unit = {"": 1, "s": 1, "m": 60, "h": 3600}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", call.args[0]) if len(call.args) == 1 else None
    if match is None:
        return call.complain(f"sleep: invalid time interval '{' '.join(call.args)}'")
    return 0 if call.io.wait(float(match[1]) * unit[match[2]]) else _INTERRUPTED


def _cat(call: Invocation) -> int:
    files = call.machine.files()
    status = 0
    for path in call.args or ("-",):
        text = files.get(_absolute(path))
        if path == "-":
            for data in call.io.stdin():
                call.io.out(data)
        elif text is None:
            status = call.complain(f"cat: {path}: No such file or directory")
        else:
            call.say(text)
    return status


def _absolute(path: str) -> str:
    home = f"/home/{facts.USER}"
    path = home + path[1:] if path.startswith("~") else path
    return re.sub(r"/+", "/", path if path.startswith("/") else f"{home}/{path}")


def _ls(call: Invocation) -> int:
    """One name a line; on a terminal, or with --color, folders are blue."""
    color = call.io.size is not None or any(arg.startswith("--color") for arg in call.args)
    paths = [arg for arg in call.args if not arg.startswith("-")] or ["."]
    status = 0
    for path in paths:
        folder = _absolute(path).removesuffix(".").rstrip("/")
        names = _entries(call.machine, folder)
        if names:
            call.say("".join(f"{_shown(call.machine, folder, name, color=color)}\n" for name in names))
        else:
            status = call.complain(f"ls: cannot access '{path}': No such file or directory", 2)
    return status


def _shown(machine: Machine, folder: str, name: str, *, color: bool) -> str:
    is_file = name.startswith("/") or f"{folder}/{name}" in machine.files()
    return name if is_file or not color else f"\x1b[01;34m{name}\x1b[0m"


def _entries(machine: Machine, folder: str) -> list[str]:
    files = machine.files()
    if folder in files:
        return [folder]
    return sorted({path[len(folder) + 1 :].split("/")[0] for path in files if path.startswith(f"{folder}/")})


def _wc(call: Invocation) -> int:
    if list(call.args) not in (["-c"], ["-l"]):
        return call.complain("wc: the demo device knows wc -c and wc -l", 2)
    count = 0
    for data in call.io.stdin():
        count += len(data) if call.args[0] == "-c" else data.count(b"\n")
    return call.say(f"{count}\n")


def _seq(call: Invocation) -> int:
    numbers = [int(arg) for arg in call.args if re.fullmatch(r"-?\d{1,7}", arg)]
    if len(numbers) != len(call.args) or len(numbers) not in (1, 2):
        return call.complain("seq: the demo device knows seq LAST and seq FIRST LAST")
    first, last = numbers if len(numbers) == 2 else (1, numbers[0])
    return call.say("".join(f"{number}\n" for number in range(first, last + 1)))


def _date(call: Invocation) -> int:
    now = datetime.now(UTC)
    form = next((arg[1:] for arg in call.args if arg.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    nanoseconds = f"{time.time_ns() % 1_000_000_000:09}"
    fixed = {"%s": str(int(now.timestamp())), "%N": nanoseconds, "%3N": nanoseconds[:3], "%%": "%"}
    parts = re.split(r"(%%|%3N|%N|%s|%e)", form)
    fixed["%e"] = f"{now.day:2}"
    return call.say("".join(fixed.get(part) or now.strftime(part) for part in parts) + "\n")


def _uptime(call: Invocation) -> int:
    return call.say(call.machine.since() if call.args[:1] == ["-s"] else call.machine.uptime_line())


def _uname(call: Invocation) -> int:
    known = {"-a": facts.UNAME, "-r": facts.KERNEL, "-m": "aarch64", "-n": facts.HOSTNAME, "-s": "Linux"}
    option = call.args[0] if call.args else "-s"
    if option not in known:
        return call.complain(f"uname: invalid option '{option}'")
    return call.say(f"{known[option]}\n")


def _stty(call: Invocation) -> int:
    if call.io.size is None:
        return call.complain("stty: 'standard input': Inappropriate ioctl for device")
    if list(call.args) != ["size"]:
        return call.complain("stty: the demo device knows stty size")
    return call.say(f"{call.io.size.rows} {call.io.size.columns}\n")


def _says(text: str) -> Callable[[Invocation], int]:
    return lambda call: call.say(text)


BUILTINS: Mapping[str, Callable[[Invocation], int]] = {
    ":": lambda call: 0,
    "cat": _cat,
    "clear": _says("\x1b[H\x1b[2J"),
    "date": _date,
    "echo": _echo,
    "exit": _exit,
    "false": lambda call: 1,
    "help": _says(HELP),
    "hostname": _says(f"{facts.HOSTNAME}\n"),
    "id": _says(f"{facts.IDENTITY}\n"),
    "ls": _ls,
    "printf": _printf,
    "pwd": _says(f"/home/{facts.USER}\n"),
    "seq": _seq,
    "sleep": _sleep,
    "stty": _stty,
    "true": lambda call: 0,
    "uname": _uname,
    "uptime": _uptime,
    "wc": _wc,
    "whoami": _says(f"{facts.USER}\n"),
}
