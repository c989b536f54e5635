"""Fan drive (pwm, 0-255) and measured speed (rpm) of sysfs -> fans[{name, pwm, pwm_percent, rpm, fitted}].

Drive and tachometer are one hwmon on PCs and two on a Jetson (pwmfan, pwm_tach). A lone one of each kind
belongs together. Null is what is not measured. The old pwm-fan device of L4T R32 is read too. Its tachometer
is off as shipped (tach_enable 0), and its speed reads 0 then. A 0 counts only with the tachometer on.

fitted: "yes", but for the headers of a PC's monitoring chip, which drives empty ones too. There it is
"unlikely" where another fan turns, and "unclear" where none does. A header that turns is fitted.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.judging.parsers._text import percent
from utils.model.results import Reading

_PATH = (
    r"/sys/(?:class/hwmon/(?P<device>hwmon\d+)/(?:(?P<name>name)|pwm(?P<pwm>\d)|fan(?P<fan>\d)_input|(?P<rpm>rpm))"
    r"|devices/(?P<old>pwm-fan)/(?P<what>cur_pwm|rpm_measured|tach_enable))"
)
_FULL_DRIVE = 255
_OLD = ("pwm-fan", "1")
READS = "fans[name pwm pwm_percent rpm fitted]"
_HEADERS = re.compile(r"(?:nct6|it8|w83|f71|f81|sch5|dme17|smsc|asus|gigabyte)\w*")


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    names: dict[str, str] = {}
    drives: dict[tuple[str, str], int] = {}
    speeds: dict[tuple[str, str], int] = {}
    measured = False
    for hit, text in wanted(stdout, stderr, exit_status, _PATH):
        value, device = number(text), hit["device"] or hit["old"]
        if hit["name"]:
            names[device] = text
        elif value is None or value < 0:
            continue
        elif hit["what"] == "tach_enable":
            measured = value == 1
        elif hit["pwm"] or hit["what"] == "cur_pwm":
            drives[device, hit["pwm"] or "1"] = value
        else:
            speeds[device, hit["fan"] or "1"] = value
    if speeds.get(_OLD) == 0 and not measured:
        del speeds[_OLD]
    if not drives and not speeds:
        raise Undecided("No fan tells its drive or its speed.", Cause.NOT_SAID)
    doubt = "unlikely" if any(speeds.values()) else "unclear"
    fans = _paired(drives, speeds, names)
    for fan in fans:
        certain = fan["rpm"] or not _HEADERS.match(fan["name"])
        fan["fitted"] = "yes" if certain else doubt
    return {"fans": fans}


def _paired(
    drives: dict[tuple[str, str], int], speeds: dict[tuple[str, str], int], names: dict[str, str]
) -> list[dict[str, Any]]:
    both = sorted(drives.keys() & speeds.keys())
    fans = [_fan(key, drives[key], speeds[key], names) for key in both]
    lone_drives = sorted(drives.keys() - speeds.keys())
    lone_speeds = sorted(speeds.keys() - drives.keys())
    if len(lone_drives) == len(lone_speeds) == 1:
        return [*fans, _fan(lone_drives[0], drives[lone_drives[0]], speeds[lone_speeds[0]], names)]
    fans += [_fan(key, drives[key], None, names) for key in lone_drives]
    return fans + [_fan(key, None, speeds[key], names) for key in lone_speeds]


def _fan(key: tuple[str, str], pwm: int | None, rpm: int | None, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": f"{names.get(key[0], key[0])} {key[1]}",
        "pwm": pwm,
        "pwm_percent": percent(min(pwm, _FULL_DRIVE), _FULL_DRIVE) if pwm is not None else None,
        "rpm": rpm,
    }
