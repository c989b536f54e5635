"""What watches the board of one bay: samples, logs, terminals, recordings. Made when first asked for.

The command line asks for none of it, and a page for some of it. So nothing here is loaded before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from utils.model.doors import Boards, Commands, Shells, Streams, Watched

if TYPE_CHECKING:
    from utils.bench.runner import Runner
    from utils.live.logs.logs import Logs
    from utils.live.recordings.recorder import Recorder
    from utils.live.samples.hurry import Hurry
    from utils.live.samples.measures import FindDiagnostic
    from utils.live.samples.sampler import Sampler
    from utils.live.samples.wiggles import Wiggles
    from utils.live.terminals.terminals import Terminals

T = TypeVar("T")


class WatchingDoor(Commands, Streams, Shells, Watched, Boards, Protocol):
    """What is needed of a door to watch a board."""


class MadeOnce(Generic[T]):
    """A thing that is made by the first who asks; everybody gets the same one."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self.made: T | None = None

    def __call__(self) -> T:
        """The thing."""
        if self.made is None:
            with self._lock:
                if self.made is None:
                    self.made = self._make()
        return self.made


@dataclass(frozen=True)
class Watching:
    """All that watches one bay's board."""

    sampler: Sampler
    hurry: Hurry
    wiggles: Wiggles
    logs: Logs
    terminals: Terminals
    recorder: Recorder

    @property
    def idle(self) -> bool:
        """Whether nobody has a terminal open and nothing is recorded."""
        return not self.terminals.all() and not self.recorder.running

    def close(self) -> None:
        """End what runs on the board for pages; before its door closes."""
        self.terminals.close_all()
        self.logs.close()
        self.sampler.close()


def watch(runner: Runner, door: WatchingDoor, judging: FindDiagnostic, recordings: Path) -> Watching:
    """Make what watches this runner's board. judging: a diagnostic with the limits for the board at hand."""
    from utils.live.logs.logs import Logs
    from utils.live.recordings.recorder import Recorder
    from utils.live.samples.hurry import Hurry
    from utils.live.samples.sampler import Sampler
    from utils.live.samples.wiggles import Wiggles
    from utils.live.terminals.terminals import Terminals

    sampler = Sampler(door, judging, bay=runner.bay)
    return Watching(
        sampler=sampler,
        hurry=Hurry(sampler),
        wiggles=Wiggles(sampler),
        logs=Logs(door, bay=runner.bay, normal=runner.normal_for),
        terminals=Terminals(door, runner.audit, bay=runner.bay),
        recorder=Recorder(sampler, recordings),
    )
