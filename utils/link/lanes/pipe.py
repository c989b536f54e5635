"""A session channel as two byte streams, with every wait bounded, and the way to stop what it runs.

paramiko's channel can block for ever. A thread that never gives it back may hold its lock (paramiko#2685,
#2534). So nothing here enters the channel before that lock was seen free.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import select
import threading
from typing import Any

from utils import errors
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge, ShellReport
from utils.link.lanes.frames import ANYTHING, Arrived
from utils.link.lanes.inbox import Bell
from utils.link.request import Deadline
from utils.link.transport.transport import Transport, discard, open_session

log = logging.getLogger("v3.ssh")

CHUNK = 1 << 18
STOP_S = 5.0
SETTLE_S = 0.3
STUCK_S = 3.0  # a channel's lock is held for microseconds; so long means for ever


class Pipe:
    """A session channel read as two byte streams, with every wait bounded."""

    def __init__(self, transport: Transport, deadline: Deadline) -> None:
        self.transport = transport
        self.lane_id = secrets.token_hex(8)
        self.told = ShellReport()
        self.streams = Arrived()
        self.channel: Any = open_session(transport, deadline)
        self._bell = Bell()
        self._bell.hang_on(self.channel)
        self._cut_off = False
        self._unlink = self.channel._unlink
        self.channel._unlink = self._die_with_the_connection

    @property
    def alive(self) -> bool:
        return not self.channel.closed and not self.channel.eof_received and self.transport.is_active()

    @property
    def exit_signal(self) -> str | None:
        return getattr(self.channel, "exit_signal", None)

    @property
    def server(self) -> str:
        """The version line of the server, "SSH-2.0-…"."""
        return str(self.transport.remote_version)

    @property
    def acknowledged(self) -> bool:
        """Whether the device said that it runs what it was asked to."""
        return bool(self.channel.event_ready)  # `event` alone is also set by the end of the channel

    @property
    def more_is_here(self) -> bool:
        """Whether bytes have reached this laptop that nobody has read yet."""
        sock = self.transport.sock
        with contextlib.suppress(OSError, ValueError):
            return bool(getattr(sock, "pending", False) or select.select([sock], [], [], 0)[0])
        return False

    @property
    def link_lost(self) -> bool:
        """Whether the whole connection is gone, not this channel alone.

        paramiko closes the channels of a dying connection a moment before it says that it is dead. A command
        that was sent must not pass for refused then.
        """
        if self._cut_off or not self.channel.eof_received:
            self.transport.join(SETTLE_S)
        return self._cut_off or not self.transport.is_active()

    def _die_with_the_connection(self) -> None:
        """In place of the channel's own: paramiko unlinks a channel only when the connection ends."""
        self._cut_off = True
        self._unlink()

    def enter(self) -> None:
        """NotResponding when the channel's lock is stuck; the link is then given up for another one."""
        if not _free(self.channel, STUCK_S):
            raise errors.NotResponding("The open connection is stuck inside this program.")

    def send(self, data: bytes, deadline: Deadline) -> None:
        """All of data, or an error; LinkLost when the channel is gone. enter() comes first."""
        view = memoryview(data)
        while view:
            self.channel.settimeout(max(0.01, deadline.left))
            try:
                count = self.channel.send(view[:CHUNK])
            except TimeoutError:
                raise errors.CommandTimeout("The device does not take the command.") from None
            except (OSError, EOFError) as exc:
                raise errors.LinkLost from exc
            if count == 0:
                raise errors.LinkLost
            view = view[count:]

    def receive(self, timeout_s: float, wanted: int = ANYTHING) -> bool:
        """Move what has arrived into the streams; wait for it at most so long. False: nothing came.
        wanted: the streams whose end marks to wait for, if nothing is there yet."""
        self._bell.ask_for(wanted)
        if self._move():
            return True
        self._bell.wait(timeout_s)
        return self._move()

    def _move(self) -> bool:
        out, err = self.channel.recv_ready(), self.channel.recv_stderr_ready()
        if not out and not err:
            return False
        self.enter()
        if err:
            self.streams.err += self.channel.recv_stderr(CHUNK)
        if out:
            self.streams.out += self.channel.recv(CHUNK)
        return True

    @property
    def exhausted(self) -> bool:
        """Nothing more will ever come."""
        over = self.channel.closed or self.channel.eof_received or not self.transport.is_active()
        return over and not self._ready()

    def _ready(self) -> bool:
        return bool(self.channel.recv_ready() or self.channel.recv_stderr_ready())

    def stop(self, *, others: bool) -> bool | None:
        """End everything the channel runs on the device. True: it is proven that nothing is left; False:
        something is; None: neither. others: it may run something as another user."""
        deadline = Deadline(STOP_S)
        try:
            return self._stop_over(self.transport, deadline, others=others)
        except errors.ChannelRefused:
            return self._stop_beside(deadline, others=others)
        except errors.LinkError as exc:
            log.warning("cannot stop a command on the device: %s", exc)
            return None

    def _stop_beside(self, deadline: Deadline, *, others: bool) -> bool | None:
        """The device takes no second session on this connection: one connection more, for this alone."""
        spare = None
        try:
            if self.transport.spare is None:
                return None
            spare = self.transport.spare(deadline)
            return self._stop_over(spare, deadline, others=others)
        except errors.LinkError as exc:
            log.warning("cannot stop a command on the device: %s", exc)
            return None
        finally:
            discard(spare)

    def _stop_over(self, transport: Transport, deadline: Deadline, *, others: bool) -> bool | None:
        with contextlib.closing(Pipe(transport, deadline)) as pipe:
            challenge = Challenge()
            transport.send_exec(pipe.channel, self._stop_command(challenge, others=others))
            with contextlib.suppress(OSError, EOFError):
                pipe.channel.shutdown_write()
            while (word := scripts.stop_answer(challenge, bytes(pipe.streams.out))) is None:
                if pipe.exhausted or pipe.streams.overfull or deadline.passed:
                    break
                pipe.receive(min(0.1, deadline.left))
        return scripts.STOPPED.get(word or "")

    def _stop_command(self, challenge: Challenge, *, others: bool) -> str:
        session, pid = map(scripts.plain_session_id, (self.told.session, self.told.pid))
        return scripts.stop_command(self.lane_id, challenge, session=session, pid=pid, others=others)

    def close(self) -> None:
        close_channel(self.channel)


def close_channel(channel: Any) -> None:
    """Never blocks; a channel that is stuck is left to a thread of its own."""
    if not _free(channel, 0.5):
        threading.Thread(target=_close, args=(channel,), name="v3-stuck", daemon=True).start()
        return
    _close(channel)


def _close(channel: Any) -> None:
    with contextlib.suppress(Exception):
        channel.close()


def _free(channel: Any, timeout_s: float) -> bool:
    """Whether the channel's lock can be had."""
    if not channel.lock.acquire(timeout=timeout_s):
        return False
    channel.lock.release()
    return True
