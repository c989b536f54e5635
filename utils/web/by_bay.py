"""Every route of the API once more under a bay: /api/v1/bays/<bay>/<what the old route has>, same fields.

The old routes mean the default bay. An unknown bay is 404, and so is another bay's run, log or terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, g

from utils.web.context import context

V1 = "/api/v1/"
_PROGRAMS = ("openapi", "bays", "beat")
"""What is the program's, not a bay's."""


def register(app: Flask) -> None:
    """Add the routes; after those of the default bay."""
    for rule in list(app.url_map.iter_rules()):
        name = rule.endpoint.rpartition(".")[2]
        if rule.rule.startswith(V1) and name not in _PROGRAMS:
            app.add_url_rule(
                f"{V1}bays/<bay>/{rule.rule.removeprefix(V1)}",
                endpoint=f"bay.{name}",
                view_func=_of_bay(app.view_functions[rule.endpoint]),
                methods=rule.methods,
            )


def _of_bay(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def answer(bay: str, **values: Any) -> Any:
        g.bay = context().bench.bay(bay)
        return view(**values)

    return answer
