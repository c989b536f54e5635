"""The login on an encrypted connection whose host key was accepted: what is offered, in which order.

First `none`: it lets in where no password is wanted, and tells the methods that the server takes. With it, in
one flight, goes the key file, or the password where that let us in before. A key file that let us in before
goes alone: sshd answers `none` some 10 ms late. Then, in ssh's order, comes what the server offers at that
moment: the key file, keys of the agent, keyboard-interactive, password. After a partial success it goes on
with what is offered then. A password that was refused is never sent again in the same login, by no method.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import paramiko
from paramiko.ssh_exception import SSHException

from utils import errors
from utils.link.login import words as loginwords
from utils.link.login.agent_keys import MOST_OFFERED, AgentKeys
from utils.link.login.credentials import Credentials, credentials
from utils.link.login.prompts import Wanted, wanted
from utils.link.login.question import AskPerson, Question, nobody
from utils.link.login.userauth import (
    Accepted,
    ChangeWanted,
    KeyWanted,
    Prompted,
    Refused,
    Reply,
    Silence,
    UserAuth,
)  # fmt: skip
from utils.link.request import Deadline
from utils.link.transport.transport import Transport
from utils.model.rungs import Tell, silent
from utils.redact import redact
from utils.settings import Settings

LOGIN_S = 10.0
INTERACTIVE = "keyboard-interactive"
_LET_IN: dict[str, str] = {}  # by which way a host key and user let us in last, while this program runs
NO_REFUSAL = (errors.Booting, errors.ChannelRefused, errors.PasswordExpired)  # the password was right


@dataclass
class Way:
    """One thing to offer; go() is None when nothing was sent. spent: not to be offered again."""

    name: str
    method: str
    go: Callable[[], Reply | None]
    spent: bool = False


class Login:
    """Logs in with what the settings offer. refused: called at once for each refused key or password.

    ask: asks a person what the device wants to know and no setting answers.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        tell: Tell = silent,
        ask: AskPerson = nobody,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._tell, self._ask, self._on_refused = tell, ask, refused
        self._offer = Credentials(None, False, None)
        self._ways: list[Way] = []
        self._tried: list[str] = []
        self._refused: list[str] = []
        self._no_agent = ""
        self._partial = ""  # the way that was right, where the device wants more
        self._password_sent = self._asked = self._asked_person = False

    def run(self, transport: Transport, deadline: Deadline) -> None:
        """Return when the device let us in; one of our errors otherwise."""
        self._deadline = Deadline(max(0.05, deadline.at_most(LOGIN_S)))
        self._offer = credentials(self._settings)
        self._transport = transport
        transport.auth_timeout = LOGIN_S
        self._where = f"{transport.get_remote_server_key().fingerprint} {self._settings.ssh_user}"
        self._auth = UserAuth(transport, self._settings.ssh_user)
        agent = AgentKeys() if self._offer.use_agent else None
        try:
            self._ways = list(self._all_ways(agent))
            how = self._log_in()
        except Silence as exc:
            self._tell("method", f"{self._last}: no answer")
            raise errors.LoginTimeout from exc
        except errors.LinkError:
            _LET_IN.pop(self._where, None)  # the next login takes no short cut
            raise
        finally:
            if agent is not None:
                agent.close()
        redact.add(
            *self._settings.login_secrets()
        )  # now that they are right: a mistyped one is anybody's word
        self._tell("login", f"user {self._settings.ssh_user}, {how}")

    @property
    def _last(self) -> str:
        return self._tried[-1] if self._tried else "login"

    def _log_in(self) -> str:
        """By what the device let us in."""
        ahead = self._ahead()
        known = ahead is not None and _LET_IN.get(self._where) == ahead.name
        short = known and self._offer.key_file is not None
        self._auth.ask_for_service()
        if not short:
            self._auth.send_none()
        self._send_ahead(ahead, with_session=known)
        reply = Refused((), partial=False) if short else self._reply()
        if isinstance(reply, Accepted):
            return "without a password"
        while isinstance(reply, Refused):
            way = ahead or self._next(reply)
            self._tried.append(way.name)
            answer = self._reply() if ahead else way.go()
            if isinstance(answer, Accepted):
                _LET_IN[self._where] = way.name
                return f"by {way.name}"
            if isinstance(answer, Refused):
                offers = answer if short and ahead else reply
                self._after(way, answer, offered=answer.partial or way.method in offers.methods)
            ahead, way.spent = None, True
            reply = answer or reply
        raise self._broken_off(reply)

    def _ahead(self) -> Way | None:
        """One thing that may go before the server says what it takes."""
        key_file, password = self._offer.key_file, self._offer.password
        if key_file is not None:
            key = key_file.keys[0]  # an RSA key signs by an algorithm that the server has yet to name
            return self._ways[0] if key.public_blob is None and "rsa" not in key.get_name() else None
        before = _LET_IN.get(self._where) == "password"
        return self._ways[-1] if password is not None and not self._offer.use_agent and before else None

    def _send_ahead(self, way: Way | None, *, with_session: bool) -> None:
        """Send it. with_session: it let us in before, so the first session is asked for with it."""
        if way is None:
            return
        if self._offer.key_file is not None:
            self._auth.send_key(self._offer.key_file.keys[0])
        elif self._offer.password is not None:
            self._auth.send_password(self._offer.password)
            self._password_sent = True
        if with_session:
            self._transport.open_ahead()

    def _next(self, offered: Refused) -> Way:
        for way in self._ways:
            if not way.spent and way.method in offered.methods and self._fits(way, offered):
                return way
        raise self._nothing_left(offered)

    def _fits(self, way: Way, offered: Refused) -> bool:
        """No questions are asked for only where a password would be wanted and there is none."""
        return (
            way.method != INTERACTIVE or self._offer.password is not None or "password" not in offered.methods
        )

    def _after(self, way: Way, reply: Refused, *, offered: bool) -> None:
        """Note what came of this way. offered: the server was ready to look at it."""
        self._transport.forget_ahead()
        if not offered:
            self._tell("method", f"{way.name}: not offered (the device offers {', '.join(reply.methods)})")
            self._password_sent = False
            return
        if reply.partial:
            self._tell("method", f"{way.name}: accepted, but the device wants more")
            self._partial = way.name
            for other in self._ways:  # what was refused at another place of the order may be right now
                other.spent = other is way
            self._password_sent = False
            return
        known = loginwords.named(self._auth.words)
        if way.method == INTERACTIVE and not self._asked:
            self._tell("method", f"{way.name}: the device asked nothing")
        else:
            self._tell("method", f"{way.name}: refused")
            self._refused.append(way.name)
            if not isinstance(known, NO_REFUSAL):
                self._on_refused()
        if known is not None:
            raise known
        if self._asked_person:
            raise errors.AuthenticationFailed(
                f"The device refused the answer.{self._it_said()}", hint="Connect again and answer again."
            )

    # -- what is offered ----------------------------------------------------------------------

    def _all_ways(self, agent: AgentKeys | None) -> Iterator[Way]:
        for key in self._offer.key_file.keys if self._offer.key_file else ():
            name = "key" if key.public_blob is None else "certificate"
            yield Way(name, "publickey", functools.partial(self._by_key, key))
        for key in self._some_keys(agent) if agent is not None else ():
            yield Way("agent key", "publickey", functools.partial(self._by_agent_key, key))
        yield Way(INTERACTIVE, INTERACTIVE, self._by_answers)
        if self._offer.password is not None:
            yield Way("password", "password", self._by_password)

    def _some_keys(self, agent: AgentKeys) -> tuple[paramiko.PKey, ...]:
        if agent.trouble or not agent.keys:
            why = agent.trouble or "it holds no key"
            self._no_agent = f"The SSH agent has nothing to log in with: {why}."
            self._tell("method", f"agent: left out, {why}")
        elif len(agent.keys) > MOST_OFFERED:
            self._tell("method", f"agent: only {MOST_OFFERED} of its {len(agent.keys)} keys are offered")
        return agent.keys[:MOST_OFFERED]

    def _by_key(self, key: paramiko.PKey) -> Reply | None:
        try:
            self._auth.send_key(key)
        except SSHException as exc:
            self._tell("method", f"key: not offered ({exc})")
            return None
        return self._reply()

    def _by_agent_key(self, key: paramiko.PKey) -> Reply | None:
        """Ask first whether the key would do: a signature may take a touch or a word of a person."""
        try:
            self._auth.ask_for_key(key)
            reply = self._reply()
            if isinstance(reply, KeyWanted):
                self._auth.send_key(key)
                reply = self._reply()
        except (SSHException, OSError, ValueError) as exc:
            self._tell("method", f"agent key: left out, the agent did not sign ({type(exc).__name__})")
            return None
        return reply

    def _by_password(self) -> Reply | None:
        assert self._offer.password is not None
        if self._password_sent:  # it was refused as the answer to a question
            return None
        self._password_sent = True
        self._auth.send_password(self._offer.password)
        return self._reply()

    def _by_answers(self) -> Reply:
        self._asked = self._asked_person = False
        self._auth.send_interactive()
        reply = self._reply()
        while isinstance(reply, Prompted):
            self._auth.send_answers(self._answers(reply) if reply.prompts else [])
            reply = self._reply()
        return reply

    def _answers(self, asked: Prompted) -> list[str]:
        """The password where it is asked for, once; what a person says to the rest."""
        alone = len(asked.prompts) == 1 and not self._asked and self._partial not in ("password", INTERACTIVE)
        self._asked = True
        kinds = [wanted(each.text, echo=each.echo, alone=alone, said=asked.words) for each in asked.prompts]
        if Wanted.NEW_PASSWORD in kinds:
            raise self._expired(f"{asked.words} {asked.prompts[0].text}")
        answers: list[str | None] = [None] * len(asked.prompts)
        if Wanted.PASSWORD in kinds:
            self._need_password(asked, kinds)
            if self._offer.password is not None:
                answers[kinds.index(Wanted.PASSWORD)] = self._offer.password
                self._password_sent = True
        rest = [p for p, answer in zip(asked.prompts, answers, strict=True) if answer is None]
        if rest:
            self._tell("method", f"{INTERACTIVE}: the device asks what no setting answers")
            told = iter(self._ask(Question(rest, asked.words, self._transport.is_active)))
            answers = [next(told) if answer is None else answer for answer in answers]
            self._asked_person = True
            self._deadline = Deadline(LOGIN_S)
        return [answer for answer in answers if answer is not None]

    def _need_password(self, asked: Prompted, kinds: list[Wanted]) -> None:
        """Raise where the password is asked for and must not be given (again)."""
        if self._password_sent:  # it asks once more: the first answer was wrong
            self._tell("method", f"{INTERACTIVE}: refused")
            self._on_refused()
            raise self._wrong_password()
        if self._offer.password is None and len(asked.prompts) == 1:
            raise errors.NoCredentials(f"The device asks for a password, and none is set.{self._it_said()}")

    def _reply(self) -> Reply:
        if self._deadline.passed:  # a server that asks without end
            raise Silence
        return self._auth.reply(self._deadline.left)

    # -- why it ended -------------------------------------------------------------------------

    def _it_said(self) -> str:
        said = loginwords.said(self._auth.words)
        return f" It said: {said}" if said and self._tried else ""

    def _wrong_password(self) -> errors.LinkError:
        user = self._settings.ssh_user
        return errors.AuthenticationFailed(
            f"Wrong password: the device refused the password of user {user}.{self._it_said()}"
        )

    def _expired(self, words: str) -> errors.LinkError:
        said = loginwords.said(words)
        return errors.PasswordExpired(f"{errors.PasswordExpired.default_message} It said: {said}", said=said)

    def _nothing_left(self, offered: Refused) -> errors.LinkError:
        user, methods = self._settings.ssh_user, ", ".join(offered.methods)
        if {"password", INTERACTIVE} & set(self._refused):
            return self._wrong_password()
        if self._partial:
            return errors.AuthenticationFailed(f"The device wants more than the {self._partial}: {methods}.")
        if self._refused:
            what = " and the ".join(dict.fromkeys(self._refused))
            return errors.AuthenticationFailed(
                f"The device refused the {what} of user {user}; it offers: {methods}.{self._it_said()}",
                hint=loginwords.KEY_REFUSED,
            )
        if not self._has_any:
            return errors.NoCredentials(self._no_agent, offers=list(offered.methods))
        for way in self._ways:
            if not way.spent and way.method != INTERACTIVE:
                self._tell("method", f"{way.name}: not offered (the device offers {methods})")
        names = " or a ".join(dict.fromkeys(way.name for way in self._ways if way.method != INTERACTIVE))
        return errors.AuthenticationFailed(f"The device does not accept a {names}; it offers: {methods}.")

    @property
    def _has_any(self) -> bool:
        return any(way.method != INTERACTIVE for way in self._ways)

    def _broken_off(self, reply: Reply) -> errors.LinkError:
        if isinstance(reply, ChangeWanted):
            return self._expired(reply.words)
        self._tell("method", f"{self._last}: the device ended the login")
        words = self._transport.farewell or (self._auth.words if self._tried else "")
        error = loginwords.named(words) or self._unnamed_end(loginwords.said(words))
        if isinstance(error, errors.AuthenticationFailed) and self._tried:
            self._on_refused()
        return error

    def _unnamed_end(self, said: str) -> errors.LinkError:
        if said:
            return errors.AuthenticationFailed(f"The device ended the login. It said: {said}", said=said)
        if self._refused:
            return errors.AuthenticationFailed(
                f"The device refused the {' and the '.join(dict.fromkeys(self._refused))} of user "
                f"{self._settings.ssh_user} and ended the login."
            )
        return errors.LoginTimeout()
