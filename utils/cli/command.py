"""A command of ours: trouble is a sentence with its next step and exit status 3, never a traceback.

Questions, warnings and trouble go to stderr, so that stdout holds only what was asked for.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import sys
from pathlib import Path

import click

from utils.errors import Cancelled, ConfigError, HostKeyChanged, HostKeyUnknown, V3Error
from utils.process import stand_open

FAULT, TROUBLE = 2, 3
# Wrong usage is 3 in the convention of Nagios; click would say 2, which means "fail" here.
click.UsageError.exit_code = TROUBLE

log = logging.getLogger(__name__)

_HINTS = {
    "unknown-diagnostic": "{program} catalogue lists all of them.",
    "unknown-bay": "{program} bays lists all of them.",
    "unknown-device": "{program} history lists all boards.",
    "unknown-run": "{program} history BOARD lists the check-ups of a board.",
    "unknown-person": "{program} hub user list has all of them.",
    "bad-request": "",
}
"""What helps at a command line, by an error's code, where the error itself speaks of the page."""


class Command(click.Command):
    """All commands are of this class, under `v3` and under `flask --app app`."""

    def not_started(self, code: str) -> str:
        """What the last line says where trouble of this code comes before there is anything to show."""
        return ""

    def invoke(self, ctx: click.Context) -> None:
        """Run it. Whatever goes wrong ends here, also with what is said of that."""
        _prepare_streams()
        _hear_signals()
        try:
            if self._ended_well(ctx):
                return
        except BrokenPipeError:  # whoever read our output has left
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as exc:
            with contextlib.suppress(OSError):  # stderr may be as full
                click.echo(f"The answer cannot be written: {exc.strerror}.", err=True)
        ctx.exit(TROUBLE)

    def _ended_well(self, ctx: click.Context) -> bool:
        """Run it; False once it is said what went wrong. BrokenPipeError, OSError: it cannot be said."""
        try:
            super().invoke(ctx)
            return True
        except V3Error as exc:
            self._say(ctx, exc)
        except (KeyboardInterrupt, EOFError, click.Abort):
            click.echo("\nCancelled.", err=True)
            self._last_line(ctx, Cancelled.code)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as exc:
            if isinstance(exc, OSError) and exc.errno == errno.ENOSPC:
                raise
            log.exception("The command %s failed inside this program", ctx.info_name)
            click.echo(f"This program failed ({type(exc).__name__}); app.log has the details.", err=True)
        return False

    def _say(self, ctx: click.Context, exc: V3Error) -> None:
        from utils.cli.formats import shown

        wanted = ctx.params.get("form", "text")
        if wanted != "text":
            click.echo(shown(wanted, exc), nl=False)
        if ctx.params.get("junit"):
            with contextlib.suppress(V3Error):  # that it cannot be written may be what is said
                write(ctx.params["junit"], shown("junit", exc))
        explain(ctx, exc)
        if wanted == "text" and not exc.code.startswith(("unknown-", "bad-", "config", "catalogue")):
            self._last_line(ctx, exc.code)

    def _last_line(self, ctx: click.Context, code: str) -> None:
        said = self.not_started(code)
        if said and ctx.params.get("form", "text") == "text":
            click.echo(said)


class CheckupCommand(Command):
    """A check-up that never started says so."""

    def not_started(self, code: str) -> str:
        from utils.model.outcome import not_started

        return not_started(code).sentence


def _hear_signals() -> None:
    """Ctrl-C and SIGTERM stop the work on the device first. Whoever started us may want no Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _prepare_streams() -> None:
    """A terminal that cannot show a character shows its code. A stream that was closed swallows all."""
    from utils import applog

    stand_open()
    applog.to_terminal(plain=True)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write(path: Path, content: str | bytes) -> None:
    """Write a file that was asked for; ConfigError where that fails."""
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}", hint="Name another file.") from exc


def program(ctx: click.Context) -> str:
    """How this command line is called: `v3`, or `flask --app app`."""
    return "flask --app app" if ctx.find_root().info_name == "flask" else "v3"


def explain(ctx: click.Context, exc: V3Error) -> None:
    """The sentence and the next step, on stderr."""
    from utils.applog import escaped

    click.echo(f"{escaped(str(exc))} [{exc.code}]", err=True)
    if isinstance(exc, HostKeyUnknown | HostKeyChanged):
        _about_key(ctx, exc)
        return
    own = exc.hint != exc.default_hint  # it knows more than its code
    hint = exc.hint if own else _HINTS.get(exc.code, exc.hint).format(program=program(ctx))
    if hint:
        click.echo(escaped(hint), err=True)


def _about_key(ctx: click.Context, exc: V3Error) -> None:
    fingerprint = exc.details.get("fingerprint", "?")
    trust = f"{program(ctx)} device --trust {fingerprint}"
    click.echo(f"The device shows {fingerprint}", err=True)
    if isinstance(exc, HostKeyChanged):
        click.echo(f"It is known by    {exc.details.get('expected', '?')}", err=True)
        click.echo(f"Reflashed:          {trust} --reflashed", err=True)
    click.echo(f"If it is this one:  {trust}", err=True)
