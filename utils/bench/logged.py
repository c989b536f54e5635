"""What app.log has of check-ups and runs: each line carries the id that history, audit log and hub know."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

from utils.applog import about, stay_about
from utils.bench.runs import Checkup, Run
from utils.errors import Cancelled, V3Error
from utils.model.results import CommandResult

log = logging.getLogger(__name__)


def begun(checkup: Checkup, bay: str) -> None:
    """It begins; all that its thread logs from now on is about it."""
    stay_about(checkup=checkup.id)
    log.info("A check-up begins at %s for %s: %d diagnostics", bay, checkup.who, len(checkup.runs))


def of(run: Run) -> AbstractContextManager[None]:
    """All that is logged meanwhile is about this run."""
    return about(run=run.id)


def ended(checkup: Checkup) -> None:
    """It is over, and kept."""
    outcome = checkup.outcome()
    log.info("The check-up ended: %s, %s, %s s", outcome.code, outcome.verdict.value, checkup.duration_s)


def answered(run: Run, answer: CommandResult | V3Error) -> None:
    """Where there is no answer, why; answers are in the history."""
    if isinstance(answer, V3Error) and not isinstance(answer, Cancelled):
        with of(run):
            log.info("%s has no answer: %s", run.diagnostic.id, answer.code)
