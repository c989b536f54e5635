"""What hub and station say to each other: what is read is what was said, and nothing else is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from utils.errors import WireTrouble
from utils.lab import wire
from utils.model.results import Verdict

MESSAGES = (
    wire.State, wire.Heard, wire.Bye, wire.Call, wire.CallReply, wire.Records, wire.Taken, wire.Evidence,
    wire.GivenIds, wire.Lacks,
)  # fmt: skip
NOW = "2026-11-28T21:00:00.000Z"
ID = "7f3a7f3a7f3a7f3a"
ORIGIN = wire.OriginSent(bay="main", who="command line")
STATE = wire.State(
    instance=ID, seq=3, program="0.2.0", clock=1.5,
    bays=(wire.BaySeen(id="usb-1-2.3", link="connected", since=NOW,
                       device=wire.BoardSeen(device_id="s-0123456789", label="rover · 1")),),
    calls=(wire.CallSeen(id=ID, checkup=ID, state="running"),),
)  # fmt: skip
CALL = wire.Call(
    id=ID, session=ID, not_after_ms=5, bay="main", device_id="s-0123456789", diagnostics=("cpu",)
)
RECORDS = wire.Records(
    records=(
        wire.RunSent(id=ID, origin=ORIGIN, diagnostic="cpu", asked_at=NOW, started_at=NOW, duration_s=0.1,
                     body="a" * 64),
        wire.CheckupSent(id=ID, origin=ORIGIN, started_at=NOW, duration_s=1.0, verdict=Verdict.WARN,
                         counts={Verdict.WARN: 1}, cancelled=False, measured={"boot_s": 40.0}),
        wire.HappeningSent(id=ID, origin=ORIGIN, happened="swap", at=NOW, facts={"before": None}),
    )
)  # fmt: skip
SAID = [STATE, CALL, RECORDS, wire.Evidence(pieces=(b"AP8=",)), wire.Taken(refused={ID: "no"})]
SAID += [wire.GivenIds(ids=(ID,), closed=(ID,)), wire.Lacks(ids=(ID,))]


@pytest.mark.parametrize("said", SAID, ids=lambda said: type(said).__name__)
def test_what_was_said_is_what_is_read(said: wire.Message) -> None:
    assert wire.decode(type(said), wire.encode(said)) == said


@pytest.mark.parametrize("said", SAID, ids=lambda said: type(said).__name__)
def test_one_version_more_is_read_with_what_it_adds_left_out(said: wire.Message) -> None:
    told = json.loads(wire.encode(said))
    newer = {**told, "v": wire.VERSION + 1, "something_new": [1]}
    found = wire.decode(type(said), json.dumps(newer).encode())
    assert found.model_copy(update={"v": wire.VERSION}) == said
    with pytest.raises(WireTrouble, match="version"):
        wire.decode(type(said), json.dumps({**told, "v": wire.VERSION + 2}).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"device_id": "../../etc"}, {"device_id": "x"}, {"bay": "a b"}, {"bay": ""},
        {"what": "x" * 65}, {"minutes": 0.0}, {"minutes": 121.0},
        {"not_after_ms": -1}, {"not_after_ms": "5"}, {"not_after_ms": 1.5}, {"not_after_ms": None},
        {"diagnostics": []}, {"diagnostics": ["x"] * 513}, {"diagnostics": ["x" * 65]}, {"who": "x" * 513},
        {"id": "UPPER-CASE"}, {"session": None}, {"v": "1"}, {"v": True},
    ],
    ids=str,
)  # fmt: skip
def test_a_call_is_read_to_the_letter_or_not_at_all(change: dict[str, Any]) -> None:
    with pytest.raises(WireTrouble):
        wire.decode(wire.Call, json.dumps({**json.loads(wire.encode(CALL)), **change}).encode())


def test_bounds_hold_for_what_is_long_deep_or_many() -> None:
    state = json.loads(wire.encode(STATE))
    for bad in (
        b"x" * (wire.MOST_BYTES + 1),
        json.dumps({**state, "bays": state["bays"] * 65}).encode(),
        json.dumps({**state, "clock": 1e999}).encode(),
        json.dumps({**state, "clock": float("nan")}).encode(),
        b'{"v": 1, "records": ' + b"[" * 100_000,
        wire.encode(RECORDS).replace(b'{"before":null}', b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
        wire.encode(RECORDS).replace(b'"duration_s":1.0', b'"duration_s":-1.0'),
        wire.encode(RECORDS).replace(NOW.encode(), NOW.replace("11-28", "99-99").encode()),
    ):
        for kind in (wire.State, wire.Records):
            with pytest.raises(WireTrouble):
                wire.decode(kind, bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def nearly(draw: st.DrawFn) -> bytes:
    """A message of ours, with one of its values replaced by anything."""
    told = json.loads(wire.encode(draw(st.sampled_from(SAID))))
    at = told
    while isinstance(at, dict | list) and at:
        key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or draw(st.booleans()):
            at[key] = draw(JSON)
            break
        at = at[key]
    return json.dumps(told).encode()


@budget(200)
@given(st.binary(max_size=200) | nearly(), st.sampled_from(MESSAGES))
def test_any_bytes_are_a_message_or_wire_trouble(data: bytes, kind: type[wire.Message]) -> None:
    try:
        found = wire.decode(kind, data)
    except WireTrouble:
        return
    assert wire.decode(kind, wire.encode(found)) == found
