"""python -m tests.bench.against TREE [ROUNDS]: this program and the one of another checkout, in turn.

Two runs of the bench differ by more than two programs do, since load and clock of the machine change. Here
both programs run at once, and each figure is taken of them in turn. Needs root, as the bench does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.echo import TypedPage
from tests.bench.rig import Rig, rig
from tests.bench.samples import Samples
from tests.bench.throughput import COMMAND as BULK
from tests.bench.throughput import SIZE
from tests.bench.web import ROOT, _page

ROUNDS = 40  # at most 80: a PTY holds 4096 characters of a line
KEYS, WARM = 50, 50  # of each in a round
# It stands on the other checkout alone, whose tests may not know this one.
_CHILD = """
import json, sys, time
from utils import ssh_interface
from utils.settings import Settings
ssh_interface.configure(Settings.model_validate(json.loads(sys.argv[1])))
for command in sys.stdin:
    began, size = time.perf_counter(), 0
    if command.startswith("head"):
        with ssh_interface.stream(command.strip(), effect="read") as running:
            size = sum(len(data) for name, data in running if name == "stdout")
    else:
        size = len(ssh_interface.run(command.strip(), effect="read").stdout)
    print(time.perf_counter() - began, size, flush=True)
"""


class Program:
    """One checkout: a page for keys, and a program beside it for commands."""

    def __init__(self, tree: Path, made: Rig, name: str, held: contextlib.ExitStack) -> None:
        self.tree = tree
        settings = made.target.settings().model_dump(mode="json", include=_NEEDED)
        settings["v3_data_dir"] = str(made.target.folder / f"{name}-commands")
        self._commands = subprocess.Popen(
            [sys.executable, "-c", _CHILD, json.dumps(settings)],
            cwd=tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        held.callback(self._commands.wait)
        held.callback(self._commands.stdin.close)  # type: ignore[union-attr]
        url, _ = held.enter_context(_page(made, tree, name))
        self._page = TypedPage(url)
        self.found = {"a key's echo, ms": Samples(), "warm command, ms": Samples(), "200 MB, s": Samples()}

    def _run(self, command: str) -> tuple[float, int]:
        asking, answers = self._commands.stdin, self._commands.stdout
        assert asking is not None
        assert answers is not None
        asking.write(f"{command}\n")
        asking.flush()
        seconds, size = answers.readline().split()
        return float(seconds), int(size)

    def keys(self) -> None:
        """Some keys."""
        for _ in range(KEYS):
            self.found["a key's echo, ms"].add(1000 * self._page.key())

    def warm(self) -> None:
        """Some small commands."""
        for _ in range(WARM):
            seconds, size = self._run("cat /proc/loadavg /proc/uptime")
            assert size, "no answer"
            self.found["warm command, ms"].add(1000 * seconds)

    def bulk(self) -> None:
        """200 MB of output."""
        seconds, size = self._run(BULK)
        assert size == SIZE, size
        self.found["200 MB, s"].add(seconds)


_NEEDED = {"ssh_user", "ssh_ip", "ssh_port", "ssh_key_file", "ssh_host_keys"}


@contextlib.contextmanager
def _programs(trees: list[Path]) -> Iterator[list[Program]]:
    with rig() as made, contextlib.ExitStack() as held:
        yield [Program(tree, made, f"tree-{number}", held) for number, tree in enumerate(trees)]


def main() -> int:
    """Print median, p95 and p99 of both, and the ratio of ours to the other's."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.against", description=__doc__)
    parser.add_argument("tree", type=Path, help="the other checkout")
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    given = parser.parse_args()
    with _programs([ROOT, given.tree.resolve()]) as programs:
        steps: list[Callable[[Program], None]] = [Program.keys, Program.warm, Program.bulk]
        for _ in range(given.rounds):
            for step in steps:
                for each in random.sample(programs, len(programs)):
                    step(each)
    ours, other = (each.found for each in programs)
    for name, samples in ours.items():
        print(f"{name}, {len(samples.values)} each:")
        for word, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            here, there = samples.quantile(share), other[name].quantile(share)
            print(f"  {word}: {here:.3f} here, {there:.3f} there, ratio {here / there:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
