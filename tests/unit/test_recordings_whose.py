"""A recording is under the board that it names, by identity, key or serial number, and never by a guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from utils.live.recordings.whose import UNKNOWN, named, shelves
from utils.model.device_id import device_id
from utils.model.results import Device

A = Device("SHA256:a", serial="11111111", model="Orin", hostname="a", device_id="s-of-board-a")
B = Device("SHA256:b", serial="22222222", model="Orin", hostname="b", device_id="s-of-board-b")
TWIN = Device("SHA256:a", serial="33333333", model="Orin", hostname="twin", device_id="s-of-its-twin")
OLD_NAME = "k-of-board-a-before"


def ids_of(some_id: str) -> tuple[str, ...]:
    return ("s-of-board-a", OLD_NAME) if some_id in (OLD_NAME, A.device_id) else (some_id,)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"device_id": A.device_id}, A.device_id),
        ({"device_id": OLD_NAME}, A.device_id),
        ({"fingerprint": "SHA256:b"}, B.device_id),
        ({"fingerprint": "SHA256:a", "serial": "11111111"}, A.device_id),
        ({"fingerprint": "SHA256:a", "serial": "33333333"}, TWIN.device_id),
        ({"serial": "22222222"}, B.device_id),
        ({"fingerprint": "SHA256:before-a-reflash", "serial": "22222222"}, B.device_id),
        # one key, two boards, and nothing that says which; nobody's key; a serial number that is none
        ({"fingerprint": "SHA256:a"}, device_id("", "", "SHA256:a")),
        ({"fingerprint": "SHA256:z", "serial": "99999999"}, device_id("", "99999999", "SHA256:z")),
        ({"serial": "0000"}, None),
        ({"fingerprint": 7, "serial": ["x"]}, None),
        ({}, None),
    ],
)
def test_it_is_the_boards_by_what_it_names(facts: Mapping[str, Any], found: str | None) -> None:
    [shelf] = shelves({"one": facts}, [A, B, TWIN], ids_of)
    assert (shelf.device_id, shelf.recordings) == (found, ["one"])
    assert (shelf.label == UNKNOWN) == (shelf.device_id not in (A.device_id, B.device_id, TWIN.device_id))


def test_a_board_that_was_forgotten_keeps_its_recordings_under_the_name_it_had() -> None:
    facts = {"fingerprint": "SHA256:z", "serial": "99999999", "label": "gone · 99999999"}
    [shelf] = shelves({"new": facts, "old": facts}, [], lambda only: (only,))
    assert (shelf.label, shelf.recordings) == ("gone · 99999999", ["new", "old"])


def test_only_the_first_lines_are_looked_at_and_damage_is_passed_over() -> None:
    live = '{"kind":"live","device":{"label":"x","boot_id":"y"},"charts":[],"counters":[]}'
    assert named(["torn{", "[]", live])["label"] == "x"
    assert named(["x"] * 100 + [live]) == {}
