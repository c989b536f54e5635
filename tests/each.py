"""One question asked of many cases: one test, whose failure names each case that fails.

@each(IDS)
def test_nothing_but_space_is_no_data(diagnostic: str) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

Case = TypeVar("Case")


def each(
    cases: Collection[Case], name: Callable[[Case], object] = str
) -> Callable[[Callable[[Case], None]], Callable[[], None]]:
    """A test of one case becomes one of all of them. name: what a failure calls a case."""

    def of_one(ask: Callable[[Case], None]) -> Callable[[], None]:
        def of_all() -> None:
            answers = [(name(case), _trouble(ask, case)) for case in cases]
            assert answers, "there is no case"
            failed = [f"{case}: {trouble}" for case, trouble in answers if trouble]
            assert not failed, "\n\n".join([f"{len(failed)} of {len(answers)} cases", *failed])

        of_all.__name__, of_all.__doc__, of_all.__module__ = ask.__name__, ask.__doc__, ask.__module__
        return of_all

    return of_one


def _trouble(ask: Callable[[Case], None], case: Case) -> str:
    try:
        ask(case)
    except Exception as exc:  # the others are still asked
        return f"{type(exc).__name__}: {exc}"
    return ""
