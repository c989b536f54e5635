"""What this program is in a lab: a station, the hub, or nothing at all. Loads nothing of NATS for the last.

with enter(core, check, hub=False) as part:     # ConfigError; what was begun ends with the block
    part.hub
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from utils.bench.bench import Bench
from utils.errors import ConfigError
from utils.redact import redact
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.bench.startup import Core
    from utils.lab.hub import Hub
    from utils.lab.station import Station
    from utils.lab.window import App

HUB_FOLDER = "hub"
"""In the data folder: certificate, keys and the list of invited benches."""


@dataclass
class Membership:
    """hub, station: what this program is; both None where it joined no lab."""

    hub: Hub | None = None
    station: Station | None = None

    def __enter__(self) -> Membership:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Leave the lab; end the hub."""
        for each in (self.station, self.hub):
            if each is not None:
                each.close()


def enter(core: Core, check: Callable[..., None], *, hub: bool, app: App | None = None) -> Membership:
    """Become what the settings say; who shows a bundle becomes nothing. ConfigError.

    check: asked whether this hub may listen where it does: check(settings, by_name=whether people log in).
    app: the bench's pages, which a hub may show.
    """
    bench, settings = core.bench, core.settings
    if bench.default.read_only or (not hub and settings.v3_join is None):
        return Membership()
    need_packages()
    part = Membership(hub=_hub(bench, settings) if hub else None)
    try:
        if part.hub is not None:
            check(settings, by_name=part.hub.people.in_force or bool(settings.v3_oidc_issuer))
        part.station = _station(bench, settings, app) if settings.v3_join else None
    except ConfigError:
        part.close()
        raise
    return part


def need_packages(*more: str) -> None:
    """ConfigError where what a lab needs is not installed. more: what a hub needs besides."""
    missing = [name for name in ("nats", "nkeys", *more) if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"A lab needs Python packages that are not installed: {', '.join(missing)}.",
            hint="Install them: pip install -r requirements-lab.txt.",
        )


def _hub(bench: Bench, settings: Settings) -> Hub:
    from utils.lab.hub import Hub

    need_packages("argon2", "authlib", "requests")
    made = Hub(settings.v3_data_dir / HUB_FOLDER, settings.v3_hub_address, bench.history)
    made.start()
    return made


def _station(bench: Bench, settings: Settings, app: App | None) -> Station:
    from utils.lab import invitation
    from utils.lab.station import Station

    assert settings.v3_join is not None
    found = invitation.read(settings.v3_join)
    redact.add(found.seed)
    made = Station(bench, found, app)
    made.start()
    return made
