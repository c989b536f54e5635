"""What `python app.py` takes on its command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from utils.version import VERSION

USAGE_ERROR = 3
MOST_BOARDS = 40


@dataclass(frozen=True)
class Options:
    """settings: those that were given, by their names in utils.settings. demo: how many demo boards. replay:
    bundles to open. hub: whether this program is the hub of a lab."""

    settings: dict[str, Any]
    demo: int
    no_browser: bool
    replay: tuple[Path, ...] = ()
    hub: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 (any free one) to 65535")
    return int(text)


def _boards(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_BOARDS:
        raise argparse.ArgumentTypeError(f"the number of demo boards is from 1 to {MOST_BOARDS}")
    return int(text)


def read_options(argv: Sequence[str] | None = None) -> Options:
    """The options, or the program ends with USAGE_ERROR and the reason."""
    parser = _Parser(prog="app.py", description="Diagnostics page for V3 sensor modules.")
    parser.add_argument(
        "--demo", nargs="?", type=_boards, const=1, default=0, metavar="N",
        help=f"with a demo device, nothing to plug in; with N boards, at most {MOST_BOARDS}",
    )  # fmt: skip
    parser.add_argument(
        "--replay", action="append", default=[], type=Path, metavar="FILE",
        help="open this bundle as a board; may be given again",
    )  # fmt: skip
    parser.add_argument("--hub", action="store_true", help="be the hub of a lab (V3_HUB_ADDRESS)")
    parser.add_argument("--join", type=Path, metavar="FILE", help="join a lab with this invitation (V3_JOIN)")
    parser.add_argument("--host", help="address to listen on (V3_HOST)")
    parser.add_argument("--port", type=_port, help="port to listen on (V3_PORT); 0: any free one")
    parser.add_argument("--version", action="version", version=f"V3 Diagnostics {VERSION}")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    found = parser.parse_args(argv)
    if found.replay and (found.hub or found.join):
        parser.error("--replay shows a bundle and reaches nobody: leave out --hub and --join")
    if found.hub and (found.demo or found.join):
        parser.error("--hub has no boards of its own: leave out --demo and --join")
    given = {"v3_host": found.host, "v3_port": found.port, "v3_join": found.join}
    settings = {name: value for name, value in given.items() if value is not None}
    return Options(
        settings, demo=found.demo, no_browser=found.no_browser, replay=tuple(found.replay), hub=found.hub
    )
