"""What the history costs a run: the answer of one with a history and without, in turn, over the same link.

The web app's own route answers, without a network of its own. Both have an audit log. Between two runs there
is time for the writer, as there is between two clicks. Processor time is that of the whole program, so it has
what is written beside; on a machine that does other work it says what the wall clock would say without that.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.bench.report import Section, Target, ms, number
from tests.bench.rig import Rig
from utils import ssh_interface
from utils.audit import Audit
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.judging.catalogue.loader import builtin_catalogue
from utils.settings import Settings
from utils.store.history import History
from utils.web import create_web_app

DIAGNOSTIC = "memory"
_BETWEEN_S = 0.01
MOST = 1.05


def section(rig: Rig, *, quick: bool) -> Section:
    """A run over the rig's sshd."""
    ssh_interface.configure(rig.target.settings())
    try:
        return measured(ssh_interface.door, rounds=100 if quick else 400)
    finally:
        ssh_interface.close()


def measured(door: Any, *, rounds: int) -> Section:
    """The table of both, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="v3bench") as made:
        folder = Path(made)
        history = History(folder / "with" / "history.db")
        history.prepare()
        clients = {
            "with history": _client(door, history, folder / "with"),
            "without": _client(door, History(None), folder / "without"),
        }
        times = _in_turn({name: _run(client) for name, client in clients.items()}, rounds)
        history.close()
    found = Section("What the history costs a run", [f"`{DIAGNOSTIC}`", "median ms", "p90 ms", "CPU ms"])
    medians = {}
    for name, both in times.items():
        wall, cpu = ([each[n] for each in both] for n in (0, 1))
        medians[name] = statistics.median(wall)
        p90 = statistics.quantiles(wall, n=10)[8]
        found.rows.append([name, ms(medians[name]), ms(p90), ms(statistics.median(cpu))])
    ratio = medians["with history"] / medians["without"]
    found.rows.append(["ratio", number(ratio), "", ""])
    found.targets.append(Target("server time of a run with history, to that without", ratio, MOST, ""))
    return found


def _in_turn(calls: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for number_ in range(rounds + 10):
        for name, call in calls.items():
            began, worked = time.perf_counter(), time.process_time()
            call()
            took = time.perf_counter() - began
            time.sleep(_BETWEEN_S)
            if number_ >= 10:  # the first ones load what all need
                found[name].append((took, time.process_time() - worked))
    return found


def _run(client: FlaskClient) -> Callable[[], None]:
    def run() -> None:
        answer = client.post(f"/api/v1/diagnostics/{DIAGNOSTIC}/run", json={})
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]

    return run


def _client(door: Any, history: History, folder: Path) -> FlaskClient:
    folder.mkdir(exist_ok=True)
    runner = Runner(
        catalogue=builtin_catalogue(), door=door, history=history, audit=Audit(folder / "audit.jsonl")
    )
    settings = Settings.model_validate({"v3_data_dir": folder, "log_file": folder / "log"})
    app = create_web_app(settings, Bench([furnished(runner, door, folder / "recordings")]))
    client = app.test_client()
    client.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin"}
    return client
