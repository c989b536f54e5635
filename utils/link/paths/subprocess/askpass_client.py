"""Started by ssh for each of its prompts (see askpass.py): asks our program, prints what it answers.

Runs by itself, without the project and without site packages: it is started for each login.
"""

from __future__ import annotations

import os
import socket
import sys

assert sys.platform != "win32"  # where ssh starts nothing of ours (openssh.py)


def main() -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        folder, name = os.path.split(os.environ["V3_ASKPASS"])
        os.chdir(folder)  # the whole name may be too long for a socket
        connection.connect(name)
        connection.sendall(sys.argv[1].encode("utf-8", "surrogateescape"))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(4096):  # nothing when our program ends
            answer += part
    if not answer.startswith(b"+"):
        return 1
    sys.stdout.buffer.write(answer[1:] + b"\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError:
        sys.exit(1)
