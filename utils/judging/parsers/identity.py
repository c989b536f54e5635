"""Lines `model ...`, `serial ...`, `compatible A B`, `hostname`, `kernel`, `machine`, `os` -> who this is.

{model, serial, serial_known, compatible[], hostname, kernel, machine, os}; None for what is not said. A
serial number of zeros or a placeholder is not known. Host name and kernel must be there.
"""

from __future__ import annotations

import re

from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_LINE = re.compile(
    r"(?m)^(model|serial|compatible|hostname|kernel|machine|os) ([^\r\n]*[^ \t\x00\r\n]|)[ \t\x00\r]*$"
)
_KERNEL = re.compile(r"\d+\.\d+\S*")
_NO_SERIAL = re.compile(r"(?i)0*|no-serial|none|unknown|to be filled.*|default string")
READS = "model serial serial_known compatible hostname kernel machine os"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    fields = {key: value.strip(' "\x00') for key, value in _LINE.findall(stdout)}
    kernel = _KERNEL.fullmatch(fields.get("kernel", ""))
    if not kernel or not fields.get("hostname") or not fields.get("machine"):
        raise refuse(stdout, stderr, exit_status)
    serial = fields.get("serial", "")
    known = bool(serial) and not _NO_SERIAL.fullmatch(serial)
    return {
        "model": fields.get("model") or None,
        "serial": serial if known else None,
        "serial_known": known,
        "compatible": fields.get("compatible", "").split(),
        "hostname": fields["hostname"],
        "kernel": fields["kernel"],
        "machine": fields["machine"],
        "os": fields.get("os") or None,
    }
