"""SSH_IP with and without an interface: what is accepted, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.errors import BadRequest, ConfigError
from utils.laptop import interfaces
from utils.model.target import Target, parse_host
from utils.settings import Settings, changed, load_settings


def load(**environ: str) -> Settings:
    return load_settings(environ, Path("/nonexistent"))


@pytest.mark.parametrize(
    ("text", "host", "interface", "shown"),
    [
        ("192.168.55.1", "192.168.55.1", "", "ubuntu@192.168.55.1"),
        ("192.168.55.1%enx00e04c", "192.168.55.1", "enx00e04c", "ubuntu@192.168.55.1%enx00e04c"),
        ("192.168.55.1%enp0s20f0u1u2", "192.168.55.1", "enp0s20f0u1u2", "ubuntu@192.168.55.1%enp0s20f0u1u2"),
        ("fe80::1%usb0", "fe80::1", "usb0", "ubuntu@[fe80::1%usb0]"),
        ("[fe80::1%usb0]", "fe80::1", "usb0", "ubuntu@[fe80::1%usb0]"),
        ("[fe80::1]%usb0", "fe80::1", "usb0", "ubuntu@[fe80::1%usb0]"),
        ("FE80:0::1%12", "fe80::1", "12", "ubuntu@[fe80::1%12]"),  # a number, as Windows has it
        ("2001:db8::1%usb0", "2001:db8::1", "usb0", "ubuntu@[2001:db8::1%usb0]"),
        ("[::1]", "::1", "", "ubuntu@[::1]"),
        ("board_7.lab.", "board_7.lab.", "", "ubuntu@board_7.lab."),
        ("v3-bench", "v3-bench", "", "ubuntu@v3-bench"),
    ],
)
def test_a_host_with_its_interface_is_read(text: str, host: str, interface: str, shown: str) -> None:
    settings = load(SSH_IP=text)
    assert settings.target == Target(host, 22, "ubuntu", interface)
    assert settings.address == shown
    assert load(SSH_IP=settings.ssh_ip) == settings, "what is stored is read the same again"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ubuntu@192.168.55.1", "SSH_USER"),
        ("ubuntu@[fe80::1%usb0]", "SSH_USER"),
        ("ssh://192.168.55.1", "not a URL"),
        ("ssh://ubuntu:secret77@192.168.55.1:22", "not a URL"),
        ("192.168.55.1:2222", "SSH_PORT"),
        ("board.lab:22", "SSH_PORT"),
        ("[fe80::1%usb0]:22", "SSH_PORT"),
        ("fe80::1", "needs the interface"),
        ("[fe80::abcd]", "add %"),
        ("board.lab%usb0", "goes with an address"),
        ("192.168.55.1%", "is missing"),
        ("192.168.55.1%abcdefghijklmnop", "at most 15 characters"),
        ("192.168.55.1%usb 0", "no blanks"),
        ("192.168.55.1%a/b", "slashes"),
        ("192.168.55.1%..", "no blanks"),
        ("fe80::1%usb0;id", "no blanks"),
        ("192.168.55.300", "not a valid IP address"),
        ("192.168.55", "not a valid IP address"),
        ("fe80:::1%usb0", "not a valid IP address"),
        ("x" * 64 + ".lab", "neither"),
        ("a." * 130 + "lab", "at most 253 characters"),
        ("-oProxyCommand=x", "neither"),
        ("%usb0", "neither"),
        ("a..b", "neither"),
    ],
)
def test_what_is_no_host_alone_is_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(SSH_IP=text)
    assert words in str(caught.value)
    assert "SSH_IP" in str(caught.value)
    assert "secret77" not in str(caught.value)
    with pytest.raises(BadRequest, match="ip: "):
        changed(Settings(), {"ssh_ip": text})


def test_a_link_local_address_without_a_zone_names_the_interfaces_that_could_be_meant() -> None:
    with pytest.raises(ValueError, match="add %usb0: fe80::1%usb0 or fe80::1%usb1"):
        parse_host("fe80::1", lambda: ["usb0", "usb1"])
    with pytest.raises(ValueError, match="fe80::1%usb0"):
        parse_host("fe80::1", list)
    parse_host("192.168.55.1", lambda: pytest.fail("nobody asked"))


def test_interfaces_on_usb_are_named_before_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, place, state in (
        ("eth9", "pci/net", "up"),
        ("usb9", "usb1/1-2/net", "up"),
        ("usb8", "usb1/1-3/net", "down"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / name / "device").symlink_to(tmp_path / place)
        (tmp_path / name / "operstate").write_text(f"{state}\n")
    monkeypatch.setattr(interfaces, "SYSFS", tmp_path)
    monkeypatch.setattr(
        interfaces.socket, "if_nameindex", lambda: [(1, "lo"), (2, "eth9"), (3, "usb9"), (4, "usb8")]
    )
    assert interfaces.names() == ["usb9"]


@pytest.mark.parametrize("user", ["DOMAIN\\user", "LAB-7.x\\j.doe", "ubuntu", "_svc"])
def test_a_user_may_have_a_domain(user: str) -> None:
    assert load(SSH_USER=user).ssh_user == user


@pytest.mark.parametrize("user", ["\\user", "DOMAIN\\", "a\\b\\c", "-x\\user", "D\\-l", "D\\u s"])
def test_a_domain_without_a_user_is_refused(user: str) -> None:
    with pytest.raises(ConfigError, match=r"DOMAIN\\user"):
        load(SSH_USER=user)


def test_the_address_of_the_host_key_table_holds_the_interface() -> None:
    assert load(SSH_IP="192.168.55.1%usb0", SSH_PORT="2222").target.where == "192.168.55.1%usb0:2222"
    assert load().target.where == "192.168.55.1:22"
