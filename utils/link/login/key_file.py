"""SSH_KEY_FILE: read, opened with its passphrase, and told by name when it cannot be used. Sends nothing.

Takes every private key that OpenSSH reads: its own format under any of its ciphers, and PEM or PKCS#8,
plain or encrypted. A byte order mark, Windows line ends and a missing last line end do no harm.
"""

from __future__ import annotations

import codecs
import functools
import io
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from utils.errors import NoCredentials
from utils.link.login import sealed_key as sealedkey

MOST_BYTES = 1 << 18  # no private key is larger
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----\n", re.DOTALL)
_CLASSES: tuple[tuple[type, type[paramiko.PKey]], ...] = (
    (rsa.RSAPrivateKey, paramiko.RSAKey),
    (ec.EllipticCurvePrivateKey, paramiko.ECDSAKey),
    (ed25519.Ed25519PrivateKey, paramiko.Ed25519Key),
)
_LOCKED_WORDS = "password"  # cryptography's TypeErrors about a missing passphrase hold it


@dataclass(frozen=True)
class KeyFile:
    """A private key that can be used. text: as OpenSSH reads it, encrypted if the file is.

    passphrase: what opened it; None for a key that needs none. certificate: the file beside it, if any.
    plain_to_ssh: the system's ssh takes the file itself; otherwise it needs `text` in a file of ours.
    """

    path: Path
    text: bytes
    keys: tuple[paramiko.PKey, ...]
    passphrase: str | None
    certificate: Path | None
    plain_to_ssh: bool


class Locked(Exception):
    """The passphrase is wrong or missing."""


def load(path: Path, passphrase: str | None) -> KeyFile:
    """The key of this file. Locked when the passphrase does not open it, NoCredentials when nothing would."""
    raw, closed = _read(path)
    text = _private_part(path, _decoded(raw))
    try:
        plain, locked = _opened(text, passphrase)
    except Locked:
        raise
    except UnsupportedAlgorithm as exc:
        raise _unusable(
            path, f"it is of a kind that cannot be used here ({_short(exc)})", _hint(exc)
        ) from exc
    except Exception as exc:  # the libraries raise many kinds for damaged text
        raise _unusable(
            path, f"it is damaged ({type(exc).__name__})", "Copy it again, or make a new key."
        ) from exc
    if b"BEGIN OPENSSH" not in text and b"OPENSSH" in plain and _is_ed25519(plain):
        text = _as_openssh(plain, passphrase if locked else None)
    certificate = path.with_name(f"{path.name}-cert.pub")
    found = certificate if certificate.is_file() else None
    opened_by = passphrase if locked else None
    return KeyFile(path, text, _keys(path, plain, found), opened_by, found, closed and raw == text)


def _read(path: Path) -> tuple[bytes, bool]:
    """Its bytes, and whether ssh takes its permissions: nobody else may read a key of ours."""
    try:
        seen = path.stat()
        if stat.S_ISREG(seen.st_mode):
            ours = sys.platform != "win32" and seen.st_uid == os.getuid()
            with path.open("rb") as file:
                return file.read(MOST_BYTES + 1), not (ours and seen.st_mode & 0o077)
    except OSError as exc:
        raise NoCredentials(
            f"The key file {path} cannot be read: {exc.strerror}.", hint="Correct SSH_KEY_FILE."
        ) from exc
    raise _unusable(
        path, f"it is a {'folder' if path.is_dir() else 'device'}, not a file", "Name the key in it."
    )


def _decoded(raw: bytes) -> bytes:
    """As OpenSSH wants it: no byte order mark, \\n at the end of every line, the last one too."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if raw.startswith(mark):
            raw = raw.decode(name, "replace").encode()
    lines = raw.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return lines.rstrip(b"\n \t") + b"\n"


def _private_part(path: Path, text: bytes) -> bytes:
    if len(text) > MOST_BYTES:
        raise _unusable(path, "it is far too large for a key", "Name the private key.")
    if match := _BEGIN.search(text):
        return match.group()
    for begin, what, hint in _MISTAKEN:
        if re.match(begin, text):
            raise _unusable(path, what, hint.format(path=path, private=str(path).removesuffix(".pub")))
    raise _unusable(path, "it holds no private key", "Name the private key (the file without .pub).")


_PUBLIC = "Name the private key: {private}"
_MISTAKEN: tuple[tuple[bytes, str, str], ...] = (
    (rb"\s*\Z", "it is empty", "Copy it again."),
    (rb"PuTTY-User-Key-File-", "it is a PuTTY key (.ppk)",
     "Convert it: puttygen {path} -O private-openssh -o KEY (in PuTTYgen: Conversions, Export OpenSSH key)."),
    (rb"(ssh-|ecdsa-|sk-)\S+-cert-v01@openssh\.com ", "it is a certificate", _PUBLIC),
    (rb"(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+) AAAA", "it is the public half of a key", _PUBLIC),
    (rb"-----BEGIN (RSA )?PUBLIC KEY-----|---- BEGIN SSH2 PUBLIC KEY ----", "it is the public half of a key",
     _PUBLIC),
    (rb"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", "it is a key of SSH.com's format",
     "Convert it with ssh-keygen -i."),
    (rb"-----BEGIN CERTIFICATE-----", "it is a certificate", "Name the private key."),
    (rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----", "its end is missing", "Copy it again, whole."),
)  # fmt: skip


@functools.lru_cache(maxsize=4)
def _opened(text: bytes, passphrase: str | None) -> tuple[bytes, bool]:
    """The key in OpenSSH's format without a passphrase, and whether the file has one. Slow by design."""
    try:
        return _serialised(_loaded(text, None)), False
    except TypeError as exc:
        if _LOCKED_WORDS not in str(exc).lower():
            raise
    if not passphrase:
        raise Locked
    try:
        return _serialised(_loaded(text, passphrase.encode())), True
    except (ValueError, InvalidTag) as exc:
        if "unknown cipher" in str(exc):
            raise UnsupportedAlgorithm(str(exc)) from exc
        raise Locked from exc


def _loaded(text: bytes, passphrase: bytes | None) -> Any:
    if b"BEGIN OPENSSH" not in text:
        return serialization.load_pem_private_key(text, passphrase)
    try:
        return serialization.load_ssh_private_key(text, passphrase)
    except UnsupportedAlgorithm:
        return serialization.load_ssh_private_key(sealedkey.unsealed(text, passphrase), None)


def _serialised(key: Any) -> bytes:
    if not any(isinstance(key, kind) for kind, _ in _CLASSES):
        raise UnsupportedAlgorithm("DSA" if "DSA" in type(key).__name__ else type(key).__name__)
    plain: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    return plain


def _as_openssh(plain: bytes, passphrase: str | None) -> bytes:
    """In the format that every ssh reads: before 9.6 it knows no ed25519 in PKCS#8."""
    sealed: Any = serialization.NoEncryption()
    if passphrase is not None:
        sealed = serialization.BestAvailableEncryption(passphrase.encode())
    key: Any = serialization.load_ssh_private_key(plain, None)
    text: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, sealed)
    return text


def _is_ed25519(plain: bytes) -> bool:
    return isinstance(serialization.load_ssh_private_key(plain, None), ed25519.Ed25519PrivateKey)


def _keys(path: Path, plain: bytes, certificate: Path | None) -> tuple[paramiko.PKey, ...]:
    """The key with its certificate, if there is one, and the key alone: what ssh offers, in its order."""
    loaded = serialization.load_ssh_private_key(plain, None)
    kind = next(ours for theirs, ours in _CLASSES if isinstance(loaded, theirs))

    def made() -> paramiko.PKey:
        return kind.from_private_key(io.StringIO(plain.decode()))

    if certificate is None:
        return (made(),)
    certified = made()
    try:
        certified.load_certificate(str(certificate))
    except Exception as exc:
        raise _unusable(path, f"its certificate {certificate.name} is damaged", "Move it away.") from exc
    return certified, made()


def _unusable(path: Path, why: str, hint: str) -> NoCredentials:
    return NoCredentials(f"The key file {path} cannot be used: {why}.", hint=hint)


def _short(exc: Exception) -> str:
    return str(exc).replace("b'", "").replace("'", "")[:80]


def _hint(exc: Exception) -> str:
    if "unknown cipher" in str(exc):
        return "Let ssh-keygen rewrite it: ssh-keygen -p -f FILE."
    if "sk-" in str(exc):
        return "A key on a security token works through an agent: ssh-add it and set SSH_USE_AGENT=true."
    return "Make a key that servers still take: ssh-keygen -t ed25519."
