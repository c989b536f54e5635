"""The only reader of the environment and of `.env`. Validates everything at once; holds no secret in repr.

The real environment wins over .env; .env is read by python-dotenv with interpolation off, because
passwords hold `$`. Unknown SSH_* and V3_* names are warned of, with the nearest known name.
"""

from __future__ import annotations

import difflib
import io
import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from utils.errors import BadRequest, ConfigError
from utils.laptop import child, interfaces
from utils.model.target import Target, parse_host

PROJECT = Path(__file__).resolve().parent.parent
# Names of the system, of OpenSSH and of desktops: not ours, and no typos of ours.
_SYSTEM_NAMES = {
    "SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "SSH_ASKPASS",
    "SSH_ASKPASS_REQUIRE", "SSH_ORIGINAL_COMMAND", "SSH_AGENT_LAUNCHER", "SSH_SK_PROVIDER", "SSH_USER_AUTH",
}  # fmt: skip


FEWEST_IN_TOKEN = 16
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?|[0-9A-Fa-f]*:[0-9A-Fa-f:]*", re.ASCII)
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class HostKeyPolicy(StrEnum):
    """What to do about a host key that was never seen: ask a person, trust it, or refuse it."""

    ASK = "ask"
    TRUST_NEW = "trust-new"
    STRICT = "strict"


def default_data_dir() -> Path:
    """Where known devices, tokens and logs live, by the habit of each system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "v3-diagnostics"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/v3-diagnostics"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "v3-diagnostics"


def _empty_to_none(value: object) -> object:
    return None if value == "" else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _of_this_user(path: Path) -> Path:
    """~ is the home folder, as in a shell; .env knows no shell."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("there is no such home folder") from None


Optional = BeforeValidator(_empty_to_none)
UserPath = Annotated[Path, AfterValidator(_of_this_user)]


class Settings(BaseModel):
    """All settings. Field names are the environment's in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ssh_user: str = "ubuntu"
    ssh_ip: str = "192.168.55.1"
    ssh_port: int = Field(default=22, ge=1, le=65535)
    ssh_password: Annotated[SecretStr | None, Optional] = None
    ssh_key_file: Annotated[UserPath | None, Optional] = None
    ssh_key_passphrase: Annotated[SecretStr | None, Optional] = None
    ssh_use_agent: bool = False
    ssh_sudo_password: Annotated[SecretStr | None, Optional] = None
    ssh_host_keys: Annotated[HostKeyPolicy, BeforeValidator(_lower)] = HostKeyPolicy.ASK
    ssh_use_persistent: bool = True
    ssh_allow_sha1: bool = False
    ssh_log_level: Annotated[LogLevel, BeforeValidator(_upper)] = "WARNING"
    v3_host: str = "127.0.0.1"
    v3_port: int = Field(default=5055, ge=0, le=65535)
    v3_password: Annotated[SecretStr | None, Optional] = None
    v3_token: Annotated[SecretStr | None, Optional] = None
    v3_allowed_hosts: tuple[str, ...] = ()
    v3_trusted_proxies: tuple[str, ...] = ()
    v3_max_streams: int = Field(default=64, ge=1, le=500)
    v3_profile: str = ""
    v3_terminal: bool = True
    v3_discover: Annotated[Literal["usb", "off"], BeforeValidator(_lower)] = "usb"
    v3_data_dir: UserPath = Field(default_factory=default_data_dir)
    v3_database_url: Annotated[SecretStr | None, Optional] = None
    v3_join: Annotated[UserPath | None, Optional] = None
    v3_hub_address: str = "127.0.0.1:7422"
    v3_oidc_issuer: str = ""
    v3_oidc_client_id: str = ""
    v3_oidc_client_secret: Annotated[SecretStr | None, Optional] = None
    v3_oidc_role_claim: str = ""
    v3_oidc_callback: str = ""
    log_file: UserPath = Path("app.log")
    v3_log_format: Annotated[Literal["text", "json"], BeforeValidator(_lower)] = "text"

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: object, info: ValidationInfo) -> object:
        """Names of files may hold any bytes; what is shown, sent or redacted may not."""
        path = info.field_name in ("ssh_key_file", "v3_data_dir", "v3_join", "log_file")
        if isinstance(value, str) and not path:
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("it is not UTF-8 text") from None
        return value

    @field_validator("ssh_user")
    @classmethod
    def _user_is_plain(cls, value: str) -> str:
        if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,63}\\)?[A-Za-z_][A-Za-z0-9_.-]{0,31}", value):
            raise ValueError(
                "a user name has letters, digits, '_', '.', '-' and does not begin with '-'; a domain may "
                "stand before it: DOMAIN\\user"
            )
        return value

    @field_validator("ssh_ip")
    @classmethod
    def _host_is_plain(cls, value: str) -> str:
        host, interface = parse_host(value, interfaces.names)
        return Target(host, interface=interface).shown

    @field_validator("v3_allowed_hosts", "v3_trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("v3_allowed_hosts")
    @classmethod
    def _hosts_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not _HOST.fullmatch(entry):
                raise ValueError(f"{entry!r} is no host: write lab-pc or lab-pc:8080, no http:// and no path")
        return value

    @field_validator("v3_trusted_proxies")
    @classmethod
    def _addresses_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                ipaddress.ip_address(entry)
            except ValueError:
                raise ValueError(
                    f"{entry!r} is no IP address: write 127.0.0.1 or ::1, no name, port or network"
                ) from None
        return tuple(str(ipaddress.ip_address(entry)) for entry in value)

    @field_validator("v3_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value()) < FEWEST_IN_TOKEN:
            raise ValueError(f"it has at least {FEWEST_IN_TOKEN} characters")
        return value

    @field_validator("ssh_password", "ssh_sudo_password", "ssh_key_passphrase")
    @classmethod
    def _one_line(cls, value: SecretStr | None) -> SecretStr | None:
        if value and re.search(r"[\0\r\n]", value.get_secret_value()):
            raise ValueError("it cannot hold a line break or NUL")
        return value

    @field_validator("v3_database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("it begins with postgresql://; unset, the history is history.db in V3_DATA_DIR")
        return value

    @property
    def database(self) -> str | Path:
        """Where the history is: a server's address, or a file."""
        given = self.v3_database_url
        return given.get_secret_value() if given else self.v3_data_dir / "history.db"

    @property
    def target(self) -> Target:
        """Where the device answers: all that opens a way to it takes this."""
        host, _, interface = self.ssh_ip.partition("%")
        return Target(host, self.ssh_port, self.ssh_user, interface)

    @property
    def address(self) -> str:
        """user@host:port, for people."""
        return str(self.target)

    def doubts(self) -> list[str]:
        """A warning for each value that cannot work as things are."""
        path = self.ssh_key_file  # no fault: it may be on a stick that comes later
        return [f"SSH_KEY_FILE: there is no file {path}."] if path and not path.is_file() else []

    def login_secrets(self) -> tuple[str, ...]:
        """What a login that was accepted shows to be right: sudo has not seen its own password by then."""
        given = (self.ssh_password, self.ssh_key_passphrase)
        return tuple(value.get_secret_value() for value in given if value is not None)

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the redaction of logs and outputs."""
        values = (
            self.ssh_password, self.ssh_sudo_password, self.ssh_key_passphrase, self.v3_password,
            self.v3_token, self.v3_database_url, self.v3_oidc_client_secret,
        )  # fmt: skip
        found = tuple(value.get_secret_value() for value in values if value is not None)
        return (*found, *_passwords_within(self.v3_database_url))


def _passwords_within(address: SecretStr | None) -> tuple[str, ...]:
    """The password of a server's address, as it stands there and as it is meant."""
    try:
        written = urlsplit(address.get_secret_value() if address else "").password
    except ValueError:  # no address at all: its user will be told when it is used
        return ()
    return (written, unquote(written)) if written else ()


NAMES = tuple(name.upper() for name in Settings.model_fields)
child.keep_back(NAMES)


def load_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Settings of the environment over those of `.env` (beside app.py unless told).

    A name without a value is as if it was not there: its default holds.
    Raises ConfigError that names every wrong setting at once; a secret's value is never shown.
    """
    values = _named_values(environ, env_file)
    try:
        return Settings.model_validate({name.lower(): values[name] for name in NAMES if values.get(name)})
    except ValidationError as exc:
        faults = [
            f"{'.'.join(str(part) for part in error['loc']).upper()}: {in_words(error)}"
            for error in exc.errors(include_url=False, include_input=False)
        ]
        raise ConfigError("These settings are wrong:\n  " + "\n  ".join(faults)) from None


def drop_copies(env_file: Path | None = None) -> None:
    """Take away what a program before us copied from .env into the environment, so that .env itself counts.

    The flask command copies it with `$NAME` replaced, and a password may hold a `$`.
    """
    path = env_file or PROJECT / ".env"
    copied = dotenv_values(path, encoding="utf-8-sig") if path.is_file() else {}
    for name, value in copied.items():
        if name in NAMES and value is not None and os.environ.get(name) == value:
            del os.environ[name]


def in_words(error: Any) -> str:
    """One of pydantic's errors, without its jargon."""
    limits = error.get("ctx", {})
    match error["type"]:
        case "int_parsing" | "int_type":
            return "it is not a whole number"
        case "bool_parsing":
            return "it is neither true nor false"
        case "enum" | "literal_error":
            return f"it is one of {limits['expected'].replace(' or ', ', ')}"
        case "greater_than_equal":
            return f"must be {limits['ge']} or more"
        case "less_than_equal":
            return f"must be {limits['le']} or less"
        case "string_too_long":
            return f"it has more than {limits['max_length']} characters"
        case "missing":
            return "it is missing"
        case "extra_forbidden":
            return "there is no such field"
    return str(error["msg"]).removeprefix("Value error, ")


def unknown_names(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> list[str]:
    """A warning for each SSH_* or V3_* name that is no setting, with the nearest known one."""
    warnings = []
    for name in sorted(_named_values(environ, env_file)):
        ours = name.startswith(("SSH_", "V3_")) and name not in _SYSTEM_NAMES
        if name not in NAMES and name.upper() in NAMES:
            warnings.append(f"{name} is no setting: names are in capitals, {name.upper()}.")
        elif ours and name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            warnings.append(f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "."))
    return warnings


def has_display() -> bool:
    """Whether a browser could open a window here; without one, Linux would start a text browser."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def secret_named(name: str) -> SecretStr | None:
    """What the environment or .env holds under a name that bench.toml gives; None when it is not set.

    From now on no child process of ours gets a variable of that name.
    """
    child.keep_back([name])
    value = _named_values(None, None).get(name)
    return SecretStr(value) if value else None


def _named_values(environ: Mapping[str, str] | None, env_file: Path | None) -> dict[str, str]:
    path = env_file or PROJECT / ".env"
    try:
        stored = _stored(path) if path.is_file() else {}
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8.") from exc
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}.") from exc
    return {
        **{k: v for k, v in stored.items() if v is not None},
        **(os.environ if environ is None else environ),
    }


def _stored(path: Path) -> dict[str, str | None]:
    """What .env holds; ConfigError names the lines that nobody can read, and never shows them."""
    text = path.read_text(encoding="utf-8-sig")
    wrong = [str(each.original.line) for each in parse_stream(io.StringIO(text)) if each.error]
    if wrong:
        lines = f"line {wrong[0]}" if len(wrong) == 1 else f"lines {', '.join(wrong)}"
        raise ConfigError(f"{path} cannot be read in {lines}: write NAME=value, and close each quote.")
    return dict(dotenv_values(stream=io.StringIO(text), interpolate=False))


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """The settings with these changes, in memory only; BadRequest that names each one that is not valid."""
    try:
        return Settings.model_validate({**settings.model_dump(), **changes})
    except ValidationError as exc:
        faults = [
            f"{str(fault['loc'][0]).removeprefix('ssh_')}: {in_words(fault)}"
            for fault in exc.errors(include_url=False, include_input=False)
        ]
        raise BadRequest("; ".join(faults)) from None
