"""A page that asks again is told what changed of the lab since then, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from utils.lab.changes import Changes

Facts = dict[str, Any]


def bay(name: str, **more: Any) -> Facts:
    return {"id": name, "board": f"v3-{name}", "link": {"word": "Connected"}, **more}


def overview() -> Facts:
    its = {"here": True, "heard": "2026-11-29T01:00:00Z", "clock_offset_s": 0.004, "waiting": 0}
    benches = [{"id": f"bench-{n}", **its, "bays": [bay("a"), bay("b")]} for n in range(3)]
    return {"connected": True, "errands": [], "benches": benches}


def told(answer: Facts) -> dict[str, list[str]]:
    return {bench["id"]: [each["id"] for each in bench["bays"]] for bench in answer["benches"]}


EVERYTHING = {f"bench-{n}": ["a", "b"] for n in range(3)}


def test_only_what_changed_since_then_is_told() -> None:
    changes, shown = Changes("s1"), overview()
    first = changes.told(shown)
    assert (told(first), first["whole"], first["order"]) == (EVERYTHING, True, list(EVERYTHING))
    assert told(changes.told(overview(), first["version"])) == {}
    shown = overview()
    shown["benches"][1]["bays"][0]["link"] = {"word": "Lost"}
    second = changes.told(shown, first["version"])
    assert (told(second), second["whole"]) == ({"bench-1": ["a"]}, False)
    shown = copy.deepcopy(shown)
    shown["benches"][2]["waiting"] = 4
    third = changes.told(shown, second["version"])
    assert told(third) == {"bench-2": []}
    assert third["benches"][0]["waiting"] == 4
    assert told(changes.told(shown, first["version"])) == {"bench-1": ["a"], "bench-2": []}  # a slower page
    assert told(changes.told(shown, third["version"])) == {}


def test_places_that_come_go_or_change_their_order_and_benches_that_do() -> None:
    changes, shown = Changes("s1"), overview()
    version = changes.told(shown)["version"]
    shown = overview()
    shown["benches"][0]["bays"] = [bay("b"), bay("c")]
    shown["benches"][1]["bays"].reverse()
    del shown["benches"][2]
    now = changes.told(shown, version)
    assert told(now) == {"bench-0": ["c"], "bench-1": []}
    assert [bench["places"] for bench in now["benches"]] == [["b", "c"], ["b", "a"]]
    assert now["order"] == ["bench-0", "bench-1"]
    back = changes.told(overview(), now["version"])
    assert told(back) == {"bench-0": ["a"], "bench-1": [], "bench-2": ["a", "b"]}


def test_what_is_new_each_second_by_itself_tells_nothing_while_the_bench_is_here() -> None:
    changes, shown = Changes("s1"), overview()
    version = changes.told(shown)["version"]
    shown = overview()
    for bench in shown["benches"]:
        bench |= {"heard": "2026-11-29T01:00:01Z", "clock_offset_s": -0.11}
    shown["benches"][0] |= {"here": False}
    shown["benches"][1] |= {"clock_offset_s": 3.2}
    assert told(changes.told(shown, version)) == {"bench-0": [], "bench-1": []}


@pytest.mark.parametrize(
    "since", ["", "1", "s2.1", ".", "s1.", "s1.-1", "s1.9", "s1.²", f"s1.{'9' * 60}", "s1.1.1"]
)
def test_a_version_that_is_not_of_this_hub_gets_everything(since: str) -> None:
    changes = Changes("s1")
    changes.told(overview())
    answer = changes.told(overview(), since)
    assert (told(answer), answer["whole"]) == (EVERYTHING, True)
