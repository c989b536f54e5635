"""A board of another bench on the hub's pages: only what passes, only while somebody looks, nothing twice."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.servers.test_lab import FIRST, QUICK, Desk, Lab
from tests.waiting import wait_until
from tests.web.conftest import Client, browser_on, web_app
from utils.audit import Audit
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import LookRefused, NotConnected
from utils.lab import look, window
from utils.lab.invitation import Invitation
from utils.lab.joining import Membership
from utils.lab.metrics import TOLD
from utils.lab.presence import OVER
from utils.lab.station import Station
from utils.settings import Settings
from utils.web import context, create_web_app

pytestmark = pytest.mark.live

FAR = "/api/v1/bays/bench-3:main"
BEYOND = 4 << 20
"""Far more than the window and all buffers of a connection."""


class Shown(Desk):
    """A bench whose pages the hub may show."""

    def __init__(self, folder: Path, invitation: Invitation) -> None:
        super().__init__(folder, invitation)
        settings = Settings(v3_data_dir=folder, log_file=folder / "app.log", v3_password="the bench's own")
        self.runner.audit = Audit(folder.parent / "bench.jsonl")
        self.app = create_web_app(settings, self.bench)
        self.station = Station(self.bench, invitation, self.app.wsgi_app)
        self.app.extensions["v3-lab"] = Membership(station=self.station)

    def close(self) -> None:
        self.bench.close()
        super().close()


class Site:
    """The hub's pages, and the bench that they show."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lab = folder, Lab(folder)
        found = self.lab.desk("bench-3", Shown)
        assert isinstance(found, Shown)
        self.desk = found
        settings = Settings(v3_data_dir=folder / "page", log_file=folder / "hub.log")
        audit = Audit(folder / "hub.jsonl")
        self.runner = Runner(door=LocalDoor(None), history=self.lab.history, audit=audit)
        app = web_app(settings, self.runner)
        app.extensions["v3-lab"] = Membership(hub=self.lab.hub)
        self.client: Client = browser_on(app)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = self.client.post(f"{FAR}/{path}", json=body)
        return answer.status_code, answer.json

    @contextmanager
    def stream(self, query: str) -> Iterator[Iterator[tuple[str, Any]]]:
        """The events of a page's stream, until it is left."""
        answer = self.client.get(f"{FAR}/events{query}", buffered=False)
        assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
        try:
            yield _events(answer.response)
        finally:
            answer.close()

    def close(self) -> None:
        self.desk.close()
        self.runner.close()
        self.lab.hub.close()
        self.lab.history.close()


def _events(pieces: Any) -> Iterator[tuple[str, Any]]:
    kind, left = "", ""
    for piece in pieces:
        *lines, left = (left + piece.decode()).split("\n")
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


def audited(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def said(events: Iterator[tuple[str, Any]], wanted: bytes) -> bytes:
    """What a terminal puts out, until it said this."""
    found = b""
    for kind, data in events:
        if kind == "term-output":
            found += base64.b64decode(data["data"])
        if wanted in found:
            return found
    raise AssertionError(f"the stream ended without {wanted!r}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("look"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _nobody_looks(site: Site) -> Iterator[None]:
    """Whatever a test looked at, the bench is at rest afterwards."""
    yield
    assert wait_until(lambda: site.desk.station.window.looks == 0)
    for each in site.desk.bench.default.terminals.all():
        site.desk.bench.default.terminals.close(each.id)


def test_a_terminal_at_the_hub_types_once_and_its_end_is_told(site: Site) -> None:
    with site.stream("?bay=bench-3:main&feed=terminals") as events:
        assert next(events)[0] == "hello"
        status, made = site.post("terminals", {"cols": 100, "rows": 30})
        assert (status, made["device_id"]) == (201, "s-first-0001")
        here, keys = f"terminals/{made['id']}", {"data": "uptime\r", "shell": 1, "writer": "w", "seq": 1}
        assert [site.post(f"{here}/input", keys)[0] for _ in range(2)] == [204, 204]
        assert said(events, b"uptime\r") == b"uptime\r"
        assert site.post(f"{here}/size", {"cols": 90, "rows": 20})[1]["cols"] == 90
        terminal = site.desk.door.terminals[-1]
        assert (terminal.typed, terminal.sizes[-1]) == (b"uptime\r", (90, 20))
        terminal.exit(3)
        ended = next(data for kind, data in events if kind == "term-state" and data["state"] != "open")
        assert (ended["state"], ended["exit_status"]) == ("ended", 3)
        status, problem = site.post(f"{here}/input", {**keys, "seq": 2})
        assert (status, problem["code"]) == (409, "terminal-over")
        assert site.post(f"{here}/close", {})[0] == 204
    at_hub, at_bench = audited(site.folder / "hub.jsonl"), audited(site.folder / "bench.jsonl")
    assert [each["who"] for each in at_bench] == 2 * ["hub: page 127.0.0.1"]
    assert [each["action"] for each in at_bench] == ["terminal-open", "terminal-close"]
    assert [(each["action"], each["station"], each["what"]) for each in at_hub] == [
        ("look", "bench-3", "terminals"), ("look", "bench-3", f"{here}/close"),
    ]  # fmt: skip
    assert all(each["device"] and each["device_id"] for each in at_hub)


def test_a_bench_works_for_the_hub_only_while_somebody_looks(site: Site) -> None:
    assert site.desk.door.kept == 1  # a station keeps its boards connected
    with site.stream("?feed=live") as events:
        assert next(events)[0] == "hello"
        assert site.desk.door.kept > 1
        assert wait_until(lambda: site.client.get(f"{FAR}/live").json["state"] != "off")
    assert wait_until(lambda: site.desk.door.kept == 1)
    assert site.desk.station.window.looks == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "connection/credentials"), ("POST", "connection/trust"), ("POST", "connection/answers"),
        ("POST", "connection/reset"), ("POST", "catalogue/reload"), ("POST", "diagnostics/healthy/run"),
        ("POST", "checkups"), ("GET", "live/recordings/x-1/report"), ("POST", "devices/s-1/forget"),
    ],
)  # fmt: skip
def test_what_is_done_at_the_bench_passes_neither_hub_nor_station(site: Site, method: str, path: str) -> None:
    answer = site.client.open(f"{FAR}/{path}", method=method, json={})
    assert answer.status_code in (403, 404, 405)
    with pytest.raises(LookRefused):
        site.lab.hub.look("bench-3", bay="main", method=method, path=path, who="Eve")
    assert (site.desk.door.credentials, site.desk.door.trusted, site.desk.door.resets) == ([], [], 0)


def test_a_look_that_comes_late_or_again_is_not_carried_out(site: Site) -> None:
    now = site.desk.station._clock.now_ms(site.lab.hub.session)
    assert now is not None
    asked = look.Look(
        id="a-look-1", session=site.lab.hub.session, not_after_ms=now - 1, bay="main", method="GET",
        path="state",
    )  # fmt: skip
    for each in (asked, asked.model_copy(update={"session": "another-run", "not_after_ms": now + 5000})):
        assert json.loads(site.desk.station.window.look(look.encode(each)))["word"] == "expired"


def test_a_flood_waits_at_the_bench_and_is_told_as_a_gap(site: Site) -> None:
    view = site.lab.hub.look("bench-3", bay="main", method="GET", path="events", query="feed=terminals")
    _, made = site.post("terminals", {})
    terminal = site.desk.door.terminals[-1]
    (pane,) = [each for each in site.desk.station.window._panes.values() if each.look.path == "events"]
    for _ in range(BEYOND >> 16):
        terminal.say(b"x" * (1 << 16))
    assert wait_until(lambda: pane._sent > look.WINDOW // 2)
    assert wait_until(
        lambda: site.client.get(f"{FAR}/terminals").json["terminals"][0]["offset"] == BEYOND, 60
    )
    assert pane._sent <= look.WINDOW
    assert view._waiting <= look.WINDOW
    terminal.say(b"the end")
    taken = b""
    for data in view:
        taken += data
        if b"feed-reset" in taken:
            break
    site.lab.hub.end_look("bench-3", view)
    assert len(taken) < BEYOND
    place = site.client.get(f"{FAR}/terminals/{made['id']}/output?from={BEYOND}").json
    assert base64.b64decode(place["data"]) == b"the end"


def test_a_bench_stops_by_itself_when_the_hub_says_nothing_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "LEASE_S", 0.5)
    view = site.lab.hub.look("bench-3", bay="main", method="GET", path="events", query="feed=live")
    hung_up = threading.Event()
    view.abandoned = hung_up.set
    assert wait_until(lambda: site.desk.station.window.looks == 0)
    assert hung_up.wait(20)
    assert not view.done
    site.lab.hub.end_look("bench-3", view)


def test_the_pages_of_a_far_board_are_the_hubs_own(site: Site) -> None:
    assert "Faulty" in site.client.get("/bays/bench-3:main/").text  # of this bench alone
    for name in ("", "live", "logs", "terminal"):
        answer = site.client.get(f"/bays/bench-3:main/{name}")
        assert answer.status_code == 200, answer.text
        assert "This board is at bench-3" in answer.text
        assert 'href="/bays/bench-3:main/logs"' in answer.text
    assert site.client.get("/bays/bench-3:main/report", headers={"Accept": "text/html"}).status_code == 403
    for unknown in ("bench-3:usb-9", "bench-9:main", ":"):
        assert site.client.get(f"/bays/{unknown}/live").status_code == 404


def test_what_a_bench_found_is_read_compared_and_packed_at_the_hub(site: Site) -> None:
    board = f"/boards/{FIRST.device_id}"
    assert "The hub has no result of this board yet" in site.client.get(board).text
    for number in (1, 2):
        assert site.lab.became(site.lab.call("bench-3"), *OVER)
        assert wait_until(lambda number=number: len(site.lab.kept()) == number)
    newest, before = site.lab.kept()
    assert site.client.get(f"/api/v1/checkups/{newest}").json["checkup"] == newest
    assert site.client.get(f"/api/v1/checkups/{newest}/report?format=html").status_code == 200
    assert site.client.get(f"/api/v1/compare?a={before}&b={newest}").json["summary"] == "Nothing changed."
    page = site.client.get(f"{board}?checkup={newest}").text
    assert "at bench-3, main" in page
    assert "Plugged in at bench-3: open its check-up" in page
    assert f'href="/checkups/{newest}"' in page
    assert f"/report?checkup={newest}" in page
    made = site.client.post("/api/v1/bundles", json={"device": FIRST.device_id})
    assert (made.status_code, newest in made.json["checkups"]) == (201, True)


def shown(page: str) -> Any:
    """What the scripts of this page begin with."""
    found = re.search(r"data-boot='([^']*)'", page)
    assert found is not None
    return json.loads(html.unescape(found[1]))


def test_a_checkup_is_shown_as_it_runs_at_its_bench_and_afterwards_as_it_was_kept(site: Site) -> None:
    called = site.lab.call("bench-3", ids=["healthy", "hanging"])
    assert site.lab.became(called, "running")
    here = f"/checkups/{called.checkup}"
    assert site.client.get(here).headers["Location"] == "/bays/bench-3:main/"
    assert wait_until(lambda: site.client.get(f"{FAR}/state").json["checkup"]["pending"] == ["hanging"])
    told = site.client.get(f"{FAR}/state").json
    assert (told["checkup"]["checkup"], told["checkup"]["state"]) == (called.checkup, "running")
    (healthy,) = [each for each in told["results"] if each["diagnostic"] == "healthy"]
    assert "MemTotal" in site.client.get(f"{FAR}/runs/{healthy['run']}/text").json["text"]
    assert site.post("checkups/another-one/cancel", {})[1]["code"] == "unknown-run"
    assert site.post(f"checkups/{called.checkup}/cancel", {})[0] == 200
    assert site.lab.became(called, "interrupted")
    assert wait_until(lambda: str(called.checkup) in site.lab.kept())
    assert f'"what": "checkups/{called.checkup}/cancel"' in (site.folder / "hub.jsonl").read_text()
    page = site.client.get(here).text
    assert "at bench-3, main, as it was kept" in page
    kept = shown(page)["kept"]
    assert (kept["headline"]["code"], kept["headline"]["unchecked"]) == ("cancelled", ["hanging"])
    assert [each["diagnostic"] for each in kept["results"]] == ["healthy"]
    assert kept["results"][0]["stdout"] == healthy["stdout"]
    assert {each["id"] for each in shown(page)["diagnostics"]} == {"healthy", "hanging"}
    assert site.client.get("/checkups/nobody-s").status_code == 404
    with pytest.MonkeyPatch.context() as patch:  # its program was started anew: the bench shows none
        patch.setattr(site.desk.runner, "newest_checkup", lambda: None)
        patch.setattr(site.desk.runner.board, "_shown", {})
        page = site.client.get("/bays/bench-3:main/").text
    assert f'<a href="{here}">' in page
    assert "Cancelled: 1 of 2 checked" in page


def metrics(client: Client, **headers: str) -> dict[str, float]:
    """By name with labels, as the text has it."""
    answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain"), answer.text
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_hub_and_bench_tell_whoever_watches_how_they_are(site: Site) -> None:
    assert site.lab.became(site.lab.call("bench-3"), *OVER)
    ended = 'v3_checkups_total{ended="complete"}'
    assert wait_until(lambda: metrics(site.client).get(ended, 0) >= 1)
    found = metrics(site.client)
    names = {name.partition("{")[0] for name in found}
    assert names <= {name for name, (who, *_) in TOLD.items() if "hub" in who}
    assert {"v3_benches", "v3_boards", "v3_outbox_oldest_seconds", "v3_errands"} <= names
    assert found['v3_benches{state="here"}'] == found['v3_links{state="connected"}'] == 1
    assert (found["v3_nats_up"], found["v3_history_up"], found["v3_looks"]) == (1, 1, 0)
    at_bench = Client(site.desk.app, site.desk.app.response_class)
    assert at_bench.get("/metrics").json["code"] == "login-required"
    key = {"Authorization": f"Bearer {context(site.desk.app).token}"}
    assert wait_until(lambda: metrics(at_bench, **key).get(ended, 0) >= 1)
    assert metrics(at_bench, **key)["v3_hub_connected"] == 1
    assert at_bench.get("/healthz/ready").json == {
        "ready": True, "reasons": [], "hub": {"connected": True, "code": None},
    }  # fmt: skip
    assert site.client.get("/healthz/ready").json == {"ready": True, "reasons": [], "hub": None}
    link = site.lab.hub._link
    assert link is not None
    link.trouble = NotConnected()
    answer = site.client.get("/healthz/ready")
    link.trouble = None
    assert (answer.status_code, [each["code"] for each in answer.json["reasons"]]) == (503, ["lab-away"])


def test_boards_that_were_called_together_are_a_matrix(site: Site) -> None:
    def matrix() -> Any:
        return site.client.get("/api/v1/lab/matrix").json["matrix"]

    boards = [{"bench": name, "bay": "main", "device_id": FIRST.device_id} for name in ("bench-3", "bench-9")]
    asked = site.client.post("/api/v1/lab/checkups", json={"boards": boards, "diagnostics": QUICK})
    assert [each["answer"] for each in asked.json["calls"]] == ["accepted", "absent"]
    assert wait_until(lambda: matrix()["state"] == "finished")
    told, here = matrix(), site.client.get("/api/v1/lab").json
    assert [(each["bay"], each["state"], each["verdict"]) for each in told["bays"]] == [
        ("bench-3:main", "finished", "fail"), ("bench-9:main", "not started", "unknown"),
    ]  # fmt: skip
    assert "not connected" in told["bays"][1]["cause"]
    assert [(row["diagnostic"], list(row["cells"])) for row in told["rows"]] == [("faulty", ["bench-3:main"])]
    assert (told["verdict"], here["fleet"]["done"], here["fleet"]["refused"]) == ("fail", 2, 1)


def test_boards_get_tags_to_be_chosen_by(site: Site) -> None:
    def tagged(**change: list[str]) -> Any:
        answer = site.client.post("/api/v1/lab/tags", json={"devices": [FIRST.device_id], **change})
        return (
            answer.json["benches"][0]["bays"][0]["tags"] if answer.status_code == 200 else answer.json["code"]
        )

    assert tagged(add=["Line  2", "spare"]) == ["line 2", "spare"]
    assert tagged(remove=["spare"]) == ["line 2"]
    assert tagged(add=[" "]) == tagged(add=["x" * 33]) == tagged(add=["\x07"]) == "bad-request"
    assert tagged(add=[str(number) for number in range(20)]) == "bad-request"
    file = site.lab.hub.folder / "tags.json"
    file.write_text("{")
    lab = site.client.get("/api/v1/lab").json
    assert "cannot be read" in lab["not_kept"]
    assert lab["benches"][0]["bays"][0]["tags"] == []
    assert tagged(add=["lost"]) == "config"  # what cannot be read is not written over
    assert file.read_text() == "{"
    file.unlink()


def test_a_bench_that_is_lost_ends_what_it_showed_and_gets_nothing_later(site: Site) -> None:
    called = site.lab.call("bench-3", ids=["hanging"])
    assert site.lab.became(called, "running")
    before = site.lab.kept()[0]
    _, made = site.post("terminals", {})
    typed = site.desk.door.terminals[-1]
    keys = {"data": "reboot\r", "shell": 1, "writer": "w", "seq": 1}
    with site.stream("?feed=terminals") as events:
        assert next(events)[0] == "hello"
        assert site.desk.station.window.looks == 1
        site.desk.station._link.close()
        assert list(events) is not None  # it ends
    assert wait_until(lambda: not site.lab.here("bench-3"))
    status, problem = site.post(f"terminals/{made['id']}/input", keys)
    assert (status, problem["code"]) == (503, "station-away")
    assert site.client.get("/bays/bench-3:main/").headers["Location"] == f"/checkups/{before}"
    unknown = "Its outcome is unknown until that bench is back."
    assert f"A newer check-up ran when bench-3 was heard last: 0 of 1 were answered. {unknown}" in (
        site.client.get(f"/checkups/{before}").text
    )
    answer = site.client.get(f"/checkups/{called.checkup}", headers={"Accept": "text/html"})
    assert (answer.status_code, "Outcome unknown" in answer.text) == (404, True)
    site.desk.station = Station(site.desk.bench, site.desk.invitation, site.desk.app.wsgi_app)
    site.desk.station.start()
    assert wait_until(lambda: site.lab.here("bench-3"), 75)
    assert site.client.get(f"{FAR}/terminals").json["terminals"][0]["id"] == made["id"]
    assert typed.typed == b""
    site.desk.runner.cancel_checkup(str(called.checkup))
    assert wait_until(lambda: site.client.get(f"/checkups/{called.checkup}").status_code == 200)
    page = site.client.get(f"/checkups/{called.checkup}").text
    assert (shown(page)["kept"]["results"], "No board answered" in page) == ([], True)
