"""What the system's ssh is told: its options, its target, the keys to offer. Starts nothing.

The user's own ssh configuration and known_hosts are left out. The one key that may be met is in a file.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from utils import errors
from utils.folders import write_atomically
from utils.link import LOADING
from utils.link.paths.subprocess import through
from utils.link.paths.subprocess.private import KEY, Private, path_option
from utils.link.paths.subprocess.standing import HOLD_S
from utils.link.transport.sockets import way_by_number
from utils.link.trust.host_keys import HostKey
from utils.link.trust.key_types import signed_by
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.link.login.credentials import Credentials

log = logging.getLogger("v3.ssh")

ALIAS = "v3-device"
CONNECT_S = 5
# Offered only with SSH_ALLOW_SHA1: devices of before 2017 know nothing newer.
_SHA1 = (
    "KexAlgorithms=+diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
    "HostKeyAlgorithms=+ssh-rsa",
    "PubkeyAcceptedKeyTypes=+ssh-rsa",  # its name before 8.5, which every later one knows too
)


class Arguments:
    """For one target. private: the folder for its files. shared: whether calls share a connection."""

    def __init__(
        self, settings: Settings, private: Callable[[], Private], shared: Callable[[], bool]
    ) -> None:
        self._settings, self._private, self._shared = settings, private, shared

    def argv(self, known_hosts: Path, said: Path, *, tty: bool = False) -> list[str]:
        """Tell an ssh that logs in, up to its command. known_hosts: with the one key it may meet. said: for
        its own words."""
        s = self._settings
        offer = self.offer()
        options = [
            path_option("UserKnownHostsFile", known_hosts), "GlobalKnownHostsFile=none",
            f"HostKeyAlias={ALIAS}", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "CheckHostIP=no",
            f"ConnectTimeout={CONNECT_S}", "ConnectionAttempts=1",
            # ssh counts before the first session is there, and PAM may hold that up for half a minute. What
            # a dead connection has not taken tells that it is dead (terminal.py): so one goes every 2 s.
            "ServerAliveInterval=2", "ServerAliveCountMax=20", "NumberOfPasswordPrompts=1",
            *_methods(offer),
            "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no",
            "IdentitiesOnly=yes", "LogLevel=INFO",  # INFO: with the server's words before a refusal
            *self.by_interface(said), *self._identities(offer, known_hosts),
        ]  # fmt: skip
        if s.ssh_allow_sha1:
            options += _SHA1
        if self._private().sockets and self._shared():
            # one shared connection for each key: what is meant for one device never goes to another
            path = self.socket(known_hosts)
            options += ["ControlMaster=auto", path_option("ControlPath", path), f"ControlPersist={HOLD_S}"]
        argv = ["ssh", "-F", "none", "-tt" if tty else "-T", "-E", str(said)]
        argv += [part for option in options for part in ("-o", option)]
        return argv + self.target()

    def target(self) -> list[str]:
        """Tell where it goes and as whom."""
        target = self._settings.target
        host = target.host if self._through else target.shown
        return ["-p", str(target.port), "-l", target.user, "--", host]

    @property
    def _through(self) -> bool:
        """Whether ssh needs our help to leave by the target's interface: it knows link-local zones itself."""
        target = self._settings.target
        by_itself = target.literal is not None and target.literal.is_link_local and not target.usb_port
        return bool(target.interface) and not by_itself

    def by_interface(self, said: Path) -> list[str]:
        """The options that keep ssh on the target's interface."""
        if not self._through:
            return []
        target = self._settings.target
        if sys.platform == "win32":
            raise errors.LinkInternal(
                f"On Windows the system's ssh cannot be kept on the interface {target.interface}.",
                hint=f"Set SSH_IP=fe80::1%{target.interface}: ssh keeps to that one by itself.",
            )
        return through.options(*way_by_number(target), said)

    def offer(self) -> Credentials:
        """Tell what a login can offer."""
        with LOADING:
            from utils.link.login.credentials import credentials  # with paramiko, which a start does without

        return credentials(self._settings)

    def _identities(self, offer: Credentials, known_hosts: Path) -> list[str]:
        """The options that name the keys to offer: the key file, then some of the agent's."""
        options = []
        if (key := offer.key_file) is not None:
            path = key.path
            if not key.plain_to_ssh:  # as ssh wants it: its permissions, its line ends
                path = self._private().path / KEY
                write_atomically(path, key.text.decode())
            options.append(path_option("IdentityFile", path))
            if key.certificate is not None:
                options.append(path_option("CertificateFile", key.certificate))
        asked = offer.use_agent and not self.logged_in(known_hosts)
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

    def known_hosts(self, key: HostKey) -> Path:
        """A file with this key alone."""
        path = self._private().path / f"known_hosts.{tag(key.fingerprint)}"
        text = f"{ALIAS} {key.key_type} {key.base64}\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)  # another call's ssh may be reading it
        return path

    def logged_in(self, known_hosts: Path) -> bool:
        """Whether the login is seen to be over: the shared connection's socket is there then."""
        return self._private().sockets and self.socket(known_hosts).is_socket()

    def socket(self, known_hosts: Path) -> Path:
        """The shared connection's socket: another for each key."""
        return self._private().socket(known_hosts.suffix[1:])

    def asking_for_key(self, seen: Path, kind: str) -> list[str]:
        """Tell an ssh that only looks at the server's key of this type ("": any); it is written to `seen`."""
        options = [
            path_option("UserKnownHostsFile", seen), "GlobalKnownHostsFile=none", f"HostKeyAlias={ALIAS}",
            "StrictHostKeyChecking=accept-new", "UpdateHostKeys=no", "CheckHostIP=no", "BatchMode=yes",
            "PreferredAuthentications=none", "IdentitiesOnly=yes", "IdentityAgent=none", "LogLevel=INFO",
            f"ConnectTimeout={CONNECT_S}",
            *(_SHA1 if self._settings.ssh_allow_sha1 else ()), *self.by_interface(through.STDERR),
            *([f"HostKeyAlgorithms={','.join(signed_by(kind))}"] if kind else ()),
        ]  # fmt: skip
        argv = ["ssh", "-F", "none", "-T", *(part for option in options for part in ("-o", option))]
        return [*argv, *self.target(), "true"]


def _methods(offer: Credentials) -> list[str]:
    """The options that say how ssh logs in.

    On Windows nothing of ours can answer what it asks (openssh.py). It would ask on the console, and wait.
    """
    methods = ["publickey"] if offer.key_file is not None or offer.use_agent else []
    if sys.platform != "win32":
        methods += ["keyboard-interactive", *(["password"] if offer.password is not None else [])]
        return [f"PreferredAuthentications={','.join(methods)}"]
    if not methods or (offer.key_file is not None and offer.key_file.passphrase is not None):
        raise errors.NoCredentials(
            "On Windows the system's ssh logs in only by a key without a passphrase, or by the agent.",
            hint="Set SSH_KEY_FILE or SSH_USE_AGENT.",
        )
    return ["BatchMode=yes", "PreferredAuthentications=publickey"]


def tag(key: str) -> str:
    """A short name for a fingerprint, plain enough for a file's name."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]
