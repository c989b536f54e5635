"""The hub's certificate: made once, pinned by every invitation.

It is valid for a century: a bench whose clock is wrong must be able to join.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from utils.folders import write_atomically

NAME = "v3-hub"
"""The one name in it. A station asks for this name, whatever the hub's address is."""


def certificate_of(folder: Path) -> tuple[Path, Path]:
    """The files of certificate and key, made when they are not there."""
    certificate, key = folder / "hub.crt", folder / "hub.key"
    if not (certificate.exists() and key.exists()):
        texts = _made()
        write_atomically(key, texts[1])
        write_atomically(certificate, texts[0])
    return certificate, key


def context_for(certificate: str) -> ssl.SSLContext:
    """TLS that believes this certificate and no other."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_verify_locations(cadata=certificate)
    return made


def _made() -> tuple[str, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    public = key.public_key()
    built = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return built.public_bytes(pem).decode(), key.private_bytes(pem, *plain).decode()
