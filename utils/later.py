"""What an answer need not wait for: the thread of a request wakes others once its answer has left.

    with serving():             # the server, around a request
        with answer_first():    # what makes the answer
            later(wake)         # somewhere below it

To wake a thread earlier makes it compete with the answer for the interpreter. Elsewhere it is woken at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

_Do = Callable[[], None]


class _Here(threading.local):
    """Of one thread. after: what it does after the answer, None outside a request. holding: whether the
    answer comes first."""

    after: list[_Do] | None = None
    holding = False


_HERE = _Here()


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """A request is answered meanwhile; what was put off is done at the end, once each."""
    after: list[_Do] = []
    _HERE.after = after
    try:
        yield
    finally:
        _HERE.after = None
        for do in dict.fromkeys(after):
            do()


@contextlib.contextmanager
def answer_first() -> Iterator[None]:
    """What this thread puts off meanwhile is done after its answer, where a server sees to that."""
    _HERE.holding = _HERE.after is not None
    try:
        yield
    finally:
        _HERE.holding = False


def later(do: _Do) -> None:
    """Do it after the answer of this thread's request; at once where there is none."""
    if _HERE.holding and _HERE.after is not None:
        _HERE.after.append(do)
    else:
        do()
