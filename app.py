"""V3 Diagnostics: start here. `python app.py` serves the page, `v3 …` is the command line.

settings -> logging -> door -> runner -> web. Starting never connects to a device.
Exit status: 0 stopped by its user, 3 it could not start.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from utils.errors import ConfigError
from utils.options import USAGE_ERROR, read_options
from utils.process import Stopping, leave, stand_open

if TYPE_CHECKING:
    from flask import Flask

    from utils.bench import startup
    from utils.settings import Settings

_TURN_S = 0.001  # how long a thread that judges keeps the interpreter from one that answers
_GARBAGE = (10_000, 10, 30)  # with Python's own numbers, each judged log has all objects walked through


def create_app(settings: Settings | None = None, *, demo: int = 0) -> Flask:
    """The Flask app with its core; for the flask command's own look one of commands alone. ConfigError."""
    from utils.cli import for_flask

    if for_flask.looks_for_commands():
        return for_flask.commands_alone(settings, demo=demo)
    with for_flask.start_errors():
        return _web_app(settings, demo=demo)


def _web_app(
    settings: Settings | None, *, demo: int, look_for_boards: bool = True, hub: bool = False
) -> Flask:
    from utils.bench import startup
    from utils.settings import load_settings
    from utils.web import create_web_app

    core = startup.start(settings or load_settings(), demo=demo, look_for_boards=look_for_boards, hub=hub)
    app = create_web_app(core.settings, core.bench, demo=core.demo)
    app.extensions["v3-core"] = core
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C, SIGTERM or the end of its terminal."""
    stand_open()
    options, stopping = read_options(argv), Stopping()
    sys.setswitchinterval(_TURN_S)
    gc.disable()  # what is loaded stays: looking for garbage in it would take a tenth of the start
    gc.set_threshold(*_GARBAGE)
    from utils.bench.startup import need_folder
    from utils.lab.joining import enter
    from utils.settings import has_display, load_settings
    from utils.web import context
    from utils.web.security import check_binding
    from utils.web.server import make_server, port_of, url_of

    try:
        settings = load_settings().model_copy(update=options.settings)
        check_binding(settings, by_name=options.hub)
        app = _web_app(settings, demo=options.demo, look_for_boards=not options.replay, hub=options.hub)
    except ConfigError as exc:
        return _refuse(exc)
    core: startup.Core = app.extensions["v3-core"]
    try:
        need_folder(core.settings.v3_data_dir)
        context(app).token  # noqa: B018 - made or read now, so that a fault of it shows
        replays = context(app).replays.open_files(options.replay) if options.replay else []
        server = make_server(app, core.settings)
        lab = app.extensions["v3-lab"] = enter(core, check_binding, hub=options.hub, app=app.wsgi_app)
    except ConfigError as exc:
        core.close()
        return _refuse(exc)
    home = url_of(core.settings, port_of(server))
    said = f"V3 Diagnostics{' (demo)' if core.demo else ''}: {home}"
    said += "".join(f"\nReplay: {home}bays/{bay.id}/" for bay in replays)
    with contextlib.closing(core), contextlib.closing(core.bench), lab:
        with contextlib.suppress(OSError):  # nobody reads it any more
            print(said, flush=True)  # noqa: T201
        if not options.no_browser and has_display():
            threading.Thread(target=_show, args=(home,), daemon=True).start()
        _serve(server, core, stopping)
    return 0


def _show(address: str) -> None:
    import webbrowser

    webbrowser.open(address)


def _refuse(reason: ConfigError) -> int:
    print(f"{reason}\n{reason.hint}", file=sys.stderr)  # noqa: T201 - there may be no log yet
    return USAGE_ERROR


def _serve(server: Any, core: startup.Core, stopping: Stopping) -> None:
    gc.freeze()
    gc.enable()
    threading.Thread(target=core.prepare, name="v3-prepare", daemon=True).start()
    # streams end first and at once: their threads would hold up the server's end
    stopping.serve(server.run, first=core.runner.bus.close)


if __name__ == "__main__":
    try:
        leave(main())
    except SystemExit as end:
        leave(end.code)
