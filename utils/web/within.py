"""The style sheets that every page needs, within the page: nothing is to be asked for before it is painted.

The content security policy allows exactly this text, by its hash. The files stay files (static/css); they
are read once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from utils.settings import PROJECT

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SHEETS = ("base", "layout", "components", "result")
MOST_ROWS = 60
"""Of a category whose height is told before it is laid out. Without inline styles each number has a rule."""


@dataclass(frozen=True)
class Styles:
    """text: the sheets, in order. source: what allows them in `style-src`."""

    text: Markup
    source: str


@cache
def styles() -> Styles:
    """The sheets as they were at the first page."""
    folder = PROJECT / "static/css"
    heights = (f'[data-rows="{rows}"] {{ --rows: {rows}; }}' for rows in range(1, MOST_ROWS + 1))
    sheets = (_COMMENT.sub("", (folder / f"{name}.css").read_text(encoding="utf-8")) for name in SHEETS)
    text = "\n".join((*sheets, *heights))
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Styles(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - our own files, no word of a device


@cache
def chart_colours() -> list[str]:
    """The colours of a chart's lines, as the page Live has them."""
    sheet = (PROJECT / "static/live/live.css").read_text(encoding="utf-8")
    return re.findall(r"--line-\d+: (light-dark\([^)]*\));", sheet)
