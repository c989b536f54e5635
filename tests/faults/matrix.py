"""What a row of the matrix is, what came of it, and the judgement. The rows are in rows_*.py."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults import ledger
from tests.waiting import busy

if TYPE_CHECKING:
    from tests.faults.bench import Bench, Seen

TOLERANCE_S = 1.0
NO_LINK = ("down", "blocked")
MODULES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("rows_*.py")))


@dataclass(frozen=True)
class Row:
    """One fault and what must be shown.

    shows: codes of utils/errors, "ok", "capped" or "signal KILL"; any of them is right.
    within: seconds until the caller knows, the second path included. state: "ready" (the connection
    that was there), "new" (another one), "down" (none, built at the next command), "blocked" (a person
    must decide). runs: how often the counted command ran on the device, at least and at most.
    may_live: what was started on the device may outlive the row, since nothing leads there any more.
    """

    key: str
    fault: str
    shows: tuple[str, ...]
    within: float
    state: tuple[str, ...]
    play: Callable[[Bench], Seen]
    fast: bool = True
    runs: tuple[int, int] = (0, 1)
    may_live: bool = False
    root: bool = True

    @property
    def number(self) -> int:
        """Its number in the matrix; a key may have a letter behind it for a variant."""
        return int("".join(char for char in self.key if char.isdigit()))


@dataclass
class Outcome:
    """What came of a row. faults: what was not as it must be, in words."""

    key: str
    fault: str
    shown: str = ""
    seconds: float = 0.0
    within: float = 0.0
    state: str = ""
    runs: int = 0
    took: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.faults


# Rows of the reference that one machine and this link cannot play, with the reason.
NOT_RUNNABLE = {
    46: "no part of the link: the page's event stream (tests/web)",
    47: "no part of the link: the page's event stream (tests/web)",
    58: "the link has no SFTP; files are not pulled from the device",
    59: "the link has no SFTP; files are not pulled from the device",
    67: "there is no reboot command",
    68: "there is no reboot command",
    77: "no part of the link: Host, Origin and token of the page (tests/web/test_security.py)",
}

_ROWS: dict[str, Row] = {}


def row(
    key: str | int, fault: str, *, shows: str, within: float, state: str, **more: Any
) -> Callable[..., Any]:
    """Registers a row. shows and state may name several, divided by a bar."""

    def register(play: Callable[[Bench], Seen]) -> Callable[[Bench], Seen]:
        made = Row(str(key), fault, tuple(shows.split("|")), within, tuple(state.split("|")), play, **more)
        assert made.key not in _ROWS, made.key
        _ROWS[made.key] = made
        return play

    return register


def all_rows() -> dict[str, Row]:
    """Every row that can be played, by key, in the order of the matrix."""
    for name in MODULES:
        importlib.import_module(f"tests.faults.{name}")
    return dict(sorted(_ROWS.items(), key=lambda item: (item[1].number, item[0])))


def play(row: Row, bench: Bench) -> Outcome:
    """Plays a row and judges it. Whatever goes wrong is an entry of `faults`, never an exception."""
    outcome = Outcome(row.key, row.fault, within=row.within)
    before, started = ledger.take(), time.monotonic()
    try:
        with bench:
            seen = row.play(bench)
            _judge(row, bench, seen, outcome)
    except AssertionError as exc:
        outcome.faults.append(f"row: {exc}" if str(exc) else f"row: assertion in line {_line(exc)}")
    except Exception as exc:
        outcome.faults.append(f"row: {type(exc).__name__}: {exc} (line {_line(exc)})")
    outcome.faults += ledger.left_over(before)
    outcome.faults += bench.leftovers
    outcome.took = time.monotonic() - started
    return outcome


def _judge(row: Row, bench: Bench, seen: Seen, outcome: Outcome) -> None:
    outcome.shown, outcome.seconds = seen.shown, seen.seconds
    if seen.shown not in row.shows:
        outcome.faults.append(f"shown {seen.shown} ({seen.text}), not {' or '.join(row.shows)}")
    if seen.seconds > row.within * busy() + TOLERANCE_S:
        outcome.faults.append(f"took {seen.seconds:.1f} s, bound {row.within:g} s")
    ledger.wait_until(lambda: bench.state in row.state, 2.0)
    if not ledger.wait_until(lambda: bench.state not in NO_LINK or not ledger.our_threads(), 2.5):
        outcome.faults.append(f"no link, yet threads: {ledger.our_threads()}")
    outcome.state = bench.state
    if outcome.state not in row.state:
        outcome.faults.append(f"state {outcome.state}, not {' or '.join(row.state)}")
    outcome.runs = seen.runs
    if not row.runs[0] <= outcome.runs <= row.runs[1]:
        outcome.faults.append(f"ran {outcome.runs} times on the device, not {row.runs[0]} to {row.runs[1]}")
    twice = bench.ran_twice()
    if twice:
        outcome.faults.append(f"unsafe commands ran more than once: {twice}")
    alive = [] if row.may_live else bench.still_running()
    if alive:
        outcome.faults.append(f"still running on the device: {alive}")


def _line(exc: BaseException) -> str:
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
