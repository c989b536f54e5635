"""The page Bundle and its API: prepare, look through, save; open a bundle as a board. Thin.

Preparing asks the board for one thing, its journal, where it answers at the moment. Saving asks it nothing.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from utils.bench.bay import Bay
from utils.bench.boards import known_boards
from utils.clock import local_stamp
from utils.errors import UnknownBundle
from utils.model.results import to_json
from utils.model.roles import Role
from utils.web.api import V1
from utils.web.bodies import EmptyBody, read
from utils.web.by_bay import page_of
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.bundle.bodies import MOST_OF_A_CHOICE, BundleBody, SaveBody, file_given
from utils.web.schema import (
    COUNT,
    STRING,
    STRINGS,
    Schema,
    describe,
    list_of,
    needs,
    object_of,
    or_null,
    ref,
    shape,
)
from utils.web.security import who

bundle = Blueprint("bundle", __name__)
PAGE = Page(bundle, MenuPlace("Bundles", "storage", order=50, of_bay=False))

_OF_REPLAY = ("name", "made_at", "checkups", "changed", "left_out")
_LEFT_OUT: Schema = list_of(object_of(what=STRING, why=STRING))
BUNDLE = shape(
    "Bundle",
    object_of(
        bundle=STRING,
        device=STRING,
        bytes=COUNT,
        files=COUNT,
        checkups=STRINGS,
        replacements=list_of(
            object_of(file=STRING, line=COUNT, rule=STRING, token=STRING, question=or_null(STRING))
        ),
        questions=list_of(
            object_of(id=STRING, rule=STRING, text=STRING, count=COUNT, file=STRING, line=COUNT, href=STRING)
        ),
        left_out=_LEFT_OUT,
    ),
)
REPLAY = shape(
    "Replay",
    object_of(
        bay=STRING,
        title=STRING,
        href=STRING,
        name=STRING,
        made_at=STRING,
        device=STRING,
        checkups=STRINGS,
        changed=list_of(
            object_of(diagnostic=STRING, rule=STRING, before=STRING, after=STRING, because=STRING)
        ),
        left_out=_LEFT_OUT,
    ),
)
REPLAYS = shape("Replays", object_of(replays=list_of(ref("Replay"))))


@bundle.get("/bundle")
@needs(Role.TECHNICIAN)
def page() -> str:
    """Make a bundle of a board, or open one. ?device= chooses the board."""
    found = known_boards(context().bench.home.door, context().bench.history)
    return render_template(
        "bundle/bundle.html",
        **frame(bay().door.status()),
        boards=found.boards,
        chosen=request.args.get("device", ""),
        replays=[_replay(each) for each in context().replays.all()],
    )


@bundle.post(f"{V1}/bundles")
@describe({201: BUNDLE}, BundleBody, also=(409, 503), of_bay=False, least=Role.TECHNICIAN)
def prepare_bundle() -> ResponseReturnValue:
    """Bring together what history, laptop and board hold of a board, and look through it; nothing is saved.

    bytes: about how large the file becomes. replacements: each place that is replaced, with file, line and
    rule. questions: what only looks like a secret; it is replaced unless `keep` of the save names it.
    """
    body = read(BundleBody)
    with context().slots.waiting():
        prepared = context().bundles.prepare(body.device, body.checkups)
        told = prepared.as_json()
    facts = {"bundle": prepared.id, "device_id": body.device}
    context().audit.write("bundle", who=who(), bay=bay().id, bytes=told["bytes"], **facts)
    return jsonify(told), 201


@bundle.post(f"{V1}/bundles/<bundle_id>/save")
@describe({200: "file"}, SaveBody, also=(409,), of_bay=False, least=Role.TECHNICIAN)
def save_bundle(bundle_id: str) -> Response:
    """Save it: the zip, piece by piece.

    Without `keep` everything is replaced. With a passphrase the zip is sealed, in the format of age.
    """
    request.max_content_length = MOST_OF_A_CHOICE
    body = read(SaveBody)
    prepared = context().bundles.get(bundle_id)
    pieces = context().bundles.save(bundle_id, body.keep or (), body.passphrase or "")
    kept, sealed = len(body.keep or ()), bool(body.passphrase)
    context().audit.write("bundle-saved", who=who(), bay=bay().id, bundle=bundle_id, kept=kept, sealed=sealed)
    answer = Response(
        pieces, mimetype="application/zip" if not body.passphrase else "application/octet-stream"
    )
    when = local_stamp(prepared.document["made_at"])
    name = f"v3-bundle-{when}.zip{'.age' if body.passphrase else ''}"  # the board's own name stays here
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bundle.post(f"{V1}/bundles/<bundle_id>/cancel")
@describe({204: ""}, EmptyBody, of_bay=False, least=Role.TECHNICIAN)
def cancel_bundle(bundle_id: str) -> Response:
    """Forget a prepared bundle."""
    read(EmptyBody)
    context().bundles.drop(bundle_id)
    return Response(status=204)


@bundle.get(f"{V1}/replays")
@describe({200: REPLAYS}, of_bay=False, least=Role.VIEWER)
def replays() -> ResponseReturnValue:
    """The bundles that are open."""
    return jsonify({"replays": [_replay(each) for each in context().replays.all()]})


@bundle.post(f"{V1}/replays")
@describe({201: REPLAY}, upload=True, also=(413, 422, 503, 507), of_bay=False, least=Role.TECHNICIAN)
def open_replay() -> ResponseReturnValue:
    """Open a bundle as a bay: its check-ups, logs and recordings, where no board is.

    changed: verdicts that this program's rules give otherwise than the bundle says, each with its rule.
    """
    data, name, passphrase = file_given()
    with context().slots.waiting():
        opened = context().replays.open(data, name, passphrase)
    context().audit.write("replay", who=who(), bay=opened.id, bytes=len(data))
    return jsonify(_replay(opened)), 201


@bundle.post(f"{V1}/replays/<replay>/close")
@describe({204: ""}, EmptyBody, of_bay=False, least=Role.TECHNICIAN)
def close_replay(replay: str) -> Response:
    """Close an open bundle. Its file stays where it is."""
    read(EmptyBody)
    context().replays.close(replay)
    return Response(status=204)


@bundle.get(f"{V1}/replays/<replay>/photos/<int:number>")
@describe({200: "file"}, of_bay=False, least=Role.VIEWER)
def replay_photo(replay: str, number: int) -> Response:
    """A photo of an open bundle: that of its note of this number, counted from 1."""
    opened = context().bench.bay(replay).replay
    note = opened.notes[number - 1] if opened and 0 < number <= len(opened.notes) else None
    if note is None or note.photo is None:
        raise UnknownBundle("There is no such photo.", hint="The bundle's page lists those that are there.")
    return Response(note.photo[0], mimetype=note.photo[1])


def _replay(opened: Bay) -> dict[str, object]:
    replay, device = opened.replay, opened.door.status().device
    assert replay is not None
    return {
        "bay": opened.id,
        "title": opened.title,
        "href": page_of("checkup.page", opened),
        "device": device.label if device else "",
        **to_json({name: getattr(replay, name) for name in _OF_REPLAY}),
    }
