"""OpenSSH's private key format under the ciphers that the cryptography package does not open. Pure.

The format is OpenSSH's PROTOCOL.key: a header in clear, public keys, and one sealed block.
"""

from __future__ import annotations

import base64
import re
from typing import Any

import bcrypt
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.poly1305 import Poly1305
from paramiko.message import Message

_MAGIC = b"openssh-key-v1\0"
_TAG_BYTES = 16
# cipher: key bytes, iv bytes
_SIZES = {
    "3des-cbc": (24, 8), "aes128-cbc": (16, 16), "aes192-cbc": (24, 16), "aes256-cbc": (32, 16),
    "aes128-ctr": (16, 16), "aes192-ctr": (24, 16), "aes256-ctr": (32, 16),
    "aes128-gcm@openssh.com": (16, 12), "aes256-gcm@openssh.com": (32, 12),
    "chacha20-poly1305@openssh.com": (64, 0),
}  # fmt: skip


def unsealed(text: bytes, passphrase: bytes | None) -> bytes:
    """The same key without a passphrase. TypeError without one, ValueError for a wrong one."""
    body = re.sub(rb"-----[^-]+-----|\s", b"", text)
    raw = base64.b64decode(body)
    if not raw.startswith(_MAGIC):
        raise ValueError("no OpenSSH key")
    message = Message(raw[len(_MAGIC) :])
    cipher, kdf = message.get_text(), message.get_text()
    options, count, public = Message(message.get_binary()), message.get_int(), message.get_binary()
    sealed, tag = message.get_binary(), message.get_remainder()
    if cipher not in _SIZES or kdf != "bcrypt" or count != 1:
        raise UnsupportedAlgorithm(f"cipher {cipher}")
    if passphrase is None:
        raise TypeError("a password is needed")
    key_bytes, iv_bytes = _SIZES[cipher]
    salt, rounds = options.get_binary(), options.get_int()
    secret = bcrypt.kdf(passphrase, salt, key_bytes + iv_bytes, rounds, ignore_few_rounds=True)
    return _whole(public, _decrypted(cipher, secret[:key_bytes], secret[key_bytes:], sealed, tag))


def _decrypted(cipher: str, key: bytes, iv: bytes, sealed: bytes, tag: bytes) -> bytes:
    if "gcm" in cipher:
        return AESGCM(key).decrypt(iv, sealed + tag, None)
    if "chacha20" in cipher:
        return _chacha(key, sealed, tag)
    algorithm: Any = TripleDES(key) if "3des" in cipher else algorithms.AES(key)
    mode: Any = modes.CBC(iv) if "cbc" in cipher else modes.CTR(iv)
    decryptor = Cipher(algorithm, mode).decryptor()
    return bytes(decryptor.update(sealed) + decryptor.finalize())


def _chacha(key: bytes, sealed: bytes, tag: bytes) -> bytes:
    """OpenSSH's construction for packet 0: block 0 gives the tag's key, the text begins at block 1."""

    def stream(block: int, data: bytes) -> bytes:
        counter_and_nonce = block.to_bytes(8, "little") + bytes(8)
        return bytes(Cipher(algorithms.ChaCha20(key[:32], counter_and_nonce), None).encryptor().update(data))

    try:
        Poly1305.verify_tag(stream(0, bytes(32)), sealed, tag[:_TAG_BYTES])
    except InvalidSignature as exc:
        raise ValueError("wrong passphrase") from exc
    return stream(1, sealed)


def _whole(public: bytes, private: bytes) -> bytes:
    if private[:4] != private[4:8]:
        raise ValueError("wrong passphrase")
    message = Message()
    for part in (b"none", b"none", b""):
        message.add_string(part)
    message.add_int(1)
    message.add_string(public)
    message.add_string(private)
    body = base64.encodebytes(_MAGIC + message.asbytes())
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + b"-----END OPENSSH PRIVATE KEY-----\n"
