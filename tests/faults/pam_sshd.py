"""A real sshd with a PAM service of its own, which it takes from the name that it was started by."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import Any

from tests.servers.servers import Sshd, User

INTERACTIVE = "PasswordAuthentication no\nKbdInteractiveAuthentication yes\nPubkeyAuthentication no"
PASSWORD = "PasswordAuthentication yes\nKbdInteractiveAuthentication no"
BOTH = "PasswordAuthentication yes\nKbdInteractiveAuthentication yes"
PAM = """auth required pam_unix.so nodelay
account required pam_nologin.so file={nologin}
account required pam_unix.so
password required pam_unix.so
session required pam_permit.so
"""


class PamSshd(Sshd):
    """nologin: while this file is there, PAM lets nobody in, with the file's words."""

    def __init__(self, user: User, *, config: str = PASSWORD, pam: str = PAM, **more: Any) -> None:
        self._service = f"v3sshd{secrets.token_hex(3)}"
        self._pam, self._text = Path("/etc/pam.d", self._service), pam
        super().__init__(user, config=f"UsePAM yes\n{config}", **more)
        self.nologin = self.folder / "nologin"

    def argv(self) -> list[str]:
        self.folder.chmod(0o755)
        self._pam.write_text(self._text.format(nologin=self.nologin))
        argv = super().argv()
        link = self.folder / self._service  # sshd executes itself again by this path
        if not link.exists():
            link.symlink_to(argv[0])
        return [str(link), *argv[1:]]

    def session_pids(self) -> list[int]:
        self.name = self._service[:15]
        return super().session_pids()

    def refused(self) -> int:
        """Refused passwords, whatever the method."""
        text = self.said()
        return text.count("Failed password") + text.count("Failed keyboard-interactive")

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        with contextlib.suppress(OSError):
            self._pam.unlink()
