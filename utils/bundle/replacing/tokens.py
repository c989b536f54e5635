"""A value -> its token: the same one in this and in every later bundle of this laptop.

    Tokens(path).token("48:b0:2d:12:34:56")    # a MAC of the same maker

A token is as long as its value and keeps its kinds of characters: a MAC stays one, an address keeps its
family, its network and the length of each number. It is made with a key that never leaves this laptop.

replacements.json in the data folder (mode 0600) holds the key, and which token stands for what. So an answer
about a token can be understood here. Secrets are not in it: they have
tokens, too, and nobody needs them back.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from utils.errors import NotKept
from utils.folders import locked, make_private, write_atomically

VERSION = 1
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IDENTITY = re.compile(r"([sk]-)([0-9a-f]{8,38})")
_HEX = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f-]{8,200}|(?=.*\d)(?=.*[A-F])[0-9A-F-]{8,200}")
_ASIDE = "Move this file away: a new one is begun, and the same values get other tokens."


class Tokens:
    """The map, in a file or (without a path) in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._key, self._known = self._read()
        self._taken = {token: value for value, token in self._known.items()}
        self._new = False

    def token(self, value: str, *, kept: bool = False) -> str:
        """Its token. kept: it can be looked up here later; never for a secret."""
        found = self._known.get(value) or self._made(value)
        if kept and value not in self._known:
            self._known[value], self._taken[found] = found, value
            self._new = True
        return found

    def mark(self, value: str) -> str:
        """16 digits that are the value's alone and say nothing of it."""
        return hmac.new(
            self._key, f"mark\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()[:16]

    def save(self) -> None:
        """Write what is new; NotKept. Who saves first in two programs keeps the key of both."""
        if self._path is None or not self._new:
            return
        try:
            make_private(self._path.parent)
            with locked(self._path.with_suffix(".lock")):
                _, there = self._read()
                self._known = {**there, **self._known}
                self._write()
        except (OSError, TimeoutError) as exc:
            raise NotKept(f"{self._path} cannot be written: {exc}.") from exc
        self._new = False

    def _made(self, value: str) -> str:
        shape = _shape(value)
        for salt in range(50):
            found = shape(value, lambda text, salt=salt: _noise(self._key, f"{salt}\0{text}"))  # type: ignore[misc]
            if found != value and self._taken.get(found, value) == value:
                return found
        return found

    def _read(self) -> tuple[bytes, dict[str, str]]:
        if self._path is None:
            return secrets.token_bytes(32), {}
        try:
            if not self._path.exists():
                return self._begun()
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["version"] != VERSION:
                raise NotKept(f"{self._path} is of another version of this program.", hint=_ASIDE)
            return bytes.fromhex(kept["key"]), {str(key): str(token) for key, token in kept["tokens"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise NotKept(f"{self._path} cannot be read: {type(exc).__name__}.", hint=_ASIDE) from exc

    def _begun(self) -> tuple[bytes, dict[str, str]]:
        """A new key, on the disk before anything is replaced with it."""
        assert self._path is not None
        make_private(self._path.parent)
        with locked(self._path.with_suffix(".lock")):
            if self._path.exists():  # another program was first
                return self._read()
            self._key, self._known = secrets.token_bytes(32), {}
            self._write()
        return self._key, self._known

    def _write(self) -> None:
        assert self._path is not None
        kept = {"version": VERSION, "key": self._key.hex(), "tokens": self._known}
        write_atomically(self._path, json.dumps(kept, indent=1))


Noise = Callable[[str], Iterator[int]]
"""Numbers from 0 to 255 without end, the same for the same text."""


def _noise(key: bytes, text: str) -> Iterator[int]:
    block = b""
    while True:
        block = hmac.new(key, block + text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        yield from block


def _shape(value: str) -> Callable[[str, Noise], str]:
    if _MAC.fullmatch(value):
        return _mac
    if _IPV4.fullmatch(value):
        return _ipv4
    if _is_ipv6(value):
        return _ipv6
    if _IDENTITY.fullmatch(value):
        return _identity
    return _alike


def _mac(value: str, noise: Noise) -> str:
    """The maker's three bytes stay: a verdict may name the maker, and they name nobody else."""
    tail = noise(value)
    return value[:9] + ":".join(f"{next(tail):02x}" for _ in range(3))


def _ipv4(value: str, noise: Noise) -> str:
    """Octet by octet: two addresses of one network stay in one. Private ranges stay private."""
    octets = value.split(".")
    private = octets[0] == "10" or octets[:2] == ["192", "168"]
    kept = 2 if octets[0] in ("172", "169", "100") or octets[:2] == ["192", "168"] else 1 if private else 0
    found = octets[:kept]
    for place in range(kept, 4):
        found.append(_octet(octets[place], ".".join(octets[:place]), place == 0, noise))
    return ".".join(found)


def _octet(octet: str, network: str, first: bool, noise: Noise) -> str:
    if octet in ("0", "1", "255") and not first:
        return octet
    low, high = {1: (2, 9), 2: (10, 99)}.get(len(octet), (100, 223 if first else 254))
    members = [each for each in range(low, high + 1) if not (first and each in (10, 100, 127, 169, 172, 192))]
    order = _order(tuple(members), network, noise)
    return str(order[members.index(int(octet))]) if int(octet) in members else octet


def _order(members: tuple[int, ...], about: str, noise: Noise) -> list[int]:
    """The members in an order of their own: which stands where is the token."""
    stream = noise(f"octet {about} {members[0]}")
    ranks = [(next(stream) << 16 | next(stream) << 8 | next(stream), each) for each in members]
    return [each for _, each in sorted(ranks)]


def _is_ipv6(value: str) -> bool:
    if value.count(":") < 2:
        return False
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return True


def _ipv6(value: str, noise: Noise) -> str:
    """Group by group, however the address is written; of the first stays what says its kind."""
    full = [group.lstrip("0") for group in ipaddress.IPv6Address(value).exploded.split(":")]
    head, gap, tail = value.partition("::")
    written = [head.split(":") if head else [], tail.split(":") if tail else []]
    places = [range(len(written[0])), range(8 - len(written[1]), 8)]
    sides = [
        ":".join(_group(text, place, full, noise) for text, place in zip(side, its, strict=True))
        for side, its in zip(written, places, strict=True)
    ]
    return gap.join(sides) if gap else sides[0]


def _group(text: str, place: int, full: list[str], noise: Noise) -> str:
    """text: the group as it is written, with its leading zeros."""
    group = full[place]
    kept = _kept_of_first(group) if place == 0 else 0
    stream = noise(f"group {':'.join(full[:place])} {group}")
    new = group[:kept] + "".join(f"{1 + next(stream) % 15:x}" for _ in group[kept:])
    return text[: len(text) - len(group)] + new


def _kept_of_first(group: str) -> int:
    """Link-local and multicast as a whole, fc and fd, else the first digit."""
    return 4 if group.startswith(("fe", "ff")) else 2 if group[:2] in ("fc", "fd") else 1


def _identity(value: str, noise: Noise) -> str:
    stream = noise(value)
    return value[:2] + "".join(f"{next(stream) % 16:x}" for _ in value[2:])


_CLASSES = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _alike(value: str, noise: Noise) -> str:
    """Digit for digit, letter for letter; signs and blanks stay. A number keeps its first digit from 0."""
    stream, hexadecimal = noise(value), _HEX.fullmatch(value) is not None
    found = [_character(each, next(stream) << 8 | next(stream), hexadecimal) for each in value]
    if value[:1].isdigit() and value[0] != "0" and found[0] == "0":
        found[0] = str(1 + next(stream) % 9)
    return "".join(found)


def _character(old: str, number: int, hexadecimal: bool) -> str:
    for characters in _CLASSES:
        if old in characters:
            some = characters[:6] if hexadecimal and not old.isdigit() else characters
            return some[number % len(some)]
    return old if old.isascii() or not old.isprintable() else _foreign(old, number)


_FOREIGN = {2: (0xE0, 23), 3: (0x4E00, 4000), 4: (0x20000, 4000)}
"""By how many bytes a letter takes: the first of those that stand for it, and how many there are."""


def _foreign(old: str, number: int) -> str:
    first, many = _FOREIGN[len(old.encode())]
    return chr(first + number % many)
