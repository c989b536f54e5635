"""The API of a bay's link: where it stands, and what a person decides about key, login and questions."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from utils.model.link_words import status_json
from utils.model.results import LinkStatus, to_json
from utils.model.roles import Role
from utils.web import bodies, shapes
from utils.web.context import bay, context
from utils.web.schema import describe
from utils.web.security import who

connecting = Blueprint("connecting", __name__)
V1 = "/api/v1"


@connecting.get(f"{V1}/connection")
@describe({200: LinkStatus}, least=Role.VIEWER)
def connection() -> ResponseReturnValue:
    """Where the link stands."""
    return jsonify(status_json(bay().door.status()))


@connecting.post(f"{V1}/connection/reset")
@describe({200: LinkStatus}, bodies.EmptyBody, least=Role.TECHNICIAN)
def reset() -> ResponseReturnValue:
    """Drop the link and what is remembered of failures; the next command connects."""
    bodies.read(bodies.EmptyBody)
    context().audit.write("reset", who=who(), bay=bay().id)
    bay().door.reset()
    return connection()


@connecting.post(f"{V1}/connection/trust")
@describe({200: LinkStatus}, bodies.TrustBody, also=(409,), least=Role.ADMIN)
def trust() -> ResponseReturnValue:
    """Trust the host key that is being asked about."""
    body = bodies.read(bodies.TrustBody)
    bay().door.trust(body.fingerprint, reflashed=body.reflashed)
    context().audit.write(
        "trust", who=who(), bay=bay().id, fingerprint=body.fingerprint, reflashed=body.reflashed
    )
    return connection()


@connecting.post(f"{V1}/connection/credentials")
@describe({200: LinkStatus}, bodies.CredentialsBody, also=(409,), least=Role.ADMIN)
def credentials() -> ResponseReturnValue:
    """Another address, user or password; memory only."""
    body = bodies.read(bodies.CredentialsBody)
    bay().door.set_credentials(**body.model_dump())
    changed = sorted(name for name, value in body.model_dump().items() if value is not None)
    context().audit.write("credentials", who=who(), bay=bay().id, changed=changed)
    return connection()


@connecting.post(f"{V1}/connection/test")
@describe({200: shapes.LADDER}, bodies.EmptyBody, also=(409, 503), least=Role.TECHNICIAN)
def test_login() -> ResponseReturnValue:
    """Try the login and sudo's password on the board: a rung each, `login` and `sudo`."""
    bodies.read(bodies.EmptyBody)
    context().audit.write("test-login", who=who(), bay=bay().id)
    with context().slots.waiting():
        return jsonify({"rungs": to_json(bay().door.test_login())})


@connecting.post(f"{V1}/connection/answers")
@describe({200: LinkStatus}, bodies.AnswersBody, also=(409,), least=Role.ADMIN)
def answers() -> ResponseReturnValue:
    """What a person answers to the device's question; used once, in memory only, never logged."""
    body = bodies.read(bodies.AnswersBody)
    bay().door.answer(body.answers, body.question)
    context().audit.write("answers", who=who(), bay=bay().id, count=len(body.answers))
    return connection()


@connecting.post(f"{V1}/connection/ladder")
@describe({200: shapes.LADDER}, bodies.EmptyBody, also=(409, 503), least=Role.TECHNICIAN)
def ladder() -> ResponseReturnValue:
    """Look rung by rung where the way to the device stops; connects if nothing holds it back.

    Takes up to half a minute. Who asks while it is under way gets the same answer.
    """
    bodies.read(bodies.EmptyBody)
    context().audit.write("ladder", who=who(), bay=bay().id)
    with context().slots.waiting():
        return jsonify({"rungs": to_json(bay().door.ladder())})
