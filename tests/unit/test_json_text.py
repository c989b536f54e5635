"""Results as JSON text at once: the same JSON as by way of Python's types, whatever a device said."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from utils.judge import judge
from utils.model.results import to_json, to_json_text

RESULT = judge("memory", "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n\x00\u2028 °C", "", 0)


@pytest.mark.parametrize(
    "value",
    [
        RESULT,
        {"not a number": [float("nan"), float("inf"), 1e300, 2**70, -0.5]},
        {"half a character": "a \ud800 b"},
        MappingProxyType({"read only": ("a", RESULT.verdict)}),
    ],
)
def test_it_is_the_same_json(value: Any) -> None:
    assert json.loads(to_json_text(value)) == json.loads(json.dumps(to_json(value)))
