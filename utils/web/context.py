"""What every request handler needs, kept in `app.extensions["v3"]`. No logic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app, g

from utils.audit import Audit
from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.fleet import Fleet
from utils.bench.heat import Heat
from utils.bench.last_known import LastKnown
from utils.settings import Settings
from utils.web.logins import Attempts, Logins, kept_token
from utils.web.page import Page
from utils.web.slots import Slots
from utils.web.sse import EventStreams

if TYPE_CHECKING:
    from utils.bench.bundles import Bundles
    from utils.bench.replays import Replays
    from utils.bench.swap.leading import SwapTests
    from utils.lab.hub import Hub
    from utils.lab.oidc import Provider
    from utils.web.ready import Readiness
    from utils.web.sessions import Sessions

FAR = ":"
"""In the id of another bench's bay, on a hub: "bench-3:main"."""
THREADS_BESIDE_STREAMS = 16
"""Server threads for everything that is not an event stream."""
_MAKING = RLock()

if TYPE_CHECKING:
    made_once = cached_property
else:

    class made_once(cached_property):
        """Made by the first who asks. Since Python 3.12 two who ask at once would each make one."""

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            with _MAKING:
                return super().__get__(instance, owner)


@dataclass(frozen=True)
class Context:
    """bench: what there is to show. fleet: check-ups of many bays. heat: the boards' temperatures. slots: who
    may hold a server thread for long. streams: those that are open. pages: what the menu lists, and what has
    feeds."""

    settings: Settings
    bench: Bench
    fleet: Fleet
    heat: Heat
    logins: Logins
    attempts: Attempts
    slots: Slots
    streams: EventStreams
    pages: tuple[Page, ...] = ()
    demo: bool = False

    @made_once
    def token(self) -> str:
        """The API token in force: V3_TOKEN, or the one kept in the data folder (made at first use)."""
        given = self.settings.v3_token
        return given.get_secret_value() if given else kept_token(self.settings.v3_data_dir)

    @made_once
    def swap_tests(self) -> SwapTests:
        """Those that are led or over; loaded by who leads one."""
        from utils.bench.swap.leading import SwapTests

        return SwapTests(self.bench)

    @made_once
    def last_known(self) -> LastKnown:
        """What the history says of boards that nobody has checked yet."""
        bench = self.bench

        def tell() -> None:
            bench.bus.publish("bays", {"bay": bench.home.id, "bays": [bay.id for bay in bench]})

        return LastKnown(bench.history, tell, patience_s=0.2)

    @made_once
    def bundles(self) -> Bundles:
        """Bundles that are being made; loaded by who makes one."""
        from utils.bench.bundles import Bundles

        return Bundles(self.bench, self.settings.v3_data_dir)

    @made_once
    def replays(self) -> Replays:
        """Bundles that are open; loaded by who opens one."""
        from utils.bench.replays import Replays

        return Replays(self.bench, self.settings.v3_data_dir / "replays")

    @made_once
    def named_attempts(self) -> Attempts:
        """Guesses of people's passwords. They take long to look at: nobody's token waits for that."""
        return Attempts()

    @made_once
    def provider(self) -> Provider | None:
        """Where people of a hub may log in; loaded by who does."""
        from utils.lab.oidc import Provider

        told = self.settings
        secret = told.v3_oidc_client_secret.get_secret_value() if told.v3_oidc_client_secret else ""
        if not told.v3_oidc_issuer:
            return None
        return Provider(told.v3_oidc_issuer, told.v3_oidc_client_id, secret, told.v3_oidc_role_claim)

    @made_once
    def ready(self) -> Readiness:
        """Whether the history answers; loaded by who asks."""
        from utils.web.ready import Readiness

        return Readiness(self.bench.history)

    @made_once
    def sessions(self) -> Sessions:
        """Who is logged in by name; loaded by a hub that has people."""
        from utils.web.sessions import Sessions

        return Sessions()

    @property
    def audit(self) -> Audit:
        """The bench's audit log."""
        return self.bench.audit


def context(app: Flask | None = None) -> Context:
    """The context of this app (default: of the current request)."""
    return cast(Context, (app or current_app).extensions["v3"])


def hub() -> Hub | None:
    """The hub of a lab, where this program is one."""
    part = current_app.extensions.get("v3-lab")
    return part.hub if part is not None else None


def bay() -> Bay:
    """The bay that this request is about: the one its address names, else the default one."""
    found: Bay = g.get("bay") or context().bench.default
    return found
