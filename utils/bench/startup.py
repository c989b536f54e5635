"""From settings to a running core: logging, the door, the runner, the demo device. Never connects.

Shared by the server (app.py) and the command line (cli.py). The demo has a data folder, a log, keys
and a token of its own, so that nothing of it mixes with real devices.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from utils import applog as logs
from utils import ssh_interface
from utils.audit import Audit
from utils.bench.bay import MAIN, Bay, Door, furnished
from utils.bench.bench import Bench
from utils.bench.discovery import Discovery, Furnish
from utils.bench.normal import Normal
from utils.bench.places import read_places
from utils.bench.runner import Runner
from utils.errors import ConfigError
from utils.events import EventBus
from utils.folders import make_private
from utils.judging.catalogue.library import load_library
from utils.redact import redact
from utils.settings import HostKeyPolicy, Settings, unknown_names

if TYPE_CHECKING:
    from utils.demo.device import DemoDevice

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Core:
    """What runs behind the page or the command line."""

    settings: Settings
    bench: Bench
    device: DemoDevice | None = None
    discovery: Discovery | None = None

    @property
    def runner(self) -> Runner:
        """The default bay's."""
        return self.bench.default.runner

    @property
    def demo(self) -> bool:
        """Whether the device is the demo device."""
        return self.device is not None

    def close(self) -> None:
        """Stop everything: runs, links, demo device."""
        if self.discovery is not None:
            self.discovery.close()
        for bay in self.bench:
            bay.runner.close()
        for bay in self.bench:
            bay.door.close()
        if self.device is not None:
            self.device.stop()


def start(settings: Settings, *, demo: bool = False) -> Core:
    """Logging, door and runner for these settings; ConfigError when something of it is wrong."""
    device = None
    if demo:
        settings, device = _demo(settings)
    logs.configure(settings)
    logs.warn_of(unknown_names())
    ssh_interface.configure(settings, demo=demo)
    bench, furnish = _bench(settings, demo=demo)
    if demo or settings.v3_discover == "off":
        return Core(settings, bench, device)
    discovery = Discovery(bench, furnish, settings)
    discovery.start()
    return Core(settings, bench, device, discovery)


def _bench(settings: Settings, *, demo: bool) -> tuple[Bench, Furnish]:
    """The bay of SSH_*, and those of bench.toml, and what makes more; the demo's bench has its own device."""
    folder, faults = settings.v3_data_dir, list[str]()
    bus, audit, normal = EventBus(), Audit(folder / "audit.jsonl"), Normal(folder / "normal_lines.json")

    def bay(door: Door, bay_id: str, title: str, recordings: Path, *, discovered: bool = False) -> Bay:
        load = partial(load_library, folder, chosen=settings.v3_profile)
        runner = Runner(load=load, door=door, bus=bus, audit=audit, normal=normal, bay=bay_id)
        return furnished(runner, door, recordings, title=title, discovered=discovered)

    def further(bay_id: str, title: str, its: Settings, *, discovered: bool = True) -> Bay:
        door = ssh_interface.Door(its.model_copy)
        return bay(door, bay_id, title, folder / "recordings" / bay_id, discovered=discovered)

    bays = [bay(ssh_interface.door, MAIN, "", folder / "recordings")]
    for place, its in () if demo else read_places(settings, faults):
        redact.add(*its.secrets())
        bays.append(further(place.id, place.title, its, discovered=False))
    for fault in faults:
        log.warning("Left out of the bench: %s", fault)
    return Bench(bays, problems=faults), further


def need_folder(folder: Path) -> None:
    """ConfigError when the data folder cannot be written: said before the work, not in the midst of it."""
    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise ConfigError(
            f"The data folder {folder} cannot be written: {exc.strerror}.",
            hint="Set V3_DATA_DIR to a folder that this user can write to.",
        ) from exc


def _demo(settings: Settings) -> tuple[Settings, DemoDevice]:
    from utils.demo.device import HOST, PASSWORD, USER, DemoDevice  # only the demo needs the server side

    folder = settings.v3_data_dir / "demo"
    need_folder(folder)
    try:
        device = DemoDevice(folder)
        port = device.start()
    except OSError as exc:
        raise ConfigError(f"The demo device cannot start: {exc}") from exc
    return settings.model_copy(
        update={
            "ssh_user": USER,
            "ssh_ip": HOST,
            "ssh_port": port,
            "ssh_password": SecretStr(PASSWORD),
            "ssh_key_file": None,
            "ssh_use_agent": False,
            "ssh_sudo_password": None,
            "ssh_host_keys": HostKeyPolicy.TRUST_NEW,
            "v3_data_dir": folder,
            "log_file": _demo_log(settings, folder),
        }
    ), device


def _demo_log(settings: Settings, folder: Path) -> Path:
    """A log file that was asked for stays; the default one is for real devices."""
    default = Settings.model_fields["log_file"].default
    return folder / "app.log" if settings.log_file == default else settings.log_file
