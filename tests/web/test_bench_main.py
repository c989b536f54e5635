"""Two boards that SSH_IP could mean: on the bench's page one click says which one is main."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_usb import FakeUsb, Gadget
from tests.web.conftest import browser_on
from tests.web.test_openapi import ask
from utils.bench import startup
from utils.errors import TargetAmbiguous
from utils.laptop import usb
from utils.settings import Settings
from utils.web import create_web_app


def test_either_board_can_be_made_main_and_is_then_one_tile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = FakeUsb(tmp_path / "sys")
    monkeypatch.setattr(usb, "SYSFS", tree.root)
    for port in ("1-1", "1-2.3"):
        tree.plug(port, Gadget(serial=f"142402400000{port[-1]}", nics={f"v3none{port[-1]}": "cdc_ncm"}))
    core = startup.start(Settings.model_validate({"v3_data_dir": tmp_path, "log_file": tmp_path / "log"}))
    try:
        with pytest.raises(TargetAmbiguous):
            core.runner.run("uptime")
        client = browser_on(create_web_app(core.settings, core.bench))
        hosts = {each["bay"]: each["main_host"] for each in ask(client, "GET", "/api/v1/bench")["tiles"]}
        tiles = ask(client, "GET", "/api/v1/bench")["tiles"]
        assert tiles[1]["usb"] == "480 Mbit/s, ttyACM0, 14 of about 96 endpoints"
        assert tiles[1]["name"] == "New: Linux for Tegra"
        assert hosts == {
            "main": None,
            "usb-1-1": "192.168.55.1%usb-1-1",
            "usb-1-2.3": "192.168.55.1%usb-1-2.3",
        }
        chosen = client.post("/api/v1/connection/credentials", json={"host": hosts["usb-1-2.3"]})
        assert chosen.status_code == 200
        assert core.discovery is not None
        core.discovery.look()
        tiles = ask(client, "GET", "/api/v1/bench")["tiles"]
        assert {each["bay"]: each["main_host"] for each in tiles} == {"main": None, "usb-1-1": None}
        assert core.bench.default.door.settings.target.usb_port == "usb-1-2.3"
    finally:
        core.close()
