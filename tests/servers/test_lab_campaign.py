"""A campaign whose hub is killed in its midst, and a bench in a step: what ran where is exact."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.ports import HOST, free_port
from tests.servers.campaign_programs import BAYS, GATE, board
from tests.waiting import wait_until
from utils.lab.campaigning import Campaigns
from utils.lab.campaigns import COMPLETE, WAIT, Campaign, Member, Piece, Step
from utils.lab.register import Register
from utils.lab.tasks import DONE
from utils.settings import PROJECT
from utils.store.history import History

pytestmark = pytest.mark.live

BENCHES = (1, 2)
STEPS = (
    Step(kind="diagnostics", diagnostics=("slow",)),
    Step(kind="wait", minutes=0.01),
    Step(kind="diagnostics", diagnostics=("healthy",)),
)


class Lab:
    """Programs, each with a folder and in a group of its own, so that a kill leaves nothing of it. running:
    their process ids."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, f"{HOST}:{free_port()}"
        self.running: dict[str, int] = {}
        with (folder / "said.txt").open("wb") as said:
            self._starter = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.campaign_programs"],
                cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            )  # fmt: skip
        register = Register(folder / "hub" / "hub")
        for number in BENCHES:
            (folder / f"bench-{number}").mkdir()
            file = folder / f"bench-{number}.v3join"
            file.touch(mode=0o600)
            file.write_text(register.invite(f"bench-{number}", self.address).text())
        members = [Member(board(n, at).device_id, f"board {n}-{at}") for at in range(BAYS) for n in BENCHES]
        made = Campaigns(self._kept).begin(
            name="", who="", lasts_s=600, steps=STEPS, boards=members, limit=100, at_unknown=False,
            leave_out=False,
        )  # fmt: skip
        self.id = made.plan.id

    @property
    def _kept(self) -> Path:
        return self.folder / "hub" / "hub" / "campaigns"

    def start(self, name: str) -> None:
        of_hub = ("hub", str(self.folder / "hub"), self.address)
        join = str(self.folder / f"{name}.v3join")
        words = of_hub if name == "hub" else ("bench", str(self.folder / name), join, name[-1])
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.write(f"{' '.join(words)}\n".encode())
        self._starter.stdin.flush()
        self.running[name] = int(self._starter.stdout.readline())

    def kill(self, name: str) -> None:
        group = self.running.pop(name)
        os.killpg(group, signal.SIGKILL)
        assert wait_until(lambda: not Path(f"/proc/{group}").exists())

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self._starter.kill()
        self._starter.communicate()
        with contextlib.suppress(OSError, ValueError):  # nats-server, where it is in a group of its own
            os.kill(int((self.folder / "hub" / "hub" / "nats.pid").read_text()), signal.SIGKILL)

    def campaign(self) -> Campaign:
        """As the hub has written it down so far: of a copy, since who reads mends what was torn."""
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(self._kept, copy, dirs_exist_ok=True)
            return Campaigns(Path(copy)).get(self.id)

    def when(self, fits: Callable[[Piece], bool], least: int = 1) -> None:
        """Wait until so many pieces are so."""
        assert wait_until(lambda: sum(map(fits, self.campaign().pieces.values())) >= least, 60), self.said()

    def said(self) -> str:
        told = (self.folder / "said.txt").read_text(errors="replace")
        return "\n".join([told, *map(str, self.campaign().pieces.values())])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    try:
        for name in ("hub", *(f"bench-{number}" for number in BENCHES)):
            made.start(name)
        yield made
    finally:
        made.close()


def test_what_ran_where_is_what_the_benches_have_whoever_was_killed(lab: Lab) -> None:
    for bench, killed in (("bench-1", "hub"), ("bench-2", "bench-2")):
        lab.when(lambda piece, bench=bench: piece.station == bench and piece.became == "running")  # type: ignore[misc]
        lab.kill(killed)
        lab.start(killed)
        (lab.folder / bench / GATE).touch()
    pieces = 3 * len(lab.campaign().plan.boards)
    lab.when(lambda piece: piece.state in DONE, pieces)  # what was unknown for a while is told by its record
    lab.when(lambda piece: piece.kept, 2 * len(lab.campaign().plan.boards))
    campaign = lab.campaign()
    assert campaign.state == COMPLETE, lab.said()
    told = {
        (piece.checkup, piece.station, piece.bay, piece.device_id, piece.state, piece.verdict)
        for piece in campaign.pieces.values()
        if piece.what != WAIT
    }
    assert len(told) == 2 * len(campaign.plan.boards)
    assert "interrupted" in {each[4] for each in told}
    assert wait_until(lambda: kept(lab.folder / "hub") == told, 30)
    for name in list(lab.running):
        lab.kill(name)
    assert set().union(*(kept(lab.folder / f"bench-{number}", number) for number in BENCHES)) == told


def kept(folder: Path, bench: int = 0) -> set[tuple[str | None, ...]]:
    """The check-ups of this history: each with the board that it was for, by its bay."""
    history = History(folder / "history.db")
    try:
        history.look().settle()
        with contextlib.closing(sqlite3.connect(folder / "history.db")) as database:
            ids = [name for (name,) in database.execute("SELECT id FROM checkups")]
        found = [each for each in map(history.look().checkup, ids) if each is not None]
    finally:
        history.close()
    rows: set[tuple[str | None, ...]] = set()
    for each in found:
        station = each.origin.station or f"bench-{bench}"
        at = 0 if each.origin.bay == "main" else int(each.origin.bay[-1])
        device_id = board(int(station[-1]), at).device_id
        assert each.device is None or each.device.device_id == device_id
        rows.add((each.id, station, each.origin.bay, device_id, each.state, each.verdict.value))
    return rows
