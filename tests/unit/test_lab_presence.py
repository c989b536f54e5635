"""Presence, calls and clocks of a lab, by facts and a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from utils.errors import StationAway
from utils.lab import wire
from utils.lab.hub_clock import HubClock
from utils.lab.overview import place
from utils.lab.presence import CALLS_KEPT, LEASE_S, Called, Presence
from utils.model.results import Verdict

SESSION, FIRST, SECOND = "5e55105e55105e55", "f1f1f1f1f1f1f1f1", "a2a2a2a2a2a2a2a2"
NOW = "2026-11-28T21:00:00.000Z"
CALL = wire.Call(id="ca11ca11", session=SESSION, not_after_ms=2000, bay="main", device_id="s-0123456789")


class Time:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def state(seq: int, instance: str = FIRST, hub_ms: int = 0, **more: object) -> wire.State:
    told = {
        "instance": instance,
        "seq": seq,
        "program": "0.2.0",
        "clock": 0.0,
        "bays": (),
        "session": SESSION,
    }
    return wire.State(**{**told, "hub_ms": hub_ms, **more})  # type: ignore[arg-type]


def seen(state_of: str, verdict: Verdict | None = None) -> wire.CallSeen:
    return wire.CallSeen(id=CALL.id, checkup="c0ffee00", state=state_of, verdict=verdict)  # type: ignore[arg-type]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def presence(time: Time) -> Presence:
    made = Presence(SESSION, time)
    made.heard("bench-3", state(1), when=NOW)
    made.asked(Called(CALL, "bench-3", FIRST, "rover", NOW))
    return made


def now(presence: Presence) -> str:
    return presence.call(CALL.id).state


def test_a_station_is_here_for_its_lease(presence: Presence, time: Time) -> None:
    time.s += LEASE_S
    assert presence.here("bench-3").instance == FIRST
    time.s += 0.1
    with pytest.raises(StationAway) as away:
        presence.here("bench-3")
    assert away.value.details["since"] == NOW
    with pytest.raises(StationAway) as never:
        presence.here("bench-4")
    assert never.value.details["since"] is None


def test_a_station_that_does_not_know_the_hubs_clock_yet_is_not_called(presence: Presence) -> None:
    presence.heard("bench-4", state(1, session=None), when=NOW)
    assert not presence.is_here("bench-4")
    presence.heard("bench-4", state(2), when=NOW)
    assert presence.is_here("bench-4")


def test_a_station_that_no_answer_reaches_is_not_called(presence: Presence, time: Time) -> None:
    told = int(time.s * 1000)
    time.s += LEASE_S
    presence.heard("bench-3", state(2, heard_ms=told), when=NOW)
    assert presence.is_here("bench-3")
    time.s += 0.1  # the network is cut in one direction alone
    presence.heard("bench-3", state(3, heard_ms=told), when=NOW)
    assert not presence.is_here("bench-3")
    presence.heard("bench-3", state(4, heard_ms=int(time.s * 1000)), when=NOW)
    assert presence.is_here("bench-3")


def test_a_second_program_waits_for_the_lease(presence: Presence, time: Time) -> None:
    presence.heard("bench-3", state(5, waiting=5), when=NOW)
    presence.heard("bench-3", state(4, waiting=4), when=NOW)
    assert presence.here("bench-3").waiting == 5
    assert "same invitation" in (presence.heard("bench-3", state(1, SECOND), when=NOW) or "")
    assert presence.here("bench-3").instance == FIRST
    time.s += LEASE_S + 0.1
    assert presence.heard("bench-3", state(2, SECOND), when=NOW) is None
    assert presence.here("bench-3").instance == SECOND


def test_an_accepted_call_runs_and_ends_by_the_stations_word(presence: Presence) -> None:
    presence.answered(CALL.id, wire.CallReply(word="accepted", checkup="c0ffee00"))
    assert now(presence) == "accepted"
    presence.heard("bench-3", state(2, calls=(seen("running"),)), when=NOW)
    assert now(presence) == "running"
    presence.heard("bench-3", state(3, calls=(seen("finished", Verdict.WARN),)), when=NOW)
    assert presence.call(CALL.id).verdict is Verdict.WARN


def test_a_call_without_an_answer_is_settled_by_the_next_state_never_by_a_guess(presence: Presence) -> None:
    presence.unanswered(CALL.id)
    presence.heard("bench-3", state(2, hub_ms=2000), when=NOW)
    assert now(presence) == "unanswered"  # it could still come in time
    presence.heard("bench-3", state(3, hub_ms=2001), when=NOW)
    assert (now(presence), presence.call(CALL.id).word) == ("refused", "expired")


def test_a_call_without_an_answer_may_have_begun(presence: Presence) -> None:
    presence.unanswered(CALL.id)
    presence.heard("bench-3", state(2, hub_ms=2001, calls=(seen("running"),)), when=NOW)
    assert (now(presence), presence.call(CALL.id).checkup) == ("running", "c0ffee00")


def test_a_state_that_overtakes_the_answer_is_not_undone_by_it(presence: Presence) -> None:
    presence.heard("bench-3", state(2, calls=(seen("running"),)), when=NOW)
    presence.answered(CALL.id, wire.CallReply(word="accepted", checkup="c0ffee00"))
    assert now(presence) == "running"


def test_a_record_that_overtakes_the_answer_to_its_call_is_the_last_word(presence: Presence) -> None:
    presence.kept("bench-3", "c0ffee00", Verdict.WARN, interrupted=False)
    presence.answered(CALL.id, wire.CallReply(word="accepted", checkup="c0ffee00"))
    presence.left("bench-3", FIRST)  # and nobody will ever tell more
    assert (now(presence), presence.call(CALL.id).verdict) == ("finished", Verdict.WARN)


def test_the_outcome_is_unknown_while_the_station_is_gone(presence: Presence, time: Time) -> None:
    presence.answered(CALL.id, wire.CallReply(word="accepted", checkup="c0ffee00"))
    time.s += LEASE_S + 1
    assert now(presence) == "outcome-unknown"
    presence.heard("bench-3", state(9, calls=(seen("running"),)), when=NOW)  # the network was cut, no more
    assert now(presence) == "running"
    presence.left("bench-3", FIRST)
    presence.heard("bench-3", state(1, SECOND), when=NOW)  # its program was started again
    assert now(presence) == "outcome-unknown"
    presence.kept("bench-3", "c0ffee00", Verdict.UNKNOWN, interrupted=True)
    assert (now(presence), presence.call(CALL.id).verdict) == ("interrupted", Verdict.UNKNOWN)


def test_calls_that_are_over_are_forgotten_first(presence: Presence) -> None:
    for number in range(CALLS_KEPT + 100):
        call = CALL.model_copy(update={"id": f"{number:08d}"})
        presence.asked(Called(call, "bench-3", FIRST, "rover", NOW))
        presence.answered(call.id, wire.CallReply(word="busy"))
    assert len(presence.calls()) <= CALLS_KEPT + 1
    assert presence.call(CALL.id).state == "asked"


@budget(100)
@given(
    st.floats(-1e6, 1e6),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=20),
)
def test_a_station_is_never_behind_the_hubs_clock(
    ahead_s: float, asks: list[tuple[float, float, float]]
) -> None:
    ours = Time()
    clock = HubClock(ours)
    hub = lambda: ours.s + ahead_s + 2e6  # noqa: E731 - the hub's own clock, in seconds
    before = 0
    for pause, there, back in asks:
        ours.s += pause
        asked = ours.s
        ours.s += there
        told = int(hub() * 1000)
        ours.s += back
        clock.heard(SESSION, told, asked)
        known = clock.now_ms(SESSION)
        assert known is not None
        assert known >= hub() * 1000 - 1e-3
        assert known >= before
        before = known
    assert clock.now_ms("another") is None


@pytest.mark.parametrize("there", ["s-0123456789", "s-another-1234", None])
@pytest.mark.parametrize("ended", ["finished", "interrupted", "refused"])
def test_what_ran_on_a_board_that_left_is_not_told_of_the_place(there: str | None, ended: str) -> None:
    board = wire.BoardSeen(device_id=there, label="rover", serial="", model="") if there else None
    bay = wire.BaySeen(id="main", title="", link="connected", since=NOW, device=board)
    told = place(bay, True, Called(CALL, "bench-3", FIRST, "rover", NOW, state=ended), {})["call"]
    assert (told is None) == (ended != "refused" and there != CALL.device_id)
