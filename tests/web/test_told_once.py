"""Page, report, JUnit, JSON, CSV, history and `--all` tell of a check-up the same, also of one cut short."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import browser_on
from tests.web.small_catalogue import SMALL
from utils.bench.bay import Bay, furnished
from utils.bench.bench import Bench
from utils.bench.boards import KnownBoard
from utils.bench.fleet import Fleet
from utils.bench.matrix import matrix
from utils.bench.runner import Runner
from utils.cli.checkups import checkup_document
from utils.cli.formats import as_csv, as_json, as_junit, as_text
from utils.cli.history import BoardDocument
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.errors import Cancelled, DeviceUnreachable, HostKeyUnknown, LinkLost, LoginQuestion, V3Error
from utils.events import EventBus
from utils.judging.catalogue.loader import Catalogue
from utils.model.results import CommandResult, Device
from utils.settings import Settings
from utils.store.history import History
from utils.web import create_web_app

THREE = Catalogue({name: SMALL.get(name) for name in ("healthy", "faulty", "missing")})


def text(available: int) -> CommandResult:
    told = f"MemTotal: 16000000 kB\nMemFree: 90000 kB\nMemAvailable: {available} kB\n"
    return CommandResult("x", told.encode(), device=DEVICE)


OK, WARN, FAULT, NOTHING = text(8_000_000), text(1_200_000), text(100_000), CommandResult("x", device=DEVICE)
ASKS, NEW, AWAY, STOP = LoginQuestion(), HostKeyUnknown(), DeviceUnreachable(), Cancelled()
SITUATIONS: dict[str, tuple[Sequence[CommandResult | V3Error], str, str, int, str, str]] = {
    "complete": ([OK, OK, OK], "complete", "pass", 0, "This board is OK", "3 OK"),
    "complete, one does not decide": (
        [OK, OK, NOTHING], "complete", "unknown", 3,
        "No fault found, but 1 not checked", "1 not checked, 2 OK",
    ),
    "cancelled": (
        [OK, STOP, STOP], "cancelled", "unknown", 3, "Cancelled: 1 of 3 checked", "2 not checked, 1 OK",
    ),
    "cancelled after a fault": (
        [FAULT, STOP, STOP], "cancelled", "fail", 2,
        "Cancelled: 1 of 3 checked, 1 fault found", "1 fault, 2 not checked",
    ),
    "the login asks": (
        [ASKS] * 3, "not-started", "unknown", 3,
        "Not checked: the board asks a question first", "3 not checked",
    ),
    "trust is open": (
        [NEW] * 3, "not-started", "unknown", 3, "Not checked: the board is not trusted yet", "3 not checked",
    ),
    "no link": ([AWAY] * 3, "not-started", "unknown", 3, "Not checked: no board answers", "3 not checked"),
    "the link is lost": (
        [WARN, NOTHING, LinkLost()], "interrupted", "unknown", 3,
        "Interrupted: 1 of 3 checked. The link was lost", "1 warning, 2 not checked",
    ),
}  # fmt: skip


class Says(LocalDoor):
    """A board that answers a check-up so."""

    def __init__(self, answers: Sequence[CommandResult | V3Error]) -> None:
        answered = any(isinstance(each, CommandResult) for each in answers)
        super().__init__(DEVICE if answered else None)
        self.says = answers

    def run_many(self, requests: Any, *, cancel: Any = None) -> Iterator[Any]:
        for asked, answer in zip(requests, self.says, strict=True):
            if isinstance(answer, Cancelled):
                cancel.set()
            yield asked, answer


class Program:
    """A bench with a history, its page, and a door in each bay."""

    def __init__(self, folder: Path, *answers: Sequence[CommandResult | V3Error]) -> None:
        self.history = History(folder / "history.db")
        self.history.prepare()
        self.bus = EventBus()
        names = ("main", "left")
        self.bench = Bench(
            [self._bay(folder, *each) for each in zip(names, map(Says, answers), strict=False)]
        )
        settings = Settings.model_validate({"v3_data_dir": folder, "log_file": folder / "app.log"})
        self.client: FlaskClient = browser_on(create_web_app(settings, self.bench))

    def _bay(self, folder: Path, name: str, door: Says) -> Bay:
        runner = Runner(catalogue=THREE, door=door, bus=self.bus, bay=name, history=self.history)
        return furnished(runner, door, folder / name)

    def close(self) -> None:
        for bay in self.bench:
            bay.runner.close()
        self.history.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    made: list[Program] = []

    def program(*answers: Sequence[CommandResult | V3Error]) -> Program:
        made.append(Program(tmp_path, *answers))
        return made[-1]

    yield program
    for each in made:
        each.close()


def unknown_rows(table: str) -> int:
    return sum(row["verdict"] == "unknown" for row in csv.DictReader(io.StringIO(table)))


def ended_by_event(program: Program) -> str:
    """How the newest check-up ended, by the last event of one."""
    with program.bus.subscribe(0) as heard:
        events = {each.kind: each.data for each in iter(heard.take, None)}
    return str(events["checkup-finished"]["ended"])


def board_of(device: Device) -> KnownBoard:
    return KnownBoard(device, device.label, (device.device_id,), trusted=True)


def properties(suite: ElementTree.Element) -> dict[str | None, str | None]:
    return {each.get("name"): each.get("value") for each in suite.findall("properties/property")}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_everybody_tells_the_same_of_a_check_up(make: Any, situation: str) -> None:
    answers, code, verdict, status, title, line = SITUATIONS[situation]
    program = make(answers)
    runner, get = program.bench.default.runner, program.client.get
    checkup = runner.start_checkup()
    assert checkup.done.wait(20)
    counts, unknown = checkup.counts(), checkup.counts()["unknown"]
    sentence = line if code == "complete" else f"{title}. {line}."

    told = get(f"/api/v1/checkups/{checkup.id}").json
    headline = get("/api/v1/state").json["headline"]
    report = f"/api/v1/checkups/{checkup.id}/report"
    given = {
        "told": told["outcome"],
        "headline": headline,
        "report": get(f"{report}?format=json").json["outcome"],
    }
    for where, each in given.items():
        found = (each["code"], each["verdict"], each["title"], each["line"])
        assert found == (code, verdict, title, line), where
    assert (told["verdict"], told["counts"], told["outcome"]["exit_status"]) == (verdict, counts, status)
    assert (
        len(headline["unchecked"])
        == len(told["outcome"]["rest"])
        == sum(isinstance(each, V3Error) for each in answers)
    )
    page = get(report).text
    assert f"{title}</p>" in page
    assert f"<p>{line}</p>" in page
    assert unknown_rows(get(f"{report}?format=csv").text) == unknown

    document = checkup_document(checkup)
    assert (document.exit_status, as_text(document).splitlines()[-1]) == (status, sentence)
    assert f'"exit_status": {status}' in as_json(document)
    assert unknown_rows(as_csv(document)) == unknown
    suite = ElementTree.fromstring(as_junit(document))[0]  # noqa: S314 - our own text
    said = {"ended": code, "outcome": sentence, "not_checked": str(unknown)}
    assert said.items() <= properties(suite).items()
    assert int(suite.get("errors", "")) == unknown + (code != "complete")

    whole = program.history.look().whole(checkup.id)
    later = runner.memory.whole(checkup.id, runner.library).as_json()
    same = ("outcome", "ended", "verdict", "counts", "state", "cancelled", "diagnostics", "pending")
    assert {name: later[name] for name in same} == {name: told[name] for name in same}
    assert {told["ended"], ended_by_event(program), whole.record.facts()["ended"]} == {code}
    kept = whole.record.outcome
    assert (kept.code, kept.verdict, kept.line, kept.exit_status) == (code, verdict, line, status)
    if whole.record.device is not None:
        page = get(f"/boards/{whole.record.device.device_id}").text
        assert line in page
        assert code == "complete" or title in page
    page = get(f"/checkups/{checkup.id}").text
    assert f'data-slot="title">{title}</h1>' in page
    assert f">{line}</p>" in page
    assert page.count("data-row=") == len(told["diagnostics"])
    listed = list(BoardDocument(board_of(DEVICE), [whole.record]).lines(lambda text, _: text))
    assert line in listed[1]

    fleet = Fleet(program.bench).start()
    assert fleet.wait(20)
    assert {fleet.as_json()["ended"], fleet.as_json()["bays"]["main"]["ended"]} == {code}
    assert (fleet.verdict, checkup_document(fleet).exit_status, fleet.outcome.line) == (verdict, status, line)


def test_a_bay_that_did_not_start_makes_a_check_up_of_all_incomplete(make: Any) -> None:
    program = make([OK, WARN, OK], [DeviceUnreachable()] * 3)
    run = Fleet(program.bench).start()
    assert run.wait(20)
    title, line = "Not complete: 1 of 2 boards checked", "1 warning, 3 not checked, 2 OK"
    told, document = run.as_json(), checkup_document(run)
    assert (told["outcome"]["title"], told["outcome"]["line"], told["verdict"]) == (title, line, "unknown")
    assert told["outcome"]["exit_status"] == document.exit_status == 3
    assert told["bays"]["left"]["outcome"]["title"] == "Not checked: no board answers"
    assert matrix(run, {})["verdict"] == "unknown"
    lines = as_text(document).splitlines()
    assert lines[-1] == f"{title}. {line}."
    assert "Not checked: no board answers. 3 not checked." in lines[-2] + lines[-3]
    suites = [properties(each) for each in ElementTree.fromstring(as_junit(document))]  # noqa: S314
    assert sorted(str(each["not_checked"]) for each in suites) == ["0", "3"]


def test_a_fault_on_one_board_counts_more_than_a_board_that_did_not_start(make: Any) -> None:
    program = make([OK, FAULT, OK], [DeviceUnreachable()] * 3)
    run = Fleet(program.bench).start()
    assert run.wait(20)
    assert (run.verdict, checkup_document(run).exit_status) == ("fail", 2)
    assert run.outcome.title == "Not complete: 1 of 2 boards checked, 1 fault found"
