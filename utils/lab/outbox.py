"""What a station sends of its history: in the order in which it was written, until the hub has it.

The history is first; nothing waits for this. What the hub takes no more of now is sent again later. What it
never takes is parked with its reason, and holds up nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from utils.clock import utc_text
from utils.errors import LabTrouble, NoAnswer, V3Error, WireTrouble
from utils.lab import again, records, wire
from utils.lab.link import NatsConnection
from utils.lab.subjects import up
from utils.store.archive import Sent
from utils.store.exchange import MOST_UNPACKED, Exchange
from utils.store.history import History
from utils.store.outbox import Waiting

log = logging.getLogger(__name__)

_ANSWER_S = 30.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 20.0
_GATHER_S = 0.25  # a check-up's next records go in one message, which costs the hub as much as a single one
_LOOK_S = 5.0  # a command line beside this program writes records, too
_LARGEST = 3 << 20
"""Packed bytes of evidence in one message; a longer piece goes alone."""


class Outbox:
    """Of one station. hub: what tells this lab from another one."""

    def __init__(self, history: History, link: NatsConnection, station: str, hub: str) -> None:
        self._history, self._link = history, link
        self._station, self._hub = station, hub
        self._joined = False
        self._opening: str | None = ""  # the hub's history as it was heard last; "" while it was not
        self._asked: str | None = ""  # the one that was asked what it lacks
        self._bell, self._back = threading.Event(), threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="v3-outbox", daemon=True)
        self.trouble: V3Error | None = None

    def start(self) -> None:
        """Send what waits, and what comes."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something, or somebody to send it to."""
        self._bell.set()

    def retry(self) -> None:
        """The hub is back: what waits to be sent again waits no longer."""
        self._back.set()
        self._bell.set()

    def close(self) -> None:
        """Stop. What was not sent waits in the history."""
        self._stopping.set()
        self._back.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(_FIRST_WAIT_S)

    def heard(self, opening: str | None) -> None:
        """The hub answered: this opening of its history takes records. None: a hub that cannot be asked."""
        if self._opening != opening:
            self._opening = opening
            self.retry()

    def counts(self) -> tuple[int, int]:
        """How many records wait, and how many are parked. HistoryTrouble."""
        return self._history.exchange().counts()

    def oldest_s(self) -> float | None:
        """How long the oldest record waits, by this bench's clock; None where none does. HistoryTrouble."""
        at = self._history.exchange().oldest()
        return max(0.0, time.time() - datetime.fromisoformat(at).timestamp()) if at else None

    def _work(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                while count := self._send_some():
                    if count < wire.MOST_RECORDS:
                        self._stopping.wait(_GATHER_S)
                self.trouble, wait_s = None, _FIRST_WAIT_S
                self._bell.wait(_LOOK_S)
            except V3Error as exc:
                if self.trouble is None:
                    log.info("Results wait for the hub: %s", exc)
                self.trouble = exc
                wait_s = _FIRST_WAIT_S if self._back.wait(wait_s) else min(2 * wait_s, _LONGEST_WAIT_S)
                self._back.clear()
            except Exception:  # a bug of ours must not end this for good
                log.exception("Sending to the hub failed inside this program")
                self._stopping.wait(_LONGEST_WAIT_S)
            self._bell.clear()

    def _send_some(self) -> int:
        """Send the oldest. Answers how many they were; 0: nothing waits, or nobody takes it."""
        exchange = self._history.exchange()
        if not self._joined:
            exchange.join(self._hub, utc_text())
            self._joined = True
        if not self._opening_asked(exchange):
            return 0
        batch = exchange.outgoing(wire.MOST_RECORDS)
        if not batch or self._stopping.is_set():
            return 0
        told: dict[str, wire.AnyRecord] = {}
        for waiting, record in batch:
            if record is None:  # too old to be kept here any more
                continue
            try:
                said = records.sent(record, exchange.hashes_of(record))
            except WireTrouble as exc:
                log.warning("Record %s is not sent: %s", waiting.record, exc.__cause__ or exc)
                exchange.park(waiting.seq, str(exc))
                continue
            told[said.id] = said
        self._settle(batch, told)
        return len(batch)

    def _opening_asked(self, exchange: Exchange) -> bool:
        """Whether the hub was asked what it lacks of what it had: that goes before anything new."""
        opening = self._opening
        if opening and opening != self._asked:
            count = again.give_again(exchange, self._lacks)
            if count:
                log.warning("The hub lost %d records that it had; they are sent again", count)
        self._asked = opening
        return opening != ""

    def _lacks(self, said: wire.GivenIds) -> wire.Lacks:
        answer = wire.decode(wire.Lacks, self._reply("given", wire.encode(said)))
        if answer.later:
            raise NoAnswer("The hub cannot look anything up at the moment.", cause=answer.later)
        return answer

    def _settle(self, batch: list[tuple[Waiting, Sent | None]], told: dict[str, wire.AnyRecord]) -> None:
        """Send these with what the hub needs for them; note what it has and what it never takes."""
        exchange = self._history.exchange()
        seqs: dict[str, list[int]] = {}
        for waiting, _ in batch:  # a case that was opened and closed is sent once, as it is now
            seqs.setdefault(waiting.record, []).append(waiting.seq)
        gone = [waiting.seq for waiting, record in batch if record is None]
        taken, refused = self._ask(told) if told else ((), {})
        for name, why in refused.items():
            for seq in seqs.get(name, ()):
                log.warning("The hub does not take record %s: %s", name, why)
                exchange.park(seq, why)
        done = [seq for name in taken for seq in seqs.get(name, ())]
        if told and not done and not refused:
            raise LabTrouble("The hub took none of the records.")
        exchange.sent([*gone, *done])

    def _ask(self, told: dict[str, wire.AnyRecord]) -> tuple[tuple[str, ...], dict[str, str]]:
        said = wire.Records(records=tuple(told.values()), history=self._asked or None)
        message = wire.encode(said)
        answer = self._answer("records", message)
        if answer.need:
            for evidence in in_messages(self._history.exchange().packed(answer.need)):
                self._answer("evidence", evidence)
            answer = self._answer("records", message)
        if answer.need:
            raise LabTrouble("The hub asks for evidence that it was given.")
        return answer.taken, answer.refused

    def _answer(self, kind: str, message: bytes) -> wire.Taken:
        if len(message) > wire.MOST_BYTES:
            raise WireTrouble("A record is larger than what a hub takes.")
        answer = wire.decode(wire.Taken, self._reply(kind, message))
        if answer.later:
            raise NoAnswer("The hub cannot keep anything at the moment.", cause=answer.later)
        return answer

    def _reply(self, kind: str, message: bytes) -> bytes:
        return self._link.request(up(self._station, kind), message, _ANSWER_S)


def in_messages(pieces: Iterable[tuple[bytes, int]]) -> Iterator[bytes]:
    """Messages with this evidence, each as large as a hub takes. pieces: packed, and the bytes unpacked."""
    some: list[bytes] = []
    packed_bytes = unpacked_bytes = 0
    for packed, size in pieces:
        packed_bytes, unpacked_bytes = packed_bytes + len(packed), unpacked_bytes + size
        full = len(some) == wire.MOST_PIECES or packed_bytes > _LARGEST or unpacked_bytes > MOST_UNPACKED
        if some and full:
            yield _evidence(some)
            some, packed_bytes, unpacked_bytes = [], len(packed), size
        some.append(packed)
    if some:
        yield _evidence(some)


def _evidence(packed: list[bytes]) -> bytes:
    import base64

    encoded = tuple(base64.b64encode(each) for each in packed)
    return wire.encode(wire.Evidence(pieces=encoded))
