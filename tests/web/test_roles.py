"""Who may ask which route of a hub: one table, and every route of the program is in it."""

from __future__ import annotations

import pytest
from flask import Flask

from utils.model.roles import GIVEN, Role, lesser
from utils.web import roles

OPEN = {
    "static", "api.healthz", "operated.live", "operated.ready", "login.form", "login.submit",
    "login.provider.start", "login.provider.back",
}  # fmt: skip
"""What is answered before a login, and nothing else is."""


def test_every_route_names_its_least_role_and_few_are_open(app: Flask) -> None:
    table = roles.table(app)
    assert len(table) > 90
    assert set(table.values()) <= set(Role)
    assert {name for name, role in table.items() if role is Role.ANYBODY} == OPEN
    for rule in app.url_map.iter_rules():
        acts = (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        assert not acts or table[rule.endpoint] is not Role.VIEWER or _own(rule.endpoint), rule


def _own(endpoint: str) -> bool:
    """What a viewer posts: signs of life, the end of his own session, and what is his own."""
    return endpoint.rpartition(".")[2] in ("beat", "logout", "own_password", "make_token", "revoke_token")


def test_a_route_that_names_no_role_fails_the_start_and_is_for_admins_alone(app: Flask) -> None:
    app.add_url_rule("/weather", "weather", lambda: "rain")
    with pytest.raises(RuntimeError, match="weather"):
        roles.register(app)
    assert roles.least(app, "weather") is Role.ADMIN


def test_each_role_may_what_the_ones_before_it_may() -> None:
    for place, role in enumerate(GIVEN):
        assert [role.covers(each) for each in GIVEN] == [at <= place for at in range(len(GIVEN))]
        assert [lesser(role, each) for each in GIVEN] == list(GIVEN[: place + 1]) + [role] * (2 - place)
