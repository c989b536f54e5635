"""A board has one identity, on every laptop and through everything that is learned of it later."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from utils.errors import BadRequest, ConfigError
from utils.folders import make_private
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.model.device_id import device_id

HERE = "192.168.55.1:22"
A, B = (HostKey(f"SHA256:{n}", "ssh-ed25519", f"AAAA{n}") for n in "ab")
MODEL = "NVIDIA Jetson Orin NX"
FIRST, SECOND = ({"serial": serial, "model": MODEL} for serial in ("1424024000001", "1424024000002"))


def met(store: HostKeys, key: HostKey, facts: dict[str, str]) -> str:
    if key.fingerprint not in {known.fingerprint for known in store.all()}:
        store.trust(key, HERE)
    return store.seen(key, HERE, facts).device_id


@pytest.mark.parametrize("facts", [FIRST, {}, {"serial": "0", "model": MODEL}, {"serial": "no-serial"}])
def test_an_identity_is_plain_and_the_same_on_every_laptop(tmp_path: Path, facts: dict[str, str]) -> None:
    one, other = met(HostKeys(tmp_path / "a"), A, facts), met(HostKeys(tmp_path / "b"), A, facts)
    assert one == other
    assert re.fullmatch(r"[a-z0-9-]{8,40}", one)


def test_it_hangs_neither_on_the_address_nor_on_the_host_name(tmp_path: Path) -> None:
    store = HostKeys(tmp_path)
    first = met(store, A, {**FIRST, "hostname": "one"})
    assert store.seen(A, "10.0.0.9:22", {**FIRST, "hostname": "two"}).device_id == first


def test_a_reflashed_board_with_a_new_key_stays_itself(tmp_path: Path) -> None:
    for facts in (FIRST, {}):
        store = HostKeys(tmp_path / str(len(facts)))
        first = met(store, A, facts)
        store.trust(B, HERE, serial=facts.get("serial", ""), replaces=A.fingerprint)
        assert store.seen(B, HERE, facts).device_id == first


def test_a_board_that_gets_its_serial_number_later_is_found_by_both_names(tmp_path: Path) -> None:
    store = HostKeys(tmp_path)
    before = met(store, A, {})
    after = met(store, A, FIRST)
    assert before != after
    assert store.current_id(before) == store.current_id(after) == after
    assert len(store.all()) == 1


def test_one_key_with_two_serial_numbers_is_two_boards(tmp_path: Path) -> None:
    store = HostKeys(tmp_path)
    first, second = met(store, A, FIRST), met(store, A, SECOND)
    assert first != second
    assert (met(store, A, FIRST), met(store, A, SECOND)) == (first, second)
    assert {device.device_id for device in store.devices()} == {first, second}
    assert store.known_hosts("x").count("\n") == 1


def test_a_serial_number_that_two_boards_share_takes_the_key_along(tmp_path: Path) -> None:
    store = HostKeys(tmp_path)
    alone = met(store, A, FIRST)
    store.trust(B, HERE, serial=FIRST["serial"])
    second = store.seen(B, HERE, FIRST).device_id
    first = store.seen(A, HERE, FIRST).device_id
    assert len({alone, first, second}) == 3
    assert store.current_id(alone) == first


def test_two_models_may_number_alike() -> None:
    assert device_id("one", "1424024000001", "x") != device_id("two", "1424024000001", "x")


# -- a file of an earlier version ------------------------------------------------------------------

OLD = {
    "version": 1,
    "devices": [
        {
            "fingerprint": A.fingerprint, "key_type": A.key_type, "key": A.base64, "address": HERE,
            "serial": FIRST["serial"], "model": MODEL, "hostname": "one", "release": "", "first_seen": "",
            "last_seen": "2026-01-01", "shared_serial": False, "from_later": {"kept": [1]},
        },
        {"fingerprint": B.fingerprint, "key_type": B.key_type, "key": B.base64},
    ],
}  # fmt: skip


def test_a_file_of_the_first_version_opens_and_is_kept_at_the_first_change(tmp_path: Path) -> None:
    path = tmp_path / "known_devices.json"
    path.write_text(json.dumps(OLD))
    store = HostKeys(tmp_path)
    ids = [device.device_id for device in store.devices()]
    assert len(set(ids)) == 2
    assert all(ids)
    assert json.loads(path.read_text()) == OLD  # reading changes nothing
    store.seen(A, HERE, FIRST)
    assert json.loads((tmp_path / "known_devices.json.bak").read_text()) == OLD
    written = json.loads(path.read_text())
    assert written["version"] == 2
    assert written["devices"][0]["from_later"] == {"kept": [1]}
    assert [device.device_id for device in store.devices()] == ids


def test_a_newer_versions_file_is_named_and_never_written(tmp_path: Path) -> None:
    path = tmp_path / "known_devices.json"
    path.write_text(text := json.dumps({**OLD, "version": 3}))
    with pytest.raises(BadRequest, match="newer version"):
        HostKeys(tmp_path).all()
    with pytest.raises(BadRequest, match="newer version"):
        HostKeys(tmp_path).trust(A, HERE)
    assert path.read_text() == text


# -- nobody else's business -----------------------------------------------------------------------


def test_every_folder_on_the_way_is_private(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b" / "c")
    assert [oct(path.stat().st_mode & 0o777) for path in sorted(tmp_path.rglob("*"))] == ["0o700"] * 3


def test_the_lock_is_private_and_another_program_that_keeps_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "known_devices.lock"
    lock.touch(0o644)
    monkeypatch.setattr("utils.folders.LOCK_S", 0.2)
    hold = (
        f"import fcntl,sys;f=open({str(lock)!r},'a');fcntl.flock(f,fcntl.LOCK_EX);print(1,flush=True);input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(ConfigError, match="keeps the list of known devices locked"):
            HostKeys(tmp_path).trust(A, HERE)
        other.communicate(b"\n")
    HostKeys(tmp_path).trust(A, HERE)
    assert os.stat(lock).st_mode & 0o077 == 0
