"""The real app around the demo device, served by waitress on loopback, for a real browser.

Two diagnostics are added: one that takes long, to be cancelled, and one whose recorded answer is
hostile. Everything else is the catalogue and the recording that ship with the product.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page

from tests.browser.axe import AXE, SEEN, violations
from utils import ssh_interface
from utils.audit import Audit
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.demo.device import HOST, PASSWORD, USER, DemoDevice
from utils.demo.saved_answers import FOLDER
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.judging.catalogue.models import Category, Diagnostic
from utils.settings import Settings
from utils.store.history import History
from utils.web import context, create_web_app
from utils.web.server import make_server, port_of

PLANTED = "over-current"
"""A diagnostic of the demo device that fails: its supply was too low."""
HOSTILE_OUTPUT = (
    "Bus 001 Device 002: ID 0bda:5411 <script>window.pwned = 1</script><img src=x onerror=window.pwned=2>\n"
    "\x1b[31mred\x1b[0m \x1b]0;evil title\x07 bell\x07 back\x08space \u202eright to left\n"
)


def _extra(name: str, title: str, command: str, *, active: bool) -> Diagnostic:
    return Diagnostic(
        id=name,
        title=title,
        category=Category.BUSES,
        command=command,
        parser="lsusb",
        why="It is here for the tests.",
        next_step="Look at the output.",
        summary="{count} devices.",
        timeout=60,
        active=active,
    )


SLOW = _extra("slow-one", "Slow one", "sleep 40", active=True)
HOSTILE = _extra("hostile-one", "Hostile one", "lsusb --hostile", active=True)


@dataclass
class Site:
    """A running product: its address, its device, its core."""

    url: str
    device: DemoDevice
    runner: Runner
    app: Flask
    server: Any

    def close(self) -> None:
        context(self.app).bench.close()
        self.runner.close()
        ssh_interface.close()
        self.device.stop()
        self.server.task_dispatcher.shutdown(timeout=2)
        self.server.close()


def start_site(folder: Path, *, history: bool = False, **changes: Any) -> Site:
    """`changes` are settings: ssh_host_keys="ask", ssh_password="wrong". history: on disk, else in memory."""
    recording = folder / "recording"
    shutil.copytree(FOLDER, recording)
    (recording / "hostile-one.out").write_text(HOSTILE_OUTPUT, encoding="utf-8")
    catalogue = Catalogue({item.id: item for item in (*builtin_catalogue(), SLOW, HOSTILE)})
    recorded = Catalogue({item.id: item for item in catalogue if item is not SLOW})  # it really sleeps
    device = DemoDevice(folder, recorded, saved=recording)
    device.start()
    values = {
        "ssh_user": USER,
        "ssh_ip": HOST,
        "ssh_port": device.port,
        "ssh_password": PASSWORD,
        "ssh_host_keys": "trust-new",
        "v3_port": 0,
        "v3_data_dir": folder / "data",
        "log_file": folder / "app.log",
    }
    settings = Settings.model_validate({**values, **changes})
    ssh_interface.configure(settings, demo=True)
    audit = Audit(folder / "audit.jsonl")
    kept = History(settings.database) if history else None
    if kept:
        kept.prepare()
    runner = Runner(door=ssh_interface.door, catalogue=catalogue, audit=audit, history=kept)
    bench = Bench([furnished(runner, ssh_interface.door, settings.v3_data_dir / "recordings")])
    app = create_web_app(settings, bench, demo=True)
    server = make_server(app, settings)
    threading.Thread(target=server.run, name="site", daemon=True).start()
    return Site(f"http://127.0.0.1:{port_of(server)}/", device, runner, app, server)


Looks = tuple[tuple[int, str, str], ...]
LOOKS: Looks = (
    (1350, "light", "none"),
    (390, "dark", "none"),
    (675, "dark", "active"),
)
"""Width, colour scheme, forced colours. The last is a laptop's at 200 %."""
OUTSIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : ["it scrolls sideways",
    ...[...document.querySelectorAll("body *")]
        .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
        .map(each => each.outerHTML.slice(0, 120))]"""
"""What makes the page scroll sideways."""
SHAPE = """within => [...document.querySelectorAll(within)].map(part =>
    part.outerHTML.replace(/\\d[\\d.,:]*/g, "") + [...part.querySelectorAll("*")]
        .map(each => Number(each.checkVisibility({ visibilityProperty: true }))).join("")).join()"""
"""Which elements a part has, but for the numbers that they tell, and which of them show."""


def fits(page: Page, looks: Looks = LOOKS, within: str | None = None) -> None:
    """Nothing sticks out and axe finds nothing: on a laptop, on a phone, enlarged in forced colours.

    within: axe looks at this part alone, which takes it a tenth of the time.
    """
    shapes = set()
    for width, scheme, forced in looks:
        page.set_viewport_size({"width": width, "height": 450 if forced == "active" else 844})
        page.emulate_media(color_scheme=scheme, forced_colors=forced)  # type: ignore[arg-type]
        out = page.evaluate(OUTSIDE)
        assert out == [], f"{page.url}, {width} px: sticks out"
        if width < 400:
            assert page.locator("header.bar").evaluate_all("all => all.every(bar => bar.offsetHeight < 56)")
        shape = page.evaluate(SHAPE, within or "html")
        said = violations(page, options={**AXE, **(SEEN if shape in shapes else {})})
        shapes.add(shape)
        assert said == "", f"{page.url}, {width} px, {scheme}, forced colours {forced}: {said}"
    page.emulate_media(color_scheme="light", forced_colors="none")
