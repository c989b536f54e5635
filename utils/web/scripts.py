"""The page's scripts: what each imports, and the files without their comments, which are for who reads them.

Every line stays where it is, so that a browser's error names the line of the file. What stands behind code
on its line is sent.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from pathlib import Path
from posixpath import dirname, join, normpath

from flask import Flask, Response, request

_TYPE_OF_A_VALUE = re.compile(r"/\*\* @type \{[^\n]*?\} \*/ ?")
_BLOCK = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r'^import\b[^"(]*"(\.[^"]+)"', re.MULTILINE)
_LINE = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


def register(app: Flask) -> None:
    """Let this app send its scripts so, and its templates name them."""
    app.after_request(_lighter)
    app.jinja_env.globals["modules"] = partial(modules, app.static_folder or "")


@cache
def modules(static: str, entry: str) -> tuple[str, ...]:
    """All scripts that this one imports at once, as paths below static.

    Where a page waits for its scripts, a browser asks for all of them together instead of import by import.
    """
    found, wanted = [entry], [entry]
    while wanted:
        script = wanted.pop()
        for path in _IMPORT.findall(Path(static, script).read_text(encoding="utf-8")):
            module = normpath(join(dirname(script), path))
            if module not in found:
                found.append(module)
                wanted.append(module)
    return tuple(sorted(found))


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
