"""Only our own script answers a challenge; nothing a shell or a terminal makes of the request does."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import replace

import pytest

from utils import errors
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge, Ready
from utils.link.lanes.frames import MOST, Arrived
from utils.link.request import Request, stopped
from utils.link.sudo import Password, Sudo

REQUESTS = [
    scripts.lane_command("ab12", Challenge(), who=True),
    scripts.once_command("ab12", Challenge(), who=True),
    scripts.stop_command("ab12", Challenge(), session="4711", pid="4712", others=True),
]


@pytest.mark.parametrize("text", REQUESTS, ids=["lane", "once", "stop"])
def test_an_exec_request_is_read_alike_by_every_login_shell(text: str) -> None:
    """csh takes no newline in quotes and replaces `!`; fish takes backslashes in quotes for its own."""
    assert len(text) < 4096
    assert "!" not in text
    assert "\n" not in text
    assert re.search(r"\\[\\']", text) is None


def answered(challenge: Challenge, end: bytes = b"\x1e\n") -> Arrived:
    streams, tag = Arrived(), b"\x1e" + challenge.answer.encode()
    streams.out += tag + b" r 12 11 1 x 0 0 -5" + end + b"serial=7\n" + tag + b" i" + end
    streams.err += tag + b" x" + end
    return streams


def test_it_tells_how_things_stand() -> None:
    challenge = Challenge()
    streams = answered(challenge)
    streams.out[:0] = b"welcome " * 100
    streams.err += b"later"
    told = Ready(challenge.answer).take(streams)
    assert told is not None
    assert (told.pid, told.session, told.holds, told.in_sight) == ("12", "11", True, None)
    assert (told.sees_others, told.settled, told.nice, told.who) == (False, False, -5, "serial=7\n")
    assert len(told.noise) == 500
    assert (bytes(streams.out), bytes(streams.err)) == (b"", b"later")


def test_it_tells_that_something_adds_to_each_line() -> None:
    challenge = Challenge()
    streams = answered(challenge)
    streams.out[:] = b"".join(b"[12:00] " + line for line in streams.out.splitlines(keepends=True))
    told = Ready(challenge.answer).take(streams)
    assert told is not None
    assert told.changed


@pytest.mark.parametrize("text", REQUESTS, ids=["lane", "once", "stop"])
def test_an_echo_of_the_request_is_no_answer(text: str) -> None:
    numbers = tuple(map(int, text.split()[-4:]))
    streams, ready = Arrived(), Ready(Challenge(numbers).answer)
    for _ in range(2):
        streams.out += f"$ {text}\r\n".encode()
        streams.err += f"{text}\n".encode()
    assert ready.take(streams) is None
    assert not ready.begun(streams)
    assert scripts.stop_answer(Challenge(numbers), bytes(streams.out)) is None


def test_an_answer_on_one_stream_alone_is_none() -> None:
    challenge = Challenge()
    for silent in ("out", "err"):
        streams = answered(challenge)
        getattr(streams, silent).clear()
        ready = Ready(challenge.answer)
        assert ready.take(streams) is None
        assert ready.half(streams)


def test_an_answer_that_is_under_way_is_no_half_one() -> None:
    challenge = Challenge()
    streams, ready = answered(challenge), Ready(challenge.answer)
    streams.out[:] = streams.out.splitlines(keepends=True)[0]
    streams.err.clear()
    assert ready.begun(streams)
    assert not ready.half(streams)


def test_a_terminal_in_between_is_seen() -> None:
    challenge = Challenge()
    streams = answered(challenge, b"\x1e\r\n")
    streams.out += streams.err
    streams.err.clear()
    ready = Ready(challenge.answer)
    assert ready.take(streams) is None
    assert ready.one_stream(streams)
    assert ready.noise(streams).replace(b"\r", b"").strip() == f"\x1e{challenge.answer} x\x1e".encode()


def test_more_than_anything_of_ours_is_overfull() -> None:
    streams = Arrived()
    streams.err += bytes(MOST + 1)
    assert streams.overfull


@pytest.mark.parametrize("kind", [errors.CommandTimeout, errors.Cancelled])
def test_words_and_details_of_a_stop_agree(kind: type[errors.V3Error]) -> None:
    true, false, unknown = (stopped(kind("It ended.", sent=True), each) for each in (True, False, None))
    assert [each.details["stopped"] for each in (true, false, unknown)] == [True, False, None]
    assert "was stopped" in true.hint
    assert "still runs" in str(false)
    assert "could not be made sure" in str(unknown)
    request = Request("true", timeout=0.001)
    while not request.deadline.passed:
        pass
    with pytest.raises(errors.CommandTimeout, match="Nothing was run") as caught:
        request.check()
    assert caught.value.details["stopped"] is True


def test_sudo_gets_one_answer_for_each_question_and_none_after_a_second_prompt() -> None:
    secret = Password("secret", bench="of this test")
    talk = Sudo(secret, "board")
    words = talk.wrapped("true")
    ask, prompt = re.search(rb"v3-\w+\?", words.encode()), re.search(rb"v3-\w+:%p;", words.encode())
    assert ask
    assert prompt
    assert "secret" not in words
    for byte in ask[0] + b"lecture" + prompt[0]:
        talk.hear(bytes([byte]))
    assert talk.answer() == b"secret\n"
    talk.hear(ask[0] + prompt[0])
    assert talk.answer() == b"secret\n"
    talk.hear(b"Sorry, try again.\n" + prompt[0])
    assert (talk.answer(), talk.over, secret.may_go_to("board")) == (b"", True, False)
    assert talk.cleaned(ask[0] + b"words" + prompt[0]) == b"words"
    secret.try_again_on("board")
    assert secret.may_go_to("board")


def test_a_password_that_one_boards_sudo_refused_reaches_no_other_before_a_person_agrees() -> None:
    bench = secrets.token_hex(4)  # what was said on a bench stays known
    secret = Password("of many", bench=bench)
    assert secret.may_go_to("first")
    answers: list[bool] = []
    others = [
        threading.Thread(target=lambda name=name: answers.append(secret.may_go_to(name))) for name in "abc"
    ]
    for thread in others:
        thread.start()
    assert answers == []  # they wait for what the first one says
    secret.refused_by("first", "")
    for thread in others:
        thread.join()
    assert answers == [False, False, False]
    agreed = replace(secret, agreed=True)
    assert (agreed.may_go_to("a"), agreed.may_go_to("first")) == (True, False)
    agreed.taken_by("a")
    assert (secret.may_go_to("a"), secret.may_go_to("b")) == (True, False)
    assert Password("of many", bench=f"another than {bench}").may_go_to("b")
