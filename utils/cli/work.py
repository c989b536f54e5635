"""Behind a command: the core that it works with, the link made first, questions to the person, waiting."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from utils.applog import escaped
from utils.bench import startup
from utils.bench.bay import Bay
from utils.bench.fleet import Fleet, FleetRun
from utils.bench.runs import Checkup, Run
from utils.cli.given import given
from utils.errors import BadRequest, HostKeyChanged, HostKeyUnknown, LoginQuestion, UnknownBay, V3Error
from utils.model.near import did_you_mean
from utils.settings import HostKeyPolicy

log = logging.getLogger(__name__)

WHO = "command line"
"""In the audit log."""
_CANCEL_S = 5.0
_MOST_ASKED = 5  # a key, and some rounds of a login
_HELLO = "true"  # a command that only shows that the link works
_LOOK_S = 0.2
_HISTORY_S = 10.0  # nobody waits for a program that has said all; without it a slow disk loses the record


@contextlib.contextmanager
def core(*, demo: bool = False, profile: str = "") -> Iterator[startup.Core]:
    """The core to work with, and its end. ConfigError; BadRequest for a profile that is not there."""
    settings, demo_given = given()
    started = startup.start(settings, demo=demo_given or int(demo), plain=True)
    try:
        for bay in started.bench if profile else ():
            bay.runner.choose_profile(profile)
        yield started
    finally:
        started.close(history_s=_HISTORY_S)


def bay_of(started: startup.Core, bay_id: str) -> Bay:
    """The bay of this id, "": the default one. UnknownBay, which names the nearest."""
    try:
        return started.bench.bay(bay_id) if bay_id else started.bench.default
    except UnknownBay as exc:
        bays = [bay.id for bay in started.bench]
        raise UnknownBay(f"There is no bay {bay_id!r}.{did_you_mean(bay_id, bays)}", bays=bays) from exc


def address(bay: Bay) -> str:
    """Where a board in this bay answers."""
    return str(bay.door.settings.address)


def connect(started: startup.Core, bay: Bay) -> None:
    """Make the link before the work; at a terminal, ask about an unknown key and what the device asks."""
    startup.need_folder(started.settings.v3_data_dir)
    threading.Thread(target=started.bench.history.prepare, name="v3-prepare", daemon=True).start()
    for _ in range(_MOST_ASKED):
        try:
            bay.door.run(_HELLO, timeout=30, effect="read")
            return
        except HostKeyUnknown as exc:
            asks = bay.door.settings.ssh_host_keys is HostKeyPolicy.ASK
            if not asks or not _at_terminal() or not _agreed(exc):
                raise
            bay.door.trust(str(exc.details["fingerprint"]))
        except LoginQuestion as exc:
            if not _at_terminal():
                raise
            bay.door.answer(_answers(exc), str(exc.details.get("question", "")))
    bay.door.run(_HELLO, timeout=30, effect="read")


def trust(started: startup.Core, bay: Bay, fingerprint: str, *, reflashed: bool) -> None:
    """Let the device show its key, then trust it if it is this one."""
    startup.need_folder(started.settings.v3_data_dir)
    try:
        bay.door.run(_HELLO, timeout=30, effect="read")
    except (HostKeyUnknown, HostKeyChanged) as exc:
        _same_key(str(exc.details.get("fingerprint")), fingerprint)
        bay.door.trust(fingerprint, reflashed=reflashed)
        bay.runner.audit.write("trust", who=WHO, bay=bay.id, fingerprint=fingerprint, reflashed=reflashed)
    else:  # it is trusted already, but is it the one that was meant?
        found = bay.door.status().device
        _same_key(found.fingerprint if found else "no key", fingerprint)


def _same_key(shown: str, fingerprint: str) -> None:
    if shown != fingerprint:
        raise BadRequest(
            f"The device shows {shown}, not {fingerprint}. Nothing was trusted.",
            hint="Compare the fingerprints once more, at the device itself if you can.",
        )


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _agreed(exc: HostKeyUnknown) -> bool:
    click.echo(f"{exc}\nIts key is {exc.details.get('fingerprint')}", err=True)
    return click.confirm("Trust this device?", default=False, err=True)


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


def check(started: startup.Core, bay: Bay, ids: Sequence[str], *, quiet: bool) -> Checkup:
    """The check-up of one board, after the link was made."""
    connect(started, bay)
    done = bay.runner.start_checkup(ids or None, who=WHO)
    wait(
        done.done, done.stop, None if quiet else lambda: f"{len(done.results())} of {len(done.runs)} checked"
    )
    done.abandoned = not done.finished
    return done


def check_all(started: startup.Core, ids: Sequence[str]) -> FleetRun:
    """That of every board. Who cannot run is named in it; nobody is asked anything."""
    startup.need_folder(started.settings.v3_data_dir)
    run = Fleet(started.bench).start(None, ids or None, who=WHO)
    for part in run.parts.values():
        if part.checkup is not None:
            wait(part.checkup.done, run.stop)
            part.checkup.abandoned = not part.checkup.finished
    return run


def lost(done: Run | Checkup | FleetRun) -> V3Error | None:
    """What keeps it out of the history. A slow disk has as long as our end would give it."""
    if isinstance(done, Run):
        return done.keeping.patiently(_HISTORY_S)
    checkups = [done] if isinstance(done, Checkup) else [part.checkup for part in done.parts.values()]
    return next((trouble for each in checkups if each and (trouble := each.lost_after(_HISTORY_S))), None)


def wait(
    done: threading.Event, cancel: Callable[[], object], progress: Callable[[], str] | None = None
) -> None:
    """Wait for it; Ctrl-C and SIGTERM stop it on the device first, and what is there stays.

    progress: what a terminal shows meanwhile.
    """
    told = progress if progress and sys.stderr.isatty() else None
    try:
        while not done.wait(_LOOK_S):
            if told:
                click.echo(f"\r{told()}", err=True, nl=False)
    except KeyboardInterrupt:
        cancel()
        done.wait(_CANCEL_S)
    if told:
        click.echo(f"\r{'':<60}\r", err=True, nl=False)
