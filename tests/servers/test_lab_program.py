"""A lab of real programs: `app.py --hub`, `v3 hub invite`, `app.py --join`, and the hub's page."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.ports import HOST, free_port
from tests.waiting import wait_until
from tests.warm import Warm, warm_run
from tests.web.program import Page, clean_environment
from utils.process import ties
from utils.settings import PROJECT

pytestmark = pytest.mark.live


@pytest.fixture
def board() -> Iterator[socket.socket]:
    """What stands where the hub's SSH_IP leads, and takes whatever connects."""
    with socket.create_server((HOST, 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture
def hub(tmp_path: Path, board: socket.socket) -> Iterator[Page]:
    made = Page(
        tmp_path / "hub",
        "--hub",
        SSH_IP=HOST,
        SSH_PORT=str(board.getsockname()[1]),
        SSH_PASSWORD="of a board",
        V3_HUB_ADDRESS=f"{HOST}:{free_port()}",
        V3_LOG_FORMAT="json",
    )
    yield made
    made.stop()


@contextlib.contextmanager
def looked_at(hub: Page) -> Iterator[None]:
    """Somebody has a page of it open: a bench would keep its links connected."""
    connection = http.client.HTTPConnection(HOST, hub.port, timeout=60)
    connection.request("GET", "/api/v1/events", headers={"Sec-Fetch-Site": "same-origin"})
    answer = connection.getresponse()
    assert (answer.status, bool(answer.readline())) == (200, True)
    yield
    connection.close()


def asked_for_a_board(hub: Page) -> None:
    """All that would lead a bench to its own board."""
    for path in ("/", "/live", "/logs", "/terminal", "/bays/main/", "/bays/main/live", "/swap", "/report"):
        assert hub.ask("GET", path)[0] == 302, path
    page = hub.ask("GET", "/boards")[1]
    assert ">Lab<" in page
    assert ">Live<" not in page
    assert "first connection" not in page
    assert 'data-part="link-facts" hidden' in page
    for path, body in (
        ("diagnostics/memory/run", {}), ("checkups", {}), ("connection/ladder", {}), ("connection/reset", {}),
        ("connection/test", {}), ("connection/credentials", {"host": HOST}), ("bays/main/checkups", {}),
        ("terminals", {"cols": 80, "rows": 24}),
    ):  # fmt: skip
        status, told = hub.ask("POST", f"/api/v1/{path}", body)
        assert (status, told["code"]) == (409, "hub-no-boards"), path
    assert hub.ask("GET", "/api/v1/connection")[1]["logins"] == 0


def bench_of(hub: Page, cookie: str = "") -> dict[str, Any]:
    given = {"Cookie": cookie, "Referer": f"http://127.0.0.1:{hub.port}/lab"}
    found: list[dict[str, Any]] = hub.ask("GET", "/api/v1/lab", **given)[1]["benches"]
    return found[0] if found else {"here": False, "bays": []}


def log_in(hub: Page, name: str, password: str) -> str:
    """The session's cookie."""
    connection = http.client.HTTPConnection(HOST, hub.port, timeout=60)
    form = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", urlencode({"name": name, "password": password}), form)
    answer = connection.getresponse()
    assert answer.status == 303
    connection.close()
    return answer.headers["Set-Cookie"].partition(";")[0]


def v3(folder: Path, *words: str, typed: str = "", **environ: str) -> str:
    argv = [sys.executable, "-m", "utils.cli", "hub", *words]
    done = warm_run(argv, cwd=PROJECT, env=clean_environment(folder, **environ), stdin=typed)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said_of(folder: Path, checkup: str) -> str:
    """What the log of a program says of this check-up; each line of it is one JSON object."""
    lines = [json.loads(line) for line in (folder / "app.log").read_text().splitlines()]
    return "\n".join(each["message"] for each in lines if each.get("checkup") == checkup)


def test_a_hub_reaches_no_board_of_its_own(hub: Page, board: socket.socket, tmp_path: Path) -> None:
    """Whatever SSH_* says, and whoever looks: its log has no word of a link, and nobody connected."""
    with looked_at(hub):
        asked_for_a_board(hub)
    assert hub.stop() == (0, "")
    with pytest.raises(BlockingIOError):
        board.accept()
    said = [json.loads(line) for line in (tmp_path / "hub/app.log").read_text().splitlines()]
    assert [each["message"] for each in said if each["level"] in ("WARNING", "ERROR")] == []


def test_a_board_is_checked_from_the_hub_until_its_bench_is_killed(hub: Page, tmp_path: Path) -> None:
    invited = v3(tmp_path / "hub", "invite", "bench-3", V3_HUB_ADDRESS=address_of(tmp_path))
    (tmp_path / "bench-3.v3join").write_text(invited)
    cookie: list[str] = []
    bench = Page(
        tmp_path / "bench", "--demo", "--join", str(tmp_path / "bench-3.v3join"), V3_LOG_FORMAT="json"
    )
    try:
        assert wait_until(lambda: bench_of(hub)["here"] and bench_of(hub)["bays"][0]["board"], 60)
        assert "Demo" not in bench_of(hub)["bays"][0]["board"]
        board = {"bench": "bench-3", "bay": "main", "device_id": bench_of(hub)["bays"][0]["device_id"]}
        status, told = hub.ask("POST", "/api/v1/lab/checkups", {"boards": [board]})
        assert status == 200
        assert wait_until(lambda: bench_of(hub)["bays"][0]["call"]["state"] == "finished", 60)
        assert wait_until(lambda: bench_of(hub)["bays"][0]["verdict"] == "fail", 60)
        checkup = told["calls"][0]["checkup"] or bench_of(hub)["bays"][0]["call"]["checkup"]
        devices = f"/api/v1/devices/{board['device_id']}/checkups"
        assert wait_until(
            lambda: [c["checkup"] for c in hub.ask("GET", devices)[1].get("checkups", ())] == [checkup], 60
        )
        assert wait_until(lambda: "The check-up ended" in said_of(tmp_path / "bench", checkup), 60)
        at_hub = (tmp_path / "hub" / "data" / "audit.jsonl").read_text().splitlines()
        assert [each["station"] for each in map(json.loads, at_hub) if each.get("call") == checkup] == [
            "bench-3"
        ]
        assert "was called for" in said_of(tmp_path / "hub", checkup)
        assert "is kept: fail" in said_of(tmp_path / "hub", checkup)
        assert "The hub calls for a checkup in main" in said_of(tmp_path / "bench", checkup)
        lines = (tmp_path / "bench" / "data" / "demo" / "audit.jsonl").read_text().splitlines()
        its = [each["action"] for each in map(json.loads, lines) if each.get("checkup") == checkup]
        assert (its.count("checkup"), its.count("run") > 50) == (1, True)
        wrong = {**board, "device_id": "s-another-board"}
        assert (
            hub.ask("POST", "/api/v1/lab/checkups", {"boards": [wrong]})[1]["calls"][0]["answer"]
            == "other-board"
        )
        assert "<h1" in hub.ask("GET", "/lab")[1]
        assert "as it was kept" in hub.ask("GET", f"/checkups/{checkup}")[1]
        assert bench.ask("GET", "/lab")[0] == bench.ask("GET", "/api/v1/lab")[0] == 404
        assert ">Lab<" not in bench.ask("GET", "/")[1]
        v3(tmp_path / "hub", "user", "add", "theo", "--role", "technician", typed="words of theo here\n")
        assert hub.ask("POST", "/api/v1/lab/checkups", {"boards": [board]})[0] == 401
        cookie.append(log_in(hub, "theo", "words of theo here"))
        assert hub.ask("POST", "/api/v1/lab/checkups", {"boards": [board]}, Cookie=cookie[0])[0] == 200
        audit = tmp_path / "bench" / "data" / "demo" / "audit.jsonl"
        assert wait_until(lambda: '"who": "hub: theo"' in audit.read_text(), 60)
    finally:
        bench.stop(signal.SIGKILL)
    assert wait_until(lambda: not bench_of(hub, cookie[0])["here"], 30)
    assert bench_of(hub, cookie[0])["bays"][0]["call"]["state"] in ("outcome-unknown", "finished")
    absent = hub.ask("POST", "/api/v1/lab/checkups", {"boards": [board]}, Cookie=cookie[0])[1]["calls"][0]
    assert (absent["state"], absent["answer"]) == ("refused", "absent")


@contextlib.contextmanager
def a_hub_that_starts(folder: Path) -> Iterator[tuple[Warm, Path]]:
    """Once its nats-server is there, and before its page is. With what tells that this server is there."""
    with Warm(
        [sys.executable, "app.py", "--no-browser", "--port", "0", "--hub"], cwd=PROJECT, text=True,
        env=clean_environment(folder, V3_DISCOVER="off", V3_HUB_ADDRESS=f"{HOST}:{free_port()}"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as hub:  # fmt: skip
        numbered = folder / "data/hub/nats.pid"
        assert wait_until(lambda: numbered.exists() and numbered.read_text(), 60)
        yield hub, Path("/proc", numbered.read_text().strip())


def test_a_hub_that_is_told_to_end_while_it_starts_leaves_no_server(tmp_path: Path) -> None:
    with a_hub_that_starts(tmp_path) as (hub, server):
        hub.send_signal(signal.SIGTERM)
        said = hub.communicate(timeout=60)[1]
        assert (hub.returncode, said) == (0, "")
        assert not server.exists()


@pytest.mark.skipif(not ties(), reason="only Linux ends children with a killed program, by setpriv")
def test_a_hub_that_is_killed_leaves_no_server_also_where_its_folder_is_deleted(tmp_path: Path) -> None:
    with a_hub_that_starts(tmp_path) as (hub, server):
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        hub.kill()
    assert wait_until(lambda: not server.exists(), 20)


def test_the_demo_lab_that_is_interrupted_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    """make demo-lab and Ctrl+C, pressed twice, once its hub has a nats-server."""
    code = (
        f"import sys; from pathlib import Path; from tools import demo_lab; demo_lab.ADDRESS = {HOST!r} ':%d'"
    )
    code += "; sys.exit(demo_lab.main(Path(sys.argv[1]), '0'))"
    lab = subprocess.Popen(
        [sys.executable, "-c", code % free_port(), str(tmp_path)], cwd=PROJECT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    numbered = tmp_path / "hub/hub/nats.pid"
    assert wait_until(lambda: numbered.exists() and numbered.read_text(), 60)
    for _ in range(2):
        lab.send_signal(signal.SIGINT)
    said = lab.communicate(timeout=60)[1]
    assert (lab.returncode, said) == (0, "")
    assert [
        words for words in map(command_line, Path("/proc").glob("[0-9]*")) if str(tmp_path) in words
    ] == []


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def address_of(tmp_path: Path) -> str:
    """Where this hub listens, as it wrote it."""
    told = json.loads((tmp_path / "hub" / "data" / "hub" / "nats.json").read_text())
    return f"{told['host']}:{told['port']}"
