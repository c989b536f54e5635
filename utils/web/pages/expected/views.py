"""The API of what the board at hand should have: look, see the change, write it. No page of its own."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from utils.errors import BadRequest, ReplayOnly
from utils.model.results import Device
from utils.model.roles import Role
from utils.web.bodies import read
from utils.web.context import bay, context
from utils.web.page import Page
from utils.web.pages.expected.bodies import ExpectedBody
from utils.web.schema import BOOLEAN, STRING, STRINGS, describe, object_of, or_null, shape
from utils.web.security import who

expected = Blueprint("expected", __name__)
PAGE = Page(expected)
V1 = "/api/v1"


_VALUES = object_of(
    cameras=or_null({"type": "integer"}), usb_devices=STRINGS, can_interfaces=STRINGS, critical_units=STRINGS,
    power_mode=STRING,
)  # fmt: skip
_EXPECTED = shape("Expected", object_of(device_id=STRING, board=STRING, profile=STRING, expect=_VALUES))
_CHANGED = shape("ExpectedChange", object_of(file=STRING, profile=STRING, difference=STRINGS, saved=BOOLEAN))


@expected.get(f"{V1}/expected")
@describe({200: _EXPECTED}, least=Role.VIEWER)
def look() -> Response:
    """What the profile in force expects of the board that is plugged in. profile: "" where none fits."""
    from utils.bench.expected import in_force  # brings the profiles, which few boards have

    device = _board()
    profile, expect = in_force(bay().runner.library, device)
    return jsonify(
        {"device_id": device.device_id, "board": device.label, "profile": profile, "expect": expect}
    )


@expected.post(f"{V1}/expected")
@describe({200: _CHANGED}, ExpectedBody, also=(409,), least=Role.TECHNICIAN)
def change() -> Response:
    """Set what the board that is plugged in should have. It becomes a profile of this board alone."""
    from utils.bench.expected import drafted, save

    body = read(ExpectedBody)
    if bay().replay is not None:  # a bundle may name any board
        raise ReplayOnly
    device, data_dir = _board(), context().settings.v3_data_dir
    draft = drafted(bay().runner.library, device, body.expect.model_dump(), data_dir)
    if body.save:
        save(draft)
        for each in context().bench:
            each.runner.reload(who=who())
        context().audit.write("expected", who=who(), bay=bay().id, device=device.label, file=draft.path.name)
    told = {"file": draft.path.name, "profile": draft.profile.name, "difference": draft.difference}
    return jsonify({**told, "saved": body.save})


def _board() -> Device:
    device = bay().door.status().device
    if device is None:
        raise BadRequest("No board is connected.", hint="Plug it in; then say what it should have.")
    return device
