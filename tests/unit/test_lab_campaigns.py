"""Campaigns by facts and a lab of the test's own: losses, restarts and swapped answers in any order."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from utils.errors import BadRequest, StationAway, UnknownCampaign
from utils.lab import wire
from utils.lab.campaigning import Campaigns
from utils.lab.campaigns import (
    COMPLETE,
    ENDED,
    EXPIRED,
    LEFT_OUT,
    RUNNING,
    STOPPED,
    WAIT,
    Campaign,
    Member,
    Piece,
    Step,
    waves,
)
from utils.lab.presence import Called, Presence
from utils.lab.tasks import DONE, RECORDING, REFUSED, SENT, UNKNOWN, Whereabouts, free_boards
from utils.model.results import LinkState, Verdict

NOW = "2026-11-29T04:00:00.000Z"
CHECK, RECORD = Step(kind="checkup"), Step(kind="recording", minutes=1)
PAUSE = Step(kind="wait", minutes=0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No disk is asked whether it kept anything: no test here pulls a plug."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def board(number: int) -> str:
    return f"s-board-{number:04}"


def begin(campaigns: Campaigns, boards: int, steps: tuple[Step, ...] = (CHECK,), **more: Any) -> Campaign:
    told = {"name": "", "who": "Ada", "lasts_s": 3600, "limit": 50, "at_unknown": False, "leave_out": False}
    members = [Member(board(number), f"rover-{number}") for number in range(boards)]
    return campaigns.begin(**{**told, **more}, steps=steps, boards=members)


@dataclass
class Bench:
    """A station as the hub hears of it: a bay for each of its boards, calls, and records on their way."""

    name: str
    boards: list[str]
    here: bool = True
    runs: int = 0
    seq: int = 0
    calls: dict[str, list[Any]] = field(default_factory=dict)  # of this run: device id, state, verdict
    records: list[tuple[str, Verdict, bool]] = field(default_factory=list)

    @property
    def instance(self) -> str:
        return f"{self.name}-run-{self.runs:04}"

    def running(self) -> list[str]:
        return [name for name, (_, state, _) in self.calls.items() if state == "running"]

    def busy(self, device_id: str) -> bool:
        return any(of == device_id and state == "running" for of, state, _ in self.calls.values())

    def over(self, call: str, verdict: Verdict, *, interrupted: bool = False) -> None:
        self.calls[call][1:] = ["interrupted" if interrupted else "finished", verdict]
        self.records.append((call, verdict, interrupted))

    def restart(self) -> None:
        for call in self.running():
            self.over(call, Verdict.UNKNOWN, interrupted=True)
        self.runs, self.seq, self.calls = self.runs + 1, 0, {}

    def state(self, session: str, hub_ms: int) -> wire.State:
        self.seq += 1
        bays = tuple(
            wire.BaySeen(
                id=f"bay-{at}",
                link=LinkState.CONNECTED.value,
                since=NOW,
                device=wire.BoardSeen(device_id=each, label=each),
                running="c0ffee00" if self.busy(each) else None,
            )
            for at, each in enumerate(self.boards)
        )
        calls = tuple(
            wire.CallSeen(id=name, checkup=name, state=state, verdict=verdict)
            for name, (_, state, verdict) in self.calls.items()
        )
        return wire.State(
            instance=self.instance, seq=self.seq, program="0.2.0", clock=0.0, session=session, hub_ms=hub_ms,
            bays=bays, calls=calls[-wire.MOST_CALLS :], does=wire.DOES,
        )  # fmt: skip


class World:
    """A hub, its benches, and what really ran where."""

    def __init__(self, folder: Path, plan: dict[str, Any], *, patience_s: float, benches: int) -> None:
        self.folder, self.patience_s, self.now_s, self.hubs = folder, patience_s, 100.0, 0
        count = plan["boards"]
        self.benches = [
            Bench(f"bench-{at}", [board(number) for number in range(at, count, benches)])
            for at in range(benches)
        ]
        self.began: dict[tuple[str, int], str] = {}
        self.lost: set[str] = set()
        self.made = 0
        self.campaigns = Campaigns(folder, patience_s=patience_s)
        self.id = begin(self.campaigns, **plan).plan.id
        self.new_hub()

    @property
    def campaign(self) -> Campaign:
        return self.campaigns.get(self.id)

    def new_hub(self) -> None:
        """Killed and started again: what it knew of calls is gone, what it noted is not."""
        self.hubs += 1
        self.session = f"session-{self.hubs:04}"
        self.campaigns = Campaigns(self.folder, patience_s=self.patience_s)
        self.presence = Presence(self.session, lambda: self.now_s)
        self.tell()

    def tell(self) -> None:
        self.now_s += 3.0  # a call counts for two
        for bench in self.benches:
            if bench.here:
                self.presence.heard(bench.name, bench.state(self.session, int(self.now_s * 1000)), when=NOW)

    def send_records(self) -> None:
        for bench in self.benches:
            while bench.here and bench.records:
                call, verdict, interrupted = bench.records.pop(0)
                self.presence.kept(bench.name, call, verdict, interrupted=interrupted)
                self.campaigns.kept(bench.name, call, verdict=verdict, interrupted=interrupted)

    def look(self, fate: Any) -> None:
        """What returning.py does; fate(): what becomes of each call."""
        states = self.presence.states()
        self.campaigns.look({each.call.id: each for each in self.presence.calls()}, states)
        for task, place in self.campaigns.due(free_boards(states)):
            assert isinstance(task, Piece)
            self.made += 1
            call = f"ca11{self.made:06}"
            if self.campaigns.sending(task.id, call, place):
                self.deliver(task, place, call, fate())

    def deliver(self, task: Piece, place: Whereabouts, call: str, fate: str) -> None:
        self.may_begin(task)
        bench = next(each for each in self.benches if each.name == place.station)
        try:
            state = self.presence.here(place.station)
        except StationAway as exc:
            self.campaigns.unsent(task.id, str(exc))
            return
        message = wire.Call(
            id=call, session=self.session, not_after_ms=int(self.now_s * 1000) + 2000, bay=place.bay,
            device_id=task.device_id, what=task.what, minutes=task.minutes,
        )  # fmt: skip
        self.presence.asked(Called(message, place.station, state.instance, task.board, NOW))
        answer = None
        if bench.instance == state.instance and fate != "lost":
            answer = self.arrive(bench, task, call)
        else:
            self.lost.add(call)
        if answer is None or fate == "unanswered":
            self.presence.unanswered(call)
        else:
            self.presence.answered(call, answer)

    def arrive(self, bench: Bench, task: Piece, call: str) -> wire.CallReply | None:
        """The bench takes it, or is busy; None: it is away."""
        if not bench.here or bench.busy(task.device_id):
            self.lost.add(call)
            return wire.CallReply(word="busy") if bench.here else None
        assert (task.device_id, task.step) not in self.began, "a step began twice"
        self.began[task.device_id, task.step] = call
        bench.calls[call] = [task.device_id, "running", None]
        return wire.CallReply(word="accepted", checkup=call)

    def may_begin(self, task: Piece) -> None:
        """Facts of the plan and of what is known, counted anew here."""
        campaign, plan = self.campaign, self.campaign.plan
        assert campaign.state == RUNNING
        place = [each.device_id for each in plan.boards].index(task.device_id)
        sizes = waves(len(plan.boards))
        wave = next(at for at in range(len(sizes)) if place < sum(sizes[: at + 1]))
        before = range(sum(sizes[:wave]))
        rows = [[campaign.piece(each, step) for step in range(len(plan.steps))] for each in before]
        for row in rows:
            left = [piece.state for piece in row if piece.accepted != UNKNOWN]
            assert {*left} <= {*DONE, REFUSED, UNKNOWN} or LEFT_OUT in left, "a wave began early"
        answered = [row for row in rows if any(piece.answered for piece in row)]
        faults = [
            row
            for row in rows
            if any(piece.verdict == "fail" for piece in row)
            and all(piece.accepted != "fault" for piece in row)
        ]
        assert not faults or 100 * len(faults) < plan.limit * len(answered), "it should have stopped"
        if plan.at_unknown:
            assert not any(piece.counts == UNKNOWN for row in rows for piece in row)

    def calm(self) -> None:
        """From now on nothing is lost, and a person lets it go on; until all is over."""
        for bench in self.benches:
            bench.here = True
        for _ in range(400):
            self.tell()
            self.send_records()
            self.campaigns._not_before.clear()
            self.look(lambda: "answered")
            for bench in self.benches:
                for call in bench.running():
                    bench.over(call, Verdict.PASS)
            if self.campaign.state == STOPPED:
                self.campaigns.go_on(self.id, "Ada")
            still = any(piece.state == SENT for piece in self.campaign.pieces.values())
            if not self.campaign.live and not still and not any(bench.records for bench in self.benches):
                return
        raise AssertionError("it never ends")


FATES = ("answered", "answered", "answered", "unanswered", "lost")
VERDICTS = (Verdict.PASS, Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN)
DOINGS = (
    "look",
    "look",
    "look",
    "tell",
    "over",
    "over",
    "records",
    "hub",
    "station",
    "away",
    "back",
    "go-on",
    "stop",
)


def happen(world: World, bench: Bench, doing: str, data: st.DataObject) -> None:
    match doing:
        case "look":
            world.campaigns._not_before.clear()
            world.look(lambda: data.draw(st.sampled_from(FATES), "fate"))
        case "tell":
            world.tell()
        case "over" if running := bench.running():
            bench.over(running[0], data.draw(st.sampled_from(VERDICTS), "verdict"))
        case "records":
            world.send_records()
        case "hub":
            world.new_hub()
        case "station":
            bench.restart()
        case "away" | "back":
            bench.here = doing == "back"
        case "go-on" | "stop" if world.campaign.live:
            change = world.campaigns.go_on if doing == "go-on" else world.campaigns.stop
            change(world.id, "Ada")


@budget(60)
@given(st.data())
def test_whatever_is_lost_and_restarted_no_step_runs_twice_and_all_that_ran_is_told(
    data: st.DataObject,
) -> None:
    plan = {
        "boards": data.draw(st.integers(1, 8), "boards"),
        "steps": data.draw(st.sampled_from([(CHECK,), (CHECK, RECORD), (RECORD, PAUSE, CHECK)]), "steps"),
        "limit": data.draw(st.sampled_from([20.0, 50.0, 100.0]), "limit"),
        "at_unknown": data.draw(st.booleans(), "at_unknown"),
        "leave_out": data.draw(st.booleans(), "leave_out"),
    }
    patience_s = data.draw(st.sampled_from([0.0, 1e9]), "patience")
    with tempfile.TemporaryDirectory() as folder:
        world = World(
            Path(folder), plan, patience_s=patience_s, benches=data.draw(st.integers(1, 3), "benches")
        )
        for _ in range(data.draw(st.integers(0, 40), "doings")):
            bench = world.benches[data.draw(st.integers(0, len(world.benches) - 1), "which")]
            happen(world, bench, data.draw(st.sampled_from(DOINGS), "doing"), data)
        world.calm()
        campaign = world.campaign
        assert campaign.state == COMPLETE
        told = {
            (piece.device_id, piece.step): piece.call
            for piece in campaign.pieces.values()
            if piece.state in DONE and piece.what != WAIT
        }
        assert told == world.began
        unknown = [piece for piece in campaign.pieces.values() if piece.state == UNKNOWN]
        assert all(piece.call in world.lost for piece in unknown)
        again = Campaigns(Path(folder)).get(world.id)
        assert (again.state, dict(again.pieces)) == (campaign.state, dict(campaign.pieces))


# --- what a person sees of it


def world_of(tmp_path: Path, boards: int, **plan: Any) -> World:
    return World(tmp_path, {"boards": boards, **plan}, patience_s=1e9, benches=1)


def answer_all(world: World, *verdicts: Verdict) -> None:
    """What runs now ends so, in the order of the boards."""
    (bench,) = world.benches
    for name, verdict in zip(bench.running(), verdicts, strict=True):
        bench.over(name, verdict)
    world.tell()
    world.send_records()
    world.look(lambda: "answered")


def test_waves_are_one_a_fifth_and_the_rest(tmp_path: Path) -> None:
    assert [waves(count) for count in (1, 2, 3, 5, 6, 10, 1000)] == [
        (1,), (1, 1), (1, 1, 1), (1, 1, 3), (1, 2, 3), (1, 2, 7), (1, 200, 799),
    ]  # fmt: skip
    world = world_of(tmp_path, 6)
    world.look(lambda: "answered")
    for ran, verdicts in ((1, [Verdict.PASS]), (3, [Verdict.WARN, Verdict.PASS]), (6, [Verdict.PASS] * 3)):
        assert len(world.began) == ran
        answer_all(world, *verdicts)
    assert world.campaign.state == COMPLETE


def test_it_stops_at_the_share_of_faults_and_a_person_may_let_it_go_on(tmp_path: Path) -> None:
    world = world_of(tmp_path, 10, limit=40.0)
    world.look(lambda: "answered")
    answer_all(world, Verdict.PASS)
    answer_all(world, Verdict.FAIL, Verdict.PASS)  # one of three
    assert (world.campaign.state, len(world.began)) == (RUNNING, 10)
    answer_all(world, *[Verdict.FAIL] * 3, *[Verdict.PASS] * 4)
    assert world.campaign.state == COMPLETE  # four of ten, and nothing is left to begin
    second = world_of(tmp_path / "second", 10, limit=40.0, steps=(CHECK, RECORD))
    second.look(lambda: "answered")
    answer_all(second, Verdict.FAIL)
    assert (second.campaign.state, second.campaign.board) == (STOPPED, board(0))
    assert second.campaign.why.startswith("1 of 1 board with an answer has a fault, the newest on rover-0.")
    second.look(lambda: "answered")
    assert len(second.began) == 1
    second.campaigns.go_on(second.id, "Theo")
    second.look(lambda: "answered")
    assert (len(second.began), second.campaign.by) == (2, "Theo")
    answer_all(second, Verdict.FAIL)  # of the board that is known to have one
    answer_all(second, Verdict.FAIL, Verdict.PASS)  # the accepted one counts no more: one of three
    answer_all(second, Verdict.PASS, Verdict.PASS)
    assert (second.campaign.state, len(second.began)) == (RUNNING, 6 + 7)


@pytest.mark.parametrize(("at_unknown", "state"), [(True, STOPPED), (False, RUNNING)])
def test_the_first_unknown_stops_it_where_that_was_asked_for(
    tmp_path: Path, at_unknown: bool, state: str
) -> None:
    world = world_of(tmp_path, 5, at_unknown=at_unknown)
    world.look(lambda: "answered")
    answer_all(world, Verdict.UNKNOWN)
    assert (world.campaign.state, world.campaign.board) == (state, board(0) if at_unknown else "")
    assert len(world.began) == (1 if at_unknown else 2)


def test_what_was_never_begun_at_an_end_says_so_and_what_runs_runs_on(tmp_path: Path) -> None:
    world = world_of(tmp_path, 5)
    world.look(lambda: "answered")
    answer_all(world, Verdict.PASS)
    world.campaigns.end(world.id, "Theo")
    answer_all(world, Verdict.PASS)
    campaign = world.campaign
    assert (campaign.state, campaign.why, len(world.began)) == (ENDED, "Theo ended it.", 2)
    assert [piece.state for piece in campaign.pieces.values()] == ["finished", "finished"]
    for change in (world.campaigns.end, world.campaigns.go_on, world.campaigns.stop):
        with pytest.raises(BadRequest):
            change(world.id, "Theo")
        with pytest.raises(UnknownCampaign):
            change("0" * 16, "Theo")


def test_a_board_that_is_away_waits_until_the_end_or_is_left_out(tmp_path: Path) -> None:
    waiting = world_of(tmp_path / "waiting", 2, lasts_s=0.2)
    waiting.benches[0].boards.remove(board(0))
    leaving = World(tmp_path / "leaving", {"boards": 2, "leave_out": True}, patience_s=0, benches=1)
    leaving.benches[0].boards.remove(board(0))
    for world in (waiting, leaving):
        world.tell()
        world.look(lambda: "answered")
    assert (waiting.campaign.state, waiting.began) == (RUNNING, {})
    assert [(piece.device_id, piece.state) for piece in leaving.campaign.pieces.values()] == [
        (board(0), LEFT_OUT), (board(1), SENT),
    ]  # fmt: skip
    while waiting.campaign.plan.left_s > 0:
        pass
    waiting.look(lambda: "answered")
    assert waiting.campaign.state == EXPIRED


def test_a_wait_lasts_over_a_restart_and_a_bench_that_may_not_is_refused(tmp_path: Path) -> None:
    world = world_of(tmp_path, 1, steps=(Step(kind="wait", minutes=60), RECORD))
    world.look(lambda: "answered")
    (wait,) = world.campaign.pieces.values()
    world.new_hub()
    world.look(lambda: "answered")
    assert list(world.campaign.pieces.values()) == [wait]
    assert wait.left_s > 3500
    other = world_of(tmp_path / "other", 1, steps=(RECORD,))
    ((task, place),) = other.campaigns.due(free_boards(other.presence.states()))
    assert task.what == RECORDING
    assert other.campaigns.sending(task.id, "ca110000", place)
    assert not other.campaigns.sending(task.id, "ca110001", place)  # noted once
    other.campaigns.unsent(task.id, "An older version.", final=True)
    (piece,) = other.campaign.pieces.values()
    assert (piece.state, other.campaign.state) == (REFUSED, COMPLETE)


def test_a_torn_line_is_cut_off_and_a_damaged_campaign_is_left_out(tmp_path: Path) -> None:
    world = world_of(tmp_path, 3)
    world.look(lambda: "answered")
    before = world.campaign
    path = tmp_path / f"{world.id}.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"at": "2026-1')
    again = Campaigns(tmp_path)
    assert again.get(world.id) == before
    again.stop(world.id, "Ada")
    assert Campaigns(tmp_path).get(world.id).state == STOPPED
    for damage in (b"", b"[]\n", whole.replace(b'"form":1', b'"form":9'), b'{"form":1}\n'):
        path.write_bytes(damage)
        assert Campaigns(tmp_path).all() == ()


def test_what_was_open_in_a_back_up_is_in_doubt_and_never_begins_again(tmp_path: Path) -> None:
    world = world_of(tmp_path, 3, steps=(CHECK, RECORD))
    world.look(lambda: "answered")
    assert Campaigns(tmp_path).doubt("This hub was restored.") == 1
    world.new_hub()
    answer_all(world, Verdict.PASS)  # the one that ran is told by its record
    campaign = world.campaign
    assert (campaign.state, campaign.why, len(world.began)) == (ENDED, "This hub was restored.", 1)
    assert [campaign.piece(0, 0).state, *(campaign.piece(each, 1).state for each in range(3))] == [
        "finished", UNKNOWN, UNKNOWN, UNKNOWN,
    ]  # fmt: skip
    assert Campaigns(tmp_path).doubt("Once more.") == 0
