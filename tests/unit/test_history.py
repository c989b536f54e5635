"""The history on SQLite and on PostgreSQL: what is kept, found again, kept once, and said when it fails."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.unit.history_parts import (
    AT,
    BOARD,
    NEEDS,
    ORIGIN,
    OTHER,
    a_checkup,
    a_run,
    kept,
    trouble_of,
)
from utils.clock import utc_text
from utils.errors import HistoryTrouble
from utils.model.records import Begun, Happening, Kind
from utils.model.results import Verdict
from utils.store import history as history_file
from utils.store import holder, interrupted
from utils.store.database import Database, _upgrade
from utils.store.history import History
from utils.store.schema import HEAD, metadata
from utils.store.schema import evidence as evidence_table

BOTH = ["sqlite", pytest.param("postgresql", marks=NEEDS)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A history without records."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql").ready_url())
    return tmp_path / "data %?#" / "history.db"


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where nothing is, no table either."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql").url())
    return tmp_path / "data %?#" / "history.db"


@pytest.fixture
def history(url: str | Path) -> Iterator[History]:
    made = History(url)
    yield made
    made.close()


def test_a_run_comes_back_as_it_was_field_by_field(history: History) -> None:
    run = a_run()
    kept(history, run)
    found = history.look().run("r1")
    assert found is not None
    assert list(found.result.items()) == list(run.result.items())
    assert found == run
    assert history.look().run("nope") is None


def test_odd_texts_come_back_as_they_were(history: History) -> None:
    odd = "NUL \0, half a pair \N{REPLACEMENT CHARACTER}, 😀, \x1b[31m, " + "x" * 300_000
    board = replace(BOARD, hostname="rover\0-9")
    run = a_run(stdout=odd, stderr=odd[:50], summary=odd[:50], board=board)
    kept(history, run)
    found = history.look().run("r1")
    assert found is not None
    assert found.result == run.result


def test_a_checkup_comes_back_with_its_runs_in_their_order(history: History) -> None:
    runs = [replace(a_run(f"r{n}", checkup="c1", available_kb=9_000_000 - n), position=n) for n in (2, 0, 1)]
    kept(history, *runs, a_checkup(clock_offset_s=-3.5))
    look = history.look()
    found = look.checkup("c1")
    assert found == a_checkup(clock_offset_s=-3.5)
    whole = look.whole("c1")
    assert whole is not None
    assert [run.id for run in whole.runs] == ["r0", "r1", "r2"]
    answer = whole.as_json()
    assert (answer["state"], answer["pending"], answer["runs"]) == ("finished", [], {"memory": "r2"})


def test_what_is_the_same_is_kept_once(history: History) -> None:
    kept(history, *(a_run(f"r{n}", checkup="c1") for n in range(5)), a_run("single"), a_run("o", board=OTHER))
    with history.look().database.engine().connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(evidence_table)).scalar() == 2


def test_boards_are_listed_newest_first_with_their_last_verdict(history: History) -> None:
    kept(
        history,
        a_checkup("c1"),
        a_checkup("c2", OTHER, started_at=AT % 5, verdict=Verdict.FAIL),
        a_checkup("nobody", None),
    )
    assert [(each.device, each.verdict, each.checkup) for each in history.look().boards()] == [
        (OTHER, "fail", "c2"),
        (BOARD, "pass", "c1"),
    ]
    kept(history, replace(a_run("r9"), started_at=AT % 9))
    newest = history.look().boards()[0]
    assert (newest.device, newest.last_seen, newest.first_seen) == (BOARD, AT % 9, AT % 0)
    assert newest.verdict == "pass", "a single run is no verdict over the board"


@pytest.mark.parametrize(
    ("later", "verdict", "checkup"),
    [
        ({"counts": {"pass": 2}}, "fail", "c1"),
        ({"counts": {"pass": 100}}, "pass", "c2"),
        ({"counts": {"pass": 1, "unknown": 1}, "verdict": Verdict.UNKNOWN}, "fail", "c1"),
    ],
)
def test_a_checkup_of_few_checks_clears_no_board(
    history: History, later: dict[str, Any], verdict: str, checkup: str
) -> None:
    kept(history, a_checkup("c1", verdict=Verdict.FAIL, counts={"pass": 103, "fail": 1}))
    kept(history, a_checkup("c2", started_at=AT % 5, **later))
    board = history.look().boards()[0]
    assert (board.verdict, board.checkup) == (verdict, checkup)
    history.look().tidy(oldest="2030")
    assert history.look().checkup(checkup) is not None, "what the board is known by stays"


def test_a_few_checks_that_found_worse_and_the_rest_of_one_cut_short_do_count(history: History) -> None:
    kept(history, a_checkup("c1", counts={"pass": 104}))
    kept(history, a_checkup("c2", started_at=AT % 2, verdict=Verdict.FAIL, counts={"fail": 1}))
    assert history.look().boards()[0].verdict == "fail"
    cut = {"verdict": Verdict.UNKNOWN, "counts": {"warn": 1, "pass": 11, "unknown": 92}}
    kept(history, a_checkup("c3", started_at=AT % 3, pending=tuple(f"d{n}" for n in range(92)), **cut))
    assert history.look().boards()[0].verdict == "unknown"
    kept(history, a_checkup("c4", started_at=AT % 4, counts={"pass": 92}))
    board = history.look().boards()[0]
    assert (board.verdict, board.checkup) == ("warn", "c4"), "both parts count"


def test_checkups_of_a_board_go_back_page_by_page_and_over_its_earlier_ids(history: History) -> None:
    earlier = replace(BOARD, device_id="k-00000000000000000000")
    kept(history, *(a_checkup(f"c{n}", earlier if n < 3 else BOARD) for n in range(6)), a_checkup("x", OTHER))
    ids = [BOARD.device_id, earlier.device_id]
    look = history.look()
    assert [each.id for each in look.checkups(ids, limit=2)] == ["c5", "c4"]
    assert [each.id for each in look.checkups(ids, before="c4", limit=3)] == ["c3", "c2", "c1"]
    assert (
        look.checkups(ids, before="c0") == look.checkups(["nobody"]) == look.checkups(ids, before="?") == []
    )


def test_what_else_happened_is_on_the_boards_time_line(history: History) -> None:
    loss = Happening(id="h1", kind=Kind.LINK_LOSS, at=AT % 1, origin=ORIGIN, device=BOARD, facts={"why": "x"})
    swap = replace(loss, id="h2", kind=Kind.SWAP, facts={})
    kept(history, loss, swap)
    assert history.look().happenings([BOARD.device_id]) == [swap, loss]


def test_a_new_history_is_what_the_schema_says(empty: str | Path) -> None:
    database = Database(empty)
    with database.engine().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == HEAD
    database.close()


def _made(connection: sa.Connection) -> dict[str, Any]:
    """All that the database says of its tables."""
    seen, rowid = sa.inspect(connection), {}
    if connection.dialect.name == "sqlite":
        made = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        rowid = {name: "WITHOUT ROWID" in sql for name, sql in made}
    columns = {
        name: {each["name"]: (str(each["type"]), each["nullable"], each["default"]) for each in its}
        for (_, name), its in seen.get_multi_columns().items()
    }
    more = (seen.get_multi_indexes(), seen.get_multi_unique_constraints(), seen.get_multi_foreign_keys())
    keys = {name: its["constrained_columns"] for name, its in seen.get_multi_pk_constraint().items()}
    return {"columns": columns, "more": more, "keys": keys, "rowid": rowid}


def test_a_new_history_is_as_the_migrations_make_one(empty: str | Path) -> None:
    database = Database(empty)
    with database.engine().begin() as connection:
        new = _made(connection)
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
        _upgrade(connection, "of the test")
        assert _made(connection) == new
        assert len(new["columns"]) == len(metadata.tables) + 1
    database.close()


def test_many_histories_of_one_program_are_made_at_once(tmp_path: Path) -> None:
    made = [History(tmp_path / f"{number}.db") for number in range(6)]
    with ThreadPoolExecutor(len(made)) as pool:
        assert list(pool.map(lambda each: each.look().boards(), made)) == [[]] * len(made)
    for each in made:
        each.close()


def test_many_programs_may_open_and_write_at_once(empty: str | Path) -> None:
    made = [History(empty) for _ in range(4)]
    troubles: list[object] = []

    def work(number: int) -> None:
        for n in range(5):
            keeping = made[number].keep(a_run(f"{number}-{n}", available_kb=8_000_000 + n))
            keeping.wait(20)
            troubles.append(keeping.trouble)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == [None] * 20
    assert all(made[0].look().run(f"{number}-{n}") for number in range(4) for n in range(5))
    for each in made:
        each.close()


def test_a_newer_history_is_refused_by_name_and_not_touched(url: str | Path) -> None:
    database = Database(url)
    with database.engine().begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    history = History(url)
    assert trouble_of(history, "r1") == "history-newer"
    with pytest.raises(HistoryTrouble, match="newer version"):
        history.look().run("r1")
    history.close()
    plain = sa.create_engine(database._url)
    with plain.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        assert connection.execute(sa.text("SELECT count(*) FROM runs")).scalar() == 0
    plain.dispose()


# --- golden, and what is removed


def test_a_board_has_one_golden_checkup(history: History) -> None:
    kept(history, *(a_checkup(name, board) for name, board in (("c1", BOARD), ("c2", BOARD), ("o", OTHER))))
    look = history.look()
    ids = [BOARD.device_id]
    assert look.golden(ids) is None
    assert look.mark_golden("c1", who="page", at=AT % 1)
    assert look.mark_golden("c2", who="page", at=AT % 2)
    assert look.mark_golden("o", who="page", at=AT % 2)
    assert look.golden(ids) == "c2"
    look.unmark_golden("c1")
    assert look.golden(ids) == "c2"
    look.unmark_golden("c2")
    assert look.golden(ids) is None
    assert not look.mark_golden("nope", who="page", at=AT % 3)


def of_checkup(number: int, **more: Any) -> list[Any]:
    run = a_run(f"r{number}", checkup=f"c{number}", available_kb=8_000_000 + number)
    return [run, a_checkup(f"c{number}", **more)]


def test_what_is_old_goes_but_for_the_newest_the_last_good_and_the_golden(history: History) -> None:
    fail = {"verdict": Verdict.FAIL}
    for number, more in enumerate(({}, {}, fail, fail, fail)):
        kept(history, *of_checkup(number, **more))
    look = history.look()
    look.mark_golden("c2", who="page", at=AT % 1)
    assert look.tidy(oldest=AT % 0) == 0, "nothing is older than the oldest"
    assert look.tidy(oldest="2030") == 2
    assert [each.id for each in look.checkups([BOARD.device_id])] == ["c4", "c2", "c1"]
    assert look.run("r0") is look.run("r3") is None
    assert [look.run(f"r{number}") is not None for number in (1, 2, 4)] == [True] * 3
    with look.database.reading() as connection:
        left = connection.execute(sa.select(sa.func.count()).select_from(evidence_table)).scalar()
    assert left == 6, "a body and an output of each run that stayed"


def test_what_is_too_much_goes_oldest_first(history: History) -> None:
    for number in range(4):
        kept(history, *of_checkup(number, verdict=Verdict.FAIL))
    assert history.look().tidy(oldest="2000", most_bytes=0) == 3
    assert [each.id for each in history.look().checkups([BOARD.device_id])] == ["c3"]


def test_an_older_history_is_migrated_and_keeps_what_it_has(url: str | Path) -> None:
    first = History(url)
    kept(first, a_run())
    with first.look().database.writing() as connection:
        for name in ("golden", "begun", "notes", "cases", "hubs", "outbox"):
            connection.execute(sa.text(f"DROP TABLE {name}"))
        for column in ("measured", "pending"):
            connection.execute(sa.text(f"ALTER TABLE checkups DROP COLUMN {column}"))
        connection.execute(sa.text("ALTER TABLE origins DROP COLUMN station"))
        for table in ("checkups", "runs", "happenings"):
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN bench_ahead_s"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    first.close()
    again = History(url)
    assert again.look().run("r1") == a_run()
    assert again.look().golden([BOARD.device_id]) is None
    again.close()


# --- a program that was killed


def begun(name: str) -> Begun:
    return Begun(id=name, started_at=AT % 0, diagnostics=("memory", "uptime"), origin=ORIGIN)


def a_gone_program() -> str:
    """A process that has ended, as a holder."""
    with subprocess.Popen(["sleep", "60"]) as process:
        name = holder.myself().replace(f"/{os.getpid()}/", f"/{process.pid}/")
        process.kill()
    return name


def test_a_checkup_whose_program_was_killed_is_found_as_interrupted(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = a_gone_program()
    monkeypatch.setattr(holder, "myself", lambda: gone)
    kept(history, begun("c1"), a_run("r1", checkup="c1"), begun("c2"), begun("c3"), a_checkup("c3"))
    found = history.look().whole("c1")
    assert found is not None
    told = found.as_json()
    assert (told["state"], told["verdict"], told["pending"], told["runs"]) == (
        "interrupted", "unknown", ["uptime"], {"memory": "r1"},
    )  # fmt: skip
    assert (told["counts"]["pass"], told["duration_s"]) == (1, 1.25)
    listed = history.look().checkups([BOARD.device_id])
    assert [(each.id, each.state) for each in listed] == [("c1", "interrupted"), ("c3", "finished")]
    nothing = history.look().whole("c2")
    assert nothing is not None
    assert nothing.as_json()["pending"] == ["memory", "uptime"]


def test_a_list_and_one_check_up_have_one_word_for_how_it_ended(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the link was lost before the program was killed: what got no answer is none."""
    gone = a_gone_program()
    monkeypatch.setattr(holder, "myself", lambda: gone)
    lost = {"verdict": Verdict.UNKNOWN, "error": {"code": "link-lost", "message": "x", "hint": ""}}
    kept(history, begun("c1"), a_run("r1", checkup="c1"), begun("c2"), a_run("r2", checkup="c2", **lost))
    kept(history, begun("c3"), a_checkup("c4"))
    ended = {"c1": "interrupted", "c2": "not-started", "c3": "not-started", "c4": "complete"}
    for name, how in ended.items():
        whole = history.look().whole(name)
        assert whole is not None
        assert (whole.as_json()["ended"], whole.record.facts()["ended"]) == (how, how), name


def test_what_a_program_still_runs_is_not_interrupted(history: History) -> None:
    now = utc_text()  # what began a day ago counts as over (holder.LONGEST_S)
    kept(history, replace(begun("c1"), started_at=now), a_run("r1", checkup="c1"))
    assert history.look().whole("c1") is None
    kept(history, a_checkup("c1"))
    found = history.look().whole("c1")
    assert found is not None
    assert found.as_json()["state"] == "finished"


def test_a_clock_that_jumps_ahead_takes_neither_a_running_checkup_nor_what_is_kept(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(history, *of_checkup(0, verdict=Verdict.FAIL), *of_checkup(1, verdict=Verdict.FAIL), begun("c2"))
    monkeypatch.setattr(interrupted, "utc_text", lambda seconds: "2097-01-01T00:00:00.000Z")
    monkeypatch.setattr(history_file, "utc_text", lambda seconds: "2097-01-01T00:00:00.000Z")
    history.prepare()
    assert history.look().run("r0") is not None
    cut_off = history.look().checkup("c2")
    assert cut_off is not None
    assert cut_off.state == "interrupted"
    kept(history, a_checkup("c2"))
    found = history.look().checkup("c2")
    assert found is not None
    assert (found.state, found.verdict) == ("finished", Verdict.PASS)


def test_what_wears_is_kept_with_the_checkup(history: History) -> None:
    kept(history, a_checkup(measured={"boot-time:total_s": 24.1}))
    assert history.look().checkups([BOARD.device_id])[0].measured == {"boot-time:total_s": 24.1}


# --- cases and notes


def test_what_a_case_stands_on_and_a_photo_are_never_tidied_away(history: History) -> None:
    kept(history, *of_checkup(1, started_at="2020-01-01T00:00:00.000Z"))
    look, ids = history.look(), [BOARD.device_id]
    case = look.open_case(ids, work_order="WO-1", technician="", at=AT % 1)
    assert case is not None
    note = look.add_note(
        ids, case=case.id, at=AT % 1, who="page", text="x", photo=b"jpeg", photo_type="image/jpeg"
    )
    assert note is not None
    kept(history, *of_checkup(2, started_at="2020-01-02T00:00:00.000Z"), *of_checkup(3))
    assert look.tidy(oldest=AT % 0) == 1
    assert [each.id for each in look.checkups(ids)] == ["c3", "c1"]
    assert look.photo(note.id) == (b"jpeg", "image/jpeg")
    closed = look.close_case(case.id, at=AT % 2)
    assert closed is not None
    assert (closed.before, closed.after) == ("c1", "c3")
    assert look.cases(ids) == [closed]
    assert look.open_case(["nobody"], work_order="", technician="", at=AT % 2) is None


def test_siblings_are_other_boards_of_the_same_model_and_release_that_were_good(history: History) -> None:
    mine = replace(BOARD, release="R36")
    boards = {
        "alike": replace(OTHER, release="R36"),
        "older": replace(OTHER, device_id="s-" + "1" * 20, release="R35"),
        "model": replace(OTHER, device_id="s-" + "2" * 20, model="Nano", release="R36"),
        "mine": mine,
    }
    for number, (name, board) in enumerate(boards.items()):
        kept(history, a_checkup(name, board, measured={"boot-time:total_s": float(number)}))
    faulty = {"verdict": Verdict.FAIL, "measured": {"boot-time:total_s": 99.0}}
    kept(history, a_checkup("faulty", boards["alike"], **faulty))
    assert history.look().siblings(mine) == {"boot-time:total_s": [0.0]}
    assert history.look().siblings(replace(mine, release="")) == {}


def test_many_records_at_once_leave_a_board_as_one_by_one_does(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    cases = [(order, station) for order in itertools.permutations("rRc") for station in ("", "bench-3")]
    for number, (order, station) in enumerate(cases):
        seen = []
        for way in ("many", "single"):
            board = replace(BOARD, device_id=f"s-{way}-{number:04}")
            origin = replace(ORIGIN, station=station)
            made = {
                "r": replace(a_run(f"r{way}{number}", board), origin=origin, started_at=AT % 1),
                "R": replace(a_run(f"R{way}{number}", board), origin=origin, started_at=AT % 5),
                "c": replace(a_checkup(f"c{way}{number}", board), origin=origin, started_at=AT % 3),
            }
            records = [made[name] for name in order]
            for some in [records] if way == "many" else [[each] for each in records]:
                history.look().write(some)
            (found,) = (each for each in history.look().boards() if each.device.device_id == board.device_id)
            seen.append((found.first_seen, found.last_seen, found.verdict, bool(found.checkup)))
        assert seen[0] == seen[1], (order, station)
    history.close()
