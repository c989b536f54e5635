"""For whoever operates this program: whether it lives, whether it is ready, and what Prometheus asks. Thin.

None of it touches a device. /healthz itself is in api.py.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from utils.errors import NoMetrics, NotConnected, V3Error
from utils.lab.joining import Membership
from utils.model.roles import Role
from utils.web import shapes
from utils.web.context import context
from utils.web.schema import describe, needs

operated = Blueprint("operated", __name__)


@operated.get("/healthz/live")
@describe({200: shapes.HEALTH}, of_bay=False, least=Role.ANYBODY)
def live() -> Response:
    """Whether this program answers."""
    return jsonify({"status": "ok"})


@operated.get("/healthz/ready")
@describe({200: shapes.READY, 503: shapes.READY}, of_bay=False, least=Role.ANYBODY)
def ready() -> tuple[Response, int]:
    """Whether this program can do its work, and why not, by stable codes.

    A hub needs its history and its nats-server. A bench needs its history; it works without its hub, so
    `hub` only tells whether that is there.
    """
    part = _part()
    found: list[V3Error | None] = [context().ready.trouble()]
    if part.hub is not None and not part.hub.connected:
        found.append(NotConnected("The hub is not connected to its nats-server."))
    reasons = [{"code": each.code, "message": str(each)} for each in found if each is not None]
    told = {"ready": not reasons, "reasons": reasons, "hub": _of_station(part)}
    return jsonify(told), 503 if reasons else 200


@operated.get("/metrics")
@needs(Role.VIEWER)
def metrics() -> Response:
    """What Prometheus asks a hub or a station for."""
    part = _part()
    if part.hub is None and part.station is None:
        raise NoMetrics
    try:
        from utils.lab.metrics import exposition
    except ImportError as exc:
        raise NoMetrics(
            "Metrics need the Python package prometheus-client, which is not installed.",
            hint="Install it: pip install -r requirements-lab.txt.",
        ) from exc
    here = context()
    streams, accept = here.slots.streams, request.headers.get("Accept", "")
    text, kind = exposition(part, here.bench, streams=streams, accept=accept)
    return Response(text, content_type=kind)


def _of_station(part: Membership) -> dict[str, object] | None:
    if part.station is None:
        return None
    trouble = part.station.trouble
    return {"connected": trouble is None, "code": trouble.code if trouble else None}


def _part() -> Membership:
    found: Membership = current_app.extensions.get("v3-lab") or Membership()
    return found
