"""mmcli -L (text, -K or -J) -> {count, modems: [{path, name}]}. name is None in the forms without it.

"No modems were found" is no reading but a skip.
"""

from __future__ import annotations

import json
import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_PATH = r"/org/freedesktop/ModemManager1/Modem/\d+"
_TEXT = re.compile(rf"(?m)^[ \t]*({_PATH})[ \t]+\[([^\]\n]*)\][ \t]*+(.*[^ \t\n]|)[ \t]*$")
_KEY_VALUE = re.compile(rf"(?m)^modem-list\.value\[\d+\][ \t]*:[ \t]*({_PATH})[ \t]*$")
READS = "count modems[path name]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    modems = [
        {"path": path, "name": f"{maker} {model}".strip()} for path, maker, model in _TEXT.findall(text)
    ]
    modems = modems or [{"path": path, "name": None} for path in (*_KEY_VALUE.findall(text), *_json(text))]
    if modems:
        return {"count": len(modems), "modems": modems}
    if _says_none(text) or _says_none(stderr):
        raise NotApplicable("ModemManager sees no modem.")
    raise refuse(stdout, stderr, exit_status)


def _json(text: str) -> list[str]:
    try:
        data = json.loads(text[text.index("{") :])
    except (ValueError, RecursionError):
        return []
    listed = data.get("modem-list") if isinstance(data, dict) else None
    return [path for path in listed if re.fullmatch(_PATH, str(path))] if isinstance(listed, list) else []


def _says_none(text: str) -> bool:
    return (
        re.search(
            r"(?i)\bno modems were found|modem-list\.length\s*:\s*0\b|\"modem-list\"\s*:\s*\[\s*\]", text
        )
        is not None
    )
