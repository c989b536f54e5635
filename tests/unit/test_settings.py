"""Settings: read once, all faults named at once, typos pointed out, no secret shown."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import flask.cli
import pytest

from utils.errors import ConfigError
from utils.settings import (
    NAMES,
    PROJECT,
    HostKeyPolicy,
    Settings,
    drop_copies,
    load_settings,
    unknown_names,
)


def load(text: str = "", tmp_path: Path | None = None, **environ: str) -> Settings:
    file = (tmp_path or Path("/nonexistent")) / ".env"
    if tmp_path is not None:
        file.write_text(text, encoding="utf-8")
    return load_settings(environ, file)


def test_defaults_are_those_of_a_module_on_its_usb_cable() -> None:
    settings = load()
    assert settings.address == "ubuntu@192.168.55.1"
    assert settings.ssh_host_keys is HostKeyPolicy.ASK
    assert (settings.v3_host, settings.v3_port, str(settings.log_file)) == ("127.0.0.1", 5055, "app.log")
    assert settings.secrets() == ()


def test_the_real_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load("SSH_USER=file\nSSH_PORT=2222\n", tmp_path, SSH_USER="environment")
    assert (settings.ssh_user, settings.ssh_port) == ("environment", 2222)


def test_a_password_in_the_file_may_hold_dollars_quotes_and_spaces(tmp_path: Path) -> None:
    settings = load("SSH_PASSWORD='pa$HOME ${USER} \"x\" #1'\n", tmp_path)
    assert settings.ssh_password is not None
    assert settings.ssh_password.get_secret_value() == 'pa$HOME ${USER} "x" #1'


def test_all_faults_are_named_at_once_and_no_secret_is_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        load(SSH_PORT="70000", SSH_IP="-oProxyCommand=x", SSH_PASSWORD="canary\n77", V3_MAX_STREAMS="0")
    text = str(caught.value)
    for name in ("SSH_PORT", "SSH_IP", "SSH_PASSWORD", "V3_MAX_STREAMS"):
        assert name in text
    assert "canary" not in text


@pytest.mark.parametrize("value", ["-x", "a b", "a;b", "a\nb", "x" * 300, "host-", "$(id)"])
def test_a_host_that_could_be_an_option_or_a_command_is_refused(value: str) -> None:
    with pytest.raises(ConfigError):
        load(SSH_IP=value)


@pytest.mark.parametrize("value", ["-l", "a b", "a;b", "root\n"])
def test_a_user_that_could_be_an_option_is_refused(value: str) -> None:
    with pytest.raises(ConfigError):
        load(SSH_USER=value)


def test_empty_secrets_are_no_secrets() -> None:
    settings = load(SSH_PASSWORD="", V3_PASSWORD="", V3_TOKEN="", SSH_KEY_FILE="")
    assert settings.secrets() == ()
    assert settings.ssh_key_file is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_without_a_value_has_its_default(name: str) -> None:
    assert load(**{name: ""}) == Settings()


def test_folders_and_files_may_begin_with_a_tilde() -> None:
    home = Path.home()
    settings = load(V3_DATA_DIR="~/v3", LOG_FILE="~/v3.log", SSH_KEY_FILE="~/.ssh/id_ed25519")
    assert settings.v3_data_dir == home / "v3"
    assert settings.log_file == home / "v3.log"
    assert settings.ssh_key_file == home / ".ssh/id_ed25519"


def test_words_of_a_choice_are_taken_in_any_case() -> None:
    settings = load(SSH_HOST_KEYS="Trust-New", SSH_LOG_LEVEL="debug", SSH_USE_AGENT="True")
    assert (settings.ssh_host_keys, settings.ssh_log_level) == (HostKeyPolicy.TRUST_NEW, "DEBUG")
    assert settings.ssh_use_agent


def test_faults_are_told_in_plain_words() -> None:
    with pytest.raises(ConfigError) as caught:
        load(SSH_PORT="abc", V3_PORT="70000", SSH_USE_AGENT="maybe", SSH_HOST_KEYS="never", SSH_USER="-l")
    text = str(caught.value)
    assert "SSH_PORT: it is not a whole number" in text
    assert "V3_PORT: must be 65535 or less" in text
    assert "SSH_USE_AGENT: it is neither true nor false" in text
    assert "SSH_HOST_KEYS: it is one of 'ask', 'trust-new', 'strict'" in text
    assert "SSH_USER: a user name has letters" in text


def test_a_file_in_another_encoding_is_told_and_one_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("SSH_PORT=2222\n".encode("utf-8-sig"))
    assert load_settings({}, file).ssh_port == 2222
    file.write_bytes("SSH_PASSWORD=x\n".encode("utf-16"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings({}, file)


def test_allowed_hosts_are_separated_by_commas() -> None:
    assert load(V3_ALLOWED_HOSTS="a, b:80 ,,").v3_allowed_hosts == ("a", "b:80")


def test_secrets_do_not_show_in_repr() -> None:
    settings = load(SSH_PASSWORD="canary-1", V3_PASSWORD="canary-2", V3_TOKEN="canary-3-of-the-api")
    assert "canary" not in repr(settings)
    assert set(settings.secrets()) == {"canary-1", "canary-2", "canary-3-of-the-api"}


def test_unknown_names_are_pointed_out_with_the_nearest_one() -> None:
    environ = {"SSH_PASWORD": "x", "V3_PROT": "1", "SSH_AUTH_SOCK": "/s", "SSH_CONNECTION": "c", "PATH": "p"}
    assert unknown_names(environ, Path("/nonexistent")) == [
        "SSH_PASWORD is no setting; did you mean SSH_PASSWORD?",
        "V3_PROT is no setting; did you mean V3_PORT?",
    ]


def test_an_ipv6_address_is_shown_in_brackets() -> None:
    assert load(SSH_IP="[fe80::1%usb0]", SSH_PORT="2200").address == "ubuntu@[fe80::1%usb0]:2200"


def test_the_example_file_has_each_setting_once_with_its_default() -> None:
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^(?:# )?([A-Z0-9_]+)=", text, flags=re.MULTILINE)
    assert sorted(named) == sorted(NAMES)
    example = load_settings({}, PROJECT / ".env.example")
    defaults = Settings()
    assert example == defaults


def test_each_setting_of_the_example_file_has_a_comment_above_it() -> None:
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    for above, line in itertools.pairwise(lines):
        if re.match(r"(# )?[A-Z0-9_]+=", line):
            assert re.match(r"# [A-Z].*\.", above), line


@pytest.mark.parametrize(
    ("text", "line"),
    [('A=1\nSSH_PASSWORD="canary\n', "line 2"), ("canary without\nB=2\nC='canary\n", "lines 1, 3")],
)
def test_a_line_that_nobody_can_read_stops_the_start_and_is_not_shown(
    tmp_path: Path, text: str, line: str
) -> None:
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=line) as told:
        load_settings({}, path)
    assert str(path) in str(told.value)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("V3_TOKEN", "short"),
        ("V3_ALLOWED_HOSTS", "http://lab-pc/"),
        ("V3_ALLOWED_HOSTS", "lab-pc, other/path"),
        ("V3_ALLOWED_HOSTS", "user@lab-pc"),
        ("V3_TRUSTED_PROXIES", "proxy.example"),
        ("V3_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
        ("V3_TRUSTED_PROXIES", "127.0.0.1:443"),
        ("V3_TRUSTED_PROXIES", "*"),
        *(
            (name, "not UTF-8 \udcfc")
            for name in ("SSH_PASSWORD", "SSH_SUDO_PASSWORD", "V3_TOKEN", "V3_HOST")
        ),
    ],
)
def test_values_that_would_never_work_stop_the_start(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_settings({name: value}, Path("none"))


@pytest.mark.parametrize("value", ["lab-pc", "lab-pc:8080", "10.0.0.5", "[fe80::1]:5055", "fe80::1", "a, b"])
def test_names_that_work_are_taken(value: str) -> None:
    assert load_settings({"V3_ALLOWED_HOSTS": value}, Path("none")).v3_allowed_hosts


def test_a_name_in_small_letters_is_pointed_out() -> None:
    assert unknown_names({"ssh_password": "x"}, Path("none")) == [
        "ssh_password is no setting: names are in capitals, SSH_PASSWORD."
    ]


def test_a_key_file_that_is_not_there_is_pointed_out(tmp_path: Path) -> None:
    key = tmp_path / "id_ed25519"
    assert load(SSH_KEY_FILE=str(key)).doubts() == [f"SSH_KEY_FILE: there is no file {key}."]
    key.touch()
    assert load(SSH_KEY_FILE=str(key)).doubts() == load(SSH_KEY_FILE="").doubts() == []


def test_a_password_with_a_dollar_is_what_the_file_says_under_the_flask_command_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_USER", "somebody")  # the real environment wins
    file = tmp_path / ".env"
    file.write_text("SSH_PASSWORD=pa${HOME}ss\nSSH_USER=file\nSSH_PORT=2222\nOTHER=x\n")
    flask.cli.load_dotenv(file, load_defaults=False)
    assert os.environ["SSH_PASSWORD"] != "pa${HOME}ss", (
        "flask has changed its way: this is not needed any more"
    )
    drop_copies(file)
    settings = load_settings(env_file=file)
    assert settings.ssh_password is not None
    assert settings.ssh_password.get_secret_value() == "pa${HOME}ss"
    assert (settings.ssh_user, settings.ssh_port) == ("somebody", 2222)
    monkeypatch.delenv("OTHER")
