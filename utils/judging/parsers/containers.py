"""`docker ps -a` -> {container_count, running_count, complete, containers: [...]}.

A container: {name, image, status, condition}. Takes one JSON object a line ({{json .}}), a JSON array and the
table. podman's array may leave Status out: State and ExitCode say it then. condition: "running",
"restarting", "unhealthy", "dead", "starting" (health not known yet), "exited" (status 0, or stopped by
SIGTERM), "exited-error", "created", "paused", "removing"; None where the status says nothing known.
engine_running: False where the client says that its daemon does not run. complete: the line "end of
containers" of our own command closes the list.
"""

from __future__ import annotations

import json
import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

END = "end of containers"
_HEADER = re.compile(r"^CONTAINER ID\s+IMAGE\s.*\sSTATUS\s")
_COLUMNS = re.compile(r"\S+(?: \S+)*")
_NO_DAEMON = re.compile(
    r"Cannot connect to the Docker daemon|Is the docker daemon running\?"
    r"|failed to connect to the docker API at unix:"  # docker 28 and later
)
_EXITED = re.compile(r"^Exited \((-?\d+)\)")
_CALM_EXITS = {0, 143}
READS = "engine_running container_count running_count containers[name image status condition] complete"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.rstrip() for line in plain(stdout).splitlines() if line.strip()]
    ended = bool(lines) and lines[-1] == END
    if ended:
        lines.pop()
    table = bool(lines) and _HEADER.match(lines[0]) is not None
    rows = _from_table(lines) if table else _from_json(lines)
    nothing = not lines or lines == ["[]"] or (table and len(lines) == 1)
    running = not _NO_DAEMON.search(f"{stdout}\n{stderr}")
    if running and not rows and not (ended and nothing and exit_status == 0):
        raise refuse(stdout, stderr, exit_status)
    containers = [_container(row) for row in rows]
    conditions = [item["condition"] for item in containers]
    return {
        "engine_running": running,
        "container_count": len(containers),
        "running_count": conditions.count("running"),
        "containers": containers if running else None,
        "complete": ended or not running,
    }


def _from_json(lines: list[str]) -> list[dict[str, Any]]:
    text = "\n".join(lines)
    if not text.startswith(("{", "[")):
        return []
    try:
        data = json.loads(text) if text.startswith("[") else [json.loads(line) for line in lines]
    except (ValueError, RecursionError) as exc:
        raise Undecided("The list of containers is cut off or is no JSON.", Cause.CUT_OFF) from exc
    known = isinstance(data, list) and all(
        isinstance(item, dict) and item.keys() >= {"Names", "Image"} and item.keys() & {"Status", "State"}
        for item in data
    )
    return data if known else []


def _from_table(lines: list[str]) -> list[dict[str, Any]]:
    """Rows of the table, by the places of its titles."""
    starts = {match.group(0): match.start() for match in _COLUMNS.finditer(lines[0])}
    edges = [*sorted(starts.values()), 1 << 20]
    rows = []
    for line in lines[1:]:
        row = {title: line[at : edges[edges.index(at) + 1]].strip() for title, at in starts.items()}
        if not row.get("NAMES"):
            raise Undecided("The table of containers is cut off.", Cause.CUT_OFF)
        rows.append({"Names": row["NAMES"], "Image": row["IMAGE"], "Status": row["STATUS"]})
    return rows


def _container(row: dict[str, Any]) -> dict[str, Any]:
    names = row["Names"]
    status = str(row.get("Status") or "") or _podman_status(row)
    return {
        "name": str(names[0]) if isinstance(names, list) and names else str(names),
        "image": str(row["Image"]),
        "status": status,
        "condition": _condition(status, str(row.get("State", "")).lower()),
    }


def _podman_status(row: dict[str, Any]) -> str:
    """What podman says in State and ExitCode, in docker's words."""
    state, code = str(row.get("State") or "").lower(), row.get("ExitCode")
    if state in ("exited", "stopped") and isinstance(code, int) and not isinstance(code, bool):
        return f"Exited ({code})"
    return {"running": "Up", "created": "Created", "configured": "Created"}.get(state, state)


def _condition(status: str, state: str) -> str | None:
    exited = _EXITED.match(status)
    if exited:
        return "exited" if int(exited.group(1)) in _CALM_EXITS else "exited-error"
    for start, condition in (("Restarting", "restarting"), ("Dead", "dead"), ("Created", "created")):
        if status.startswith(start):
            return condition
    if status.startswith("Removal"):
        return "removing"
    if not status.startswith("Up"):
        return state if state in {"restarting", "dead", "created", "paused", "removing"} else None
    if "(Paused)" in status:
        return "paused"
    if "(unhealthy)" in status:
        return "unhealthy"
    return "starting" if "(health: starting)" in status else "running"
