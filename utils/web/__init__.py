"""The web app around a runner: security, pages, API, streams. Knows no SSH and judges nothing."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Flask

from utils.live.terminals import Terminals
from utils.runner import Runner
from utils.settings import Settings
from utils.web import problems, security
from utils.web.api import api
from utils.web.context import THREADS_BESIDE_STREAMS, Context, context
from utils.web.live import live
from utils.web.login import login
from utils.web.logs import logs
from utils.web.pages import pages
from utils.web.sessions import Attempts, Sessions
from utils.web.slots import Slots
from utils.web.sse import Streams, Times
from utils.web.terminal import terminal

__all__ = ["Context", "context", "create_web_app", "server_threads"]

PROJECT = Path(__file__).resolve().parent.parent.parent
_KEPT_FREE = 8  # threads that nothing may hold for long


def create_web_app(
    settings: Settings, runner: Runner, *, demo: bool = False, times: Times | None = None
) -> Flask:
    """The Flask app. times: how long streams wait for what."""
    app = Flask("v3", root_path=str(PROJECT))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False  # "//host/…" must never become a redirect
    for ending in (".js", ".mjs"):  # Windows may say otherwise, and then no browser runs them
        mimetypes.add_type("text/javascript", ending)
    app.config["V3_CATALOGUE"] = runner.catalogue
    slots = Slots(streams=settings.v3_max_streams, total=server_threads(settings) - _KEPT_FREE)
    terminals = Terminals(runner.door, runner.audit)
    app.extensions["v3"] = Context(
        settings=settings,
        runner=runner,
        sessions=Sessions(),
        attempts=Attempts(),
        slots=slots,
        streams=Streams(runner.bus, slots, times),
        terminals=terminals,
        demo=demo,
        feeds={"terminals": lambda _: terminals},
    )
    security.register(app)
    problems.register(app)
    for blueprint in (pages, api, login, live, logs, terminal):
        app.register_blueprint(blueprint)
    return app


def server_threads(settings: Settings) -> int:
    """Threads of the server: one for each stream that may be open, and some for everything else."""
    return settings.v3_max_streams + THREADS_BESIDE_STREAMS
