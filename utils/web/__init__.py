"""The web app around a bench: security, pages, API, streams. Knows no SSH and judges nothing."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Flask
from flask_compress import Compress

from utils.bench.bench import Bench
from utils.bench.fleet import Fleet
from utils.bench.heat import Heat
from utils.settings import Settings
from utils.version import VERSION
from utils.web import at_hub, by_bay, late, pages, problems, roles, scripts, security
from utils.web.api import api
from utils.web.connecting import connecting
from utils.web.context import THREADS_BESIDE_STREAMS, Context, context
from utils.web.history import history
from utils.web.logins import Attempts, Logins
from utils.web.operated import operated
from utils.web.proxy import FromProxy
from utils.web.routes import Route
from utils.web.slots import Slots
from utils.web.sse import EventStreams, Times
from utils.web.within import first_script, styles, theme

__all__ = ["Context", "context", "create_web_app", "server_threads"]

PROJECT = Path(__file__).resolve().parent.parent.parent
_KEPT_FREE = 8  # threads that nothing may hold for long


def create_web_app(
    settings: Settings, bench: Bench, *, demo: bool = False, times: Times | None = None
) -> Flask:
    """The Flask app. times: how long streams wait for what."""
    app = Flask("v3", root_path=str(PROJECT))
    app.url_rule_class = Route
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.policies["json.dumps_kwargs"] = {}
    app.url_map.merge_slashes = False  # "//host/…" must never become a redirect
    mimetypes.knownfiles.clear()  # the laptop's own tables: Python's has all that the page sends
    for ending in (".js", ".mjs"):  # Windows may say otherwise, and then no browser runs them
        mimetypes.add_type("text/javascript", ending)
    app.config["COMPRESS_MIN_SIZE"] = 1400  # a smaller body is one packet on the wire either way
    Compress(app)
    app.jinja_env.globals |= {"styles": styles, "first_script": first_script, "theme": theme}
    app.jinja_env.globals["version"] = VERSION
    app.config["V3_CATALOGUE"] = bench.default.runner.catalogue
    found = pages.found()
    slots = Slots(streams=settings.v3_max_streams, total=server_threads(settings) - _KEPT_FREE)
    app.extensions["v3"] = Context(
        settings=settings,
        bench=bench,
        fleet=Fleet(bench),
        heat=Heat(bench),
        logins=Logins(),
        attempts=Attempts(),
        slots=slots,
        streams=EventStreams(bench.bus, slots, times),
        pages=found,
        demo=demo,
    )
    scripts.register(app)  # behind Compress: what is registered later comes first
    security.register(app)
    late.register(app)
    at_hub.register(app)
    problems.register(app)
    for blueprint in (api, operated, connecting, history, *(page.blueprint for page in found)):
        app.register_blueprint(blueprint)
    by_bay.register(app)
    roles.register(app)
    if settings.v3_trusted_proxies:
        app.wsgi_app = FromProxy(app.wsgi_app, settings.v3_trusted_proxies)  # type: ignore[assignment]
    return app


def server_threads(settings: Settings) -> int:
    """Threads of the server: one for each stream that may be open, and some for everything else."""
    return settings.v3_max_streams + THREADS_BESIDE_STREAMS
