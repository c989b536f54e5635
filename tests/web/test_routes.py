"""Addresses that are built late are the addresses that Werkzeug builds at once."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Map, Rule


def test_every_route_builds_the_address_that_werkzeug_builds(app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    assert len(rules) > 100
    for rule in rules:
        plain = Rule(rule.rule, endpoint=rule.endpoint, defaults=rule.defaults)
        Map([plain], converters=app.url_map.converters)
        values = dict.fromkeys(rule.arguments, "7") | {"beside": "ü &"}
        for unknown in (True, False):
            assert rule.build(values, unknown) == plain.build(values, unknown), rule
