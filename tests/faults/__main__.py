"""`make faults`: plays the matrix, prints the table, exit status 1 when a row missed.

python -m tests.faults [KEY ...] [--workers N] [--verbose]
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.crew import Crew, can_run_root_rows
from tests.faults.matrix import NOT_RUNNABLE, Outcome, Row, all_rows

FORM = "{:>4}  {:<58} {:<18} {:>6} {:>6}  {:<10} {:>4}  {}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("keys", nargs="*", help="rows to play; all without")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="with the log of rows that missed")
    options = parser.parse_args(argv)
    rows = all_rows()
    chosen = [rows[key] for key in options.keys] if options.keys else list(rows.values())
    root = can_run_root_rows()
    playable = [row for row in chosen if root or not row.root]
    started = time.monotonic()
    outcomes = _play(playable, options.workers)
    _print(outcomes, rows, verbose=options.verbose)
    if not options.keys:
        _print_not_runnable([row for row in chosen if row not in playable])
    missed = [outcome for outcome in outcomes if not outcome.passed]
    numbers = {rows[outcome.key].number for outcome in outcomes}
    print(
        f"\n{len(outcomes)} plays of {len(numbers)} rows, {len(outcomes) - len(missed)} as they must be, "
        f"{len(missed)} missed, {time.monotonic() - started:.0f} s"
    )
    return 1 if missed else 0


def _play(rows: list[Row], workers: int) -> list[Outcome]:
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(f"\r{len(outcomes)}/{len(rows)} played", end="", file=sys.stderr, flush=True)

    with Crew(rows, tell, min(workers, max(1, len(rows)))):
        pass
    print(file=sys.stderr)
    return outcomes


def _print(outcomes: list[Outcome], rows: dict[str, Row], *, verbose: bool) -> None:
    order = {key: place for place, key in enumerate(rows)}
    print(FORM.format("row", "fault", "shown", "s", "bound", "state", "runs", ""))
    for one in sorted(outcomes, key=lambda one: order[one.key]):
        said = "ok" if one.passed else "MISSED"
        times = f"{one.seconds:.1f}", f"{one.within:g}"
        print(FORM.format(one.key, one.fault[:58], one.shown, *times, one.state, one.runs, said))
        for fault in one.faults:
            if verbose or not fault.startswith("log:"):
                print(f"      {fault}")


def _print_not_runnable(without_root: list[Row]) -> None:
    print("\nnot played:")
    for number, reason in NOT_RUNNABLE.items():
        print(f"{number:>4}  {reason}")
    for row in without_root:
        print(f"{row.key:>4}  {row.fault}: needs root, openssh-server, dropbear, iptables, iproute2")


if __name__ == "__main__":
    sys.exit(main())
