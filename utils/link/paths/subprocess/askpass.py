"""What the system's ssh asks in a login, answered over a socket that ends with this program.

ssh starts askpass_client.py for each prompt; it asks here and gives ssh the answer. The password is given
once in a login: ssh would try it again by another method. Where nothing may be answered, `trouble` says why,
and ssh is ended before it hears anything. To a helper that fails it would send an empty password.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from utils import errors
from utils.link.login.prompts import Prompt, Wanted, wanted
from utils.link.paths.subprocess.private import KEY, Private

if TYPE_CHECKING:
    from utils.link.login.credentials import Credentials

CLIENT = Path(__file__).with_name("askpass_client.py")
_MOST_BYTES = 4096
_PATIENCE_S = 5.0  # the helper asks at once
_METHOD = re.compile(r"^\(\S+@\S+\) ")  # ssh puts it before what the server asks


class Askpass:
    """Answers the prompts of one ssh. trouble: why it had to end; password_given: it was sent.

    said: a file with ssh's own words, among them what the device says before it asks.
    """

    def __init__(
        self,
        private: Private,
        offer: Credentials,
        user: str,
        answer_for: Callable[[Prompt], str],
        said: Path | None,
    ) -> None:
        self._private, self._offer, self._user, self._answer_for = private, offer, user, answer_for
        self._said = said
        self.trouble: errors.LinkError | None = None
        self.password_given = False
        self._asked = 0
        self._end: Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def listening(self) -> Iterator[dict[str, str]]:
        """What ssh needs in its environment, while it runs."""
        path, over = self._private.new("a"), threading.Event()
        listener = _listener(path)
        thread = threading.Thread(target=self._serve, args=(listener, over), name="v3-askpass", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no thread left on this laptop
            listener.close()
            path.unlink(missing_ok=True)
            raise
        try:
            yield {
                "SSH_ASKPASS": str(self._helper()), "SSH_ASKPASS_REQUIRE": "force", "V3_ASKPASS": str(path),
                "DISPLAY": os.environ.get("DISPLAY", ":0"),
            }  # fmt: skip
        finally:
            over.set()
            thread.join(1.0)
            listener.close()
            path.unlink(missing_ok=True)

    def ends(self, end: Callable[[], None]) -> None:
        """How to end ssh."""
        self._end = end

    def _helper(self) -> Path:
        script = self._private.path / "askpass"
        if not script.exists():
            program = f"{shlex.quote(sys.executable)} -IS {shlex.quote(str(CLIENT))}"
            script.write_text(f'#!/bin/sh\nexec {program} "$1"\n', encoding="utf-8", newline="\n")
            script.chmod(0o700)
        return script

    def _serve(self, listener: socket.socket, over: threading.Event) -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    self._reply(connection)

    def _reply(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE_S)
        text = b""
        while part := connection.recv(_MOST_BYTES):
            text += part
            if len(text) > _MOST_BYTES:
                return
        try:
            answer = self._answer(text.decode("utf-8", "replace"))
        except errors.LinkError as exc:
            self.trouble = self.trouble or exc
            self._end()  # before ssh hears anything
            return
        connection.sendall(b"+" + answer.encode())

    def _answer(self, text: str) -> str:
        """The answer; one of our errors where there is none."""
        if text.startswith("Enter passphrase for key"):  # a device's own prompt has its method before it
            return self._passphrase(text)
        answer = self._for_device(text)
        self._forget()
        return answer

    def _forget(self) -> None:
        """What was said before an answer is a greeting, and no word about it. ssh goes on: it appends."""
        if self._said is not None:
            with contextlib.suppress(OSError):
                os.truncate(self._said, 0)

    @property
    def _before(self) -> str:
        """What was said since the last answer."""
        there = self._said is not None and self._said.exists()
        return self._said.read_text(encoding="utf-8", errors="replace") if self._said and there else ""

    def _for_device(self, text: str) -> str:
        asked = _METHOD.sub("", text)
        self._asked += 1
        alone = self._asked == 1 and asked != text
        match wanted(asked, echo=False, alone=alone, said=self._before):
            case Wanted.PASSWORD:
                return self._password(text)
            case Wanted.NEW_PASSWORD:
                raise errors.PasswordExpired
        return self._answer_for(Prompt(asked.strip(), echo=False))

    def _passphrase(self, text: str) -> str:
        """For ssh itself, which names the file. Before 8.5 it marks no prompt as a device's."""
        key_file = self._offer.key_file
        if key_file is None or key_file.passphrase is None:
            raise errors.NoCredentials(f"ssh asks for a passphrase that is not set: {text.strip()}")
        paths = (key_file.path, self._private.path / KEY)
        if not any(text.startswith(f"Enter passphrase for key '{_named(path)}'") for path in paths):
            raise errors.NoCredentials(f"ssh asks for the passphrase of another key: {text.strip()}")
        return key_file.passphrase

    def _password(self, text: str) -> str:
        if self.password_given:
            raise self.wrong_password()
        if self._offer.password is None:
            raise errors.NoCredentials("The device asks for a password, and none is set.")
        self.password_given = True
        return self._offer.password

    def wrong_password(self) -> errors.LinkError:
        return errors.AuthenticationFailed(
            f"Wrong password: the device refused the password of user {self._user}."
        )


def _named(path: Path) -> str:
    """As ssh names a file in its prompt."""
    return os.fsencode(path)[:100].decode("utf-8", "replace")


def _listener(path: Path) -> socket.socket:
    if sys.platform == "win32":  # see OpenSsh._answering
        raise NotImplementedError
    listener = socket.socket(socket.AF_UNIX)
    try:
        folder = os.open(path.parent, os.O_RDONLY)
        try:  # Linux takes a long name so; elsewhere a short folder was found before (private.py)
            short = Path(f"/proc/self/fd/{folder}")
            listener.bind(str((short if short.exists() else path.parent) / path.name))
        finally:
            os.close(folder)
        listener.listen(4)
        listener.settimeout(0.2)  # how soon its thread ends with ssh
    except OSError as exc:
        listener.close()
        raise errors.LinkInternal(
            f"ssh cannot be told the password: {exc}.", hint="Set TMPDIR to a folder with a short name."
        ) from exc
    return listener
