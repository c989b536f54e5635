"""What every request handler needs, kept in `app.extensions["v3"]`. No logic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from flask import Flask, current_app

from utils.audit import Audit
from utils.errors import BadRequest
from utils.events import EventBus
from utils.live.feed import Feed
from utils.live.logs import Logs
from utils.live.measures import Judging
from utils.live.recorder import Recorder
from utils.live.sampler import Sampler
from utils.live.terminals import Terminals
from utils.runner import Runner
from utils.settings import Settings
from utils.web.sessions import Attempts, Sessions, kept_token
from utils.web.slots import Slots
from utils.web.sse import Streams

THREADS_BESIDE_STREAMS = 16
"""Server threads for everything that is not an event stream."""


@dataclass(frozen=True)
class Context:
    """slots: who may hold a server thread for long. streams: those that are open. feeds: what a page's
    stream can carry beside the bus, by the word before ":" in its name ("live", "log:7f3a"). logs: those
    that are followed."""

    settings: Settings
    runner: Runner
    sessions: Sessions
    attempts: Attempts
    slots: Slots
    streams: Streams
    logs: Logs
    sampler: Sampler
    recorder: Recorder
    judging: Judging
    terminals: Terminals
    demo: bool = False
    feeds: dict[str, Callable[[str], Feed]] = field(default_factory=dict)

    def feed(self, name: str) -> Feed:
        """The feed of this name; BadRequest when there is none."""
        kind, _, rest = name.partition(":")
        if kind not in self.feeds:
            raise BadRequest("There is no such feed.", hint=f"Feeds: {', '.join(self.feeds) or 'none'}.")
        return self.feeds[kind](rest)

    def close(self) -> None:
        """End what runs on the device for the pages; before the door closes."""
        self.terminals.close_all()
        self.logs.close()
        self.sampler.close()

    @cached_property
    def token(self) -> str:
        """The API token in force: V3_TOKEN, or the one kept in the data folder (made at first use)."""
        given = self.settings.v3_token
        return given.get_secret_value() if given else kept_token(self.settings.v3_data_dir)

    @property
    def bus(self) -> EventBus:
        """The runner's event bus."""
        return self.runner.bus

    @property
    def audit(self) -> Audit:
        """The runner's audit log."""
        return self.runner.audit

    @property
    def door(self) -> Any:
        """The door to the device: status, reset, trust, credentials, keep_connected."""
        return self.runner.door


def context(app: Flask | None = None) -> Context:
    """The context of this app (default: of the current request)."""
    return cast(Context, (app or current_app).extensions["v3"])
