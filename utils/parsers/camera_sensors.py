"""Lines "i2c 9-001a bound imx477" and "node video0 vi-output, imx477 9-001a" -> the CSI camera sensors.

{sensor_count, working_count, sensors: [{name, address, state, node}], nodes: [{node, name}]}. state:
"working" (driver bound and a video node), "no-node" (driver bound, no video node), "unbound" (named by
the device tree, no driver took it). I2C devices that are no image sensor are left out.
"""

from __future__ import annotations

import re

from utils.errors import Undecided
from utils.parsers._listing import listed
from utils.result import Reading

END = "end of camera sensors"
_I2C = re.compile(r"^i2c (?P<address>\d+-[0-9a-f]{4}) (?P<bound>bound|unbound) (?P<name>\S.*)$")
_NODE = re.compile(r"^node (?P<node>\S+) ?(?P<name>.*)$")
_SENSOR = re.compile(
    r"(?i)^(?:nv_)?(?:imx\d{3}|ov\d{4}|ox\d{2}[a-z]|os\d{2}[a-z]\d|ar\d{4}|gc\d{4}|sc\d{3,4}|hi\d{3,4}|s5k\w+"
    r"|ap\d{4}|mt9[a-z]\d{3}|hm\d{4}|vd\d{2}[a-z]\d|vc[-_]mipi|tc358743)[a-z]*$"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    devices = [match for match in map(_I2C.match, lines) if match]
    nodes = [{"node": m["node"], "name": m["name"]} for m in map(_NODE.match, lines) if m]
    if len(devices) + len(nodes) < len(lines):
        raise Undecided("Lines of the list of camera sensors cannot be read.")
    video = {item["name"]: item["node"] for item in nodes if item["node"].startswith("video")}
    sensors = []
    for match in devices:
        if not _SENSOR.match(match["name"]):
            continue
        node = next((at for name, at in video.items() if name.endswith(match["address"])), None)
        state = "unbound" if match["bound"] == "unbound" else "working" if node else "no-node"
        sensors.append({"name": match["name"], "address": match["address"], "state": state, "node": node})
    return {
        "sensor_count": len(sensors),
        "working_count": sum(item["state"] == "working" for item in sensors),
        "sensors": sensors,
        "nodes": nodes,
    }
