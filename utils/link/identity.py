"""Who is plugged in: the command that asks the device after each login, and the parser of its answer.

The link runs COMMAND once a login and compares the answer with what it knows. The demo device answers the
same command. COMMAND is for any POSIX shell (dash, bash, busybox ash), forks nothing, writes nothing, needs
no root and never fails. It prints, always all six and in this order:

    serial=        the board's serial number (device tree)
    model=         the board's model (device tree)
    hostname=      as the kernel has it
    boot_id=       changes with each boot
    release=       first line of /etc/nv_tegra_release, else PRETTY_NAME of os-release
    machine_id=    made when the system was installed

What the device does not have is an empty value. This file must not send anything itself.
"""

from __future__ import annotations

import unicodedata

KEYS = ("serial", "model", "hostname", "boot_id", "release", "machine_id")
MAX_CHARACTERS = 120

# read drops the NUL that ends device tree strings, in every shell; it needs no process of its own.
# No file: the braces swallow the shell's complaint and the value stays empty.
COMMAND = (
    'v3_line() { v3_v=; { IFS= read -r v3_v <"$1"; } 2>/dev/null; }; '
    'v3_say() { printf "%s=%s\\n" "$1" "$v3_v"; }; '
    "v3_line /proc/device-tree/serial-number; v3_say serial; "
    "v3_line /proc/device-tree/model; v3_say model; "
    "v3_line /proc/sys/kernel/hostname; v3_say hostname; "
    "v3_line /proc/sys/kernel/random/boot_id; v3_say boot_id; "
    "v3_line /etc/nv_tegra_release; "
    '[ -n "$v3_v" ] || { while IFS= read -r v3_l || [ -n "$v3_l" ]; do case $v3_l in '
    "PRETTY_NAME=*) v3_v=${v3_l#*=};; "
    "esac; done </etc/os-release; } 2>/dev/null; v3_say release; "
    "v3_line /etc/machine-id; v3_say machine_id"
)


def parse(text: str) -> dict[str, str]:
    """The six values of COMMAND's output by key; "" for what was not said. Never raises.

    The first line of a key counts. A value is one line without control or invisible characters, of at most
    MAX_CHARACTERS characters.
    """
    found: dict[str, str] = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        if equals and key in KEYS:
            found.setdefault(key, _clean(_unquoted(value) if key == "release" else value))
    return {key: found.get(key, "") for key in KEYS}


def _unquoted(value: str) -> str:
    """The value without the quotes that os-release has around it: the shell's text stays free of them."""
    quoted = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
    return value[1:-1] if quoted else value


def _clean(value: str) -> str:
    """The value without characters that could fool a terminal or a reader (controls, bidi marks)."""
    visible = "".join(char for char in value if unicodedata.category(char)[0] != "C")
    return " ".join(visible.split())[:MAX_CHARACTERS].strip()
