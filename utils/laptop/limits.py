"""When this laptop has no more to give: files, processes, threads, memory. Never the device's fault."""

from __future__ import annotations

import errno

from utils import errors

_FILES = (
    "This laptop has no open files left for the connection ({said}).",
    "Close programs or terminals, or raise the limit (ulimit -n) and start this program again.",
)
_PROCESSES = (
    "This laptop cannot start another process or thread ({said}).",
    "Close programs, or raise the limits of processes (ulimit -u, TasksMax) and start this program again.",
)
_MEMORY = ("This laptop has no memory left for the connection ({said}).", "Close other programs.")
_CAUSES = {
    errno.EMFILE: _FILES, errno.ENFILE: _FILES, errno.EAGAIN: _PROCESSES, errno.ENOMEM: _MEMORY,
    errno.ENOBUFS: _MEMORY,
}  # fmt: skip
_NO_THREAD = "can't start new thread"


def laptop_limit(exc: BaseException) -> errors.LaptopLimit | None:
    """The limit of this laptop that an exception tells of, or what it was raised from."""
    if isinstance(exc, RuntimeError) and _NO_THREAD in str(exc):
        return _told(_PROCESSES, str(exc))
    if isinstance(exc, MemoryError):
        return _told(_MEMORY, "out of memory")
    # a wait that is over is EAGAIN too, and is no OSError of a system call that makes something
    if isinstance(exc, OSError) and not isinstance(exc, TimeoutError) and exc.errno in _CAUSES:
        return _told(_CAUSES[exc.errno], exc.strerror or str(exc))
    return laptop_limit(exc.__cause__) if exc.__cause__ is not None else None


def _told(words: tuple[str, str], said: str) -> errors.LaptopLimit:
    return errors.LaptopLimit(words[0].format(said=said), hint=words[1])
