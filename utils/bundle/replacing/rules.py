"""What to look for in a text that nobody has seen before: one table. Pure.

A rule finds values by the word before them or by their form. `sure`: it is replaced whatever anybody says.
Otherwise it only looks like a secret: a person may keep it, and nobody has to decide, for it is replaced then.
Forms of access tokens are those that their makers publish. Everything here takes time by the text's length.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from utils.bundle.replacing import people, spoken
from utils.bundle.replacing.finding import Find, Span, after, groups, is_a_value, is_named, where
from utils.bundle.replacing.views import expression
from utils.bundle.replacing.words import entropy, word_end


class ValueKind(StrEnum):
    """What a value is. The map keeps all but secrets."""

    SECRET = "secret"  # noqa: S105 - a kind
    MAC = "MAC"
    ADDRESS = "network address"
    NUMBER = "serial or subscriber number"
    NAME = "name"


@dataclass(frozen=True)
class ReplaceRule:
    """name: as people read it. find: the values in a text. everywhere: what it finds is looked for in all other
    texts, too."""

    name: str
    kind: ValueKind
    find: Find
    sure: bool = False
    everywhere: bool = True


# -- by the word before

_SECRET_WORD = (
    rb"(?:pass[-_ ]?(?:word|phrase|wd|code)|passwd|pwd|secret|psk|pre[-_ ]?shared[-_ ]?key|wep[-_ ]?key[0-9]?|"
    rb"wpa[-_ ]?(?:psk|key)|api[-_ ]?key|private[-_ ]?key|access[-_ ]?key|auth[-_ ]?key|encryption[-_ ]?key|"
    rb"signing[-_ ]?key|license[-_ ]?key|credentials?|puk[12]?|pin[-_ ]?code|sim[-_ ]?pin|passkey|sas[-_ ]?key|"
    rb"account[-_ ]?key|connection[-_ ]?string|kennwort|passwort|pa\xc3\x9fwort|zugangs(?:daten|code)|"
    rb"(?:wlan|wifi|netzwerk)[- ]?schl(?:\xc3[\x9c\xbc]|ue)ssel)"
)
_TOKEN_WORD = rb"(?:token|bearer|session[-_ ]?id|cookie|nonce[-_ ]?key|otp|jwt|x-auth[-\w]{0,20})"


# -- by its form

_MERGED = (
    rb"(?i:password|passphrase|passwd|passcode|secret|token|apikey|psk)"
    rb"([A-Z0-9][^\s\"',;:=<>]{2,80}|[a-z]{0,40}[0-9][^\s\"',;:=<>]{1,80})"
)
_OF_SETTINGS = re.compile(
    r"(?i)^(?:s?_?(?:authentication|hash|file|policy|prompt|agent|manager|expir|required|reset|changed?|less|"
    r"dir|path|store|service|count|type|length|aging|quality|ring))"
)
_MARKUP = rb"(?i)<[\w:.-]{0,30}(?:pass(?:word|phrase)|secret|psk|token|key)[\w:.-]{0,30}>([^<]{3,400})<"
_IN_URL = rb"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@\"']{0,100}:([^\s/@\"']{1,200})@"
_QUERY = rb"(?i)[?&;](?:access_token|token|key|sig|signature|password|passwd|pwd|auth|secret|code)=([^&\s\"'#;]{3,400})"
_HEADER = rb"(?i)authorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?:[a-z]{3,20}[ \t]+)?([^\s\"',]{4,})"
_BEARER = rb"(?i)\b(?:bearer|basic)[ \t]+([A-Za-z0-9._~+/=-]{8,})"
_HASH = rb"(\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2id?|scrypt)\$[^\s:\"']{8,300})"
_ISSUED = (
    rb"\b(gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_\w{20,255}|glpat-[\w-]{16,100}|xox[abeoprs]-[\w-]{10,200}|"
    rb"(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{12,20}|AIza[\w-]{30,60}|sk-[A-Za-z0-9_-]{16,200}|"
    rb"[rps]k_(?:live|test)_\w{10,200}|eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]{0,})?|hf_[A-Za-z0-9]{20,100}|"
    rb"npm_[A-Za-z0-9]{20,100}|nvapi-[\w-]{20,200}|tskey-[\w-]{10,200}|pypi-[\w-]{20,300}|dop_v1_[0-9a-f]{20,100}|"
    rb"SG\.[\w-]{16,100}\.[\w-]{16,100}|age1[a-z0-9]{40,90}|AGE-SECRET-KEY-1[A-Z0-9]{30,90})"
)
_KEY_LINE = rb"\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp[0-9]{3}|sk-ssh-ed25519@openssh\.com)[ \t]+(AAAA[A-Za-z0-9+/]{20,}={0,2})"
_FINGERPRINT = rb"(?:SHA256:([A-Za-z0-9+/]{43}))"
_ARMOUR = expression(rb"-----BEGIN [A-Z0-9 ]{2,60}-----")
_MOST_ARMOUR = 64 << 10


def _armoured(data: bytes) -> Iterator[Span]:
    """What stands between BEGIN and END, or behind a BEGIN whose END was cut off."""
    begins = [match.end() for match in _ARMOUR.finditer(data)]
    for begin, following in zip(begins, [*begins[1:], len(data)], strict=False):
        end = data.find(b"-----END ", begin, min(following, begin + _MOST_ARMOUR))
        yield begin, end if end >= 0 else _end_of_base64(data, begin)


def _end_of_base64(data: bytes, begin: int) -> int:
    found = _BASE64_LINES.match(data, begin, begin + _MOST_ARMOUR)
    return found.end() if found else begin


_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/=\s]*+(?:\\n[A-Za-z0-9+/=\s]*+)*+")


# -- numbers of devices and people

_SERIAL = rb"(?i)(?:serial(?:[-_ ]?(?:number|no\.?|num|nr|short))?|\bs/?n|id_serial(?:_short)?|unique[-_ ]?id|asset[-_ ]?tag)[\"']?[ \t]{0,30}[:=][ \t]{0,8}[\"']?([A-Za-z0-9][A-Za-z0-9_.-]{4,63})"
_IMEI = rb"(?i)\b(?:imei(?:sv)?|meid|esn|equipment[-_ ]?id(?:entifier)?)\b[^0-9\n]{0,24}([0-9][0-9 -]{12,20}[0-9])"
_IMSI = rb"(?i)\b(?:imsi|cimi|subscriber[-_ ]?id(?:entity)?)\b[^0-9]{0,24}([0-9]{6,15})\b"
_ICCID = (
    rb"(?i)\b(?:e?iccid|sim[-_ ]?id(?:entifier)?|eid|card[-_ ]?id)\b[^0-9\n]{0,24}([0-9][0-9 ]{16,38}[0-9fF])"
)
_BARE_IMEI = rb"\b([0-9]{15})\b"
_BARE_ICCID = rb"\b(89[0-9]{17,18}[fF]?)\b"
_DEVICE_ID = rb"(?i)\b(?:device[-_ ]?id|machine[-_ ]?id|hardware[-_ ]?id|product[-_ ]?uuid)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?([0-9a-f][0-9a-f-]{15,63})"


def _is_serial(value: str) -> bool:
    """It has a digit, and it is no measure."""
    return any(map(str.isdigit, value)) and not re.fullmatch(r"[0-9]*\.[0-9]+", value)


def _is_imei(value: str) -> bool:
    """By its maker's first digits and its check digit."""
    if not re.match(r"01|10|3[3-6]|4[4-9]|5[0-4]|86|9[0-9]", value):
        return False
    digits = [int(each) for each in value]
    twice = [sum(divmod(2 * each, 10)) for each in digits[1::2]]
    return (sum(digits[0::2]) + sum(twice)) % 10 == 0


# -- addresses

_MAC = rb"\b([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5})\b"
_IPV4 = rb"(?:^|[^\w.-])((?:[0-9]{1,3}\.){3}[0-9]{1,3})"
_IPV6 = rb"(?:^|[^\w.:])([0-9A-Fa-f:]{0,35}::[0-9A-Fa-f:]{0,35}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})"
_EVERYBODYS = [
    ipaddress.ip_network(each)
    for each in ("0.0.0.0/8", "127.0.0.0/8", "192.168.55.0/24", "224.0.0.0/3", "169.254.0.0/16", "172.17.0.0/16",
                 "::/127", "ff00::/8", "fe80::1/128", "fc00:1:1::/48")
]  # fmt: skip
"""Loopback, masks, multicast, what Docker takes first, and the networks of every module's USB gadget."""


def _mac_of_somebody(value: str) -> bool:
    return len(set(re.sub("[:-]", "", value.lower()))) > 1


def _ipv4(data: bytes) -> Iterator[Span]:
    """Four numbers that are no version: nothing of a word follows, and no version is spoken of."""
    for begin, end in groups(_IPV4)(data):
        after, before = data[end : end + 2], data[max(0, begin - 12) : begin].lower()
        if re.match(rb"[A-Za-z_-]|\.\d", after) or b"version" in before or b"rev" in before:
            continue
        if _is_somebodys(data[begin:end].decode()):
            yield begin, end


def _is_somebodys(value: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return not any(address in network for network in _EVERYBODYS if network.version == address.version)


def _at_its_end(find: Find) -> Find:
    """Up to the first blank, where a value in quotes may hold some."""

    def shorter(data: bytes) -> Iterator[Span]:
        for begin, end in find(data):
            yield begin, end if data[begin - 1 : begin] in (b'"', b"'") else min(end, word_end(data, begin))

    return shorter


# -- by chance alone

_UUID = rb"\b([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})\b"
_WORD = rb"[A-Za-z0-9+/_-]{14,}={0,2}"
_PADDED = rb"[A-Za-z0-9+/_-]{7,}={1,2}"
_PERCENT = rb"(?:[A-Za-z0-9._~+-]*%[0-9A-Fa-f]{2}){3,}[A-Za-z0-9._~+-]*"
_BY_CHANCE = 3.2
"""Bits a character; English and paths have less, or are told by their signs."""


def _by_chance(value: str) -> bool:
    """Letters of both kinds and digits, mixed as no name mixes them; or hexadecimal of at least 20 digits."""
    text = value.strip("=-_/+")
    if re.fullmatch(r"[0-9a-f]{20,}|[0-9A-F]{20,}", text):
        return entropy(text) > 2.8 and not text.isdigit()
    if (
        len(text) < 14
        or (len(text) < 20 and not text.isalnum())
        or len(_SIGNS.findall(text)) > len(text) // 8
    ):
        return False
    if not all(any(map(kind, text)) for kind in (str.islower, str.isupper, str.isdigit)):
        return False
    changes = sum(_class(one) != _class(other) for one, other in pairwise(text))
    few_digits = sum(map(str.isdigit, text)) < 3
    return changes >= len(text) / (2.5 if few_digits else 4) and entropy(text) > _BY_CHANCE


_SIGNS = re.compile(r"[/_+-]")


def _class(character: str) -> int:
    return 0 if character.islower() else 1 if character.isupper() else 2 if character.isdigit() else 3


def _says_something(value: str) -> bool:
    """Whether base64 of a text stands there, and no option or word."""
    if not value[0].isalnum() or value.strip("=").islower():
        return False
    try:
        said = base64.b64decode(value.translate(_TO_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(said) >= 5 and all(0x20 <= byte < 0x7F or byte > 0xBF for byte in said)


_TO_STANDARD = str.maketrans("-_", "+/")


RULES: tuple[ReplaceRule, ...] = (
    ReplaceRule("password, key or passphrase by its name", ValueKind.SECRET, where(after(_SECRET_WORD), is_a_value), sure=True),
    ReplaceRule("password in an address", ValueKind.SECRET, groups(_IN_URL), sure=True),
    ReplaceRule("password in quotes", ValueKind.SECRET, spoken.in_quotes, sure=True),
    ReplaceRule("password of a command", ValueKind.SECRET, spoken.of_command, sure=True),
    ReplaceRule("PIN or password told to a modem", ValueKind.SECRET, spoken.of_modem, sure=True),
    ReplaceRule("password hash", ValueKind.SECRET, groups(_HASH), sure=True),
    ReplaceRule("password in markup", ValueKind.SECRET, where(groups(_MARKUP), is_a_value), sure=True),
    ReplaceRule("password of an option", ValueKind.SECRET, where(spoken.of_option, is_a_value), sure=True),
    ReplaceRule("community or passphrase of SNMP", ValueKind.SECRET, where(spoken.snmp, spoken.is_a_community), sure=True),
    ReplaceRule("secret of an SNMP command", ValueKind.SECRET, where(spoken.snmp_command, spoken.is_a_community), sure=True),
    ReplaceRule("MAC", ValueKind.MAC, where(groups(_MAC), _mac_of_somebody), sure=True),
    ReplaceRule("serial number by its name", ValueKind.NUMBER,
         where(groups(_SERIAL), _is_serial), sure=True),
    ReplaceRule("device identity by its name", ValueKind.NUMBER, groups(_DEVICE_ID), sure=True),
    ReplaceRule("key in armour (PEM)", ValueKind.SECRET, _armoured, everywhere=False),
    ReplaceRule("login header", ValueKind.SECRET, groups(_HEADER)),
    ReplaceRule("bearer or basic login", ValueKind.SECRET, groups(_BEARER)),
    ReplaceRule("secret in a query", ValueKind.SECRET, groups(_QUERY)),
    ReplaceRule("token by its name", ValueKind.SECRET, where(_at_its_end(after(_TOKEN_WORD)), is_a_value)),
    ReplaceRule("token by its form", ValueKind.SECRET, groups(_ISSUED)),
    ReplaceRule("password said in a sentence", ValueKind.SECRET, spoken.said),
    ReplaceRule("password beside its name", ValueKind.SECRET, where(spoken.beside_its_name, spoken.looks_secret)),
    ReplaceRule("PIN or PUK", ValueKind.SECRET, spoken.pin),
    ReplaceRule("password in one word with its name", ValueKind.SECRET,
         where(groups(_MERGED), lambda value: not _OF_SETTINGS.match(value))),
    ReplaceRule("SSH key", ValueKind.SECRET, groups(_KEY_LINE)),
    ReplaceRule("fingerprint of a key", ValueKind.NUMBER, groups(_FINGERPRINT)),
    ReplaceRule("IMEI", ValueKind.NUMBER, groups(_IMEI)),
    ReplaceRule("IMSI", ValueKind.NUMBER, groups(_IMSI)),
    ReplaceRule("ICCID", ValueKind.NUMBER, groups(_ICCID)),
    ReplaceRule("phone number", ValueKind.NUMBER, people.by_phone_word),
    ReplaceRule("phone number with its country", ValueKind.NUMBER, where(people.abroad, people.is_a_number)),
    ReplaceRule("IMEI by its check digit", ValueKind.NUMBER, where(groups(_BARE_IMEI), _is_imei)),
    ReplaceRule("ICCID by its form", ValueKind.NUMBER, groups(_BARE_ICCID)),
    ReplaceRule("mail address", ValueKind.NAME, where(people.mail, people.is_no_unit)),
    ReplaceRule("address (IPv4)", ValueKind.ADDRESS, _ipv4, everywhere=False),
    ReplaceRule("address (IPv6)", ValueKind.ADDRESS, where(groups(_IPV6), _is_somebodys), everywhere=False),
    ReplaceRule("name of a Wi-Fi network", ValueKind.NAME, where(people.ssid, is_named)),
    ReplaceRule("home folder", ValueKind.NAME, where(people.home, is_named)),
    ReplaceRule("name by the word before it", ValueKind.NAME, where(people.by_name, is_named)),
    ReplaceRule("place by the word before it", ValueKind.NAME, where(people.by_place, is_named)),
    ReplaceRule("position", ValueKind.NAME, people.position),
    ReplaceRule("position in degrees", ValueKind.NAME, people.in_degrees, everywhere=False),
    ReplaceRule("cell of a mobile network", ValueKind.NAME, people.cell, everywhere=False),
    ReplaceRule("user of SNMP", ValueKind.NAME, where(spoken.snmp_user, people.is_somebody)),
    ReplaceRule("user of an SNMP command", ValueKind.NAME, where(spoken.snmp_command_user, people.is_somebody)),
    ReplaceRule("user in a log line", ValueKind.NAME, where(people.logged_in, people.is_somebody)),
    ReplaceRule("postal address", ValueKind.NAME, people.street),
    ReplaceRule("name with its title", ValueKind.NAME, people.addressed),
    ReplaceRule("user at a prompt", ValueKind.NAME, where(people.prompt, is_named), everywhere=False),
    ReplaceRule("UUID", ValueKind.NUMBER, groups(_UUID)),
    ReplaceRule("text in base64", ValueKind.SECRET, where(groups(_PADDED), _says_something)),
    ReplaceRule("text with many percent signs", ValueKind.SECRET, groups(_PERCENT)),
    ReplaceRule("characters by chance", ValueKind.SECRET, where(groups(_WORD), _by_chance)),
)  # fmt: skip
"""In their order: where two find the same place, the first says what it is."""
