"""Secrets never show, in whatever form; a log line cannot be forged."""

from __future__ import annotations

import base64
import io
import itertools
import json
import logging
import re
import shlex
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.each import each
from utils import applog as logs
from utils.applog import LineFormatter
from utils.redact import MASK, Redactor, redact
from utils.settings import Settings

SECRET = "ca na'ry$%/+\"42ü"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        shlex.quote(SECRET),
        repr(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_form_of_a_secret_is_redacted(form: str) -> None:
    known, text = Redactor([SECRET]), f"before {form} after"
    shown = known(text)
    assert MASK in shown
    assert SECRET not in shown
    assert shown.startswith("before ")
    for values in ([text], [{"a": [1, {"b": text}]}], [{text: None}]):  # a result is looked over as a whole
        assert known.may_be_in(values)
    assert known.may_be_in([], "", text)
    assert not known.may_be_in([{"before": ["after", None]}], "before after")
    assert shown.endswith(" after")


def test_a_secret_that_holds_another_is_redacted_whole() -> None:
    assert Redactor(["canary", "canary-long"])("x canary-long y") == f"x {MASK} y"


def test_short_and_factory_passwords_do_not_blank_out_ordinary_text() -> None:
    redactor = Redactor(["abc", "ubuntu", "nvidia", "demo"])
    assert redactor("abc ubuntu nvidia-smi demo") == "abc ubuntu nvidia-smi demo"


@pytest.mark.parametrize(
    "text",
    ["serial 1424024012345", "wlan12345", "a_12345", "12345x", "0x12345", "sha256:ab12345cd", "ü12345"],
)
def test_identifiers_that_hold_a_secret_stay_whole(text: str) -> None:
    assert Redactor(["12345"])(text) == text


BEFORE = (
    "", " ", "=", ":", "'", '"', "-", "/", "\n", r"\n", r"\t", r"\x1b", r"\u001b", "\x1b[1;31m", r"\x1b[0m",
    "%0A", "(",
)  # fmt: skip
AFTER = ("", " ", "\n", r"\n", "\x1b[0m", "'", "&", ".", "-", "@host")


@each(list(itertools.product(BEFORE, AFTER)))
def test_a_secret_is_found_behind_and_before_anything_but_a_word(around: tuple[str, str]) -> None:
    before, after = around
    shown = Redactor(["12345"])(f"pw{before or ' '}12345{after}")
    assert ("12345" in shown, MASK in shown) == (False, True)


@pytest.mark.parametrize("secret", ['with "quotes"', "back\\slash", "größer-als-42"])
def test_a_secret_is_found_in_json(secret: str) -> None:
    for text in (json.dumps({"x": secret}), json.dumps({"x": secret}, ensure_ascii=False)):
        assert json.loads(Redactor([secret])(text)) == {"x": MASK}


def formatted(record: logging.LogRecord) -> str:
    return LineFormatter("%(levelname)s %(message)s").format(record)


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("t", logging.INFO, "f", 1, message, args, exc_info)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "a\nERROR forged", "a\r\nERROR forged", "a\x1b[2Jb", "a\x85b", "a\u2028b", "\u202egpj.exe", "a\0b",
        "a\ud800b", "\u200fa", "\u061ca", "a\u200bb", "\ufeffa", "a\u2060b", "a\U000e0041b",
    ],
)  # fmt: skip
def test_device_text_stays_on_its_line_and_acts_on_nothing(text: str) -> None:
    line = formatted(record("device says %s", text))
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_a_traceback_is_indented_redacted_and_cannot_forge_a_line() -> None:
    redact.add("canary-traceback")
    try:
        raise RuntimeError("first\n2026-01-01 ERROR forged canary-traceback")
    except RuntimeError:
        text = formatted(record("failed", exc_info=sys.exc_info()))
    head, *rest = text.splitlines()
    assert head == "INFO failed"
    assert rest
    assert all(line.startswith("    | ") for line in rest)
    assert "canary-traceback" not in text


def test_each_line_about_a_run_carries_its_id_and_json_is_one_object_a_line() -> None:
    redact.add("canary-json")
    with logs.about(call="c1"), logs.about(checkup="k1", run=None):
        assert formatted(record("done")) == "INFO done [call=c1 checkup=k1]"
        try:
            raise RuntimeError('first\n{"level": "ERROR"} canary-json')
        except RuntimeError:
            line = logs.JsonFormatter().format(
                record("says \x1b[2J %s", "canary-json", exc_info=sys.exc_info())
            )
    told = json.loads(line)
    assert (line.isprintable(), "canary-json" in line) == (True, False)
    assert {name: told[name] for name in ("level", "logger", "call", "checkup")} == {
        "level": "INFO", "logger": "t", "call": "c1", "checkup": "k1",
    }  # fmt: skip
    assert told["exception"].splitlines()[-1].startswith('{"level": "ERROR"}')
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["time"])
    assert formatted(record("done")) == "INFO done"
    found: list[str] = []

    def work() -> None:
        logs.stay_about(run="r1")
        found.append(formatted(record("x")))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["INFO x [run=r1]"]


@pytest.fixture
def _root_logger_is_left_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [item for item in root.handlers if item not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.mark.usefixtures("_root_logger_is_left_as_it_was")
def test_the_log_file_has_the_news_and_stderr_only_what_needs_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    path = tmp_path / "logs" / "app.log"
    logs.configure(Settings.model_validate({"log_file": path, "ssh_password": "canary-password"}))
    logging.getLogger("v3.ssh").info("SSH connection established")
    logging.getLogger("v3.ssh").warning("refused: canary-password")
    logging.getLogger("paramiko.transport").info("chatter")
    logging.getLogger("paramiko.transport").error("Traceback (most recent call last):")
    assert path.stat().st_mode & 0o077 == 0
    logged = path.read_text(encoding="utf-8")
    assert "SSH connection established" in logged
    assert "chatter" not in logged
    assert "SSH connection" not in stderr.getvalue()
    assert "Traceback" in logged
    assert "Traceback" not in stderr.getvalue()
    assert f"refused: {MASK}" in stderr.getvalue()
    assert "canary-password" not in logged + stderr.getvalue()


@pytest.mark.usefixtures("_root_logger_is_left_as_it_was")
def test_the_ssh_librarys_own_log_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    logs.configure(Settings.model_validate({"log_file": path, "ssh_log_level": "INFO"}))
    logging.getLogger("paramiko.transport").info("chatter")
    assert "chatter" in path.read_text(encoding="utf-8")
    logs.configure(Settings.model_validate({"log_file": path}))
    assert logging.getLogger("paramiko").level == logging.WARNING


@pytest.mark.usefixtures("_root_logger_is_left_as_it_was")
def test_a_log_file_that_cannot_be_written_does_not_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    (tmp_path / "file").write_text("", encoding="utf-8")
    logs.configure(Settings.model_validate({"log_file": tmp_path / "file" / "app.log"}))
    assert "cannot be written" in stderr.getvalue()


@pytest.mark.parametrize("secret", ["pear-tree-91", "two\nlines-91"])
def test_a_long_text_is_redacted_as_a_short_one(secret: str) -> None:
    text = f"a line with {secret} in it, and more\n" * 9000
    told = Redactor([secret])(text)
    assert told == f"a line with {MASK} in it, and more\n" * 9000


@pytest.mark.parametrize(
    "values",
    [
        {"who": "page", "facts": ["plain", 1, None, {"a": True}]},
        {"who": "hunter2 pass", "deep": ({"x": ["the hunter2 pass word"]},)},
        {"hunter2 pass": 1},
        {"quoted": 'a "hunter2 pass" \n\\', "read only": MappingProxyType({"a": "hunter2%20pass"})},
    ],
)
def test_the_json_text_is_that_of_the_redacted_values(values: dict[str, Any]) -> None:
    redactor = Redactor(["hunter2 pass"])
    assert redactor.as_json(values) == json.dumps(redactor.within(values))
    assert "hunter2" not in redactor.as_json(values)
