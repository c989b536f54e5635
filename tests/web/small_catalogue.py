"""Five diagnostics for tests, with commands that a local `sh` can run anywhere."""

from __future__ import annotations

from utils.judging.catalogue.loader import Catalogue
from utils.judging.catalogue.models import Category, Check, Condition, Diagnostic

MEMINFO = "printf 'MemTotal: 16000000 kB\\nMemFree: 9000000 kB\\nMemAvailable: %d kB\\n'"
GONE = "definitely-not-installed --version"


def _diagnostic(name: str, command: str, **more: object) -> Diagnostic:
    return Diagnostic(
        id=name,
        title=name.title(),
        category=Category.MEMORY,
        command=command,
        parser="meminfo",
        why="It matters.",
        next_step="Do this.",
        check=(
            Check(
                label="Available memory",
                value="available_percent",
                unit="%",
                fail=(Condition(below=5),),
                warn=(Condition(below=10),),
                source="our own",
            ),
        ),
        **more,  # type: ignore[arg-type]
    )


SMALL = Catalogue(
    {
        item.id: item
        for item in (
            _diagnostic("healthy", MEMINFO % 8000000),
            _diagnostic("faulty", MEMINFO % 100),
            _diagnostic("missing", GONE),
            _diagnostic("hanging", "sleep 60", timeout=50),
            _diagnostic("active", MEMINFO % 8000000, active=True),
        )
    }
)
