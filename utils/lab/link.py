"""One connection to NATS, in a thread of its own, behind plain calls that any thread may make.

    link = NatsConnection(access, answers={"v3.call.bench-3.7f3a…": answer})
    link.start()
    reply = link.request("v3.up.bench-3.state", data, 2.0)      # NotConnected, StationAway, NoAnswer

Nothing is kept for later: while there is no connection, whoever sends is told so. nats-py's own reconnecting
is off, since it sends what it kept. A connection that broke is made again from the beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from utils.errors import LabTrouble, NoAnswer, NotConnected, StationAway, V3Error
from utils.lab.certificate import NAME, context_for

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

log = logging.getLogger(__name__)

Answering = Callable[[str, bytes], bytes | None]
"""(subject, data) -> the answer; None for none. Called in a thread of a pool; it may take its time."""
Made = TypeVar("Made")

_CONNECT_S = 5
_PING_S = 2
_PINGS = 2
_CLOSE_S = 0.5
_LOOK_S = 0.2  # how often it looks whether the connection stands
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 2.0
_REFUSED_WAIT_S = 15.0
_GRACE_S = 5.0  # what a call across threads may take beyond its own time
_WORKERS = 8
AT_ONCE = 4
"""Messages of one station; it asks again for what was dropped."""


@dataclass(frozen=True)
class Access:
    """Where the server is and how one gets in. certificate: PEM. seed: the NKey's secret."""

    address: str
    certificate: str
    seed: str = field(repr=False)


class NatsConnection:
    """answers: by subject, who answers there. at_once: who does so in the connection's own thread, quickly;
    all that comes there is taken, in its order. inbox: the subject below which answers come back.
    on_change: called with each connection and each loss, with the trouble. most: messages of one sender that
    are answered or wait at a time; more are dropped."""

    def __init__(
        self,
        access: Access,
        *,
        name: str,
        inbox: str,
        answers: Mapping[str, Answering],
        at_once: Mapping[str, Answering] | None = None,
        on_change: Callable[[LabTrouble | None], None] = lambda trouble: None,
        most: int = AT_ONCE,
    ) -> None:
        self._access, self._name, self._inbox = access, name, inbox
        self._answers, self._at_once = answers, at_once or {}
        self._on_change, self._most = on_change, most
        self._tls: ssl.SSLContext = context_for(access.certificate)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._client: Client | None = None
        self._busy: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._staying: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="v3-lab")
        self._thread = threading.Thread(target=self._work, name="v3-lab", daemon=True)
        self.trouble: LabTrouble | None = NotConnected()

    @property
    def connected(self) -> bool:
        """Whether it stands, as far as anybody knows now."""
        return self.trouble is None

    def start(self) -> None:
        """Connect, and stay connected from now on."""
        self._thread.start()

    def close(self) -> None:
        """Hang up for good."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop)
            self._thread.join(_GRACE_S)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def request(self, subject: str, data: bytes, timeout_s: float) -> bytes:
        """Ask and wait for the answer. NotConnected and StationAway: nothing was delivered. NoAnswer: it may
        have been."""
        return self._across(self._request(subject, data, timeout_s), timeout_s)

    def publish(self, subject: str, data: bytes) -> None:
        """Send it to whoever listens now. NotConnected."""
        self._across(self._publish(subject, data), _GRACE_S)

    def send(self, subject: str, data: bytes) -> None:
        """Send it in its turn, without waiting. NotConnected; what is lost later nobody tells."""
        if self._client is None:
            raise NotConnected
        self._loop.call_soon_threadsafe(self._send, self._client, subject, data)

    # --- in the thread of the loop

    def _stop(self) -> None:
        self._stopping.set()
        if self._staying is not None:
            self._staying.cancel()

    def _across(self, work: Coroutine[Any, Any, Made], timeout_s: float) -> Made:
        if self._client is None:
            work.close()
            raise NotConnected
        done = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return done.result(timeout_s + _GRACE_S)
        except (TimeoutError, CancelledError):
            done.cancel()
            raise NoAnswer from None

    async def _request(self, subject: str, data: bytes, timeout_s: float) -> bytes:
        from nats import errors

        client = self._client
        if client is None or not client.is_connected:
            raise NotConnected
        try:
            return (await client.request(subject, data, timeout=timeout_s)).data
        except errors.NoRespondersError:
            raise StationAway from None
        except (errors.TimeoutError, TimeoutError, asyncio.CancelledError):
            raise NoAnswer from None
        except errors.Error as exc:
            raise NoAnswer(
                f"The connection broke while an answer was awaited ({type(exc).__name__})."
            ) from exc

    async def _publish(self, subject: str, data: bytes) -> None:
        from nats import errors

        client = self._client
        if client is None or not client.is_connected:
            raise NotConnected
        try:
            await client.publish(subject, data)
            await client.flush(1)
        except (errors.Error, TimeoutError) as exc:
            raise NotConnected from exc

    def _send(self, client: Client, subject: str, data: bytes) -> None:
        task = self._loop.create_task(_sent(client, subject, data))  # each begins in the order of its making
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _work(self) -> None:
        _quiet()
        asyncio.set_event_loop(self._loop)
        try:
            self._staying = self._loop.create_task(self._stay())
            self._loop.run_until_complete(self._staying)
        except asyncio.CancelledError:
            pass
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.close()

    async def _stay(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                await self._one_connection()
                wait_s = _FIRST_WAIT_S
            except Exception as exc:  # whatever a library raises, the bench goes on and tries again
                self._tell(_trouble(exc))
            wait_s = _REFUSED_WAIT_S if _refused(self.trouble) else wait_s
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def _one_connection(self) -> None:
        """From login to loss."""
        from nats.aio.client import Client

        client, closed = Client(), asyncio.Event()
        last: list[Exception] = []

        async def on_closed() -> None:
            closed.set()

        async def on_error(exc: Exception) -> None:
            last[:] = [exc]
            log.info("The lab's connection: %s", type(exc).__name__)

        try:
            connecting = client.connect(
                f"tls://{self._access.address}", name=self._name, tls=self._tls, tls_hostname=NAME,
                tls_handshake_first=True, nkeys_seed_str=self._access.seed, inbox_prefix=self._inbox,
                allow_reconnect=False, reconnect_time_wait=0, connect_timeout=_CONNECT_S,
                ping_interval=_PING_S, max_outstanding_pings=_PINGS, closed_cb=on_closed, error_cb=on_error,
            )  # fmt: skip
            await asyncio.wait_for(connecting, 2 * _CONNECT_S)
            for subject, answering in self._answers.items():
                await client.subscribe(subject, cb=self._dispatch(answering))
            for subject, answering in self._at_once.items():
                await client.subscribe(subject, cb=_answer_now(answering))
            await client.flush(_CONNECT_S)
            self._client = client
            self._tell(None)
            while client.is_connected:  # nats-py may hang before it says that it is closed
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(closed.wait(), _LOOK_S)
            self._tell(_trouble(last[0] if last else ConnectionError()))
        finally:
            self._client = None
            with contextlib.suppress(Exception):  # it waits for ever where TLS was refused
                await asyncio.wait_for(client.close(), _CLOSE_S)

    def _dispatch(self, answering: Answering) -> Callable[[Msg], Coroutine[Any, Any, None]]:
        async def take(message: Msg) -> None:
            sender = message.subject.rpartition(".")[0]
            if self._busy[sender] >= self._most:
                return
            self._busy[sender] += 1
            task = self._loop.create_task(self._answer(answering, message, sender))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return take

    async def _answer(self, answering: Answering, message: Msg, sender: str) -> None:
        try:
            found = await self._loop.run_in_executor(
                self._pool, _answered, answering, message.subject, message.data
            )
            if found is not None and message.reply:
                await message.respond(found)
        except Exception as exc:  # the connection is gone: whoever asked will see that too
            log.info("An answer in the lab was not sent: %s", type(exc).__name__)
        finally:
            self._busy[sender] -= 1
            if not self._busy[sender]:
                del self._busy[sender]

    def _tell(self, trouble: LabTrouble | None) -> None:
        self.trouble = trouble
        self._pool.submit(self._on_change, trouble)


@cache
def _quiet() -> None:
    """Each lost TLS connection of nats-py makes asyncio warn of what does not matter."""
    logging.getLogger("asyncio").addFilter(lambda record: "eof_received" not in record.getMessage())


def _answer_now(answering: Answering) -> Callable[[Msg], Coroutine[Any, Any, None]]:
    async def take(message: Msg) -> None:
        found = _answered(answering, message.subject, message.data)
        if found is not None and message.reply:
            await message.respond(found)

    return take


async def _sent(client: Client, subject: str, data: bytes) -> None:
    from nats import errors

    with contextlib.suppress(errors.Error):  # the connection is gone: who waits for it sees that
        await client.publish(subject, data)


def _answered(answering: Answering, subject: str, data: bytes) -> bytes | None:
    try:
        return answering(subject, data)
    except V3Error as exc:  # what strangers send must not fill the log
        log.info("A message of the lab was not taken: %s", exc)
    except Exception:  # a bug of ours must not end the connection
        log.exception("Answering a message of the lab failed inside this program")
    return None


def _refused(trouble: LabTrouble | None) -> bool:
    return trouble is not None and bool(trouble.details.get("refused"))


def _trouble(exc: Exception) -> LabTrouble:
    """A foreign exception as ours: the one table of what goes wrong with a connection."""
    from nats import errors

    if isinstance(exc, errors.AuthorizationError) or "authorization" in str(exc).lower():
        return NotConnected(
            "The hub does not let this bench in: its invitation was revoked or replaced.",
            hint="Ask for a new file at the hub: v3 hub invite NAME.",
            refused=True,
        )
    if isinstance(exc, ssl.SSLError):
        return NotConnected(
            "What answers at the hub's address is not the hub that invited this bench.",
            hint="Ask at the hub for a new file; do not use another network's.",
        )
    return NotConnected(cause=type(exc).__name__)
