"""`v3`: all commands by their short name. Also `python -m utils.cli`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until a command can answer it: no traceback of an import

if not __package__:  # started as a file, by .venv/bin/v3 from anywhere
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import click

from utils.cli.commands import COMMANDS
from utils.process import leave, stand_open
from utils.version import VERSION


@click.group(name="v3", commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="V3 Diagnostics", message="%(prog)s %(version)s")
def v3() -> None:
    """Diagnose a V3 module from a terminal.

    Exit status: 0 all is well, 1 a warning, 2 a fault, 3 not checked, no connection or wrong usage.
    """


def main() -> None:
    """Run the command; the process ends with its status."""
    stand_open()
    v3.main(prog_name="v3")


if __name__ == "__main__":
    try:
        main()
    except SystemExit as end:
        leave(end.code)
