"""What a prompt of a login asks for: the password, a new password, or something else. Pure.

The password answers nothing but a question for the password. Names of passwords and of codes are those of
the translations of Linux-PAM, OpenSSH and the usual one-time code modules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


@dataclass(frozen=True)
class Prompt:
    """One question of a login. echo: whether the answer may be seen while it is typed."""

    text: str
    echo: bool


class Wanted(StrEnum):
    """What a prompt asks for."""

    PASSWORD = "password"  # noqa: S105 - a word, no secret
    NEW_PASSWORD = "new password"  # noqa: S105
    PASSPHRASE = "passphrase"  # noqa: S105
    OTHER = "other"


def _any(*words: str) -> Callable[[str], re.Match[str] | None]:
    """Look for any of these words; compiled with the first prompt, not at each start."""

    @cache
    def pattern() -> re.Pattern[str]:
        return re.compile("|".join(words), re.IGNORECASE)

    return lambda text: pattern().search(text)


_passphrase = _any(r"passphrase for (key )?['\"/]", r"^enter passphrase\b")
_new = _any(
    r"\bnew\b", "retype", "re-enter", r"\bagain\b", "confirm (the |your )?pass", r"\bold\b",
    r"\bcurrent\b", r"\bneues?\b", "wiederhol", "aktuelles", "nouveau", "retapez", "actuel",
    r"nueva?\b", "nuov[ao]", r"\bnova\b", "nieuw", "nytt", r"\bnowe", "повтор", r"\bнов",  # noqa: RUF001
    "текущ", "新", "現在の", "새",
)  # fmt: skip
# A code, also where it calls itself a password: "One-time password:".
_code = _any(
    r"code\b", r"\bcod[eo]s?\b", "código", "codice", r"\bkod\b", "koodi", "kód", r"\bкод",  # noqa: RUF001
    "コード", "代码", "코드", "验证", "驗證", r"\bpin\b", r"otp\b", r"\btan\b", "token",
    "one[- ]?time", "einmal", "usage unique", "factor", "faktor", "verif", "bestätig",
    "authenticator", "passcode", r"\bduo\b", "challenge", r"\bresponse", "yubikey",
    r"\bcaptcha",
)  # fmt: skip
# What is asked for by name where no password is.
_else = _any(
    "serial", "number", "nummer", "num[eé]ro", "номер", "번호", r"\bid\b", "user ?name",
    "login:", "benutzer", "utilisateur", "employee", "e-?mail", "phone", "telefon",
    r"\bsms\b", "answer", "question", "press", "touch", "option", "select", "choose",
    "device", "gerät", "birth", r"\?\s*$",
)  # fmt: skip
_password = _any(
    "passwor", "passwd", r"\bpass\b", "kennwort", "mot de passe", "contraseñ", "clave",
    "senha", "palavra-passe", "wachtwoord", "lösenord", "passord", "adgangskode",
    "salasana", "hasło", "heslo", "jelsz", "parol", "пароль", "κωδικός πρόσβασης", "şifre",
    "パスワード", "密码", "密碼", "口令", "암호", "비밀번호", "كلمة", "סיסמ", "mật khẩu",
    "geslo", "lozinka", "slaptažod",
)  # fmt: skip


def wanted(text: str, *, echo: bool, alone: bool, said: str = "") -> Wanted:
    """What this prompt is for. alone: the only prompt of the first round, where most servers ask for it.

    A visible answer is never a password. An unknown word alone in the first round is one. It is none where
    what the server said before it speaks of a code. said: that, beside the lines of the prompt itself.
    """
    line = text.strip().rpartition("\n")[2].strip()
    if _passphrase(line):
        return Wanted.PASSPHRASE
    words = _without_address(line)
    if echo or _code(words):
        return Wanted.OTHER
    if _password(words):
        return Wanted.NEW_PASSWORD if _new(words) else Wanted.PASSWORD
    before = _without_address(f"{said}\n{text}")
    known = _new(words) or _else(words) or _code(before)
    return Wanted.OTHER if not alone or known else Wanted.PASSWORD


def _without_address(line: str) -> str:
    """Without the user and host in it, whose names mean nothing: "Password for pin@device:"."""
    return re.sub(r"\S+@\S+", "", line)
