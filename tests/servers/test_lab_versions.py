"""Hub and bench of different versions: one apart they work, further apart both say what to do.

What version 1 sent was recorded from its program. 3 and 4 are made from it, with words that nobody knows.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.servers.lab_rig import lab as running_lab
from tests.servers.test_lab import FIRST, QUICK, Desk, Lab
from tests.waiting import wait_until
from utils.clock import new_id
from utils.errors import StationAway
from utils.lab import server, subjects, wire
from utils.lab.link import Access, NatsConnection
from utils.lab.overview import overview

pytestmark = pytest.mark.live

STATE = (
    '{"v":1,"instance":"7f3a7f3a7f3a7f3a","seq":3,"program":"0.2.0","clock":1.5,"session":null,"hub_ms":5,'
    '"heard_ms":null,"bays":[{"id":"main","title":"","link":"connected","device":{"device_id":"s-first-0001",'
    '"label":"rover · 1","serial":"","model":""},"since":"2026-11-28T21:00:00.000Z","verdict":null,'
    '"checkup":null,"running":null,"done":0,"total":0}],"calls":[],"waiting":0,"parked":0}'
)
HEARD = '{"v":1,"session":"7f3a7f3a7f3a7f3a","time_ms":5,"refused":null}'
ANSWER = '{"v":1,"word":"accepted","checkup":"7f3a7f3a7f3a7f3a","since":null,"board":"","why":""}'
TAKEN = '{"v":1,"taken":[],"refused":{},"need":[],"later":null}'
NEAR, FAR = (1, 3), (0, 4)


def of(version: int, recorded: str, **now: Any) -> bytes:
    """What that version says. Newer ones say more."""
    told = {**json.loads(recorded), **now, "v": version}
    if version > wire.VERSION:
        told["weather"] = {"rain": [1, None]}
    return json.dumps(told).encode()


def _answer(version: int, subject: str, data: bytes) -> bytes:
    return of(version, ANSWER)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    with contextlib.closing(made):
        yield made


def test_a_hub_calls_benches_one_version_away_and_tells_others_why_not(lab: Lab) -> None:
    assert wire.VERSION == 2, "record what this version says; NEAR and FAR are its neighbours"
    links: list[NatsConnection] = []
    for version in (*NEAR, *FAR):
        name, instance = f"bench-{version}", new_id()
        invited = lab.hub.register.invite(name, lab.hub.address)
        server.reload(lab.hub.folder)
        access = Access(invited.address, invited.certificate, invited.seed)
        answers = {subjects.call(name, instance): partial(_answer, version)}
        links.append(NatsConnection(access, name=name, inbox=subjects.inbox(name), answers=answers))
        links[-1].start()
        assert wait_until(lambda: links[-1].connected, 60)
        first = of(version, STATE, instance=instance)
        heard = json.loads(links[-1].request(subjects.up(name, "state"), first, 10))
        known = {"session": heard["session"], "hub_ms": heard["time_ms"]}
        again = of(version, STATE, instance=instance, seq=4, **known)
        heard = json.loads(links[-1].request(subjects.up(name, "state"), again, 10))
        shown = next(each for each in overview(lab.hub)["benches"] if each["id"] == name)
        if version in NEAR:
            assert (heard["refused"], shown["refused"]) == (None, "")
            assert lab.call(name).word == "accepted"
            continue
        assert f"version {version} of its words, this one 2" in heard["refused"]
        assert shown["refused"] == heard["refused"]
        with pytest.raises(StationAway):
            lab.call(name)
    for link in links:
        link.close()


def test_a_bench_works_with_hubs_one_version_away_and_says_why_with_others_not(tmp_path: Path) -> None:
    speaks, kinds, got = [1], [], []

    def hub(subject: str, data: bytes) -> bytes | None:
        kind, version = subject.rpartition(".")[2], speaks[0]
        kinds.append(kind)
        if kind == "records":
            ids = [each["id"] for each in json.loads(data)["records"]]
            got.extend(ids)
            return of(version, TAKEN, taken=ids)
        if kind == "given":
            return of(version, '{"ids": []}')
        return of(version, HEARD, **({} if version == 1 else {"history": "7f3a7f3a7f3a7f3b"}))

    with running_lab(tmp_path) as rig:
        rig.hub_link({subjects.FROM_STATIONS: hub})
        (tmp_path / "bench").mkdir()
        desk = Desk(tmp_path / "bench", rig.invite("bench-3"))
        desk.station.start()
        try:
            for version in (*NEAR, *FAR):
                kinds.clear()
                speaks[0] = version
                if version in FAR:
                    said = (
                        f"version {version} of its words, this one 2. Bring hub and bench to the same version"
                    )
                    assert wait_until(lambda said=said: said in str(desk.station.trouble), 30)  # type: ignore[misc]
                    assert desk.door.device is FIRST  # and it works alone
                    continue
                assert wait_until(lambda: desk.station.trouble is None, 60)
                assert version == 1 or wait_until(lambda: "given" in kinds, 30)
                done = desk.runner.start_checkup(QUICK)
                assert done.done.wait(20)
                assert wait_until(lambda done=done: done.id in got, 30)  # type: ignore[misc]
                assert version > 1 or "given" not in kinds  # version 1 cannot say what it lacks
        finally:
            desk.close()
