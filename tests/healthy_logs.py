"""Judge whole boot logs of healthy boards and print the table of docs/healthy-logs.md.

    python -m tests.healthy_logs FOLDER

FOLDER holds the logs under the names of unit/healthy_logs.toml, which says where each was published. A log
whose SHA-256 is another one is not judged: it is named, and the program ends with status 1.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from utils.judge import judge

LIST = Path(__file__).parent / "unit" / "healthy_logs.toml"
HEAD = "| board | kernel | source | lines | SHA-256 | before | after |\n|---|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Log:
    """One published boot log; before: verdict and unknown messages before anything was settled."""

    name: str
    board: str
    kernel: str
    source: str
    sha256: str
    before: str
    left: str = ""

    def row(self, folder: Path) -> str:
        """The row of the table; ValueError if the text is not the one that was read."""
        text = (folder / self.name).read_bytes()
        if hashlib.sha256(text).hexdigest() != self.sha256:
            raise ValueError(f"{self.name}: this is another text than the one that was read.")
        shown = text.decode("utf-8", "replace")
        found = judge("kernel-log", shown)
        after = f"{found.verdict}, {found.reading['unknown_count']} unknown"
        lines = len(shown.splitlines())
        cells = (self.board, self.kernel, self.source, lines, f"`{self.sha256}`", self.before, after)
        return "| " + " | ".join(map(str, cells)) + " |\n"


def logs() -> list[Log]:
    """The list, in its order."""
    return [Log(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["log"]]


def main(folder: Path) -> int:
    """Print the table; 1 if a log is missing or another one."""
    sys.stdout.write(HEAD)
    wrong = 0
    for log in logs():
        try:
            sys.stdout.write(log.row(folder))
        except (OSError, ValueError) as exc:
            wrong = 1
            sys.stderr.write(f"{exc}\n")
    return wrong


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder that holds the logs: python -m tests.healthy_logs FOLDER")
    sys.exit(main(Path(sys.argv[1])))
