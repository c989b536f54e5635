"""Every route of the API once more under a bay: /api/v1/bays/<bay>/<what the old route has>, same fields.

The pages too: /bays/<bay>/, /bays/<bay>/live and so on. The old routes mean the default bay. An unknown bay
is 404, and so is another bay's run, log or terminal. A bay of another bench, on a hub, is asked by far.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, g, url_for

from utils.bench.bay import Bay
from utils.web.context import FAR, bay, context
from utils.web.schema import Operation

V1 = "/api/v1/"


def register(app: Flask) -> None:
    """Add the routes; after those of the default bay."""
    pages = {page.endpoint for page in context(app).pages if page.place is None or page.place.of_bay}
    for rule in list(app.url_map.iter_rules()):
        name = rule.endpoint.rpartition(".")[2]
        view = app.view_functions[rule.endpoint]
        told: Operation | None = getattr(view, "described", None)
        if rule.rule.startswith(V1) and told is not None and told.of_bay:
            app.add_url_rule(
                f"{V1}bays/<bay>/{rule.rule.removeprefix(V1)}",
                endpoint=f"bay.{name}",
                view_func=_of_bay(view, rule.endpoint),
                methods=rule.methods,
            )
        elif rule.endpoint in pages:
            app.add_url_rule(
                f"/bays/<bay>{rule.rule}",
                endpoint=f"bay.{rule.endpoint}",
                view_func=_of_bay(view, rule.endpoint),
                methods=rule.methods,
            )
    app.jinja_env.globals["page_of"] = page_of


def page_of(endpoint: str, of: Bay | None = None) -> str:
    """The address of a page of this bay (None: of the one at hand)."""
    one = of or bay()
    if one is context().bench.default:
        return url_for(endpoint)
    return url_for(f"bay.{endpoint}", bay=one.id)


def _of_bay(view: Callable[..., Any], endpoint: str) -> Callable[..., Any]:
    @wraps(view)
    def answer(bay: str, **values: Any) -> Any:
        if FAR in bay:
            from utils.web import far

            return far.answered(bay, endpoint, view, values)
        g.bay = context().bench.bay(bay)
        return view(**values)

    return answer
