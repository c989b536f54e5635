"""The USB serial number says which key to expect; the key decides; the serial after the login confirms."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.errors import HostKeyChanged, HostKeyUnknown
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.settings import HostKeyPolicy

ASK, STRICT, TRUST_NEW = HostKeyPolicy.ASK, HostKeyPolicy.STRICT, HostKeyPolicy.TRUST_NEW
A, B = "1424100000001", "1424100000002"
K1, K2 = HostKey("SHA256:one", "ssh-ed25519", "AAAAone"), HostKey("SHA256:two", "ssh-ed25519", "AAAAtwo")
LEFT, RIGHT = "192.168.55.1%usb-1-2:22", "192.168.55.1%usb-1-3:22"


class Port:
    """A USB port with whatever shows this serial number there now."""

    def __init__(self, folder: Path) -> None:
        self.serial = ""
        self.keys = HostKeys(folder, lambda: self.serial)

    def meet(self, serial: str, key: HostKey, policy: HostKeyPolicy = ASK, where: str = LEFT) -> None:
        """A login as the link does it: the key is checked, then the serial number that the board tells."""
        self.serial = serial
        self.keys.check(key, where, policy)
        self.keys.check_serial(key, where, serial)
        self.keys.seen(key, where, {"serial": serial, "model": "Orin NX"})


@pytest.fixture
def port(tmp_path: Path) -> Port:
    return Port(tmp_path)


def trusted(port: Port, serial: str, key: HostKey) -> None:
    port.serial = serial
    port.keys.trust(key, LEFT)
    port.meet(serial, key)


@pytest.mark.parametrize("policy", list(HostKeyPolicy))
@pytest.mark.parametrize("where", [LEFT, RIGHT])
def test_a_known_board_is_let_in_at_any_port(port: Port, policy: HostKeyPolicy, where: str) -> None:
    trusted(port, A, K1)
    port.meet(A, K1, policy, where)


@pytest.mark.parametrize("policy", list(HostKeyPolicy))
def test_a_known_serial_under_another_key_is_a_question_before_any_password(
    port: Port, policy: HostKeyPolicy
) -> None:
    trusted(port, A, K1)
    with pytest.raises(HostKeyChanged) as caught:
        port.meet(A, K2, policy)
    assert (caught.value.details["expected"], caught.value.details["serial"]) == (K1.fingerprint, A)


@pytest.mark.parametrize("policy", list(HostKeyPolicy))
def test_the_key_of_another_known_board_does_not_open_this_one(port: Port, policy: HostKeyPolicy) -> None:
    trusted(port, A, K1)
    trusted(port, B, K2)
    with pytest.raises(HostKeyChanged):
        port.meet(A, K2, policy)


@pytest.mark.parametrize("policy", [ASK, STRICT])
def test_a_new_board_is_asked_about_whatever_was_at_this_port(port: Port, policy: HostKeyPolicy) -> None:
    trusted(port, A, K1)
    with pytest.raises(HostKeyUnknown):
        port.meet(B, K2, policy)


def test_clones_with_one_key_are_two_boards_and_both_stay(port: Port) -> None:
    trusted(port, A, K1)
    port.meet(B, K1)
    assert {row.serial for row in port.keys.all()} == {A, B}
    trusted(port, B, K1)
    assert {row.serial for row in port.keys.all()} == {A, B}, "to trust one does not forget the other"
    assert len({row.id for row in port.keys.all()}) == 2


def test_another_serial_after_the_login_than_on_usb_is_a_question_once(port: Port) -> None:
    trusted(port, A, K1)
    port.serial = "GADGET-77"
    port.keys.check(K1, LEFT, ASK)
    with pytest.raises(HostKeyUnknown, match="GADGET-77"):
        port.keys.check_serial(K1, LEFT, A)
    port.keys.trust(K1, LEFT)
    port.keys.check(K1, LEFT, STRICT)
    port.keys.check_serial(K1, LEFT, A)


@pytest.mark.parametrize("serial", ["", "0", "0000000000000"])
def test_a_serial_that_tells_no_boards_apart_says_nothing(port: Port, serial: str) -> None:
    trusted(port, A, K1)
    port.serial = serial
    port.keys.check(K1, LEFT, STRICT)
    with pytest.raises(HostKeyUnknown):
        port.keys.check(K2, LEFT, ASK)
    with pytest.raises(HostKeyChanged):
        port.keys.check(K2, LEFT, STRICT)


def test_a_board_that_was_known_before_ports_were_is_let_in(tmp_path: Path) -> None:
    before = HostKeys(tmp_path)
    before.trust(K1, "192.168.55.1:22")
    before.seen(K1, "192.168.55.1:22", {"serial": A, "model": "Orin NX"})
    Port(tmp_path).meet(A, K1, STRICT)


def test_trust_new_takes_a_new_board(port: Port) -> None:
    port.meet(A, K1, TRUST_NEW)
    assert [row.usb_serial for row in port.keys.all()] == [A]
