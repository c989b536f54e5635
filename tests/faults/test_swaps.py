"""Eight boards of one address, swapped at random: nothing is ever told under another board's name."""

from __future__ import annotations

import pytest

from tests.faults import swaps
from tests.faults.crew import can_run_root_rows


def test_sixty_swaps_of_eight_boards_never_mix_them_up() -> None:
    if not can_run_root_rows():
        pytest.skip("needs root, sshd and network namespaces (make deps)")
    told = swaps.in_a_namespace(60, 8, seed=20261128, timeout_s=150)
    assert told["wrong"] == []
    assert told["settled"], "after the last swap each port answers with the board that is there"
    assert sum(told["actions"].values()) == 60
    assert set(told["actions"]) == {"swap", "replug", "move", "rename"}
    assert min(told["answers"], told["results"]) > 100
    assert told["errors"].get("host-key-unknown", 0) >= 5, "each new key was asked about"


def test_five_known_boards_at_one_address_are_all_let_in_by_strict_without_a_question() -> None:
    if not can_run_root_rows():
        pytest.skip("needs root, sshd and network namespaces (make deps)")
    told = swaps.in_a_namespace(3, 5, seed=5, timeout_s=150, policy="strict")
    assert told["wrong"] == []
    assert told["settled"]
    assert not {"host-key-unknown", "host-key-changed"} & set(told["errors"])
