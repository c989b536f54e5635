"""bench.toml in the data folder: the further bays of this bench, beside the one of SSH_*.

    [[bay]]
    id = "left"                     # in addresses and events; "main" and "all" are taken
    title = "Left of the oven"
    host = "192.168.55.1"           # or "192.168.55.1%enx00e04c", or host and interface apart
    interface = "enx00e04c"
    usb_port = "1-2.3"              # or the port instead of host and interface: whatever board is there
    password_env = "LEFT_PASSWORD"  # the setting that holds this board's password

What is left out (port, user, key_file, password_env) is that of SSH_*. What is wrong with an entry is named
with its line and leaves out that bay alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from utils.errors import BadRequest
from utils.folders import is_folder_name
from utils.judging.catalogue.loader import read_table, shown, what_is_wrong
from utils.laptop import usb
from utils.settings import Settings, changed, secret_named

USB_HOST = "192.168.55.1"
"""What every stock module answers at on its USB network."""
TAKEN = ("main", "all")
BayId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,31}$")]


class ConfiguredBay(BaseModel):
    """A bay as bench.toml states it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    id: BayId
    title: str = Field(default="", max_length=80)
    host: str = ""
    port: int | None = None
    interface: str = ""
    usb_port: str = ""
    user: str | None = None
    key_file: str | None = None
    password_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")

    def settings(self, main: Settings) -> Settings:
        """The settings of this bay's door; BadRequest names what is wrong."""
        changes: dict[str, Any] = {"ssh_ip": self._address()}
        given = {"ssh_port": self.port, "ssh_user": self.user, "ssh_key_file": self.key_file}
        changes |= {name: value for name, value in given.items() if value is not None}
        if self.password_env is not None:
            changes["ssh_password"] = secret_named(self.password_env)
            if changes["ssh_password"] is None:
                raise BadRequest(f"password_env: {self.password_env} is not set")
        return changed(main, changes)

    def _address(self) -> str:
        """As SSH_IP has it."""
        if not (self.host or self.usb_port):
            raise BadRequest("host: it is missing, and so is usb_port")
        if "%" in self.host and (self.interface or self.usb_port):
            raise BadRequest(f"{'interface' if self.interface else 'usb_port'}: host names one already")
        if self.interface and self.usb_port:
            raise BadRequest("usb_port: interface is given too, and one of both is enough")
        port = usb.port_name(self.usb_port)
        if self.usb_port and not port:
            raise BadRequest("usb_port: write it as 1-2.3, as the bench's page and /sys/bus/usb/devices do")
        way = self.interface or port
        host = self.host or USB_HOST
        return f"{host}%{way}" if way else host


def read_places(main: Settings, faults: list[str]) -> Iterator[tuple[ConfiguredBay, Settings]]:
    """Each right entry with its settings; what is wrong with the others goes to `faults`, with its line."""
    path = main.v3_data_dir / "bench.toml"
    if not path.exists():
        return
    read = read_table(path, faults)
    if read is None:
        return
    table, lines = read
    name = shown(path)
    faults += [f"{name}:{lines.at((key,))}: {key}: there is no such table" for key in table if key != "bay"]
    entries = table.get("bay", [])
    if not isinstance(entries, list):
        faults.append(f"{name}:{lines.at(('bay',))}: bay: write [[bay]], once for each")
        return
    seen = set(TAKEN)
    for number, entry in enumerate(entries):
        try:
            place = ConfiguredBay.model_validate(entry)
            if place.id in seen:
                raise BadRequest(f"id: {place.id!r} is taken")
            if not is_folder_name(place.id):  # its recordings are in a folder of that name
                raise BadRequest(f"id: Windows has no folder {place.id!r}")
            yield place, place.settings(main)
            seen.add(place.id)
        except ValidationError as exc:
            for loc, text in what_is_wrong(exc):
                faults.append(f"{name}:{lines.at(('bay', number, *loc))}: {text}")
        except BadRequest as exc:
            key, text = _told(str(exc), entry)
            faults.append(f"{name}:{lines.at(('bay', number, key))}: {key}: {text}")


def _told(sentence: str, entry: dict[str, Any]) -> tuple[str, str]:
    """Which key of the entry a sentence of the settings speaks of, and what it says."""
    word, _, text = sentence.partition(": ")
    key = {"ip": "host", "password": "password_env"}.get(word, word)
    apart = key == "host" and "interface's name" in text and "interface" in entry
    return "interface" if apart else key, text
