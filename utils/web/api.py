"""The JSON API under /api/v1, and /healthz. Thin: read the request, ask the runner or the door, answer.

GET never acts on the device. Each view describes itself for the API document.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter

from utils.bench import called_normal, facts
from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.fleet import FleetRun
from utils.bench.result_text import result_text
from utils.bench.runs import Checkup, Run
from utils.errors import BadRequest, UnknownRun
from utils.judging.catalogue.models import Diagnostic
from utils.model.link_words import status_json
from utils.model.records import RunRecord, WholeCheckup
from utils.model.results import CheckupEvent, Result, to_json_text
from utils.model.roles import Role
from utils.web import bodies, people, shapes
from utils.web.context import bay, context
from utils.web.page import feed_of
from utils.web.schema import describe
from utils.web.security import still_welcome, who
from utils.web.snapshot import snapshot

api = Blueprint("api", __name__)
V1 = "/api/v1"


@api.get("/healthz")
@describe({200: shapes.HEALTH}, least=Role.ANYBODY)
def healthz() -> ResponseReturnValue:
    """Whether this program answers. Never touches the device."""
    return jsonify({"status": "ok"})


@api.get(f"{V1}/openapi.json")
@describe({200: shapes.OPENAPI}, of_bay=False, least=Role.VIEWER)
def openapi() -> ResponseReturnValue:
    """This API's description."""
    from utils.web.openapi import document  # all the schemas, which nothing else needs

    return jsonify(document(current_app))


@api.get(f"{V1}/bays")
@describe({200: shapes.BAYS}, of_bay=False, least=Role.VIEWER)
def bays() -> ResponseReturnValue:
    """Every place on this bench, with the board in it and what is known of it."""
    bench = context().bench
    return jsonify({"bays": [facts.facts(each, bench) for each in bench], "others": facts.strangers()})


@api.get(f"{V1}/state")
@describe({200: shapes.STATE}, asks=(shapes.RESULTS,), least=Role.VIEWER)
def state() -> ResponseReturnValue:
    """All that a page shows: the link, the newest results, what runs, the newest check-up."""
    bay().runner.catch_up()
    return jsonify(snapshot(bay().runner, results=bodies.flag("results")))


@api.get(f"{V1}/diagnostics")
@describe({200: shapes.DIAGNOSTICS}, least=Role.VIEWER)
def diagnostics() -> ResponseReturnValue:
    """The catalogue."""
    listed = [_listed(item) for item in bay().runner.catalogue]
    return jsonify({**_catalogue_facts(), "diagnostics": listed})


@api.post(f"{V1}/catalogue/reload")
@describe({200: shapes.CATALOGUE_FACTS}, bodies.EmptyBody, least=Role.TECHNICIAN)
def reload_catalogue() -> ResponseReturnValue:
    """Reload the technician's own diagnostics and profiles.

    What is wrong with them is in `problems`.
    """
    bodies.read(bodies.EmptyBody)
    bay().runner.reload(who=who())
    return jsonify(_catalogue_facts())


def _catalogue_facts() -> dict[str, Any]:
    """What is the technician's own in it; `profile` is the one that the device is judged by."""
    library = bay().runner.library
    used = library.profile_for(bay().door.status().known_device)
    return {**library.as_json(), "profile": used.name if used else None}


def _listed(item: Diagnostic) -> dict[str, Any]:
    left_out = {"check", "compare", "track", "part", "parser", "summary", "expected", "expected_parts"}
    shown = item.model_dump(mode="json", exclude=left_out)
    return {**shown, "checks": len(item.check)}


@api.post(f"{V1}/diagnostics/<diagnostic_id>/run")
@describe(
    {200: Result, 202: shapes.RUN_ACCEPTED},
    bodies.RunBody,
    asks=(shapes.WAIT,),
    reaches_device=True,
    least=Role.TECHNICIAN,
)
def run(diagnostic_id: str) -> ResponseReturnValue:
    """Run one: the result when it is done, or with ?wait=0 a run to look at later."""
    wait = bodies.wait_wanted()
    body = bodies.read(bodies.RunBody)
    runner = bay().runner
    if not wait:
        begun = runner.start(diagnostic_id, body.timeout, who=who())
        return _accepted(
            {"run": begun.id, "diagnostic": diagnostic_id, "events": f"{V1}/events"},
            _address("get_run", run_id=begun.id),
        )
    with context().slots.waiting():
        result = runner.run(diagnostic_id, body.timeout, who=who())
    return Response(to_json_text(result), mimetype="application/json")


@api.post(f"{V1}/diagnostics/<diagnostic_id>/normal")
@describe({200: shapes.NORMAL_COUNT}, bodies.NormalBody, also=(409,), least=Role.TECHNICIAN)
def call_normal(diagnostic_id: str) -> ResponseReturnValue:
    """Call the unknown messages of this result normal for the board that is plugged in."""
    body = bodies.read(bodies.NormalBody)
    return jsonify({"lines": called_normal.call(bay().runner, diagnostic_id, body.started_at, who=who())})


@api.get(f"{V1}/normal")
@describe({200: shapes.NORMAL_LINES}, also=(409,), least=Role.VIEWER)
def normal_lines() -> ResponseReturnValue:
    """The kernel messages that are normal for the board that is plugged in, with who said so and when.

    device_id: empty while no board is known to be plugged in."""
    device_id, lines = called_normal.lines(bay().runner)
    return jsonify({"device_id": device_id, "lines": lines})


@api.post(f"{V1}/normal/forget")
@describe({200: shapes.NORMAL_COUNT}, bodies.ForgetNormalBody, also=(409,), least=Role.TECHNICIAN)
def forget_normal() -> ResponseReturnValue:
    """Call these messages normal no longer."""
    body = bodies.read(bodies.ForgetNormalBody)
    return jsonify({"lines": called_normal.forget(bay().runner, body.shapes, who=who())})


@api.get(f"{V1}/runs/<run_id>")
@describe({200: shapes.RUN}, also=(503,), least=Role.VIEWER)
def get_run(run_id: str) -> ResponseReturnValue:
    """A run, with its result once it is finished."""
    return _run_json(_run(run_id))


@api.post(f"{V1}/runs/<run_id>/cancel")
@describe({200: shapes.RUN}, bodies.EmptyBody, also=(503,), least=Role.TECHNICIAN)
def cancel_run(run_id: str) -> ResponseReturnValue:
    """Ask a run to stop. One that is finished stays as it is."""
    bodies.read(bodies.EmptyBody)
    found = _run(run_id)
    return _run_json(bay().runner.cancel(run_id) if isinstance(found, Run) else found)


@api.get(f"{V1}/runs/<run_id>/text")
@describe({200: shapes.RESULT_TEXT}, also=(422, 503), least=Role.VIEWER)
def run_text(run_id: str) -> ResponseReturnValue:
    """A run's result as text, as the command line prints it, with the command's output."""
    return jsonify({"text": result_text(_result(run_id))})


def _result(run_id: str) -> Result:
    """The result of this run: shown, in memory or in the history. UnknownRun, HistoryTrouble."""
    shown = bay().runner.board.shown().values()
    found = next((each for each in shown if each.run == run_id), None)
    if found is not None:
        return found
    one = _run(run_id)
    if isinstance(one, RunRecord):
        return TypeAdapter(Result).validate_python(one.result)
    if one.result is None:
        raise BadRequest("This run has no result yet.", hint="Ask again when it has ended.")
    return one.result


def _run(run_id: str) -> Run | RunRecord:
    """This bay's run of this id, in memory or in the history; UnknownRun, HistoryTrouble."""
    try:
        return bay().runner.get(run_id)
    except UnknownRun:
        found = bay().runner.memory.run(run_id)
        if found is None:
            raise
        return found


def _run_json(one: Run | RunRecord) -> ResponseReturnValue:
    bay().runner.catch_up()
    return jsonify(one.as_json())


@api.post(f"{V1}/checkups")
@describe({202: shapes.CHECKUP_ACCEPTED}, bodies.CheckupBody, also=(409, 503), least=Role.TECHNICIAN)
def start_checkup() -> ResponseReturnValue:
    """Begin a check-up; with `bays` one in each of them.

    A bay that cannot run is "not started" in the result, with its cause, and refuses nobody.
    """
    body = bodies.read(bodies.CheckupBody)
    if body.bays is not None:
        return _start_fleet(body)
    begun = bay().runner.start_checkup(body.diagnostics, who=who())
    events = _address("checkup_events", checkup_id=begun.id)
    return _accepted(
        {"checkup": begun.id, "events": events, "diagnostics": list(begun.runs)},
        _address("get_checkup", checkup_id=begun.id),
    )


def _start_fleet(body: bodies.CheckupBody) -> ResponseReturnValue:
    if "bay" in g:
        raise BadRequest(
            "bays: this address names a bay already.",
            hint="Leave out one of them.",
        )
    bays = None if body.bays == "all" or body.bays is None else list(body.bays)
    begun = context().fleet.start(bays, body.diagnostics, who=who())
    told = begun.as_json()
    facts = {name: told[name] for name in ("checkup", "events", "diagnostics")}
    checkups = {name: part["checkup"] for name, part in told["bays"].items()}
    return _accepted({**facts, "bays": checkups}, _address("get_checkup", checkup_id=begun.id))


def checkup_of(checkup_id: str) -> Checkup | FleetRun | WholeCheckup:
    """The check-up of this id: of the bay at hand or, where the address names none, of many bays; in memory
    or in the history. UnknownRun, HistoryTrouble."""
    if "bay" not in g and checkup_id in context().fleet:
        return context().fleet.get(checkup_id)
    try:
        return bay().runner.checkup(checkup_id)
    except UnknownRun:
        found = bay().runner.memory.whole(checkup_id, bay().runner.library)
        if found is None:
            raise
        return found


@api.get(f"{V1}/checkups/<checkup_id>")
@describe({200: shapes.CHECKUP}, also=(503,), least=Role.VIEWER)
def get_checkup(checkup_id: str) -> ResponseReturnValue:
    """A check-up with the results that are there, worst first.

    ended: null while it runs, then how it ended, the same word in every answer.
    """
    bay().runner.catch_up()
    return jsonify(checkup_of(checkup_id).as_json())


@api.post(f"{V1}/checkups/<checkup_id>/cancel")
@describe({200: shapes.CHECKUP}, bodies.EmptyBody, also=(503,), least=Role.TECHNICIAN)
def cancel_checkup(checkup_id: str) -> ResponseReturnValue:
    """Ask a check-up to stop. Results that are there stay."""
    bodies.read(bodies.EmptyBody)
    found = checkup_of(checkup_id)
    found.stop()
    return jsonify(found.as_json())


@api.get(f"{V1}/checkups/<checkup_id>/events")
@describe({200: "stream", 204: ""}, asks=(shapes.LAST_EVENT_ID,), also=(503,), least=Role.VIEWER)
def checkup_events(checkup_id: str) -> Response:
    """All events of one check-up, from its start or after Last-Event-ID; ends with checkup-finished.

    Server-Sent Events: run-started, run-finished, checkup-started, checkup-finished, reset. 204 once
    everything was seen.
    """
    checkup = checkup_of(checkup_id)
    if isinstance(checkup, WholeCheckup):
        return Response(status=204)
    last_id = bodies.last_event_id()
    if last_id is None or last_id < checkup.first_event:
        last_id = checkup.first_event - 1
    if checkup.last_event is not None and last_id >= checkup.last_event:
        return Response(status=204)  # tells an EventSource to stay away

    def belongs(event: CheckupEvent) -> bool:
        return event.data.get("checkup") in checkup.ids

    return context().streams.respond(
        request.environ,
        last_id=last_id,
        only=belongs,
        done=lambda: checkup.finished,
        welcome=still_welcome(),
    )


@api.get(f"{V1}/events")
@describe(
    {200: "stream"}, asks=(shapes.LAST_EVENT_ID, shapes.FEED, shapes.BAY), also=(503,), least=Role.VIEWER
)
def events() -> Response:
    """Everything that happens, and each ?feed=NAME. While it is open, the link is kept connected.

    Server-Sent Events: hello, connection, run-started, run-finished, checkup-started, checkup-finished,
    checkup-compared, headline, catalogue-reloaded, bays, beat, reset. Ends after 10 minutes unless beats are
    given; come back with Last-Event-ID.
    """
    bench, wanted = context().bench, bodies.bay_wanted()
    one = [bench.known(wanted)] if wanted else [bay()] if "bay" in g else None
    shown = one or list(bench)
    names = dict.fromkeys(request.args.getlist("feed")[:8])
    feeds = [feed_of(context().pages, bench, name, bay()) for name in names]
    if feeds:
        people.at_least(Role.TECHNICIAN)  # a board begins to work for who watches
    return context().streams.respond(
        request.environ,
        last_id=bodies.last_event_id(),
        only=(lambda event: event.data.get("bay", one[0].id) == one[0].id) if one else None,
        welcome=still_welcome(),
        greeting=lambda: [("connection", _connection(each)) for each in shown],
        holds=[
            _watched(bench, one),
            *(feed.viewer() for feed in feeds),
        ],
        feeds=[feed.ring for feed in feeds],
    )


def _watched(bench: Bench, one: list[Bay] | None) -> AbstractContextManager[None]:
    """Keep up the links that the stream shows; for who may look alone nobody connects."""
    if people.may_look_alone():
        return nullcontext()
    return one[0].door.keep_connected() if one else bench.watched()


def _connection(of: Bay) -> dict[str, Any]:
    return {**status_json(of.door.status()), "bay": of.id}


@api.post(f"{V1}/streams/<stream_id>/beat")
@describe({204: ""}, bodies.EmptyBody, least=Role.VIEWER)
def beat(stream_id: str) -> Response:
    """A page says that it still reads its stream. Once it did, it must again within 90 s."""
    bodies.read(bodies.EmptyBody)
    if not context().streams.beat(stream_id):
        abort(404, "There is no such stream; open a new one.")
    return Response(status=204)


def _address(view: str, **values: Any) -> str:
    """The address of this bay's view: with its bay where the request named it."""
    if "bay" in g:
        return url_for(f"bay.{view}", bay=g.bay.id, **values)
    return url_for(f"api.{view}", **values)


def _accepted(body: dict[str, Any], location: str) -> ResponseReturnValue:
    return jsonify(body), 202, {"Location": location}
