"""Logging: app.log (rotating, redacted) gets everything of interest, stderr what needs a person.

    with about(checkup=checkup.id):     # each line from here on, of this thread, carries the id
        log.info("…")

Text of the device cannot forge a line. Line breaks and control characters are written as escapes, and the
lines of a traceback are indented.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from utils.folders import make_private, open_private
from utils.redact import RedactingFormatter, redact
from utils.settings import PROJECT, Settings

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s [%(threadName)s] %(message)s"
_TIME = "%Y-%m-%dT%H:%M:%S"
_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("v3-about", default={})  # noqa: B039 - never changed
_MAX_BYTES = 5 << 20
_BACKUPS = 3
# C0, DEL, C1, ends of lines, what reorders text or is not seen, and half characters: no file holds those.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def escaped(text: str) -> str:
    """The text on one line, without anything a terminal or a log reader would act on."""
    return _CONTROL.sub(lambda match: _escape(match.group()), text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


@contextlib.contextmanager
def about(**ids: str | None) -> Iterator[None]:
    """What this thread logs meanwhile is about these: call, checkup, run, bench. None: not about one."""
    token = _ABOUT.set({**_ABOUT.get(), **{name: told for name, told in ids.items() if told}})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def stay_about(**ids: str) -> None:
    """What this thread logs from now on is about these: for a thread that does one thing and ends."""
    _ABOUT.set({**_ABOUT.get(), **ids})


class LineFormatter(RedactingFormatter):
    """One record, one line; what it is about stands at its end. A traceback follows indented."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:
        its = " ".join(f"{name}={told}" for name, told in _ABOUT.get().items())
        return escaped(super().formatMessage(record) + (f" [{its}]" if its else ""))

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


class JsonFormatter(logging.Formatter):
    """One record, one JSON object on one line: time, level, logger, thread, message, exception, and ids."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": f"{self.formatTime(record, _TIME)}.{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
            **_ABOUT.get(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            told["stack"] = record.stack_info
        return json.dumps({name: redact(str(text)) for name, text in told.items()})


def _indented(text: str) -> str:
    return "\n".join("    | " + escaped(line) for line in text.split("\n"))


class PrivateFileHandler(RotatingFileHandler):
    """Its files are readable by their owner only: they hold what devices say."""

    def _open(self) -> Any:
        return open(
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=open_private
        )

    def doRollover(self) -> None:
        """Only where the file can be renamed: not on Windows while another program of ours has it open.

        It grows on then. No line is lost, and no older file for nothing.
        """
        if self.stream is not None:
            self.stream.close()
        self.stream = None
        with contextlib.suppress(OSError):
            os.rename(self.baseFilename, self.baseFilename)
            super().doRollover()


def log_path(settings: Settings) -> Path:
    """Where the log goes: a relative LOG_FILE is beside app.py."""
    return settings.log_file if settings.log_file.is_absolute() else PROJECT / settings.log_file


class _Sentences(logging.Formatter):
    """Of a record only what it says: for a person at a command line. app.log has the rest."""

    def format(self, record: logging.LogRecord) -> str:
        return f"Warning: {escaped(redact(record.getMessage()))}"


class _ForPeople(logging.Filter):
    """No traceback, and no sentence twice. What the link and its library log, a command says itself."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        said, text = self._said, record.getMessage()
        if record.exc_info or record.name.startswith(("v3.ssh", "paramiko")) or text in said:
            return False
        said.add(text)
        return True


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is no traceback of the SSH library: the link says in a sentence what that means."""
    return not record.name.startswith("paramiko")


def configure(settings: Settings, *, plain: bool = False) -> None:
    """Set up the root logger again. A log file that cannot be written is reported and stops nothing.

    plain: stderr gets sentences for a person, without times and tracebacks.
    """
    redact.add(*settings.secrets())
    to_terminal(plain=plain)
    logging.getLogger("paramiko").setLevel(settings.ssh_log_level)
    path = log_path(settings)
    try:
        make_private(path.parent)
        to_file = PrivateFileHandler(path, maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8")
    except OSError as exc:
        logging.getLogger(__name__).warning("The log file %s cannot be written: %s", path, exc)
        return
    as_json = settings.v3_log_format == "json"
    _attach(to_file, JsonFormatter() if as_json else LineFormatter(_FORMAT, _TIME))


def to_terminal(*, plain: bool) -> None:
    """Warnings to stderr, and nothing else anywhere. plain: as for configure()."""
    root = logging.getLogger()
    for handler in [item for item in root.handlers if getattr(item, "v3", False)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.INFO)
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.WARNING)
    to_stderr.addFilter(_ForPeople() if plain else _is_ours)
    _attach(to_stderr, _Sentences() if plain else LineFormatter(_FORMAT, _TIME))


def _attach(handler: logging.Handler, formatter: logging.Formatter) -> None:
    handler.setFormatter(formatter)
    handler.v3 = True  # type: ignore[attr-defined]
    logging.getLogger().addHandler(handler)


def warn_of(messages: list[str]) -> None:
    """One warning for each."""
    for message in messages:
        logging.getLogger("v3.settings").warning("%s", message)


__all__ = ["about", "configure", "escaped", "log_path", "stay_about", "to_terminal", "warn_of"]
