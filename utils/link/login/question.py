"""What a device asks in the midst of a login, held open until a person answers. Memory only."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence

from utils import errors
from utils.link.login.prompts import Prompt
from utils.link.login.words import said
from utils.model.words import number

HOLD_S = 60.0  # servers end an unfinished login after 120 s (LoginGraceTime)
LOOK_S = 0.5

AskPerson = Callable[["Question"], list[str]]
"""Asks a person and returns one answer for each prompt; LoginQuestion when nobody answers."""


class Question:
    """Open until it is answered once, withdrawn, or HOLD_S have passed.

    alive: whether the login that asked it still stands; the device may end it sooner. board: who asked, where
    the answer is for another login. notice: what a person has to know first.
    """

    def __init__(
        self,
        prompts: Sequence[Prompt],
        words: str = "",
        alive: Callable[[], bool] = lambda: True,
        *,
        board: str = "",
        notice: str = "",
    ) -> None:
        self.id = secrets.token_hex(8)
        self.board = board
        self._prompts = tuple(prompts)
        self._alive = alive
        self._changed = threading.Condition()
        self._answers: list[str] | None = None
        self._open = True
        self._until = time.monotonic() + HOLD_S
        asked = " ".join(filter(None, (said(words), *(f"“{said(prompt.text)}”" for prompt in prompts))))
        self.error = errors.LoginQuestion(
            f"{notice} The device asks: {asked}".strip(),
            question=self.id,
            prompts=[{"text": said(prompt.text), "echo": prompt.echo} for prompt in prompts],
        )

    def answer(self, answers: Sequence[str]) -> None:
        """Give the answers, once; BadRequest when they do not fit or come too late."""
        with self._changed:
            if not self.is_open:
                raise nothing_asked()
            if len(answers) != len(self._prompts):
                asked = number(len(self._prompts), "answer")
                raise errors.BadRequest(f"The device asks for {asked}, in order.")
            self._answers, self._open = list(answers), False
            self._changed.notify_all()

    def asks(self, prompt: Prompt) -> bool:
        """Whether this is its only prompt."""
        return self._prompts == (prompt,)

    @property
    def is_open(self) -> bool:
        """Whether an answer would still be taken."""
        return self._open and time.monotonic() < self._until

    def taken(self) -> str | None:
        """The first answer, once: for the next login of the same board, since its own has ended."""
        with self._changed:
            answers, self._answers = self._answers, None
        return answers[0] if answers and time.monotonic() < self._until else None

    def withdraw(self) -> None:
        """Nobody will answer."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def wait(self) -> list[str]:
        """The answers, for one use. LoginQuestion when the time is over, Cancelled when it was withdrawn."""
        with self._changed:
            while self.is_open and self._alive():
                self._changed.wait(LOOK_S)
            late, self._open = self._open, False
            answers, self._answers = self._answers, None
        if answers is not None:
            return answers
        if not late:
            raise errors.Cancelled("The login was ended before the device's question was answered.")
        why = f"Nobody answered within {HOLD_S:.0f} s, so the login was ended."
        if not self._alive():
            why = "The device ended the login before anybody answered."
        raise errors.LoginQuestion(
            f"{self.error} {why}",
            hint="Connect again to be asked again.", prompts=[],
        )  # fmt: skip


def nobody(question: Question) -> list[str]:
    """Nobody is there to ask."""
    raise question.error


def nothing_asked() -> errors.BadRequest:
    """There is no open question."""
    return errors.BadRequest("The device asks nothing at the moment.", hint="Connect, then answer in time.")


def another_asked() -> errors.BadRequest:
    """The answer is to an earlier question, maybe another board's."""
    return errors.BadRequest(
        "The device asks something else now. Your answer was not sent.",
        hint="Read the question, then answer it.",
    )
