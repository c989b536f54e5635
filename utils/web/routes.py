"""Routes that cost nothing until an address of theirs is asked for.

Werkzeug writes and compiles two builders of addresses for each route as the program starts. That was a tenth
of the start, and pages ask for few of them.
"""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class Route(Rule):
    """A rule that compiles its builder when url_for first wants it.

    The method is Werkzeug's own. If another version drops it, routes compile at once again.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compiled, made = super()._compile_builder, list[Builder]()

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            if not made:
                made.append(compiled(append_unknown))
            return made[0](rule, **values)

        return build
