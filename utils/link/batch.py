"""Many commands in one go: reads pipelined, the rest one by one; each request gets one answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue

from utils import errors
from utils.link.breaker import describe_cause
from utils.link.paths.persistent.link import Link
from utils.link.request import Request
from utils.model.results import CommandResult

log = logging.getLogger("v3.ssh")

Answered = tuple[Request, CommandResult | errors.V3Error]


class Batch:
    """The two workers of run_many. Each request gets exactly one answer."""

    def __init__(
        self, link: Link, run: Callable[[Request], CommandResult], answers: SimpleQueue[Answered]
    ) -> None:
        self._link = link
        self._run = run
        self._answers = answers
        self._device: str | None = None

    def _answer(self, request: Request, outcome: CommandResult | errors.V3Error) -> None:
        self._device = self._device or request.device
        self._answers.put((request, outcome))

    def pipelined(self, requests: list[Request]) -> None:
        left = [r for r in requests if self._sendable(r)]

        def answer(request: Request, outcome: CommandResult | errors.V3Error) -> None:
            left.remove(request)
            self._answer(request, outcome)

        for _ in range(len(left)):  # each round answers at least its first, or goes on one by one
            before = len(left)
            if not left or self._cancelled(left):
                break
            try:
                self._link.run_reads(list(left), answer)
            except Exception as exc:  # every request says for itself what is wrong, and may fall back
                log.info("a batch goes on one by one: %s", describe_cause(exc))
                break
            if len(left) == before:
                break
        self.one_by_one(left)

    def _cancelled(self, left: list[Request]) -> bool:
        return any(r.cancel is not None and r.cancel.is_set() for r in left)

    def _sendable(self, request: Request) -> bool:
        try:
            request.validate()
        except errors.V3Error as exc:
            self._answer(request, exc)
            return False
        return True

    def one_by_one(self, requests: list[Request]) -> None:
        for request in requests:
            request.device = request.device or self._device
            request.begin()
            try:
                self._answer(request, self._run(request))
            except errors.V3Error as exc:
                self._answer(request, exc)
            except Exception as exc:
                log.exception("a batch request failed inside this program")
                self._answer(request, errors.LinkInternal(describe_cause(exc)))
