"""What the demo's module is: an Orin NX with names, files and clocks that agree with the saved answers.

It was switched on 3 h 12 min before the demo started. Pure but for the clock; knows no SSH.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

from utils.link import identity

HOSTNAME = "v3-demo"
USER = "ubuntu"
MODEL = "NVIDIA Jetson Orin NX Engineering Reference Developer Kit"
SERIAL = "1424024012345"
KERNEL = "5.15.148-tegra"
RELEASE = (
    "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, "
    "DATE: Wed Jan  8 01:49:37 UTC 2025"
)
MACHINE_ID = "6f1d0c2b9a3e4d58b7c40e92d1a86f35"
UNAME = (
    f"Linux {HOSTNAME} {KERNEL} #1 SMP PREEMPT Tue Jan 7 17:14:38 PST 2025 aarch64 aarch64 aarch64 GNU/Linux"
)
IDENTITY = f"uid=1000({USER}) gid=1000({USER}) groups=1000({USER}),4(adm),20(dialout),27(sudo),44(video)"

_UP_BEFORE_S = 3 * 3600 + 12 * 60
_CORES = 8
_IDLE_SHARE = 0.956
_LOAD = (0.62, 0.55, 0.48)

_OS_RELEASE = """\
PRETTY_NAME="Ubuntu 22.04.5 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.5 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
"""
_README = """\
This is the demo device of V3 Diagnostics. It is not a real module: it replays saved answers.
Three faults are planted. Run a check-up on the page and see whether it finds them.
"""


class Machine:
    """The module since it was "switched on"; a new one has a new boot id, as after a reboot."""

    def __init__(self, serial: str = SERIAL, hostname: str = HOSTNAME) -> None:
        self.serial, self.hostname = serial, hostname
        self._booted = time.monotonic() - _UP_BEFORE_S
        self.boot_id = str(uuid.uuid4())

    def reboot(self) -> None:
        """Switch it off and on again."""
        self._booted, self.boot_id = time.monotonic(), str(uuid.uuid4())

    @property
    def uptime_s(self) -> float:
        """Seconds since the module was switched on."""
        return time.monotonic() - self._booted

    @property
    def proc_uptime(self) -> str:
        """The text of /proc/uptime."""
        return f"{self.uptime_s:.2f} {self.uptime_s * _CORES * _IDLE_SHARE:.2f}\n"

    def uptime_line(self) -> str:
        """What `uptime` prints."""
        minutes = int(self.uptime_s) // 60
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        load = ", ".join(f"{value:.2f}" for value in _LOAD)
        return f" {now} up {minutes // 60:2}:{minutes % 60:02},  1 user,  load average: {load}\n"

    def since(self) -> str:
        """What `uptime -s` prints: when it was switched on."""
        start = datetime.now().astimezone() - timedelta(seconds=self.uptime_s)
        return start.strftime("%Y-%m-%d %H:%M:%S\n")

    def identity(self) -> str:
        """The answer to utils.link.identity.COMMAND."""
        values = (self.serial, MODEL, self.hostname, self.boot_id, RELEASE, MACHINE_ID)
        return "".join(f"{key}={value}\n" for key, value in zip(identity.KEYS, values, strict=True))

    def files(self) -> dict[str, str]:
        """The files that `cat` and `ls` know, by path."""
        load = " ".join(f"{value:.2f}" for value in _LOAD)
        return {
            "/etc/hostname": f"{self.hostname}\n",
            "/etc/machine-id": f"{MACHINE_ID}\n",
            "/etc/nv_tegra_release": f"{RELEASE}\n",
            "/etc/os-release": _OS_RELEASE,
            "/home/ubuntu/README": _README,
            "/proc/device-tree/model": f"{MODEL}\0",
            "/proc/device-tree/serial-number": f"{self.serial}\0",
            "/proc/loadavg": f"{load} 2/618 9381\n",
            "/proc/sys/kernel/hostname": f"{self.hostname}\n",
            "/proc/sys/kernel/random/boot_id": f"{self.boot_id}\n",
            "/proc/uptime": self.proc_uptime,
            "/proc/version": f"Linux version {KERNEL} (buildbrain@mobile-u64) #1 SMP PREEMPT\n",
        }
