"""The persistent link: built at the first command, shared by all threads, rebuilt when it dies.

One thread at a time connects (single flight). The others wait for its outcome, each with its own deadline.
What a person must decide or correct (host key, refused login, no credentials) blocks the link. There is no
further attempt until then. Nothing here knows of fallbacks.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from utils import errors
from utils.laptop import usb
from utils.laptop.limits import laptop_limit
from utils.link import LOADING
from utils.link.fallback import BLOCKING
from utils.link.login.prompts import Prompt
from utils.link.login.question import Question, another_asked, nothing_asked
from utils.link.login.refusals import Refusals
from utils.link.paths.persistent.flapping import Flapping
from utils.link.paths.persistent.reconnect import Keeper
from utils.link.paths.persistent.resting import rests_s
from utils.link.request import Deadline, Request
from utils.link.transport.large_packets import LOST
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.model.results import CommandResult, Device, LinkState, LinkStatus, called, error_facts
from utils.model.rungs import Tell, silent
from utils.model.target import Target
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.link.paths.persistent.attempt import Attempt
    from utils.link.paths.persistent.connection import Connection

log = logging.getLogger("v3.ssh")

WATCH_S = 20.0  # a session that has not started by then goes on starting unwatched
EXPLAIN_S = 1.0  # pause between a failed attempt and one that somebody wants to watch

_FORKED = threading.Lock()


class Link:
    """The link to one address. Thread-safe. Never connects by itself, except while kept connected."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        self.settings = settings
        way = settings.target.interface
        self.host_keys = HostKeys(settings.v3_data_dir, lambda: usb.serial_behind(way))
        self._demo = demo
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._connection: Connection | None = None
        self._connecting = False
        self._attempt: Attempt | None = None
        self._round = 0
        self._error: errors.V3Error | None = None
        self._error_at = 0.0
        self._pending_key: HostKey | None = None
        self.refusals = Refusals(settings)
        self._flapping = Flapping()
        self._hurry = threading.Event()  # ends a pause before an attempt
        self._device: Device | None = None
        self.device_since = ""  # ISO 8601 UTC: when the last device was connected
        self._question: Question | None = None
        self._later: Question | None = None
        self._closed = False
        self.keeper = Keeper(self)
        self._listener: Callable[[], None] = lambda: None
        self.otherwise: Callable[[], bool] = lambda: False
        """For the keeper: keeps another path standing where this one cannot talk to the device."""
        self.shut: Callable[[], bool] = lambda: False
        """For the keeper: whether nothing may go by this path."""
        self.settle: Callable[[], None] = lambda: None
        """For the keeper: finds out which board the target leads to, before it connects."""
        self.logins = self.reconnects = self.commands = 0

    # -- commands -----------------------------------------------------------------------------

    def run(self, request: Request) -> CommandResult:
        """One command. Reconnects once for what was not sent, or is a read; else OutcomeUnknown."""
        for last in (False, True):
            request.check()
            connection = self.connected(request)
            request.fresh_attempt()
            try:
                result = connection.run(request)
            except (errors.LinkLost, errors.NotResponding, errors.OutcomeUnknown) as exc:
                again = not request.sent or request.effect == "read"
                if isinstance(exc, errors.NotResponding) and not request.sent:
                    request.check()  # the caller's time is over: that says nothing about the link
                self._after_failure(connection, exc)
                if again and not last:
                    continue
                if request.sent and not isinstance(exc, errors.OutcomeUnknown):
                    lost = errors.OutcomeUnknown()
                    lost.device = exc.device
                    raise lost from exc
                raise
            self.commands += 1
            return result
        raise AssertionError

    def run_reads(
        self, requests: Sequence[Request], answer: Callable[[Request, CommandResult | errors.V3Error], None]
    ) -> None:
        """Reads through one pipelined lane, answers as they come. Some may get none: ask those again."""
        connection = self.connected(requests[0])
        for request in requests:
            self._bind(request, connection)
            request.fresh_attempt()
        for request, outcome in connection.run_in_order(requests):
            self.commands += 1
            answer(request, outcome)
        if not connection.alive:
            self._after_failure(connection, errors.LinkLost())

    def _after_failure(self, connection: Connection, exc: errors.LinkError) -> None:
        if isinstance(exc, errors.NotResponding) or not connection.transport.is_active():
            cause = connection.lost_because or connection.liveness.cause
            self.drop(connection, cause or "the connection broke")

    # -- connecting ---------------------------------------------------------------------------

    def connected(self, request: Request) -> Connection:
        """A live connection to the device the request is meant for; makes it if there is none."""
        self._after_fork()
        connection = self.connection or self._wait_for_one(request)
        self._bind(request, connection)
        return connection

    def _wait_for_one(self, request: Request) -> Connection:
        with self._changed:
            joined = self._round
            while True:
                if self._closed:
                    raise errors.LinkLost("The link is closed.")
                if self._connection is not None and self._connection.alive:
                    return self._connection
                if (asked := self.asked) is not None:
                    raise errors.fresh(asked)
                if not self._connecting:
                    if self._connection is not None:  # dead, and the watcher has not told yet
                        self.drop(self._connection, "the device closed the connection")
                    if self._round > joined and self._error is not None:
                        raise errors.fresh(self._error)  # the attempt we waited for has failed
                    self._refuse_if_blocked()
                    self._start_connecting()
                    continue
                self._check(request)
                self._changed.wait(min(0.1, request.deadline.left))

    def _check(self, request: Request) -> None:
        """Why a caller waits no longer: SessionStarting where the device took the login."""
        try:
            request.check()
        except errors.CommandTimeout:
            if self._attempt is not None and self._attempt.starting:
                raise errors.SessionStarting from None
            raise

    def _bind(self, request: Request, connection: Connection) -> None:
        """A request belongs to the device it was made for, and to no other."""
        if request.device is None:
            request.device = connection.device_key
        elif request.device != connection.device_key:
            name = connection.device.label if connection.device else "another device"
            raise errors.DeviceChanged(
                f"{name} is plugged in now, which is not the device this was meant for. Nothing was run.",
                expected=request.device,
                found=connection.device_key,
            )

    def current_device(self) -> str | None:
        """The key of the device a new request is meant for: the one that is connected, if any."""
        connection = self._connection
        return connection.device_key if connection is not None and connection.alive else None

    def _start_connecting(self) -> None:
        """Caller holds the lock. The attempt runs by itself: no caller's short deadline ends it."""
        self._connecting = True
        self._error_at = time.monotonic()
        try:
            threading.Thread(target=self._connect, name="v3-connect", daemon=True).start()
        except RuntimeError as exc:  # this laptop's limit: the next call may find room again
            self._connecting = False
            raise laptop_limit(exc) or exc from exc
        self._listener()

    def _ask(self, question: Question) -> list[str]:
        """The login waits in its thread until a person answers; who else waits is told what is asked."""
        with self._changed:
            self._question, self._error = question, question.error
            self._changed.notify_all()
        self._listener()
        try:
            return question.wait()
        finally:
            with self._changed:
                self._question = self._error = None
            self._listener()

    def answer_for(self, prompt: Prompt, board: str) -> str:
        """What a person said to this prompt of this board on the second path, once. LoginQuestion: it is
        asked now, and its login ends, since no call can wait so long; the answer is for the board's next one.
        """
        before, self._later, notice = self._later, None, ""
        if before is not None and before.asks(prompt) and (answer := before.taken()) is not None:
            if before.board == board:
                return answer
            notice = "Another board is there now, so your answer was not sent."
        asked = self._later = Question([prompt], board=board, notice=notice)
        with self._changed:
            self._question, self._error = asked, asked.error
            self._error_at = time.monotonic()
        self._listener()
        raise errors.fresh(asked.error)

    @property
    def asked(self) -> errors.V3Error | None:
        """What a person is asked now."""
        question = self._question
        return question.error if question is not None and question.is_open else None

    def answer(self, answers: Sequence[str], question: str | None = None) -> None:
        """What a person says to the question that is open; BadRequest when none is, or not this one."""
        asked = self._question
        if asked is None:
            raise nothing_asked()
        if question not in (None, asked.id):
            raise another_asked()
        asked.answer(answers)
        with self._changed:  # from here on callers wait for what comes of it
            self._question = self._error = None
        self.keeper.wake()
        self._listener()

    def explain(self, tell: Tell) -> Connection:
        """A live connection, each step to it told; one attempt at a time with everybody else's.

        What has to rest is left alone: a device that hung up, for a while; a
        refused login, until it is changed or reset() was called.
        """
        self._after_fork()
        with self._changed:
            self._until_settled()
            if self._closed:
                raise errors.LinkLost("The link is closed.")
            if self._connection is not None and self._connection.alive:
                return self._connection
            error = self._error
            if isinstance(error, errors.NotSsh):
                self._refuse_if_blocked()
            pause_s = EXPLAIN_S - (time.monotonic() - self._error_at) if error else 0.0
            self._connecting = True
        self._listener()
        time.sleep(max(0.0, pause_s))
        tell("begin", self.settings.address)
        refused = error if isinstance(error, errors.AuthenticationFailed) else None
        threading.Thread(target=self._connect, args=(tell, refused), name="v3-connect", daemon=True).start()
        with self._changed:
            self._until_settled()
            connection = self._connection
            if connection is None:
                raise errors.fresh(self._error or errors.LinkLost())
        return connection

    def _until_settled(self) -> None:
        """Wait for the attempt that is under way.

        Raise what it asks a person, or that it takes too long to watch. Caller holds the lock.
        """
        watched = Deadline(WATCH_S)
        while self._connecting and not self._closed:
            if (asked := self.asked) is not None:
                raise errors.fresh(asked)
            if watched.passed and self._attempt is not None and self._attempt.starting:
                raise errors.SessionStarting
            self._changed.wait(0.1)

    def _connect(self, tell: Tell = silent, refused: errors.V3Error | None = None) -> None:
        self._hurry.clear()
        if tell is silent and not self._closed:
            self._hurry.wait(self._flapping.pause_s)
        started = time.monotonic()
        again = self.logins > 0
        log.info("SSH connection %s to %s", "reconnecting" if again else "opening", self.settings.address)
        connection, error = None, None
        try:
            connection = self._attempted(tell, refused)
        except Exception as exc:
            error = _why(exc)
        with self._changed:
            connection, error = self._ended(connection, error)
        if connection is not None:
            log.info(
                "SSH connection established to %s: %s, %s, %.0f ms",
                connection.device.label if connection.device else self.settings.address,
                connection.server_version, connection.mode, (time.monotonic() - started) * 1000,
            )  # fmt: skip
        else:
            log.warning("SSH connection failed: [%s] %s", error.code if error else "?", error)
        self._listener()
        if connection is not None and connection.liveness.round_trip_ms is None:  # who looks is told it later
            connection.liveness.when_measured = self._listener

    def _attempted(self, tell: Tell, refused: errors.V3Error | None) -> Connection:
        with LOADING:
            from utils.link.paths.persistent.attempt import (
                Attempt,  # with paramiko, a fifth of the start if it were above
            )

        attempt = Attempt(
            self.settings, self.host_keys, self.refusals, tell=tell, ask=self._ask, refused=refused
        )
        self._attempt = attempt
        if tell is silent:
            self.refusals.respect()  # not even the way up to the login is taken
        return attempt.connect(self._lost)

    def _ended(
        self, connection: Connection | None, error: errors.V3Error | None
    ) -> tuple[Connection | None, errors.V3Error | None]:
        """What came of the attempt, for all who wait for it. Caller holds the lock."""
        if connection is not None and self._closed:
            connection.close("closed")
            connection, error = None, errors.LinkLost("The link is closed.")
        if isinstance(error, errors.Cancelled):  # its question was withdrawn: nothing has failed
            error = None
        attempt = self._attempt
        self._connection, self._error = connection, errors.fresh(error) if error else None
        if attempt is not None and attempt.logged_in:
            self._count_login(attempt.fingerprint, error)
        self._pending_key = attempt.pending_key if attempt is not None else None
        if connection is not None:
            self._device, self.device_since = connection.device, connection.since
        self._error_at = time.monotonic()
        self._connecting, self._attempt = False, None
        self._round += 1
        self._changed.notify_all()
        return connection, error

    def _count_login(self, fingerprint: str, error: errors.V3Error | None) -> None:
        self._flapping.made(fingerprint)
        if isinstance(error, errors.LinkLost | errors.NotResponding):
            self._flapping.lost()
        self.logins += 1
        self.reconnects += self.logins > 1

    @property
    def connection(self) -> Connection | None:
        """The live connection, if there is one."""
        connection = self._connection
        return connection if connection is not None and connection.alive else None

    @property
    def connected_now(self) -> bool:
        """Whether a live connection is at hand."""
        return self._connection is not None and self._connection.alive

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def target(self) -> Target:
        """Where the link leads."""
        return self.settings.target

    # -- what holds an attempt back -----------------------------------------------------------

    def _refuse_if_blocked(self) -> None:
        """Raise the last error again where another attempt would only hammer the device."""
        if (error := self.held_back_by) is not None:
            raise errors.fresh(error)

    @property
    def held_back_by(self) -> errors.V3Error | None:
        """Why no attempt is made now: a person must decide, or the device needs a rest."""
        error, age = self._error, time.monotonic() - self._error_at
        return error if error is not None and age < rests_s(error) else None

    def trust(self, fingerprint: str, *, reflashed: bool = False) -> None:
        """Trust the key that is being asked about; BadRequest if it is not that one."""
        with self._changed:
            key, error = self._pending_key, self._error
        if key is None or key.fingerprint != fingerprint or error is None:
            raise errors.BadRequest(
                "This is not the key the device showed last.", hint="Look at the fingerprint again."
            )
        replaces = str(error.details.get("expected") or error.details.get("previous") or "")
        self.host_keys.trust(
            key,
            self.target.where,
            serial=str(error.details.get("serial") or ""),
            replaces=replaces if reflashed else "",
        )
        log.info("SSH connection: key %s trusted%s", fingerprint, " (reflashed)" if reflashed else "")
        self.unblock()

    def note_host_key(self, key: HostKey, error: errors.V3Error) -> None:
        """The other path met this key: a person is asked about it here."""
        with self._changed:
            self._pending_key, self._error, self._error_at = key, errors.fresh(error), time.monotonic()
        self._listener()

    def note(self, error: errors.V3Error) -> None:
        """How the other path ended, where it is the only one: as if this one had met it."""
        with self._changed:
            self._error, self._error_at = errors.fresh(error), time.monotonic()
        self._listener()

    @property
    def cannot_talk(self) -> errors.Incompatible | None:
        """Why this path cannot talk to the device that is there, as far as is known."""
        error = self._error
        return error if isinstance(error, errors.Incompatible) else None

    def renamed(self, device_id: str, nickname: str) -> None:
        """People call this board so from now on: what is told of it says so at once."""
        with self._changed:
            self._device = called(self._device, device_id, nickname)
            if self._connection is not None:
                self._connection.device = called(self._connection.device, device_id, nickname)

    def unblock(self, instead: errors.V3Error | None = None) -> None:
        """Forget why the last attempt failed: the next call tries again. instead: what is shown meanwhile."""
        with self._changed:
            self._error, self._pending_key = errors.fresh(instead) if instead else None, None
            self._error_at = time.monotonic()
        self.keeper.wake()
        self._listener()

    # -- losing and closing -------------------------------------------------------------------

    def _lost(self, connection: Connection, cause: str) -> None:
        self.drop(connection, cause)

    def drop(self, connection: Connection, cause: str) -> None:
        """End this connection if it is still the one; the next command makes another."""
        with self._changed:
            if self._connection is not connection:
                connection.close(cause)
                return
            self._connection = None
            self._flapping.lost(cause)
            hint = errors.LargePacketsLost.default_hint if cause == LOST else ""
            self._error = errors.LinkLost(f"The link to the device was lost: {cause}.", hint=hint)
            self._error_at = time.monotonic()
            self._changed.notify_all()
        connection.close(cause)
        log.warning("SSH connection lost: %s", cause)
        self.keeper.wake()
        self._listener()

    def reset(self) -> None:
        """Drop the link and forget why it failed. The next command connects."""
        with self._changed:
            connection, self._connection, self._error = self._connection, None, None
            question = self._question
        self._flapping.forgive()
        self.refusals.agree()
        self._hurry.set()
        if question is not None:
            question.withdraw()
        if connection is not None:
            connection.close("reset")
            log.info("SSH connection closed: reset")
        self.unblock()

    def close(self) -> None:
        """For good."""
        with self._changed:
            self._closed = True
            self._hurry.set()
            connection, self._connection = self._connection, None
            question = self._question
            self._changed.notify_all()
        if question is not None:
            question.withdraw()
        if connection is not None:
            connection.close("closed")
            log.info("SSH connection closed")
        self.keeper.wake()

    def _after_fork(self) -> None:
        """A link is never used across a fork: the child lets go of its copy and builds its own."""
        if self._pid == os.getpid():
            return
        with _FORKED:
            if self._pid != os.getpid():
                self._let_go()
                self._pid = os.getpid()  # last: no other thread takes the parent's connection meanwhile

    def _let_go(self) -> None:
        self._changed = threading.Condition()
        inherited, self._connection = self._connection, None
        self._connecting, self._attempt, self._error, self.keeper = False, None, None, Keeper(self)
        self._question = None
        self.logins = self.reconnects = 0
        if inherited is not None:
            sock: Any = inherited.transport.sock
            sock._closed = True
            os.close(sock.detach())  # only our copy: a shutdown would end the parent's connection too

    # -- telling ------------------------------------------------------------------------------

    def on_change(self, listener: Callable[[], None]) -> None:
        """Called at each change of state, from any thread."""
        self._listener = listener

    def status(self) -> LinkStatus:
        """A snapshot; never blocks, never connects."""
        connection, error = self._connection, self._error
        alive = connection is not None and connection.alive
        attempt = self._attempt
        if alive:
            error = None
        elif attempt is not None and attempt.starting:
            error = errors.SessionStarting()
        elif connection is not None and error is None:  # it just died; the watcher says why in a moment
            error = errors.LinkLost("The link to the device was lost.")
        return LinkStatus(
            state=self._state(alive, error),
            address=self.settings.address,
            demo=self._demo,
            mode=connection.mode if connection is not None and alive else None,
            device=connection.device if connection is not None and alive else None,
            last_device=self._device if not alive else None,
            server_version=connection.server_version if connection is not None and alive else None,
            round_trip_ms=connection.liveness.round_trip_ms if connection is not None and alive else None,
            connected_since=connection.since if connection is not None and alive else None,
            logins=self.logins,
            reconnects=self.reconnects,
            commands=self.commands,
            error=error_facts(error) if error is not None else None,
        )

    def _state(self, alive: bool, error: errors.V3Error | None) -> LinkState:
        if self._closed:
            return LinkState.CLOSED
        if alive:
            return LinkState.CONNECTED
        if self._connecting and self.asked is None:
            return LinkState.CONNECTING
        if isinstance(error, BLOCKING):
            return LinkState.BLOCKED
        return LinkState.LOST if error is not None else LinkState.IDLE


def _why(exc: Exception) -> errors.V3Error:
    """What an attempt failed for, as it is told."""
    if limit := laptop_limit(exc):
        return limit
    if isinstance(exc, errors.V3Error):
        return exc
    log.exception("SSH connection failed inside this program")
    return errors.LinkInternal(f"Connecting failed: {type(exc).__name__}.")
