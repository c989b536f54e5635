"""The text that runs on the device, for any POSIX shell (dash, bash, busybox). Pure strings.

Three kinds of exec request, told apart by the word behind the script:

    v3-lane   a long-lived sh that reads requests from stdin, each answered by marks and output
    v3-once   one command; nonce, command text and stdin come on stdin
    v3-stop   kills whatever a lane or a once-channel runs

A mark is ESC-like byte 0x1e, the request's nonce, what happened, 0x1e, newline. The nonce is random,
new for each request, and gone from the variables of the subshell that runs the command (a program that
needs no subshell sees no variables at all): no output and no file can imitate a mark. V3_LANE in the
environment names the channel, for v3-stop alone.

How the lane tells that a command left something running: descriptor 9 is the write end of a pipe
whose read end is descriptor 8; the lane reads it after the command, which ends at once if and only
if nobody still holds it. Until then the lane says nothing more, and its owner retires it.
"""

from __future__ import annotations

import re
import shlex

MARK = "\x1e"

_ENVIRONMENT = (
    "export LC_ALL=C LANG=C TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 GIT_PAGER=cat "
    'PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"; '
    "unset ENV BASH_ENV; "
)

# Whoever does not lead a session of its own (dropbear starts shells so) makes one, so that everything
# it starts can be found and stopped. Where it leads already (OpenSSH), setsid would fork and lose it.
_OUTER = (
    'if read -r a b c d e f g 2>/dev/null </proc/$$/stat && [ "$f" != $$ ] && '
    'command -v setsid >/dev/null 2>&1; then exec setsid sh -c "$1" "$0"; fi; eval "$1"'
)

_LANE_INNER = "exec 7<&0; : | exec sh 8<&0 <&7 7<&-"

_RUN_BODY = (
    '_v3n=$1 _v3c=$2 _v3p=$3; set --; printf "\\036%s b\\036\\n" "$_v3n"; '
    'if [ "$_v3p" ] && [ "$v3_plain" ]; then $_v3c </dev/null{hold}; '
    'else ( eval "unset _v3n _v3c _v3p _v3s; set --; $_v3c" ) </dev/null{hold}; fi; _v3s=$?; '
    'printf "\\036%s e %s\\036\\n" "$_v3n" "$_v3s"; printf "\\036%s x\\036\\n" "$_v3n" >&2; '
    '{wait}printf "\\036%s c\\036\\n" "$_v3n"; unset _v3n _v3c _v3p _v3s; '
    "hash -r 2>/dev/null"  # where the program was found: it may be moved or replaced
)

# Commands of the shell itself, and its reserved words: of POSIX, dash, bash and busybox.
_SHELLS_OWN = """
    . alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc
    declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function
    getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray
    readonly return select set shift shopt source suspend test then time times trap true type typeset ulimit
    umask unalias unset until wait while
"""
_OWN = frozenset(_SHELLS_OWN.split())
_PLAIN = re.compile(r"([A-Za-z0-9_/.][A-Za-z0-9_/.+-]*)(?: +[A-Za-z0-9_/.,:=%@+-]+)*", re.ASCII)

# What the device does for its owner goes before what it tells us.
_KIND = "renice -n 5 -p $$ >/dev/null 2>&1; "

# Where words may be more than programs, each command takes a subshell: bash with functions that a login
# file exported, and shells whose own words are not in the list.
_PLAIN_HERE = (
    "unset _v3n _v3c _v3p _v3s; v3_plain=1; "
    '[ -z "${BASH_VERSION-}" ] || [ -z "$(declare -F)" ] || v3_plain=; '
    '[ -z "${KSH_VERSION-}${ZSH_VERSION-}${YASH_VERSION-}" ] || v3_plain='
)

LANE_PRELUDE = (
    _ENVIRONMENT
    + _KIND
    + _PLAIN_HERE
    + "\nv3_sid=0; read -r a b c d e f g 2>/dev/null </proc/$$/stat && "
    + '[ "$f" = "$PPID" ] && v3_sid=$f; unset a b c d e f g\n'
    + "if ( : 9>/proc/self/fd/8 ) 2>/dev/null; then v3_hold=1\nv3_run() { "
    + _RUN_BODY.format(hold=" 9>/proc/self/fd/8 8<&-", wait="read -r _v3s <&8; ")
    + "; }\nelse v3_hold=0\nv3_run() { "
    + _RUN_BODY.format(hold=" 8<&-", wait="")
    + "; }\nfi\n"
    + 'v3_ready() { printf "\\036%s r %s %s %s\\036\\n" "$1" "$$" "$v3_sid" "$v3_hold"; '
    + 'printf "\\036%s x\\036\\n" "$1" >&2; }\n'
)

# Run below a shell that outlives it: when the command kills its shell, the exit status still tells.
_ONCE_INNER = (
    "IFS= read -r _v3n || exit 255; _v3c=; "
    'while IFS= read -r _v3l && [ "$_v3l" != "$_v3n" ]; do _v3c="$_v3c$_v3l\n"; done; '
    '[ "$_v3l" = "$_v3n" ] || exit 255; '  # cut off on the way: half a command must not run
    + _ENVIRONMENT
    + '_v3s=0; read -r a b c d e f g 2>/dev/null </proc/$$/stat && [ "$f" = "$PPID" ] && _v3s=$f; '
    'unset a b c d e f g; printf "\\036%s b %s\\036\\n" "$_v3n" "$_v3s"; '
    '( eval "unset _v3n _v3c _v3s _v3l; set --; $_v3c" ); _v3s=$?; '
    'printf "\\036%s e %s\\036\\n" "$_v3n" "$_v3s"; printf "\\036%s x\\036\\n" "$_v3n" >&2; exit "$_v3s"'
)

# TERM first, KILL after a quarter second; up to 3 s. Found by environment (also what made a session
# of its own) and by session (also what cleared its environment). Exit status 1: something is left.
_STOP = (
    "i=0; while [ $i -lt 60 ]; do "
    'p=$(grep -ls "V3_LANE=$1" /proc/[0-9]*/environ 2>/dev/null; [ "$2" = 0 ] || '
    'grep -lsE "^[0-9]+ [(].*[)] [^ZX] [0-9]+ [0-9]+ $2 " /proc/[0-9]*/stat 2>/dev/null); '
    '[ -n "$p" ] || exit 0; s=KILL; [ $i -lt 5 ] && s=TERM; '
    "if [ $i = 0 ] || [ $i -ge 5 ]; then "
    "for f in $p; do f=${f#/proc/}; kill -$s ${f%%/*} 2>/dev/null; done; fi; "
    "i=$((i+1)); sleep 0.05 2>/dev/null || { sleep 1; i=$((i+19)); }; done; exit 1"
)


def lane_command(lane_id: str) -> str:
    """The exec request that opens a lane."""
    return _exec(lane_id, "v3-lane", _LANE_INNER)


def once_command(lane_id: str) -> str:
    """The exec request that runs one command given on stdin."""
    return _exec(lane_id, "v3-once", f"sh -c {shlex.quote(_ONCE_INNER)}; exit $?")


def _exec(lane_id: str, word: str, inner: str) -> str:
    return f"exec env V3_LANE={lane_id} sh -c {shlex.quote(_OUTER)} {word} {shlex.quote(inner)}"


def stop_command(lane_id: str, session_id: str) -> str:
    """The exec request that stops everything of a lane or once-channel. session_id "0": not known."""
    return f"exec sh -c {shlex.quote(_STOP)} v3-stop {lane_id} {session_id}"


def lane_request(nonce: str, command: str) -> bytes:
    """The line that asks a lane to run a command. Always in quotes: half a line is no command then."""
    quoted = command.replace("'", "'\"'\"'")
    return f"v3_run {nonce} '{quoted}'{' plain' * is_plain(command)}\n".encode()


def is_plain(command: str) -> bool:
    """Whether a command is nothing but a program and its arguments, without a word that means something to
    the shell. It cannot change the shell then, so it needs no subshell: a quarter of a warm command's time.
    """
    words = _PLAIN.fullmatch(command)
    return words is not None and words[1] not in _OWN and not words[1].startswith("v3_")


def ready_request(nonce: str) -> bytes:
    """Prelude and the question whether the lane is there."""
    return f"{LANE_PRELUDE}v3_ready {nonce}\n".encode()


def proof_request(nonce: str) -> bytes:
    """The question alone, to a lane that has its prelude."""
    return f"v3_ready {nonce}\n".encode()


def once_header(nonce: str, command: str) -> bytes:
    """What goes first on a once-channel's stdin."""
    return f"{nonce}\n{command}\n{nonce}\n".encode()


_SESSION = re.compile(r"[0-9]{1,10}")


def plain_session_id(text: str) -> str:
    """A session id the device told, made safe to put into a command; "0" if it is none."""
    return text if _SESSION.fullmatch(text) and int(text) > 1 else "0"
