"""The page's scripts, sent without their comments, which are for who reads the files.

Every line stays where it is, so that a browser's error names the line of the file. What stands behind code
on its line is sent.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flask import Flask, Response, request

_TYPE_OF_A_VALUE = re.compile(r"/\*\* @type \{[^\n]*?\} \*/ ?")
_BLOCK = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


def register(app: Flask) -> None:
    """Let this app send its scripts so."""
    app.after_request(_lighter)


def _lighter(response: Response) -> Response:
    own = request.endpoint == "static" and "/vendor/" not in request.path
    if own and response.status_code == 200 and response.mimetype == "text/javascript":
        response.direct_passthrough = False
        response.set_data(without_comments(response.get_data(as_text=True)))
    return response


@lru_cache(maxsize=256)
def without_comments(script: str) -> str:
    """The script without comments that have lines of their own, and without types within a line."""
    bare = _TYPE_OF_A_VALUE.sub("", script)
    return _LINE.sub("", _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), bare))
