"""A bay: one place on the bench with its door, and everything that runs for the board in it.

The board changes, the bay stays. Two bays share the events' bus and the audit log, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from utils.bench.runner import Runner
from utils.bench.watching import MadeOnce, Watching, watch
from utils.clock import local_minute
from utils.judging.catalogue.models import Diagnostic
from utils.model.doors import Commands, Decisions, Explained, Shells, Streams, Watched
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.live.logs.logs import Logs
    from utils.live.recordings.recorder import Recorder
    from utils.live.samples.hurry import Hurry
    from utils.live.samples.sampler import Sampler
    from utils.live.samples.wiggles import Wiggles
    from utils.live.terminals.terminals import Terminals


class BayDoor(Commands, Streams, Shells, Watched, Decisions, Explained, Protocol):
    """A bay's door. settle: called while no link stands; it may configure() the door for another target."""

    settle: Callable[[], None]

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    def configure(self, settings: Settings) -> None:
        """Set the target. Ends the old link; never connects."""

    def close(self) -> None:
        """End the link for good."""


@dataclass(frozen=True)
class Shown:
    """A note of a bundle. photo: the picture and its type."""

    at: str
    text: str
    work_order: str = ""
    photo: tuple[bytes, str] | None = None


@dataclass(frozen=True)
class Replay:
    """A bundle that is open. name: of its file. changed: what is judged otherwise now than then, JSON-ready;
    left_out: what is not in it, or not known here. notes: the newest first."""

    name: str
    made_at: str
    checkups: tuple[str, ...]
    changed: tuple[Mapping[str, str], ...]
    left_out: tuple[Mapping[str, str], ...]
    notes: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class Bay:
    """id: in URLs and events. judging: a diagnostic with the limits for the board at hand. discovered: it is
    there because a board was plugged in, and nobody named it. watching: made when somebody asks for it.
    replay: the bundle that it shows in place of a board."""

    id: str
    title: str
    runner: Runner
    door: BayDoor
    judging: Callable[[str], Diagnostic | None]
    watching: MadeOnce[Watching]
    discovered: bool = False
    replay: Replay | None = None

    @property
    def sampler(self) -> Sampler:
        return self.watching().sampler

    @property
    def hurry(self) -> Hurry:
        return self.watching().hurry

    @property
    def wiggles(self) -> Wiggles:
        return self.watching().wiggles

    @property
    def logs(self) -> Logs:
        return self.watching().logs

    @property
    def terminals(self) -> Terminals:
        return self.watching().terminals

    @property
    def recorder(self) -> Recorder:
        return self.watching().recorder

    @property
    def read_only(self) -> str:
        """Why nothing can be run here, in a sentence; "" where a board may be."""
        if self.replay is None:
            return ""
        made = local_minute(self.replay.made_at)
        return f"This is a bundle of {made}. There is no board behind it, so nothing can be run."

    @property
    def idle(self) -> bool:
        """Whether nothing runs here and nobody has a terminal open."""
        watching = self.watching.made
        return not self.runner.busy and (watching is None or watching.idle)

    def close(self) -> None:
        """End what runs on the board for pages; before its door closes."""
        if self.watching.made is not None:
            self.watching.made.close()


def furnished(
    runner: Runner, door: BayDoor, recordings: Path, *, title: str = "", discovered: bool = False
) -> Bay:
    """Make the bay of this runner and its door, with all that watches its board. recordings: their folder."""
    judging = partial(_judging, runner)
    return Bay(
        id=runner.bay,
        title=title or runner.bay,
        runner=runner,
        door=door,
        judging=judging,
        watching=MadeOnce(partial(watch, runner, door, judging, recordings)),
        discovered=discovered,
    )


def _judging(runner: Runner, name: str) -> Diagnostic | None:
    found = runner.library.catalogue.diagnostics.get(name)
    return runner.library.judging(found, runner.door.status().known_device) if found else None
