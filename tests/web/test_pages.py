"""A page is a folder: with one more of them, menu, API document, bays and feeds have it."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.web.conftest import bench_of, browser_on
from utils.bench.runner import Runner
from utils.settings import PROJECT, Settings
from utils.web import create_web_app, pages

FOLDERS = sorted(path.parent.name for path in (PROJECT / "utils/web/pages").glob("*/views.py"))
WEATHER = '''
from contextlib import nullcontext
from flask import Blueprint, jsonify
from utils.events import EventBus
from utils.web.context import bay
from utils.web.page import Page, MenuPlace, of_bay
from utils.model.roles import Role
from utils.web.schema import STRING, describe, needs, object_of, shape


class Wind:
    def __init__(self):
        self.ring = EventBus()

    def viewer(self):
        return nullcontext()


weather = Blueprint("weather", __name__)
WINDS = {"main": Wind()}
WIND = of_bay(lambda bay: WINDS[bay.id])
PAGE = Page(weather, MenuPlace("Weather", "chart", order=15), feeds={"wind": WIND})


@weather.get("/weather")
@needs(Role.VIEWER)
def page():
    return "<h1>Weather</h1>"


@weather.get("/api/v1/weather")
@describe({200: shape("Weather", object_of(bay=STRING))}, least=Role.VIEWER)
def forecast():
    """The weather at this bay."""
    return jsonify({"bay": bay().id})
'''


@pytest.fixture
def with_weather(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: Runner, make_settings: Callable[..., Settings]
) -> Iterator[Flask]:
    folder = tmp_path / "more" / "weather"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "views.py").write_text(WEATHER)
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(folder.parent)])
    yield create_web_app(make_settings(), bench_of(runner, make_settings()))
    for name in [name for name in sys.modules if name.startswith("utils.web.pages.weather")]:
        del sys.modules[name]


def test_a_new_folder_is_in_the_menu_between_its_neighbours(with_weather: Flask) -> None:
    text = browser_on(with_weather).get("/live").get_data(as_text=True)
    places = [text.index(f'href="{path}"') for path in ("/live", "/weather", "/logs", "/terminal")]
    assert places == sorted(places)
    assert "Weather" in browser_on(with_weather).get("/weather").get_data(as_text=True)


def test_its_operations_are_in_the_api_document_and_under_each_bay(with_weather: Flask) -> None:
    client = browser_on(with_weather)
    document = client.get("/api/v1/openapi.json").json
    assert document["paths"]["/api/v1/weather"]["get"]["summary"] == "The weather at this bay."
    assert "/api/v1/bays/{bay}/weather" in document["paths"]
    assert "Weather" in document["components"]["schemas"]
    assert client.get("/api/v1/bays/main/weather").json == {"bay": "main"}


def test_its_feed_reaches_a_page_by_its_one_stream(with_weather: Flask) -> None:
    client = browser_on(with_weather)
    stream = client.get("/api/v1/events?feed=wind:main", buffered=False)
    frames = iter(stream.response)
    while "event: connection" not in str(next(frames)):
        pass
    sys.modules["utils.web.pages.weather.views"].WINDS["main"].ring.publish("gust", {"speed": 7})
    assert "event: gust" in str(next(frames))
    stream.close()


def test_without_the_folder_there_is_nothing_of_it(app: Flask) -> None:
    client = browser_on(app)
    assert "Weather" not in client.get("/live").get_data(as_text=True)
    assert client.get("/weather").status_code == 404
    assert client.get("/api/v1/events?feed=wind").status_code == 422


@pytest.mark.parametrize("name", FOLDERS)
def test_no_file_outside_a_page_imports_it(name: str) -> None:
    page = f"utils.web.pages.{name}"
    elsewhere = {path: modules for path, modules in imported().items() if page not in dotted(path)}
    assert len(elsewhere) > 300
    assert [
        path for path, modules in elsewhere.items() if any(name.startswith(page) for name in modules)
    ] == []


@functools.cache
def imported() -> dict[Path, list[str]]:
    """What each file of the program imports from."""
    found = {}
    for path in (PROJECT / "utils").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found[path] = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return found


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)
