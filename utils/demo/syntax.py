"""A command line cut into simple commands: quotes, variables, `;` `&&` `||`, newlines, redirections.

Just enough shell for a demo. Pure. What it does not know (pipes, loops, substitution) is
`Unsupported`: better said than run wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"(?P<space>[ \t]+|\\\n|\#[^\n]*)"
    r"|(?P<redirect>[12]?>&[12]|[12]?>>?[ \t]*/dev/null|<[ \t]*/dev/null)"
    r"|(?P<end>;|\n|&&|\|\|)"
    r"|(?P<word>(?:[^\s;&|<>'\"\\()`]|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\[^\n])+)",
    re.DOTALL,
)
_PIECE = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)|([^'\"\\]+)", re.DOTALL)
_VARIABLE = re.compile(r"\\([\\\"$`])|\$(\w+|[?$])|\$\{(\w+)\}")
_KEYWORDS = re.compile(r"if|then|else|elif|fi|for|while|until|do|done|case|esac|[{}!]|function")


class Unsupported(Exception):
    """The text needs a real shell."""


@dataclass
class SimpleCommand:
    """One simple command. after: how it hangs on the one before (";", "&&", "||").

    words are still quoted: they are expanded when the step runs. redirects: (descriptor, target),
    target "1", "2" or "null", in the order written.
    """

    after: str = ";"
    words: list[str] = field(default_factory=list)
    redirects: list[tuple[str, str]] = field(default_factory=list)


def steps(text: str) -> list[SimpleCommand]:
    """The simple commands of a command line. Raises Unsupported."""
    found = [SimpleCommand()]
    for kind, part in _tokens(text):
        if kind == "word":
            found[-1].words.append(part)
        elif kind == "redirect":
            found[-1].redirects.extend(_redirect(part))
        elif kind == "end":
            found.append(SimpleCommand(";" if part == "\n" else part))
    commands = [step for step in found if step.words]
    if any(_KEYWORDS.fullmatch(step.words[0]) or "=" in step.words[0] for step in commands):
        raise Unsupported
    return commands


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise Unsupported
        yield match.lastgroup, match.group()
        position = match.end()


def _redirect(token: str) -> Iterator[tuple[str, str]]:
    if token.startswith("<"):
        return
    descriptor = token[0] if token[0].isdigit() else "1"
    yield descriptor, "null" if token.endswith("null") else token[-1]


def expand(word: str, variables: Mapping[str, str]) -> str:
    """The word without its quotes, variables filled in. Raises Unsupported for substitutions."""
    parts = []
    for single, double, escaped, plain in _PIECE.findall(word):
        if "$(" in double or "`" in double:
            raise Unsupported
        parts.append(single + _filled(double, variables) + escaped + _filled(plain, variables))
    return "".join(parts)


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(
        lambda match: match[1] if match[1] is not None else variables.get(match[2] or match[3], ""), text
    )
