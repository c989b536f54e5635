"""What a prompt wants, and what a server's words mean."""

from __future__ import annotations

import pytest

from utils import errors
from utils.link.login import words as loginwords
from utils.link.login.prompts import Wanted, wanted

PASSWORDS = (
    "Password: ",
    "Password for tech@board:",
    "tech@board's password: ",
    "(tech@board) Password: ",
    "Passwort:",
    "Passwort für tech: ",
    "Mot de passe : ",
    "Contraseña:",
    "Senha: ",
    "Wachtwoord: ",
    "Hasło: ",
    "Пароль: ",
    "密码:",
    "パスワード:",
    "암호:",
    "Salasana: ",
    "Lösenord: ",
    "LDAP Password: ",
    "[sudo] password for tech: ",
    "You may try once.\nPassword:",
    "Password for pin@device:",
)
OTHERS = (
    "Verification code: ",
    "One-time password (OATH) for `tech': ",
    "Enter PASSCODE:",
    "Token: ",
    "Employee number:",
    "(tech@board) Verification code: ",
    "Passcode or option (1-2): ",
    "Code de vérification : ",
    "PIN:",
    "Bestätigungscode: ",
    "Einmalpasswort: ",
    "Код подтверждения:",
    "验证码:",
    "User name:",
    "login: ",
    "What is your favourite colour?",
    "Yubikey for `tech': ",
    "otp-md5 487 ga1234\nResponse: ",
    "Enter the code from your app\n> ",
)
NEW = (
    "New password: ",
    "Retype new password: ",
    "(current) UNIX password: ",
    "Neues Passwort: ",
    "Current password:",
)


@pytest.mark.parametrize("text", PASSWORDS)
@pytest.mark.parametrize("alone", [True, False])
def test_a_question_for_the_password_is_known_in_many_languages(text: str, alone: bool) -> None:
    assert wanted(text, echo=False, alone=alone) is Wanted.PASSWORD
    assert wanted(text, echo=True, alone=alone) is Wanted.OTHER  # what may be seen is none


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("alone", [True, False])
def test_a_question_for_something_else_never_gets_the_password(text: str, alone: bool) -> None:
    assert wanted(text, echo=False, alone=alone) is Wanted.OTHER


@pytest.mark.parametrize("text", NEW)
def test_a_new_password_is_asked_of_nobody(text: str) -> None:
    assert wanted(text, echo=False, alone=True) is Wanted.NEW_PASSWORD


def test_an_unknown_word_is_the_password_only_alone_in_the_first_round() -> None:
    assert wanted("Phasal-faire: ", echo=False, alone=True) is Wanted.PASSWORD
    assert wanted("Phasal-faire: ", echo=False, alone=False) is Wanted.OTHER
    assert wanted("Enter passphrase for key '/x': ", echo=False, alone=True) is Wanted.PASSPHRASE


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "System is booting up. Unprivileged users are not permitted to log in yet. Please come "
            "back later. For technical details, see pam_nologin(8).",
            errors.Booting,
        ),
        ("System is going down. Unprivileged users are not permitted to log in anymore.", errors.Booting),
        ("Too many authentication failures", errors.AuthenticationFailed),
        ("Your account has expired; please contact your system administrator.", errors.AuthenticationFailed),
        ("The account is locked due to 3 failed logins.", errors.AuthenticationFailed),
        ("Too many users on this board", errors.ChannelRefused),
        ("Too many logins for 'tech'.", errors.ChannelRefused),
        ("WARNING: Your password has expired.\nYou must change your password now", errors.PasswordExpired),
        (
            "You are required to change your password immediately (administrator enforced).",
            errors.PasswordExpired,
        ),
    ],
)
def test_the_servers_words_give_the_code_and_are_shown(words: str, kind: type[errors.LinkError]) -> None:
    error = loginwords.named(words)
    assert type(error) is kind
    assert loginwords.said(words) in str(error)
    assert error.retryable is (kind in (errors.Booting, errors.ChannelRefused))


def test_words_are_shown_on_one_line_and_not_without_end() -> None:
    assert loginwords.said("\x1b[31mNo\r\n\x07more\u202e ") == "[31mNo more"
    assert len(loginwords.said("x" * 5000)) == loginwords.SAID_MOST
    assert loginwords.named("Permission denied, please try again.") is None
