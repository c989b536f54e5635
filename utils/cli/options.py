"""Options that several commands share, and what a shell offers for them when Tab is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from utils.judging.catalogue.library import Library

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

ALL_FORMATS = ("text", "json", "junit", "csv")
NO_CASES = ("text", "json", "csv")
"""For what holds no test case."""


def format_option(formats: Sequence[str]) -> Callable[[Decorated], Decorated]:
    """--format, and --json as its short form. The command gets `form`."""

    def decorate(command: Decorated) -> Decorated:
        text = f"{', '.join(formats)}; text is the default."
        choice = click.option(
            "--format", "form", type=click.Choice(formats), default="text", metavar="FORMAT", help=text
        )
        short = click.option("--json", "form", flag_value="json", help="The same as --format json.")
        return choice(short(command))

    return decorate


class NumberGiven(click.FloatRange):
    """A number, by that name where it is none."""

    name = "number"


class CountGiven(click.IntRange):
    """A whole number, by that name where it is none."""

    name = "whole number"


def of_demo_option(command: Decorated) -> Decorated:
    """--demo, where nothing connects."""
    return click.option("--demo", is_flag=True, help="In the data folder of the demo device.")(command)


def demo_option(command: Decorated) -> Decorated:
    """--demo."""
    return click.option("--demo", is_flag=True, help="Against the demo device.")(command)


def profile_option(command: Decorated) -> Decorated:
    """--profile NAME."""
    text = "Judge by this profile, not by the one that fits the device."
    return click.option(
        "--profile", default="", metavar="NAME", help=text, shell_complete=_complete(_profiles)
    )(command)


def bay_option(command: Decorated) -> Decorated:
    """--bay ID."""
    text = "The bay of another board; `bays` lists them."
    return click.option("--bay", default="", metavar="ID", help=text, shell_complete=_complete(_bays))(
        command
    )


def diagnostic_argument(name: str, **more: Any) -> Callable[[Decorated], Decorated]:
    """A diagnostic's id."""
    return click.argument(name, shell_complete=_complete(_diagnostics), **more)


def _complete(known: Callable[[], Iterable[CompletionItem]]) -> Callable[..., list[CompletionItem]]:
    """What begins with the letters that are there. A shell never sees trouble of ours."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return [each for each in known() if str(each.value).startswith(incomplete)]
        except Exception:
            return []

    return complete


def _library() -> Library:
    from utils.judging.catalogue.library import load_library
    from utils.settings import load_settings

    return load_library(load_settings().v3_data_dir)


def _diagnostics() -> Iterable[CompletionItem]:
    return [CompletionItem(item.id, help=item.title) for item in _library().catalogue]


def _profiles() -> Iterable[CompletionItem]:
    return [CompletionItem(item.name, help=item.note) for item in _library().profiles]


def _bays() -> Iterable[CompletionItem]:
    from utils.bench.places import read_places
    from utils.settings import load_settings

    places = [place for place, _ in read_places(load_settings(), [])]
    return [CompletionItem("main"), *(CompletionItem(place.id, help=place.title) for place in places)]
