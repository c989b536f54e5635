"""The table key x policy x outcome, and a store that survives others and accidents."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from utils.errors import BadRequest, HostKeyChanged, HostKeyUnknown, UnknownDevice
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.link.trust.known_devices import KnownDevices
from utils.model.device_id import plausible_serial
from utils.settings import HostKeyPolicy as Policy

HERE, ELSEWHERE = "192.168.55.1:22", "10.0.0.9:22"
KNOWN, OTHER, NEW = (HostKey(f"SHA256:{n}", "ssh-ed25519", f"AAAA{n}") for n in ("known", "other", "new"))


@pytest.fixture
def keys(tmp_path: Path) -> HostKeys:
    store = HostKeys(tmp_path)
    store.trust(KNOWN, HERE)
    store.seen(KNOWN, HERE, {"serial": "1424024000001", "hostname": "first"})
    store.trust(OTHER, ELSEWHERE)
    return store


@pytest.mark.parametrize(
    ("key", "address", "policy", "outcome"),
    [
        (KNOWN, HERE, Policy.ASK, None),
        (KNOWN, HERE, Policy.TRUST_NEW, None),
        (KNOWN, HERE, Policy.STRICT, None),
        (OTHER, HERE, Policy.ASK, None),
        (OTHER, HERE, Policy.TRUST_NEW, None),
        (OTHER, HERE, Policy.STRICT, HostKeyChanged),
        (NEW, HERE, Policy.ASK, HostKeyUnknown),
        (NEW, HERE, Policy.TRUST_NEW, None),
        (NEW, HERE, Policy.STRICT, HostKeyChanged),
        (NEW, "192.168.55.1:2222", Policy.ASK, HostKeyUnknown),
        (NEW, "192.168.55.1:2222", Policy.TRUST_NEW, None),
        (NEW, "192.168.55.1:2222", Policy.STRICT, HostKeyUnknown),
    ],
)
def test_the_policy_table(
    keys: HostKeys, key: HostKey, address: str, policy: Policy, outcome: type | None
) -> None:
    if outcome is None:
        keys.check(key, address, policy)
        assert key.fingerprint in {known.fingerprint for known in keys.all()}
    else:
        with pytest.raises(outcome) as caught:
            keys.check(key, address, policy)
        assert caught.value.details["fingerprint"] == key.fingerprint
        if key is NEW:
            assert NEW.fingerprint not in {known.fingerprint for known in keys.all()}


def test_an_unknown_key_names_the_one_seen_here_before(keys: HostKeys) -> None:
    with pytest.raises(HostKeyUnknown) as caught:
        keys.check(NEW, HERE, Policy.ASK)
    assert caught.value.details["previous"] == KNOWN.fingerprint
    assert caught.value.details["previous_name"] == "first"


def test_a_serial_number_under_another_key_stops(keys: HostKeys) -> None:
    keys.trust(NEW, HERE)
    with pytest.raises(HostKeyChanged) as caught:
        keys.check_serial(NEW, HERE, "1424024000001")
    assert caught.value.details["expected"] == KNOWN.fingerprint


def test_a_reflashed_device_replaces_its_key_and_a_cloned_number_is_kept_beside(keys: HostKeys) -> None:
    keys.trust(NEW, HERE, serial="1424024000001")
    keys.check_serial(NEW, HERE, "1424024000001")
    assert KNOWN.fingerprint in {known.fingerprint for known in keys.all()}
    keys.trust(NEW, HERE, serial="1424024000001", replaces=KNOWN.fingerprint)
    assert KNOWN.fingerprint not in {known.fingerprint for known in keys.all()}


@pytest.mark.parametrize("serial", ["", "0", "0000000000", "no-serial", "12"])
def test_numbers_that_tell_nothing_apart_are_no_serial_numbers(keys: HostKeys, serial: str) -> None:
    assert not plausible_serial(serial)
    keys.trust(NEW, HERE)
    keys.check_serial(NEW, HERE, serial)


def test_last_seen_is_the_time_before_this_one(keys: HostKeys) -> None:
    first = keys.all()[0].last_seen
    device = keys.seen(KNOWN, HERE, {"serial": "1424024000001"})
    assert device.last_seen == first
    assert device.hostname == "first"


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    def add(number: int) -> None:
        HostKeys(tmp_path).trust(HostKey(f"SHA256:{number}", "ssh-ed25519", f"AAAA{number}"), HERE)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(HostKeys(tmp_path).all()) == 20


def test_all_links_of_a_bench_read_the_file_once_until_it_is_another(
    tmp_path: Path, keys: HostKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = keys.all()
    with monkeypatch.context() as patched:
        patched.setattr(KnownDevices, "_read", lambda self: pytest.fail("it was read again"))
        another = HostKeys(tmp_path).all()
    assert another == known
    assert another[0] is known[0], "the links share the rows"
    another.clear()
    assert keys.all() == known, "and nobody's list is another's"
    keys.trust(NEW, HERE)
    assert len(HostKeys(tmp_path).all()) == len(known) + 1


def test_the_file_is_private_and_a_broken_one_is_said_not_replaced(tmp_path: Path, keys: HostKeys) -> None:
    path = tmp_path / "known_devices.json"
    assert path.stat().st_mode & 0o077 == 0
    assert {row["fingerprint"] for row in json.loads(path.read_text())["devices"]} == {
        "SHA256:known",
        "SHA256:other",
    }
    path.write_text("{broken")
    with pytest.raises(BadRequest, match="known_devices"):
        keys.check(KNOWN, HERE, Policy.ASK)
    assert path.read_text() == "{broken"


def test_known_hosts_holds_only_what_may_answer(keys: HostKeys) -> None:
    assert keys.known_hosts("alias") == "alias ssh-ed25519 AAAAknown\nalias ssh-ed25519 AAAAother\n"
    assert keys.known_hosts("alias", only="SHA256:other") == "alias ssh-ed25519 AAAAother\n"


def test_an_entry_without_an_interface_matches_by_its_key_alone(keys: HostKeys) -> None:
    """Old entries know no interface; two boards at one address must not stand for each other."""
    for address in ("192.168.55.1%usb0:22", "192.168.55.1%usb1:22"):
        keys.check(KNOWN, address, Policy.STRICT)
        with pytest.raises(HostKeyUnknown):
            keys.check(NEW, address, Policy.STRICT)
    for address in ("192.168.55.7%usb0:22", "192.168.55.1%usb0:2222"):
        with pytest.raises(HostKeyUnknown):
            keys.check(KNOWN, address, Policy.STRICT)


def test_of_two_boards_at_one_address_each_has_its_own_key(tmp_path: Path) -> None:
    keys = HostKeys(tmp_path)
    keys.trust(KNOWN, "fe80::1%usb0:22")
    keys.trust(OTHER, "fe80::1%usb1:22")
    keys.check(KNOWN, "fe80::1%usb0:22", Policy.STRICT)
    with pytest.raises(HostKeyChanged):
        keys.check(OTHER, "fe80::1%usb0:22", Policy.STRICT)
    keys.check(OTHER, "fe80::1:22", Policy.STRICT)


def test_a_nickname_follows_the_board_and_goes_when_it_is_forgotten(keys: HostKeys) -> None:
    before = keys.all()[0].id
    keys.name(before, "Line 3")
    assert keys.seen(KNOWN, HERE, {"serial": "1424024000001"}).label == "Line 3 · 24000001"
    assert "known as Line 3" in keys.describe(KNOWN)
    keys.trust(NEW, HERE, serial="1424024000001", replaces=KNOWN.fingerprint)  # a reflash is the same board
    assert keys.seen(NEW, HERE, {"serial": "1424024000001"}).nickname == "Line 3"
    assert keys.forget(before) == before
    assert {each.fingerprint for each in keys.all()} == {OTHER.fingerprint}
    with pytest.raises(UnknownDevice):
        keys.name(before, "again")
    keys.trust(NEW, HERE)
    assert keys.seen(NEW, HERE, {"serial": "1424024000001"}).nickname == ""


def test_a_board_that_is_forgotten_while_it_logs_in_is_not_trusted_again(keys: HostKeys) -> None:
    keys.check(KNOWN, HERE, Policy.ASK)
    keys.forget(next(each.device_id for each in keys.devices() if each.fingerprint == KNOWN.fingerprint))
    with pytest.raises(HostKeyUnknown):
        keys.seen(KNOWN, HERE, {"serial": "1424024000001"})
    assert [each.fingerprint for each in keys.all()] == [OTHER.fingerprint]


def test_of_two_boards_with_one_key_only_the_forgotten_one_goes(keys: HostKeys) -> None:
    one = keys.seen(KNOWN, HERE, {"serial": "1424024000001"})
    other = keys.seen(KNOWN, HERE, {"serial": "1424024000002"})
    keys.name(other.device_id, "twin")
    keys.forget(one.device_id)
    assert [each.nickname for each in keys.all() if each.fingerprint == KNOWN.fingerprint] == ["twin"]


# -- boards of one image share a key -----------------------------------------------------------------

ONE, TWO, THREE = "1424024000001", "1424024000002", "1424024000003"


@pytest.fixture
def twins(keys: HostKeys) -> HostKeys:
    """Boards ONE and TWO share KNOWN; each has a nickname."""
    for serial, nickname in ((ONE, "one"), (TWO, "two")):
        keys.name(keys.seen(KNOWN, HERE, {"serial": serial}).device_id, nickname)
    return keys


def names(keys: HostKeys) -> dict[str, tuple[str, str]]:
    """Nickname and key by serial number."""
    return {k.serial: (k.nickname, k.fingerprint) for k in keys.all() if k.serial}


def test_a_reflashed_twin_leaves_the_other_twin_alone(twins: HostKeys) -> None:
    """TWO has a new key now. Which of them it is, only its serial number tells, after the login."""
    before = {k.serial: k.id for k in twins.all()}
    twins.trust(NEW, HERE, replaces=KNOWN.fingerprint)
    assert names(twins) == {ONE: ("one", KNOWN.fingerprint), TWO: ("two", KNOWN.fingerprint)}
    with pytest.raises(HostKeyChanged) as caught:
        twins.check_serial(NEW, HERE, TWO)
    twins.trust(NEW, HERE, serial=TWO, replaces=caught.value.details["expected"])
    twins.check_serial(NEW, HERE, TWO)
    assert twins.seen(NEW, HERE, {"serial": TWO}).device_id == before[TWO]
    assert names(twins) == {ONE: ("one", KNOWN.fingerprint), TWO: ("two", NEW.fingerprint)}
    assert twins.seen(KNOWN, HERE, {"serial": ONE}).device_id == before[ONE]


def test_a_board_that_gets_the_key_of_others_takes_nothing_from_them(twins: HostKeys) -> None:
    """It was flashed with their image: its serial number was known by another key."""
    third = twins.seen(OTHER, ELSEWHERE, {"serial": THREE}).device_id
    with pytest.raises(HostKeyChanged):
        twins.check_serial(KNOWN, HERE, THREE)
    twins.trust(KNOWN, HERE, serial=THREE, replaces=OTHER.fingerprint)
    twins.check_serial(KNOWN, HERE, THREE)
    assert twins.seen(KNOWN, HERE, {"serial": THREE}).device_id == third
    kept = {ONE: ("one", KNOWN.fingerprint), TWO: ("two", KNOWN.fingerprint)}
    assert names(twins) == {**kept, THREE: ("", KNOWN.fingerprint)}


def test_a_known_board_trusted_at_another_address_is_the_board_it_was(twins: HostKeys) -> None:
    with pytest.raises(HostKeyChanged):
        twins.check(KNOWN, ELSEWHERE, Policy.STRICT)
    before = {k.serial: k.id for k in twins.all()}
    twins.trust(KNOWN, ELSEWHERE)
    twins.check(KNOWN, ELSEWHERE, Policy.STRICT)
    assert {k.serial: k.id for k in twins.all()} == before
    assert names(twins) == {ONE: ("one", KNOWN.fingerprint), TWO: ("two", KNOWN.fingerprint)}


def test_an_earlier_identity_that_is_anothers_present_one_is_nobodys_alias(twins: HostKeys) -> None:
    """ONE was known by its key alone at first; so is a twin whose serial number cannot be read."""
    nameless = twins.seen(KNOWN, HERE, {}).device_id
    one = next(k for k in twins.all() if k.serial == ONE)
    assert nameless in one.aliases
    assert twins.ids(nameless) == (nameless,)
    assert nameless not in twins.ids(one.id)
