"""The page's templates, compiled once for a process and all that it forks.

Nearly each test makes an app of its own, and each app would compile whatever it shows.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from utils.settings import PROJECT
from utils.web import pages


class _Compiled(BytecodeCache):
    """By a template's name and text."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key + bucket.checksum] = bucket.code


def keep_compiled() -> None:
    """From now on no app of this process compiles a template again."""
    if not isinstance(Flask.jinja_options.get("bytecode_cache"), _Compiled):
        Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}


def compile_all() -> None:
    """Compile every template now."""
    keep_compiled()
    app = Flask("utils.web", template_folder=str(PROJECT / "templates"))
    for page in pages.found():  # they bring the filters that templates name
        app.register_blueprint(page.blueprint)
    templates = app.jinja_env
    for name in templates.list_templates():
        templates.get_template(name)
