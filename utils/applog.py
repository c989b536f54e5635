"""Logging: app.log (rotating, redacted) gets everything of interest, stderr what needs a person.

Text of the device cannot forge a line. Line breaks and control characters are written as escapes, and the
lines of a traceback are indented.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from utils.folders import make_private
from utils.redact import RedactingFormatter, redact
from utils.settings import PROJECT, Settings

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s [%(threadName)s] %(message)s"
_TIME = "%Y-%m-%dT%H:%M:%S"
_MAX_BYTES = 5 << 20
_BACKUPS = 3
# C0, DEL, C1, line and paragraph separators, and what reorders text on a screen.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def escaped(text: str) -> str:
    """The text on one line, without anything a terminal or a log reader would act on."""
    return _CONTROL.sub(lambda match: _escape(match.group()), text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class LineFormatter(RedactingFormatter):
    """One record, one line; a traceback follows indented."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join("    | " + escaped(line) for line in text.split("\n"))


class PrivateFileHandler(RotatingFileHandler):
    """Its files are readable by their owner only: they hold what devices say."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


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
    _attach(to_file, LineFormatter(_FORMAT, _TIME))


def to_terminal(*, plain: bool) -> None:
    """Warnings to stderr, and nothing else anywhere. plain: as for configure()."""
    root = logging.getLogger()
    for handler in [item for item in root.handlers if getattr(item, "v3", False)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.INFO)
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.WARNING)
    if plain:
        to_stderr.addFilter(_ForPeople())
    _attach(to_stderr, _Sentences() if plain else LineFormatter(_FORMAT, _TIME))


def _attach(handler: logging.Handler, formatter: logging.Formatter) -> None:
    handler.setFormatter(formatter)
    handler.v3 = True  # type: ignore[attr-defined]
    logging.getLogger().addHandler(handler)


def warn_of(messages: list[str]) -> None:
    """One warning for each."""
    for message in messages:
        logging.getLogger("v3.settings").warning("%s", message)


__all__ = ["configure", "escaped", "log_path", "to_terminal", "warn_of"]
