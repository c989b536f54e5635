"""The history as one file of this laptop: who may read it, what it costs, what is said when it fails."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.history_parts import (
    AT,
    BOARD,
    ORIGIN,
    a_checkup,
    a_run,
    kept,
    trouble_of,
)
from utils.demo.saved_answers import FOLDER
from utils.errors import HistoryTrouble
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.result_of import result_of
from utils.model.records import RunRecord
from utils.model.results import CommandResult, to_json
from utils.store import evidence
from utils.store.history import History
from utils.store.schema import evidence as evidence_table


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


def test_a_new_file_that_another_program_makes_ready_is_waited_for(on_file: History, path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"), sqlite3.connect(path) as hasty:
            hasty.execute("PRAGMA journal_mode = WAL")
        threading.Timer(0.2, other.execute, ["ROLLBACK"]).start()
        assert on_file.look().boards() == []


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
