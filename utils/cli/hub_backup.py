"""The hub in one file, and back. The file holds its keys: whoever has it can be this hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from utils.cli import options
from utils.cli.command import Command
from utils.cli.hub import hub_of

if TYPE_CHECKING:
    from utils.lab.backup import Restored
    from utils.settings import Settings

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_WHO = "command line"


@click.command("backup", cls=Command)
@_file
@options.of_demo_option
def backup(file: Path, demo: bool) -> None:
    """Write the whole hub into FILE: keys, people, history. It may run meanwhile.

    FILE holds the hub's keys. Keep it as you keep a password.
    """
    from utils.audit import Audit
    from utils.lab.backup import back_up

    settings, folder = hub_of(demo)
    made = back_up(folder.parent, _history(settings, folder), file)
    Audit(folder.parent / "audit.jsonl").write("hub-backup", who=_WHO, file=str(file))
    counts = f"{made.reach.get('runs', 0)} runs" if made.history else "no history yet"
    click.echo(f"{file}: the hub as it was at {made.made_at}, with {counts}.")
    click.echo("It holds the hub's keys and its people. Keep it as you keep a password.")


@click.command("restore", cls=Command)
@_file
@click.option("--replace", is_flag=True, help="Also over a hub that has something newer; that is put aside.")
@click.option(
    "--history", "alone", is_flag=True, help="Bring back the history alone; the hub's folder stays."
)
@options.of_demo_option
def restore(file: Path, replace: bool, alone: bool, demo: bool) -> None:
    """Make this hub what FILE has, from v3 hub backup. The hub must not run.

    Benches need no new invitation. Each sends again what the hub lacks of its results.
    """
    from utils.audit import Audit
    from utils.lab import backup

    settings, folder = hub_of(demo)
    where = _history(settings, folder)
    done = backup.restore(folder.parent, where, file, replace=replace, history_alone=alone)
    made_at = done.back_up.made_at
    Audit(folder.parent / "audit.jsonl").write("hub-restored", who=_WHO, file=str(file), made_at=made_at)
    for line in _told(done, alone=alone):
        click.echo(line)


def _told(done: Restored, *, alone: bool) -> list[str]:
    at = done.back_up.made_at
    lines = [f"The hub is what it was at {at}. Benches send again what came since."]
    if done.aside is not None:
        lines.append(f"What was there before is in {done.aside}. It holds keys, too.")
    if alone:
        return lines
    lines.append(f"These benches may join: {', '.join(done.benches) or 'none'}.")
    if done.stay_out:
        lines.append(f"Revoked since then, and not let in: {', '.join(done.stay_out)}.")
    if done.unsure:
        lines.append(f"Not begun again, since it may have run: {done.unsure} of what waited for boards.")
    lines.append(f"Changes since {at} are not there: benches, people, tags, what waits for boards.")
    lines.append("Revoke benches and remove people again who left since then.")
    return lines


def _history(settings: Settings, folder: Path) -> str | Path:
    """Where the hub's history is; of a demo always in its folder."""
    own = folder.parent == settings.v3_data_dir
    return settings.database if own else folder.parent / "history.db"
