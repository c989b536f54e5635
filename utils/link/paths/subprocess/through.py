"""How the system's ssh leaves by a chosen interface: it starts this file and takes over its socket.

ssh itself binds to an interface only for link-local addresses (fe80::1%usb0). For others `options` names
this file as ProxyCommand; with ProxyUseFdpass ssh takes over the connected socket, so nothing is copied
and no process stays. What went wrong is written where ssh writes its own words.

    python -I through.py HOST PORT INTERFACE SAID     as a program: the standard library and interfaces.py
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path

_THIS = Path(__file__).resolve()
_PROJECT = _THIS.parents[4]
CONNECT_S = 5.0
STDERR = Path("/dev/stderr")


def options(host: str, port: int, interface: str, said: Path) -> list[str]:
    """ssh's options for this way. said: where the reason of a failure goes."""
    words = (sys.executable, "-I", str(_THIS), host, str(port), interface, str(said))
    command = " ".join(shlex.quote(word) for word in words).replace("%", "%%")  # ssh expands %h and more
    return [f"ProxyCommand={command}", "ProxyUseFdpass=yes"]


def main(host: str, port: str, interface: str, said: str) -> int:
    """Connect, and give the socket to ssh, which holds the other end of our stdout."""
    sys.path.insert(0, str(_PROJECT))
    from utils.laptop import interfaces

    try:
        sock, address = interfaces.socket_to(host, int(port), interface)
        with sock:
            sock.settimeout(CONNECT_S)
            sock.connect(address)
            sock.settimeout(None)
            with socket.socket(fileno=os.dup(1)) as ssh:
                socket.send_fds(ssh, [b"\0"], [sock.fileno()])
    except OSError as exc:
        with open(said, "a", encoding="utf-8") as file:
            file.write(f"{host}%{interface} port {port}: {exc.strerror or exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
