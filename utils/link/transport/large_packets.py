"""Whether large packets are lost while small ones pass (a black hole of the MTU), by what TCP itself knows.

Linux alone tells; elsewhere nobody knows, which is never taken for evidence.
"""

from __future__ import annotations

import socket
import struct
import sys

LOST = "large packets are lost on the way, small ones arrive"
SMALL_BYTES = 200  # of data in a packet: less passes everywhere
_SO_MEMINFO, _FIONREAD = 55, 0x541B  # asm-generic/socket.h, asm-generic/ioctls.h
_SACKED = 28  # its place in struct tcp_info, linux/tcp.h


def lost_large(sock: socket.socket) -> bool:
    """Whether something small came past something that did not, in this connection and at this moment.

    Either way: the system holds packets that it cannot hand over, since one before them is missing. Or the
    other side tells that it does (SACK). In a silence of seconds that is no mere disorder.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        readable = _number(fcntl.ioctl(sock, _FIONREAD, b"\0\0\0\0"))
        held = _number(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))
        sacked = _number(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), _SACKED)
    except (OSError, AttributeError, TypeError, struct.error):  # no TCP
        return False
    return (held > 0 and readable == 0) or sacked > 0


def _number(data: bytes, place: int = 0) -> int:
    return int(struct.unpack_from("=I", data, place)[0])
