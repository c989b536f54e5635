"""Which log, from where on, and the one command on the device that follows it. Pure text; read-only.

Each command is one `sh` script. It first says in a mark (RS, a nonce, words, RS) how it reads and what the
device's clock shows. Then comes the log as it is. What needs root is asked of sudo without a question (`sudo
-n`, which the door answers where it knows the password). The script says that it did so.

The link may die without a word to the device. So each follower writes an empty line to stderr every few
seconds. Where nobody takes it any more, it ends what it started. Nothing outlives its reader.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from utils.errors import BadRequest

KERNEL, JOURNAL, FILE = "kernel", "journal", "file"
FIRST_LINES = 500
BOOT_LINES = 20_000
_UNIT = re.compile(r"[A-Za-z0-9@_*?\[\]][A-Za-z0-9:_.@\\*?\[\]-]{0,254}")
_PATH = re.compile(r"/[^\x00-\x1f\x7f]{1,1000}")
_OLDEST_BOOT = -500
_FIELDS = (
    "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM,_SYSTEMD_UNIT,_TRANSPORT,"
    "_SOURCE_MONOTONIC_TIMESTAMP"
)


@dataclass(frozen=True)
class Source:
    """kind: kernel, journal or file. unit, priority (0 to 7, this and worse), boot (0: now and on, -1: the
    one before): of a journal. path: of a file."""

    kind: str
    unit: str = ""
    priority: int | None = None
    boot: int = 0
    path: str = ""

    def validate(self) -> None:
        """BadRequest for what is no log."""
        if self.kind not in (KERNEL, JOURNAL, FILE):
            raise BadRequest("A log is kernel, journal or file.")
        if self.unit and (self.kind != JOURNAL or not _UNIT.fullmatch(self.unit)):
            raise BadRequest("This is not the name of a unit.", hint="As systemctl lists it: ssh.service.")
        if self.priority is not None and (self.kind == FILE or not 0 <= self.priority <= 7):
            raise BadRequest("A priority is a number from 0 (emergency) to 7 (debug), of a journal.")
        if not _OLDEST_BOOT <= self.boot <= 0 or (self.boot and self.kind == FILE):
            raise BadRequest("A boot is 0 (this one), -1 (the one before) and so on, of a journal.")
        if (self.kind == FILE) != bool(_PATH.fullmatch(self.path)):
            raise BadRequest("Enter the full path of the file.", hint="For example /var/log/syslog.")

    @property
    def ends(self) -> bool:
        """Whether it is a log that does not grow any more."""
        return self.boot < 0

    def title(self) -> str:
        """As a person calls it."""
        if self.kind == FILE:
            return self.path
        name = "Kernel log" if self.kind == KERNEL else f"Journal of {self.unit}" if self.unit else "Journal"
        return f"{name}, {-self.boot} before this boot" if self.boot else name


@dataclass(frozen=True)
class Position:
    """Up to where a log was read, so that it can be read on. mode: by which way ("": not yet begun).

    cursor: of the journal. sequence: of the kernel's ring buffer. inode, offset: of a file, in bytes.
    """

    mode: str = ""
    boot_id: str = ""
    cursor: str = ""
    sequence: int = -1
    inode: str = ""
    offset: int = 0


def command(source: Source, position: Position, nonce: str) -> str:
    """The script that follows this log from there on. nonce: random; it marks what the script says."""
    head = _HEAD.format(nonce=nonce)
    if source.kind == FILE:
        words = [source.path, position.inode, str(position.offset), nonce]
        return head + _FILE.format(
            path=shlex.quote(source.path), body=shlex.quote(_FILE_BODY), args=shlex.join(words)
        )
    words = journal_words(source, position)
    script = _KERNEL if source.kind == KERNEL and not source.ends else _JOURNAL
    return head + script.format(args=shlex.join(words), body=shlex.quote(_FOLLOW), fields=_FIELDS)


def journal_words(source: Source, position: Position) -> list[str]:
    """The arguments of journalctl. A cursor is given inclusively: that its entry comes again proves that
    nothing was removed meanwhile; the reader drops it."""
    words = ["-q", "--no-pager", "--all", "-o", "json"]
    if source.ends:
        words += [f"--boot={source.boot}"]
    else:
        words += ["-f"]
    if position.mode == JOURNAL and position.cursor:
        words += [f"--cursor={position.cursor}", "--no-tail"]
    elif position.mode == JOURNAL and not source.ends:
        words += ["--no-tail"]  # it had no line when it was read before: each one is new
    else:
        words += ["-n", str(BOOT_LINES if source.ends else FIRST_LINES)]
    if source.unit:
        words += [f"--unit={source.unit}"]
    if source.priority is not None:
        words += [f"--priority={source.priority}"]
    return [*words, "_TRANSPORT=kernel"] if source.kind == KERNEL else words


MARK = "\x1e"

_HEAD = """\
v3_say() {{ printf '\\036%s %s\\036\\n' {nonce} "$*"; }}
v3_begin() {{ v3_say "begin $1 $(date '+%s %z') $(cut -d ' ' -f 1 /proc/uptime) \
$(cat /proc/sys/kernel/random/boot_id)"; }}
v3_journal() {{ command -v journalctl >/dev/null 2>&1 || return 1
case "$(journalctl --system -n 1 -o export 2>&1 | head -n 3)" in
*"ermission"*|*"not seeing"*) return 2;; *__CURSOR=*) return 0;; *) return 1;; esac; }}
v3_fields() {{ journalctl --help 2>/dev/null | grep -q -e --output-fields && echo "--output-fields=$1"; }}
"""

# Runs a command that prints on and on; ends it when nobody listens any more.
_FOLLOW = """\
trap '' PIPE; "$@" & c=$!
( while sleep 3; do printf '\\n' >&2 || break; done; kill "$c" 2>/dev/null ) >/dev/null & h=$!
wait "$c"; s=$?; kill "$h" 2>/dev/null; exit "$s"
"""

_JOURNAL = """\
v3_journal; v3_s=$?
if [ "$v3_s" = 0 ]; then v3_begin journal
sh -c {body} v3-log journalctl {args} $(v3_fields {fields})
elif [ "$v3_s" = 1 ]; then v3_say no-journal
elif sudo -n true 2>/dev/null; then v3_begin journal+root
sudo -n sh -c {body} v3-log journalctl {args} $(v3_fields {fields})
else v3_say denied; fi
"""

_KERNEL = """\
if v3_journal && [ -n "$(journalctl --system -q -n 1 -o export _TRANSPORT=kernel 2>/dev/null | head -n 1)" ]
then v3_begin journal
sh -c {body} v3-log journalctl {args} $(v3_fields {fields})
elif ( : </dev/kmsg ) 2>/dev/null; then v3_begin kmsg
sh -c {body} v3-log cat /dev/kmsg
elif sudo -n true 2>/dev/null; then v3_begin kmsg+root
sudo -n sh -c {body} v3-log cat /dev/kmsg
elif dmesg >/dev/null 2>&1; then v3_begin dmesg
sh -c {body} v3-log dmesg -r -w
else v3_say denied; fi
"""

# A program or a packed file (ELF, gzip, bzip2, xz, zstd, zip) is known by its first bytes.
_FILE = """\
v3_f={path}
case "$(readlink -f -- "$v3_f" 2>/dev/null || echo "$v3_f")" in
/dev/*|/proc/*|/sys/*) v3_say refused; exit 0;; esac
v3_odd() {{ case "$("$@" head -c 4 -- "$v3_f" 2>/dev/null | od -An -tx1 2>/dev/null | tr -d ' \n')" in
7f454c46|1f8b*|425a68*|fd377a58|28b52ffd|504b0304) return 0;; *) return 1;; esac; }}
if [ -f "$v3_f" ] && [ -r "$v3_f" ] && v3_odd; then v3_say not-text
elif [ -f "$v3_f" ] && [ -r "$v3_f" ]; then v3_begin file; sh -c {body} v3-log {args}
elif [ -e "$v3_f" ] && [ ! -f "$v3_f" ]; then v3_say not-a-file
elif sudo -n test -f "$v3_f" 2>/dev/null && v3_odd sudo -n; then v3_say not-text
elif sudo -n test -f "$v3_f" 2>/dev/null; then v3_begin file+root; sudo -n sh -c {body} v3-log {args}
elif [ -e "$v3_f" ]; then v3_say denied
else v3_say missing; fi
"""

# The file is held open, so that its last lines are read also after it was renamed. What is printed by
# which file from which byte on is said in marks between.
_FILE_BODY = """\
trap '' PIPE; f=$1 was=$2 offset=$3 n=$4
say() { printf '\\036%s at %s\\036\\n' "$n" "$*"; }
look() { set -- $(stat -L -c '%d:%i %s' -- "$f" 2>/dev/null); now=${1:-} size=${2:-0}; }
hold() { { command exec 4<"$f"; } 2>/dev/null; }
go() { tail -c "+$(($1+1))" -f /proc/self/fd/4 & t=$!; }
look; hold || exit 1
if [ -z "$was" ]; then offset=$((size>65536 ? size-65536 : 0)); say "$now" "$offset" first
elif [ "$was" = "$now" ] && [ "$size" -ge "$offset" ]; then say "$now" "$offset" same
elif [ "$was" = "$now" ]; then offset=0; say "$now" 0 emptied
else o=$(find "${f%/*}/" -maxdepth 1 -type f -inum "${was#*:}" 2>/dev/null | head -n 1)
if [ -n "$o" ]; then say "$was" "$offset" same; tail -c "+$((offset+1))" -- "$o"; say "$now" 0 rotated
else say "$now" 0 replaced; fi; offset=0; fi
i=$now last=$size; go "$offset"
while sleep 2; do printf '\\n' >&2 || break
look; [ -n "$now" ] || continue
if [ "$now" != "$i" ]; then sleep 1; hold || continue; kill "$t"; wait "$t" 2>/dev/null
i=$now; say "$now" 0 rotated; go 0
elif [ "$size" -lt "$last" ]; then kill "$t"; wait "$t" 2>/dev/null; say "$now" 0 emptied; go 0; fi
last=$size; done; kill "$t"
"""

CHOICES = """\
echo '== units'; systemctl list-units --type=service --all --no-legend --plain --no-pager 2>/dev/null
echo '== boots'; journalctl -q --list-boots --no-pager 2>/dev/null | tail -n 50
echo '== files'; ls -1 -d /var/log/*.log /var/log/syslog /var/log/messages 2>/dev/null
echo '== end'
"""
"""What there is to choose from: services, boots that the journal holds, log files."""
