"""One worker: reads its user and then keys of rows from stdin, plays them, writes outcomes to stdout.

Outcomes are JSON lines. Started by crew.py, where there is root inside a network namespace of its own.
What a row prints goes to stderr, so that stdout holds outcomes alone.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.matrix import all_rows, play
from tests.servers.servers import User


def main() -> int:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(threadName)s %(message)s"
    )
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    known = json.loads(sys.stdin.readline())  # not in argv: it holds a password
    user = (
        User(known["name"], known["password"], Path(known["home"]), Path(known["key_file"]))
        if known
        else None
    )
    os.environ["PYTHONPATH"] = os.getcwd()  # for the programs that rows start
    rows = all_rows()
    _warm_up(user)
    for line in iter(sys.stdin.readline, ""):
        logging.info("row %s", line.strip())
        outcome = play(rows[line.strip()], Bench(user))
        print(json.dumps(asdict(outcome)), file=answers, flush=True)
    return 0


def _warm_up(user: User | None) -> None:
    """What is loaded and opened once for all is no leak of the first row."""
    if user is None:
        return
    with Bench(user) as bench:
        bench.connect(bench.sshd())
        bench.point(bench.sshd(), ssh_use_persistent=False)
        bench.call()


if __name__ == "__main__":
    sys.exit(main())
