"""A long-running command as the door hands it out: read as it comes, stopped when nobody wants it."""

from __future__ import annotations

from collections.abc import Iterator

from utils import errors
from utils.link.paths import Channel
from utils.model.results import Device


class Stream:
    """A running command whose output is read as it comes: iterate it; stop() ends it on the device."""

    def __init__(self, once: Channel) -> None:
        self._once = once

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """("stdout" or "stderr", bytes); ends with the command. OutcomeUnknown when the link is lost."""
        yield from self._once.chunks()
        if self._once.lost:
            raise errors.OutcomeUnknown

    @property
    def exit_status(self) -> int | None:
        """Once the command has ended by itself."""
        return self._once.exit_status

    @property
    def device(self) -> str | None:
        """Which device it runs on: to give to the next `stream` that must be on the same one."""
        return self._once.device

    @property
    def on(self) -> Device | None:
        """Which device it runs on, in full."""
        return self._once.on

    def stop(self) -> bool:
        """End the command on the device; True when nothing of it is left."""
        return self._once.stop()
