"""The subprocess path: the system's `ssh`, when the persistent path raises before a command was sent.

Same pinned keys, same framing, same deadline, same output cap. The user's own ssh configuration and
known_hosts are left out. What ssh asks is answered by askpass.py: the password is in no argv, in no
environment and in no file. Where the system has it, a
ControlPersist socket of our own keeps later calls fast.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from utils import errors
from utils.laptop import child
from utils.laptop.cable import cable_is_out
from utils.link import LOADING
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge, Told
from utils.link.login.prompts import Prompt
from utils.link.paths.subprocess import through
from utils.link.paths.subprocess.askpass import Askpass
from utils.link.paths.subprocess.call import Call, ssh_error
from utils.link.paths.subprocess.channel import SshChannel
from utils.link.paths.subprocess.private import Private, make_private, path_option
from utils.link.paths.subprocess.standing import HOLD_S, Standings
from utils.link.paths.subprocess.turns import Turns
from utils.link.request import Deadline, Request
from utils.link.transport.sockets import require_way, way_by_number
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.link.trust.key_types import signed_by
from utils.link.trust.known_devices import write_atomically
from utils.model.results import CommandResult
from utils.redact import redact
from utils.settings import HostKeyPolicy, Settings

if TYPE_CHECKING:
    from utils.link.login.credentials import Credentials
    from utils.link.paths.subprocess.terminal import SshTerminal

log = logging.getLogger("v3.ssh")

Made = TypeVar("Made")

ALIAS = "v3-device"
CONNECT_S = 5
MOST_COMMANDS = 6  # OpenSSH's MaxSessions is 10 by default; the rest is for terminals, streams and stops
STOP_S = 5.0
LEARN_S = 8.0
# Offered only with SSH_ALLOW_SHA1: devices of before 2017 know nothing newer.
_SHA1 = (
    "KexAlgorithms=+diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
    "HostKeyAlgorithms=+ssh-rsa",
    "PubkeyAcceptedKeyTypes=+ssh-rsa",  # its name before 8.5, which every later one knows too
)


class OpenSsh:
    """The system's ssh for one target. Makes its private folder at the first call.

    standings: who answers, once per login (standing.py).
    """

    def __init__(
        self, settings: Settings, host_keys: HostKeys, answer_for: Callable[[Prompt], str | None]
    ) -> None:
        self._settings = settings
        self._answer_for = answer_for
        self._host_keys = host_keys
        self._lock = threading.Lock()
        self._folder: Private | None = None
        self._pid = os.getpid()
        self._turns = Turns()
        self._places = threading.Semaphore(MOST_COMMANDS)
        self.shown_key: HostKey | None = None
        """The key that was looked at last: what an error about an unknown or changed key is about."""
        self.standings = Standings(
            host_keys, settings.target.where, holds=self._holds,
            cable_out=lambda: cable_is_out(settings.target),
        )  # fmt: skip

    @property
    def available(self) -> bool:
        return shutil.which("ssh") is not None

    @property
    def trying(self) -> bool:
        """Whether a call may be logging in now."""
        return self._turns.trying

    def turn(self, request: Request) -> contextlib.AbstractContextManager[None]:
        """The turn of a call that may log in: hold it around run(), stream(), terminal() or look()."""
        self._after_fork()
        return self._turns.turn(request)

    def run(self, request: Request) -> CommandResult:
        """One command, on the device it is meant for, or on any trusted one if it is meant for none.

        A key that nobody trusts is looked at, and trusted or asked about as on the other path.
        """
        with self._place(request), contextlib.closing(self._channel(request)) as channel:
            try:
                return replace(channel.begin().collect(), device=channel.on)
            except errors.V3Error as exc:
                exc.device = channel.on if request.sent else None
                raise

    @contextlib.contextmanager
    def _place(self, request: Request) -> Iterator[None]:
        """One of MOST_COMMANDS: each more would log in by itself where the device has no session left."""
        while not self._places.acquire(timeout=max(0.001, request.deadline.at_most(0.1))):
            request.check()
        try:
            yield
        finally:
            self._places.release()

    def stream(self, request: Request) -> SshChannel:
        """A command that goes on, begun and not waited for."""
        channel = self._channel(request)
        try:
            return channel.begin()
        except BaseException:
            channel.close()
            raise

    def look(self, request: Request) -> None:
        """Makes sure who answers, and that the connection stands. No command is run."""
        self._channel(request).close()

    def terminal(self, request: Request, cols: int, rows: int) -> SshTerminal:
        """A login shell on a PTY. Its output begins behind the answer that says what device it is."""
        from utils.link.paths.subprocess.terminal import SshTerminal  # needs a system that has PTYs

        def make(key: HostKey) -> SshTerminal:
            known, said, challenge = self._known_hosts(key), self._private().new("said"), Challenge()
            argv = [*self._argv(known, said, tty=True), scripts.terminal_command(challenge)]
            terminal = None
            try:
                with self._answering() as (environment, ends):
                    terminal = SshTerminal(argv, environment, said, cols, rows, up=self._holds)
                    ends(terminal.kill)
                    who = terminal.prove(challenge.answer, request)
                self._accepted()
                terminal.standing = self.standings.settle(request, key, who)
            except BaseException:
                if terminal is not None:
                    terminal.close()
                raise
            self.standings.use()
            terminal.on_close, terminal.on_lost = self.standings.done, self.standings.failed
            return terminal

        if self.standings.now is None:
            self.look(request)  # an ssh that becomes the shared connection does not tell that there is no PTY
        return self._on_its_device(request, make)

    def _channel(self, request: Request) -> SshChannel:
        """A channel whose script has answered, on the device the request is meant for."""
        return self._on_its_device(request, lambda key: self._prove(request, key))

    def _on_its_device(self, request: Request, make: Callable[[HostKey], Made]) -> Made:
        """What is made behind the one key that this request may meet. No other is logged in to."""
        if not self.available:
            raise errors.LinkInternal(
                "There is no ssh program on this laptop. Nothing was run.",
                hint="Install the OpenSSH client, or set SSH_USE_PERSISTENT=true.",
            )
        self._offer()  # what cannot be used is told before ssh is asked
        require_way(self._settings.target)
        request.check()
        try:
            return self._behind_its_key(request, make)
        except errors.Incompatible as exc:
            if not (exc.details.get("sha1") and self._settings.ssh_allow_sha1):
                raise
            raise errors.Incompatible(
                f"{exc} SSH_ALLOW_SHA1 is set, and the system's ssh cannot use them either.",
                hint="Update its SSH server.", offers=exc.details["offers"],
            ) from exc  # fmt: skip

    def _behind_its_key(self, request: Request, make: Callable[[HostKey], Made]) -> Made:
        shared = bool(self._holds())
        key = self._expected_key(request) or self._learn_key(request)
        try:
            return make(key)
        except errors.LinkLost:
            if not shared:
                raise
            return make(key)  # the shared connection was at its end, and nothing of the command had left
        except errors.HostKeyUnknown as exc:
            if request.device is not None:
                raise errors.DeviceChanged(expected=request.device) from exc
        self.standings.forget()
        return make(self._learn_key(request))

    def _expected_key(self, request: Request) -> HostKey | None:
        """The key of the device the request is meant for; else of the one that stands, or was last here."""
        known = {each.fingerprint: each for each in self._host_keys.all()}
        if request.device is not None:
            meant = known.get(request.device.partition(" ")[0])
            if meant is None:
                raise errors.DeviceChanged(expected=request.device)
        elif (standing := self.standings.now) is not None and standing.key.fingerprint in known:
            return standing.key
        else:
            here = [each for each in known.values() if each.address == self._settings.target.where]
            meant = max(here, key=lambda each: each.last_seen, default=None)
        return HostKey(meant.fingerprint, meant.key_type, meant.key) if meant is not None else None

    def _prove(self, request: Request, key: HostKey) -> SshChannel:
        """Nothing of the command leaves before our script has answered, on the device it is meant for."""
        lane_id, challenge, known = secrets.token_hex(8), Challenge(), self._known_hosts(key)
        said = self._private().new("said")
        argv = [*self._argv(known, said), scripts.once_command(lane_id, challenge, who=True)]
        request.sent = False
        with contextlib.ExitStack() as stack:
            stack.callback(said.unlink, missing_ok=True)
            with self._answering() as (environment, ends):
                process = stack.enter_context(_running(argv, environment))
                ends(lambda: _kill(process))
                call = stack.enter_context(contextlib.closing(Call(process, request, said)))
                told = call.prove(challenge.answer, lambda: self._logged_in(known))
            self._accepted()
            standing = self.standings.settle(request, key, told.who)
            self.standings.use()
            stack.callback(self.standings.done)
            return SshChannel(
                call, request, on=standing.device,
                stop=lambda: self._stop(lane_id, told, known, others=request.others),
                close=stack.pop_all().close, on_lost=self.standings.failed,
            )  # fmt: skip

    def drop(self) -> None:
        """Ends the shared connections and whatever goes over them: the device does not answer there."""
        with self._lock:
            folder = self._folder
        if folder is not None:
            self._end_connections(folder)

    def close(self) -> None:
        """Ends the shared connection and removes the private folder."""
        self._after_fork()
        self.standings.forget()
        with self._lock:
            folder, self._folder = self._folder, None
        if folder is None:
            return
        self._end_connections(folder)
        shutil.rmtree(folder.path, ignore_errors=True)

    def _end_connections(self, folder: Private) -> None:
        for path in [path for path in folder.path.iterdir() if path.is_socket()]:
            way = path_option("ControlPath", path)
            argv = ["ssh", "-F", "none", "-o", way, "-O", "exit", *self._target()]
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(argv, env=child.environment(), capture_output=True, timeout=3, check=False)

    # -- what goes to ssh ---------------------------------------------------------------------

    def _argv(self, known_hosts: Path, said: Path, *, tty: bool = False) -> list[str]:
        s = self._settings
        offer = self._offer()
        methods = [name for name, given in (
            ("publickey", offer.key_file or offer.use_agent), ("keyboard-interactive", True),
            ("password", offer.password is not None),
        ) if given]  # fmt: skip
        options = [
            path_option("UserKnownHostsFile", known_hosts), "GlobalKnownHostsFile=none",
            f"HostKeyAlias={ALIAS}", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "CheckHostIP=no",
            f"ConnectTimeout={CONNECT_S}", "ConnectionAttempts=1",
            # ssh counts before the first session is there, and PAM may hold that up for half a minute
            "ServerAliveInterval=5", "ServerAliveCountMax=8", "NumberOfPasswordPrompts=1",
            f"PreferredAuthentications={','.join(methods)}",
            "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no",
            "IdentitiesOnly=yes", "LogLevel=INFO",  # INFO: with the server's words before a refusal
            *self._by_interface(said), *self._identities(offer, known_hosts),
        ]  # fmt: skip
        if s.ssh_allow_sha1:
            options += _SHA1
        if self._private().sockets and self.standings.shared:
            # one shared connection for each key: what is meant for one device never goes to another
            path = self._socket(known_hosts)
            options += ["ControlMaster=auto", path_option("ControlPath", path), f"ControlPersist={HOLD_S}"]
        argv = ["ssh", "-F", "none", "-tt" if tty else "-T", "-E", str(said)]
        argv += [part for option in options for part in ("-o", option)]
        return argv + self._target()

    def _target(self) -> list[str]:
        target = self._settings.target
        host = target.host if self._through else target.shown
        return ["-p", str(target.port), "-l", target.user, "--", host]

    @property
    def _through(self) -> bool:
        """Whether ssh needs our help to leave by the target's interface: it knows link-local zones itself."""
        target = self._settings.target
        by_itself = target.literal is not None and target.literal.is_link_local and not target.usb_port
        return bool(target.interface) and not by_itself

    def _by_interface(self, said: Path) -> list[str]:
        """The options that keep ssh on the target's interface."""
        if not self._through:
            return []
        target = self._settings.target
        if os.name == "nt":
            raise errors.LinkInternal(
                f"On Windows the system's ssh cannot be kept on the interface {target.interface}.",
                hint=f"Set SSH_IP=fe80::1%{target.interface}: ssh keeps to that one by itself.",
            )
        return through.options(*way_by_number(target), said)

    def _offer(self) -> Credentials:
        with LOADING:
            from utils.link.login.credentials import credentials  # with paramiko, which a start does without

        return credentials(self._settings)

    def _identities(self, offer: Credentials, known_hosts: Path) -> list[str]:
        """The options that name the keys to offer: the key file, then some of the agent's."""
        options = []
        if (key := offer.key_file) is not None:
            path = key.path
            if not key.plain_to_ssh:  # as ssh wants it: its permissions, its line ends
                path = self._private().path / "key"
                write_atomically(path, key.text.decode())
            options.append(path_option("IdentityFile", path))
            if key.certificate is not None:
                options.append(path_option("CertificateFile", key.certificate))
        asked = offer.use_agent and not self._logged_in(known_hosts)
        public = self._agent_files() if asked else []
        options += [path_option("IdentityFile", path) for path in public]
        return options if public else [*options, "IdentityAgent=none"]

    def _agent_files(self) -> list[Path]:
        """The public halves of the agent's first keys, which is how ssh is told which of them to offer."""
        from utils.link.login.agent_keys import MOST_OFFERED, AgentKeys

        agent = AgentKeys()
        if agent.trouble:
            log.warning("SSH connection: agent left out, %s", agent.trouble)
        files = []
        for number, key in enumerate(agent.keys[:MOST_OFFERED]):
            files.append(self._private().path / f"agent{number}.pub")
            write_atomically(files[-1], f"{key.get_name()} {key.get_base64()}\n")
        agent.close()
        return files

    def _after_fork(self) -> None:
        """The folder and the connection in it are the parent's: a child makes its own."""
        if self._pid != os.getpid():
            self._pid, self._folder = os.getpid(), None
            self._lock, self._turns = threading.Lock(), Turns()
            self._places = threading.Semaphore(MOST_COMMANDS)
            self.standings.after_fork()

    def _private(self) -> Private:
        with self._lock:
            if self._folder is None:
                self._folder = make_private()
            return self._folder

    def _known_hosts(self, key: HostKey) -> Path:
        """A file with this key alone."""
        path = self._private().path / f"known_hosts.{_tag(key.fingerprint)}"
        text = f"{ALIAS} {key.key_type} {key.base64}\n"
        if not path.exists() or path.read_text() != text:
            write_atomically(path, text)  # another call's ssh may be reading it
        return path

    def _learn_key(self, request: Request) -> HostKey:
        """Ask the server for its key, without any login, and what the policy says about it.

        A key that nobody knows is believed only when the server has no key of another known type.
        Returns the trusted one.
        """
        s = self._settings
        first: errors.V3Error | None = None
        for kind in ("", *self._host_keys.key_types(s.target.where)):
            key = self._shown(request, kind, must=first is None)
            if key is None or (first is not None and key == self.shown_key):
                continue
            self.shown_key = key if first is None else self.shown_key
            try:
                self._host_keys.check(key, s.target.where, HostKeyPolicy(s.ssh_host_keys))
            except (errors.HostKeyUnknown, errors.HostKeyChanged) as exc:
                first = first or exc
            else:
                return key
        assert first is not None
        raise first

    def _shown(self, request: Request, kind: str, *, must: bool) -> HostKey | None:
        """The key that the server shows when it is asked for this type; None when it has none."""
        request.check()
        seen = self._private().new("seen")
        options = [
            path_option("UserKnownHostsFile", seen), "GlobalKnownHostsFile=none", f"HostKeyAlias={ALIAS}",
            "StrictHostKeyChecking=accept-new", "UpdateHostKeys=no", "CheckHostIP=no", "BatchMode=yes",
            "PreferredAuthentications=none", "IdentitiesOnly=yes", "IdentityAgent=none", "LogLevel=INFO",
            f"ConnectTimeout={CONNECT_S}",
            *(_SHA1 if self._settings.ssh_allow_sha1 else ()), *self._by_interface(through.STDERR),
            *([f"HostKeyAlgorithms={','.join(signed_by(kind))}"] if kind else ()),
        ]  # fmt: skip
        argv = ["ssh", "-F", "none", "-T", *(part for option in options for part in ("-o", option))]
        said, status = self._ask(request, [*argv, *self._target(), "true"])
        row = seen.read_text().split() if seen.exists() else []
        seen.unlink(missing_ok=True)
        if len(row) >= 3:
            return HostKey(fingerprint(row[2]), row[1], row[2])
        if must:
            raise ssh_error(said, status)
        return None

    def _ask(self, request: Request, argv: list[str]) -> tuple[str, int]:
        """What ssh said on stderr, and its exit status; NotResponding when it does not end by itself."""
        waited = Deadline(LEARN_S)
        with _running(argv, child.environment()) as process:
            while True:
                try:
                    _, said = process.communicate(timeout=0.1)
                except subprocess.TimeoutExpired:
                    request.check()
                    if waited.passed:
                        raise errors.NotResponding from None
                    continue
                return said.decode(errors="replace"), process.returncode

    # -- processes ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _answering(self) -> Iterator[tuple[dict[str, str], Callable[[Callable[[], None]], None]]]:
        """The environment of an ssh that may have to log in, and how to say what ends it. What it asks is
        answered while this is held, and why it was refused is told."""
        if os.name == "nt":
            yield child.environment(), lambda end: None
            return
        offer = self._offer()
        askpass = Askpass(self._private(), offer, self._settings.ssh_user, self._answer_for)
        with askpass.listening() as further:
            try:
                yield child.environment() | further, askpass.ends
            except errors.LinkError as exc:
                if askpass.trouble is not None:
                    raise askpass.trouble from exc
                if type(exc) is errors.AuthenticationFailed and "said" not in exc.details:
                    raise _refused(askpass, offer) or exc from None
                raise

    def _accepted(self) -> None:
        """The device let us in: others need not wait, and what was typed for it is a secret."""
        self._turns.accepted()
        redact.add(*self._settings.secrets())

    def _logged_in(self, known_hosts: Path) -> bool:
        """Whether the login is seen to be over: the shared connection's socket is there then."""
        return self._private().sockets and self._socket(known_hosts).is_socket()

    def _socket(self, known_hosts: Path) -> Path:
        """The shared connection's socket: another for each key."""
        return self._private().socket(known_hosts.suffix[1:])

    def _holds(self) -> bool | None:
        """Whether the shared connection of who stands is there; None where there is no socket to tell."""
        standing = self.standings.standing
        if standing is None or self._folder is None or not (self._folder.sockets and self.standings.shared):
            return None
        return self._folder.socket(_tag(standing.key.fingerprint)).is_socket()

    def _stop(self, lane_id: str, told: Told, known_hosts: Path, *, others: bool) -> bool | None:
        """Ends what a call runs on the device. See Pipe.stop."""
        session, pid = map(scripts.plain_session_id, (told.session, told.pid))
        argv = self._argv(known_hosts, Path(os.devnull))
        challenge = Challenge()
        argv.append(scripts.stop_command(lane_id, challenge, session=session, pid=pid, others=others))
        out = b""
        with (
            contextlib.suppress(OSError, subprocess.TimeoutExpired),
            self._answering() as (environment, ends),
            _running(argv, environment) as process,
        ):
            ends(lambda: _kill(process))
            out, _ = process.communicate(timeout=STOP_S)
        return scripts.STOPPED.get(scripts.stop_answer(challenge, out) or "")


def _tag(key: str) -> str:
    """A short name for a fingerprint, plain enough for a file's name."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _refused(askpass: Askpass, offer: Credentials) -> errors.LinkError | None:
    """What a refusal means, by what was offered."""
    if askpass.password_given:
        return askpass.wrong_password()
    nothing = offer.key_file is None and offer.password is None and not offer.use_agent
    return errors.NoCredentials() if nothing else None


@contextlib.contextmanager
def _running(argv: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; nothing of it is left afterwards."""
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment, start_new_session=os.name != "nt",
    )  # fmt: skip
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _kill(process)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def fingerprint(key_base64: str) -> str:
    """ "SHA256:…" of a public key's base64 blob."""
    import base64

    digest = hashlib.sha256(base64.b64decode(key_base64)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


__all__ = ["OpenSsh", "fingerprint"]
