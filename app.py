"""V3 Diagnostics: start here. `python app.py` serves the page, `flask --app app …` is the command line.

settings -> logging -> door -> runner -> web. Starting never connects to a device.
Exit status: 0 stopped by its user, 3 it could not start.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import webbrowser
from collections.abc import Sequence
from typing import NoReturn

from flask import Flask

from utils import cli, startup
from utils.errors import ConfigError
from utils.settings import Settings, has_display, load_settings
from utils.web import context, create_web_app
from utils.web.security import check_binding
from utils.web.server import make_server, port_of, url_of

USAGE_ERROR = 3


def create_app(settings: Settings | None = None, *, demo: bool = False) -> Flask:
    """The Flask app with its core behind it. ConfigError when the settings are wrong."""
    with cli.start_errors():
        core = startup.start(settings or load_settings(), demo=demo)
        app = create_web_app(core.settings, core.runner, demo=core.demo)
    app.extensions["v3-core"] = core
    cli.register(app)
    return app


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 (any free one) to 65535")
    return int(text)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="app.py", description="Diagnostics page for V3 sensor modules.")
    parser.add_argument("--demo", action="store_true", help="with a demo device, nothing to plug in")
    parser.add_argument("--host", help="address to listen on (V3_HOST)")
    parser.add_argument("--port", type=_port, help="port to listen on (V3_PORT); 0: any free one")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    return parser.parse_args(argv)


def _settings(options: argparse.Namespace) -> Settings:
    given = {"v3_host": options.host, "v3_port": options.port}
    return load_settings().model_copy(update={k: v for k, v in given.items() if v is not None})


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C or SIGTERM."""
    options = _options(argv)
    try:
        settings = _settings(options)
        check_binding(settings)
        app = create_app(settings, demo=options.demo)
    except ConfigError as exc:
        return _refuse(exc)
    core: startup.Core = app.extensions["v3-core"]
    try:
        startup.need_folder(core.settings.v3_data_dir)
        context(app).token  # noqa: B018 - made or read now, so that a fault of it shows
        server = make_server(app, core.settings)
    except ConfigError as exc:
        core.close()
        return _refuse(exc)
    url = url_of(core.settings, port_of(server))
    print(f"V3 Diagnostics{' (demo)' if core.demo else ''}: {url}", flush=True)  # noqa: T201
    if not options.no_browser and has_display():
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    _serve(server, app)
    return 0


def _refuse(reason: ConfigError) -> int:
    print(f"{reason}\n{reason.hint}", file=sys.stderr)  # noqa: T201 - there may be no log yet
    return USAGE_ERROR


def _serve(server: object, app: Flask) -> None:
    core: startup.Core = app.extensions["v3-core"]

    def stop(*_: object) -> NoReturn:
        core.runner.bus.close()  # streams end at once, so that their threads do not hold up the end
        raise SystemExit(0)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    try:
        server.run()  # type: ignore[attr-defined]
    finally:
        context(app).close()
        core.close()


if __name__ == "__main__":
    sys.exit(main())
