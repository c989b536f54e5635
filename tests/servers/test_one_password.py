"""One password for many boards: one that a board refused is not tried on the next before a person agrees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.servers import Sshd, User
from utils.errors import AuthenticationFailed, V3Error
from utils.link.door import Door


@pytest.fixture
def boards(user: User) -> Iterator[list[Sshd]]:
    with Sshd(user) as a, Sshd(user) as b, Sshd(user) as c:
        yield [a, b, c]


def doors(boards: list[Sshd], folder: Path, **changes: object) -> list[Door]:
    return [Door(each.settings(folder, **changes).model_copy) for each in boards]


def ask(door: Door) -> str:
    try:
        return door.run("echo in", timeout=20).stdout.strip()
    except V3Error as exc:
        return exc.code


def test_a_wrong_password_reaches_one_board_alone_however_many_connect_at_once(
    boards: list[Sshd], tmp_path: Path
) -> None:
    every = doors(boards, tmp_path, ssh_password="wrong for all")
    answers: list[str] = []
    threads = [threading.Thread(target=lambda each=each: answers.append(ask(each))) for each in every]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["auth-failed"] * 3
    assert sorted(board.refused() for board in boards) == [0, 0, 1]
    for door in every:
        door.close()


def test_a_person_who_agrees_has_it_tried_on_that_board_and_no_other(
    boards: list[Sshd], tmp_path: Path
) -> None:
    first, second, third = doors(boards, tmp_path, ssh_password="wrong for all")
    assert ask(first) == "auth-failed"
    with pytest.raises(AuthenticationFailed, match="was not sent to this one") as caught:
        second.run("true", timeout=20)
    assert caught.value.details["refused_at"] == f"127.0.0.1:{boards[0].port}"
    second.reset()
    assert ask(second) == "auth-failed"
    assert ask(third) == "auth-failed"
    assert [board.refused() for board in boards] == [1, 1, 0]
    for door in (first, second, third):
        door.close()


def test_a_board_with_a_password_of_its_own_and_one_that_took_it_are_not_held_up(
    boards: list[Sshd], tmp_path: Path, user: User
) -> None:
    first, second, third = doors(boards, tmp_path)
    assert ask(first) == "in"
    boards[1].stop()
    boards[1].config = "PasswordAuthentication no\nKbdInteractiveAuthentication no"
    boards[1].start()
    second.set_credentials(password="of its own")
    ask(second)
    first.reset()
    assert (ask(first), ask(third)) == ("in", "in")
    for door in (first, second, third):
        door.close()
