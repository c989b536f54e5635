"""Becomes a program with what systemd lets it have. `python rights.py JSON`, as root in a mount namespace.

JSON: argv, and binds (what is seen at which path). For a service also uid, env, cwd, mdwe. The standard
library alone, since nothing else is found from here.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import subprocess
import sys
from typing import Any

PROGRAM = "/opt/v3-diagnostics"
HIDDEN = ("/root", "/home", "/opt", "/var/lib", "/var/log", "/run")
_NO_NEW_PRIVS, _DROP_BOUND, _MDWE = 38, 24, 65  # of linux/prctl.h


def become(told: dict[str, Any]) -> None:
    """Hide what a service does not see, give up what it may not, and run it."""
    mounts = ["mount --make-rprivate /", "mount -t tmpfs -o mode=755 tmpfs /mnt"]
    for number, source in enumerate(told["binds"].values()):
        mounts.append(f"mkdir /mnt/{number}; mount --bind {shlex.quote(source)} /mnt/{number}")
    mounts += [f"mount -t tmpfs -o mode=755 tmpfs {place}" for place in HIDDEN]
    mounts += [f"mount -t tmpfs -o mode=1777 tmpfs {place}" for place in ("/tmp", "/var/tmp")]
    for number, target in enumerate(told["binds"]):
        mounts.append(f"mkdir -p {target}; mount --bind /mnt/{number} {target}")
    closed = [
        "/",
        PROGRAM,
        "/etc",
        *(place for place in HIDDEN if place != "/run"),
    ]  # root's commands write there
    mounts += ["umount -l /mnt", *(f"mount -o remount,bind,ro {place}" for place in closed)]
    subprocess.run(["sh", "-ec", "\n".join(mounts)], check=True, stdin=subprocess.DEVNULL)
    os.chdir(told.get("cwd", "/"))
    if "uid" in told:
        _give_up(told["uid"], mdwe=told["mdwe"])
    os.execvpe(told["argv"][0], told["argv"], told.get("env", os.environ))  # noqa: S606 - no shell is wanted


def _give_up(uid: int, *, mdwe: bool) -> None:
    prctl = ctypes.CDLL(None).prctl
    for capability in range(64):
        prctl(_DROP_BOUND, capability, 0, 0, 0)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    os.umask(0o077)
    prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if mdwe:
        prctl(_MDWE, 1, 0, 0, 0)  # Linux 6.3; an older one refuses, and nothing is shown of it


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
