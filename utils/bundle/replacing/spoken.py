"""Secrets that no sign announces: in a sentence, a command, to a modem, in a configuration of SNMP. Pure.

English and German. A sentence counts where it says what the secret is: "the password is sun7", "Passwort lautet
sommer". "The password is wrong" says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from utils.bundle.replacing.finding import Find, Span, groups, is_a_value
from utils.bundle.replacing.views import expression

_UE = rb"(?:\xc3[\x9c\xbc]|ue)"
_NOUN = (
    rb"(?:pass[-_ ]?(?:word|phrase|code)|passwd|pwd|psk|secret|credentials|passwort|pa\xc3\x9fwort|kennwort|"
    rb"losungswort|zugangsdaten|zugangscode|logindaten|(?:community|snmp)[ -]string|"
    rb"(?:wlan|wifi|wi-fi|netzwerk|network|wpa2?|zugangs|security)[- ]?(?:schl" + _UE + rb"ssel|key))"
)
_VERB = (
    rb"(?:(?:was|is|has[ \t]been|been|wurde|wird|ist)[ \t]+(?:changed|set|reset|updated|ge(?:\xc3[\x84\xa4]|ae)ndert|gesetzt)[ \t]+"
    rb"(?:to|auf|in|zu)|(?:set|changed|reset)[ \t]to|(?:wurde|wird)[ \t]auf|is|was|are|were|be|reads|lautet|lauten|lautete|ist|sind|"
    rb"war|sei|hei(?:\xc3\x9f|ss)t|hie(?:\xc3\x9f|ss)|auf)"
)
_STILL = rb"(?:(?:now|still|again|simply|just|currently|jetzt|nun|noch|immer|einfach|derzeit|wieder|also|zu)[ \t]+){0,2}"
_OPEN = rb"(?:[\"'`(<\xc2\xab\xbb]|\xe2\x80[\x98-\x9f\xb9\xba]){0,3}"
_VALUE = rb"([^\s\"'`<>]{3,200})"
_SAID = (
    rb"(?i)" + _NOUN + rb"(?:[ \t]+[^\s:=.,;]{1,24}){0,4}?[ \t]+" + _VERB + rb"[ \t]*:?[ \t]+" + _STILL + _OPEN + _VALUE
)  # fmt: skip
_IS_IT = (
    rb"(?i)(?:^|[\s(])" + _OPEN + _VALUE + rb"[\"'`]?(?:\xe2\x80[\x98-\x9f])?[ \t]+(?:is|was|ist|war)[ \t]+(?:the|our|your|das|dein|euer|unser)"
    rb"[ \t]+(?:new[ \t]|neue[ \t]|[\w-]{2,12}[ -])?(?:password|passphrase|passwort|kennwort|psk)\b"
)  # fmt: skip
_BESIDE = rb"(?i)\b(?:password|passphrase|passcode|passwort|kennwort|psk)[ \t]+[\"']?([^\s\"']{3,60})"
_PIN = (
    rb"(?i)\b(?:pin|puk)(?:[-_ ]?(?:code|number|nummer))?[ \t]+(?:is|was|lautet|ist|war)[ \t]+([0-9]{4,12})\b|"
    rb"\b(?:sim|card|karten)[-_ ]?(?:pin|puk)[ \t]+([0-9]{4,12})\b|\bpuk[ \t]+([0-9]{8})\b"
)
_QUOTED = rb"(?i)\b(?:password|passphrase|passwort|kennwort|psk|auth[a-z]{0,10}phrase)[ \t]+[\"']([^\"'\r\n]{3,200})[\"']"
_SAYS_NO_SECRET = frozenset((
    "wrong", "incorrect", "correct", "right", "accepted", "rejected", "refused", "denied", "disabled", "enabled",
    "locked", "unlocked", "unset", "blank", "changed", "unchanged", "being", "been", "not", "too", "stored",
    "saved", "kept", "known", "unknown", "used", "needed", "asked", "allowed", "authentication", "prompt", "prompts",
    "valid", "weak", "short", "long", "older", "never", "about", "going", "sent", "read", "encrypted", "hashed",
    "hidden", "shown", "given", "provided", "protected", "secured", "available", "unavailable", "present", "absent",
    "found", "lost", "wiped", "cleared", "removed", "reset", "default", "same", "the", "that", "this", "only",
    "optional", "mandatory", "what", "who", "where", "there", "here", "file", "files", "hash", "manager", "agent",
    "policy", "for", "and", "but", "with", "from", "into", "via", "der", "die", "das", "dem", "den", "ein", "eine",
    "nicht", "kein", "keine", "falsch", "richtig", "korrekt", "abgelaufen", "erforderlich", "notwendig", "leer",
    "gesetzt", "gesperrt", "unbekannt", "bekannt", "falsches", "sicher", "unsicher", "gespeichert", "hinterlegt",
    "zur\xfcckgesetzt", "ung\xfcltig", "g\xfcltig", "zu", "noch", "schon", "immer", "bereits", "im", "in", "am",
    "geheim", "vergessen", "forgotten", "secret", "up", "out", "empty,", "case-sensitive", "now", "always",
))  # fmt: skip
"""What follows "the password is" in a sentence that tells none."""
_TRAILING = ".,;:!?)]}\xab\xbb\u2018\u2019\u201c\u201d\u201e"
_CLOSING = re.compile("[\xab\xbb\u2018-\u201f]")
_SENTENCE_ENDS = b"\r\n.;!?,)\"'`\xe2\xc2"
"""Also the first byte of a closing quotation mark; nothing at all is in it, too."""


def said(data: bytes) -> Iterator[Span]:
    """The secret of a sentence: it looks like one, or the sentence ends with it."""
    for pattern in (_SAID_FOUND, _IS_IT_FOUND):
        for begin, span_end in pattern(data):
            end = _without_mark(data, begin, span_end)
            value = data[begin:end].decode("utf-8", "replace")
            if len(value) >= 3 and is_a_value(value) and value.lower() not in _SAYS_NO_SECRET:
                ends = data[end : end + 1] in _SENTENCE_ENDS
                if ends or pattern is _IS_IT_FOUND or looks_secret(value):
                    yield begin, end


_SAID_FOUND, _IS_IT_FOUND = groups(_SAID), groups(_IS_IT)


def _without_mark(data: bytes, begin: int, end: int) -> int:
    """Up to a closing quotation mark, and without the sign that ends the sentence."""
    text = data[begin:end].decode("utf-8", "surrogateescape")
    kept = _CLOSING.split(text)[0].rstrip(_TRAILING)
    return begin + len(kept.encode("utf-8", "surrogateescape"))


def looks_secret(value: str) -> bool:
    """It has a digit, a sign that words have not, or capitals within: no word of a sentence."""
    inner = value.rstrip(_TRAILING)
    if any(map(str.isdigit, inner)) or any(each in "!@#$%^&*+?~{}|\\" for each in inner):
        return True
    return any(map(str.islower, inner)) and any(map(str.isupper, inner[1:])) and inner.isalnum()


_OPTION = rb"(?i)(?:^|\s)--?(?:password|passwd|passphrase|pass|psk|token|secret|api-?key)(?:=|[ \t]+)[\"']?([^\s\"']{3,200})"
_COMMAND = (
    rb"(?:\bsshpass[ \t]+-p[ \t]*|\b(?:curl|wget)\b[^\n]{0,200}[ \t](?:-u|--user)[ \t=]+[^\s:]{1,64}:|"
    rb"\bmysql(?:dump|admin)?\b[^\n]{0,100}[ \t]-p|[ \t]-pass(?:in|out)?[ \t]+pass:|\bwpa_passphrase[ \t]+(?:\"[^\"\n]{1,40}\"|[^\s\"]{1,40})[ \t]+|"
    rb"\bnmcli\b[^\n]{0,200}[ \t](?:password|[\w-]{1,30}\.(?:psk|password|wep-key0|pin))[ \t]+|"
    rb"\b(?:smbclient|rpcclient)\b[^\n]{0,120}-U[ \t]*[^\s%]{1,64}%)"
    rb"[\"']?([^\s\"']{3,200})|"
    rb"\becho[ \t]+(?:-n[ \t]+)?[\"']?([^\"'|\n]{3,100}?)[\"']?[ \t]*\|[ \t]*sudo[ \t]+(?:-[a-zA-Z]{1,3}[ \t]+)*-[a-zA-Z]{0,3}S|"
    rb"[\"' ][\w.-]{1,32}:([^\s\"'|]{3,100})[\"']?[ \t]*\|[ \t]*(?:sudo[ \t]+)?chpasswd\b"
)
of_option: Find = groups(_OPTION)
of_command: Find = groups(_COMMAND)
in_quotes: Find = groups(_QUOTED)
beside_its_name: Find = groups(_BESIDE)
pin: Find = groups(_PIN)

_QV = rb"(?:\"([^\"\n]{2,100})\"|'([^'\n]{2,100})'|([^\s\"',;]{2,200}))"
_SNMP = rb"|".join(
    (
        rb"(?im)^[ \t#]*(?:r[ow]community6?|trapcommunity)[ \t]+" + _QV,
        rb"^[ \t#]*com2sec6?[ \t]+(?:-Cn[ \t]+[^\s]{1,64}[ \t]+)?[^\s]{1,64}[ \t]+[^\s]{1,64}[ \t]+" + _QV,
        rb"^[ \t#]*(?:trap2?sink|informsink)[ \t]+[^\s]{1,100}[ \t]+" + _QV,
        rb"^[ \t#]*authcommunity[ \t]+[a-z,]{3,40}[ \t]+" + _QV,
        rb"\bsnmp-server[ \t]+community[ \t]+" + _QV,
        rb"\bcommunity(?:[-_ ]?(?:string|name))?[\"']?[ \t]{0,4}[:=][ \t]{0,4}" + _QV,
        rb"\bcommunity(?:[-_ ]?(?:string|name))?[ \t]{1,4}\"([^\"\n]{2,100})\"",
        rb"^[ \t#]*createuser[ \t]+(?:-e[ \t]+[^\s]{1,64}[ \t]+)?[^\s]{1,64}[ \t]+(?:md5|sha[-0-9]{0,4})[ \t]+" + _QV
        + rb"(?:[ \t]+(?:des|aes[-0-9]{0,4})[ \t]+" + _QV + rb")?",
        rb"^[ \t#]*def(?:auth|priv)?passphrase[ \t]+" + _QV,
    )
)  # fmt: skip
_EVERYBODYS = ("public", "private")


def is_a_community(value: str) -> bool:
    """Not one of the two that every manual names, and no number of a BGP community."""
    return value.lower() not in _EVERYBODYS and not value.replace(":", "").isdigit()


snmp: Find = groups(_SNMP)
snmp_user: Find = groups(
    rb"(?im)^[ \t#]*(?:r[ow]user|createuser(?:[ \t]+-e[ \t]+[^\s]{1,64})?|usmuser|defsecurityname)[ \t]+"
    rb"(?:-s[ \t]+[a-z]{2,8}[ \t]+)?[\"']?([A-Za-z][\w.-]{1,31})"
)
_ASKING = expression(
    rb"\bsnmp(?:bulk)?(?:get|getnext|walk|set|status|table|trap|inform|df|netstat|test)\b[^\n]{0,300}"
)
_LETS_IN = re.compile(rb"[ \t]-[cAX][ \t]*[\"']?([^\s\"']{2,200})")
_WHO_ASKS = re.compile(rb"[ \t]-u[ \t]*([A-Za-z][\w.-]{1,31})")


def of_asking(option: re.Pattern[bytes]) -> Find:
    """What stands behind this option of snmpwalk and its like."""

    def find(data: bytes) -> Iterator[Span]:
        for command in _ASKING.finditer(data):
            yield from (match.span(1) for match in option.finditer(data, *command.span()))

    return find


def of_modem(data: bytes) -> Iterator[Span]:
    """PINs and passwords in what a modem is told; 3GPP TS 27.007 and two makers name these commands."""
    for command in _TOLD_TO_MODEM.finditer(data):
        for found in _LETS_SIM_IN.finditer(data, *command.span()):
            yield found.span(found.lastindex or 0)


_TOLD_TO_MODEM = expression(
    rb"(?i)\bAT[+^$](?:CPIN2?|CPINR|CPWD|CLCK|CGAUTH|QCPDPP|QICSGP|AUTHDATA)=[^\r\n]{1,300}"
)
_LETS_SIM_IN = re.compile(rb"\\?\"([^\"\\\r\n]{3,100})\\?\"|[=,]([0-9]{4,8})(?![0-9])")
snmp_command, snmp_command_user = of_asking(_LETS_IN), of_asking(_WHO_ASKS)
