"""What a bench sends of its history, and what a hub keeps of it: SQLite and PostgreSQL, no network."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.history_parts import AT, BOARD, NEEDS, a_checkup, a_run, kept
from tests.web.test_cases import PNG
from utils.bench.photo import stripped
from utils.errors import WireTrouble
from utils.lab import records, wire
from utils.lab.again import give_again
from utils.lab.arrivals import Arrivals
from utils.lab.outbox import in_messages
from utils.model.records import Happening, Kind, Origin
from utils.model.results import Verdict
from utils.store import evidence
from utils.store.history import History
from utils.web.moments import moment_of

PHOTO = stripped(PNG)[0]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=NEEDS)])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    made = History(server.ready_url() if server else tmp_path / "hub.db")
    yield made
    made.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path / "bench.db")
    early = "2026-11-27T12:00:00.000Z"
    kept(made, replace(a_run("before00"), started_at=early))  # what was there before it joined stays here
    made.exchange().join("a hub", AT % 0)
    yield made
    made.close()


def said_by(bench: History) -> tuple[wire.AnyRecord, ...]:
    """All that waits."""
    exchange = bench.exchange()
    waiting = [each for _, each in exchange.outgoing(64) if each is not None]
    return tuple(records.sent(each, exchange.hashes_of(each)) for each in waiting)


def give(hub: History, bench: History, station: str, ahead_s: float | None = None) -> wire.Taken:
    """Send all that waits, as a station does, through the words of the wire."""
    arrivals = Arrivals(hub, lambda record: None)
    message = wire.decode(wire.Records, wire.encode(wire.Records(records=said_by(bench))))
    first = arrivals.records(station, message, ahead_s)
    if packed := bench.exchange().packed(first.need):
        evidence = wire.Evidence(pieces=tuple(base64.b64encode(each) for each, _ in packed))
        assert arrivals.evidence(station, wire.decode(wire.Evidence, wire.encode(evidence))) == wire.Taken()
    return arrivals.records(station, message, ahead_s)


def test_a_hub_keeps_each_record_once_and_as_its_benchs(hub: History, bench: History) -> None:
    swap = Happening(
        id="swap0000",
        kind=Kind.SWAP,
        at=AT % 9,
        origin=Origin(bay="main"),
        device=BOARD,
        facts={"before": "x\0y"},
    )
    odd = a_run("run00001", checkup="check001", stdout="\N{SNOWMAN} \x1b[31m ü")
    kept(bench, odd, a_checkup("check001", counts={"pass": 1}, measured={"boot_s": 40.5}), swap)
    assert [each.record for each, _ in bench.exchange().outgoing(9)] == ["run00001", "check001", "swap0000"]
    for _ in range(2):
        taken = give(hub, bench, "bench-3")
        assert (set(taken.taken), taken.refused, taken.need) == ({"run00001", "check001", "swap0000"}, {}, ())
    here, there = bench.look().whole("check001"), hub.look().whole("check001")
    assert here is not None
    assert there is not None
    assert there.as_json() == here.as_json()
    assert {each.origin.station for each in (there.record, *there.runs)} == {"bench-3"}
    assert there.record.measured == {"boot_s": 40.5}
    assert [each.kind for each in hub.look().happenings([BOARD.device_id])] == [Kind.SWAP]
    assert len(hub.look().checkups([BOARD.device_id])) == 1
    assert hub.look().run("before00") is None


def test_what_a_bench_tells_late_is_not_the_boards_newest(hub: History, bench: History) -> None:
    kept(hub, a_checkup("newer000", started_at="2026-11-29T00:00:00.000Z", verdict=Verdict.PASS))
    kept(bench, a_checkup("older000", verdict=Verdict.FAIL))
    give(hub, bench, "bench-3")
    (board,) = hub.look().boards()
    assert (board.checkup, board.verdict) == ("newer000", "pass")


def test_the_clock_of_a_bench_is_kept_with_its_records_and_makes_nothing_newest(
    hub: History, bench: History
) -> None:
    kept(hub, a_checkup("newer000", started_at="2026-11-29T00:00:00.000Z", verdict=Verdict.PASS))
    kept(bench, a_checkup("older000", started_at="2027-11-28T00:00:00.000Z", verdict=Verdict.FAIL))
    give(hub, bench, "bench-3", ahead_s=366 * 86400.0)
    there = hub.look().checkup("older000")
    assert there is not None
    assert (there.started_at, there.bench_ahead_s) == ("2027-11-28T00:00:00.000Z", 366 * 86400.0)
    assert moment_of(there).endswith("(its bench's clock was 366 days ahead)")
    (board,) = hub.look().boards()
    assert (board.checkup, board.last_seen) == ("newer000", "2026-11-29T00:00:00.000Z")


def test_what_people_added_to_a_board_comes_once_with_its_photo_and_as_it_is_now(
    hub: History, bench: History
) -> None:
    kept(bench, a_checkup("check001"))
    here, ids = bench.look(), [BOARD.device_id]
    case = here.open_case(ids, work_order="WO 7", technician="Ada", at=AT % 1)
    assert case is not None
    for text, photo in (("before", PHOTO), ("beside", PHOTO), ("plain", None)):
        its = {"case": case.id, "at": AT % 2, "who": "Ada", "text": text}
        assert here.add_note(ids, **its, photo=photo, photo_type="image/png" if photo else None)  # type: ignore[arg-type]
    here.mark_golden("check001", who="Ada", at=AT % 3)
    for _ in range(2):
        taken = give(hub, bench, "bench-3")
        assert (taken.refused, taken.need) == ({}, ())
    here.close_case(case.id, at=AT % 4)  # sent once more, as it is now
    give(hub, bench, "bench-3")
    there = hub.look()
    assert there.cases(ids) == here.cases(ids)
    assert there.notes(ids) == here.notes(ids)
    for note in here.notes(ids):
        assert there.photo(note.id) == here.photo(note.id)
    assert there.golden(ids) == "check001"
    here.unmark_golden("check001")
    give(hub, bench, "bench-3")
    assert there.golden(ids) is None


def test_a_bench_takes_over_no_case_of_another_and_sends_no_photo_that_is_none(
    hub: History, bench: History
) -> None:
    kept(bench, a_checkup("check001"))
    here, ids = bench.look(), [BOARD.device_id]
    case = here.open_case(ids, work_order="WO 7", technician="Ada", at=AT % 1)
    assert case is not None
    give(hub, bench, "bench-3")
    stolen = give(hub, bench, "bench-9")
    assert stolen.refused == {case.id: "Another bench has this case."}
    page = b"<script>alert(1)</script>"
    note = here.add_note(ids, case=None, at=AT % 2, who="Ada", text="x", photo=page, photo_type="text/html")
    assert note is not None
    assert give(hub, bench, "bench-3").refused == {note.id: "This note's photo is none."}
    assert hub.look().notes(ids) == []


def test_a_bench_adds_nothing_to_a_check_up_or_case_of_another(hub: History, bench: History) -> None:
    kept(bench, a_run("run00001", checkup="check001"), a_checkup("check001"))
    here, ids = bench.look(), [BOARD.device_id]
    case = here.open_case(ids, work_order="WO 7", technician="Ada", at=AT % 1)
    assert case is not None
    give(hub, bench, "bench-3")
    bench.exchange().sent([each.seq for each, _ in bench.exchange().outgoing(9)])
    kept(bench, a_run("forged01", checkup="check001"), a_run("honest01"))
    note = here.add_note(ids, case=case.id, at=AT % 2, who="Eve", text="forged")
    assert note is not None
    taken = give(hub, bench, "bench-9")
    assert taken.taken == ("honest01",)
    assert taken.refused == {
        "forged01": "Another bench has this run's check-up.",
        note.id: "Another bench has this note's case.",
    }
    shown = hub.look().whole("check001")
    assert shown is not None
    assert [each.id for each in shown.runs] == ["run00001"]
    assert hub.look().notes(ids) == []
    assert give(hub, bench, "bench-3").refused == {}


def test_only_a_bench_that_joined_notes_what_to_send(tmp_path: Path) -> None:
    alone = History(tmp_path / "alone.db")
    kept(alone, a_run("run00001"), a_checkup("check001"))
    assert alone.exchange().counts() == (0, 0)
    alone.close()


def test_a_forged_result_is_refused_and_the_rest_is_kept(hub: History, bench: History) -> None:
    kept(bench, a_run("run00001"), a_run("run00002"))
    arrivals, (first, second) = Arrivals(hub, lambda record: None), said_by(bench)
    assert isinstance(first, wire.RunSent)
    forged = [b"{}", b"[]", b"x", b'{"verdict": "splendid"}', b"[" * 100_000, b'{"diagnostic": "uptime"}']
    no_text = b"\xff not text"
    own = [packed for packed, _ in bench.exchange().packed(first.evidence)]
    for content in (*map(evidence.pack, (*forged, no_text)), *own):
        arrivals.evidence("bench-3", wire.Evidence(pieces=(base64.b64encode(content),)))
    bad = [first.model_copy(update={"body": evidence.hash_of(each)}) for each in forged]
    bad += [
        first.model_copy(update=each)
        for each in ({"stdout": evidence.hash_of(no_text)}, {"diagnostic": "uptime"})
    ]
    bad = [each.model_copy(update={"id": f"forged{number:02d}"}) for number, each in enumerate(bad)]
    for _ in range(2):  # what is known by its hash is read no less strictly
        taken = arrivals.records("bench-3", wire.Records(records=(*bad, second)))
        assert set(taken.refused) == {each.id for each in bad}
        assert taken.taken == ("run00002",)
    for damaged in (b"", b"not zstd", evidence.pack(b"x" * 100)[:-3]):
        with pytest.raises(WireTrouble):
            arrivals.evidence("bench-3", wire.Evidence(pieces=(base64.b64encode(damaged),)))


def test_a_hub_without_its_database_asks_for_patience(bench: History, tmp_path: Path) -> None:
    (tmp_path / "no").write_text("a file where the folder should be")
    kept(bench, a_run("run00001"))
    said = said_by(bench)
    arrivals = Arrivals(History(tmp_path / "no" / "hub.db"), lambda record: None)
    assert arrivals.records("bench-3", wire.Records(records=said)).later == "history-unreachable"


def test_a_hub_of_yesterday_gets_what_it_lost_in_order_before_anything_new(
    hub: History, bench: History, tmp_path: Path
) -> None:
    exchange, here, ids = bench.exchange(), bench.look(), [BOARD.device_id]

    def delivered(*hubs: History) -> None:
        for each in hubs:
            assert give(each, bench, "bench-3").refused == {}
        exchange.sent([waiting.seq for waiting, _ in exchange.outgoing(64)])

    def lost(by: History) -> list[str]:
        waited = exchange.counts()[0]
        count = give_again(exchange, lambda asked: Arrivals(by, lambda record: None).lacks("bench-3", asked))
        names = [each.record for each, _ in exchange.outgoing(64)]
        assert count == len(names) - waited
        return names

    newer = History(tmp_path / "newer.db")
    kept(bench, a_run("run00001", checkup="check001"), a_checkup("check001"))
    case = here.open_case(ids, work_order="WO 7", technician="Ada", at=AT % 1)
    assert case is not None
    delivered(hub, newer)
    kept(bench, a_run("run00002", checkup="check002"), a_checkup("check002"), a_run("loose001"))
    note = here.add_note(
        ids, case=case.id, at=AT % 2, who="Ada", text="x", photo=PHOTO, photo_type="image/png"
    )
    here.close_case(case.id, at=AT % 4)
    here.mark_golden("check002", who="Ada", at=AT % 3)
    delivered(newer)
    kept(bench, a_checkup("check003"))
    assert note is not None
    assert lost(newer) == ["check003"]  # what waits was never given
    again = ["run00002", "check002", "loose001", case.id, note.id, BOARD.device_id]
    assert lost(hub) == [*again, "check003"]
    delivered(hub)
    assert lost(hub) == []
    for name in ("check001", "check002", "check003"):
        found, there = here.whole(name), hub.look().whole(name)
        assert found is not None
        assert there is not None
        assert there.as_json() == found.as_json()
    assert (hub.look().cases(ids), hub.look().notes(ids)) == (here.cases(ids), here.notes(ids))
    assert hub.look().golden(ids) == "check002"
    nothing = History(tmp_path / "nothing.db")
    assert set(lost(nothing)) == {
        "run00001",
        "check001",
        *again,
        "check003",
    }  # and never what was before it joined
    for each in (newer, nothing):
        each.close()


def test_evidence_goes_in_messages_that_a_hub_takes(bench: History) -> None:
    """What is alike packs to little: a message of it may unpack to more than a hub takes at once."""
    contents = [bytes([number]) * (2 << 20) for number in range(70)]
    bench.exchange().keep_evidence(contents)
    pieces = bench.exchange().packed([evidence.hash_of(each) for each in contents])
    there: list[bytes] = []
    for message in in_messages(pieces):
        assert len(message) <= wire.MOST_BYTES
        there += bench.exchange().unpacked(wire.decode(wire.Evidence, message).pieces)
    assert sorted(there) == contents
    assert not list(in_messages([]))
