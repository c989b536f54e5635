"""The subprocess path: the system's `ssh`, when the persistent path raises before a command was sent.

Same pinned keys, same framing, same deadline, same output cap. What ssh asks is answered by askpass.py: the
password is in no argv, in no environment and in no file. Where the system has it, a ControlPersist socket of
our own keeps later calls fast.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from utils import errors
from utils.laptop import child
from utils.laptop.cable import cable_is_out
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge, ShellReport
from utils.link.login.prompts import Prompt
from utils.link.login.words import KEY_REFUSED
from utils.link.paths.subprocess.arguments import Arguments, tag
from utils.link.paths.subprocess.askpass import Askpass
from utils.link.paths.subprocess.call import SshCall
from utils.link.paths.subprocess.channel import SshChannel
from utils.link.paths.subprocess.private import Private, make_private, path_option
from utils.link.paths.subprocess.process import kill, running
from utils.link.paths.subprocess.server_key import ServerKey
from utils.link.paths.subprocess.standing import Standings
from utils.link.paths.subprocess.turns import Turns
from utils.link.request import Deadline, Request
from utils.link.transport.sockets import require_way
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.model.results import CommandResult
from utils.redact import redact
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.link.login.credentials import Credentials
    from utils.model.doors import Terminal

log = logging.getLogger("v3.ssh")

Made = TypeVar("Made")

MOST_COMMANDS = 6  # OpenSSH's MaxSessions is 10 by default; the rest is for terminals, streams and stops
STOP_S = 5.0


class OpenSsh:
    """The system's ssh for one target. Makes its private folder at the first call.

    standings: who answers, once per login (standing.py).
    """

    def __init__(
        self, settings: Settings, host_keys: HostKeys, answer_for: Callable[[Prompt, str], str]
    ) -> None:
        self._settings = settings
        self._answer_for = answer_for
        self._host_keys = host_keys
        self._lock = threading.Lock()
        self._folder: Private | None = None
        self._over = False
        self._pid = os.getpid()
        self._turns = Turns()
        self._places = threading.Semaphore(MOST_COMMANDS)
        self.standings = Standings(
            host_keys, settings.target.where, holds=self._holds,
            cable_out=lambda: cable_is_out(settings.target),
        )  # fmt: skip
        self._arguments = Arguments(settings, self._private, lambda: self.standings.shared)
        self._server_key = ServerKey(settings, host_keys, self._arguments, self._private)

    @property
    def shown_key(self) -> HostKey | None:
        """The key that was looked at last: what an error about an unknown or changed key is about."""
        return self._server_key.shown

    @property
    def available(self) -> bool:
        return shutil.which("ssh") is not None

    @property
    def trying(self) -> bool:
        """Whether a call may be logging in now."""
        return self._turns.trying

    @property
    def would_log_in(self) -> bool:
        """Whether a call would need a login now: no shared connection is there."""
        return not self._holds()

    def turn(self, request: Request) -> contextlib.AbstractContextManager[None]:
        """The turn of a call that may log in: hold it around run(), stream(), terminal() or look()."""
        self._after_fork()
        return self._turns.turn(request)

    def run(self, request: Request) -> CommandResult:
        """One command, on the device it is meant for, or on any trusted one if it is meant for none.

        A key that nobody trusts is looked at, and trusted or asked about as on the other path.
        """
        with self._place(request), contextlib.closing(self._channel(request)) as channel:
            try:
                return replace(channel.begin().collect(), device=channel.on)
            except errors.V3Error as exc:
                exc.device = channel.on if request.sent else None
                raise

    @contextlib.contextmanager
    def _place(self, request: Request) -> Iterator[None]:
        """One of MOST_COMMANDS: each more would log in by itself where the device has no session left."""
        while not self._places.acquire(timeout=max(0.001, request.deadline.at_most(0.1))):
            request.check()
        try:
            yield
        finally:
            self._places.release()

    def stream(self, request: Request) -> SshChannel:
        """A command that goes on, begun and not waited for."""
        channel = self._channel(request)
        try:
            return channel.begin()
        except BaseException:
            channel.close()
            raise

    def look(self, request: Request) -> None:
        """Make sure who answers, and that the connection stands. No command is run."""
        self._channel(request).close()

    def terminal(self, request: Request, cols: int, rows: int) -> Terminal:
        """A login shell on a PTY. Its output begins behind the answer that says what device it is."""
        # Windows has no PTY; see BySsh.terminal
        from utils.link.paths.subprocess.terminal import SshTerminal  # type: ignore[attr-defined,unused-ignore]

        def make(key: HostKey) -> Terminal:
            known, said = self._arguments.known_hosts(key), self._private().new("said")
            challenge = Challenge()
            argv = [*self._arguments.argv(known, said, tty=True), scripts.terminal_command(challenge)]
            terminal = None
            try:
                with self._answering(key, said) as (environment, ends):
                    terminal = SshTerminal(argv, environment, said, cols, rows, up=self._holds)
                    ends(terminal.kill)
                    who = terminal.prove(challenge.answer, request)
                terminal.carrier = self._carrier(known) or terminal.carrier
                self._accepted()
                terminal.standing = self.standings.settle(request, key, who)
            except BaseException:
                if terminal is not None:
                    terminal.close()
                raise
            self.standings.use()
            terminal.on_close, terminal.on_lost = self.standings.done, self.standings.failed
            opened: Terminal = terminal
            return opened

        if self.standings.now is None:
            self.look(request)  # an ssh that becomes the shared connection does not tell that there is no PTY
        return self._on_its_device(request, make)

    def _channel(self, request: Request) -> SshChannel:
        """A channel whose script has answered, on the device the request is meant for."""
        return self._on_its_device(request, lambda key: self._prove(request, key))

    def _on_its_device(self, request: Request, make: Callable[[HostKey], Made]) -> Made:
        """What is made behind the one key that this request may meet. No other is logged in to."""
        if not self.available:
            raise errors.LinkInternal(
                "There is no ssh program on this laptop. Nothing was run.",
                hint="Install the OpenSSH client, or set SSH_USE_PERSISTENT=true.",
            )
        self._arguments.offer()  # what cannot be used is told before ssh is asked
        require_way(self._settings.target)
        request.check()
        try:
            return self._behind_its_key(request, make)
        except errors.Incompatible as exc:
            if not (exc.details.get("sha1") and self._settings.ssh_allow_sha1):
                raise
            raise errors.Incompatible(
                f"{exc} SSH_ALLOW_SHA1 is set, and the system's ssh cannot use them either.",
                hint="Update its SSH server.", offers=exc.details["offers"],
            ) from exc  # fmt: skip

    def _behind_its_key(self, request: Request, make: Callable[[HostKey], Made]) -> Made:
        shared = bool(self._holds())
        key = self._expected_key(request) or self._server_key.learn(request)
        self._server_key.shown = key  # a person is asked about it where its serial number is another key's
        try:
            return make(key)
        except errors.LinkLost:
            if not shared:
                raise
            return make(key)  # the shared connection was at its end, and nothing of the command had left
        except errors.HostKeyUnknown as exc:
            if request.device is not None:
                self.standings.gone_for(request.device)
                raise errors.DeviceChanged(expected=request.device) from exc
        self.standings.forget()
        return make(self._server_key.learn(request))

    def _expected_key(self, request: Request) -> HostKey | None:
        """The key of the device the request is meant for; else of the one that stands, or was last here."""
        known = {each.fingerprint: each for each in self._host_keys.all()}
        if request.device is not None:
            meant = known.get(request.device.partition(" ")[0])
            if meant is None:
                raise errors.DeviceChanged(expected=request.device)
        elif (standing := self.standings.now) is not None and standing.key.fingerprint in known:
            return standing.key
        else:
            here = [each for each in known.values() if each.address == self._settings.target.where]
            meant = max(here, key=lambda each: each.last_seen, default=None)
        return HostKey(meant.fingerprint, meant.key_type, meant.key) if meant is not None else None

    def _prove(self, request: Request, key: HostKey) -> SshChannel:
        """Nothing of the command leaves before our script has answered, on the device it is meant for."""
        lane_id, challenge, known = secrets.token_hex(8), Challenge(), self._arguments.known_hosts(key)
        said = self._private().new("said")
        argv = [*self._arguments.argv(known, said), scripts.once_command(lane_id, challenge, who=True)]
        request.sent = False
        with contextlib.ExitStack() as stack:
            stack.callback(said.unlink, missing_ok=True)
            with self._answering(key, said) as (environment, ends):
                process = stack.enter_context(running(argv, environment))
                ends(lambda: kill(process))
                call = stack.enter_context(contextlib.closing(SshCall(process, request, said)))
                told = call.prove(challenge.answer, lambda: self._arguments.logged_in(known))
            self._accepted()
            standing = self.standings.settle(request, key, told.who)
            self.standings.use()
            stack.callback(self.standings.done)
            return SshChannel(
                call, request, on=standing.device,
                stop=lambda: self._stop(lane_id, told, key, others=request.others),
                close=stack.pop_all().close, on_lost=self.standings.failed,
            )  # fmt: skip

    def drop(self) -> None:
        """End the shared connections and whatever goes over them: the device does not answer there."""
        with self._lock:
            folder = self._folder
        if folder is not None:
            self._end_connections(folder)

    def close(self, *, for_good: bool = False) -> None:
        """End the shared connection and remove the private folder. for_good: no ssh begins after that."""
        self._after_fork()
        self.standings.forget()
        with self._lock:
            self._over = for_good
            folder, self._folder = self._folder, None
        if folder is None:
            return
        self._end_connections(folder)
        shutil.rmtree(folder.path, ignore_errors=True)

    def _end_connections(self, folder: Private) -> None:
        for path in [path for path in folder.path.glob("c-*") if path.is_socket()]:
            self._tell_shared(path, "exit")

    def _carrier(self, known_hosts: Path) -> int | None:
        """The process that holds the shared connection; None where there is none."""
        if not self._holds():
            return None
        pid = re.search(r"\(pid=(\d+)\)", self._tell_shared(self._arguments.socket(known_hosts), "check"))
        return int(pid[1]) if pid else None

    def _tell_shared(self, socket: Path, word: str) -> str:
        """What a shared connection's ssh says to a word of -O."""
        way = path_option("ControlPath", socket)
        argv = ["ssh", "-F", "none", "-o", way, "-O", word, *self._arguments.target()]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = child.run(argv, capture_output=True, text=True, errors="replace", timeout=3)
            return str(done.stderr)
        return ""

    def _after_fork(self) -> None:
        """The folder and the connection in it are the parent's: a child makes its own."""
        if self._pid != os.getpid():
            self._pid, self._folder = os.getpid(), None
            self._lock, self._turns = threading.Lock(), Turns()
            self._places = threading.Semaphore(MOST_COMMANDS)
            self.standings.after_fork()

    def _private(self) -> Private:
        with self._lock:
            if self._over:
                raise errors.LinkLost("The link is closed.")
            if self._folder is None or not self._folder.path.is_dir():  # the system cleans up after days
                self._folder = make_private()
            return self._folder

    # -- processes ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _answering(
        self, key: HostKey, said: Path | None = None
    ) -> Iterator[tuple[dict[str, str], Callable[[Callable[[], None]], None]]]:
        """The environment of an ssh that may have to log in, and how to say what ends it. What it asks is
        answered while this is held, and why it was refused is told. key: the one that it may meet. said:
        where ssh's own words are."""
        if sys.platform == "win32":
            yield child.environment(), lambda end: None
            return
        offer = self._arguments.offer()

        def answer_for(prompt: Prompt) -> str:
            return self._answer_for(prompt, self._host_keys.board(key))

        askpass = Askpass(self._private(), offer, self._settings.ssh_user, answer_for, said)
        with askpass.listening() as further:
            try:
                yield child.environment() | further, askpass.ends
            except errors.LinkError as exc:
                if askpass.trouble is not None:
                    raise askpass.trouble from exc
                if type(exc) is errors.AuthenticationFailed and "said" not in exc.details:
                    raise _refused(askpass, offer) or exc from None
                raise

    def _accepted(self) -> None:
        """The device let us in: others need not wait, and what was typed for it is a secret."""
        self._turns.accepted()
        redact.add(*self._settings.login_secrets())

    def _holds(self) -> bool | None:
        """Whether the shared connection of who stands is there; None where there is no socket to tell."""
        standing = self.standings.now
        if standing is None or self._folder is None or not (self._folder.sockets and self.standings.shared):
            return None
        return self._folder.socket(tag(standing.key.fingerprint)).is_socket()

    def _stop(self, lane_id: str, told: ShellReport, key: HostKey, *, others: bool) -> bool | None:
        """End what a call runs on the device. See Pipe.stop."""
        session, pid = map(scripts.plain_session_id, (told.session, told.pid))
        argv = self._arguments.argv(self._arguments.known_hosts(key), Path(os.devnull))
        challenge = Challenge()
        argv.append(scripts.stop_command(lane_id, challenge, session=session, pid=pid, others=others))
        with (
            contextlib.suppress(OSError),
            self._answering(key) as (environment, ends),
            running(argv, environment) as process,
        ):
            ends(lambda: kill(process))
            return scripts.STOPPED.get(_stop_answer(process, challenge) or "")
        return None


def _stop_answer(process: subprocess.Popen[bytes], challenge: Challenge) -> str | None:
    """The stop script's word as it comes: what a login file left running may keep the outputs open."""
    deadline = Deadline(STOP_S)
    while True:
        try:
            return scripts.stop_answer(challenge, process.communicate(timeout=0.1)[0])
        except subprocess.TimeoutExpired as exc:
            word = scripts.stop_answer(challenge, exc.output or b"")
            if word is not None or deadline.passed:
                return word


def _refused(askpass: Askpass, offer: Credentials) -> errors.LinkError | None:
    """What a refusal means, by what was offered."""
    if askpass.password_given:
        return askpass.wrong_password()
    if offer.key_file is not None or offer.use_agent:
        return errors.AuthenticationFailed("The device refused the key.", hint=KEY_REFUSED)
    return errors.NoCredentials() if offer.password is None else None
