"""The JSON API against a stand-in door: answers, refusals, and how trouble of the device looks."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from tests.waiting import once, wait_until
from utils import errors
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.redact import redact
from utils.store.history import History
from utils.web import problems
from utils.web.ready import Readiness

RUN = "/api/v1/diagnostics/healthy/run"


def wait_for(client: FlaskClient, path: str) -> dict:
    assert wait_until(lambda: client.get(path).json["state"] == "finished", every_s=0.02)
    return client.get(path).json


def test_healthz_answers_without_the_device(client: FlaskClient, door: LocalDoor) -> None:
    door.trouble = RuntimeError("no device")
    assert client.get("/healthz").json == client.get("/healthz/live").json == {"status": "ok"}
    assert wait_until(lambda: client.get("/healthz/ready").status_code == 200)
    assert client.get("/healthz/ready").json == {"ready": True, "reasons": [], "hub": None}
    assert door.executed == []


def test_a_program_whose_history_cannot_be_read_or_hangs_is_not_ready_and_says_why(
    client: FlaskClient, app: Flask, tmp_path: Path
) -> None:
    (tmp_path / "no").write_text("a file where the folder should be")
    app.extensions["v3"].__dict__["ready"] = Readiness(History(tmp_path / "no" / "history.db"))
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert wait_until(lambda: _reasons(client) == ["history-unreachable"])
    assert str(tmp_path) not in answer.text  # nobody has logged in
    goes_on, hangs = threading.Event(), History(tmp_path / "history.db")
    whole = hangs.exchange
    hangs.exchange = lambda: (goes_on.wait(60), whole())[1]  # type: ignore[method-assign]
    app.extensions["v3"].__dict__["ready"] = Readiness(hangs)
    assert _reasons(client) == ["history-slow"]
    goes_on.set()
    assert wait_until(lambda: client.get("/healthz/ready").json["ready"])
    hangs.close()


def _reasons(client: FlaskClient) -> list[str]:
    return [each["code"] for each in client.get("/healthz/ready").json["reasons"]]


def test_who_joined_no_lab_has_no_metrics(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"})
    assert (answer.status_code, answer.json["code"]) == (404, "no-metrics")


def test_the_connection_shows_the_device_with_its_label(client: FlaskClient) -> None:
    answer = client.get("/api/v1/connection").json
    assert answer["state"] == "connected"
    assert answer["device"]["label"] == "local · 12345678"


def test_the_catalogue_is_listed_with_what_a_page_needs(client: FlaskClient) -> None:
    listed = client.get("/api/v1/diagnostics").json["diagnostics"]
    assert [item["id"] for item in listed] == ["healthy", "faulty", "missing", "hanging", "active"]
    assert {"id", "title", "category", "command", "why", "next_step", "timeout", "active"} <= set(listed[0])


def test_a_run_answers_the_result_with_all_pinned_fields(client: FlaskClient) -> None:
    result = client.post(RUN).json
    assert set(result) >= {
        "diagnostic", "verdict", "summary", "findings", "reading", "command", "stdout", "stderr",
        "exit_status", "duration_s", "path", "started_at", "device",
    }  # fmt: skip
    assert result["verdict"] == "pass"
    assert set(result["findings"][0]) >= {"label", "verdict", "reason", "next_step", "evidence"}
    assert "MemTotal" in result["stdout"]


def test_a_run_without_waiting_is_accepted_and_looked_at_later(client: FlaskClient) -> None:
    answer = client.post(f"{RUN}?wait=0")
    assert answer.status_code == 202
    assert answer.json["events"] == "/api/v1/events"
    assert answer.headers["Location"] == f"/api/v1/runs/{answer.json['run']}"
    run = wait_for(client, answer.headers["Location"])
    assert run["result"]["verdict"] == "pass"


def test_the_same_diagnostic_asked_for_twice_is_one_run(client: FlaskClient, door: LocalDoor) -> None:
    path = "/api/v1/diagnostics/hanging/run?wait=0"
    first, second = client.post(path).json, client.post(path).json
    assert first["run"] == second["run"]
    client.post(f"/api/v1/runs/{first['run']}/cancel")
    run = wait_for(client, f"/api/v1/runs/{first['run']}")
    assert run["result"]["error"]["code"] == "cancelled"
    assert len(door.executed) <= 1


def test_a_run_cancelled_by_another_request_is_a_conflict_for_who_waits(
    client: FlaskClient, runner: Runner, door: LocalDoor
) -> None:
    once(lambda: door.executed, lambda: runner.cancel(runner.start("hanging").id))
    answer = client.post("/api/v1/diagnostics/hanging/run")
    assert (answer.status_code, answer.json["code"]) == (409, "cancelled")


def test_a_run_has_no_text_before_it_has_a_result(client: FlaskClient, runner: Runner) -> None:
    begun = runner.start("hanging")
    answer = client.get(f"/api/v1/runs/{begun.id}/text")
    assert (answer.status_code, answer.json["code"]) == (422, "bad-request")
    runner.cancel(begun.id)
    assert begun.done.wait(20)
    assert client.get(f"/api/v1/runs/{begun.id}/text").json["text"].split("  ")[0] == "Not checked"


def test_cancelling_a_finished_run_changes_nothing(client: FlaskClient) -> None:
    run = client.post(f"{RUN}?wait=0").json["run"]
    wait_for(client, f"/api/v1/runs/{run}")
    answer = client.post(f"/api/v1/runs/{run}/cancel")
    assert answer.status_code == 200
    assert answer.json["result"]["verdict"] == "pass"


def test_a_checkup_ends_with_a_verdict_and_results_worst_first(client: FlaskClient) -> None:
    begun = client.post("/api/v1/checkups", json={"diagnostics": ["healthy", "faulty", "missing"]})
    assert begun.status_code == 202
    assert begun.json["events"] == f"/api/v1/checkups/{begun.json['checkup']}/events"
    done = wait_for(client, begun.headers["Location"])
    assert done["verdict"] == "fail"
    assert [result["verdict"] for result in done["results"]] == ["fail", "pass", "skip"]
    assert done["counts"] == {"fail": 1, "warn": 0, "unknown": 0, "pass": 1, "info": 0, "skip": 1}
    assert done["pending"] == []


def test_a_checkup_can_be_cancelled(client: FlaskClient) -> None:
    begun = client.post("/api/v1/checkups", json={"diagnostics": ["hanging"]})
    client.post(f"{begun.headers['Location']}/cancel")
    done = wait_for(client, begun.headers["Location"])
    assert done["cancelled"] is True
    assert done["results"][0]["error"]["code"] == "cancelled"


def test_the_persons_decisions_reach_the_door(client: FlaskClient, door: LocalDoor) -> None:
    assert client.post("/api/v1/connection/reset").status_code == 200
    trust = {"fingerprint": "SHA256:abc", "reflashed": True}
    assert client.post("/api/v1/connection/trust", json=trust).status_code == 200
    given: dict[str, Any] = {"user": "bench", "host": "10.0.0.9", "port": 2222, "passphrase": "open it"}
    given["password"] = "pa$$ 'w\""
    answer = client.post("/api/v1/connection/credentials", json=given)
    assert answer.status_code == 200
    given["sudo_password"] = None
    assert (door.resets, door.trusted, door.credentials) == (1, [("SHA256:abc", True)], [given])
    assert redact(f"serial {given['password']}") == f"serial {given['password']}"  # tried, not accepted
    assert given["password"] not in answer.text


# --- refusals


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RUN, b"{"),
        (RUN, b"[]"),
        (RUN, b'"x"'),
        (RUN, b'{"timeout": NaN}'),
        (RUN, b'{"timeout": -1}'),
        (RUN, b'{"timeout": 1e9}'),
        (RUN, b'{"timeout": "5"}'),
        (RUN, b'{"timeout": true}'),
        (RUN, b'{"tiemout": 5}'),
        (RUN, b"[" * 60000),
        (RUN, b"\xff\xfe"),
        (f"{RUN}?wait=2", b"{}"),
        ("/api/v1/checkups", b'{"diagnostics": []}'),
        ("/api/v1/checkups", b'{"diagnostics": "healthy"}'),
        ("/api/v1/checkups", b'{"diagnostics": [1]}'),
        ("/api/v1/connection/reset", b'{"now": true}'),
        ("/api/v1/connection/trust", b"{}"),
        ("/api/v1/connection/trust", b""),
        ("/api/v1/connection/trust", b'{"fingerprint": ""}'),
        ("/api/v1/connection/trust", b'{"fingerprint": "SHA256:x", "reflashed": "yes"}'),
        ("/api/v1/connection/trust", b'{"fingerprint": "not-the-one"}'),
        ("/api/v1/connection/credentials", b'{"port": 70000}'),
        ("/api/v1/connection/credentials", b'{"port": "22"}'),
        ("/api/v1/connection/credentials", b'{"password": "\\ud800"}'),
        ("/api/v1/connection/credentials", b'{"passwd": "x"}'),
        ("/api/v1/connection/answers", b"{}"),
        ("/api/v1/connection/answers", b'{"answers": []}'),
        ("/api/v1/connection/answers", b'{"answers": "123456"}'),
        ("/api/v1/connection/answers", b'{"answers": [123456]}'),
    ],
)
def test_a_wrong_body_is_422_and_nothing_happens(
    client: FlaskClient, door: LocalDoor, path: str, body: bytes
) -> None:
    answer = client.post(path, data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (422, "bad-request")
    assert answer.mimetype == "application/problem+json"
    assert answer.json["hint"]
    assert (door.executed, door.resets, door.trusted, door.credentials) == ([], 0, [], [])


def test_a_wrong_body_names_each_fault(client: FlaskClient) -> None:
    answer = client.post("/api/v1/connection/credentials", json={"port": 0, "usr": "x", "user": "x" * 1001})
    assert {fault["field"] for fault in answer.json["details"]["faults"]} == {"port", "usr", "user"}
    assert answer.json["detail"] == (
        "Not accepted: user: it has more than 1000 characters; port: must be 1 or more; "
        "usr: there is no such field."
    )
    nickname = client.post("/api/v1/devices/x/nickname", json={"nickname": "two\nlines"})
    assert nickname.json["detail"] == "Not accepted: nickname: should hold letters, digits and signs alone."


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/api/v1/diagnostics/nope/run", 404, "unknown-diagnostic"),
        ("POST", "/api/v1/diagnostics/nope/run?wait=0", 404, "unknown-diagnostic"),
        ("GET", "/api/v1/runs/nope", 404, "unknown-run"),
        ("GET", "/api/v1/runs/nope/text", 404, "unknown-run"),
        ("POST", "/api/v1/runs/nope/cancel", 404, "unknown-run"),
        ("GET", "/api/v1/checkups/nope", 404, "unknown-run"),
        ("GET", "/api/v1/checkups/nope/events", 404, "unknown-run"),
        ("POST", "/api/v1/streams/nope/beat", 404, "not-found"),
        ("GET", "/api/v1/nope", 404, "not-found"),
        ("GET", "/api", 404, "not-found"),
        ("DELETE", "/api/v1/checkups", 405, "method-not-allowed"),
        ("GET", "/api/v1/checkups", 405, "method-not-allowed"),
    ],
)
def test_every_refusal_is_a_problem_document(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["type"].endswith(code)
    assert (status == 405) == ("Allow" in answer.headers)


def test_an_unknown_diagnostic_in_a_checkup_is_404(client: FlaskClient) -> None:
    answer = client.post("/api/v1/checkups", json={"diagnostics": ["nope"]})
    assert (answer.status_code, answer.json["code"]) == (404, "unknown-diagnostic")


def test_a_body_that_is_not_json_is_422_and_a_large_one_413(client: FlaskClient, door: LocalDoor) -> None:
    form = client.post(RUN, data={"timeout": "5"})
    assert (form.status_code, form.json["code"]) == (422, "bad-request")
    assert "Content-Type" in form.json["hint"]
    large = client.post(RUN, data=b" " * 70000, content_type="application/json")
    assert (large.status_code, large.json["code"]) == (413, "too-large")
    assert door.executed == []


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (errors.DeviceUnreachable(), 502),
        (errors.LinkLost(), 502),
        (errors.AuthenticationFailed(), 502),
        (errors.NoCredentials(), 502),
        (errors.HostKeyUnknown(fingerprint="SHA256:x"), 502),
        (errors.HostKeyChanged(fingerprint="SHA256:x", expected="SHA256:y"), 502),
        (errors.OutcomeUnknown(), 502),
        (errors.CommandTimeout(), 504),
        (errors.NotResponding(), 504),
        (errors.LoginTimeout(), 504),
        (errors.DeviceChanged(), 409),
        (errors.Cancelled(), 409),
        (errors.Busy(), 503),
        (errors.LinkInternal(), 500),
        (ZeroDivisionError("bug"), 500),
    ],
)
def test_trouble_of_the_device_has_its_status_code_and_next_step(
    client: FlaskClient, door: LocalDoor, trouble: Exception, status: int
) -> None:
    door.trouble = trouble
    answer = client.post(RUN)
    assert answer.status_code == status
    assert answer.json["code"] == getattr(trouble, "code", "internal")
    assert answer.json["hint"]
    assert answer.json["detail"]
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_details_of_an_error_are_in_the_problem(client: FlaskClient, door: LocalDoor) -> None:
    door.trouble = errors.HostKeyUnknown(fingerprint="SHA256:x", key_type="ssh-ed25519")
    assert client.post(RUN).json["details"] == {"fingerprint": "SHA256:x", "key_type": "ssh-ed25519"}


def test_without_waiting_trouble_of_the_device_is_in_the_result(client: FlaskClient, door: LocalDoor) -> None:
    door.trouble = errors.DeviceUnreachable()
    begun = client.post(f"{RUN}?wait=0")
    assert begun.status_code == 202
    result = wait_for(client, begun.headers["Location"])["result"]
    assert (result["verdict"], result["error"]["code"]) == ("unknown", "unreachable")


def test_a_fault_inside_the_program_is_not_shown(client: FlaskClient, door: LocalDoor) -> None:
    door.reset = lambda: 1 / 0  # type: ignore[assignment, method-assign, return-value]
    answer = client.post("/api/v1/connection/reset")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert "division" not in answer.text


def test_every_code_of_the_status_table_exists() -> None:
    codes = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.V3Error)
    }
    assert set(problems.STATUS) <= codes


def test_outside_the_api_an_error_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "Open the dashboard" in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["timeout", "diagnostics", "fingerprint", "reflashed", "user", "host", "port", "password", "x"]
)
POSTS = (
    "/api/v1/diagnostics/missing/run?wait=0", "/api/v1/checkups", "/api/v1/connection/trust",
    "/api/v1/connection/credentials", "/api/v1/connection/reset", "/api/v1/runs/x/cancel",
)  # fmt: skip


@budget(150)
@given(path=st.sampled_from(POSTS), body=st.dictionaries(KEYS, JSON, max_size=3))
def test_no_body_fails_inside_the_program(client: FlaskClient, path: str, body: dict) -> None:
    answer = client.post(path, data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 202, 404, 422, 503)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"


@budget(100)
@given(
    path=st.sampled_from(POSTS),
    body=st.binary(max_size=60),
    kind=st.sampled_from(["application/json", "x/y", ""]),
)
def test_no_bytes_fail_inside_the_program(client: FlaskClient, path: str, body: bytes, kind: str) -> None:
    answer = client.post(path, data=body, content_type=kind)
    assert answer.status_code in (200, 202, 404, 422, 503)
