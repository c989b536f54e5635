"""The demo device answers the catalogue's commands as recorded, with the clocks brought up to date."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.servers.demo_client import Lane, connect, run
from utils.demo.device import DemoDevice
from utils.demo.saved_answers import FOLDER
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.judging.catalogue.models import Category, Diagnostic
from utils.judging.result_of import result_of
from utils.model.results import CommandResult

pytestmark = pytest.mark.live
PLANTED = {"over-current", "can-bus", "modem"}


def diagnostic(name: str, command: str) -> Diagnostic:
    return Diagnostic(
        id=name,
        title=name,
        category=Category.SYSTEM,
        command=command,
        parser="meminfo",
        why="for a test",
        next_step="none",
    )


ENTRIES = (
    diagnostic("rails", "sudo -n timeout -k 2 5 railtool --all 'a  b'\nrailtool --more | sort"),
    diagnostic("since", "cat /proc/uptime; uptime"),
    diagnostic("never-recorded", "some-tool --all\nsome-tool --more"),
)
CATALOGUE = Catalogue({entry.id: entry for entry in ENTRIES})


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    (folder / "rails.out").write_bytes(b"rail 1 4.98\nrail 2 \xff no newline")
    (folder / "rails.err").write_text("a warning\n")
    (folder / "rails.exit").write_text("3\n")
    (folder / "since.out").write_text(
        "uptime 11524.45 88120.31\nclock 1700000000 2023-11-14T22:13:20Z\nepoch=1700000002\nnow 1700000000\n"
        "11520.55 80123.00\n 14:02:11 up  3:12,  1 user,  load average: 0.42, 0.38, 0.31\n"
    )
    return folder


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Iterator[DemoDevice]:
    with DemoDevice(tmp_path_factory.mktemp("demo"), CATALOGUE, saved=recording) as running:
        yield running


RAILS = (b"rail 1 4.98\nrail 2 \xff no newline", b"a warning\n", 3)


def test_a_catalogue_command_answers_from_the_recording(transport: paramiko.Transport) -> None:
    lane = Lane(transport, "f1")
    started = time.monotonic()
    assert lane.run(ENTRIES[0].command) == RAILS
    assert time.monotonic() - started > 0.004  # a device takes its time
    assert lane.run(ENTRIES[0].command.replace("sudo -n", "sudo -S -p ''")) == RAILS
    assert run(transport, ENTRIES[0].command) == RAILS
    assert run(transport, "railtool --all") == RAILS  # its first words, as a person types them
    assert run(transport, "railtool --al")[2] == 127


def test_recorded_clocks_are_brought_up_to_date(transport: paramiko.Transport) -> None:
    first, second = (run(transport, ENTRIES[1].command)[0].decode() for _ in range(2))
    pattern = (
        r"uptime (?P<uptime>1\d{4}\.\d\d) \d+\.\d\d\nclock (?P<clock>\d+) 20\d\d-[0-9-]+T[0-9:]+Z\n"
        r"epoch=(?P<epoch>\d+)\nnow (?P<now>\d+)\n1\d{4}\.\d\d \d+\.\d\d\n \d\d:\d\d:\d\d up  3:1\d, .*\n"
    )
    seen = [re.fullmatch(pattern, text) for text in (first, second)]
    assert seen[0] is not None, first
    assert seen[1] is not None, second
    assert float(seen[0]["uptime"]) < float(seen[1]["uptime"])
    assert abs(int(seen[0]["clock"]) - time.time()) < 10
    assert abs(int(seen[0]["now"]) - time.time()) < 10
    assert int(seen[0]["epoch"]) - int(seen[0]["now"]) == 2


def test_a_catalogue_command_without_recording_is_not_a_missing_tool(transport: paramiko.Transport) -> None:
    assert Lane(transport, "f2").run(ENTRIES[2].command) == (b"", b"v3-demo: no saved answer\n", 70)


def test_each_diagnostic_is_recorded_and_only_the_planted_faults_fail(tmp_path: Path) -> None:
    catalogue = builtin_catalogue()
    missing = [entry.id for entry in catalogue if not (FOLDER / f"{entry.id}.out").is_file()]
    assert missing == []
    with DemoDevice(tmp_path, catalogue) as device:
        link = connect(device)
        lane = Lane(link, "9a")
        nonces = {entry.id: lane.send(entry.command) for entry in catalogue}
        answers = {name: lane.answer(nonce) for name, nonce in nonces.items()}
        link.close()
    failed = set()
    for entry in catalogue:
        out, err, status = answers[entry.id]
        result = result_of(entry, CommandResult(entry.command, out, err, status))
        assert result.verdict != "unknown", f"{entry.id}: {result.summary}"
        if result.verdict == "fail":
            failed.add(entry.id)
    assert failed - {"kernel-log", "journal-errors"} == PLANTED  # where the same faults are logged


def test_each_recording_belongs_to_a_diagnostic() -> None:
    names = {path.stem for path in FOLDER.iterdir()}
    assert names <= {entry.id for entry in builtin_catalogue()}
