"""Tell from a device's own words why it gives no shell, no terminal or no root rights. Pure.

Each table pairs words with an Obstacle: its cause, a sentence and the next step. The first match wins.
Errors and the connection ladder show the same sentence, with the device's words behind it.

    raise shell_error(streams, status=1)         the shell ended before it answered
    raise shell_error(streams, hangs=True)       it never became ready
    raise shell_error(b"", refused=True)         the server refused the exec request
    …, signal="KILL", server="SSH-2.0-…"         what else is known of either
    raise terminal_error(facts, pty=False)       no PTY; facts: what PTY_FACTS printed on the device
    seen = sudo(stderr, user, given=True)        an Obstacle: .sentence, .next_step
    seen = noise(text)                           an Obstacle for words of a shell that works, or None

shell_error() and terminal_error() return the error, so the caller raises it. Its details carry `cause`,
`said`, and `slow` for a shell that hangs. An expired password comes back as PasswordExpired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from utils import errors
from utils.redact import redact

SAID_MOST = 500  # characters of the device's words that an error shows

LOGIN_FILES = "~/.bashrc (bash), ~/.zshenv (zsh) or ~/.ssh/rc"


@dataclass(frozen=True)
class Obstacle:
    """One cause: a stable word for programs, a sentence and a next step for people."""

    cause: str
    sentence: str
    next_step: str


Table = tuple[tuple[str, Obstacle], ...]

_ANOTHER_SHELL = "As root on the board: chsh -s /bin/bash USER; or set SSH_USER to another user."
_CONSOLE = "by the serial console"

NO_MEMORY = Obstacle(
    "no-memory", "The device has no memory left to start a shell.",
    f"End what takes the memory, or reboot the board, {_CONSOLE}.",
)  # fmt: skip
NO_PROCESSES = Obstacle(
    "no-processes", "The device cannot start programs: its limit of processes is reached (fork fails).",
    f"End processes or reboot the board, {_CONSOLE}. Compare `ps -eL | wc -l` with `ulimit -u` and TasksMax.",
)  # fmt: skip
NO_FILES = Obstacle(
    "no-files", "The device cannot open more files: a limit of open files is reached.",
    "Look at `ulimit -n` in the login files and in /etc/security/limits.conf, and at /proc/sys/fs/file-nr.",
)  # fmt: skip
RESTRICTED = Obstacle(
    "restricted-shell", "The login shell of this user is a restricted one (rbash) that starts no programs.",
    _ANOTHER_SHELL,
)  # fmt: skip
TRANSFER_ONLY = Obstacle(
    "transfer-only", "The login shell of this user allows file transfer or a few commands only.",
    _ANOTHER_SHELL,
)  # fmt: skip
SFTP_ONLY = Obstacle(
    "sftp-only", "The SSH server allows this user file transfer (SFTP) only.",
    "Take `ForceCommand internal-sftp` out of the board's sshd_config, or set SSH_USER to another user.",
)  # fmt: skip
NO_LOGIN_SHELL = Obstacle(
    "nologin", "This user has no login shell (nologin).", _ANOTHER_SHELL,
)  # fmt: skip
NO_LOGINS_NOW = Obstacle(
    "no-logins-now", "The device takes no logins at the moment: it is booting, stopping or in maintenance.",
    f"Wait a minute. If it stays so, remove /etc/nologin and /run/nologin as root, {_CONSOLE}.",
)  # fmt: skip
WRONG_USER = Obstacle(
    "wrong-user", "The device sends this user away: another one is meant for logins.",
    "Set SSH_USER to the user that the device names.",
)  # fmt: skip
TOO_MANY_LOGINS = Obstacle(
    "too-many-logins", "The device allows no further login of this user (maxlogins).",
    "Close other logins to it, or raise maxlogins in /etc/security/limits.conf.",
)  # fmt: skip
WINDOWS = Obstacle(
    "windows", "A Windows shell (cmd.exe or PowerShell) answers, not a Linux shell.",
    "Is SSH_IP the board's address? On a board, give the user a Linux shell: chsh -s /bin/bash USER.",
)  # fmt: skip
APPLIANCE = Obstacle(
    "no-linux-shell", "What answers understands no shell commands: a switch, a router or a boot loader.",
    "Correct SSH_IP and SSH_PORT: they lead to another kind of device.",
)  # fmt: skip
OTHER_SHELL = Obstacle(
    "other-shell", "The login shell of this user does not understand the language of `sh`.",
    _ANOTHER_SHELL,
)  # fmt: skip
NEEDS_TERMINAL = Obstacle(
    "needs-terminal", "A login file starts something that needs a terminal (tmux, screen, a menu, stty).",
    f"Make it start at terminals only ([ -t 0 ] && …): look at {LOGIN_FILES}.",
)  # fmt: skip
LIBRARY = Obstacle(
    "library", "The device's programs do not start: a shared library is missing or damaged.",
    "Look at LD_LIBRARY_PATH and LD_PRELOAD in the login files, then at the board's packages.",
)  # fmt: skip
NO_PROGRAMS = Obstacle(
    "no-programs", "The shell does not find the system's own programs.",
    f"A login file sets a wrong PATH: look at {LOGIN_FILES}; or a file system is not mounted.",
)  # fmt: skip
NO_HOME = Obstacle(
    "no-home", "The user's home folder is missing or cannot be entered.",
    "Make it as root (mkhomedir_helper USER), or mount the disk that holds it.",
)  # fmt: skip
DISK_FULL = Obstacle(
    "disk-full", "The device's disk is full.", f"Make room on it, {_CONSOLE} if need be.",
)  # fmt: skip

# What a shell, a login program or sshd says. Facts of the words: bash, dash, busybox, zsh, OpenSSH, rssh,
# git-shell, util-linux, tmux, screen, Windows 10, Cisco IOS, RouterOS.
SHELL: Table = (
    (r"cannot allocate memory|out of memory|memory exhausted|not enough memory|bad_alloc", NO_MEMORY),
    (r"fork: |fork failed|(cannot|can't|unable to|could not|couldn't|failed to) fork|too many processes|"
     r"resource temporarily unavailable|can't start new thread", NO_PROCESSES),
    (r"too many open files|file table overflow|no file descriptors|pipe call failed|make pipe", NO_FILES),
    (r"only sftp|sftp[ -]+(connections )?only|(only|just) (allows?|for) sftp", SFTP_ONLY),
    (r"restricted by rssh|a shell\?|unrecognized command 'exec|forbidden (command|path|char)|scponly|"
     r"interactive git shell|does not provide shell access", TRANSFER_ONLY),
    (r"\brbash|\brksh|\brzsh|: restricted\b", RESTRICTED),
    (r"system is (booting|going) |not permitted to log in yet", NO_LOGINS_NOW),
    (r"account is (currently )?not available|\bnologin\b|shell access (is )?(disabled|not enabled)|"
     r"account (has been|is) disabled", NO_LOGIN_SHELL),
    (r"please log ?in as the user", WRONG_USER),
    (r"too many logins", TOO_MANY_LOGINS),
    (r"internal or external command|commandnotfoundexception|of a cmdlet|"
     r"ist entweder falsch geschrieben oder|name eines cmdlet|windows powershell|microsoft windows", WINDOWS),
    (r"% ?(invalid|unknown|bad|incomplete|unrecognized) |bad command name|invalid input detected|"
     r"unknown command '?(exec|env)|expected end of command|invalid autocommand", APPLIANCE),
    (r"nu::(parser|shell)|xonsh: |illegal variable name|unmatched ['\"`]", OTHER_SHELL),
    (r"open terminal failed|connected to a terminal|error opening terminal|not a (terminal|tty)|"
     r"inappropriate ioctl|requires? a (tty|terminal)|term environment variable|no controlling t",
     NEEDS_TERMINAL),
    (r"error while loading shared libraries|exec format error|cannot execute binary", LIBRARY),
    (r"\b(env|sh|setsid|sleep)['\"]?: (command )?not found|(env|/sh)['\"]?: no such file", NO_PROGRAMS),
    (r"no space left on device", DISK_FULL),
    (r"could not chdir to home|logging in with home|cannot chdir to home", NO_HOME),
)  # fmt: skip

# Servers that never have a Linux shell behind them, by their version lines.
SERVER: Table = (
    (r"for_windows|winsshd|weonlydo|bitvise", WINDOWS),
    (r"-(cisco|rosssh|huawei|comware|mpssh|netscreen|fortissh)|rgos_ssh|zyxel", APPLIANCE),
)

# Words without a rule of their own.
KILLED = Obstacle(
    "killed", "The device's shell was killed before it ran anything (signal {signal}).",
    f"`dmesg` says why, {_CONSOLE}: no memory left (KILL), a damaged program (SEGV, BUS), a limit (XCPU).",
)  # fmt: skip
MENU = Obstacle(
    "asks", "A program waits for an answer where the shell should be (a menu or a question).",
    f"A login file or sshd's ForceCommand starts it. Make it start at terminals only: look at {LOGIN_FILES}, "
    "then at ForceCommand in sshd_config.",
)  # fmt: skip
HANGS = Obstacle(
    "hangs", "The device's shell did not become ready: a login file may hang.",
    f"A login file of the user hangs: look at {LOGIN_FILES}, {_CONSOLE}.",
)  # fmt: skip
SAYS_AND_ENDS = Obstacle(
    "ended", "The device's shell ended before it ran anything.",
    f"A login file of the user ends the shell: look at {LOGIN_FILES}, {_CONSOLE}. Or the server runs "
    'something else for this login: look for ForceCommand in sshd_config and command="…" in authorized_keys.',
)  # fmt: skip
ENDS = Obstacle(
    "ended-silently", "The device's shell ended before it ran anything, without a word.",
    f"A login file of the user ends the shell: look at {LOGIN_FILES}, {_CONSOLE}. Or its shell is "
    "/bin/false: look at the end of `getent passwd USER`.",
)  # fmt: skip
REFUSED = Obstacle(
    "exec-refused", "The device's SSH server did not start a shell for this login.",
    "Its limit of processes may be reached, or it allows no commands. Its log says why: "
    f"journalctl -u ssh, {_CONSOLE}.",
)  # fmt: skip
_NOLOGIN_STATUS = 254  # sshd's own, after it has shown /etc/nologin

NO_PTY = Obstacle(
    "no-pty", "The device gives no terminal: its SSH server allows this login no PTY.",
    "Look for `PermitTTY no` in sshd_config, and for no-pty or restrict in authorized_keys. Diagnostics work "
    "without it.",
)  # fmt: skip
NO_DEVPTS = Obstacle(
    "no-devpts", "The device gives no terminal: /dev/pts is not mounted there.",
    "As root on the board: mount -t devpts devpts /dev/pts; and put it into /etc/fstab.",
)  # fmt: skip
PTYS_TAKEN = Obstacle(
    "ptys-taken", "The device gives no terminal: all its PTYs are in use.",
    "Close terminals and screen sessions on the board, or raise /proc/sys/kernel/pty/max.",
)  # fmt: skip
NO_TERMINAL_SHELL = Obstacle(
    "no-terminal-shell", "The device gives a terminal, but its SSH server starts no shell in it.",
    "Look for ForceCommand in sshd_config, and at the server's log: journalctl -u ssh.",
)  # fmt: skip

PTY_FACTS = (
    "echo mounts $(grep -cs ' /dev/pts devpts ' /proc/mounts); "
    "echo ptys $(cat /proc/sys/kernel/pty/nr /proc/sys/kernel/pty/max 2>/dev/null)"
)
"""The read that tells terminal_error() why there is no PTY: "mounts 1" and "ptys 3 4096"."""

_WORKS_ON = " Checks that need root are left out."

SUDO: Table = (
    (r"must have a tty|requiretty", Obstacle(
        "requiretty", "sudo wants a terminal on this device (requiretty)." + _WORKS_ON,
        "As root on the board, in visudo: Defaults:USER !requiretty")),
    (r"syntax error|parse error|no valid sudoers|unable to (stat|open) /etc/sudoers|invalid configuration|"
     r"is (world|group) writable|sudoers.*owned by", Obstacle(
        "sudoers-broken", "sudo's settings on the device are broken." + _WORKS_ON,
        f"As root on the board, {_CONSOLE}: visudo -c names the line.")),
    (r"not in the sudoers|not allowed to (execute|run|authenticate)|may not run|not permitted to (use|run)|"
     r"is not allowed|i'm afraid i can't do that", Obstacle(
        "not-in-sudoers", "The device does not allow this user to use sudo." + _WORKS_ON,
        "As root on the board: usermod -aG sudo USER; or set SSH_USER to a user that may use sudo.")),
    (r"account (is|was) (temporarily )?locked|account locked|account validation failure", Obstacle(
        "locked", "The device has locked this user for sudo, after wrong passwords perhaps." + _WORKS_ON,
        "Wait ten minutes, or as root on the board: faillock --user USER --reset")),
    (r"expired", Obstacle(
        "expired", "The password or the account of this user has expired on the device." + _WORKS_ON,
        "Set a new password at a terminal on the board (passwd).")),
    (r"setuid bit|effective uid is not 0|no new privileges|nosuid|setresuid|must be setuid", Obstacle(
        "no-setuid", "sudo cannot become root on this device: it is not setuid, or is not allowed to."
        + _WORKS_ON, "As root: chown root:root /usr/bin/sudo; chmod 4755 /usr/bin/sudo. In a container, "
        "allow new privileges.")),
    (r"resource temporarily unavailable|unable to fork|cannot allocate memory", NO_PROCESSES),
)  # fmt: skip

_WRONG = (
    r"incorrect (password|authentication)|sorry, try again|authentication (failed|failure)|try again|"
    r"no password was provided|not attempted|maximum \d+"
)
_WANTED = (
    r"password is required|authentication is required|interaction is required|terminal is required|askpass"
)
_HARMLESS = r"unable to resolve host|timestamp|usual lecture|boils down to|#\d\) "


def shell_error(
    said: bytes | str,
    *,
    status: int | None = None,
    signal: str | None = None,
    hangs: bool = False,
    refused: bool = False,
    server: str = "",
) -> errors.LinkError:
    """Make the error for a shell that did not answer. said: all that the device wrote, on both streams.

    status, signal: how the channel ended, if that came. hangs: the channel is open still. refused: the
    server answered the exec request with a failure. server: its version line, for words in any language.
    """
    words = cleaned(said)
    low = words.lower()
    if "assword" in words and ("expired" in low or "change required" in low):
        return errors.PasswordExpired()
    seen = _found(SHELL, words) or _found(SERVER, server)
    if seen is None and signal:
        seen = Obstacle(KILLED.cause, KILLED.sentence.format(signal=signal), KILLED.next_step)
    seen = seen or _unnamed(words, status, hangs=hangs, refused=refused)
    return _error(seen, words, **({"slow": True} if hangs else {}))


def _unnamed(words: str, status: int | None, *, hangs: bool, refused: bool) -> Obstacle:
    """The obstacle for words that no rule knows."""
    if hangs:
        return MENU if re.search(r"[]:?>)$#%]$", words) else HANGS
    if status == _NOLOGIN_STATUS:
        return NO_LOGINS_NOW
    if refused and not words:
        return REFUSED
    return SAYS_AND_ENDS if words else ENDS


def terminal_error(facts: str = "", *, pty: bool) -> errors.ShellUnusable:
    """Make the error for a terminal that the device refused. pty: it did give a PTY, but no shell.

    facts: what PTY_FACTS printed on the device, if it could be asked.
    """
    taken = re.search(r"^ptys (\d{1,9}) (\d{1,9})$", facts, re.MULTILINE)
    if pty:
        return _error(NO_TERMINAL_SHELL, "")
    if re.search(r"^mounts 0$", facts, re.MULTILINE):
        return _error(NO_DEVPTS, "")
    return _error(PTYS_TAKEN if taken and int(taken[1]) >= int(taken[2]) else NO_PTY, "")


def sudo(said: bytes | str, user: str, *, given: bool, asked_for: str = "") -> Obstacle:
    """Say why sudo refused. given: a password was. asked_for: whose password sudo wanted, if known."""
    lines = [line for line in _text(said).splitlines() if not re.search(_HARMLESS, line, re.IGNORECASE)]
    words = cleaned("\n".join(lines))
    seen = _found(SUDO, words) or _password(words, user, given=given, asked_for=asked_for)
    return Obstacle(seen.cause, _with_words(seen.sentence, words), seen.next_step.replace("USER", user))


def _password(words: str, user: str, *, given: bool, asked_for: str) -> Obstacle:
    """sudo's trouble with the password."""
    if asked_for and asked_for != user:
        return Obstacle(
            "other-password",
            f"sudo wants the password of {asked_for} on this device, not of {user} (targetpw or rootpw)."
            + _WORKS_ON,
            f"Put the password of {asked_for} into SSH_SUDO_PASSWORD, or take these settings out (visudo).",
        )  # fmt: skip
    if given and re.search(f"{_WRONG}|{_WANTED}", words, re.IGNORECASE):  # wanted: it is not given again
        return Obstacle(
            "wrong-password", "The device refused SSH_SUDO_PASSWORD. It was tried once." + _WORKS_ON,
            f"Correct SSH_SUDO_PASSWORD: it is the password that {user} types at sudo.",
        )  # fmt: skip
    if not given and (not words or re.search(f"{_WANTED}|{_WRONG}", words, re.IGNORECASE)):
        return Obstacle(
            "password-wanted", "It asks for a password." + _WORKS_ON,
            "Put the password into SSH_SUDO_PASSWORD in .env.",
        )  # fmt: skip
    return Obstacle(
        "sudo-refused", "sudo does not give root rights on this device." + _WORKS_ON,
        "Try `sudo true` in a terminal on the device.",
    )  # fmt: skip


def noise(said: bytes | str) -> Obstacle | None:
    """The obstacle that words of a shell tell of, although it works; None for a login file's mere talk."""
    return _found(SHELL, cleaned(said))


def _found(table: Table, words: str) -> Obstacle | None:
    return next((seen for pattern, seen in table if re.search(pattern, words, re.IGNORECASE)), None)


def _error(seen: Obstacle, words: str, **details: object) -> errors.ShellUnusable:
    text = _with_words(seen.sentence, words)
    return errors.ShellUnusable(text, hint=seen.next_step, cause=seen.cause, said=words, **details)


def _with_words(sentence: str, words: str) -> str:
    return f"{sentence} It said: {words}" if words else sentence


# -- the device's words, made safe to show ---------------------------------------------------------

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~])")
_MARKS = re.compile(r"\x1e[^\x1e\n]*\x1e?")  # of our own frames


def cleaned(said: bytes | str) -> str:
    """The device's words on one line, lines divided by bars, without control characters and secrets.

    At most SAID_MOST characters; of more words the end, where the cause stands.
    """
    plain = _MARKS.sub("", _ESCAPES.sub("", _text(said)))
    lines = ("".join(c if c.isprintable() else " " for c in line) for line in plain.splitlines())
    text = redact(" | ".join(filter(None, (" ".join(line.split()) for line in lines))))
    return text if len(text) <= SAID_MOST else f"…{text[1 - SAID_MOST :]}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
