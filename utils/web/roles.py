"""Which role a route needs at a hub that has people: one table, of what each view says.

A view says it by `describe(…, least=…)` or `needs(…)`. A route that says nothing is a mistake in the program:
it does not start.
"""

from __future__ import annotations

from flask import Flask

from utils.model.roles import Role
from utils.web.schema import needs


def table(app: Flask) -> dict[str, Role | None]:
    """The least role of each endpoint; None where its view does not say."""
    return {name: getattr(view, "least", None) for name, view in app.view_functions.items()}


def least(app: Flask, endpoint: str | None) -> Role:
    """Who may ask it. What is no route tells nobody more than that: for whoever is logged in."""
    if endpoint is None:
        return Role.VIEWER
    return getattr(app.view_functions.get(endpoint), "least", None) or Role.ADMIN


def in_person(app: Flask, endpoint: str | None) -> bool:
    """Whether only a person who logged in may ask it, and no token."""
    return bool(getattr(app.view_functions.get(endpoint or ""), "in_person", False))


def register(app: Flask) -> None:
    """Hold every route of the app to it. RuntimeError: a route names no role."""
    needs(Role.ANYBODY)(app.view_functions["static"])
    silent = sorted(name for name, role in table(app).items() if role is None)
    if silent:
        raise RuntimeError(f"These routes name no least role, by describe or needs: {', '.join(silent)}.")
