"""What every page needs before it is painted, within the page: nothing is to be asked for until then.

The content security policy allows exactly these texts, by their hashes. The files stay files (static/css,
static/first.js); they are read once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from flask import request
from markupsafe import Markup

from utils.settings import PROJECT

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
SHEETS = ("base", "layout", "components", "result")
MOST_ROWS = 60
"""Of a category whose height is told before it is laid out. Without inline styles each number has a rule."""


@dataclass(frozen=True)
class Within:
    """text: as it stands within the page. source: what allows it in `style-src` or `script-src`."""

    text: Markup
    source: str


@cache
def styles() -> Within:
    """The sheets, in order, as they were at the first page."""
    heights = (f'[data-rows="{rows}"] {{ --rows: {rows}; }}' for rows in range(1, MOST_ROWS + 1))
    return _within(*(_read(f"css/{name}.css") for name in SHEETS), *heights)


@cache
def first_script() -> Within:
    """static/first.js as it was at the first page. Asked for, it would hold up the first paint by 20 ms."""
    return _within(_read("first.js"))


def _read(name: str) -> str:
    return _COMMENT.sub("", (PROJECT / "static" / name).read_text(encoding="utf-8"))


def _within(*texts: str) -> Within:
    text = "\n".join(texts)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Within(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - our own files, no word of a device


def theme() -> str:
    """The theme that a person chose in this browser (static/later/settings.js); "": the system's counts."""
    chosen = request.cookies.get("v3_theme", "")
    return chosen if chosen in ("light", "dark") else ""


@cache
def chart_colours() -> list[str]:
    """The colours of a chart's lines, as the page Live has them."""
    sheet = (PROJECT / "static/live/live.css").read_text(encoding="utf-8")
    return re.findall(r"--line-\d+: (light-dark\([^)]*\));", sheet)
