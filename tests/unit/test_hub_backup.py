"""The hub in one file and back: whole, for its owner alone, never over a newer one, nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("nkeys", reason="nkeys is not installed: see requirements-lab.txt")

from tests import postgres
from tests.unit.history_parts import BOARD, NEEDS, a_checkup, a_run, kept
from utils.clock import new_id
from utils.errors import ConfigError
from utils.folders import locked
from utils.lab.backup import CONTENTS, back_up, look, restore
from utils.lab.errands import UNKNOWN, Errands
from utils.lab.overview import errand_json
from utils.lab.register import Register
from utils.store.history import History

ADDRESS = "127.0.0.1:7422"


@dataclass
class Place:
    """A data folder of a hub, and where its history is."""

    data: Path
    where: str | Path
    empty: Callable[[], str | Path]

    @property
    def hub(self) -> Path:
        return self.data / "hub"

    def keep(self, *records: object) -> None:
        history = History(self.where)
        kept(history, *records)
        history.close()

    def checkups(self) -> list[str]:
        history = History(self.where)
        found = [each.id for each in history.look().checkups([BOARD.device_id])]
        history.close()
        return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=NEEDS)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    data = tmp_path / "data"
    if request.param == "sqlite":
        return a_hub(Place(data, data / "history.db", lambda: tmp_path / "other" / "history.db"))
    running: postgres.Postgres = request.getfixturevalue("postgresql")
    return a_hub(Place(data, running.ready_url(), running.url))


def a_hub(made: Place) -> Place:
    for name in ("bench-3", "bench-4"):
        Register(made.hub).invite(name, ADDRESS)
    (made.hub / "hub.seed").write_text("the hub's own key")
    (made.hub / "nats.log").write_text("made anew")
    (made.hub / "campaigns").mkdir()
    (made.hub / "campaigns" / "c1.txt").write_text("one of a folder")
    (made.data / "audit.jsonl").write_text('{"action": "trust"}\n')
    Errands(made.hub / "errands.json").ask(BOARD.device_id, "rover-7", lasts_s=3600, who="Ada")
    made.keep(a_run("run00001", checkup="check001"), a_checkup("check001"))
    return made


def test_a_hub_comes_back_on_another_machine_with_its_keys_and_begins_nothing_again(
    place: Place, tmp_path: Path
) -> None:
    packed = tmp_path / "hub.v3backup"
    made = back_up(place.data, place.where, packed)
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600
    assert (made.reach["runs"], made.reach["checkups"]) == (1, 1)
    assert not [name for name in made.files if "nats" in name or "lock" in name]
    there = Place(
        tmp_path / "there",
        place.empty() if isinstance(place.where, str) else tmp_path / "there/h.db",
        place.empty,
    )
    done = restore(there.data, there.where, packed)
    assert (done.aside, done.benches, done.stay_out, done.unsure) == (None, ("bench-3", "bench-4"), (), 1)
    assert there.checkups() == ["check001"]
    assert Register(there.hub).all() == Register(place.hub).all()
    assert (there.hub / "campaigns" / "c1.txt").read_text() == "one of a folder"
    assert (there.data / "audit.jsonl").read_text() == '{"action": "trust"}\n'
    for name in made.files:
        if name.startswith("hub/") and name != "hub/errands.json":
            assert (there.data / name).read_bytes() == (place.data / name).read_bytes()
            assert stat.S_IMODE((there.data / name).stat().st_mode) == 0o600
    (errand,) = Errands(there.hub / "errands.json").all()
    assert errand.state == UNKNOWN
    assert (
        "it may have run. Look at the board's history. This hub was restored" in errand_json(errand)["told"]
    )
    assert restore(there.data, there.where, packed).benches == done.benches  # and once more, over itself
    assert there.checkups() == ["check001"]


def test_nothing_newer_is_lost_and_who_was_revoked_stays_out(place: Place, tmp_path: Path) -> None:
    packed = tmp_path / "hub.v3backup"
    back_up(place.data, place.where, packed)
    with pytest.raises(ConfigError, match="there already"):
        back_up(place.data, place.where, packed)
    os.utime(packed)
    Register(place.hub).revoke("bench-4")
    place.keep(a_checkup("check002"))
    with pytest.raises(ConfigError, match=r"hub/stations\.json, the history"):
        restore(place.data, place.where, packed)
    assert place.checkups() == ["check002", "check001"]
    with locked(place.hub / "hub.lock"), pytest.raises(ConfigError, match="A hub runs"):
        restore(place.data, place.where, packed, replace=True)
    history = History(place.where)
    history.look().newest()
    with pytest.raises(ConfigError, match="has the history open"):
        restore(place.data, place.where, packed, replace=True)
    history.close()
    assert place.checkups() == ["check002", "check001"]
    alone = restore(place.data, place.where, packed, replace=True, history_alone=True)
    assert place.checkups() == ["check001"]
    assert alone.benches == ("bench-3",)
    done = restore(place.data, place.where, packed, replace=True)
    assert (done.benches, done.stay_out) == (("bench-3",), ("bench-4",))
    assert done.aside is not None
    assert "revoked_at" in (done.aside / "hub" / "stations.json").read_text()
    assert alone.aside is not None
    assert [each.name for each in alone.aside.iterdir()] in (["history.db"], ["history.dump"])


def test_a_back_up_that_is_damaged_newer_or_of_another_kind_changes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    place = a_hub(Place(data, data / "history.db", lambda: data / "x.db"))
    packed, there = tmp_path / "hub.v3backup", tmp_path / "there"
    back_up(place.data, place.where, packed)
    told = json.loads(zipfile.ZipFile(packed).read(CONTENTS))

    def changed(name: str, content: str) -> Path:
        other = tmp_path / f"{new_id()}.v3backup"
        with zipfile.ZipFile(packed) as source, zipfile.ZipFile(other, "w") as to:
            for each in source.namelist():
                to.writestr(each, content if each == name else source.read(each))
        return other

    outside = {**told, "files": {**told["files"], "hub/../../evil": "0" * 64}}
    for bad, says in (
        (changed("hub/stations.json", "{}"), r"damaged: hub/stations\.json"),
        (changed(CONTENTS, json.dumps({**told, "form": 2})), "newer version"),
        (changed(CONTENTS, json.dumps({**told, "schema": "9999"})), "newer version"),
        (changed(CONTENTS, json.dumps(outside)), "no back-up"),
        (changed(CONTENTS, "[]"), "no back-up"),
    ):
        with pytest.raises(ConfigError, match=says):
            restore(there, there / "history.db", bad)
    cut = tmp_path / "cut.v3backup"
    cut.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(ConfigError, match="cannot be read"):
        look(cut)
    with pytest.raises(ConfigError, match="a history in a file"):
        restore(there, "postgresql://nobody@/nowhere", packed)
    assert not [each for each in there.rglob("*") if each.is_file() and each.name != "hub.lock"]
    shutil.rmtree(place.hub)
    with pytest.raises(ConfigError, match="There is no hub"):
        back_up(place.data, place.where, tmp_path / "another")
