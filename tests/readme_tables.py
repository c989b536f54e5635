"""The tables of README.md and docs/ that come from the code. `python -m tests.readme_tables` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from utils.cli.commands import COMMANDS
from utils.judging.catalogue import load_catalogue
from utils.settings import NAMES, PROJECT, Settings

README = PROJECT / "README.md"
CLI = PROJECT / "docs" / "cli.md"
DIAGNOSTICS = PROJECT / "docs" / "diagnostics.md"
OPERATING = PROJECT / "docs" / "operating.md"


def settings_table() -> str:
    """Name, default and comment of each setting; the comment is the one in .env.example."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    comments = _comments()
    for name in NAMES:
        rows.append(f"| `{name}` | {_default(name)} | {comments[name]} |")
    return "\n".join(rows)


def _default(name: str) -> str:
    field = Settings.model_fields[name.lower()]
    if name == "V3_DATA_DIR":
        return "the system's"
    value = field.get_default(call_default_factory=True)
    value = getattr(value, "value", value)
    return "" if value in (None, ()) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _comments() -> dict[str, str]:
    found, comment = {}, ""
    for line in (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines():
        match = re.match(r"(?:# )?([A-Z0-9_]+)=", line)
        if match:
            found[match.group(1)] = comment
        comment = line[2:] if line.startswith("# ") else ""
    return found


def diagnostics_table() -> str:
    """Every diagnostic of the catalogue, by category."""
    rows = ["| id | what it asks | |", "|---|---|---|"]
    category = ""
    for diagnostic in load_catalogue():
        if diagnostic.category.value != category:
            category = diagnostic.category.value
            rows.append(f"| **{category}** | | |")
        marks = [word for word in ("active", "root", "slow") if getattr(diagnostic, word)]
        rows.append(f"| `{diagnostic.id}` | {diagnostic.title} | {' '.join(marks)} |")
    return "\n".join(rows)


def metrics_table() -> str:
    """What Prometheus is told, and by whom."""
    from utils.lab.metrics import TOLD

    rows = ["| name | labels | told by | meaning |", "|---|---|---|---|"]
    for name, (who, labels, text) in TOLD.items():
        rows.append(f"| `{name}` | {' '.join(f'`{each}`' for each in labels)} | {who} | {text} |")
    return "\n".join(rows)


def commands_table() -> str:
    """Every command of the command line, with its arguments and options."""
    rows = ["| command | what it does | options |", "|---|---|---|"]
    for called, command in _commands():
        arguments = [
            each.make_metavar(click.Context(command)) for each in command.params if _is_argument(each)
        ]
        options = [max(each.opts, key=len) for each in command.params if not _is_argument(each)]
        name = " ".join([called, *arguments]).replace("|", "\\|")
        told = (command.help or "").partition("\n")[0]
        rows.append(f"| `{name}` | {told} | {' '.join(f'`{each}`' for each in dict.fromkeys(options))} |")
    return "\n".join(rows)


def _commands() -> Iterator[tuple[str, click.Command]]:
    """Each command with its name; a group by its commands."""
    for command in COMMANDS:
        yield from _within(str(command.name), command)


def _within(called: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield called, command
        return
    for name, each in command.commands.items():
        yield from _within(f"{called} {name}", each)


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


TABLES = {
    README: ("settings", settings_table),
    DIAGNOSTICS: ("diagnostics", diagnostics_table),
    CLI: ("commands", commands_table),
    OPERATING: ("metrics", metrics_table),
}


def filled(page: Path) -> str:
    """The page's text with its table made anew."""
    name, make = TABLES[page]
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, rest = page.read_text(encoding="utf-8").split(begin, 1)
    return head + begin + "\n" + make() + "\n" + end + rest.split(end, 1)[1]


if __name__ == "__main__":
    for each in TABLES:
        each.write_text(filled(each), encoding="utf-8")
