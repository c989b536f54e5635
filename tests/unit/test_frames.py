"""A command's output is cut out of a lane's streams exactly, however the bytes are chopped."""

from __future__ import annotations

import shlex
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from utils.link.lanes import ending, scripts
from utils.link.lanes.challenge import Challenge
from utils.link.lanes.frames import Arrived, Frame
from utils.link.request import Request
from utils.link.sudo import Password, Sudo

CHALLENGE = Challenge()
NONCE = "0123456789abcdef0123456789abcdef"


def lane_bytes(out: bytes, err: bytes, status: int = 0, nonce: str = NONCE) -> tuple[bytes, bytes]:
    tag = f"\x1e{nonce}".encode()
    return (
        tag + b" b\x1e\n" + out + tag + f" e {status}\x1e\n".encode() + tag + b" c\x1e\n",
        err + tag + b" x\x1e\n",
    )


def feed(frame: Frame, streams: Arrived, out: bytes, err: bytes, size: int) -> None:
    while out or err:
        streams.out += out[:size]
        streams.err += err[:size]
        out, err = out[size:], err[size:]
        frame.take(streams)


@budget(100)
@given(
    st.binary(max_size=400),
    st.binary(max_size=400),
    st.integers(0, 255),
    st.integers(1, 50),
    st.binary(max_size=60),
)
def test_output_is_exact_for_any_bytes_in_any_pieces(
    out: bytes, err: bytes, status: int, size: int, noise: bytes
) -> None:
    frame, streams = Frame(NONCE, 1 << 20), Arrived()
    stdout, stderr = lane_bytes(out, err, status)
    feed(frame, streams, noise + stdout, stderr, size)
    assert frame.done
    assert (bytes(frame.out), bytes(frame.err), frame.exit_status) == (out, err, status)
    assert bytes(streams.out) == frame.clean_mark


@budget(100)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_marks_of_another_nonce_are_only_output(data: bytes, size: int) -> None:
    forged, forged_err = lane_bytes(data, data, 7, nonce="f" * 32)
    frame, streams = Frame(NONCE, 1 << 20), Arrived()
    stdout, stderr = lane_bytes(forged, forged_err, 3)
    feed(frame, streams, stdout, stderr, size)
    assert (bytes(frame.out), bytes(frame.err), frame.exit_status) == (forged, forged_err, 3)


def test_nothing_is_held_back_that_cannot_be_a_mark() -> None:
    frame, streams = Frame(NONCE, 100), Arrived()
    streams.out += f"\x1e{NONCE} b\x1e\nprogress 50%".encode()
    frame.take(streams)
    assert bytes(frame.out) == b"progress 50%"


def test_beyond_the_cap_bytes_are_only_counted() -> None:
    frame, streams = Frame(NONCE, 10), Arrived()
    stdout, stderr = lane_bytes(b"x" * 1000, b"", 4)
    feed(frame, streams, stdout, stderr, 64)
    assert (bytes(frame.out), frame.truncated, frame.exit_status, frame.out.total) == (
        b"x" * 10,
        True,
        4,
        1000,
    )


def test_two_frames_in_a_row_share_the_streams() -> None:
    streams = Arrived()
    first, second = Frame("1" * 32, 100), Frame("2" * 32, 100)
    for nonce, text in (("1" * 32, b"one"), ("2" * 32, b"two")):
        out, err = lane_bytes(text, text.upper(), nonce=nonce)
        streams.out += out
        streams.err += err
    for frame in (first, second):
        frame.take(streams)
    assert [bytes(f.out) + bytes(f.err) for f in (first, second)] == [b"oneONE", b"twoTWO"]


@budget(60)
@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(1, 50))
def test_what_comes_before_the_begin_mark_is_noise_on_both_streams(
    noise: bytes, err: bytes, size: int
) -> None:
    frame, streams = Frame(NONCE, 1 << 20, marked=True), Arrived()
    stdout, stderr = lane_bytes(b"out", err)
    feed(frame, streams, noise + stdout, noise + f"\x1e{NONCE} b\x1e\n".encode() + stderr, size)
    assert frame.done
    assert (bytes(frame.out), bytes(frame.err)) == (b"out", err)


def test_a_session_id_from_the_device_is_made_safe() -> None:
    assert scripts.plain_session_id("4711") == "4711"
    for hostile in ("", "0", "1", "-1", "1;reboot", "$(reboot)", "9" * 20):
        assert scripts.plain_session_id(hostile) == "0"


@budget(100)
@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_a_request_is_one_shell_word_for_any_text(command: str) -> None:
    words = shlex.split(scripts.lane_request(NONCE, command).decode())
    assert words == ["v3_run", NONCE, command] + ["plain"] * scripts.is_plain(command)


def test_the_scripts_are_valid_for_each_shell() -> None:
    for text in (
        scripts.lane_functions(holds=True).decode(),
        scripts.lane_functions(holds=False).decode(),
        scripts.lane_command("a", CHALLENGE, who=True),
        scripts.once_command("a", CHALLENGE, who=True),
        scripts.stop_command("a", CHALLENGE),
        Sudo(Password("pw"), None).wrapped("true"),
    ):
        for shell in (["sh"], ["bash"]):
            done = subprocess.run([*shell, "-n", "-c", text], capture_output=True, check=False)
            assert done.returncode == 0, done.stderr


class Flood:
    """A pipe on which output never ends."""

    exhausted = False

    def __init__(self) -> None:
        self.streams, self.came = Arrived(), 0
        self.streams.out += f"\x1e{NONCE} b\x1e\n".encode()

    def receive(self, timeout_s: float, wanted: int) -> bool:
        self.streams.out += bytes(1 << 18)
        self.came += 1 << 18
        return True


def test_output_without_end_is_thrown_away_at_a_pace_that_leaves_others_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "DRAIN_S", 0.3)
    monkeypatch.setattr(ending, "stop", lambda pipe, request: True)
    flood, frame = Flood(), Frame(NONCE, 1000)
    began = time.monotonic()
    result = ending.collect(flood, Request("yes", timeout=60), frame)  # type: ignore[arg-type]
    took = time.monotonic() - began
    assert (result.truncated, len(result.stdout_bytes)) == (True, 1000)
    assert flood.came <= ending.DRAIN_BYTES_S * took + (2 << 18)
