"""A process that has imported the whole program, and forks what tests/warm.py asks for."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import socket
import sys
import threading
import time
from typing import Any

_NEWNET, _NEWNS = 0x40000000, 0x20000
_SLAVE, _RECURSIVE, _DETACH = 1 << 19, 1 << 14, 2  # of mount(2) and umount2(2)
_FIRST_S, _NEXT_S = 60.0, 0.2
"""How long it waits for the first to come, and when the last has gone for another one."""
STREAMS = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))


def import_all() -> None:
    """The program, and its catalogue; a package that is not installed is left to those who need it."""
    import flask.cli  # noqa: F401

    import app  # noqa: F401
    import utils
    from tests.templates import compile_all
    from utils.judging.catalogue import matching
    from utils.judging.catalogue.loader import builtin_catalogue

    for module in pkgutil.walk_packages(utils.__path__, "utils."):
        if "__main__" not in module.name and ".migrations." not in module.name:  # what is run, not imported
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
    builtin_catalogue()
    matching.builtin()
    compile_all()


def fork_for(door: socket.socket) -> dict[str, Any]:
    """Fork for whoever comes to the door. Returns in the child alone: what to become."""
    running: dict[int, tuple[int, int]] = {}  # by the descriptor that tells its end: process id, whom to tell
    askers: set[socket.socket] = set()
    with selectors.PollSelector() as selector:
        selector.register(door, selectors.EVENT_READ)
        nobody_s = _FIRST_S
        while ready := selector.select(None if askers else nobody_s):
            for key, _ in ready:
                if key.fileobj is door:
                    nobody_s = _NEXT_S
                    askers.add(asker := door.accept()[0])
                    selector.register(asker, selectors.EVENT_READ)
                    continue
                if not isinstance(key.fileobj, socket.socket):
                    selector.unregister(key.fileobj)
                    tell_end(key.fd, *running.pop(key.fd))
                    continue
                asker = key.fileobj
                asked, fds, _, _ = socket.recv_fds(asker, 1 << 20, 4)
                if not asked:
                    selector.unregister(asker)
                    asker.close()
                    askers.remove(asker)
                    continue
                child = os.fork()
                if not child:
                    ends = (end for _, end in running.values())
                    for used in (door.detach(), *(each.detach() for each in askers), fds[3], *running, *ends):
                        os.close(used)
                    return {**json.loads(asked), "streams": fds[:3]}
                for fd in fds[:3]:
                    os.close(fd)
                watched = os.pidfd_open(child)
                running[watched] = (child, fds[3])
                selector.register(watched, selectors.EVENT_READ)
                asker.send(str(child).encode())
    os._exit(0)


def tell_end(watched: int, child: int, whom: int) -> None:
    """The exit status, to whom it was asked for by; nobody may listen any more."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(whom, str(status).encode())
    os.close(whom)
    os.close(watched)


def enter(namespace: str) -> None:
    """Take its network, and mounts of its own in which /sys is that network's: as `ip netns exec` does."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *given: Any) -> None:
        if getattr(libc, name)(*given):
            raise OSError(ctypes.get_errno(), name)

    with open(f"/run/netns/{namespace}") as handle:
        call("setns", handle.fileno(), _NEWNET)
    call("unshare", _NEWNS)
    call("mount", b"", b"/", b"none", _SLAVE | _RECURSIVE, None)
    call("umount2", b"/sys", _DETACH)
    call("mount", namespace.encode(), b"/sys", b"sysfs", 0, None)


def become(asked: dict[str, Any]) -> None:
    """Run the program as its interpreter would: `FILE …` or `-m MODULE …`."""
    if asked["own_session"]:
        os.setsid()
    if asked["within"]:
        enter(asked["within"])
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    time.tzset()
    for fd, (place, name, mode) in zip(asked["streams"], STREAMS, strict=True):
        was = getattr(sys, name)
        os.dup2(fd, place)
        os.close(fd)
        stream = open(place, mode, encoding=was.encoding, errors=was.errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    how, *words = asked["argv"]
    sys.path[0] = asked["cwd"]
    if how == "-m":
        sys.argv = words
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [how, *words]
        runpy.run_path(how, run_name="__main__")


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        door.bind(f"\0{sys.argv[1]}")
    except OSError:  # another one was first
        sys.exit()
    door.listen(64)
    import_all()
    assert threading.active_count() == 1, "a thread does not live on in a fork"
    gc.collect()
    gc.freeze()
    become(fork_for(door))
