"""THE SSH DOOR's face: the default door, by plain functions. The only way to the device of `SSH_*`.

    result = ssh_interface.run("cat /proc/uptime", timeout=10)     # -> CommandResult

A non-zero exit status is data, not an error. Errors are those of utils.errors. Importing this module
connects to nothing; the first command does. All threads share one link. What a door does: link/door.py.

Two names rule the default door whoever calls it, and are looked up at each call: USE_PERSISTENT, and
_persistent_ssh_command, which may be None.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.link.door import Door, prepare
from utils.link.paths.persistent.path import Gate
from utils.link.reach import Reach
from utils.link.request import Request
from utils.model.results import CommandResult
from utils.settings import Settings, load_settings

__all__ = [
    "USE_PERSISTENT", "Door", "Request", "answer", "close", "configure", "door", "keep_connected",
    "known_devices", "ladder", "on_change", "open_terminal", "prepare", "reset", "run", "run_many",
    "set_credentials", "status", "stream", "trust",
]  # fmt: skip

USE_PERSISTENT = True
"""Whether the persistent path is tried at all (SSH_USE_PERSISTENT)."""


def _persistent_ssh_command_default(request: Request) -> CommandResult:
    """The command over the one persistent link."""
    return door.reach.link.run(request)


_persistent_ssh_command: Callable[[Request], CommandResult] | None = _persistent_ssh_command_default


def _take(settings: Settings) -> None:
    global USE_PERSISTENT
    USE_PERSISTENT = settings.ssh_use_persistent


door = Door(
    lambda: load_settings(),
    gate=Gate(
        lambda: USE_PERSISTENT,
        lambda: _persistent_ssh_command,
        lambda: _persistent_ssh_command is _persistent_ssh_command_default,
    ),
    on_settings=_take,
)
"""The default door: the one that everybody has who names none."""

configure = door.configure
run = door.run
run_many = door.run_many
stream = door.stream
open_terminal = door.open_terminal
status = door.status
on_change = door.on_change
keep_connected = door.keep_connected
ladder = door.ladder
known_devices = door.known_devices
reset = door.reset
trust = door.trust
answer = door.answer
set_credentials = door.set_credentials
close = door.close


def _the_door() -> Reach:
    """The default door's target as it is now: for tests, which look behind the door."""
    return door.reach


def _drop_connection_for_test() -> None:
    """Cut the connection as a pulled cable would, behind the link's back (test_persistent_ssh.py)."""
    from utils.link.transport.transport import discard

    connection = door.reach.link._connection
    if connection is not None:
        discard(connection.transport)
        connection.transport.join(2.0)
