"""From settings to a running core: logging, the door, the runner, the demo device. Never connects.

Shared by the server (app.py) and the command line (cli/commands.py). The demo has its own data folder, log,
keys and token, so that nothing of it mixes with real devices.
"""

from __future__ import annotations

import gc
import importlib
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from utils import applog as logs
from utils import ssh_interface
from utils.audit import Audit
from utils.bench.bay import Bay, BayDoor, furnished
from utils.bench.bench import Bench
from utils.bench.discovery import Discovery, Furnish
from utils.bench.normal import Normal
from utils.bench.places import read_places
from utils.bench.runner import Runner
from utils.errors import ConfigError
from utils.events import EventBus
from utils.folders import make_private
from utils.judging.catalogue.library import load_library
from utils.model.records import MAIN
from utils.redact import redact
from utils.settings import HostKeyPolicy, Settings, unknown_names
from utils.store.history import History
from utils.store.writer import PATIENCE_S

if TYPE_CHECKING:
    from utils.demo.boards import Hands
    from utils.demo.device import DemoDevice

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Core:
    """What runs behind the page or the command line. devices: the demo's; hands: who pulls one of them.
    hub: no board can be here."""

    settings: Settings
    bench: Bench
    devices: tuple[DemoDevice, ...] = ()
    hands: Hands | None = None
    discovery: Discovery | None = None
    hub: bool = False

    @property
    def runner(self) -> Runner:
        """The default bay's."""
        return self.bench.default.runner

    @property
    def demo(self) -> bool:
        """Whether the boards are demo boards."""
        return bool(self.devices)

    @property
    def device(self) -> DemoDevice | None:
        """The demo device of the default bay."""
        return self.devices[0] if self.devices else None

    def prepare(self) -> None:
        """Load what the first run will need, beside the first page."""
        if not self.hub:
            ssh_interface.prepare()
            importlib.import_module("utils.judging.result_of")
        self.bench.history.prepare()
        gc.freeze()  # it stays: to look for garbage in it would hold up keys and answers for 20 ms

    def close(self, *, history_s: float = PATIENCE_S) -> None:
        """Stop everything: runs, links, demo device. history_s: how long what is not kept yet may take."""
        if self.discovery is not None:
            self.discovery.close()
        for bay in self.bench:
            bay.runner.close()
        for bay in self.bench:
            bay.door.close()
        self.bench.history.close(history_s)
        if self.hands is not None:
            self.hands.close()
        for device in self.devices:
            device.stop()


def start(
    settings: Settings, *, demo: int = 0, plain: bool = False, look_for_boards: bool = True, hub: bool = False
) -> Core:
    """Logging, door and runner for these settings; ConfigError when something of it is wrong.

    demo: how many demo boards there are instead of real ones. plain: stderr is read by a person at a command
    line, and gets sentences alone. look_for_boards: False where nothing may be contacted by itself. hub:
    nothing may be contacted at all.
    """
    if hub:
        return _hub(settings, plain=plain)
    devices: tuple[DemoDevice, ...] = ()
    if demo:
        settings, devices = _demo(settings, demo)
    logs.configure(settings, plain=plain)
    logs.warn_of([*unknown_names(), *settings.doubts()])
    ssh_interface.configure(settings, demo=bool(demo))
    bench, furnish = _bench(settings, demo=demo)
    if demo:
        return Core(settings, bench, devices, _further_demos(bench, furnish, settings, devices))
    if settings.v3_discover == "off" or not look_for_boards:
        return Core(settings, bench)
    discovery = Discovery(bench, furnish, settings)
    discovery.start()
    return Core(settings, bench, discovery=discovery)


def _hub(settings: Settings, *, plain: bool) -> Core:
    """History, audit log and bus of a hub, in a bay without a board. The SSH door stays untouched."""
    from utils.bench.no_boards import NoDoor, NoRunner, need_none

    need_none(settings)
    logs.configure(settings, plain=plain)
    logs.warn_of([*unknown_names(), *settings.doubts()])
    bay = _maker(settings, NoRunner)(NoDoor(settings), MAIN, "", settings.v3_data_dir / "recordings")
    bay.runner.library.need(settings.v3_profile)
    bench = Bench([bay])
    bench.audit.heard = bench.acted
    return Core(settings, bench, hub=True)


def _further_demos(
    bench: Bench, furnish: Furnish, settings: Settings, devices: tuple[DemoDevice, ...]
) -> Hands | None:
    """A bay for each demo board beyond the first, whose last one is pulled now and then."""
    from utils.demo.boards import Hands

    for number, device in enumerate(devices[1:], start=2):
        its = settings.model_copy(update={"ssh_port": device.port})
        bench.add(furnish(f"board-{number}", f"Demo board {number}", its))
    return Hands(devices[-1]) if len(devices) > 1 else None


def _maker(settings: Settings, kind: type[Runner] = Runner) -> Callable[..., Bay]:
    """What makes the bays of one bench: they share bus, audit log, normal lines and history."""
    folder = settings.v3_data_dir
    bus, audit, normal = EventBus(), Audit(folder / "audit.jsonl"), Normal(folder / "normal_lines.json")
    history = History(settings.database)

    def bay(door: BayDoor, bay_id: str, title: str, recordings: Path, *, discovered: bool = False) -> Bay:
        load = partial(load_library, folder, chosen=settings.v3_profile)
        runner = kind(load=load, door=door, bus=bus, audit=audit, normal=normal, history=history, bay=bay_id)
        return furnished(runner, door, recordings, title=title, discovered=discovered)

    return bay


def _bench(settings: Settings, *, demo: int) -> tuple[Bench, Furnish]:
    """The bay of SSH_*, and those of bench.toml, and what makes more; the demo's bench has its own device."""
    folder, faults, bay = settings.v3_data_dir, list[str](), _maker(settings)

    def further(bay_id: str, title: str, its: Settings, *, discovered: bool = True) -> Bay:
        door = ssh_interface.Door(its.model_copy)
        return bay(door, bay_id, title, folder / "recordings" / bay_id, discovered=discovered)

    bays = [bay(ssh_interface.door, MAIN, "Demo board 1" if demo > 1 else "", folder / "recordings")]
    bays[0].runner.library.need(settings.v3_profile)
    for place, its in () if demo else read_places(settings, faults):
        redact.add(*its.secrets())
        bays.append(further(place.id, place.title, its, discovered=False))
    for fault in faults:
        log.warning("Left out of the bench: %s", fault)
    bench = Bench(bays, problems=faults)
    bench.audit.heard = bench.acted
    return bench, further


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


def _demo(settings: Settings, count: int) -> tuple[Settings, tuple[DemoDevice, ...]]:
    from utils.demo.boards import boards  # only the demo needs the server side
    from utils.demo.device import HOST, PASSWORD, USER

    folder = settings.v3_data_dir / "demo"
    need_folder(folder)
    try:
        devices = tuple(boards(folder, count))
        port, *_ = [device.start() for device in devices]
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
            "v3_database_url": None,
            "v3_profile": _demo_profile(settings, folder),
            "log_file": _demo_log(settings, folder),
        }
    ), devices


def _demo_profile(settings: Settings, folder: Path) -> str:
    """V3_PROFILE if the demo's folder has it. One for real devices is left out; any other is a mistake."""
    wanted = settings.v3_profile
    if not wanted or load_library(folder, chosen=wanted).chosen == wanted:
        return wanted
    load_library(settings.v3_data_dir, chosen=wanted).need(wanted)
    return ""


def _demo_log(settings: Settings, folder: Path) -> Path:
    """A log file that was asked for stays; the default one is for real devices."""
    default = Settings.model_fields["log_file"].default
    return folder / "app.log" if settings.log_file == default else settings.log_file
