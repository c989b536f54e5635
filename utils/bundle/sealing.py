"""A bundle under a passphrase: the age format (age-encryption.org), which other programs open, too.

age.py does the work, as a process. The page answers meanwhile.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

from utils.errors import BundleSealed, BundleTooLarge, BundleTrouble
from utils.laptop import child

log = logging.getLogger(__name__)

HEAD = b"age-encryption.org/v1\n"
MOST_WORK = 21
"""A file says what opening it costs: 2 to this power KiB of memory, here 2 GB. age itself takes 18."""
_LONGEST_S = 120.0
_REFUSED = 3  # as age.py has it
_PROGRAM = Path(__file__).with_name("age.py")
_BY_PASSPHRASE = re.compile(re.escape(HEAD) + rb"-> scrypt [A-Za-z0-9+/]{1,64} ([1-9]\d?)\n")
_alone = threading.Lock()


def seal(data: bytes, passphrase: str) -> bytes:
    """The zip, sealed."""
    return _worked("seal", data, passphrase)


def is_sealed(data: bytes) -> bool:
    """Whether this is a sealed file."""
    return data.startswith(HEAD)


def unseal(data: bytes, passphrase: str) -> bytes:
    """What was sealed; BundleSealed without the passphrase, or with another one. BundleTooLarge."""
    if not passphrase:
        raise BundleSealed
    found = _BY_PASSPHRASE.match(data)
    if found is None:
        raise BundleSealed("No passphrase opens this file.", hint="Have it saved with a passphrase.")
    if int(found[1]) > MOST_WORK:
        raise BundleTooLarge(
            "Opening this bundle takes more memory than is used here.", hint="Have it sealed by this program."
        )
    return _worked("unseal", data, passphrase)


def _worked(what: Literal["seal", "unseal"], data: bytes, passphrase: str) -> bytes:
    said = passphrase.encode("utf-8", "replace")
    program = [sys.executable, "-P", str(_PROGRAM), what]
    try:
        with _alone:  # two at once would take twice the memory
            done = child.run(
                program, input=b"%d\n%s%s" % (len(said), said, data), capture_output=True, timeout=_LONGEST_S
            )
    except subprocess.TimeoutExpired as exc:
        raise BundleTrouble("The bundle's passphrase took too long to work on.") from exc
    if done.returncode == _REFUSED:
        raise BundleSealed("The passphrase does not open this bundle.", hint="Type it once more.")
    if done.returncode != 0:
        log.error("age.py ended with status %d: %s", done.returncode, done.stderr.decode("utf-8", "replace"))
        raise BundleTrouble
    return bytes(done.stdout)
