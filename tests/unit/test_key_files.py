"""SSH_KEY_FILE: what OpenSSH reads is read, and what cannot be used is told by name and cause."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from utils.errors import NoCredentials
from utils.link.login.credentials import credentials
from utils.link.login.key_file import Locked, load
from utils.settings import Settings

PASSPHRASE = "open $it 'ü'"
CIPHERS = (
    "3des-cbc",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
)


def make(path: Path, *options: str, passphrase: str = "") -> Path:
    """A key of ssh-keygen."""
    short = ("-b", "2048") if "rsa" in options else ()  # is made in a tenth of the time
    command = ["ssh-keygen", "-q", "-a", "2", "-N", passphrase, "-f", str(path), *short, *options]
    subprocess.run(command, check=True, capture_output=True)
    return path


def public(path: Path) -> str:
    return Path(f"{path}.pub").read_text().split()[1]


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["plain", "encrypted"])
def test_every_format_of_openssh_is_read(tmp_path: Path, kind: str, form: str, passphrase: str) -> None:
    path = make(tmp_path / "key", "-t", kind, "-m", form, passphrase=passphrase)
    found = load(path, PASSPHRASE)
    assert found.keys[0].get_base64() == public(path)
    assert found.passphrase == (passphrase or None)
    if passphrase:
        for wrong in (None, "not it"):
            with pytest.raises(Locked):
                load(path, wrong)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_every_cipher_of_openssh_is_opened(tmp_path: Path, cipher: str) -> None:
    path = make(tmp_path / "key", "-t", "ed25519", "-Z", cipher, passphrase=PASSPHRASE)
    assert load(path, PASSPHRASE).keys[0].get_base64() == public(path)
    for wrong in (None, "not it"):
        with pytest.raises(Locked):
            load(path, wrong)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda raw: raw.replace(b"\n", b"\r\n"), id="windows-line-ends"),
        pytest.param(lambda raw: raw.rstrip(b"\n"), id="no-last-line-end"),
        pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, id="byte-order-mark"),
        pytest.param(lambda raw: raw.decode().encode("utf-16"), id="utf-16"),
        pytest.param(lambda raw: b"Bag Attributes: none\n\n" + raw + b"\n\n", id="text-around"),
    ],
)
@pytest.mark.parametrize("form", ["RFC4716", "PEM"])
def test_what_editors_do_to_a_key_does_no_harm(tmp_path: Path, form: str, change: object) -> None:
    path = make(tmp_path / "key", "-t", "ecdsa", "-m", form)
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    assert load(path, None).keys[0].get_base64() == public(path)


def test_a_certificate_is_offered_before_the_key_alone(tmp_path: Path) -> None:
    authority, path = make(tmp_path / "ca", "-t", "ed25519"), make(tmp_path / "key", "-t", "ed25519")
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "me", "-n", "me", f"{path}.pub"]
    subprocess.run(sign, check=True, capture_output=True)
    first, second = load(path, None).keys
    assert (first.public_blob is not None, second.public_blob) == (True, None)


PPK = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 2\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(PPK, "puttygen", id="ppk"),
        pytest.param("", "empty", id="empty"),
        pytest.param("hello\n", "no private key", id="text"),
        pytest.param("x" * (1 << 19), "too large", id="large"),
        pytest.param("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "end is missing", id="half"),
        pytest.param(
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----\n",
            "damaged",
            id="damaged",
        ),
        pytest.param(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate", id="x509"
        ),
    ],
)
def test_what_is_no_key_is_told_by_name_and_cause(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(NoCredentials) as caught:
        load(path, None)
    assert str(path) in str(caught.value)
    assert why in f"{caught.value} {caught.value.hint}"


def test_the_public_half_a_folder_and_nothing_are_told(tmp_path: Path) -> None:
    path = make(tmp_path / "key", "-t", "ed25519")
    os.mkfifo(tmp_path / "pipe")
    cases = {"key.pub": "public half", "": "a folder", "nothing": "No such file", "pipe": "not a file"}
    for name, why in cases.items():
        with pytest.raises(NoCredentials, match=why) as caught:
            load(tmp_path / name, None)
    with pytest.raises(NoCredentials) as caught:
        load(Path(f"{path}.pub"), None)
    assert str(path) in caught.value.hint


def offer(path: Path, **secrets: str) -> object:
    return credentials(Settings.model_validate({"ssh_key_file": path, **secrets}))


def test_a_passphrase_is_no_password(tmp_path: Path) -> None:
    path = make(tmp_path / "key", "-t", "ed25519", passphrase=PASSPHRASE)
    assert offer(path, ssh_password=PASSPHRASE).password is None  # type: ignore[attr-defined]
    both = offer(path, ssh_password="other", ssh_key_passphrase=PASSPHRASE)
    assert both.password == "other"  # type: ignore[attr-defined]
    plain = make(tmp_path / "plain", "-t", "ed25519")
    assert offer(plain, ssh_password="other").password == "other"  # type: ignore[attr-defined]
    for secrets, word in (
        ({}, "is not set"), ({"ssh_password": "other"}, "is not set"),
        ({"ssh_key_passphrase": "other"}, "does not open"),
    ):  # fmt: skip
        with pytest.raises(NoCredentials, match=word) as caught:
            offer(path, **secrets)
        assert "SSH_KEY_PASSPHRASE" in caught.value.hint
        assert "other" not in str(caught.value)
