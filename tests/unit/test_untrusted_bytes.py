"""What devices, files and clients may send: read as what it is or refused in our words, whatever the bytes.

Every parser of a diagnostic's output is in tests/unit/test_truth.py, the API in tests/web/test_fuzz_api.py.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from utils.errors import BadRequest, ConfigError, LinkError
from utils.link import identity
from utils.link.lanes import scripts
from utils.link.lanes.challenge import NOISE_MOST, Ready
from utils.link.lanes.frames import Arrived, Frame
from utils.link.paths.subprocess.call import ssh_error
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.link.trust.known_devices import KnownDevice
from utils.settings import HostKeyPolicy, load_settings
from utils.web import bodies
from utils.web.logins import kept_token

NONCE = "0123456789abcdef0123456789abcdef"
TAG = b"\x1e" + NONCE.encode()
# a hostile device knows its nonce: whole marks, torn ones and wrong ones among anything else
MARKS = st.sampled_from(
    [TAG, TAG + b" b\x1e\n", TAG + b" b 77\x1e\n", TAG + b" b \xff", TAG + b" e ", TAG + b" e 0\x1e\n",
     TAG + b" e 999\x1e\n", TAG + b" e -1\x1e\n", TAG + b" x\x1e\n", TAG + b" c\x1e\n", TAG + b" r ",
     TAG + b" r 1 2 3\x1e\n", b"\x1e\n", b"\x1e"]
)  # fmt: skip
STREAM = st.lists(MARKS | st.binary(max_size=12), max_size=8).map(b"".join)
SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@contextlib.contextmanager
def folder_with(name: str, data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        yield Path(folder)


def framed(stdout: bytes, stderr: bytes, size: int) -> tuple[bytes, bytes, int | None]:
    frame, streams = Frame(NONCE, 64), Arrived()
    while stdout or stderr:
        streams.out += stdout[:size]
        streams.err += stderr[:size]
        stdout, stderr = stdout[size:], stderr[size:]
        frame.take(streams)
    frame.take_rest(streams)
    assert len(bytes(frame.out)) <= 64
    assert len(bytes(frame.err)) <= 64
    return bytes(frame.out), bytes(frame.err), frame.exit_status


@budget(150)
@given(STREAM, STREAM, st.integers(1, 40))
def test_a_frame_is_the_same_however_hostile_bytes_are_chopped(out: bytes, err: bytes, size: int) -> None:
    assert framed(out, err, size) == framed(out, err, 1 << 20)


@budget(100)
@given(STREAM, STREAM)
def test_any_answer_to_the_challenge_is_told_or_none(out: bytes, err: bytes) -> None:
    ready, streams = Ready(NONCE), Arrived()
    streams.out += out
    streams.err += err
    told = ready.take(streams)
    if told is None:
        assert (bytes(streams.out), bytes(streams.err)) == (out, err)
    else:
        assert len(told.noise) <= NOISE_MOST


@budget(100)
@given(st.text(max_size=40))
def test_any_session_id_a_device_tells_is_a_plain_number(text: str) -> None:
    told = scripts.plain_session_id(text)
    assert told.isascii()
    assert told.isdigit()


@budget(100)
@given(st.lists(st.sampled_from([f"{key}=" for key in identity.KEYS]) | st.text(max_size=20)).map("".join))
def test_any_identity_is_six_short_lines_that_fool_nobody(text: str) -> None:
    found = identity.parse(text)
    assert tuple(found) == identity.KEYS
    for value in found.values():
        assert len(value) <= identity.MAX_CHARACTERS
        assert not any(unicodedata.category(char)[0] == "C" for char in value)


@budget(100)
@given(st.text(max_size=80), st.integers(0, 255), st.text(max_size=80))
def test_whatever_ssh_says_is_an_error_of_ours(said: str, status: int, from_device: str) -> None:
    error = ssh_error(said, status, from_device)
    assert isinstance(error, LinkError)
    assert str(error)


def read_known_devices(data: bytes) -> None:
    """All that is done with the file: read or refused, and never written when it cannot be read."""
    key = HostKey("SHA256:x", "ssh-ed25519", "AAAA")
    with folder_with("known_devices.json", data) as folder:
        store = HostKeys(folder)
        try:
            known = store.all()
        except BadRequest:
            with pytest.raises(BadRequest):
                store.trust(key, "here:22")
            assert (folder / "known_devices.json").read_bytes() == data
            return
        assert all(isinstance(each, KnownDevice) for each in known)
        store.known_hosts("alias")
        store.describe(key)
        for policy in HostKeyPolicy:
            with contextlib.suppress(LinkError):
                store.check(key, "here:22", policy)
                store.check_serial(key, "here:22", "1424024000001")
        store.seen(key, "here:22", {"serial": "5"})


@budget(60)
@given(st.binary(max_size=60))
def test_any_bytes_as_the_list_of_known_devices_are_read_or_refused(data: bytes) -> None:
    read_known_devices(data)


ROW = {"fingerprint": "SHA256:x", "key_type": "ssh-ed25519", "key": "AAAA", "serial": "1424024000001"}
FIELDS = st.sampled_from(
    ["fingerprint", "key_type", "key", "serial", "address", "last_seen", "shared_serial", "x"]
)
ROWS = st.dictionaries(FIELDS, st.text(max_size=5) | SOME_JSON, max_size=3).map(lambda row: {**ROW, **row})


@budget(100)
@given(SOME_JSON | st.fixed_dictionaries({"devices": SOME_JSON | st.lists(ROWS | SOME_JSON, max_size=3)}))
def test_any_structure_as_the_list_of_known_devices_is_read_or_refused(value: object) -> None:
    read_known_devices(json.dumps(value).encode())


def test_a_list_of_known_devices_that_is_nested_without_end_is_refused() -> None:
    read_known_devices(b"[" * 200_000)


@budget(60)
@given(st.binary(max_size=60))
def test_any_token_file_is_a_token_or_refused(data: bytes) -> None:
    with folder_with("token", data) as folder, contextlib.suppress(ConfigError):
        assert len(kept_token(folder)) >= 16


NAMES = st.sampled_from(
    ["SSH_IP", "SSH_PORT", "SSH_USER", "SSH_KEY_FILE", "V3_ALLOWED_HOSTS", "V3_HOST", "LOG_LEVEL"]
)
LINES = st.tuples(NAMES, st.text(max_size=20)).map("=".join)


@budget(80)
@given(st.lists(LINES | st.text(max_size=20), max_size=4).map("\n".join) | st.binary(max_size=60))
def test_any_settings_file_is_settings_or_refused(text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with folder_with(".env", data) as folder, contextlib.suppress(ConfigError):
        assert load_settings({}, folder / ".env").ssh_port in range(1, 65536)


@budget(150)
@given(st.text(st.characters(max_codepoint=0xFF), max_size=20) | st.integers().map(str))
def test_any_last_event_id_and_query_is_a_number_or_refused(text: str) -> None:
    with Flask(__name__).test_request_context(
        "/", query_string={"wait": text}, environ_overrides={"HTTP_LAST_EVENT_ID": text}
    ):
        for read, allowed in ((bodies.last_event_id, range(10**15)), (bodies.wait_wanted, (False, True))):
            with contextlib.suppress(BadRequest):
                assert (read() or 0) in allowed
