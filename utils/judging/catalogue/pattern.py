"""Regular expressions of the catalogue and of a technician's files, by an engine that is linear in the text.

    problem("^orin-")                     "" or what is wrong with it
    found("^orin-", text)                 whether it is found

RE2 never goes back in a text, so no expression can make the program stand still. Its syntax is that of
Python without what needs going back: no lookahead, no lookbehind, no back-reference. It is loaded with the
first expression: a start compiles none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

_TEXT_MAX = 4096
"""Characters that are searched: a value of a reading is one word or one line."""


def problem(expression: str) -> str:
    """What is wrong with it, in RE2's words; "" for a right one."""
    import re2

    try:
        _compiled(expression, False)
    except re2.error as exc:
        said = exc.args[0]
        return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return ""


def found(expression: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the expression is found in the text's first 4,096 characters."""
    plain = text[:_TEXT_MAX].encode("utf-8", "replace").decode()
    return _compiled(expression, ignore_case).search(plain) is not None


def linear(expressions: Iterable[str], gap: str) -> Any:
    """All of them as one, `gap` standing for anything in between.

    None where there is none, or RE2 refuses one of them.
    """
    import re2

    parts = (_whole(text, gap) for text in expressions)
    try:
        return _compiled(whole, False) if (whole := "|".join(f"(?:{text})" for text in parts)) else None
    except re2.error:
        return None


class Screen:
    """Many patterns over a text in one pass: which of them may fit. ValueError where RE2 refuses one."""

    def __init__(self, expressions: Sequence[str], gap: str) -> None:
        import re2

        options = re2.Options()
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._all = range(len(expressions))
        try:
            for text in (*expressions, ""):  # the last one fits each text: without it RE2 gave up
                self._set.Add(_whole(text, gap))
        except re2.error as exc:
            raise ValueError(str(exc)) from exc
        self._set.Compile()

    def fitting(self, text: str) -> Sequence[int]:
        """The places of those that may fit, in order; all of them where RE2 cannot say."""
        found = sorted(self._set.Match(text))
        return found[:-1] if found and found[-1] == len(self._all) else self._all


def _whole(expression: str, gap: str) -> str:
    return ".*".join(f"(?:{part})" for part in expression.split(gap))


@lru_cache(maxsize=1024)
def _compiled(expression: str, ignore_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return re2.compile(expression, options)
