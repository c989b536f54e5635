"""The file that lets a bench join a lab: where the hub is, its certificate, and a key of the bench's own.

    invitation = read(Path("bench-3.v3join"))      # ConfigError when it is none

Who has the file can be that bench in the lab, and nobody else. `v3 hub revoke` makes it worthless.
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from utils.errors import ConfigError
from utils.lab.subjects import STATION

MOST_BYTES = 64 << 10
ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252}):(\d{1,5})")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n")


class Invitation(BaseModel):
    """v3join: the version of this form. address: host:port. certificate: the only one that is believed there.
    seed: the NKey's secret."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    v3join: Literal[1] = 1
    station: Annotated[str, Field(pattern=f"^{STATION.pattern}$")]
    address: Annotated[str, Field(pattern=f"^{ADDRESS.pattern}$")]
    certificate: Annotated[str, Field(pattern=f"^{_PEM.pattern}$", max_length=16384)]
    seed: Annotated[str, Field(pattern=r"^SU[A-Z2-7]{56}$", repr=False)]

    def text(self) -> str:
        """The file's content."""
        return self.model_dump_json(indent=2) + "\n"


def read(path: Path) -> Invitation:
    """The invitation in this file; ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(
            f"The invitation {path} cannot be read: {exc.strerror}.",
            hint="Name the file that `v3 hub invite` wrote, with --join or V3_JOIN.",
        ) from exc
    try:
        return Invitation.model_validate_json(data if len(data) <= MOST_BYTES else b"")
    except (ValidationError, RecursionError):
        raise ConfigError(
            f"{path} is no invitation to a lab.", hint="Have one made at the hub: v3 hub invite NAME."
        ) from None


def new_key() -> tuple[str, str]:
    """A key of somebody in the lab: its secret and its public half."""
    import nkeys

    seed = bytes(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER))
    return seed.decode(), public_half(seed.decode())


def public_half(seed: str) -> str:
    """The public half of a key."""
    import nkeys

    return bytes(nkeys.from_seed(bytearray(seed.encode())).public_key).decode()


def fingerprint(certificate: str) -> str:
    """What people compare: "SHA256:…" of the certificate."""
    import hashlib

    body = "".join(certificate.strip().splitlines()[1:-1])
    digest = hashlib.sha256(base64.b64decode(body)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def host_and_port(address: str) -> tuple[str, int]:
    """Of "lab.example:7422"; ConfigError."""
    found = ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[2]) < 65536:
        raise ConfigError(
            f"V3_HUB_ADDRESS: {address!r} is no address.", hint="Write host:port, as benches reach it."
        )
    return found[1], int(found[2])
