"""The web app around a runner: security, pages, API, streams. Knows no SSH and judges nothing."""

from __future__ import annotations

import mimetypes
from functools import partial
from pathlib import Path

from flask import Flask
from flask_compress import Compress

from utils.catalogue.models import Diagnostic
from utils.live.hurry import Hurry
from utils.live.logs import Logs
from utils.live.recorder import Recorder
from utils.live.sampler import Sampler
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
from utils.web.recordings import recordings
from utils.web.sessions import Attempts, Sessions
from utils.web.slots import Slots
from utils.web.sse import Streams, Times
from utils.web.styles import styles
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
    app.config["COMPRESS_MIN_SIZE"] = 4096  # a smaller body is sent as soon as it would be packed
    Compress(app)
    app.jinja_env.globals["styles"] = styles
    app.config["V3_CATALOGUE"] = runner.catalogue
    slots = Slots(streams=settings.v3_max_streams, total=server_threads(settings) - _KEPT_FREE)
    followed = Logs(runner.door)
    terminals = Terminals(runner.door, runner.audit)
    judging = partial(_judging, runner)
    sampler = Sampler(runner.door, judging)
    hurry = Hurry(sampler)
    app.extensions["v3"] = Context(
        settings=settings,
        runner=runner,
        sessions=Sessions(),
        attempts=Attempts(),
        slots=slots,
        streams=Streams(runner.bus, slots, times),
        logs=followed,
        sampler=sampler,
        recorder=Recorder(sampler, settings.v3_data_dir / "recordings"),
        judging=judging,
        terminals=terminals,
        demo=demo,
        feeds={
            "live": lambda rest: sampler,
            "wiggle": lambda rest: hurry,
            "log": followed.get,
            "terminals": lambda rest: terminals,
        },
    )
    security.register(app)
    problems.register(app)
    for blueprint in (pages, api, login, live, recordings, logs, terminal):
        app.register_blueprint(blueprint)
    return app


def _judging(runner: Runner, name: str) -> Diagnostic | None:
    """The diagnostic as it judges the device at hand."""
    found = runner.library.catalogue.diagnostics.get(name)
    return runner.library.judging(found, runner.door.status().device) if found else None


def server_threads(settings: Settings) -> int:
    """Threads of the server: one for each stream that may be open, and some for everything else."""
    return settings.v3_max_streams + THREADS_BESIDE_STREAMS
