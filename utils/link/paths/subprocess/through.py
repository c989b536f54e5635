"""How the system's ssh leaves by a chosen interface: it starts this file and takes over its socket.

ssh itself binds to an interface only for link-local addresses (fe80::1%usb0). For others `options` names this
file as ProxyCommand. With ProxyUseFdpass ssh takes over the connected socket, so nothing is copied and no
process stays. What went wrong is written where ssh writes its own words.

    python -I through.py HOSTS PORT INTERFACE SAID     as a program: the standard library and interfaces.py

HOSTS: addresses of one board, separated by commas; the first that takes the connection counts.
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


def options(hosts: str, port: int, interface: str, said: Path) -> list[str]:
    """ssh's options for this way. said: where the reason of a failure goes."""
    words = (sys.executable, "-I", str(_THIS), hosts, str(port), interface, str(said))
    command = " ".join(shlex.quote(word) for word in words).replace("%", "%%")  # ssh expands %h and more
    return [f"ProxyCommand={command}", "ProxyUseFdpass=yes"]


def main(hosts: str, port: str, interface: str, said: str) -> int:
    """Connect, and give the socket to ssh, which holds the other end of our stdout."""
    every = hosts.split(",")
    for host in every:
        try:
            _hand_over(host, int(port), interface, CONNECT_S / len(every))
        except OSError as exc:
            with open(said, "a", encoding="utf-8", newline="\n") as file:
                file.write(f"{host}%{interface} port {port}: {exc.strerror or exc}\n")
        else:
            return 0
    return 1


def _hand_over(host: str, port: int, interface: str, within_s: float) -> None:
    from utils.laptop import interfaces

    if sys.platform == "win32":  # see Arguments.by_interface
        raise NotImplementedError
    sock, address = interfaces.socket_to(host, port, interface)
    with sock:
        sock.settimeout(within_s)
        sock.connect(address)
        sock.settimeout(None)
        with socket.socket(fileno=os.dup(1)) as ssh:
            socket.send_fds(ssh, [b"\0"], [sock.fileno()])


if __name__ == "__main__":
    sys.path.insert(0, str(_PROJECT))
    sys.exit(main(*sys.argv[1:]))
