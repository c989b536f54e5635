"""The history on SQLite and on PostgreSQL: what is kept, found again, kept once, and said when it fails."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests import postgres
from utils.demo.saved_answers import FOLDER
from utils.errors import HistoryTrouble
from utils.judge import judge
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.result_of import result_of
from utils.model.records import Begun, CheckupRecord, Happening, Kind, Origin, RunRecord
from utils.model.results import CommandResult, Device, Result, Verdict, to_json
from utils.store import evidence, holder, interrupted
from utils.store import history as history_file
from utils.store.database import Database
from utils.store.history import History
from utils.store.schema import HEAD, metadata
from utils.store.schema import evidence as evidence_table

NEEDS = pytest.mark.skipif(postgres.PROGRAMS is None, reason="needs PostgreSQL (make deps)")
ORIGIN = Origin(bay="main", who="page 127.0.0.1", device="rover-7 · 12345678", program="0.2.0")
BOARD = Device(
    "SHA256:a", "ssh-ed25519", "1424012345678", "Orin NX", "rover-7", device_id="s-0123456789abcdef0123"
)
OTHER = replace(BOARD, serial="1424087654321", hostname="rover-8", device_id="s-fedcba98765432100123")
MEMINFO = "MemTotal: 16000000 kB\nMemFree: 9000000 kB\nMemAvailable: %d kB\n"
AT = "2026-11-28T12:00:%02d.000Z"


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


def a_result(run: str, *, available_kb: int = 8_000_000, board: Device = BOARD, **more: Any) -> Result:
    judged = judge("memory", MEMINFO % available_kb)
    told = {"started_at": AT % 1, "duration_s": 0.25, "path": "persistent", "bay": "main", "run": run}
    return replace(judged, device=ORIGIN.device, device_id=board.device_id, **{**told, **more})


def a_run(name: str = "r1", board: Device = BOARD, checkup: str | None = None, **more: Any) -> RunRecord:
    return RunRecord(
        id=name,
        diagnostic="memory",
        started_at=AT % 1,
        result=to_json(a_result(name, board=board, **more)),
        origin=ORIGIN,
        device=board,
        checkup=checkup,
    )


def a_checkup(name: str = "c1", board: Device | None = BOARD, **more: Any) -> CheckupRecord:
    values: dict[str, Any] = {
        "started_at": AT % 0,
        "duration_s": 1.5,
        "verdict": Verdict.PASS,
        "counts": {"pass": 1},
        "cancelled": False,
        "origin": ORIGIN,
    }
    return CheckupRecord(id=name, device=board, **{**values, **more})


def kept(history: History, *records: Any) -> None:
    for record in records:
        keeping = history.keep(record)
        keeping.wait(20)  # the first one may have to make the tables
        assert keeping.trouble is None


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


def test_the_migrations_make_what_the_schema_says(empty: str | Path) -> None:
    database = Database(empty)
    with database.engine().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == HEAD
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


def trouble_of(history: History, name: str) -> str | None:
    keeping = history.keep(a_run(name))
    keeping.wait(20)
    return keeping.trouble.code if keeping.trouble else None


# --- SQLite's own troubles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.db"


@pytest.fixture
def on_file(path: Path) -> Iterator[History]:
    made = History(path)
    yield made
    made.close()


def test_folder_and_files_are_this_users_alone(on_file: History, path: Path) -> None:
    kept(on_file, a_run())
    assert path.parent.stat().st_mode & 0o777 == 0o700
    files = sorted(path.parent.iterdir())
    assert [each.name for each in files] == ["history.db", "history.db-shm", "history.db-wal"]
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}


def test_at_the_end_all_of_it_is_in_the_file_though_somebody_reads(on_file: History, path: Path) -> None:
    kept(on_file, *(a_run(f"r{n}", stdout=secrets.token_hex(90_000)) for n in range(5)))
    log = path.with_name("history.db-wal")
    assert log.stat().st_size > 200_000
    with on_file.look().database.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM runs").scalar()
        on_file.close()
        assert log.stat().st_size == 0
    assert on_file.look().run("r4") is not None


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_said_and_left_as_it_is(on_file: History, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert trouble_of(on_file, "r1") == "history-damaged"
    assert path.read_bytes() == content


def test_another_programs_database_is_said(on_file: History, path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE runs (mine TEXT)")
        foreign.commit()
    assert trouble_of(on_file, "r1") == "history-damaged"


def test_a_folder_in_its_place_is_said(on_file: History, path: Path) -> None:
    path.mkdir(parents=True)
    assert trouble_of(on_file, "r1") == "history-unreachable"


def test_what_cannot_be_opened_is_tried_again(on_file: History, path: Path) -> None:
    path.mkdir(parents=True)
    assert trouble_of(on_file, "r1") == "history-unreachable"
    path.rmdir()
    assert trouble_of(on_file, "r2") is None


def test_a_full_disk_is_said_and_what_was_kept_stays(on_file: History) -> None:
    kept(on_file, a_run("r1"))
    engine = on_file.look().database.engine()

    def fill(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite then answers as on a full disk

    sa.event.listen(engine, "checkout", fill)
    keeping = on_file.keep(a_run("r2", stdout=str(list(range(90_000)))))
    keeping.wait(20)
    assert keeping.trouble is not None
    assert keeping.trouble.code == "history-full"
    assert on_file.look().run("r1") is not None
    assert on_file.look().run("r2") is None


def test_while_it_is_locked_nobody_waits_longer_than_half_a_second_for_all_of_it(
    on_file: History, path: Path
) -> None:
    kept(on_file, a_run("r0"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        keepings = [on_file.keep(a_run(f"r{n}")) for n in range(1, 6)]
        assert 0.4 < time.monotonic() - began < 2.2
        assert [each.trouble.code for each in keepings if each.trouble] == ["history-slow"] * 5
        assert on_file.look().run("r0") is not None, "looking up waits for nobody"
        other.execute("ROLLBACK")
    for each in keepings:
        each.wait(20)
    assert [each.trouble for each in keepings] == [None] * 5, "what was late is kept after all"


def test_what_is_wrong_with_one_record_is_no_others(on_file: History) -> None:
    kept(on_file, a_run("r0"))
    keepings = [on_file.hand_in(a_run(name)) for name in ("r1", "r0", "r2")]  # there is an r0
    assert on_file.look().run("r1")
    assert on_file.look().run("r2")
    assert [each.trouble.code if each.trouble else None for each in keepings] == [
        None,
        "history-damaged",
        None,
    ]


def test_without_a_place_every_thread_finds_nothing_and_no_damage() -> None:
    nowhere = History(None).look()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: nowhere.boards(), range(40))) == [[]] * 40


def test_a_writer_that_hangs_holds_up_one_record_and_takes_so_many(on_file: History) -> None:
    hold = threading.Event()
    on_file.look().write = lambda record: hold.wait(30)  # type: ignore[method-assign, assignment]
    began = time.monotonic()
    codes = [trouble.code for n in range(300) if (trouble := on_file.keep(a_run(f"r{n}")).trouble)]
    assert time.monotonic() - began < 2
    assert (codes.count("history-slow"), codes.count("history-full")) == (257, 43)
    hold.set()


def test_evidence_that_is_damaged_is_said(on_file: History) -> None:
    kept(on_file, a_run("r1"))
    with on_file.look().database.engine().begin() as connection:
        connection.execute(sa.update(evidence_table).values(packed=b"damaged"))
    with pytest.raises(HistoryTrouble, match="damaged"):
        on_file.look().run("r1")


def test_without_a_database_nothing_is_kept_and_nothing_found() -> None:
    nowhere = History(None)
    assert nowhere.keep(a_run()).trouble is None
    assert nowhere.look().boards() == []
    assert nowhere.look().run("r1") is None


def test_an_unreachable_server_is_said_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    history = History(f"postgresql://v3:very-secret@/history?host={tmp_path}")
    keeping = history.keep(a_run())
    keeping.wait(20)
    assert keeping.trouble is not None
    assert keeping.trouble.code == "history-unreachable"
    assert "very-secret" not in f"{keeping.trouble} {keeping.trouble.hint} {keeping.trouble.details}"


@pytest.mark.parametrize("content", [b"", b"x", b'{"verdict":"pass"}' * 1000, bytes(range(256)) * 40])
def test_packed_is_unpacked_again_and_damage_is_seen(content: bytes) -> None:
    packed = evidence.pack(content)
    assert evidence.unpack(packed) == content
    with pytest.raises(ValueError, match="damaged"):
        evidence.unpack(packed[:-1])


def test_what_was_packed_by_the_first_version_is_still_read() -> None:
    assert evidence.unpack(bytes.fromhex(FIRST)) == b'{"verdict":"pass","summary":"as in 0.2.0"}'


FIRST = "28b52ffd202a9d0000507b6173302e322e30227d0200991be014b3d8"


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


def test_what_a_program_still_runs_is_not_interrupted(history: History) -> None:
    kept(history, begun("c1"), a_run("r1", checkup="c1"))
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


# --- what a check-up costs


def test_a_checkup_costs_little_and_an_unchanged_one_less(path: Path) -> None:
    """Of the demo board, whose answers the dictionary has not seen. Bytes of the file, all pages counted."""
    sizes = []
    for number in range(4):
        history = History(path)  # closed, the file holds everything
        if number:
            kept(history, *whole_checkup(number))
        else:
            history.look().database.engine()
        history.close()
        sizes.append(path.stat().st_size)
    first, second, third = (after - before for before, after in itertools.pairwise(sizes))
    print(first, second, third)
    assert first <= 100_000
    assert max(second, third) <= 30_000


def whole_checkup(number: int) -> Iterator[Any]:
    catalogue = [each for each in builtin_catalogue() if not each.active]
    for position, diagnostic in enumerate(catalogue):
        text = FOLDER / f"{diagnostic.id}.out"
        answer = CommandResult(diagnostic.command, text.read_bytes() if text.exists() else b"", device=BOARD)
        result = result_of(diagnostic, answer)
        run = replace(result, run=secrets.token_hex(8), bay="main", started_at=AT % number, duration_s=0.25)
        yield RunRecord(
            id=str(run.run),
            diagnostic=diagnostic.id,
            started_at=AT % number,
            result=to_json(run),
            origin=ORIGIN,
            device=BOARD,
            checkup=f"{number:016}",
            position=position,
        )
    yield a_checkup(f"{number:016}", started_at=AT % number)


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
