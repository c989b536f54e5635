"""What tells who and where does not leave: planted secrets, tokens that keep the form, verdicts that stay."""

from __future__ import annotations

import base64
import json
import random
import re
import stat
import string
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.budget import LARGE
from tests.unit.saved_texts import saved_texts
from tests.unit.test_corpus import CASES, CORPUS
from utils.bundle.replacing.replacer import KnownBefore, look
from utils.bundle.replacing.tokens import Tokens
from utils.demo.recorded_door import DEVICE
from utils.demo.saved_answers import FOLDER
from utils.judge import judge

CHANCE = random.Random(16)
FIELD = Path(__file__).parents[3] / "shared" / "field" / "cases.jsonl"
LINE = "Nov 28 12:00:{:02} board kernel: [{:>12}] usb 1-2.3: new high-speed USB device number {}\n"


def letters(many: int) -> str:
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=many - 2)) + "7x"


def digits(many: int) -> str:
    return "".join(CHANCE.choices(string.digits, k=many))


def blanks(many: int) -> str:
    return " ".join(letters(each) for each in (many // 3, many // 4, many // 3))


def with_check_digit(number: str) -> str:
    turned = [int(each) for each in reversed(number)]
    total = sum(sum(divmod(2 * each, 10)) for each in turned[0::2]) + sum(turned[1::2])
    return number + str(-total % 10)


def hunted(secret: str) -> str:
    return f"wifi password: {secret}\n"


WAYS: dict[str, tuple[Callable[[], str], Callable[[str], str]]] = {
    "with blanks": (lambda: blanks(18), lambda s: f'psk="{s}"\n'),
    "blanks, no quotes": (lambda: blanks(18), lambda s: f"passphrase: {s}\nnext = 1\n"),
    "merged key": (lambda: letters(12).capitalize(), lambda s: f"dump password{s} end\n"),
    "merged, in capitals": (lambda: letters(12), lambda s: f"DB_PASSWORD={s}\n"),
    "in JSON": (lambda: letters(10) + '"\\' + letters(4), lambda s: json.dumps({"user": 1, "apiKey": s}) + "\n"),
    "JSON within JSON": (lambda: letters(14), lambda s: json.dumps({"m": json.dumps({"secret": s})}) + "\n"),
    "base64 of a known one": (lambda: letters(12), lambda s: hunted(s) + base64.b64encode(f"u:{s}".encode()).decode() + "\n"),
    "base64 alone": (lambda: letters(16), lambda s: f"blob {base64.b64encode(s.encode()).decode()}\n"),
    "URL form": (lambda: letters(8) + "/ +&" + letters(6), lambda s: hunted(s) + f"GET /x?a={quote(s, safe='')}&b=1\n"),
    "password of a URL": (lambda: letters(12), lambda s: f"clone https://bot:{s}@git.example.net/x\n"),
    "all percent signs": (lambda: letters(9), lambda s: hunted(s) + "v=" + "".join(f"%{ord(c):02x}" for c in s) + "\n"),
    "hexadecimal": (lambda: letters(12), lambda s: hunted(s) + s.encode().hex() + "\n"),
    "split over lines": (lambda: letters(24), lambda s: hunted(s) + f"{s[:9]}\n   {s[9:17]}\\\n{s[17:]}\n"),
    "base64 over lines": (lambda: letters(40), lambda s: hunted(s) + _wrapped(base64.b64encode(s.encode()).decode())),
    "value on the next line": (lambda: letters(16), lambda s: f"client_secret:\n  {s}\n"),
    "PEM": (lambda: letters(180), lambda s: f"-----BEGIN RSA PRIVATE KEY-----\n{_wrapped(s)}-----END RSA PRIVATE KEY-----\n"),
    "PEM cut off": (lambda: letters(120), lambda s: f"-----BEGIN PRIVATE KEY-----\n{_wrapped(s)}"),
    "PEM in JSON": (lambda: letters(120), lambda s: json.dumps({"k": f"-----BEGIN EC PRIVATE KEY-----\n{_wrapped(s)}-----END EC PRIVATE KEY-----"}) + "\n"),
    "bearer": (lambda: letters(30), lambda s: f"> Authorization: Bearer {s}\n"),
    "issued token": (lambda: "ghp_" + letters(36), lambda s: f"remote: {s} denied\n"),
    "option": (lambda: letters(12), lambda s: f"exec: mysql --password={s} -u x\n"),
    "password hash": (lambda: "$6$" + letters(10) + "$" + letters(60), lambda s: f"root:{s}:19000::\n"),
    "known nowhere else": (lambda: letters(26), lambda s: f"loaded {s} from flash\n"),
    "of a command": (lambda: letters(11), lambda s: f"sshpass -p {s} ssh x\ncurl -u admin:{s} https://h/\n"),
    "quotes without a sign": (lambda: blanks(18), lambda s: f'set_network 0 psk "{s}"\n'),
    "a block of YAML": (lambda: blanks(18), lambda s: f"password: >-\n  {s}\nnext: 1\n"),
    "far behind its key": (lambda: letters(11), lambda s: f"wifi-security.psk:             {s}\n"),
    "markup": (lambda: letters(14), lambda s: f"<wifiPassword>{s}</wifiPassword>\n"),
    "IMEI": (lambda: with_check_digit("35" + digits(12)), lambda s: f"modem says {s}\n"),
    "IMSI": (lambda: "2620" + digits(11), lambda s: f"imsi: {s}\n"),
    "ICCID": (lambda: "8949" + digits(15), lambda s: f"+QCCID {s}\n"),
    "phone number": (lambda: "+49 171 " + digits(7), lambda s: f"own number {s}\n"),
    "mail address": (lambda: f"{letters(6).lower()}.{letters(7).lower()}@example.org", lambda s: f"to <{s}>\n"),
    "said in German": (lambda: letters(9), lambda s: f"Das WLAN-Passwort lautet {s}.\n"),
    "a plain word said in German": (lambda: "".join(CHANCE.choices(string.ascii_lowercase, k=9)) + "baum", lambda s: f"Passwort lautet {s}\n"),
    "said in English": (lambda: letters(9), lambda s: f"Note: the password for the router was changed to {s}, ask Eva\n"),
    "said behind itself": (lambda: letters(9).lower(), lambda s: f"{s} ist das neue Passwort\n"),
    "in quotation marks": (lambda: letters(9), lambda s: f"Kennwort ist \u201e{s}\u201c!\n"),
    "PIN told to a modem": (lambda: digits(8), lambda s: f'<debug> AT+CPIN="{s}"<CR>\nAT+CPIN={s}\nAT+CLCK="SC",1,"{s}"\n'),
    "password told to a modem": (lambda: letters(11), lambda s: f'send (AT+CGAUTH=1,2,"internet","{s}")\n'),
    "PIN said": (lambda: digits(8), lambda s: f"Die SIM-PIN lautet {s}\n"),
    "to sudo by a pipe": (lambda: letters(9), lambda s: f"COMMAND=/bin/sh -c echo {s} | sudo -S reboot\n"),
    "of nmcli": (lambda: letters(9), lambda s: f"nmcli dev wifi connect lab password {s} ifname wlan0\n"),
    "community of snmpd": (lambda: letters(9), lambda s: f"rocommunity {s} 10.0.0.0/8\ncom2sec local default {s}\n"),
    "community said": (lambda: letters(9), lambda s: f'snmp: trap with community "{s}" refused\n'),
    "community of a command": (lambda: letters(9), lambda s: f"snmpbulkwalk -v2c -c {s} 10.1.1.1\n"),
    "SNMP version 3": (lambda: letters(12), lambda s: f'createUser probe SHA "{s}" AES "{s}"\nsnmpget -v3 -u probe -A {s} -X {s} h o\n'),
    "number abroad, by 00": (lambda: "0049 171 " + digits(7), lambda s: f"call me: {s}\n"),
    "number abroad, in one": (lambda: "0049171" + digits(7), lambda s: f"dialled {s} twice\n"),
    "number at home": (lambda: "0171/" + digits(7), lambda s: f"Tel.: {s}\n"),
    "number of a modem": (lambda: "0171" + digits(7), lambda s: f'+CNUM: "","{s}",129\n'),
    "position of GGA": (lambda: "48" + digits(2) + "." + digits(4), lambda s: f"$GPGGA,123519,{s},N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\n"),
    "position of RMC": (lambda: "011" + digits(2) + "." + digits(5), lambda s: f"$GNRMC,081836,A,4807.03800,N,{s},E,000.0,360.0,130998,011.3,E*62\n"),
    "position in a sentence": (lambda: "48." + digits(5), lambda s: f"gps fix: lat {s} lon 11.51667\n"),
    "position on a map": (lambda: "48." + digits(6), lambda s: f"see https://maps.example/?q={s},11.516670\n"),
    "position in degrees": (lambda: "4" + digits(1) + "\u00b0" + digits(2) + "'" + digits(2) + '.5"', lambda s: f"at {s}N\n"),
    "user of sudo": (lambda: "j" + letters(7).lower(), lambda s: f"sudo:    {s} : TTY=pts/0 ; PWD=/home/{s} ; USER=root ; COMMAND=/bin/ls\n"),
    "user of a session": (lambda: "j" + letters(7).lower(), lambda s: f"pam_unix(sudo:session): session opened for user root(uid=0) by {s}(uid=1001)\n"),
    "user of logind": (lambda: "j" + letters(7).lower(), lambda s: f"systemd-logind[612]: New session 3 of user {s}.\n"),
    "user of sshd": (lambda: "j" + letters(7).lower(), lambda s: f"sshd[9]: Invalid user {s} from 10.9.8.7 port 22\nsshd[9]: Disconnected from user {s} 10.9.8.7 port 22\n"),
    "user of cron": (lambda: "j" + letters(7).lower(), lambda s: f"CRON[77]: ({s}) CMD (run-parts /etc)\n"),
    "user of who": (lambda: "j" + letters(7).lower(), lambda s: f"{s}    pts/0        2026-11-28 12:00 (10.9.8.7)\n"),
    "full name of a user": (lambda: f"Erika {letters(6).capitalize()}", lambda s: f"ej:x:1001:1001:{s},,,:/home/ej:/bin/bash\n"),
    "name in German": (lambda: f"Erika {letters(6).capitalize()}", lambda s: f"Techniker: {s}\n"),
    "name": (lambda: f"Erika {letters(6).capitalize()}", lambda s: f"Technician: {s}\n"),
}  # fmt: skip


def _wrapped(text: str) -> str:
    return "".join(f"{text[at : at + 32]}\n" for at in range(0, len(text), 32))


def readable(text: str) -> tuple[str, ...]:
    """The text as it is, unwrapped and unquoted: what somebody reads it for."""
    unquoted = re.sub(r"%([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), text)
    return text, re.sub(r"[ \t]{0,9}(?:\\n|\\?\n)[ \t]{0,9}", "", text), unquoted


def leaks(secret: str, texts: tuple[str, ...]) -> bool:
    """Whether somebody could read it out of there."""
    coded = [base64.b64encode(b"\0" * ahead + secret.encode())[(0, 4, 4)[ahead] : -4] for ahead in range(3)]
    long = [each.decode() for each in coded if len(each) >= 8]  # fewer letters stand in any text by chance
    written = [secret, json.dumps(secret)[1:-1], secret.encode().hex(), *long]
    return any(form in each for form in written for each in texts)


LINES = 60_000 if LARGE else 6_000  # 5 MB, or a half


def test_300_planted_secrets_deep_in_a_long_log_do_not_leave() -> None:
    planted = [(way, make()) for way, (make, _) in WAYS.items() for _ in range(10)]
    log = [LINE.format(at % 60, at * 37, at % 90) for at in range(LINES)]
    for number, (way, secret) in enumerate(planted):
        log.insert((number + 1) * LINES // (len(planted) + 2), WAYS[way][1](secret))
    configured = [blanks(20), letters(10)]
    log.insert(LINES - 500, f"x{configured[1]}y {configured[0]}\n")
    files = {"logs/01-journal.log": "".join(log).encode(), "bundle.json": json.dumps(planted).encode()}
    assert len(planted) >= 300
    assert len(files["logs/01-journal.log"]) > LINES * 84
    found = look(files, KnownBefore(configured), Tokens())
    replaced = found.replaced()
    texts = readable("".join(data.decode() for data in replaced.values()))
    left = [(way, secret) for way, secret in planted if leaks(secret, texts)]
    assert left == []
    assert not [each for each in configured if leaks(each, texts)]
    assert [len(data) for data in replaced.values()] == [len(data) for data in files.values()]
    assert json.loads(replaced["bundle.json"])
    assert replaced["logs/01-journal.log"].count(b"new high-speed USB device") == LINES


HARMLESS = """\
password is required for user root
The password is wrong. Das Passwort ist falsch. Passwort ist abgelaufen!
sshd[9]: Server listening with password authentication disabled
ii  passwd  1:4.8.1-2ubuntu2.1  arm64  change and administer password and group data
sudo: pam_unix(sudo:session): session opened for user root(uid=0) by (uid=0)
systemd-logind[612]: New session c1 of user gdm.
systemd[1]: Started Session 3 of User ubuntu.
rocommunity public
BGP community: 65000:120
gpio pin 105 is wired, irq pin is 12
power 5.123 W, 48.125 N, load 0.123,0.456, position 0.123 rad
00000010  0049 1711 2345 6789 abcd ef00
-rw-r--r-- 0644 123456 0755 1234567
tegra-i2c 3160000.i2c: 0049 not responding
kernel: [   12.345678] serial8250: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200)
"""


def test_what_only_resembles_a_secret_stays() -> None:
    found = look({"a.log": HARMLESS.encode()}, KnownBefore(), Tokens())
    assert [(each["line"], each["rule"]) for each in found.replacements()] == []


def test_the_verdicts_are_the_same_before_and_after() -> None:
    cases = [(path.stem, path.read_text(), _of(path, "err"), _status(path)) for path in FOLDER.glob("*.out")]
    cases += [(each.diagnostic, each.stdout, each.stderr, each.exit_status) for each in saved_texts()]
    for case in CASES:
        text = (CORPUS / case["file"]).read_bytes().decode("utf-8", "replace")
        cases.append((case["id"], text, case.get("stderr", ""), case.get("exit_status", 0)))
    if FIELD.is_file():
        told = [json.loads(line) for line in FIELD.read_text().splitlines()]
        cases += [(each["id"], each["stdout"], each["stderr"], each["exit_status"]) for each in told]
    else:
        warnings.warn(f"the field cases are not at {FIELD}: they are not tried", stacklevel=1)
    assert len(cases) > 300
    tokens = Tokens()
    changed = [case[:2] for case in cases if _judged(*case) != _judged(*_replaced(case, tokens))]
    assert changed == []


def _of(path: Path, kind: str) -> str:
    other = path.with_suffix(f".{kind}")
    return other.read_text() if other.exists() else ""


def _status(path: Path) -> int:
    return int(_of(path, "exit") or 0)


def _judged(name: str, stdout: str, stderr: str, status: int | None) -> list[str]:
    told = judge(name, stdout, stderr, status)
    return [told.verdict, *sorted(each.verdict for each in told.findings)]


def _replaced(case: tuple[str, str, str, int | None], tokens: Tokens) -> tuple[str, str, str, int | None]:
    files = {
        name: text.encode("utf-8", "surrogatepass") for name, text in zip(("o", "e"), case[1:3], strict=True)
    }
    new = look(files, KnownBefore(board=DEVICE), tokens).replaced()
    return case[0], *(new[name].decode("utf-8", "surrogatepass") for name in ("o", "e")), case[3]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("48:b0:2d:12:34:56", r"48:b0:2d(:[0-9a-f]{2}){3}"),
        ("10.42.17.128", r"10\.\d\d\.\d\d\.\d{3}"),
        ("192.168.7.1", r"192\.168\.\d\.1"),
        ("fe80::4ab0:2dff:fe12:3456", r"fe80(::[0-9a-f]{4})(:[0-9a-f]{4}){3}"),
        ("2001:db8::7", r"2[0-9a-f]{3}:[0-9a-f]{3}::[0-9a-f]"),
        ("1424024012345", r"[1-9]\d{12}"),
        ("S4EVNX0M-12b", r"[A-Z]\d[A-Z]{4}\d[A-Z]-\d\d[a-z]"),
        ("Über straße 7", r"\w[a-z]{3} [a-z]{4}\w[a-z] \d"),
    ],
)
def test_a_token_keeps_the_form_and_the_length(value: str, form: str, tmp_path: Path) -> None:
    token = Tokens(tmp_path / "map.json").token(value)
    assert re.fullmatch(form, token)
    assert token != value
    assert len(token.encode()) == len(value.encode())


def test_two_addresses_of_one_network_stay_in_one() -> None:
    tokens = Tokens()
    one, other = tokens.token("10.42.17.128"), tokens.token("10.42.17.129")
    assert one.rpartition(".")[0] == other.rpartition(".")[0]
    assert one != other


def test_the_same_value_has_the_same_token_in_a_later_bundle_and_the_map_is_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "replacements.json"
    text = {"a.log": b"serial: 1424024012345 at 48:b0:2d:12:34:56, password=Tr0ub4dor&3 x\n"}
    later = {"b/c.log": b"enx48b02d123456 of S/N:1424024012345\nMAC 48-B0-2D-12-34-56\n"}
    tokens = Tokens(path)
    first = look(text, KnownBefore(), tokens).replaced()["a.log"].decode()
    tokens.save()
    kept = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "1424024012345" in kept
    assert "Tr0ub4dor" not in kept
    serial, mac = re.findall(r"serial: (\d+) at (\S+),", first)[0]
    board = KnownBefore(board=DEVICE)
    second = look({**text, **later}, board, Tokens(path)).replaced()["b/c.log"].decode()
    assert serial in second
    assert f"enx{mac.replace(':', '')}" in second
    assert mac.replace(":", "-").upper() in second


def test_each_replacement_has_file_line_and_rule_and_what_is_kept_stays() -> None:
    files = {"a.log": b"one\nuser=Erika\nhost 10.42.17.128\n", "raw.bin": b"\x00\xff10.42.17.128"}
    found = look(files, KnownBefore(), Tokens())
    told = {(each["file"], each["line"], each["rule"]) for each in found.replacements()}
    assert told == {("a.log", 2, "name by the word before it"), ("a.log", 3, "address (IPv4)")}
    question = next(each for each in found.questions if each.text == "10.42.17.128")
    assert (question.file, question.line, question.count) == ("a.log", 3, 1)
    kept = found.replaced(keep={question.id})
    assert b"10.42.17.128" in kept["a.log"]
    assert b"Erika" not in kept["a.log"]
    assert kept["raw.bin"] == files["raw.bin"]
    assert "10.42.17.128" not in question.id


def test_a_text_with_nul_is_a_text() -> None:
    found = look({"a.out": b"serial=1424024012345\0model\0"}, KnownBefore(board=DEVICE), Tokens())
    assert b"1424024012345" not in found.replaced()["a.out"]


def test_a_part_that_is_no_text_and_holds_a_known_password_is_left_out() -> None:
    found = look({"photo.jpg": b"\xff\xd8\x00hunter2-secret"}, KnownBefore(["hunter2-secret"]), Tokens())
    assert found.replaced() == {}
    assert found.left_out[0][0] == "photo.jpg"


@pytest.mark.parametrize(
    "unit", ["password=", "a:", "%41", "\\u00e4", "1.", "=A", " \n", "-----BEGIN A KEY-----", "9", "Ab1"]
)
def test_no_text_takes_more_than_its_length(unit: str) -> None:
    def seconds(times: int) -> float:
        began = time.thread_time()
        look({"a.log": (unit * times).encode()}, KnownBefore(), Tokens()).replaced()
        return time.thread_time() - began

    short = max(seconds(1_000), 0.03)
    assert seconds(8_000) < short * 60
