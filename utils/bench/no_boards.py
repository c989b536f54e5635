"""The one bay of a hub: it has the hub's history, audit log and bus, and never a board.

Its door opens no connection and its runner begins nothing. Both refuse with HubHasNoBoards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from utils.bench.runner import Runner
from utils.errors import ConfigError, HubHasNoBoards
from utils.model.results import Device, LinkState, LinkStatus
from utils.settings import Settings

MODE = "hub"


class NoDoor:
    """A bench.bay.Door that leads nowhere: it has no network, no USB and no process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.settle: Callable[[], None] = lambda: None

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise HubHasNoBoards

    run = run_many = stream = open_terminal = ladder = test_login = _refuse
    trust = answer = set_credentials = reset = configure = name_board = forget_board = _refuse

    def status(self) -> LinkStatus:
        """Tell what it is."""
        return LinkStatus(LinkState.IDLE, "", mode=MODE)

    def on_change(self, callback: Callable[[LinkStatus], None]) -> Callable[[], None]:
        """Never call back: nothing changes."""
        return lambda: None

    @contextlib.contextmanager
    def keep_connected(self) -> Iterator[None]:
        """Connect to nothing."""
        yield

    def known_devices(self) -> list[Device]:
        """List none: a hub trusts no host key."""
        return []

    def ids_of(self, device_id: str) -> tuple[str, ...]:
        """Name this one: benches send records under a board's present identity."""
        return (device_id,)

    def let_go(self, device_id: str) -> None:
        """Another door forgot it."""

    def close(self) -> None:
        """Nothing is open."""


class NoRunner(Runner):
    """A Runner that begins nothing, so that no run and no check-up of no board is kept."""

    def _begin(self, *_: Any, **__: Any) -> NoReturn:
        raise HubHasNoBoards

    start_checkup = _begin


def need_none(settings: Settings) -> None:
    """ConfigError where a hub is told of boards or a lab of its own: they would silently be missing."""
    places = settings.v3_data_dir / "bench.toml"
    if places.exists():
        raise _refused(f"A hub has no boards of its own, and {places} names some.", "Move the file there.")
    if settings.v3_join is not None:
        raise _refused("A hub joins no lab, and V3_JOIN names an invitation.", "Set V3_JOIN there.")


def _refused(sentence: str, then: str) -> ConfigError:
    return ConfigError(
        sentence, hint=f"Start the bench as a program of its own, with another V3_DATA_DIR. {then}"
    )
