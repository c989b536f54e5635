"""The connection ladder: rung by rung from the laptop to a usable device, and where it stops.

climb() -> one Rung for each of rungs.TITLES. A link that stands is used as it is. Otherwise one attempt of
the link itself is watched: one TCP connection for port, greeting, encryption, host key, login and shell,
which becomes the link if it succeeds. So what holds the link back holds the ladder back too: single flight, a
refused login's rest, a device that hung up.

Limits of the clock: up to CLOCK_OK_S the logs of both sides can be laid side by side. Beyond CLOCK_BAD_S
certificates and time stamps go wrong.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from utils import errors
from utils.laptop.network import Laptop, LaptopRungs
from utils.link import obstacles, sudo
from utils.link.fallback import says_more
from utils.link.paths.persistent.link import Link
from utils.link.request import Request
from utils.model.results import CommandResult, Rung, RungState
from utils.model.rungs import TITLES, rung
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.link.paths.persistent.connection import Connection
    from utils.link.paths.subprocess.standing import Standing

OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN
NOT_CHECKED, NOT_REACHED = RungState.NOT_CHECKED, RungState.NOT_REACHED

CLIMB_S = 60.0  # how long a second caller waits for the climb that is under way
COMMAND_S = 5.0
CLOCK_OK_S, CLOCK_BAD_S = 2.0, 60.0
_STEPS = ("port", "banner", "key-exchange", "host-key", "login", "shell", "identity")
"""The rungs that one attempt of the link climbs, in order."""

_LAST_WORD = {
    errors.NotSsh: "banner",
    errors.Incompatible: "key-exchange",
    errors.HostKeyUnknown: "host-key",
    errors.AuthenticationFailed: "login",
    errors.NoCredentials: "login",
    errors.LoginTimeout: "login",
    errors.LoginQuestion: "login",
    errors.Booting: "login",
    errors.PasswordExpired: "login",
    errors.ShellUnusable: "shell",
}
"""Errors that say by themselves which rung broke. For others it is the first that was not told."""

RunRequest = Callable[[Request], CommandResult]


class Ladder:
    """Climbs for one target, one climb at a time; who comes meanwhile gets the same rungs.

    by_ssh runs a command by the system's ssh program, for devices that the link cannot talk to.
    standing_by_ssh says who answered there.
    """

    def __init__(
        self,
        settings: Settings,
        link: Link,
        by_ssh: RunRequest,
        standing_by_ssh: Callable[[], Standing | None],
        sudo_password: Callable[[], sudo.Password | None],
        *,
        laptop: Laptop | None = None,
    ) -> None:
        self._settings = settings
        self._link = link
        self._by_ssh, self._standing_by_ssh = by_ssh, standing_by_ssh
        self._sudo_password = sudo_password
        self.laptop = laptop or Laptop()
        self._changed = threading.Condition()
        self._climbing = False
        self._climbs = 0
        self._rungs: list[Rung] = []

    def climb(self) -> list[Rung]:
        """All rungs. Busy when a climb that is under way does not end."""
        with self._changed:
            if self._climbing:
                joined = self._climbs
                if not self._changed.wait_for(lambda: self._climbs > joined, CLIMB_S):
                    raise errors.Busy("The connection is being looked at already.")
                return self._rungs
            self._climbing = True
        rungs: list[Rung] = []
        try:
            rungs = self._climb()
        finally:
            with self._changed:
                self._climbing, self._rungs = False, rungs
                self._climbs += 1
                self._changed.notify_all()
        return rungs

    def _climb(self) -> list[Rung]:
        look = self.laptop.look(self._settings.target)
        connection = self._standing()
        if connection is None and look.final:
            return _filled(list(look.rungs))
        watched = _Watched()
        try:
            connection = connection or self._link.explain(watched.tell)
        except errors.V3Error as exc:
            way = watched.broken(exc)
            if isinstance(exc, errors.Incompatible):
                way = self._by_system(watched, exc)
        else:
            way = _reached(watched, connection, self._settings.ssh_user)
            way += self._inside(connection.run, connection)
        return _filled([*_settled(look, way), *way])

    def _standing(self) -> Connection | None:
        """The link's connection, if it answers now."""
        connection = self._link.connection
        if connection is None:
            return None
        try:
            connection.run(Request("true", timeout=COMMAND_S, effect="read"))
        except errors.V3Error:
            self._link.drop(connection, "it did not answer when the connection was looked at")
            return None
        return connection

    def _by_system(self, watched: _Watched, exc: errors.Incompatible) -> list[Rung]:
        """The rest of the way by the system's ssh, which knows more algorithms than this program's own."""
        way, started = watched.broken(exc), time.monotonic()
        try:
            self._by_ssh(Request("true", timeout=20.0, effect="read"))
        except errors.V3Error as error:
            return self._stopped_by_system(way, exc, error, time.monotonic() - started)
        standing = self._standing_by_ssh()
        assert standing is not None, "a command has just run there"
        way[-1] = _noted(way[-1], exc)
        told = {
            "host-key": f"{standing.key.key_type} {standing.key.fingerprint}",
            "login": f"user {self._settings.ssh_user}, {_BY_SSH}",
            "shell": "It runs commands.", "identity": standing.device.label,
        }  # fmt: skip
        way += [rung(step, OK, seen) for step, seen in told.items()]
        return way + self._inside(self._by_ssh, None)

    def _stopped_by_system(
        self, way: list[Rung], exc: errors.Incompatible, error: errors.V3Error, took_s: float
    ) -> list[Rung]:
        """Where the system's ssh stops: not before the rung that stopped us."""
        if not says_more(error, exc):
            return way
        if isinstance(error, errors.Incompatible):
            return [*way[:-1], rung("key-exchange", BROKEN, str(error), error.hint, took_s)]
        name = next((step for kind, step in _LAST_WORD.items() if isinstance(error, kind)), "login")
        before = [rung(step, OK, _BY_SSH) for step in _STEPS[3 : max(3, _STEPS.index(name))]]
        return [
            *way[:-1], _noted(way[-1], exc), *before, rung(name, BROKEN, str(error), error.hint, took_s),
        ]  # fmt: skip

    def _inside(self, run: RunRequest, connection: Connection | None) -> list[Rung]:
        """What is asked of a device whose shell works. Nothing here breaks the ladder."""
        device = connection.device_key if connection is not None else None
        found = [self._timed(lambda run: self._sudo(run, device), run), self._timed(_clock, run)]
        if connection is not None and not connection.alive:
            found = [replace(each, state=NOT_CHECKED, seen="The link broke.") for each in found]
        return found

    @staticmethod
    def _timed(look: Callable[[RunRequest], Rung], run: RunRequest) -> Rung:
        started = time.monotonic()
        return replace(look(run), duration_s=time.monotonic() - started)

    def _sudo(self, run: RunRequest, device: str | None) -> Rung:
        """device: a password that it refused to anybody is not given again here either."""
        password = self._sudo_password()
        request = Request("sudo -n true", timeout=COMMAND_S, effect="read")
        request.sudo_password, request.device = password, device
        try:
            result = run(request)
        except errors.V3Error as exc:
            return rung("sudo", NOTE, f"It was not answered: {exc}", "Look at sudo on the device.")
        if result.exit_status == 0:
            return rung("sudo", OK, "with SSH_SUDO_PASSWORD" if password else "without a password")
        if result.exit_status == 127:
            return rung("sudo", NOTE, "The device has no sudo; diagnostics that need root are left out.")
        wanted_of = password.wanted_of(request.device) if password else ""
        given = password is not None
        seen = obstacles.sudo(result.stderr, self._settings.ssh_user, given=given, asked_for=wanted_of)
        return rung("sudo", NOTE, seen.sentence, seen.next_step)


_BY_SSH = "by the system's ssh"


def _noted(told: Rung, exc: errors.Incompatible) -> Rung:
    """The rung where our own connection stopped and the system's ssh went on."""
    sha1 = bool(exc.details.get("sha1"))
    return replace(
        told, state=NOTE,
        seen=f"{exc} The system's ssh does{' (SSH_ALLOW_SHA1=true)' if sha1 else ''}: commands, terminal and "
        "live view work through it.",
        next_step="Update the device's SSH server when you can." if sha1 else
        "Nothing has to be done. Commands are quicker where the device also offers AES-GCM, SHA-2 and "
        "curve25519.",
    )  # fmt: skip


class _Watched:
    """What an attempt told of its steps."""

    def __init__(self) -> None:
        self._last = time.monotonic()  # of the step before
        self.methods: list[str] = []
        self.rungs: dict[str, Rung] = {}

    def tell(self, step: str, seen: str) -> None:
        now = time.monotonic()
        if step == "method":
            self.methods.append(seen)
            return
        if step in TITLES:
            self.rungs[step] = rung(step, OK, seen, "", now - self._last)
        self._last = now

    def broken(self, error: errors.V3Error) -> list[Rung]:
        """The rungs up to the one that this error broke."""
        untold = next((step for step in _STEPS if step not in self.rungs), _STEPS[-1])
        name = next((step for kind, step in _LAST_WORD.items() if isinstance(error, kind)), untold)
        if _STEPS.index(name) < _STEPS.index(untold):
            name = untold
        before = [
            self.rungs.get(s) or rung(s, NOT_CHECKED, _LEFT_ALONE) for s in _STEPS[: _STEPS.index(name)]
        ]
        took_s = time.monotonic() - self._last
        return [*before, rung(name, BROKEN, self._seen(name, error), _next_step(name, error), took_s)]

    def _seen(self, name: str, error: errors.V3Error) -> str:
        if name != "login" or isinstance(error, errors.NoCredentials):
            return str(error)
        if not self.methods and isinstance(error, errors.AuthenticationFailed):
            return f"Not tried now. {error}"
        methods = "; ".join(self.methods)
        told = isinstance(error, errors.AuthenticationFailed) and not error.details.get("said")
        return f"{methods}." if told else f"{methods}. {error}"


_LEFT_ALONE = "Not asked again: the device is left alone for a while."


def _next_step(name: str, error: errors.V3Error) -> str:
    if isinstance(error, errors.NotSsh) and str(error.details.get("said", "")).startswith("HTTP"):
        return "A web server answers on this port: correct SSH_PORT."
    if name == "key-exchange" and isinstance(error, errors.LinkLost):
        return (
            "The SSH server broke off after its greeting: look at its log (journalctl -u ssh) on the console."
        )
    return error.hint


# -- rungs that were reached -----------------------------------------------------------------------


def _reached(watched: _Watched, connection: Connection, user: str) -> list[Rung]:
    """All steps of a connection: as they were told, or of one that stood already, as it is."""
    rungs = {step: watched.rungs.get(step) or _standing_rung(step, connection, user) for step in _STEPS}
    if watched.methods:
        told = rungs["login"]
        rungs["login"] = replace(told, seen=" ".join([*(f"{m}." for m in watched.methods), told.seen]))
    rungs["shell"] = _shell(connection, rungs["shell"])
    return list(rungs.values())


def _standing_rung(step: str, connection: Connection, user: str) -> Rung:
    seen = {
        "port": f"The link stands since {connection.since}.",
        "banner": connection.server_version,
        "key-exchange": f"{connection.key.key_type}, {_cipher(connection)}",
        "host-key": f"{connection.key.key_type} {connection.key.fingerprint}",
        "login": f"user {user}, logged in since {connection.since}",
        "shell": connection.mode,
        "identity": connection.device.label if connection.device else "",
    }
    return rung(step, OK, seen[step])


def _cipher(connection: Connection) -> str:
    return str(getattr(connection.transport, "remote_cipher", ""))


def _shell(connection: Connection, told: Rung) -> Rung:
    noise = connection.noise.decode("utf-8", "replace").strip()
    if obstacle := obstacles.noise(noise):
        seen = f"It works, but: {obstacle.sentence} It said: {obstacles.cleaned(noise)}"
        return replace(told, state=NOTE, seen=seen, next_step=obstacle.next_step)
    if noise:
        return replace(
            told, state=NOTE, seen=f"It works, but a login file prints: {obstacles.cleaned(noise)}",
            next_step=f"Make {_culprit(connection, noise)} print at terminals only.",
        )  # fmt: skip
    if connection.mode != "lanes":
        return replace(
            told, state=NOTE, seen="It runs single commands, but does not stay open for more.",
            next_step="Everything works, a little slower. Look at what `sh` is for this user.",
        )  # fmt: skip
    return replace(told, seen="It runs commands.")


def _culprit(connection: Connection, noise: str) -> str:
    """The login file that holds the words it prints; all of them where none does."""
    files = "~/.bashrc ~/.zshenv ~/.ssh/rc /etc/bash.bashrc /etc/zsh/zshenv /etc/zshenv /etc/ssh/sshrc"
    words = max(re.findall(r"[A-Za-z0-9 ]{3,60}", noise) or [""], key=len).strip()
    if not words:
        return obstacles.LOGIN_FILES
    command = f'for f in {files}; do grep -qsF -- \'{words}\' "$f" && echo "$f"; done; :'
    try:
        found = connection.run(Request(command, timeout=COMMAND_S, effect="read")).stdout.split()
    except errors.V3Error:
        found = []
    return " and ".join(found[:3]) or obstacles.LOGIN_FILES


def _clock(run: RunRequest) -> Rung:
    """The device's clock against the laptop's, at the middle of the question."""
    asked = time.time()
    try:
        text = run(Request("date -u +%s.%N", timeout=COMMAND_S, effect="read")).stdout
    except errors.V3Error as exc:
        return rung("clock", NOT_CHECKED, f"It was not answered: {exc}")
    answered = time.time()
    match = re.match(r"(\d{1,12})(\.\d{1,9})?", text)  # busybox knows no %N and prints it
    if match is None:
        return rung("clock", NOT_CHECKED, f"`date` printed: {_first_line(text)}")
    device = float(match.group()) if match.group(2) else int(match.group(1)) + 0.5
    offset_s = device - (asked + answered) / 2
    size_s = abs(offset_s)
    if size_s < CLOCK_OK_S:
        return rung("clock", OK, f"{size_s:.1f} s apart from the laptop's")
    seen = f"{_span(size_s)} {'ahead of' if offset_s > 0 else 'behind'} the laptop's"
    if size_s <= CLOCK_BAD_S:
        return rung("clock", NOTE, f"{seen}.", "Look at `timedatectl` on the device; is the laptop's right?")
    return rung(
        "clock", NOTE, f"Wrong: {seen}. Logs cannot be laid side by side, certificates may fail.",
        "Check that the laptop's clock is right, then the device's time source (run the time diagnostics) "
        "and its clock battery.",
    )  # fmt: skip


def _span(seconds: float) -> str:
    for unit_s, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:120] if lines else "nothing"


# -- the whole -------------------------------------------------------------------------------------


def _settled(look: LaptopRungs, way: list[Rung]) -> list[Rung]:
    """The laptop's rungs, now that it is known whether the device answers.

    It answered: what looked broken is worth a note. It did not: the first broken rung is the answer,
    and the port was never reached.
    """
    broken = [each for each in look.rungs if each.state is BROKEN]
    if not broken:
        return list(look.rungs)
    if way[0].state is not OK:
        way.clear()
        return list(look.rungs)
    return [
        replace(each, state=NOTE, seen=f"{each.seen} The device answers at its address all the same.")
        if each in broken
        else each
        for each in look.rungs
    ]


def _filled(found: list[Rung]) -> list[Rung]:
    """All rungs: after the first broken one none is reached."""
    by_name = {each.id: each for each in found}
    whole: list[Rung] = []
    stopped = False
    for name in TITLES:
        whole.append(rung(name) if stopped else by_name.get(name) or rung(name))
        stopped = stopped or whole[-1].state is BROKEN
    return whole
