"""A lab whole: the hub with its nats-server, benches that join, calls, presence and results."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.ports import HOST, free_port
from tests.servers.lab_rig import CONNECTED_S
from tests.waiting import wait_until
from tests.web.small_catalogue import SMALL
from utils.audit import Audit
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.clock import new_id
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.errors import BadRequest, NotConnected, StationAway
from utils.lab import server, wire
from utils.lab.backup import back_up, restore
from utils.lab.errands import Errand
from utils.lab.hub import Hub
from utils.lab.invitation import Invitation
from utils.lab.overview import overview
from utils.lab.presence import OVER, Called
from utils.lab.station import Station
from utils.lab.tasks import free_boards
from utils.model.results import Verdict
from utils.store.history import History

pytestmark = pytest.mark.live

QUICK = ["healthy", "faulty"]
FIRST = replace(DEVICE, fingerprint="SHA256:first", serial="1424100000001", device_id="s-first-0001")
OTHER = replace(DEVICE, fingerprint="SHA256:other", serial="1424100000002", device_id="s-other-0002")


class Desk:
    """A bench with one bay and a stand-in board, and its program's part in the lab."""

    def __init__(self, folder: Path, invitation: Invitation) -> None:
        self.door = LocalDoor(FIRST)
        self.history = History(folder / "history.db")
        audit = Audit(folder / "audit.jsonl")
        self.runner = Runner(catalogue=SMALL, door=self.door, history=self.history, audit=audit)
        self.bench = Bench([furnished(self.runner, self.door, folder / "recordings")])
        audit.heard = self.bench.acted
        self.invitation = invitation
        self.station = Station(self.bench, invitation)

    def again(self) -> None:
        """The same bench, started once more."""
        self.station = Station(self.bench, self.invitation)
        self.station.start()

    def die(self) -> None:
        """End as a killed program does: without a word."""
        self.station.outbox.close()
        self.station._stopping.set()
        self.station._link.close()

    def close(self) -> None:
        self.station.close()
        self.runner.close()
        self.history.close()


class Lab:
    """A hub and its benches."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.history = History(folder / "history.db")
        self.desks: list[Desk] = []
        self.hub = self.new_hub()

    def close(self) -> None:
        for desk in self.desks:
            desk.close()
        self.hub.close()
        self.history.close()

    def new_hub(self) -> Hub:
        made = Hub(self.folder / "hub", f"{HOST}:{self.port}", self.history)
        made.start()
        assert wait_until(lambda: made.connected, CONNECTED_S)
        return made

    def desk(self, name: str, kind: type[Desk] = Desk) -> Desk:
        invitation = self.hub.register.invite(name, self.hub.address)
        server.reload(self.hub.folder)
        (self.folder / name).mkdir()
        made = kind(self.folder / name, invitation)
        self.desks.append(made)
        made.station.start()
        # Refused once, before the server has reloaded, a bench waits 15 s.
        assert wait_until(lambda: self.here(name), 75)
        return made

    def here(self, name: str) -> bool:
        return any(each.here for each in self.hub.benches() if each.invited.id == name)

    def call(self, name: str, device_id: str = FIRST.device_id, ids: list[str] | None = None) -> Called:
        return self.hub.call(name, "main", device_id, QUICK if ids is None else ids, who="Ada")

    def became(self, called: Called, *states: str, timeout_s: float = 20) -> bool:
        return wait_until(lambda: self.hub.called(called.call.id).state in states, timeout_s)

    def wait_for(self, device_id: str, ids: list[str], lasts_s: float = 60) -> Errand:
        return self.hub.when_back(device_id, lasts_s=lasts_s, who="Ada", diagnostics=ids)

    def errand(self, errand_id: str) -> Errand:
        return next(each for each in self.hub.errands.all() if each.id == errand_id)

    def boards(self) -> list[str]:
        """Which boards are there now, as the hub knows it."""
        bays = [bay for state in self.hub.states().values() for bay in state.bays]
        return [bay.device.device_id for bay in bays if bay.device]

    def kept(self) -> list[str]:
        """The check-ups that the hub has, newest first."""
        return [each.id for each in self.history.look().checkups([FIRST.device_id, OTHER.device_id])]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    with contextlib.closing(made):
        yield made


def test_after_a_restart_of_its_bench_a_board_says_how_it_was_by_the_hubs_history(lab: Lab) -> None:
    """Never as if it were checked now, and never how another board was."""

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = overview(lab.hub)["benches"][0]["bays"][0]
        return found

    def told(word: str, verdict: str | None) -> bool:
        return wait_until(lambda: (shown()["badge"]["word"], shown()["verdict"]) == (word, verdict), 20)

    desk = lab.desk("bench-3")
    assert told("Not checked yet", None)
    assert lab.became(lab.call("bench-3"), "finished")
    assert told("Fault", "fail")
    assert shown()["last"] == {"verdict": "fail", "word": "Fault", "checked_at": None}
    assert wait_until(lambda: len(lab.kept()) == 1)
    desk.close()
    desk = Desk(lab.folder / "bench-3", desk.invitation)
    lab.desks[:] = [desk]
    desk.station.start()
    assert told("Was Fault", None)
    began = lab.history.look().checkups([FIRST.device_id])[0].started_at
    assert shown()["last"] == {"verdict": "fail", "word": "Fault", "checked_at": began}
    desk.door.device = OTHER
    desk.door.changed()
    assert told("Not checked yet", None)
    assert (shown()["device_id"], shown()["last"]) == (OTHER.device_id, None)


def test_a_call_is_accepted_carried_out_once_and_its_results_come(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    (seen,) = (each.seen for each in lab.hub.benches())
    assert seen is not None
    (bay,) = seen.state.bays
    assert (bay.id, bay.device and bay.device.device_id, bay.verdict) == ("main", FIRST.device_id, None)
    called = lab.call("bench-3")
    assert called.word == "accepted"
    assert lab.became(called, "finished")
    assert lab.hub.called(called.call.id).verdict is Verdict.FAIL
    assert len(desk.door.executed) == len(QUICK)
    assert wait_until(lambda: lab.kept() == [called.checkup])
    here = desk.history.look().whole(str(called.checkup))
    there = lab.history.look().whole(str(called.checkup))
    assert here is not None
    assert there is not None
    assert {each.origin.station for each in (there.record, *there.runs)} == {"bench-3"}
    assert there.as_json() == here.as_json()
    assert there.record.origin.who == "hub: Ada"
    again = desk.station._calls.take(called.call)  # the same call, delivered again by whatever means
    assert (again.word, again.checkup) == ("accepted", called.checkup)
    assert len(desk.door.executed) == len(QUICK)


def test_what_is_not_for_the_board_in_the_bay_now_is_refused_and_nothing_runs(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    assert lab.call("bench-3", OTHER.device_id).word == "other-board"
    assert lab.call("bench-3", ids=["nonsense"]).word == "not-allowed"
    assert lab.hub.call("bench-3", "usb-9", FIRST.device_id, who="Ada").word == "not-here"
    desk.door.device = None
    refused = lab.call("bench-3")
    assert (refused.state, refused.word) == ("refused", "not-here")
    session = lab.hub.session
    newer = wire.Call(
        id="newer000", session=session, not_after_ms=lab.hub._now_ms() + 900, bay="main",
        device_id=FIRST.device_id, what="reboot",
    )  # fmt: skip
    desk.door.device = FIRST
    told = desk.station._calls.take(newer)  # of a hub that is a version ahead
    assert (told.word, told.why) == ("not-allowed", "This bench's program knows no “reboot”: update it.")
    for over in (
        wire.Call(
            id="late0000",
            session=session,
            not_after_ms=lab.hub._now_ms() - 1,
            bay="main",
            device_id=FIRST.device_id,
        ),
        wire.Call(
            id="early000",
            session=session,
            not_after_ms=lab.hub._now_ms() + 900_000,
            bay="main",
            device_id=FIRST.device_id,
        ),
        wire.Call(
            id="other-hub",
            session="0" * 16,
            not_after_ms=lab.hub._now_ms() + 900,
            bay="main",
            device_id=FIRST.device_id,
        ),
    ):
        assert desk.station._calls.take(over).word == "expired"
    with pytest.raises(StationAway):
        lab.call("bench-4")
    with pytest.MonkeyPatch.context() as patch:  # a bench of a version before says nothing of what it does
        patch.setattr(wire, "DOES", wire.State.model_fields["does"].default)
        assert wait_until(lambda: lab.hub.states()["bench-3"].does == ("checkup",))
        with pytest.raises(BadRequest, match="older version"):
            lab.hub.call("bench-3", "main", FIRST.device_id, who="Ada", what="recording", minutes=1)
    assert desk.door.executed == []


def test_a_board_that_is_swapped_after_the_answer_gets_no_command(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    swapped = threading.Event()

    class Swapping(LocalDoor):
        def run_many(self, *asks: object, **more: object) -> Iterator[object]:  # type: ignore[override]
            desk.door.device = OTHER
            swapped.set()
            return super().run_many(*asks, **more)  # type: ignore[arg-type]

    desk.door.__class__ = Swapping
    called = lab.call("bench-3")
    assert called.word == "accepted"
    assert swapped.wait(10)
    assert lab.became(called, "interrupted")
    assert desk.door.executed == []
    done = desk.runner.checkup(str(called.checkup))
    assert {run.error and run.error.code for run in done.runs.values()} == {"device-changed"}
    assert [each.state for each in desk.station._calls.seen()] == ["interrupted"]


def test_a_second_call_while_one_runs_is_busy(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    first = lab.call("bench-3", ids=["hanging"])
    assert first.word == "accepted"
    assert lab.call("bench-3").word == "busy"
    desk.runner.cancel_checkup(str(first.checkup))
    assert lab.became(first, "interrupted")


def test_a_recording_that_is_called_for_begins_once_and_its_end_is_told(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    desk.door.device = replace(FIRST, boot_id="")
    told = {"who": "Ada", "what": "recording", "minutes": 0.03}
    called = lab.hub.call("bench-3", "main", FIRST.device_id, **told)  # type: ignore[arg-type]
    assert called.word == "accepted"
    assert desk.station._calls.take(called.call).checkup == called.checkup  # delivered again
    assert lab.hub.call("bench-3", "main", FIRST.device_id, **told).word == "busy"  # type: ignore[arg-type]
    assert lab.became(called, "finished")
    recorder = desk.bench.home.recorder
    assert recorder.names() == [called.checkup]
    found = recorder.read(str(called.checkup))
    assert (found.ended, (found.device or {}).get("device_id")) == ("finished", FIRST.device_id)

    def noted() -> list[tuple[object, object]]:
        happened = lab.history.look().happenings([FIRST.device_id])
        return [(each.facts.get("ended"), each.facts["recording"]) for each in happened]

    assert wait_until(lambda: noted() == [("finished", called.checkup), (None, called.checkup)])
    seen = lab.hub.called(called.call.id)
    desk.die()  # what the records tell needs no bench
    lab.hub.settling.settle(lab.history.look().happenings([FIRST.device_id])[0])
    assert lab.hub.called(called.call.id) == seen


def test_a_bench_that_dies_in_a_run_is_known_as_outcome_unknown_until_its_records_come(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    called = lab.call("bench-3", ids=["hanging"])
    assert lab.became(called, "running")
    desk.die()
    began = time.monotonic()
    assert lab.became(called, "outcome-unknown", timeout_s=15)
    print(f"known after {time.monotonic() - began:.1f} s")
    with pytest.raises(StationAway):
        lab.call("bench-3")
    assert not lab.here("bench-3")
    desk.again()
    assert wait_until(lambda: lab.here("bench-3"))
    assert lab.hub.called(called.call.id).state == "outcome-unknown"
    desk.runner.cancel_checkup(str(called.checkup))
    assert lab.became(called, "interrupted")


def test_a_file_that_two_programs_use_is_one_bench_and_the_second_is_told(lab: Lab, tmp_path: Path) -> None:
    first = lab.desk("bench-3")
    (tmp_path / "copy").mkdir()
    second = Desk(tmp_path / "copy", first.invitation)
    lab.desks.append(second)
    second.station.start()
    assert wait_until(lambda: "same invitation" in str(second.station.trouble))
    called = lab.call("bench-3")
    assert lab.became(called, "finished")
    assert (len(first.door.executed), len(second.door.executed)) == (len(QUICK), 0)
    first.station.close()
    assert wait_until(lambda: second.station.trouble is None)


def test_results_are_kept_first_and_come_in_order_once_whoever_was_away(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    lab.hub.close()
    assert wait_until(lambda: desk.station.trouble is not None)
    done = []
    for _ in range(3):  # the bench works as it does alone
        done.append(desk.runner.start_checkup(QUICK))
        assert done[-1].done.wait(20)
        assert done[-1].lost is None
    assert wait_until(lambda: desk.station.outbox.counts() == (9, 0))
    desk.die()
    lab.hub = lab.new_hub()
    desk.again()
    ids = [each.id for each in done]
    assert wait_until(lambda: lab.kept() == ids[::-1], 30)
    assert wait_until(lambda: desk.station.outbox.counts() == (0, 0))
    # The same records once more: an answer was lost, or a clone sends them.
    exchange, arrivals = desk.history.exchange(), lab.hub._arrivals
    from utils.lab import records
    from utils.store.ledger import split

    whole = desk.history.look().whole(ids[0])
    assert whole is not None
    kept = (*(split(each, {}) for each in whole.runs), whole.record)
    said = tuple(records.sent(each, exchange.hashes_of(each)) for each in kept)
    taken = arrivals.records("bench-3", wire.Records(records=said))
    assert set(taken.taken) == {each.id for each in said}
    assert not taken.need
    stolen = arrivals.records("bench-9", wire.Records(records=said))  # another bench cannot take them over
    assert set(stolen.taken) == {each.id for each in said}
    found = lab.history.look().whole(ids[0])
    assert found is not None
    assert found.record.origin.station == "bench-3"
    assert len(found.runs) == 2


def test_a_hub_restored_from_its_back_up_gets_what_came_since_and_needs_no_new_file(lab: Lab) -> None:
    desk = lab.desk("bench-3")

    def checked() -> str:
        done = desk.runner.start_checkup(QUICK)
        assert done.done.wait(20)
        return done.id

    def settled(*ids: str) -> bool:
        return wait_until(lambda: lab.kept() == list(ids) and desk.station.outbox.counts() == (0, 0), 30)

    before = checked()
    assert settled(before)
    where, packed = lab.folder / "history.db", lab.folder / "hub.v3backup"
    back_up(lab.folder, where, packed)  # the hub runs
    after = [checked(), checked()]
    assert settled(*after[::-1], before)
    assert desk.station.outbox.counts() == (0, 0)  # the bench has nothing to send any more
    lab.hub.close()
    lab.history.close()
    shutil.rmtree(lab.folder / "hub")
    where.unlink()
    away = checked()
    restored = restore(lab.folder, where, packed)
    assert (restored.benches, restored.aside) == (("bench-3",), None)
    lab.history = History(where)
    assert lab.kept() == [before]
    lab.hub = lab.new_hub()
    assert settled(away, *after[::-1], before)
    for name in (before, *after, away):
        here, there = desk.history.look().whole(name), lab.history.look().whole(name)
        assert here is not None
        assert there is not None
        assert there.as_json() == here.as_json()


def test_a_record_that_the_hub_never_takes_is_parked_and_holds_up_nobody(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    run = desk.runner.start("healthy")
    assert run.done.wait(20)
    bad = replace(desk.history.look().run(run.id), id="x" * 9, diagnostic="d" * 99)  # type: ignore[type-var]
    desk.history.keep(bad)
    later = desk.runner.start_checkup(QUICK)
    assert later.done.wait(20)
    assert wait_until(lambda: lab.kept() == [later.id])
    assert wait_until(lambda: desk.station.outbox.counts() == (0, 1))


def test_a_hub_whose_database_is_away_takes_nothing_and_later_all(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    assert wait_until(lambda: lab.history.look().boards() == [])
    files = list(lab.folder.glob("history.db*"))
    for file in files:
        file.rename(lab.folder / f"away-{file.name}")
    (lab.folder / "history.db").mkdir()
    lab.history.exchange()._database.close()
    assert wait_until(lambda: lab.hub.storage.trouble is not None)
    assert "takes nothing" in str(overview(lab.hub)["not_kept"])
    done = desk.runner.start_checkup(QUICK)
    assert done.done.wait(20)
    assert wait_until(lambda: "cannot keep" in str(desk.station.outbox.trouble))
    assert desk.station.outbox.counts() == (3, 0)
    (lab.folder / "history.db").rmdir()
    for file in files:
        (lab.folder / f"away-{file.name}").rename(file)
    assert wait_until(lambda: lab.kept() == [done.id], 30)
    assert wait_until(lambda: overview(lab.hub)["not_kept"] is None)


def test_a_revoked_bench_is_out_at_once_and_goes_on_alone(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    lab.hub.register.revoke("bench-3")
    server.reload(lab.hub.folder)
    assert wait_until(lambda: isinstance(desk.station.trouble, NotConnected))
    with pytest.raises(StationAway):
        lab.call("bench-3")
    done = desk.runner.start_checkup(QUICK)
    assert done.done.wait(20)
    assert done.lost is None


def test_nats_killed_beside_calls_loses_none_and_doubles_none(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    running = lab.hub._server
    assert running is not None
    for _ in range(2):
        before = running.pid
        os.kill(before, signal.SIGKILL)
        with contextlib.suppress(StationAway, NotConnected):
            lab.call("bench-3")
        assert wait_until(lambda before=before: running.pid != before and lab.hub.connected, 20)  # type: ignore[misc]
        assert wait_until(lambda: desk.station.trouble is None and lab.here("bench-3"), 20)
        with contextlib.suppress(StationAway, NotConnected):
            lab.call("bench-3")
        assert wait_until(lambda: all(each.state in OVER for each in lab.hub.calls()), 20)
    ran = [each for each in lab.hub.calls() if each.state == "finished"]
    assert ran
    assert len(desk.door.executed) == len(QUICK) * len(ran)


def test_a_check_up_waits_for_its_board_and_runs_once_in_the_order_asked(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    desk.door.device = None
    assert wait_until(lambda: not lab.boards())
    first, second, third = (
        lab.wait_for(FIRST.device_id, [name]) for name in ("faulty", "healthy", "missing")
    )
    expired = lab.wait_for(OTHER.device_id, QUICK, lasts_s=0.1)
    assert lab.hub.errands.cancel(third.id).state == "cancelled"
    lab.hub.close()
    lab.hub = lab.new_hub()  # the list is the hub's, not its program's
    assert [each.id for each in lab.hub.errands.all()] == [first.id, second.id, third.id, expired.id]
    assert wait_until(lambda: lab.errand(expired.id).state == "expired")
    desk.door.device = OTHER  # another board in its place, which nobody waits for any more
    assert wait_until(lambda: lab.boards() == [OTHER.device_id], 30)
    desk.door.device = FIRST
    assert wait_until(lambda: lab.errand(second.id).state == "finished", 30)
    assert lab.errand(first.id).state == "finished"
    assert desk.door.executed == [SMALL.get("faulty").command, SMALL.get("healthy").command]
    assert [each.state for each in lab.hub.errands.all()] == ["finished", "finished", "cancelled", "expired"]
    kept = [lab.errand(each.id).checkup for each in (second, first)]
    assert wait_until(lambda: lab.kept() == kept)
    for over in (first, third, expired):
        with pytest.raises(BadRequest):
            lab.hub.errands.cancel(over.id)
    with pytest.raises(BadRequest):
        lab.wait_for("no board", QUICK)


def test_what_a_hub_sent_as_it_was_killed_runs_once_or_is_told_as_unknown(lab: Lab) -> None:
    desk = lab.desk("bench-3")
    lab.hub._returning.close()  # nothing of this hub looks after them any more
    never, begun = (lab.wait_for(FIRST.device_id, [name]) for name in ("healthy", "faulty"))
    (place,) = free_boards(lab.hub.states()).values()
    assert lab.hub.errands.sending(never.id, new_id(), place)  # noted, and killed before it was sent
    assert lab.hub.errands.sending(begun.id, "0123456789abcdef", place)
    lab.hub.send(begun, place, "0123456789abcdef")
    assert desk.door.executed
    lab.hub.close()
    lab.hub = lab.new_hub()
    assert wait_until(lambda: lab.errand(begun.id).state == lab.errand(never.id).state == "finished", 30)
    assert sorted(desk.door.executed) == sorted(SMALL.get(name).command for name in ("faulty", "healthy"))
    lab.hub._returning.close()
    unknown = lab.wait_for(FIRST.device_id, ["healthy"])
    assert lab.hub.errands.sending(unknown.id, new_id(), place)
    lab.hub.close()
    desk.die()
    lab.hub = lab.new_hub()
    desk.again()  # another run of the bench's program: nobody knows what the one before began
    assert wait_until(lambda: lab.errand(unknown.id).state == "outcome-unknown", 30)
    assert len(desk.door.executed) == 2
