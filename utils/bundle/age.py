"""Seal or unseal, as a process of its own: pyrage works on a passphrase for seconds. No other thread of its
process runs meanwhile.

    python -P age.py seal|unseal     stdin: how many bytes the passphrase has, a line break, these, the data

Status 0: stdout has what was asked for. REFUSED: this passphrase does not open it, or it is damaged.
Knows the standard library and pyrage alone.
"""

from __future__ import annotations

import sys

import pyrage

REFUSED = 3


def main(what: str) -> int:
    """Do it. The exit status."""
    given = sys.stdin.buffer
    passphrase = given.read(int(given.readline())).decode()
    work = pyrage.passphrase.encrypt if what == "seal" else pyrage.passphrase.decrypt
    try:
        sys.stdout.buffer.write(work(given.read(), passphrase))
    except pyrage.DecryptError:
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
