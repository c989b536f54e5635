"""What is counted for whoever watches a lab: bounded, whatever boards and benches say of themselves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("prometheus_client", reason="not installed: see requirements-lab.txt")

from prometheus_client.parser import text_string_to_metric_families

from tests.unit.history_parts import a_checkup
from tests.unit.test_lab_wire import STATE
from utils.errors import HistoryTrouble
from utils.lab.joining import Membership
from utils.lab.metrics import TOLD, exposition
from utils.lab.tally import LONGEST, MOST_MODELS, MOST_OF_A_BENCH, OTHER, UNKNOWN, Models, Tally
from utils.model.results import Verdict

HOSTILE = ['"} 1\nv3_up 0 # ', "\\", "a" * 5000, "\x00\x1b[31m", "\ud800", "é\u202eabc", '{x="y"}', "  "]


def test_labels_are_few_short_and_printable_whatever_is_told() -> None:
    models = Models()
    words = {models("bench-1", told) for told in [*HOSTILE, *(f"made up {n}" for n in range(1000))]}
    assert len(words - {OTHER, UNKNOWN}) <= MOST_OF_A_BENCH
    assert all(len(word) <= LONGEST and word.isprintable() for word in words)
    assert models("bench-2", "Jetson Orin NX") == "Jetson Orin NX"  # one bench does not use up all of them
    assert models("bench-1", "Jetson Orin NX") == "Jetson Orin NX"
    assert models("bench-2", "") == UNKNOWN
    many = {models(f"bench-{n}", f"model {n}") for n in range(1000)}
    assert OTHER in many
    assert len(words | many) <= MOST_MODELS + 3


def part(tally: Tally, bays: Any, *, counts: Any = lambda: (3, 1)) -> Membership:
    """A station with these places."""
    outbox = SimpleNamespace(counts=counts, oldest_s=lambda: 12.5)
    station: Any = SimpleNamespace(
        name="bench-1", tally=tally, bays=lambda: bays, outbox=outbox, trouble=None,
        window=SimpleNamespace(looks=2),
    )  # fmt: skip
    return Membership(station=station)


def read(text: bytes) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_what_is_told_is_what_prometheus_reads_with_hostile_models_too() -> None:
    tally, (bay,) = Tally(), STATE.bays
    assert bay.device is not None
    tally.note("bench-1", "Orin NX", a_checkup(verdict=Verdict.FAIL).outcome)
    tally.note(
        "bench-1", "Orin NX", a_checkup(verdict=Verdict.PASS, cancelled=True, pending=("cpu",)).outcome
    )
    bays = [
        bay.model_copy(update={"device": bay.device.model_copy(update={"model": told}), "link": told[:64]})
        for told in ["Orin NX", *HOSTILE]
    ]
    for accept in ("", "application/openmetrics-text;version=1.0.0"):
        text, kind = exposition(part(tally, bays), None, streams=4, accept=accept)  # type: ignore[arg-type]
        assert ("openmetrics" in kind) == bool(accept)
        found = read(text.replace(b"# EOF\n", b""))
        assert found["v3_checkups_total", "complete"] == found["v3_checkups_total", "cancelled"] == 1
        assert found["v3_checkup_verdicts_total", "Orin NX", "fail"] == 1
        assert found["v3_boards", "Orin NX", "none"] == 1
        assert sum(value for name, value in found.items() if name[0] == "v3_boards") == len(bays)
        assert sum(value for name, value in found.items() if name[0] == "v3_links") == len(bays)
        assert found["v3_links", OTHER] == len(bays)
        assert (
            found["v3_outbox_records", "bench-1", "waiting"],
            found["v3_outbox_oldest_seconds", "bench-1"],
        ) == (3, 12.5)
        assert (found["v3_event_streams",], found["v3_looks",], found["v3_hub_connected",]) == (4, 2, 1)
        assert {name[0] for name in found} == {name for name, (who, *_) in TOLD.items() if "bench" in who}

    def broken() -> tuple[int, int]:
        raise HistoryTrouble

    text, _ = exposition(part(tally, bays, counts=broken), None, streams=0, accept="")  # type: ignore[arg-type]
    assert read(text)["v3_history_up",] == 0
