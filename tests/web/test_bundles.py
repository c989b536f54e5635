"""Bundles and replays by the API and the command line, on the demo's saved answers."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.waiting import wait_until
from tests.warm import warm_run
from tests.web.conftest import bench_of, browser_on
from tests.web.program import Page, clean_environment
from tests.web.test_cases import JPEG
from utils.bench.photo import stripped
from utils.bench.runner import Runner
from utils.bundle.reading import read_bundle
from utils.demo.recorded_door import DEVICE, RecordedDoor
from utils.settings import PROJECT, Settings
from utils.store.history import History
from utils.web import context, create_web_app

FORM = "multipart/form-data"
SECRET = "Tr0ub4dor-of-the-bench"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("bundles")
    values = {"v3_data_dir": folder, "log_file": folder / "log", "ssh_password": SECRET}
    settings = Settings.model_validate(values)
    door = RecordedDoor()
    door.settings = settings
    runner = Runner(door=door, history=History(folder / "history.db"))
    assert runner.start_checkup().done.wait(60)
    yield create_web_app(settings, bench_of(runner, settings))
    runner.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return browser_on(app)


@pytest.fixture(scope="module")
def saved(app: Flask) -> bytes:
    client = browser_on(app)
    prepared = client.post("/api/v1/bundles", json={"device": DEVICE.device_id}).json
    answer = client.post(f"/api/v1/bundles/{prepared['bundle']}/save", json={})
    assert answer.status_code == 200
    return answer.data


def test_it_is_shown_before_it_is_saved_and_what_is_kept_stays(client: FlaskClient) -> None:
    prepared = client.post("/api/v1/bundles", json={"device": DEVICE.device_id})
    assert prepared.status_code == 201
    told = prepared.json
    assert 10_000 < told["bytes"] < 500_000
    assert {each["rule"] for each in told["replacements"]} >= {"MAC", "serial number of this board"}
    gateway = next(each for each in told["questions"] if each["rule"] == "address (IPv4)")
    answer = client.post(f"/api/v1/bundles/{told['bundle']}/save", json={"keep": [gateway["id"]]})
    assert answer.headers["Content-Disposition"].endswith('.zip"')
    found = read_bundle(answer.data)
    assert gateway["text"] in found.text(gateway["file"])
    assert DEVICE.serial not in "".join(map(found.text, found.files))
    assert client.post(f"/api/v1/bundles/{told['bundle']}/save", json={"keep": ["q-1"]}).status_code == 422
    assert client.post(f"/api/v1/bundles/{told['bundle']}/cancel", json={}).status_code == 204
    assert client.post(f"/api/v1/bundles/{told['bundle']}/save", json={}).json["code"] == "unknown-bundle"


def test_a_photo_leaves_only_if_somebody_says_so_and_its_replay_shows_it(client: FlaskClient) -> None:
    posted = client.post(f"/api/v1/devices/{DEVICE.device_id}/photos?text=The+plug", data=JPEG)
    assert posted.status_code == 201
    told = client.post("/api/v1/bundles", json={"device": DEVICE.device_id}).json
    asked = next(each for each in told["questions"] if each["file"].startswith("photos/"))
    assert client.get(asked["href"]).data == stripped(JPEG)[0]
    assert asked["file"] in [each["what"] for each in told["left_out"]]
    address = f"/api/v1/bundles/{told['bundle']}/save"
    without = read_bundle(client.post(address, json={}).data)
    assert asked["file"] not in without.files
    assert (without.document.notes[0].text, without.document.notes[0].photo) == ("The plug", "")
    whole = client.post(address, json={"keep": [asked["id"]]}).data
    assert read_bundle(whole).files[asked["file"]] == stripped(JPEG)[0]
    assert f'src="{asked["file"]}"' in read_bundle(whole).text("index.html")
    opened = client.post("/api/v1/replays", data={"file": (io.BytesIO(whole), "case.zip")}).json
    photo = f"/api/v1/replays/{opened['bay']}/photos/1"
    assert f'src="{photo}"' in client.get(opened["href"]).get_data(as_text=True)
    assert client.get(photo).data == stripped(JPEG)[0]
    assert client.get(f"/api/v1/replays/{opened['bay']}/photos/2").json["code"] == "unknown-bundle"
    assert client.get("/api/v1/replays/main/photos/1").json["code"] == "unknown-bundle"
    client.post(f"/api/v1/replays/{opened['bay']}/close", json={})


def test_an_unknown_board_or_checkup_is_refused_by_name(client: FlaskClient) -> None:
    assert client.post("/api/v1/bundles", json={"device": "s-nobody"}).json["code"] == "unknown-device"
    body = {"device": DEVICE.device_id, "checkups": ["0" * 16]}
    assert client.post("/api/v1/bundles", json=body).json["code"] == "unknown-run"
    assert client.post("/api/v1/bundles", json={}).status_code == 422


def test_a_dropped_bundle_is_a_bay_with_the_same_verdicts(client: FlaskClient, saved: bytes) -> None:
    answer = client.post("/api/v1/replays", data={"file": (io.BytesIO(saved), "case.zip")})
    assert answer.status_code == 201
    opened = answer.json
    assert opened["changed"] == []
    base = f"/api/v1/bays/{opened['bay']}"
    then = json.loads(zipfile.ZipFile(io.BytesIO(saved)).read("bundle.json"))["checkups"][0]
    shown = client.get(f"{base}/checkups/{opened['checkups'][0]}").json
    assert {each["diagnostic"]: each["verdict"] for each in shown["results"]} == {
        run["diagnostic"]: run["result"]["verdict"] for run in then["runs"]
    }
    assert opened["bay"] in [each["id"] for each in client.get("/api/v1/bays").json["bays"]]
    assert client.get(opened["href"]).status_code == 200
    assert "A replay has no terminal" in client.get(f"{opened['href']}terminal").get_data(as_text=True)
    assert client.post(f"{base}/terminals", json={"cols": 80, "rows": 24}).json["code"] == "replay"
    assert client.post(f"{base}/connection/ladder", json={}).json["code"] == "replay"
    assert [each["bay"] for each in client.get("/api/v1/replays").json["replays"]] == [opened["bay"]]
    assert client.post(f"/api/v1/replays/{opened['bay']}/close", json={}).status_code == 204
    assert client.get(f"{base}/state").json["code"] == "unknown-bay"
    assert client.post("/api/v1/replays/main/close", json={}).status_code == 422


def naming(whole: bytes, **board: str) -> bytes:
    """The bundle, as one of this board that says its first check-up failed, with a recording."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    told = json.loads(files["bundle.json"])
    told["board"] |= board
    told["checkups"][0]["verdict"] = "fail"
    device = {"label": "a", "boot_id": "b", **board}
    head = {"kind": "head", "started_at": "2026-11-28T12:00:00Z", "planned_s": 60}
    lines = [head, {"kind": "live", "device": device, "charts": [], "counters": []}]
    files["recordings/20261128-120000-abc.jsonl"] = "".join(
        f"{json.dumps(each)}\n" for each in lines
    ).encode()
    told["recordings"] = [{"id": "20261128-120000-abc", "file": "recordings/20261128-120000-abc.jsonl"}]
    files["bundle.json"] = json.dumps(told).encode()
    del files["manifest-sha256.txt"]
    stated = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in {**files, "manifest-sha256.txt": stated}.items():
            archive.writestr(name, data)
    return sink.getvalue()


def test_a_bundle_that_names_a_board_of_this_bench_does_not_speak_for_it(
    app: Flask, client: FlaskClient, saved: bytes
) -> None:
    def here() -> tuple[object, ...]:
        (main,) = (each for each in client.get("/api/v1/bays").json["bays"] if each["id"] == "main")
        page = client.get(f"/boards/{DEVICE.device_id}").get_data(as_text=True)
        return main["verdict"], main["checkup"], page.count("/bays/replay-"), page.count("/report")

    before, folder = here(), app.extensions["v3"].settings.v3_data_dir
    whole = naming(saved, device_id=DEVICE.device_id, serial=DEVICE.serial, fingerprint=DEVICE.fingerprint)
    opened = client.post("/api/v1/replays", data={"file": (io.BytesIO(whole), "case.zip")}).json
    base = f"/api/v1/bays/{opened['bay']}"
    again = client.post(f"{base}/checkups", json={"diagnostics": ["memory"]}).json["checkup"]
    assert wait_until(lambda: client.get(f"{base}/checkups/{again}").json["ended"])
    assert here() == before
    assert len(client.get(f"{base}/live/recordings").json["recordings"]) == 1
    wanted = {"cameras": 9, "usb_devices": [], "can_interfaces": [], "critical_units": [], "power_mode": ""}
    answer = client.post(f"{base}/expected", json={"expect": wanted, "save": True})
    assert answer.json["code"] == "replay"
    assert not (folder / "profiles").exists()
    client.post(f"/api/v1/replays/{opened['bay']}/close", json={})


@pytest.mark.parametrize("then", ["soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_bundle_of_a_time_that_no_calendar_has_is_shown_beside_the_boards(
    client: FlaskClient, saved: bytes, then: str
) -> None:
    stated = re.sub(rb'"(made_at|started_at|at)": "[^"]*"', rb'"\1": "%b"' % then.encode(), part(saved))
    answer = client.post("/api/v1/replays", data=changed(saved, stated), content_type="application/zip")
    assert answer.status_code == 201
    opened = answer.json
    report = f"/api/v1/bays/{opened['bay']}/checkups/{opened['checkups'][0]}/report"
    pages = ["/bench", "/bundle", report, *(f"{opened['href']}{name}" for name in ("", "live", "report"))]
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
    client.post(f"/api/v1/replays/{opened['bay']}/close", json={})


def test_a_check_up_that_was_cut_short_is_so_in_its_bundle(client: FlaskClient, saved: bytes) -> None:
    stated = json.loads(part(saved))
    checkup = stated["checkups"][0]
    assert checkup["pending"] == []
    good = [run for run in checkup["runs"] if run["result"]["verdict"] == "pass"]
    checkup |= {"runs": good, "pending": [run["diagnostic"] for run in checkup["runs"] if run not in good]}
    bundle = changed(saved, json.dumps(stated).encode())
    opened = client.post("/api/v1/replays", data=bundle, content_type="application/zip").json
    told = client.get(f"/api/v1/bays/{opened['bay']}/checkups/{opened['checkups'][0]}").json
    assert (told["outcome"]["code"], told["verdict"]) == ("interrupted", "unknown")
    assert told["outcome"]["rest"] == checkup["pending"]
    for page in ("", "report"):
        assert client.get(f"{opened['href']}{page}").status_code == 200
    client.post(f"/api/v1/replays/{opened['bay']}/close", json={})


def part(bundle: bytes, name: str = "bundle.json") -> bytes:
    return zipfile.ZipFile(io.BytesIO(bundle)).read(name)


def changed(bundle: bytes, stated: bytes) -> bytes:
    """The bundle with another bundle.json, and what its manifest says of that."""
    written = io.BytesIO()
    old, new = (hashlib.sha256(each).hexdigest().encode() for each in (part(bundle), stated))
    with zipfile.ZipFile(io.BytesIO(bundle)) as found, zipfile.ZipFile(written, "w") as into:
        for name in found.namelist():
            into.writestr(name, stated if name == "bundle.json" else found.read(name).replace(old, new))
    return written.getvalue()


def test_a_script_sends_the_file_as_the_body(client: FlaskClient, saved: bytes) -> None:
    answer = client.post("/api/v1/replays?name=x.zip", data=saved, content_type="application/zip")
    assert answer.status_code == 201
    assert answer.json["name"] == "x.zip"
    client.post(f"/api/v1/replays/{answer.json['bay']}/close", json={})
    refused = client.post("/api/v1/replays", data=saved[:-30], content_type="application/zip")
    assert (refused.status_code, refused.json["code"]) == (422, "bundle-damaged")
    assert client.post("/api/v1/replays", data={"x": "y"}, content_type=FORM).json["code"] == "bad-request"


def v3(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "V3_DATA_DIR": str(folder), "LOG_FILE": str(folder / "log")}
    command = [sys.executable, "-m", "utils.cli", *words]
    return warm_run(command, cwd=PROJECT, env=environment)


def test_the_command_line_makes_one_judges_it_and_tries_rules_over_many(
    app: Flask, tmp_path: Path, saved: bytes
) -> None:
    here = context(app)
    kept = here.bench.history.look().checkups
    assert wait_until(lambda: kept([DEVICE.device_id]))  # a slow disk may be late
    folder = here.settings.v3_data_dir
    file = tmp_path / "bundles" / "mine.zip"
    file.parent.mkdir()
    told = v3(folder, "bundle", DEVICE.serial, "--output", str(file))
    assert told.returncode == 0, told.stderr
    assert "; 0 of " in told.stdout
    found = read_bundle(file.read_bytes())
    assert DEVICE.serial not in "".join(map(found.text, found.files))
    judged = v3(tmp_path, "replay", str(file), "--json")
    assert judged.returncode == 2
    assert '"diagnostic": "memory"' in judged.stdout
    (file.parent / "other.zip").write_bytes(saved)
    (file.parent / "broken.zip").write_bytes(saved[:500])
    tried = v3(tmp_path, "judge", "fan", "--bundles", str(file.parent), "--json")
    tried_over = json.loads(tried.stdout)
    assert list(tried_over["refused"]) == ["broken.zip"]
    assert tried_over["bundles"] == 2
    assert tried_over["caught"] == []
    (tmp_path / "profiles").mkdir()
    rule = '[limits.memory]\n"Available memory" = { warn = 99, fail = 98 }\n'
    (tmp_path / "profiles" / "strict.toml").write_text(f'name = "strict"\n{rule}')
    strict = json.loads(
        v3(tmp_path, "judge", "memory", "--bundles", str(file.parent), "--profile", "strict", "--json").stdout
    )
    assert {each["file"] for each in strict["caught"]} == {"mine.zip", "other.zip"}


def test_the_program_starts_with_a_bundle_open_and_refuses_what_is_none(tmp_path: Path, saved: bytes) -> None:
    file = tmp_path / "case.zip"
    file.write_bytes(saved)
    page = Page(tmp_path, "--replay", str(file))
    try:
        status, told = page.ask("GET", "/api/v1/replays")
        assert status == 200
        assert told["replays"][0]["name"] == "case.zip"
        _, shown = page.ask("GET", "/api/v1/bays/replay-1/state")
        assert len(shown["results"]) > 100
        assert shown["connection"]["view"]["word"] == "Replay"
        _, place = page.ask("GET", "/api/v1/bays")
        assert [each["id"] for each in place["bays"]] == ["replay-1"], "nothing is there that could connect"
        _, there = page.ask("GET", "/api/v1/state")
        assert there["connection"] == shown["connection"], "it is shown at once"
        assert page.ask("POST", "/api/v1/replays/replay-1/close", {})[0] == 422
    finally:
        page.stop()
    file.write_bytes(saved[:900])
    argv = [sys.executable, "app.py", "--no-browser", "--port", "0", "--replay", str(file)]
    refused = warm_run(argv, cwd=PROJECT, env=clean_environment(tmp_path))
    assert refused.returncode == 3
    assert "bundle-damaged" in refused.stderr
