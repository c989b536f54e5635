"""Text tools that parsers share: what an error message looks like, numbers, sections. Pure."""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided

# Shells, and what starts a program for another ("sudo", "timeout", "env"), say it in one of these forms:
# - "sh: 1: foo: not found", "bash: foo: command not found", "foo: Command not found."
# - "mksh: foo: inaccessible or not found", "zsh: command not found: foo"
# - "env: 'foo': No such file or directory", "bash: /usr/sbin/foo: No such file or directory"
# - "Command 'foo' not found, but can be installed with:"
_MISSING = re.compile(
    r"(?m)^(?:.*: )?(?:line \d+: |\d+: )?[^\s:]*: +(?:[Cc]ommand |inaccessible or )?not found\.?\s*$"
    r"|^.*: applet not found\s*$"
    r"|^.*executable file not found in \$PATH.*$|^which: no \S+ in \(.*$"
    r"|^(?:.*: )?(?:[Ff]ailed to (?:find executable|execute)|cannot run) \S+: No such file or directory\s*$"
    r"|^\S*sh: no such file or directory: /\S*bin/\S+\s*$"
    r"|^(?:.*: )?command not found: \S+\s*$"
    r"|^(?:The program|Command) '[^']+' (?:not found|is available in|is currently not installed)\b.*$"
    r"|^If '[^']+' is not a typo you can use command-not-found.*$|^Absolute path to '[^']+' is .*$"
    r"|^\S*sh: .*: not found \[No such file or directory\]\s*$"
    r"|^(?:fish|toybox): Unknown command.*$|^'[^']+' is not recognized as an internal or external command.*$"
    r"|^(?:.*: )?/\S*bin/[^\s:/]+: (?:No such file or directory|not found)\s*$"
    r"|^(?:\S*/)?(?:env|timeout|nice|ionice|sudo|doas|nohup|setsid|exec|stdbuf|xargs|chroot|chrt|taskset)\b"
    r"(?!.*unable to).*(?:No such file or directory|not found)\s*$"
    r"|^.*\w ?[:\uff1a] ?(?:Kommando nicht gefunden|Befehl nicht gefunden|nicht gefunden|commande introuvable"
    r"|orden no encontrada|comando non trovato|comando n\u00e3o encontrado|nie znaleziono polecenia"
    r"|\u043a\u043e\u043c\u0430\u043d\u0434\u0430 \u043d\u0435 \u043d\u0430\u0439\u0434\u0435\u043d\u0430"
    r"|\u672a\u627e\u5230\u547d\u4ee4|\u547d\u4ee4\u672a\u627e\u5230|\u627e\u4e0d\u5230\u547d\u4ee4"
    r"|\u30b3\u30de\u30f3\u30c9\u304c\u898b\u3064\u304b\u308a\u307e\u305b\u3093"
    r"|\uba85\ub839\uc5b4\ub97c \ucc3e\uc744 \uc218 \uc5c6\uc74c)\.?\s*$"
)
_DENIED = re.compile(
    r"(?i)permission denied|operation not permitted|must be root|a password is required"
    r"|not in the sudoers|a terminal is required|authentication is required|access ?denied"
    r"|you need to be root|requires root|root privileges|not authori[sz]ed|authori[sz]ation failed"
)
_SUDO = re.compile(
    r"(?i)^\s*sudo: .*(?:password is required|terminal is required|no tty present|must have a tty|askpass"
    r"|no password was provided|incorrect (?:password|authentication)|must be setuid root|no new privileges"
    r"|account .*locked"
    r"|authentication is required|I'm afraid I can't do that|must be owned by uid 0|effective uid is not 0"
    r"|no valid sudoers sources|unable to initialize policy|error initializing)"
    r"|^\s*Sorry, user \S+ (?:is not allowed to execute|may not run sudo)|not in the sudoers file"
)
# What a tool says of one thing that it could not read, in the kernel's words.
_UNREAD = re.compile(
    r"(?i)^(?!-?\w{0,3}sh: /home/)\S.*: (?:(?:Remote )?I(?:nput)?/O(?:utput)? error|Connection timed out"
    r"|No such device(?: or address)?|Resource temporarily unavailable|Device or resource busy"
    r"|(?:Permission|Access) denied|Operation not (?:permitted|supported)|Invalid argument|Protocol error"
    r"|Cannot allocate memory|Interrupted system call|No data available|Structure needs cleaning)\.?$"
    r"|^(?:[\w./-]{1,40}: )?(?:fatal |unrecoverable )?error: |^NVMe status: (?!0\b|success)"
)
_MESSAGES, _MESSAGE = 16_384, 500  # characters in which a message is looked for, and those of one
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")

_NOISE = re.compile(
    r"(?i)^(?:sudo: unable to resolve host .*|\[sudo\] password for .*"
    r"|.*\b(?:setlocale|cannot change locale)\b.*"
    r"|mesg: .*|(?:warning|hint|note): .*|(?:[^\s@]+@\S+|)[$#>](?:\s.*)?)$"
)


def plain(text: str) -> str:
    """The text without terminal escapes, carriage returns before a line's end, NUL and byte order mark."""
    text = _ESCAPE.sub("", text)
    if "\r" in text:  # rare, and to look for it takes longer than all the rest
        text = re.sub(r"(?<!\r)\r+\n", "\n", text)
    return text.replace("\0", "").lstrip("\ufeff")


def is_noise(line: str) -> bool:
    """Whether shells and sudo print this line beside any command's data: a prompt, a locale warning."""
    return bool(_NOISE.match(line.lstrip()))


def tool_missing(stdout: str, stderr: str, exit_status: int | None) -> str:
    """The line that says that the tool is not installed, or ""."""
    for text in (plain(_ends(stderr)), plain(_ends(stdout))):
        match = _MISSING.search(text)
        if match:
            return match.group(0).strip()
    return "the shell did not find the command (exit status 127)" if exit_status == 127 else ""


def permission_denied(stdout: str, stderr: str) -> str:
    """The line that says that the user may not do this, or ""."""
    for text in (_ends(stderr), _ends(stdout)):
        for line in text.splitlines():
            if _DENIED.search(line):
                return line.strip()
    return ""


def sudo_refused(stdout: str, stderr: str) -> str:
    """The line by which sudo refuses, or ""."""
    for text in (_ends(stderr), _ends(stdout)):
        for line in plain(text).splitlines():
            if _SUDO.search(line):
                return line.strip()
    return ""


def part_unread(stderr: str) -> str:
    """The line that says that something could not be read, beside what could, or "".

    sudo's own trouble is none, as long as it did what it was asked.
    """
    for line in map(str.strip, plain(_ends(stderr)).splitlines()):
        by_sudo = line.startswith("sudo: ") and not _SUDO.search(line)
        if not by_sudo and not is_noise(line) and (_UNREAD.search(line) or _SUDO.search(line)):
            return line
    return ""


def _ends(text: str) -> str:
    """Where a message stands that came instead of data: a long text's first and last lines, none too long."""
    if len(text) > 2 * _MESSAGES:
        text = f"{text[:_MESSAGES]}\n{text[-_MESSAGES:]}"
    return "".join(f"{line}\n" for line in text.split("\n") if len(line) <= _MESSAGE)


def refuse(stdout: str, stderr: str, exit_status: int | None) -> NotApplicable | Undecided:
    """The exception for output that holds no data: says why. Use: `raise refuse(...)`."""
    missing = tool_missing(stdout, stderr, exit_status)
    if missing:
        return NotApplicable(f"The tool is not installed on the device: {missing}", Cause.TOOL_MISSING)
    denied = permission_denied(stdout, stderr)
    if denied:
        return Undecided(f"Not permitted: {denied}", Cause.NOT_PERMITTED)
    if not stdout.strip() and not stderr.strip():
        return Undecided("The command printed nothing.", Cause.NO_DATA)
    error = next(
        (line for line in map(str.strip, plain(stderr).splitlines()) if line and not is_noise(line)), ""
    )
    if error:
        return Undecided(f"The command gave no data, but an error: {error[:120]}", Cause.GARBAGE)
    first = next(line.strip() for line in (stdout + "\n" + stderr).splitlines() if line.strip())
    return Undecided(f"The output is not what this command prints; it begins: {first[:120]}", Cause.GARBAGE)


def percent(part: float, whole: float) -> float | None:
    """part of whole in percent, one decimal; None when whole is 0."""
    return round(100 * part / whole, 1) if whole else None


def whole_lines(stdout: str) -> None:
    """Raise Undecided where the last line has no end: a number cut short is another number."""
    if not plain(stdout).endswith("\n"):
        raise Undecided("The last line has no end; the text may be cut off.", Cause.CUT_OFF)
