"""The commands: checkup, run-diagnostic, judge, device, connect, bays, history, compare, manifest, bundle,
replay, hub, catalogue.

Exit status by the Nagios convention: 0 pass, info or skip; 1 warn; 2 fail; 3 unknown, cut short, no
connection, wrong usage.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from utils.cli import options
from utils.cli.bundle import bundle, replay
from utils.cli.command import FAULT, TROUBLE, CheckupCommand, Command, explain, write
from utils.cli.hub import hub
from utils.cli.hub_backup import backup, restore
from utils.cli.hub_users import user

if TYPE_CHECKING:
    from utils.cli.formats import Document


def _show(document: Document, form: str) -> None:
    from utils.cli.formats import shown

    click.echo(shown(form, document), nl=False)


def _show_kept(document: Document, form: str, done: Any) -> None:
    """Show it, and what keeps it out of the history. Eyes see it first; a script gets the last word."""
    from utils.cli import work

    trouble = None if form == "text" else work.lost(done)
    _show(document, form)
    if trouble := trouble or work.lost(done):
        explain(click.get_current_context(), trouble)


@click.command("checkup", cls=CheckupCommand, short_help="Run all diagnostics that disturb nothing.")
@options.diagnostic_argument("ids", nargs=-1)
@options.format_option(options.ALL_FORMATS)
@click.option("--problems", is_flag=True, help="Only faults, warnings and what was not checked.")
@click.option("-q", "--quiet", is_flag=True, help="Only the last line; with --problems one line for each.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write JUnit XML here.")
@click.option("--all", "all_bays", is_flag=True, help="On every board of the bench.")
@options.bay_option
@options.profile_option
@options.demo_option
def checkup(
    ids: tuple[str, ...], form: str, problems: bool, quiet: bool, junit: Path | None, all_bays: bool,
    bay: str, profile: str, demo: bool,
) -> None:  # fmt: skip
    """Run all diagnostics that disturb nothing (or these IDS), worst first."""
    from utils.cli import work
    from utils.cli.checkups import Verbosity, checkup_document
    from utils.cli.formats import as_junit, shown
    from utils.errors import Cancelled

    if all_bays and bay:
        raise click.UsageError("--all and --bay exclude each other.")
    with work.core(demo=demo, profile=profile) as core:
        chosen = work.bay_of(core, bay)
        for name in ids:
            chosen.runner.catalogue.get(name)
        if junit is not None:
            write(junit, shown("junit", Cancelled("The check-up did not end.")))  # until there is more
        done = work.check_all(core, ids) if all_bays else work.check(core, chosen, ids, quiet=quiet)
        if junit is not None:
            write(junit, as_junit(checkup_document(done)))
        found = checkup_document(done, Verbosity(problems=problems, quiet=quiet))
        _show_kept(found, form, done)
        left_out = all_bays and core.bench.problems  # nobody checked the boards that these lines mean
    sys.exit(TROUBLE if left_out and found.exit_status < FAULT else found.exit_status)


@click.command("run-diagnostic", cls=Command)
@options.diagnostic_argument("diagnostic_id", metavar="ID")
@click.option(
    "--timeout", type=options.NumberGiven(0, 600, min_open=True), help="Seconds, instead of its own."
)
@options.format_option(options.ALL_FORMATS)
@options.bay_option
@options.profile_option
@options.demo_option
def run_diagnostic(
    diagnostic_id: str, timeout: float | None, form: str, bay: str, profile: str, demo: bool
) -> None:
    """Run one diagnostic and show all of its result."""
    from utils.cli import work
    from utils.cli.documents import ResultDocument
    from utils.errors import Cancelled

    with work.core(demo=demo, profile=profile) as core:
        chosen = work.bay_of(core, bay)
        chosen.runner.catalogue.get(diagnostic_id)
        work.connect(core, chosen)
        run = chosen.runner.start(diagnostic_id, timeout, who=work.WHO)
        work.wait(run.done, lambda: chosen.runner.cancel(run.id))
        if run.error is not None:
            raise run.error
        if run.result is None:
            raise Cancelled
        document = ResultDocument(run.result)
        _show_kept(document, form, run)
    sys.exit(document.exit_status)


@click.command("judge", cls=Command)
@options.diagnostic_argument("diagnostic_id", metavar="[ID]", default="")
@click.option("--exit-status", type=int, default=0, show_default=True, help="How the command ended.")
@click.option("--stderr-file", type=click.File("rb"), help="What it printed to stderr.")
@click.option(
    "--board",
    default="",
    metavar="BOARD",
    help="Whose it is: its id, serial number or name.",
)
@click.option(
    "--bundles",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Judge the outputs of all bundles there.",
)
@options.format_option(options.ALL_FORMATS)
@options.profile_option
def judge(
    diagnostic_id: str, exit_status: int, stderr_file: Any, board: str, bundles: Path | None, form: str,
    profile: str,
) -> None:  # fmt: skip
    """Judge saved output on stdin; needs no device. With --board, what is normal for that board counts.

    With --bundles, see which of many bundles the rules (of ID) catch, and which good boards they would blame.
    """
    if bundles is not None:
        from utils.cli.bundle import over_bundles

        found = over_bundles(bundles, diagnostic_id, profile)
        _show(found, form)
        sys.exit(found.exit_status)
    if not diagnostic_id:
        raise click.UsageError("Name the diagnostic whose output is on stdin, or --bundles DIR.")
    from utils.cli.documents import ResultDocument
    from utils.cli.library import library as read_library
    from utils.cli.normal import normal_for
    from utils.judging.judge import judge_diagnostic

    library = read_library(profile)
    diagnostic = library.judging(library.catalogue.get(diagnostic_id), None)
    stdout = sys.stdin.buffer.read().decode("utf-8", "replace")
    stderr = stderr_file.read().decode("utf-8", "replace") if stderr_file else ""
    document = ResultDocument(judge_diagnostic(diagnostic, stdout, stderr, exit_status, normal_for(board)))
    _show(document, form)
    sys.exit(document.exit_status)


@click.command("device", cls=Command)
@click.option("--trust", "fingerprint", metavar="FINGERPRINT", help="Trust the device that shows this key.")
@click.option("--reflashed", is_flag=True, help="With --trust: the key replaces the one it was known by.")
@options.format_option(options.NO_CASES)
@options.bay_option
@options.demo_option
def device(fingerprint: str | None, reflashed: bool, form: str, bay: str, demo: bool) -> None:
    """Connect and show which device is plugged in."""
    from utils.cli import work

    if reflashed and not fingerprint:
        raise click.UsageError("--reflashed goes with --trust FINGERPRINT.")
    with work.core(demo=demo) as core:
        chosen = work.bay_of(core, bay)
        if fingerprint:
            work.trust(core, chosen, fingerprint, reflashed=reflashed)
        work.connect(core, chosen)
        _show(_device(chosen), form)


def _device(bay: Any) -> Document:
    from utils.cli.documents import DeviceDocument
    from utils.model.link_words import status_json

    return DeviceDocument(status_json(bay.door.status()))


@click.command("connect", cls=Command, short_help="Connect, or explain where the way stops.")
@click.option("--explain", is_flag=True, help="Show rung by rung where the way to the device stops.")
@options.format_option(options.NO_CASES)
@options.bay_option
@options.demo_option
def connect(explain: bool, form: str, bay: str, demo: bool) -> None:
    """Connect; with --explain show each step of it and the next one to take."""
    from utils.cli import work
    from utils.cli.documents import LadderDocument

    with work.core(demo=demo) as core:
        chosen = work.bay_of(core, bay)
        if explain:
            ladder = LadderDocument(chosen.door.ladder())
            _show(ladder, form)
            sys.exit(ladder.exit_status)
        work.connect(core, chosen)
        _show(_device(chosen), form)


@click.command("bays", cls=Command)
@options.format_option(options.NO_CASES)
@options.demo_option
def bays(form: str, demo: bool) -> None:
    """List every bay of the bench and the board in it. Connects to nothing."""
    from utils.bench import facts
    from utils.cli import work
    from utils.cli.documents import BaysDocument

    with work.core(demo=demo) as core:
        found = [facts.facts(each, core.bench) | {"address": work.address(each)} for each in core.bench]
        _show(BaysDocument(found, facts.strangers()), form)


@click.command("catalogue", cls=Command)
@options.format_option(options.NO_CASES)
def catalogue(form: str) -> None:
    """List all diagnostics."""
    from utils.cli.documents import CatalogueDocument
    from utils.cli.library import library

    _show(CatalogueDocument(library().catalogue), form)


@click.command("history", cls=Command, short_help="List boards, or the check-ups of one.")
@click.argument("board", default="")
@click.option(
    "--limit",
    type=options.CountGiven(1, 200),
    metavar="COUNT",
    default=20,
    show_default=True,
    help="Check-ups shown.",
)
@options.format_option(options.NO_CASES)
@options.of_demo_option
@click.pass_context
def history(context: click.Context, board: str, limit: int, form: str, demo: bool) -> None:
    """List the boards that are known, or the check-ups of BOARD (its id, serial number or name)."""
    from utils.bench.boards import known_boards
    from utils.cli import history as kept
    from utils.cli import work

    with work.core(demo=demo) as core:
        found = known_boards(core.bench.default.door, core.bench.history)
        if found.trouble:
            explain(context, found.trouble)
        if not board:
            _show(kept.BoardsDocument(found), form)
            return
        one = kept.chosen(found, board)
        checkups = core.bench.history.look().checkups(one.ids, limit=limit)
        _show(kept.BoardDocument(one, checkups), form)


@click.command("compare", cls=Command, short_help="Compare two check-ups.")
@click.argument("checkup")
@click.argument("reference", metavar="[CHECKUP|last-good|golden]", default="last-good")
@options.format_option(options.NO_CASES)
@options.of_demo_option
def compare(checkup: str, reference: str, form: str, demo: bool) -> None:
    """Compare a check-up with another one, or with the last good one of its board."""
    from utils.bench.since import asked, compared
    from utils.cli import work
    from utils.cli.compare import ComparisonDocument

    with work.core(demo=demo) as core:
        archive, runner = core.bench.history.look(), core.runner
        earlier, later = asked(archive, checkup, reference, core.bench.default.door)
        how = runner.memory.judging_of(later.record.device, runner.library)
        document = ComparisonDocument(compared(earlier, later, how))
        _show(document, form)
    sys.exit(document.exit_status)


@click.command("manifest", cls=Command, short_help="Learn what belongs to a board.")
@click.argument("action", type=click.Choice(["learn"]))
@click.argument("board")
@click.option("--name", default="", help="Of the profile; left out: made from the board's name.")
@click.option("--print", "only_print", is_flag=True, help="Print the profile and write nothing.")
@options.of_demo_option
def manifest(action: str, board: str, name: str, only_print: bool, demo: bool) -> None:
    """Learn from the good check-ups of BOARD what belongs to it, and write that as a profile."""
    from utils.bench.boards import known_boards
    from utils.bench.manifest import learned, written
    from utils.cli import history as kept
    from utils.cli import work
    from utils.model.words import number

    with work.core(demo=demo) as core:
        one = kept.chosen(known_boards(core.bench.default.door, core.bench.history), board)
        catalogue = core.runner.library.catalogue
        found = learned(core.bench.history.look(), one.ids, one.device, catalogue, name)
        if only_print:
            click.echo(found.text, nl=False)
            return
        path = written(found, core.settings.v3_data_dir)
        flaky = sum(part.flaky for part in found.parts)
        click.echo(
            f"{path}: {number(len(found.parts) - flaky, 'part')}, {flaky} to decide on "
            f"({number(found.checkups, 'check-up')})."
        )


hub.add_command(user)
hub.add_command(backup)
hub.add_command(restore)
COMMANDS = (
    checkup,
    run_diagnostic,
    judge,
    device,
    connect,
    bays,
    history,
    compare,
    manifest,
    bundle,
    replay,
    hub,
    catalogue,
)
"""All of them, for `v3` and for the flask command."""
