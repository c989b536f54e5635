"""The OpenAPI document against the routes, both ways, and against real answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from tests.waiting import wait_until
from tests.web.conftest import web_app
from tests.web.small_catalogue import SMALL
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import DeviceUnreachable
from utils.settings import Settings
from utils.web import openapi

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SETTINGS = Settings.model_validate({"v3_token": "x" * 20})
APP = web_app(SETTINGS, Runner(catalogue=SMALL, door=LocalDoor()))


def document() -> dict[str, Any]:
    return openapi.document(APP)


def routes(app: Flask) -> set[tuple[str, str]]:
    found = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if path.startswith(("/api/", "/healthz")):
            found |= {(method, path) for method in (rule.methods or ()) if method in METHODS}
    return found


def described() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, item in document()["paths"].items() for method in item}


def test_each_route_describes_itself(app: Flask) -> None:
    assert routes(app) == described()


def test_operation_ids_are_the_endpoints(app: Flask) -> None:
    endpoints = {rule.endpoint.rpartition(".")[2] for rule in app.url_map.iter_rules()}
    names = [operation["operationId"] for item in document()["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))
    assert {name.removeprefix("bay_") for name in names} <= endpoints


def test_path_parameters_are_declared_and_references_lead_somewhere() -> None:
    whole = document()
    for path, item in whole["paths"].items():
        for operation in item.values():
            declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))
    schemas = whole["components"]["schemas"]
    for reference in re.findall(r"'#/components/schemas/(\w+)'", str(whole)):
        assert reference in schemas
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def objects(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object within a schema, with its place."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield place, schema
        for key, inner in schema.items():
            yield from objects(inner, f"{place}/{key}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from objects(inner, f"{place}/{number}")


def test_every_answer_says_what_it_holds() -> None:
    whole = document()
    answers = [
        answer["content"]["application/json"]["schema"]
        for item in whole["paths"].values()
        for operation in item.values()
        for answer in operation["responses"].values()
        if "application/json" in answer.get("content", {})
    ]
    assert len(answers) > 50
    assert all(list(each) == ["$ref"] for each in answers)
    found = list(objects(whole["components"]["schemas"], ""))
    assert len(found) > 100
    assert [place for place, each in found if not {"properties", "additionalProperties"} & each.keys()] == []


def schema_of(method: str, path: str, status: int, mimetype: str) -> dict[str, Any]:
    response = document()["paths"][path][method.lower()]["responses"][str(status)]
    schema: dict[str, Any] = response["content"][mimetype]["schema"]
    return {**schema, "components": document()["components"]}


def ask(client: FlaskClient, method: str, path: str, *, template: str = "", **more: Any) -> Any:
    """Ask, and hold the answer against the document."""
    answer = client.open(path, method=method, **more)
    schema = schema_of(method, template or path.partition("?")[0], answer.status_code, answer.mimetype)
    Draft202012Validator(schema).validate(answer.json)
    return answer.json


def test_real_answers_are_as_described(client: FlaskClient) -> None:
    for path in ("/healthz", "/api/v1/connection", "/api/v1/devices", "/api/v1/diagnostics"):
        ask(client, "GET", path)
    ask(client, "GET", "/api/v1/openapi.json")
    ask(client, "POST", "/api/v1/connection/reset")
    ask(client, "POST", "/api/v1/connection/trust", json={"fingerprint": "SHA256:x"})
    ask(client, "POST", "/api/v1/connection/credentials", json={"user": "x"})
    ask(client, "POST", "/api/v1/connection/answers", json={"answers": ["x"]})
    ask(client, "POST", "/api/v1/connection/ladder")
    run = "/api/v1/diagnostics/{diagnostic_id}/run"
    for name in ("healthy", "faulty", "missing"):
        ask(client, "POST", f"/api/v1/diagnostics/{name}/run", template=run)
    begun = ask(client, "POST", "/api/v1/diagnostics/hanging/run?wait=0", template=run)
    ask(client, "GET", f"/api/v1/runs/{begun['run']}", template="/api/v1/runs/{run_id}")
    cancel = "/api/v1/runs/{run_id}/cancel"
    ask(client, "POST", f"/api/v1/runs/{begun['run']}/cancel", template=cancel)
    checkup = ask(client, "POST", "/api/v1/checkups", json={"diagnostics": ["faulty", "missing"]})["checkup"]
    one = "/api/v1/checkups/{checkup_id}"
    assert wait_until(
        lambda: ask(client, "GET", f"/api/v1/checkups/{checkup}", template=one)["state"] == "finished"
    )
    ask(client, "POST", f"/api/v1/checkups/{checkup}/cancel", template=f"{one}/cancel")
    ask(client, "GET", "/api/v1/state")
    ask(client, "GET", "/api/v1/bays")
    assert ask(client, "GET", "/api/v1/bench")["matrix"] is None
    every = ask(client, "POST", "/api/v1/checkups", json={"bays": "all", "diagnostics": ["faulty"]})[
        "checkup"
    ]
    assert wait_until(
        lambda: ask(client, "GET", f"/api/v1/checkups/{every}", template=one)["state"] == "finished"
    )
    assert ask(client, "GET", "/api/v1/bench")["matrix"]["rows"][0]["cells"]["main"]["verdict"] == "fail"


def test_problems_are_as_described(client: FlaskClient, door: LocalDoor) -> None:
    run = "/api/v1/diagnostics/{diagnostic_id}/run"
    ask(client, "POST", "/api/v1/diagnostics/nope/run", template=run)
    ask(client, "POST", "/api/v1/diagnostics/healthy/run", template=run, json={"x": 1})
    ask(client, "POST", "/api/v1/diagnostics/healthy/run", template=run, data={"x": "1"})
    ask(client, "GET", "/api/v1/runs/nope", template="/api/v1/runs/{run_id}")
    ask(client, "GET", "/api/v1/connection", headers={"Sec-Fetch-Site": "cross-site"})
    ask(client, "GET", "/api/v1/events", headers={"Last-Event-ID": "x"})
    door.trouble = DeviceUnreachable()
    ask(client, "POST", "/api/v1/diagnostics/healthy/run", template=run)


def test_a_schema_that_is_not_kept_is_noticed() -> None:
    schema = schema_of("GET", "/healthz", 200, "application/json")
    assert not Draft202012Validator(schema).is_valid({"status": "broken"})
    run = schema_of("POST", "/api/v1/diagnostics/{diagnostic_id}/run", 200, "application/json")
    assert not Draft202012Validator(run).is_valid({"verdict": "pass"})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("RunBody", {"timeout": 5}, {"timeout": 0}),
        ("CheckupBody", {"diagnostics": ["a"]}, {"diagnostics": []}),
        ("TrustBody", {"fingerprint": "SHA256:x"}, {}),
        ("CredentialsBody", {"port": 22}, {"port": 70000}),
    ],
)
def test_bodies_are_described_as_strictly_as_they_are_read(
    name: str, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    schema = {**document()["components"]["schemas"][name], "components": document()["components"]}
    validator = Draft202012Validator(schema)
    assert validator.is_valid(good)
    assert not validator.is_valid(bad)
    assert not validator.is_valid({**good, "unknown": 1})
