"""The text that runs on the device, for any POSIX shell (dash, bash, busybox). Pure strings.

Three kinds of exec request, told apart by the word behind the script:

    v3-lane   a long-lived sh that reads requests from stdin, each answered by marks and output
    v3-once   one command; nonce, command text and stdin come on stdin
    v3-stop   kills whatever a lane or a once-channel runs

Each proves first that it runs. It answers a challenge (challenge.py) on stdout and on stderr and tells how
things stand there. Nothing of a command is sent before that answer came. A login file or the server may put
another program where the script should be. An exec request is public: any user sees it in the process list.
So it carries challenge, settings and the question who the device is. It never carries a command, its stdin or
a secret. It is one line without an exclamation mark, and without a backslash before a quote or a backslash.
csh, tcsh and fish read single quotes differently.

A mark is ESC-like byte 0x1e, the request's nonce, what happened, 0x1e, newline. The nonce is random and new
for each request. It is gone from the variables of the subshell that runs the command. A program without a
subshell sees no variables at all. So no output and no file can imitate a mark. V3_LANE in the environment
names the channel, for v3-stop alone.

How the lane tells that a command left something running. Descriptor 9 is the write end of a pipe, descriptor
8 its read end. The lane reads that end after the command. The read ends at once if and only if nobody still
holds the write end. Until then the lane says nothing more, and its owner retires it.
"""

from __future__ import annotations

import re
import shlex

from utils.link import identity
from utils.link.lanes.challenge import Challenge

MARK = "\x1e"
NO_INPUT = 253
"""The script's own status where it did not get a whole command. Not 255: that is what ssh says of itself."""

# What a login file exported (SHELLOPTS, BASHOPTS, functions) bash as `sh` would take over. It would end at
# the first status but 0, leave patterns as they are, or print what it does. A function would stand
# in for a program.
_OPTIONS = (
    'set +aefuvxC; [ -z "${BASH_VERSION-}" ] || { set +o pipefail; '
    "shopt -u failglob nullglob dotglob nocaseglob nocasematch; "
    "for _f in $(declare -F); do case $_f in declare|-*) ;; *) unset -f $_f;; esac; done; }; "
)
_ENVIRONMENT = (
    "export LC_ALL=C LANG=C TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 GIT_PAGER=cat "
    'PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"; '
    "unset ENV BASH_ENV TMOUT; "
)

# A shell that leads neither a session nor a group (dropbear starts shells so) makes a session. So everything
# it starts can be found and stopped. A leader keeps its own: setsid would fork and lose it.
_OUTER = (
    f"{_OPTIONS}"
    "_v3i=$1; shift; read -r _a _b _c _d _e _f _g 2>/dev/null </proc/$$/stat && "
    'case " $_e $_f " in *" $$ "*) ;; *) command -v setsid >/dev/null 2>&1 && '
    'exec setsid sh -c "$_v3i" "$0" "$@";; esac; eval "$_v3i"'
)

# The answer to the challenge is sums that stand in no request. Behind them it says, in this order:
# - own pid, and session if {leader} leads it
# - descriptor 9 (1/0)
# - V3_LANE in the own environment as /proc shows it (1/0, x: not readable)
# - others' processes visible (1/0)
# - LC_ALL, PATH and TMOUT as wanted (1/0), and nice
#
# The while loop reads an environment without a process: NULs are dropped, newlines divide.
_TELL = (
    "_a=0 _f=0 _s=0; read -r _a _b _c _d _e _f _g _h _i _j _k _l _m _n _o _p _q _r _s _t "
    '2>/dev/null </proc/self/stat; [ "$_f" = "{leader}" ] || _f=0; _h=0; {hold}_l=x; '
    'if [ -r /proc/self/environ ]; then _l=0; while IFS= read -r _c || [ "$_c" ]; do '
    "case $_c in *V3_LANE=$V3_LANE*) _l=1;; esac; done </proc/self/environ; fi; "
    "_o=0; read -r _c 2>/dev/null </proc/1/stat && _o=1; _t=1; "
    "case $LC_ALL,${{TMOUT-}} in C,) ;; *) _t=0;; esac; case $PATH in */usr/sbin:/sbin*) ;; *) _t=0;; esac; "
    '_n=$(($1*7+$2)).$(($3*7+$4)); printf "\\036%s r %s %s %s %s %s %s %s\\036\\n" '
    '"$_n" "${{_a:-0}}" "${{_f:-0}}" "$_h" "$_l" "$_o" "$_t" "${{_s:-0}}"; {identity}'
    'printf "\\036%s i\\036\\n" "$_n"; printf "\\036%s x\\036\\n" "$_n" >&2; '
    "unset _a _b _c _d _e _f _g _h _i _j _k _l _m _n _o _p _q _r _s _t; "
)

# What the device does for its owner goes before what it tells us.
_KIND = "renice -n 5 -p $$ >/dev/null 2>&1; "

_LANE = _ENVIRONMENT + _KIND + "exec 7<&0; : | { %s exec sh; } 8<&0 <&7 7<&-"  # sh reads what is sent later

_HOLD = "( : 9>/proc/self/fd/8 ) 2>/dev/null && _h=1; "

# Run below a shell that outlives it: when the command kills its shell, the exit status still tells.
_ONCE_OUTER = 'sh -c "$1" "$0" "$@"; exit $?'

_ONCE = (
    '_v3w=$(printf "\\nx"); _v3w=${_v3w%x}; IFS= read -r _v3n || exit 253; _v3c=; '
    'while IFS= read -r _v3l; do case $_v3l in "$_v3n") break;; esac; _v3c=$_v3c$_v3l$_v3w; done; '
    '[ "$_v3l" = "$_v3n" ] || exit 253; '  # cut off on the way: half a command must not run
    # without its marks it must not run either: then nobody could say that it began
    'printf "\\036%s b\\036\\n" "$_v3n" >&2 && printf "\\036%s b\\036\\n" "$_v3n" || exit 253; '
    '( eval "unset _v3n _v3c _v3w _v3l; set --; $_v3c" ); _v3s=$?; '
    'printf "\\036%s e %s\\036\\n" "$_v3n" "$_v3s"; printf "\\036%s x\\036\\n" "$_v3n" >&2; '
    # What the command left of its stdin is nobody else's: whatever started us would read it as its own.
    'cat >/dev/null 2>&1; exit "$_v3s"'
)

_RUN_BODY = (
    '_v3n=$1 _v3c=$2 _v3p=$3; set --; printf "\\036%s b\\036\\n" "$_v3n" || exit 253; '
    'if [ "$_v3p" ] && [ "$v3_plain" ]; then $_v3c </dev/null{hold}; '
    'else ( eval "unset _v3n _v3c _v3p _v3s; set --; $_v3c" ) </dev/null{hold}; fi; _v3s=$?; '
    'printf "\\036%s e %s\\036\\n" "$_v3n" "$_v3s"; printf "\\036%s x\\036\\n" "$_v3n" >&2; '
    '{wait}printf "\\036%s c\\036\\n" "$_v3n"; unset _v3n _v3c _v3p _v3s; '
    "hash -r 2>/dev/null"  # where the program was found: it may be moved or replaced
)
_HELD = _RUN_BODY.format(
    hold=" 9>/proc/self/fd/8 8<&-",
    # only the pipe's end (1) counts: not a line that somebody wrote to it, not a time-out of read
    wait="until read -r _v3s <&8; [ $? = 1 ]; do :; done; ",
)
_UNHELD = _RUN_BODY.format(hold=" 8<&-", wait="")

# Where words may be more than programs, each command takes a subshell. That is bash with functions that a
# login file exported, and shells with other words than in the list.
_PLAIN_HERE = (
    "unset _v3n _v3c _v3p _v3s; v3_plain=1; "
    '[ -z "${BASH_VERSION-}" ] || [ -z "$(declare -F)" ] || v3_plain=; '
    '[ -z "${KSH_VERSION-}${ZSH_VERSION-}${YASH_VERSION-}" ] || v3_plain='
)
_READY = 'v3_ready() { printf "\\036%s r\\036\\n" "$1"; printf "\\036%s x\\036\\n" "$1" >&2; }\n'

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

# TERM first, KILL after a quarter second; up to 3 s. Processes are found in three ways. By environment: also
# what made a session of its own. By session: also what cleared its environment. By descent: also what did
# both, since sudo and script give a command a terminal. _k remembers what was found once: its parent may be
# gone at the next look. It counts as stopped only if the first look found the shell itself ($3). So this look
# can find things. Then two looks in a row must find nothing. $4 = 1: the command may have become another
# user, whose processes must be visible then.
_LIVES = "[0-9]+ [(].*[)] [^ZX]"
_LOOK = (
    '_p=$(grep -ls "V3_LANE=$1" /proc/[0-9]*/environ 2>/dev/null; [ "$2" = 0 ] || '
    f'grep -lsE "^{_LIVES} [0-9]+ [0-9]+ $2 " /proc/[0-9]*/stat 2>/dev/null); '
    'if [ $_i = 0 ]; then case "$_p" in */proc/$3/*) ;; *) _e=unseen;; esac; fi; _y=; '
    "while :; do _f=$_k; for _c in $_p; do _c=${_c#/proc/}; _c=${_c%%/*}; "
    'case "|$_k|" in *"|$_c|"*) ;; *) _k="$_k|$_c";; esac; done; '
    'case $_y$_f in "1$_k") break;; esac; _y=1; '
    f'_p=$(grep -lsE "^(($_k) [(].*[)] [^ZX]|{_LIVES} ($_k)) " /proc/[0-9]*/stat 2>/dev/null); done; '
)
_STOP = (
    f"{_OPTIONS}"
    '_n=$(($5*7+$6)).$(($7*7+$8)); _e=gone; _i=0; _z=0; _k=none; [ "$4" = 0 ] || '
    "read -r _a 2>/dev/null </proc/1/stat || _e=unseen; "
    f"while [ $_i -lt 40 ]; do {_LOOK}"
    'if [ -z "$_p" ]; then _z=$((_z+1)); [ $_z -lt 2 ] || break; else _z=0; _s=KILL; '
    "[ $_i -lt 5 ] && _s=TERM; if [ $_i = 0 ] || [ $_i -ge 5 ]; then "
    "for _f in $_p; do _f=${_f#/proc/}; kill -$_s ${_f%%/*} 2>/dev/null; done; fi; "
    "sleep 0.05 2>/dev/null || { sleep 1; _i=$((_i+13)); }; fi; _i=$((_i+1)); done; "
    '[ -z "$_p" ] || _e=left; printf "\\036%s s %s\\036\\n" "$_n" "$_e"'
)


def lane_command(lane_id: str, challenge: Challenge, *, who: bool = False) -> str:
    """The exec request that opens a lane. who: its answer says what device it is."""
    inner = _LANE.replace("%s", _tell("$$", _HOLD, who=who))
    return _exec(lane_id, "v3-lane", inner, *challenge.words)


def once_command(lane_id: str, challenge: Challenge, *, who: bool = False) -> str:
    """The exec request that runs one command given on stdin. who: its answer says what device it is."""
    inner = f"shift; {_ENVIRONMENT}{_tell('$PPID', '', who=who)}{_ONCE}"
    return _exec(lane_id, "v3-once", _ONCE_OUTER, shlex.quote(inner), *challenge.words)


def terminal_command(challenge: Challenge) -> str:
    """The exec request of a terminal: says what device it is, then becomes the user's login shell."""
    inner = f'{_OPTIONS}{_tell("$PPID", "", who=True)}exec "${{SHELL:-/bin/sh}}" -l'
    return f"exec sh -c {shlex.quote(inner)} v3-terminal {' '.join(challenge.words)}"


def _tell(leader: str, hold: str, *, who: bool) -> str:
    return _TELL.format(leader=leader, hold=hold, identity=f"{identity.COMMAND}; " if who else "")


def _exec(lane_id: str, word: str, inner: str, *arguments: str) -> str:
    script = f"{shlex.quote(_OUTER)} {word} {shlex.quote(inner)}"
    return " ".join(["exec env", f"V3_LANE={lane_id}", "sh -c", script, *arguments])


def stop_command(
    lane_id: str, challenge: Challenge, *, session: str = "0", pid: str = "0", others: bool = False
) -> str:
    """The exec request that stops everything of a lane or once-channel. session, pid: of its shell, "0" if
    not known. others: the command may run something as another user."""
    words = " ".join([lane_id, session, pid, str(int(others)), *challenge.words])
    return f"exec sh -c {shlex.quote(_STOP)} v3-stop {words}"


STOPPED = {"gone": True, "left": False}  # the stop script's words; any other is no proof of either


def stop_answer(challenge: Challenge, out: bytes) -> str | None:
    """What the stop script found: "gone", "left", "unseen" (it could not see what it looked for); None if it
    has not said. An exit status is no answer: another program may have been started in its place."""
    found = re.search(rb"\x1e%s s (gone|left|unseen)\x1e\n" % re.escape(challenge.answer.encode()), out)
    return found[1].decode() if found else None


def lane_functions(*, holds: bool) -> bytes:
    """What a lane learns first. holds: whether it can tell what a command left running."""
    return f"{_PLAIN_HERE}\nv3_run() {{ {_HELD if holds else _UNHELD}; }}\n{_READY}".encode()


def mark_on_stderr(nonce: str) -> bytes:
    """The begin mark of a lane's first command on stderr; later ones begin where the last one ended."""
    return f'printf "\\036%s b\\036\\n" {nonce} >&2\n'.encode()


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


def proof_request(nonce: str) -> bytes:
    """The question whether a lane still answers."""
    return f"v3_ready {nonce}\n".encode()


def once_header(nonce: str, command: str) -> bytes:
    """What goes first on a once-channel's stdin."""
    return f"{nonce}\n{command}\n{nonce}\n".encode()


_NUMBER = re.compile(r"[0-9]{1,10}")


def plain_session_id(text: str) -> str:
    """A session or process id the device told, made safe to put into a command; "0" if it is none."""
    return text if _NUMBER.fullmatch(text) and int(text) > 1 else "0"
