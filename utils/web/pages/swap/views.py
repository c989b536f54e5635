"""The page Swap test and its API: two parts change places, and the fault shows what it follows. Thin."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from utils.model.roles import Role
from utils.web.bodies import EmptyBody, read
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import Page
from utils.web.pages.swap.bodies import SwapTestBody
from utils.web.presentation import vocabulary
from utils.web.schema import (
    COUNT,
    STRING,
    STRINGS,
    VERDICT,
    describe,
    list_of,
    needs,
    object_of,
    or_null,
    ref,
    shape,
)
from utils.web.security import who

swap = Blueprint("swap", __name__)
PAGE = Page(swap)
V1 = "/api/v1/swap-tests"

_PART = object_of(id=STRING, word=STRING)
_SEEN = object_of(
    place=STRING,
    seen={"type": "string", "enum": ["fault", "good", "unread", "unsteady"]},
    said=STRING,
    readings=COUNT,
    with_fault=COUNT,
    board=STRING,
    runs=STRINGS,
    at=STRING,
)
SWAP_TEST = shape(
    "SwapTest",
    object_of(
        swap_test=STRING,
        diagnostic=STRING,
        part=object_of(id=STRING, word=STRING, moves=STRING),
        places=list_of(object_of(bay=STRING, item=STRING, words=STRING, board=STRING, name=STRING)),
        started_at=STRING,
        state={"type": "string", "enum": ["reading", "swap", "over"]},
        swaps=COUNT,
        of=COUNT,
        to_do=STRINGS,
        waits_for=STRING,
        objection=or_null(object_of(code=STRING, text=STRING, hint=STRING)),
        answer=object_of(
            code={"type": "string", "enum": ["open", "follows", "stays", "unclear"]},
            text=STRING,
            reason=STRING,
            next_step=STRING,
            agreed=COUNT,
            swaps=COUNT,
        ),
        evidence=list_of(object_of(step=STRING, places=list_of(_SEEN))),
    ),
)
SWAP_TESTS = shape(
    "SwapTests",
    object_of(
        tests=list_of(ref("SwapTest")),
        faults=list_of(
            object_of(
                bay=STRING,
                place=STRING,
                board=or_null(STRING),
                diagnostic=STRING,
                title=STRING,
                item=STRING,
                verdict=VERDICT,
                reason=STRING,
                others=list_of(object_of(bay=STRING, item=STRING, words=STRING, parts=list_of(_PART))),
            )
        ),
    ),
)


@swap.get("/swap")
@needs(Role.TECHNICIAN)
def page() -> str:
    """Choose a fault and two things to swap; then follow the steps."""
    boot = {"bay": context().bench.default.id, "vocabulary": vocabulary(), "swap": _shown()}
    return render_template("swap/swap.html", **{**frame(bay().door.status()), "boot": boot})


@swap.get(V1)
@describe({200: "SwapTests"}, of_bay=False, least=Role.VIEWER)
def swap_tests() -> Response:
    """The swap tests that are remembered, newest last, and the faults that one may follow."""
    return jsonify(_shown())


@swap.post(V1)
@describe({202: "SwapTest"}, SwapTestBody, of_bay=False, least=Role.TECHNICIAN)
def begin_swap_test() -> tuple[Response, int]:
    """Begin a swap test of a fault: it reads both places, then waits for the first swap."""
    body = read(SwapTestBody)
    places = [(each.bay, each.item) for each in body.places]
    test = context().swap_tests.begin(body.diagnostic, body.part, places, who=who())
    return jsonify(test.as_json()), 202


@swap.get(f"{V1}/<swap_test_id>")
@describe({200: "SwapTest"}, of_bay=False, least=Role.VIEWER)
def swap_test(swap_test_id: str) -> Response:
    """A swap test: what to do next, what was read, and the answer when it is over."""
    return jsonify(context().swap_tests.get(swap_test_id).as_json())


@swap.post(f"{V1}/<swap_test_id>/swapped")
@describe({202: "SwapTest"}, EmptyBody, of_bay=False, least=Role.TECHNICIAN)
def swapped(swap_test_id: str) -> tuple[Response, int]:
    """The parts are swapped: read both places again."""
    read(EmptyBody)
    return jsonify(context().swap_tests.swapped(swap_test_id).as_json()), 202


@swap.post(f"{V1}/<swap_test_id>/end")
@describe({200: "SwapTest"}, EmptyBody, of_bay=False, least=Role.TECHNICIAN)
def end_swap_test(swap_test_id: str) -> Response:
    """End a swap test before its answer."""
    read(EmptyBody)
    return jsonify(context().swap_tests.end(swap_test_id).as_json())


def _shown() -> dict[str, Any]:
    from utils.bench.swap import choices

    tests = [each.as_json() for each in context().swap_tests]
    return {"tests": tests, "faults": choices.faults(context().bench)}
