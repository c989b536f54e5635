"""Why there is no reading. Not for the page: the judge turns these into a verdict."""

from __future__ import annotations

from enum import StrEnum

from utils.errors.base import V3Error


class Cause(StrEnum):
    """Why there is no judgement. Whoever refuses says it beside the words; causes.py has the way for each."""

    NEEDS_ROOT = "needs-root"
    NOT_PERMITTED = "not-permitted"
    TOOL_MISSING = "tool-missing"
    NOT_THERE = "not-there"
    NO_DATA = "no-data"
    TOO_EARLY = "too-early"
    GARBAGE = "garbage"
    CUT_OFF = "cut-off"
    DAMAGED = "damaged"
    IMPLAUSIBLE = "implausible"
    NOT_SAID = "not-said"
    CANCELLED = "cancelled"
    TIMED_OUT = "command-timeout"
    LINK_LOST = "outcome-unknown"


class ParseError(V3Error):
    """A parser's word that there is no reading. The judge turns it into a verdict."""

    code = "parse"

    def __init__(self, message: str, cause: Cause) -> None:
        """message: the sentence for people. cause: what decides the next step; nobody reads it from words."""
        super().__init__(message)
        self.cause = cause


class NotApplicable(ParseError):
    """The thing or the tool is not there: verdict skip."""

    code = "not-applicable"

    def __init__(self, message: str, cause: Cause = Cause.NOT_THERE) -> None:
        super().__init__(message, cause)


class Undecided(ParseError):
    """It ran, but what it printed cannot be judged: verdict unknown."""

    code = "undecided"
