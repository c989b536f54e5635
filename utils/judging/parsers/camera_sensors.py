"""Lines "i2c 9-001a bound imx477" and "node video0 vi-output, imx477 9-001a" -> the CSI camera sensors.

{sensor_count, working_count, sensors: [{name, address, state, node}], unrecognised[], nodes: [{node, name}]}.
state is one of these:
- "working": driver bound and a video node
- "no-node": driver bound, no video node
- "unbound": named by the device tree, no driver took it, and no other sensor works
- "other-port": as unbound, but a sensor of the same name works at another address. This is mostly the second
  port of a one-camera board.
unrecognised: I2C devices without a driver whose names no table here knows ("zedy at 9-0010"); they may be
cameras.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of camera sensors"
_I2C = re.compile(r"^i2c (?P<address>\d{1,4}-[0-9a-f]{4}) (?P<bound>bound|unbound) (?P<name>\S.*)$")
_NODE = re.compile(r"^node (?P<node>\S+) ?(?P<name>.*)$")
# Image sensors by their makers' families (Sony, OmniVision, onsemi, GalaxyCore, SmartSens, Hynix, Samsung,
# ST, Himax). Also camera modules with a driver of their own, and bridges that turn a video signal into CSI.
_SENSOR = re.compile(
    r"(?i)^(?:nv_)?(?:imx\d{3}|isx\d{3}|ov\d{4}|ov\d{2}[a-z]\d{0,2}|ox\d{2}[a-z]|og\d{2}[a-z]|os\d{2}[a-z]\d|ar\d{4}"
    r"|gc\d{4}|sc\d{3,4}|hi\d{3,4}|s5k[a-z0-9]{1,9}|mt9[a-z]\d{3}|hm\d{4}|vd\d{2}[a-z]\d|vgx\d{3}|vc[-_]mipi"
    r"|zed[-_]?x\w{0,9}|d4xx|ds5|arducam\w{0,12}|csimux|tevs|veye\w{0,12}|cssc132|onsemi|lt6911\w{0,6}|tc3587\d\d|adv7\d{3}\w{0,4}"
    r"|tw\d{4}|tp28\d\d|isl79\w{3,6}|rn6\d{3}|n4|it66\d{2}\w{0,4})(?:[a-z]{0,6}|[-_]\w{1,9})$"
)
# Serialisers, deserialisers (GMSL, FPD-Link) and picture processors: a camera stands behind them.
_SERDES = re.compile(
    r"(?i)^(?:max9\d{3,5}|ap\d{4}|max96\d{3}|ds90u[bh]\d{3}|tdes\d{3}|ser|dser|gmsl\w{0,9})[a-z-]{0,8}$"
)
# What hangs on camera buses and boards beside the sensors and is none.
_NO_SENSOR = re.compile(
    r"(?i)^(?:ina\d{3}\w{0,2}|\d{0,2}24c\w{1,5}|.{0,20}eeprom|at24|lm\d{2}\w?|tmp\d{3}\w?|nct\d{4}|ad5\d{3}\w?|dw9\d{3}\w?"
    r"|lc898\w{0,9}|ak73\d\d|vm\d{3}\w?|bu\d{5}|lm3\d{3}\w?|pca\d{4}\w?|tca\d{4}\w?|tcal\d{4}|pcf\d{4}\w?|max\d{5}"
    r"|tps\d{4,6}\w{0,3}|fusb\d{3}\w{0,2}|cy\w{3,9}|ucsi\w{0,9}|ccg\w{0,9}|rt5\d{3}|bq\d{5}\S{0,4}|ds\d{4}|rv\d{4}|pcf8563"
    r"|mcp\d{4,5}\w?|mpu\d{4}|bmi\d{3}|bme\d{3}|bmp\d{3}|icm\d{5}|lsm\w{3,9}|dummy|stmpe\d{3}|gpio\w{0,9}|24fc\w{1,4}"
    r"|f75308|lp\d{4}\w?|es8\d{3}|wm8\d{3}|tas\d{4}\w?|sgtl5000|nau\d{4}|tegra\w{0,9}|vrs\w{0,12}|nvvrs\S{0,20})$"
)
_CODEC = re.compile(r"(?i)codec|decod|encod|isp|m2m|pispbe|hevc|vpu|jpeg|rpivid|scaler|loopback")
READS = "sensor_count working_count sensors[name address state node] unrecognised nodes[node name]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    devices = [match for match in map(_I2C.match, lines) if match]
    nodes = [{"node": m["node"], "name": m["name"]} for m in map(_NODE.match, lines) if m]
    if len(devices) + len(nodes) < len(lines):
        raise Undecided("Lines of the list of camera sensors cannot be read.", Cause.GARBAGE)
    sensors = [_sensor(match, nodes) for match in devices if _counts(match) or _is_named(match, nodes)]
    working = {item["name"] for item in sensors if item["state"] == "working"}
    for item in sensors:
        if item["state"] == "unbound" and item["name"] in working:
            item["state"] = "other-port"
    return {
        "sensor_count": len(sensors),
        "working_count": sum(item["state"] == "working" for item in sensors),
        "sensors": sensors,
        "unrecognised": [
            f"{m['name']} at {m['address']}"
            for m in devices
            if _is_unrecognised(m) and not _is_named(m, nodes)
        ],
        "nodes": nodes,
    }


def _is_named(match: re.Match[str], nodes: Sequence[dict[str, str]]) -> bool:
    """Whether a video node or sub-device carries its name and address: a sensor, whatever it is called."""
    words = f"{match['name']} {match['address']}"
    named = any(item["name"] == words or item["name"].endswith(f" {words}") for item in nodes)
    return named and not (_NO_SENSOR.match(match["name"]) or _SERDES.match(match["name"]))


def _counts(match: re.Match[str]) -> bool:
    """An image sensor, or the link to one that no driver took."""
    name = match["name"]
    return bool(_SENSOR.match(name) or (match["bound"] == "unbound" and _SERDES.match(name)))


def _sensor(match: re.Match[str], nodes: Sequence[dict[str, str]]) -> dict[str, Any]:
    node = _node(match["address"], nodes)
    state = "unbound" if match["bound"] == "unbound" else "working" if node else "no-node"
    return {"name": match["name"], "address": match["address"], "state": state, "node": node}


def _node(address: str, nodes: Sequence[dict[str, str]]) -> str | None:
    """The video node of the sensor at this address.

    On a Tegra the node's name ends with the address. Elsewhere only a sub-device carries it, and the
    pictures come from the capture unit's node ("unicam-image", "rp1-cfe-csi2_ch0").
    """
    named = [item for item in nodes if item["name"].split(" ")[-1] == address]
    own = next((item["node"] for item in named if item["node"].startswith("video")), None)
    if own or not named:
        return own
    capture = (
        item["node"]
        for item in nodes
        if item["node"].startswith("video")
        and not item["name"].startswith("vi-output")
        and not _CODEC.search(item["name"])
    )
    return next(capture, None)


def _is_unrecognised(match: re.Match[str]) -> bool:
    """Without a driver, and of a name that no table here knows."""
    name = match["name"]
    return match["bound"] == "unbound" and not (_counts(match) or _NO_SENSOR.match(name))
