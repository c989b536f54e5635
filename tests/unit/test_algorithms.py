"""No algorithm in common: said as it is, for devices that are too old and for those that are too new."""

from __future__ import annotations

import pytest

from utils.link.transport.algorithms import no_common, nothing_in_common, said_by_ssh

OURS = {
    "key exchange": ("curve25519-sha256@libssh.org",), "host key signatures": ("ssh-ed25519",),
    "cipher": ("aes128-ctr",), "message authentication": ("hmac-sha2-256",),
}  # fmt: skip
THEIRS = {
    "kex_algo_list": ["curve25519-sha256@libssh.org", "ext-info-s"], "server_key_algo_list": ["ssh-ed25519"],
    "client_encrypt_algo_list": ["aes128-ctr"], "server_encrypt_algo_list": ["aes128-ctr"],
    "client_mac_algo_list": ["hmac-sha2-256"], "server_mac_algo_list": ["hmac-sha2-256"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "kind", "offers"),
    [
        ({"kex_algo_list": ["sntrup761x25519-sha512@openssh.com", "kex-strict-s-v00@openssh.com"]},
         "key exchange", ["sntrup761x25519-sha512@openssh.com"]),
        ({"kex_algo_list": ["mlkem768x25519-sha256"]}, "key exchange", ["mlkem768x25519-sha256"]),
        ({"server_encrypt_algo_list": ["chacha20-poly1305@openssh.com"]},
         "cipher", ["chacha20-poly1305@openssh.com"]),
        ({"client_mac_algo_list": ["umac-64@openssh.com"]}, "message authentication",
         ["umac-64@openssh.com"]),
        ({"server_key_algo_list": ["sk-ssh-ed25519@openssh.com"]}, "host key signatures",
         ["sk-ssh-ed25519@openssh.com"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_modern_device_is_not_called_outdated(
    changed: dict[str, list[str]], kind: str, offers: list[str]
) -> None:
    error = nothing_in_common({**THEIRS, **changed}, OURS)
    assert error.details["offers"] == offers
    assert f"{kind}: {offers[0]}" in str(error)
    assert "sha1" not in error.details
    words = f"{error} {error.hint}"
    assert "outdated" not in words
    assert "SHA-1" not in words
    assert "SHA1" not in words


@pytest.mark.parametrize(
    "offers", [["diffie-hellman-group1-sha1"], ["ssh-rsa", "ssh-dss"], ["diffie-hellman-group14-sha1"]]
)
def test_sha1_is_named_and_what_allows_it(offers: list[str]) -> None:
    error = no_common("key exchange", offers)
    assert error.details["sha1"] is True
    assert "SSH_ALLOW_SHA1" in error.hint


@pytest.mark.parametrize("offers", [["3des-cbc", "aes128-cbc"], ["arcfour256"], ["hmac-md5", "hmac-sha1-96"]])
def test_what_sha1_would_not_mend_does_not_ask_for_it(offers: list[str]) -> None:
    error = no_common("cipher", offers)
    assert "outdated" in str(error)
    assert "SHA1" not in error.hint


@pytest.mark.parametrize(
    ("kind", "offer", "sha1"),
    [
        ("key exchange method", "diffie-hellman-group1-sha1,kex-strict-s-v00@openssh.com", True),
        ("host key type", "ssh-rsa,ssh-dss\r\n", True),
        ("cipher", "aegis@example.com", False),
        ("MAC", "hmac-md5", False),
    ],
)
def test_the_words_of_ssh_give_the_same(kind: str, offer: str, sha1: bool) -> None:
    said = f"Unable to negotiate with 127.0.0.1 port 22: no matching {kind} found. Their offer: {offer}"
    error = said_by_ssh(said)
    assert bool(error.details.get("sha1")) is sha1
    assert error.details["offers"] == [name for name in offer.split()[0].split(",") if "kex" not in name]
    assert offer.split(",")[0] in str(error)


def test_nothing_known_says_nothing_more() -> None:
    assert nothing_in_common({}, OURS).details == {}
    assert said_by_ssh("no matching thing").details == {}
