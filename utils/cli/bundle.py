"""`v3 bundle`, `v3 replay`: a board's records in one file, and such a file judged again."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from utils.cli import options
from utils.cli.command import Command, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from utils.bench.bay import Bay
    from utils.bench.bundles import Prepared
    from utils.bundle.reading import Bundle
    from utils.bundle.replacing.replacer import KeepQuestion
    from utils.cli.bundle_documents import TriedDocument


@click.command("bundle", cls=Command, short_help="Put what is kept of a board into one file.")
@click.argument("board")
@click.option("--checkup", "checkups", multiple=True, metavar="ID", help="Only these; else the newest ten.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--keep", multiple=True, metavar="QUESTION", help="Do not replace this one; --list names them.")
@click.option("--list", "only_list", is_flag=True, help="Show what would be replaced; write nothing.")
@click.option(
    "--passphrase-file",
    type=click.File("r"),
    help="Seal it (age) with the passphrase in this file; -: stdin.",
)
@options.format_option(options.NO_CASES)
@options.demo_option
def bundle(
    board: str, checkups: tuple[str, ...], output: Path | None, keep: tuple[str, ...], only_list: bool,
    passphrase_file: Any, form: str, demo: bool,
) -> None:  # fmt: skip
    """Put what is kept of BOARD (its id, serial number or name) into one file.

    Names, numbers and secrets are replaced. At a terminal you may keep what only looks like one.
    """
    from utils.bench.boards import known_boards
    from utils.bench.bundles import Bundles
    from utils.cli import history as kept
    from utils.cli import work
    from utils.cli.bundle_documents import BundleDocument
    from utils.cli.formats import shown

    passphrase = _line_of(passphrase_file)
    with work.core(demo=demo) as core:
        one = kept.chosen(known_boards(core.bench.default.door, core.bench.history), board)
        bundles = Bundles(core.bench, core.settings.v3_data_dir)
        prepared = bundles.prepare(one.device.device_id, checkups or None)
        chosen = [*keep, *_asked(prepared, form, only_list=only_list or bool(keep))]
        path = output or Path(f"v3-bundle-{prepared.id}.zip{'.age' if passphrase else ''}")
        if not only_list:
            write(path, b"".join(bundles.save(prepared.id, chosen, passphrase)))
            core.runner.audit.write(
                "bundle-saved",
                who=work.WHO,
                bay=core.runner.bay,
                device_id=one.device.device_id,
                bundle=prepared.id,
                kept=len(chosen),
            )
        document = BundleDocument(prepared, chosen, None if only_list else path)
        click.echo(shown(form, document), nl=False)


def _asked(prepared: Prepared, form: str, *, only_list: bool) -> list[str]:
    """What a person at a terminal keeps. Nobody there: nothing, all is replaced."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty() and form == "text"
    if only_list or not at_terminal or not prepared.questions:
        return []
    for number, question in enumerate(prepared.questions, start=1):
        click.echo(f"{number:>4}  {_said(question)}", err=True)
    text = "Numbers to keep as they are (none: all are replaced)"
    answer = click.prompt(text, default="", show_default=False, err=True)
    numbers = [int(word) for word in answer.replace(",", " ").split() if word.isdigit()]
    return [prepared.questions[number - 1].id for number in numbers if 1 <= number <= len(prepared.questions)]


def _said(question: KeepQuestion) -> str:
    from utils.applog import escaped

    more = f" and {question.count - 1} more" if question.count > 1 else ""
    return escaped(f"{question.text}  ({question.rule}, {question.file}:{question.line}{more})")


@click.command("replay", cls=Command, short_help="Judge a bundle by today's rules.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--passphrase-file", type=click.File("r"), help="The passphrase it was sealed with; -: stdin.")
@options.format_option(options.ALL_FORMATS)
@click.option("--problems", is_flag=True, help="Only faults, warnings and what was not checked.")
def replay(file: Path, passphrase_file: Any, form: str, problems: bool) -> None:
    """Judge the newest check-up of a bundle by today's rules; needs no board.

    `python app.py --replay FILE` shows it as a board on the page.
    """
    from utils.cli.checkups import Verbosity, checkup_document
    from utils.cli.formats import shown
    from utils.errors import NotABundle

    with _opened(file, _line_of(passphrase_file)) as bay:
        assert bay.replay is not None
        if not bay.replay.checkups:
            raise NotABundle("This bundle holds no check-up.", hint="Have one made after a check-up.")
        found = checkup_document(bay.runner.checkup(bay.replay.checkups[0]), Verbosity(problems=problems))
        click.echo(shown(form, found), nl=False)
        for each in bay.replay.changed if form == "text" else ():
            why = "another limit" if each["because"] == "limit" else "another rule"
            click.echo(
                f"{each['diagnostic']}: {each['before']} then, {each['after']} now; {why}: {each['rule']}"
            )
    sys.exit(found.exit_status)


@contextlib.contextmanager
def _opened(file: Path, passphrase: str) -> Iterator[Bay]:
    """The bay of this bundle, on a bench that has nothing else."""
    from utils.bench.bay import furnished
    from utils.bench.bench import Bench
    from utils.bench.replays import Replays
    from utils.bench.runner import Runner
    from utils.cli.library import library
    from utils.demo.local_door import LocalDoor

    found, door = library(), LocalDoor(None)
    runner = Runner(load=lambda: found, door=door)
    with tempfile.TemporaryDirectory(prefix="v3-replay-") as folder:
        replays = Replays(Bench([furnished(runner, door, Path(folder))]), Path(folder))
        bay = replays.open(file.read_bytes(), file.name, passphrase)
        try:
            yield bay
        finally:
            replays.close(bay.id)


def _line_of(file: Any) -> str:
    return file.readline().rstrip("\r\n") if file else ""


def over_bundles(folder: Path, only: str, profile: str) -> TriedDocument:
    """Try the rules (of one diagnostic) over every bundle of a folder."""
    from utils.bench.replays import tried
    from utils.bundle.reading import read_bundle
    from utils.cli.bundle_documents import TriedDocument
    from utils.cli.library import library
    from utils.errors import BundleTrouble

    found, refused = library(profile), dict[str, BundleTrouble]()
    if only:
        found.catalogue.get(only)
    outputs: list[tuple[str, bool, Any]] = []
    for path in sorted(each for each in folder.iterdir() if each.suffix == ".zip"):
        try:
            opened = read_bundle(path.read_bytes())
        except BundleTrouble as exc:
            refused[path.name] = exc
            continue
        outputs += [(path.name, _is_good(opened), each) for each in tried(opened, found, only)]
    return TriedDocument(outputs, refused, only)


def _is_good(opened: Bundle) -> bool:
    """Whether the board was good when the bundle was made."""
    from utils.model.records import GOOD

    return bool(opened.document.checkups) and opened.document.checkups[0].verdict in GOOD
