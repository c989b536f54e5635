"""What a server says as it refuses or ends a login -> our error. Pure.

Facts of the words: pam_nologin, pam_unix, pam_limits, pam_faillock, systemd, OpenSSH, dropbear.
"""

from __future__ import annotations

import re

from utils import errors
from utils.redact import redact

SAID_MOST = 500

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")

_EXPIRED = (
    r"password (has |is |was )?expired|expired.{0,40}change your password|required to change your password"
)
_ACCOUNT = r"account.{0,30}(expired|locked|disabled|blocked|closed)|locked due to|access denied|not allowed"
_BOOTING = (
    r"boot(ing)? up|starting up|is booting|nologin|not permitted to log ?in|"
    r"log-?ins? (are|is) (currently )?(dis|not )|(is )?(going|shutting) down|reboot|maintenance|no logins"
)
_FULL = (
    r"too many (users|log-?ins|sessions|connections|clients)|(maximum|max\.?) (number|of)|"
    r"no more (users|sessions|con)|(server|system) (is )?(full|busy)|try again later|"
    r"max-?(logins|sessions|users)"
)


def said(words: str) -> str:
    """The server's words as an error shows them: one line, nothing a terminal acts on, no secret."""
    return " ".join(redact(_CONTROL.sub(" ", words)).split())[:SAID_MOST]


def named(words: str) -> errors.LinkError | None:
    """The error that these words name by themselves, or None."""
    text = said(words)
    for pattern, make in _TABLE:
        if re.search(pattern, text, re.IGNORECASE):
            return make(text)
    return None


def _expired(text: str) -> errors.LinkError:
    return errors.PasswordExpired(f"{errors.PasswordExpired.default_message} It said: {text}", said=text)


KEY_REFUSED = (
    "Is the key's public half in ~/.ssh/authorized_keys of that user on the device? Check SSH_USER and "
    "SSH_KEY_FILE."
)
"""The next step where a key was refused, and no password."""


def _account(text: str) -> errors.LinkError:
    return errors.AuthenticationFailed(
        f"The device does not let this user in. It said: {text}",
        hint="Look at the user's account on the device (chage -l, faillock), or set SSH_USER to another one.",
        said=text,
    )


def _too_often(text: str) -> errors.LinkError:
    return errors.AuthenticationFailed(
        f"The device ended the login after too many refused keys or passwords. It said: {text}",
        hint="Set SSH_KEY_FILE to the one right key, or SSH_USE_AGENT=false if the agent holds many.",
        said=text,
    )


def _booting(text: str) -> errors.LinkError:
    return errors.Booting(f"{errors.Booting.default_message} It said: {text}", said=text)


def _full(text: str) -> errors.LinkError:
    return errors.ChannelRefused(
        f"The device takes no further login. It said: {text}",
        hint="Close other logins to it. It is tried again by itself.", said=text,
    )  # fmt: skip


_TABLE = (
    (r"too many authentication failures", _too_often),
    (_EXPIRED, _expired),
    (_BOOTING, _booting),
    (_FULL, _full),
    (_ACCOUNT, _account),
)
