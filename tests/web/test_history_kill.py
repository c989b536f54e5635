"""kill -9 while check-ups run: what was called finished is in the history, whole, and nothing is half."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.waiting import wait_until
from tests.web.program import Page
from utils.store.history import History

ROUNDS = 3
SOME = ["uptime", "memory", "load", "disk-space", "swap", "kernel-taint"]


class Listener(threading.Thread):
    """A page's event stream: what it was told is finished. Ends with the program."""

    def __init__(self, page: Page) -> None:
        super().__init__(daemon=True)
        self.runs: dict[str, Any] = {}
        self.checkups: dict[str, Any] = {}
        self.begun: set[str] = set()
        self.connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=30)
        self.connection.request("GET", "/api/v1/events", headers={"Sec-Fetch-Site": "same-origin"})
        self.answer = self.connection.getresponse()

    def run(self) -> None:
        kind = ""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            while line := self.answer.readline().decode():
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:"):
                    self.hear(kind, json.loads(line[5:]))

    def hear(self, kind: str, data: Any) -> None:
        if kind == "run-finished" and data["not_kept"] is None and data["checkup"]:
            self.begun.add(data["checkup"])
        if kind in ("run-finished", "checkup-finished") and data["not_kept"] is None:
            if kind == "run-finished":
                self.runs[data["run"]] = data["result"]
            else:
                self.checkups[data["checkup"]] = data


def said_as_kept(page: Page, listener: Listener) -> bool:
    """Run one; whether a page has heard of any that it is kept."""
    page.ask("POST", "/api/v1/diagnostics/uptime/run", {})
    return bool(listener.runs)


def use_it(page: Page) -> None:
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        while page.process.poll() is None:
            page.ask("POST", "/api/v1/checkups", {"diagnostics": SOME})
            page.ask("POST", "/api/v1/diagnostics/uptime/run", {})


def test_whenever_it_is_killed_what_was_called_finished_is_kept_whole(tmp_path: Path) -> None:
    seed = random.Random().randrange(10**6)
    print(f"seed {seed}")
    runs: dict[str, Any] = {}
    checkups: dict[str, Any] = {}
    begun: set[str] = set()
    for number in range(ROUNDS):
        page = Page(tmp_path, "--demo")
        listener = Listener(page)
        listener.start()
        assert wait_until(partial(said_as_kept, page, listener), 60), "the history is open by then"
        user = threading.Thread(target=use_it, args=(page,))
        user.start()
        time.sleep(random.Random(seed + number).uniform(0.2, 1.2))
        page.stop(signal.SIGKILL)
        user.join(10)
        listener.join(5)
        runs |= listener.runs
        checkups |= listener.checkups
        begun |= listener.begun
    assert len(runs) >= ROUNDS
    history = History(tmp_path / "data" / "demo" / "history.db")
    look = history.look()
    for run_id, result in runs.items():
        found = look.run(run_id)
        assert found is not None, run_id
        assert found.result == result
    for checkup_id, told in checkups.items():
        kept = look.whole(checkup_id)
        assert kept is not None, checkup_id
        assert kept.record.verdict.value == told["verdict"]
        assert len(kept.runs) == sum(told["counts"].values())
    for checkup_id in begun - checkups.keys():
        cut_off = look.whole(checkup_id)
        assert cut_off is not None, checkup_id
        assert cut_off.record.state == "interrupted" or not cut_off.record.pending
    with look.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    history.close()


def test_server_and_command_line_write_into_one_history(tmp_path: Path) -> None:
    from tests.web.test_cli import flask

    page = Page(tmp_path, "--demo")
    try:
        begun = page.ask("POST", "/api/v1/checkups", {"diagnostics": SOME})[1]["checkup"]
        done = flask(tmp_path, "checkup", "--demo", "--json", *SOME)
        by_cli = json.loads(done.stdout)
        late = by_cli["not_kept"]  # both write at once, and a disk may be slow: it is kept all the same
        assert (late and late["code"], bool(done.stderr)) in ((None, False), ("history-slow", True)), (
            done.stderr
        )
        deadline = time.monotonic() + 30
        while page.ask("GET", f"/api/v1/checkups/{begun}")[1]["state"] != "finished":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        board = by_cli["results"][0]["device_id"]
        listed = page.ask("GET", f"/api/v1/devices/{board}/checkups")[1]["checkups"]
        assert {each["checkup"] for each in listed} == {begun, by_cli["checkup"]}
        told = page.ask("GET", f"/api/v1/checkups/{by_cli['checkup']}")[1]
        assert told["results"] == by_cli["results"]
        shown = flask(tmp_path, "history", "--demo", "v3-demo").stdout
        assert begun in shown
        assert by_cli["checkup"] in shown
        listing = flask(tmp_path, "history", "--demo").stdout
        assert board in listing
        assert flask(tmp_path, "history", "--demo", "nobody").returncode == 3
    finally:
        page.stop()
