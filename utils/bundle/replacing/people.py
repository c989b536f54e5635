"""Who and where: names in the lines of a log, telephone numbers, places, positions in any notation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from utils.bundle.replacing.finding import Find, Span, after, groups, is_named
from utils.bundle.replacing.views import expression

_NAME_WORD = (
    rb"\b(?:user[-_ ]?name|user|login|owner|technician|customer|contact|author|full[-_ ]?name|real[-_ ]?name|"
    rb"operator[-_ ]?name|account|assignee|reported[-_ ]by|benutzer(?:name)?|anwender|techniker(?:in)?|kund(?:e|in)|"
    rb"bearbeiter(?:in)?|ansprechpartner(?:in)?|besitzer(?:in)?|inhaber(?:in)?|vorname|nachname|verfasser(?:in)?)"
)
_PLACE_WORD = (
    rb"\b(?:street|postal[-_ ]?address|city|zip[-_ ]?code|location|stra(?:\xc3\x9f|ss)e|anschrift|wohnort|ort|plz|"
    rb"postleitzahl|standort)"
)

_HOME = rb"/(?:home|Users|run/media|var/mail|var/spool/mail|spool/cron/crontabs)/([A-Za-z_][\w.-]{1,63})"
_MAIL = rb"\b([A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9](?:[\w-]{0,62}\.){1,6}[A-Za-z]{2,24})\b"
_UNIT = re.compile(
    r"\.(service|socket|target|mount|timer|slice|scope|device|path|swap|automount|conf|so|py|sh)$"
)
_AT_PROMPT = rb"\b([A-Za-z_][\w.-]{1,31})@[A-Za-z][\w.-]{1,62}:[~/]"
_WHO = rb"([A-Za-z_][\w.-]{0,30}[\w-])"
_LOGGED_IN = rb"|".join(
    (
        rb"(?m)\b(?:Accepted|Failed) [a-z/-]{3,24} for (?:invalid user )?" + _WHO + rb"\b",
        rb"\bfor user " + _WHO + rb"\b",
        rb"\bsudo(?:\[[0-9]{1,7}\])?:[ \t]+([A-Za-z_][\w.@\\-]{1,63})[ \t]+:[ \t]",
        rb"\bby " + _WHO + rb"\(uid=",
        rb"\b[Ss]ession c?[0-9]{1,6} of [Uu]ser " + _WHO,
        rb"\b(?:[Ii]nvalid|[Ii]llegal|[Uu]nknown|authenticating) user " + _WHO + rb" (?:from|port|[0-9a-f])",
        rb"\bDisconnected from user " + _WHO,
        rb"\bUser " + _WHO + rb" (?:logged|from|not allowed|is not in|has been|added|removed)",
        rb"\bsu(?:\[[0-9]{1,7}\])?: (?:FAILED su for "
        + _WHO
        + rb" by "
        + _WHO
        + rb"|\(to "
        + _WHO
        + rb"\) "
        + _WHO
        + rb" on )",
        rb"\bnew (?:user|group): name=" + _WHO + rb"|\b(?:add|delete user) '" + _WHO + rb"'",
        rb"\bpassword changed for " + _WHO + rb"|\buser " + _WHO + rb" added by " + _WHO,
        rb"\b(?:CRON|cron|crond|anacron)(?:\[[0-9]{1,7}\])?: \("
        + _WHO
        + rb"\) |\bcrontab(?:\[[0-9]{1,7}\])?: \("
        + _WHO
        + rb"\) ",
        rb"\bLOGIN ON [\w/]{2,16} BY " + _WHO,
        rb"^" + _WHO + rb"[ \t]+(?:pts/[0-9]{1,4}|tty[0-9][0-9]?|ttyS[0-9]|:[0-9])[ \t]+[\w(:.]",
        rb"\b[ug]id=[1-9][0-9]{3,6}\(" + _WHO + rb"\)|\b" + _WHO + rb"\(uid=[1-9][0-9]{3,6}\)",
        rb"^" + _WHO + rb":[^:\n]{0,200}:[1-9][0-9]{3,6}:[0-9]{1,7}:([^:,\n]{2,60})?[^:\n]{0,100}:/",
        rb"\bUSER=" + _WHO + rb" ;|\blogname=" + _WHO + rb"|\bruser=" + _WHO,
    )
)
"""Lines of sshd, sudo, PAM, logind, su, cron, login, useradd; who, id and passwd(5)."""
_SERVICES = frozenset((
    "avahi", "backup", "bin", "chrony", "colord", "dbus", "dnsmasq", "docker", "gdm", "geoclue", "gnome", "games",
    "kernoops", "lightdm", "list", "lp", "mail", "man", "messagebus", "mysql", "nginx", "ntp", "postgres", "pulse",
    "redis", "ros", "rtkit", "saned", "sddm", "sshd", "statd", "sync", "sys", "syslog", "systemd", "tcpdump", "tss",
    "usbmux", "uucp", "uuidd", "whoopsie", "www-data", "space", "processes", "mode", "session", "sessions", "manager",
))  # fmt: skip


def is_somebody(value: str) -> bool:
    """A name, and none of a service."""
    return (
        is_named(value)
        and value.lower().partition("-")[0] not in _SERVICES
        and value.lower() not in _SERVICES
    )


_STREET = (
    rb"(\b[0-9]{1,5}[ \t][A-Z][a-z]{1,20}[ \t](?:[A-Z][a-z]{1,20}[ \t])?(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|"
    rb"Drive|Dr|Way|Boulevard|Blvd|Court|Ct|Square|Sq)\b|\b[A-Z][a-z\x80-\xff]{2,30}(?:stra\xc3\x9fe|strasse|weg|"
    rb"platz|allee|gasse|ring)[ \t][0-9]{1,4}[a-z]?\b)"
)
_ADDRESSED = rb"\b((?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau)\.?[ \t][A-Z][\w'-]{1,30}(?:[ \t][A-Z][\w'-]{1,30}){0,2})\b"
_SSID = rb"(?i)\b[be]?ssid[\"']?[ \t]{0,4}[:=]?[ \t]{0,4}[\"']?([^\s\"'][^\r\n\"']{0,31})"

# -- telephone numbers

_PHONE_WORD = (
    rb"(?:msisdn|own(?:[-_ ]?number)?|phone(?:[-_ ]?number)?|telephone|tel|telefon(?:[-_ ]?(?:nummer|nr))?|mobile|mobil(?:nummer|funk)?|"
    rb"handy(?:[-_ ]?(?:nummer|nr))?|cell(?:phone)?|fax|smsc|caller[-_ ]?id|rufnummer|durchwahl|festnetz|whatsapp|"
    rb"erreichbar unter|\+?(?:cnum|clip|cmgs|cmgr|colp|csca|cpbr|ccwa)|sms (?:to|an|from|von))"
)
_PHONE = (
    rb"(?i)(?:\b|\+)"
    + _PHONE_WORD
    + rb"\b\.?[\"']?[ \t]{0,20}[:=]?[ \t]{0,4}(?:\"\",|[0-9]{1,3},)?[\"'|]?(\+?[(]?[0-9][0-9 ()./-]{5,22}[0-9])|"
    rb"\bATDT?[ \t]?(\+?[0-9]{6,20})"
)
_ABROAD = (
    rb"(?:^|[^\w+.])(\+[1-9][0-9]{0,2}[ ()./-]{0,3}[0-9][0-9 ()/-]{5,20}[0-9])\b|"
    rb"(?:^|[^\w+.:-])([(]?00[1-9][0-9]{0,2}[)]?[ ()/-]{1,3}[0-9][0-9 ()/-]{5,20}[0-9])\b|"
    rb"(?:^|[^\w+.:-])(00(?:1|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|7|8[1246]|9[0-58])[1-9][0-9]{7,11})\b|"
    rb"(?:^|[^\w+.:-])(01[567][0-9]{1,2}[ ]?[/ -][ ]?[0-9]{3,8}(?:[ -][0-9]{2,5}){0,2})\b"
)
_OF_FOUR = re.compile(r"(?:[0-9]{4} ){2,}[0-9]{1,4}")
by_phone_word: Find = groups(_PHONE)
abroad: Find = groups(_ABROAD)


def is_a_number(value: str) -> bool:
    """No line of a dump, whose groups have four digits each."""
    return not _OF_FOUR.fullmatch(value) and sum(map(str.isdigit, value)) >= 7


# -- positions

_COORDINATE = rb"[-+]?[0-9]{1,3}\.[0-9]{3,12}"
_PAIR = rb"(" + _COORDINATE + rb")(?:[,;/ ]{1,3}(" + _COORDINATE + rb"))?"
_AXIS = rb"(?:m?lat(?:itude)?|m?lon(?:g(?:itude)?)?|lng|breite(?:ngrad)?|l\xc3[\x84\xa4]nge(?:ngrad)?|laenge(?:ngrad)?)"
_PLACE = rb"(?:gps|gnss|position|coord(?:inate)?s?|koordinaten?|standort|fix|geo|ll|point|map)"
position: Find = groups(
    rb"|".join(
        (
            rb"(?i)\b" + _AXIS + rb"[\"']?(?:[ \t]{0,3}[:=][ \t]{0,3}|[ \t]{1,3})[\"']?" + _PAIR,
            rb"\b" + _PLACE + rb"[\"']?[ \t]{0,3}[:=(][ \t]{0,3}[\"'(\[]?" + _PAIR,
            rb"(?:@|[?&](?:q|query|daddr|saddr|destination|center)=)("
            + _COORDINATE
            + rb"),("
            + _COORDINATE
            + rb")",
            rb"\b([0-9]{3,5}\.[0-9]{2,8}),[nsew]\b",  # NMEA: GGA, RMC, GLL, GNS
            rb"\b([0-9]{1,3}\.[0-9]{2,12})[ ]?(?:\xc2\xb0|deg)[ ]?[nsewo]\b|\b[nsewo][ ]?([0-9]{1,3}\.[0-9]{2,12})[ ]?\xc2\xb0",
            rb"\b([0-9]{1,3}\.[0-9]{4,12})[nse]\b|\b[nsew]([0-9]{1,3}\.[0-9]{4,12})\b",
        )
    )
)
"""Watts, newtons and siemens have fewer decimals, or a blank before their letter."""

_DEGREE, _MINUTE, _SECOND = (
    rb"[ ]?(?:\xc2\xb0|\xc2\xba|deg)[ ]?",
    rb"[ ]?(?:'|\xe2\x80[\x99\xb2])",
    rb"[ ]?(?:\"|''|\xe2\x80[\x9d\xb3])",
)
_IN_DEGREES = expression(
    rb"[0-9]{1,3}" + _DEGREE + rb"[0-9]{1,2}(?:\.[0-9]{1,8})?" + _MINUTE + rb"(?:[ ]?[0-9]{1,2}(?:\.[0-9]{1,6})?" + _SECOND + rb")?"
)  # fmt: skip
_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_CELL = rb"(?i)\b(?:cell[-_ ]?id(?:entity)?|lac|tac|location[-_ ]area(?:[-_ ]code)?|tracking[-_ ]area(?:[-_ ]code)?)[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:0x)?([0-9A-Fa-f]{4,9})\b"
cell: Find = groups(_CELL)


def in_degrees(data: bytes) -> Iterator[Span]:
    """The numbers of a position in degrees, minutes and seconds; its signs stay."""
    for match in _IN_DEGREES.finditer(data):
        yield from (number.span() for number in _NUMBER.finditer(data, *match.span()))


home, mail, prompt = groups(_HOME), groups(_MAIL), groups(_AT_PROMPT)
logged_in, street, addressed, ssid = groups(_LOGGED_IN), groups(_STREET), groups(_ADDRESSED), groups(_SSID)
by_name: Find = after(_NAME_WORD, tail=b"")
by_place: Find = after(_PLACE_WORD, tail=b"")


def is_no_unit(value: str) -> bool:
    """A mail address, and no instance of a unit: getty@tty1.service."""
    return not _UNIT.search(value)
