"""A large history: 50,000 check-ups of 500 boards. How long a board's page, a search and a comparison take.

    .venv/bin/python -m tests.bench.history      this part alone, without the rig

A check-up has one run, but the two newest ones of each board have 100: more than 50,000 runs by any count.
The web app's own routes answer, without a network. Processor time is this process's alone: on a machine that
does other work it tells what the wall clock would say without that.
"""

from __future__ import annotations

import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Connection, insert, text

from tests import postgres
from tests.bench.report import Section, Target, ms
from tests.bench.rig import Rig
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.demo.saved_answers import FOLDER
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, Device, Verdict, to_json
from utils.settings import Settings
from utils.store import evidence
from utils.store.history import History
from utils.store.ledger import body_of
from utils.store.schema import boards, checkups, origins, runs
from utils.web import create_web_app

BOARDS, OF_EACH, WHOLE = 500, 100, 2
DIAGNOSTICS = 100
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
OPENS_MS, SEARCH_MS, COMPARE_MS = 200, 300, 300


def section(rig: Rig, *, quick: bool) -> Section:
    """Measure both databases. No rig is needed."""
    return measured(rounds=5 if quick else 20)


def measured(*, rounds: int) -> Section:
    """A table for both databases; PostgreSQL where its programs are installed."""
    found = Section(
        "A history of 50,000 check-ups of 500 boards", ["database", "what", "median ms", "worst ms", "CPU ms"]
    )
    for name, where in _databases():
        rng = random.Random(5)
        history = History(where)
        began = time.monotonic()
        fill(history, rng)
        found.notes.append(f"{name}: filled in {time.monotonic() - began:.0f} s.")
        for what, limit, times in _asked(history, rng, rounds):
            wall, cpu = ([each[n] for each in times] for n in (0, 1))
            median = statistics.median(wall) * 1000
            found.rows.append([name, what, ms(median / 1000), ms(max(wall)), ms(statistics.median(cpu))])
            found.targets.append(Target(f"{name}: {what}", median, limit, " ms"))
        history.close()
    return found


def _databases() -> Iterator[tuple[str, str | Path]]:
    with tempfile.TemporaryDirectory(prefix="v3bench") as folder:
        yield "SQLite", Path(folder) / "history.db"
    if postgres.PROGRAMS is not None:
        with postgres.running() as server:
            yield "PostgreSQL", server.url()


def _asked(
    history: History, rng: random.Random, rounds: int
) -> Iterator[tuple[str, int, list[tuple[float, float]]]]:
    with tempfile.TemporaryDirectory(prefix="v3bench") as folder:
        client = _client(history, Path(folder))
        ids = [_board_id(rng.randrange(BOARDS)) for _ in range(rounds)]
        newest = {
            each: client.get(f"/api/v1/devices/{each}/checkups?limit=2").get_json()["checkups"]
            for each in ids
        }
        pairs = [(both[0]["checkup"], both[1]["checkup"]) for both in newest.values()]
        compare = [f"/api/v1/compare?a={a}&b={b}" for a, b in pairs]
        compared = client.get(compare[0]).get_json()["compared"]
        assert compared == DIAGNOSTICS, compared
        yield "a board's page opens", OPENS_MS, _times(client, [f"/boards/{each}" for each in ids])
        lists = [f"/api/v1/devices/{each}/checkups?limit=200" for each in ids]
        yield "a board's check-ups by API", OPENS_MS, _times(client, lists)
        words = [f"/boards?search={rng.randrange(BOARDS):05}" for _ in ids]
        yield "a search on the page", SEARCH_MS, _times(client, words)
        yield (
            "a search by API",
            SEARCH_MS,
            _times(client, [f"/api/v1/devices?search=rover-{n}" for n in range(rounds)]),
        )
        yield "a comparison of 100 diagnostics", COMPARE_MS, _times(client, compare)


def _times(client: FlaskClient, paths: Sequence[str]) -> list[tuple[float, float]]:
    client.get(paths[0])
    found = []
    for path in paths:
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        found.append((time.perf_counter() - began, time.process_time() - worked))
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return found


def _client(history: History, folder: Path) -> FlaskClient:
    door = LocalDoor()
    door.known_devices = lambda: []  # type: ignore[method-assign]
    runner = Runner(catalogue=builtin_catalogue(), door=door, history=history)
    settings = Settings.model_validate({"v3_data_dir": folder, "log_file": folder / "log"})
    app = create_web_app(settings, Bench([furnished(runner, door, folder / "recordings")]))
    client = app.test_client()
    client.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ACCEPT": "text/html"}
    return client


# --- what is in it


def fill(history: History, rng: random.Random) -> None:
    """Insert all of it at once, as no program would."""
    results = list(_results())
    with history.look().database.writing() as connection:
        texts = [each for result in results for each in _texts(result).values()]
        rows = evidence.put(connection, {evidence.hash_of(each): each for each in texts})
        kept = {each: rows[evidence.hash_of(each)] for each in texts}
        origin = connection.execute(insert(origins).values(**_origin()).returning(origins.c.id)).scalar_one()
        for number in range(BOARDS):
            _board(connection, number, origin, results, kept, rng)
        connection.execute(text("ANALYZE"))  # as both databases do it by themselves, sooner or later


def _board(
    connection: Connection, number: int, origin: int, results: Any, kept: Any, rng: random.Random
) -> None:
    device = Device(
        f"SHA256:{number}", "ssh-ed25519", f"1424{number:05}", "Orin NX", f"rover-{number}",
        release="# R36 (release), REVISION: 4.3", device_id=_board_id(number),
    )  # fmt: skip
    ids = [secrets.token_hex(8) for _ in range(OF_EACH)]
    facts = {"device_id": device.device_id, "label": device.label, "facts": asdict(device)}
    seen = {
        "first_seen": _at(0, number),
        "last_seen": _at(OF_EACH, number),
        "verdict": "warn",
        "checkup": ids[-1],
    }
    board = connection.execute(insert(boards).values(**facts, **seen).returning(boards.c.id)).scalar_one()
    rows = [_checkup(each, board, origin, n, number, rng) for n, each in enumerate(ids)]
    connection.execute(insert(checkups), rows)
    whole = {*ids[-WHOLE:]}
    more = {"board": board, "origin": origin}
    connection.execute(
        insert(runs),
        [
            {**_run(result, kept), **more, "checkup": each, "position": position}
            for each in ids
            for position, result in enumerate(results[: DIAGNOSTICS if each in whole else 1])
        ],
    )


def _checkup(name: str, board: int, origin: int, n: int, number: int, rng: random.Random) -> dict[str, Any]:
    verdict = rng.choice([Verdict.PASS, Verdict.WARN, Verdict.FAIL]).value
    measured = {
        "boot-time:total_s": round(rng.gauss(24, 1), 2),
        "temperatures:zones.celsius": rng.randrange(40, 70),
    }
    counts = {"pass": DIAGNOSTICS}
    return {
        "id": name, "board": board, "origin": origin, "started_at": _at(n, number), "duration_s": 8.5,
        "verdict": verdict, "counts": counts, "cancelled": False, "measured": measured, "pending": None,
        "clock_offset_s": None,
    }  # fmt: skip


def _run(result: Mapping[str, Any], kept: Mapping[bytes, int]) -> dict[str, Any]:
    texts = _texts(result)
    return {
        "id": secrets.token_hex(8), "diagnostic": result["diagnostic"], "verdict": result["verdict"],
        "asked_at": _at(0, 0), "started_at": _at(0, 0), "duration_s": 0.1,
        **{name: kept[texts[name]] if name in texts else None for name in ("body", "stdout", "stderr")},
    }  # fmt: skip


def _results() -> Iterator[Mapping[str, Any]]:
    """What the demo board says to the first hundred diagnostics."""
    for diagnostic in [each for each in builtin_catalogue() if not each.active][:DIAGNOSTICS]:
        said = (FOLDER / f"{diagnostic.id}.out").read_bytes()
        yield to_json(result_of(diagnostic, CommandResult(diagnostic.command, said)))


def _texts(result: Mapping[str, Any]) -> dict[str, bytes]:
    said = {name: result[name].encode() for name in ("stdout", "stderr") if result[name]}
    return {"body": body_of(result), **said}


def _origin() -> dict[str, str]:
    return {"bay": "main", "who": "", "device": "", "program": "0.2.0", "catalogue": "", "profile": ""}


def _board_id(number: int) -> str:
    return f"s-{number:020x}"


def _at(n: int, number: int) -> str:
    moment = BEGAN + timedelta(days=n, minutes=number)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    done = measured(rounds=20)
    print("\n".join(done.lines()))
    for target in done.targets:
        print(" | ".join(target.row()))
    raise SystemExit(0 if all(target.hit for target in done.targets) else 1)
