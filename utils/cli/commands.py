"""The command line: `flask --app app checkup | run-diagnostic | judge | device | connect | catalogue`, and
`history` (history.py).

Exit status by the Nagios convention: 0 pass, info or skip; 1 warn; 2 fail; 3 unknown, no connection,
wrong usage. Logs and questions go to stderr, so that stdout holds only what was asked for.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask, current_app

from utils.applog import escaped
from utils.bench import startup
from utils.bench.fleet import Fleet
from utils.cli import fleet, report
from utils.errors import (
    BadRequest,
    Cancelled,
    ConfigError,
    HostKeyChanged,
    HostKeyUnknown,
    LoginQuestion,
    V3Error,
)
from utils.judging import judge as judging
from utils.model.results import Result, Verdict, error_facts, status_json, to_json
from utils.settings import HostKeyPolicy

TROUBLE = 3
_CANCEL_S = 5.0
_MOST_ASKED = 5  # a key, and some rounds of a login
_HELLO = "true"  # a command that only shows that the link works
# Wrong usage is 3 in this convention; click would say 2, which means "fail" here.
click.UsageError.exit_code = TROUBLE

Command = TypeVar("Command", bound=Callable[..., Any])


class _StartError(click.ClickException):
    exit_code = TROUBLE


@contextlib.contextmanager
def start_errors() -> Iterator[None]:
    """Under the flask command a start-up error is a message with exit status 3, not a traceback."""
    try:
        yield
    except ConfigError as exc:
        if click.get_current_context(silent=True) is None:
            raise
        raise _StartError(f"{exc}\n{exc.hint}") from exc


def register(app: Flask) -> None:
    """Add the commands to the app."""
    from utils.cli.history import history

    for command in (checkup, run_diagnostic, judge, device, connect, catalogue, bays, history):
        app.cli.add_command(command)


def _demo_option(command: Command) -> Command:
    return click.option("--demo", is_flag=True, help="Against the demo device.")(command)


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")(command)


def _bay_option(command: Command) -> Command:
    return click.option("--bay", default="", metavar="ID", help="The bay of another board; see bays.")(
        command
    )


def _profile_option(command: Command) -> Command:
    text = "Judge by this profile, not by the one that fits the device."
    return click.option("--profile", default="", metavar="NAME", help=text)(command)


@contextlib.contextmanager
def core_for(*, demo: bool, as_json: bool, profile: str = "", bay: str = "") -> Iterator[startup.Core]:
    """The core to work with; its errors become a message (or JSON) and exit status 3."""
    core: startup.Core = current_app.extensions["v3-core"]
    try:
        if demo and not core.demo:
            core = startup.start(core.settings, demo=True)
        if bay:
            core.bench.choose(bay)
        if profile:
            for each in core.bench:
                each.runner.choose_profile(profile)
        yield core
    except V3Error as exc:
        if as_json:
            click.echo(json.dumps({"error": error_facts(exc)}, indent=2))
        explain(exc)
        sys.exit(TROUBLE)
    finally:
        core.close()


def explain(exc: V3Error) -> None:
    """The error and its next step, on stderr."""
    click.echo(f"{escaped(str(exc))} [{exc.code}]", err=True)
    if isinstance(exc, HostKeyUnknown | HostKeyChanged):
        fingerprint = exc.details.get("fingerprint", "?")
        click.echo(f"The device shows {fingerprint}", err=True)
        if isinstance(exc, HostKeyChanged):
            click.echo(f"It is known by    {exc.details.get('expected', '?')}", err=True)
            click.echo(
                f"Reflashed:          flask --app app device --trust {fingerprint} --reflashed", err=True
            )
        click.echo(f"If it is this one:  flask --app app device --trust {fingerprint}", err=True)
    elif exc.hint:
        click.echo(escaped(exc.hint), err=True)


def _connect(core: startup.Core) -> None:
    """Make the link before the work; at a terminal, ask about an unknown key and what the device asks."""
    startup.need_folder(core.settings.v3_data_dir)
    threading.Thread(target=core.bench.history.prepare, name="v3-prepare", daemon=True).start()
    door = core.bench.default.door
    for _ in range(_MOST_ASKED):
        try:
            door.run(_HELLO, timeout=30, effect="read")
            return
        except HostKeyUnknown as exc:
            if core.settings.ssh_host_keys is not HostKeyPolicy.ASK or not _at_terminal() or not _asked(exc):
                raise
            door.trust(str(exc.details["fingerprint"]))
        except LoginQuestion as exc:
            if not _at_terminal():
                raise
            door.answer(_answers(exc))
    door.run(_HELLO, timeout=30, effect="read")


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answers(exc: LoginQuestion) -> list[str]:
    """What a person types to the device's prompts."""
    prompts: Any = exc.details["prompts"]
    return [
        click.prompt(
            escaped(prompt["text"]), default="", show_default=False, hide_input=not prompt["echo"],
            prompt_suffix=" ", err=True,
        )
        for prompt in prompts
    ]  # fmt: skip


def _asked(exc: HostKeyUnknown) -> bool:
    click.echo(f"{exc}\nIts key is {exc.details.get('fingerprint')}", err=True)
    return click.confirm("Trust this device?", default=False, err=True)


def _wait(done: threading.Event, cancel: Callable[[], object]) -> None:
    """Wait for it; Ctrl-C stops it on the device first."""
    try:
        while not done.wait(1.0):
            pass
    except KeyboardInterrupt:
        cancel()
        done.wait(_CANCEL_S)
        raise Cancelled from None


def _paint(text: str, verdict: Verdict) -> str:
    return click.style(text, fg=report.COLOURS[verdict])  # click.echo drops it where no terminal is


def _show(lines: list[str]) -> None:
    for line in lines:
        click.echo(line)


@click.command("checkup")
@click.argument("ids", nargs=-1)
@_json_option
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write JUnit XML.")
@click.option("--all", "all_bays", is_flag=True, help="On every board of the bench.")
@_bay_option
@_profile_option
@_demo_option
def checkup(
    ids: tuple[str, ...], as_json: bool, junit: Path | None, all_bays: bool, bay: str, profile: str,
    demo: bool,
) -> None:  # fmt: skip
    """Run all diagnostics that disturb nothing (or these IDS), worst first."""
    if all_bays and bay:
        raise click.UsageError("--all and --bay exclude each other.")
    with core_for(demo=demo, as_json=as_json, profile=profile, bay=bay) as core:
        for name in ids:
            core.runner.catalogue.get(name)
        if all_bays:
            sys.exit(_check_all(core, ids, as_json=as_json, junit=junit))
        _connect(core)
        done = core.runner.start_checkup(ids or None, who="command line")
        _wait(done.done, lambda: core.runner.cancel_checkup(done.id))
        if junit is not None:
            _write(junit, report.junit(done.results(), done.duration_s or 0.0))
        if as_json:
            click.echo(json.dumps(done.as_json(), indent=2))
        else:
            _show(report.checkup_lines(done.results(), done.counts(), _paint))
        if done.lost is not None:
            explain(done.lost)
    sys.exit(report.EXIT_STATUS[done.verdict or Verdict.UNKNOWN])


def _check_all(core: startup.Core, ids: tuple[str, ...], *, as_json: bool, junit: Path | None) -> int:
    """Every board at once. Who cannot run is named; nobody is asked anything. The exit status."""
    startup.need_folder(core.settings.v3_data_dir)
    done = Fleet(core.bench).start(None, ids or None, who="command line")
    for part in done.parts.values():
        if part.checkup is not None:
            _wait(part.checkup.done, done.stop)
    if junit is not None:
        _write(junit, fleet.junit(done))
    if as_json:
        click.echo(json.dumps(done.as_json(), indent=2))
    else:
        _show(fleet.lines(done, _paint))
    return fleet.exit_status(done)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}", hint="Name another file.") from exc


@click.command("run-diagnostic")
@click.argument("diagnostic_id", metavar="ID")
@click.option("--timeout", type=click.FloatRange(0, 600, min_open=True), help="Seconds, instead of its own.")
@_json_option
@_bay_option
@_profile_option
@_demo_option
def run_diagnostic(
    diagnostic_id: str, timeout: float | None, as_json: bool, bay: str, profile: str, demo: bool
) -> None:
    """Run one diagnostic and show all of its result."""
    with core_for(demo=demo, as_json=as_json, profile=profile, bay=bay) as core:
        core.runner.catalogue.get(diagnostic_id)
        _connect(core)
        run = core.runner.start(diagnostic_id, timeout, who="command line")
        _wait(run.done, lambda: core.runner.cancel(run.id))
        if run.error is not None:
            raise run.error
        if run.result is None:
            raise Cancelled
        result = run.result
        _show_result(result, as_json=as_json)
        if run.keeping.trouble is not None:
            explain(run.keeping.trouble)
    sys.exit(report.EXIT_STATUS[result.verdict])


def _show_result(result: Result, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(to_json(result), indent=2))
    else:
        _show(report.result_lines(result, _paint, full=True))


@click.command("judge")
@click.argument("diagnostic_id", metavar="ID")
@click.option("--exit-status", type=int, default=0, show_default=True, help="How the command ended.")
@click.option("--stderr-file", type=click.File("rb"), help="What it printed to stderr.")
@_json_option
@_profile_option
def judge(diagnostic_id: str, exit_status: int, stderr_file: Any, as_json: bool, profile: str) -> None:
    """Judge saved output on stdin; needs no device."""
    with core_for(demo=False, as_json=as_json, profile=profile) as core:
        library = core.runner.library
        diagnostic = library.judging(library.catalogue.get(diagnostic_id), None)
        stdout = sys.stdin.buffer.read().decode("utf-8", "replace")
        stderr = stderr_file.read().decode("utf-8", "replace") if stderr_file else ""
        result = judging.judge_diagnostic(diagnostic, stdout, stderr, exit_status)
        _show_result(result, as_json=as_json)
    sys.exit(report.EXIT_STATUS[result.verdict])


@click.command("device")
@click.option("--trust", "fingerprint", metavar="FINGERPRINT", help="Trust the device that shows this key.")
@click.option("--reflashed", is_flag=True, help="With --trust: the key replaces the one it was known by.")
@_json_option
@_bay_option
@_demo_option
def device(fingerprint: str | None, reflashed: bool, as_json: bool, bay: str, demo: bool) -> None:
    """Connect and show which device is plugged in."""
    if reflashed and not fingerprint:
        raise click.UsageError("--reflashed goes with --trust FINGERPRINT.")
    with core_for(demo=demo, as_json=as_json, bay=bay) as core:
        if fingerprint:
            _trust(core, fingerprint, reflashed=reflashed)
        _connect(core)
        facts = status_json(core.runner.door.status())
        if as_json:
            click.echo(json.dumps(facts, indent=2))
        else:
            _show(_device_lines(facts))


def _trust(core: startup.Core, fingerprint: str, *, reflashed: bool) -> None:
    """Let the device show its key, then trust it if it is this one."""
    startup.need_folder(core.settings.v3_data_dir)
    door = core.bench.default.door
    try:
        door.run(_HELLO, timeout=30, effect="read")
    except (HostKeyUnknown, HostKeyChanged) as exc:
        _same_key(str(exc.details.get("fingerprint")), fingerprint)
        door.trust(fingerprint, reflashed=reflashed)
        core.runner.audit.write("trust", who="command line", fingerprint=fingerprint, reflashed=reflashed)
    else:  # it is trusted already, but is it the one that was meant?
        found = door.status().device
        _same_key(found.fingerprint if found else "no key", fingerprint)


def _same_key(shown: str, fingerprint: str) -> None:
    if shown != fingerprint:
        raise BadRequest(
            f"The device shows {shown}, not {fingerprint}. Nothing was trusted.",
            hint="Compare the fingerprints once more, at the device itself if you can.",
        )


def _device_lines(facts: dict[str, Any]) -> list[str]:
    found = facts["device"] or {}
    rows = {
        "device": found.get("label"),
        "model": found.get("model"),
        "serial": found.get("serial"),
        "hostname": found.get("hostname"),
        "release": found.get("release"),
        "key": found.get("fingerprint"),
        "address": facts["address"],
        "path": "the system's ssh" if facts["mode"] == "ssh" else facts["path"],
        "because": facts["because"],
        "server": facts["server_version"],
    }
    return [f"{name + ':':<10} {escaped(str(value))}" for name, value in rows.items() if value]


@click.command("connect")
@click.option("--explain", is_flag=True, help="Show rung by rung where the way to the device stops.")
@_json_option
@_bay_option
@_demo_option
def connect(explain: bool, as_json: bool, bay: str, demo: bool) -> None:
    """Connect; with --explain show each step of it and the next one to take."""
    with core_for(demo=demo, as_json=as_json, bay=bay) as core:
        if explain:
            rungs = core.bench.default.door.ladder()
            if as_json:
                click.echo(json.dumps({"rungs": to_json(rungs)}, indent=2))
            else:
                _show(report.ladder_lines(rungs, _paint))
            sys.exit(report.ladder_exit_status(rungs))
        _connect(core)
        facts = status_json(core.runner.door.status())
        click.echo(json.dumps(facts, indent=2) if as_json else "\n".join(_device_lines(facts)))


@click.command("bays")
@_json_option
@_demo_option
def bays(as_json: bool, demo: bool) -> None:
    """List every place on the bench and the board in it. Connects to nothing."""
    with core_for(demo=demo, as_json=as_json) as core:
        fleet.show_bays(core.bench, as_json=as_json)


@click.command("catalogue")
@_json_option
def catalogue(as_json: bool) -> None:
    """List all diagnostics."""
    core: startup.Core = current_app.extensions["v3-core"]
    if as_json:
        shown = [item.model_dump(mode="json") for item in core.runner.catalogue]
        click.echo(json.dumps({"diagnostics": shown}, indent=2))
        return
    for item in core.runner.catalogue:
        mark = " (yours)" if item.origin == "yours" else ""
        mark += " (active: only by its own button)" if item.active else ""
        click.echo(f"{item.category.value:<9} {item.id:<26} {item.title}{mark}")
