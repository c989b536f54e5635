"""A real sshd whose sessions start late: PAM runs a program before anything else may happen.

The PAM service is this test's own: sshd takes its service's name from the name it was started by.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import Any

from tests.servers.servers import Sshd, User

PAM = """auth required pam_permit.so
account required pam_permit.so
session required pam_permit.so
session optional pam_exec.so {program}
"""


class SlowSshd(Sshd):
    """Its sessions start seconds late, as with a logind that hangs. Any password is right."""

    name = "sshd"

    def __init__(self, user: User, seconds: float, **more: Any) -> None:
        self._service = f"v3sshd{secrets.token_hex(3)}"
        self._pam = Path("/etc/pam.d", self._service)
        self.seconds = seconds
        super().__init__(user, **more)

    def argv(self) -> list[str]:
        program = self.folder / "slow"
        program.write_text(f'#!/bin/sh\n[ "$PAM_TYPE" = open_session ] && exec sleep {self.seconds}\n:\n')
        program.chmod(0o755)
        self.folder.chmod(0o755)
        self._pam.write_text(PAM.format(program=program))
        argv = super().argv()
        config = self.folder / "sshd_config"
        config.write_text(config.read_text().replace("UsePAM no", "UsePAM yes"))
        # sshd re-executes itself by this path, so the name is kept by a link
        link = self.folder / self._service
        if not link.exists():
            link.symlink_to(argv[0])
        return [str(link), *argv[1:]]

    def logins(self) -> int:
        """By whatever method: this service takes any."""
        return self.said().count("Accepted ")

    def session_pids(self) -> list[int]:
        self.name = self._service[:15]
        return super().session_pids()

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        with contextlib.suppress(OSError):
            self._pam.unlink()


def available() -> bool:
    """Whether sshd of this machine knows PAM and may be given a service."""
    return shutil.which("sshd") is not None and Path("/etc/pam.d").is_dir() and bool(_pam_exec())


def _pam_exec() -> list[Path]:
    return [*Path("/lib").glob("*/security/pam_exec.so"), *Path("/usr/lib").glob("*/security/pam_exec.so")]
