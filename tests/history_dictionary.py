"""Make the dictionary that results are packed with (utils/store/results.zdict), from the saved texts.

    python -m tests.history_dictionary FILE

What is kept was packed with it, so the file in use never changes: a better one is a further file, with a line
in utils/store/evidence.py. The demo device's answers are left out, so that it measures what was never seen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.unit.saved_texts import of
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, to_json
from utils.store.evidence import zstd
from utils.store.ledger import body_of

SIZE = 110 << 10
"""Bytes: twice the size saved 9 kB of a check-up's 43 more than half of it did."""
_OF_EACH = 8  # texts of a diagnostic
_LONGEST = 16_000


def samples() -> Iterator[bytes]:
    """What is kept of the saved texts: outputs, and what was judged of them."""
    for diagnostic in builtin_catalogue():
        for saved in [each for each in of(diagnostic.id) if each.holds_data][:_OF_EACH]:
            answer = CommandResult(
                diagnostic.command, saved.stdout.encode(), saved.stderr.encode(), saved.exit_status
            )
            yield body_of(to_json(result_of(diagnostic, answer)))
            yield saved.stdout.encode()


if __name__ == "__main__":
    found = [each for each in samples() if len(each) < _LONGEST]
    made = zstd.train_dict(found, SIZE)
    Path(sys.argv[1]).write_bytes(made.dict_content)
    print(f"{len(found)} samples, {len(made.dict_content)} bytes, id {made.dict_id}")
