"""How long a board stands by the system's ssh: what the watcher finds, however late it comes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from utils.link.paths.subprocess import standing
from utils.link.paths.subprocess.standing import HOLD_S, UNSHARED_S, Standings
from utils.link.request import Request
from utils.link.trust.host_keys import HostKey, HostKeys

KEY = HostKey("SHA256:one", "ssh-ed25519", "AAAA")
WHERE = "192.168.55.1:22"


class _AtOnce:
    """A thread that has ended when it was started."""

    def __init__(self, *, target: Callable[[], object], **_: Any) -> None:
        self.start = target


class Ssh:
    """A board behind the system's ssh, with a clock that is set by hand.

    rests_s: how long its shared connection outlives its last channel.
    """

    def __init__(self, folder: Path, rests_s: float) -> None:
        self.now, self.rests_s = 1000.0, rests_s
        self.gone_at = -math.inf
        self.answers, self.cut, self.calls, self.ends = True, False, 0, 0
        self.goes_on = False  # whether somebody begins what goes on, with the next call
        keys = HostKeys(folder)
        keys.trust(KEY, WHERE)
        self.standings = Standings(keys, WHERE, holds=self._holds, cable_out=lambda: self.cut)
        self.standings.look_again = self.call
        self.standings.on_end = self._ended

    def _holds(self) -> bool | None:
        if not self.standings.shared:
            return None
        return self.standings._in_use > 0 or self.now < self.gone_at

    def _ended(self) -> None:
        self.ends += 1

    def call(self) -> bool:
        """Run something short; whether it was answered."""
        self.calls += 1
        if self.answers:
            self.standings.settle(Request("true"), KEY, "serial=1421425000001\nboot_id=1")
            self.standings.use()
            self.now += 0.1
            self.standings.done()
            self.gone_at = self.now + self.rests_s
            if self.goes_on:
                self.standings.use()
        return self.answers

    def lose(self) -> None:
        """The connection breaks."""
        self.gone_at = -math.inf

    def look(self, *, every_s: float = 0.25, for_s: float = 3.0) -> bool:
        """Let the watcher look; whether the board stands then."""
        until = self.now + for_s
        while self.now < until:
            self.now += every_s
            if not self.standings.look():
                break
        return self.standings.now is not None

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Ssh]:
    """made(rests_s): a board that has answered once."""

    def make(rests_s: float) -> Ssh:
        ssh = Ssh(tmp_path, rests_s)
        clock = SimpleNamespace(monotonic=lambda: ssh.now, sleep=ssh.pass_by)
        monkeypatch.setattr(standing, "time", clock)
        monkeypatch.setattr(standing, "threading", SimpleNamespace(Lock=threading.Lock, Thread=_AtOnce))
        monkeypatch.setattr(standing.WATCHER, "add", lambda _each: None)
        assert ssh.call()
        return ssh

    return make


@pytest.fixture
def tiny(made: Callable[[float], Ssh]) -> Ssh:
    """As tinyssh: a connection ends with its only channel."""
    return made(0.05)


@pytest.fixture
def shared(made: Callable[[float], Ssh]) -> Ssh:
    """As OpenSSH: the shared connection stays."""
    return made(float(HOLD_S))


# -- a connection that ends with its only channel ------------------------------------------------------


@pytest.mark.parametrize("every_s", [0.25, 1.0, 2.5, 10.0, 25.0])
def test_however_late_the_watcher_comes_it_is_not_lost(tiny: Ssh, every_s: float) -> None:
    assert tiny.look(every_s=every_s, for_s=2 * every_s + 1)
    assert not tiny.standings.shared
    assert (tiny.calls, tiny.ends) == (2, 0)
    assert not tiny.standings.take_loss()


def test_a_busy_laptop_may_be_late_to_see_it_end(made: Callable[[float], Ssh]) -> None:
    slow = made(1.5)
    assert slow.look(for_s=6.0)
    assert not slow.standings.shared
    assert slow.ends == 0


def test_what_goes_on_by_the_next_connection_keeps_it_in_doubt_and_not_lost(tiny: Ssh) -> None:
    tiny.goes_on = True
    assert tiny.look(for_s=20.0)
    assert tiny.standings.shared, "nobody can tell yet"
    tiny.goes_on = False
    tiny.standings.done()
    assert tiny.look()
    assert not tiny.standings.shared


def test_its_answer_holds_for_a_while_and_then_it_has_rested(tiny: Ssh) -> None:
    assert tiny.look(for_s=UNSHARED_S - 1)
    assert not tiny.look(for_s=3.0)
    assert tiny.standings.rested is not None
    assert not tiny.standings.take_loss()


def test_a_call_that_loses_its_connection_is_all_there_is_to_tell(tiny: Ssh) -> None:
    assert tiny.look()
    tiny.standings.failed()
    assert tiny.standings.now is None
    assert tiny.standings.take_loss()


# -- a shared connection -------------------------------------------------------------------------------


def test_it_was_seen_without_any_channel_so_its_end_is_a_loss(shared: Ssh) -> None:
    assert shared.look(for_s=10.0)
    shared.lose()
    assert not shared.look()
    assert (shared.calls, shared.ends) == (1, 1)
    assert shared.standings.take_loss()
    assert not shared.standings.take_loss(), "told once"
    assert shared.standings.rested is None


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("every_s", [0.25, 5.0])
def test_lost_just_after_its_last_channel_it_is_asked_once_more(
    shared: Ssh, answers: bool, every_s: float
) -> None:
    shared.lose()
    shared.answers = answers
    assert not shared.look(every_s=every_s, for_s=4 * every_s)
    assert (shared.calls, shared.ends) == (2, 1)
    assert shared.standings.take_loss()
    assert shared.standings.shared


@pytest.mark.parametrize("every_s", [0.25, 5.0, 600.0])
def test_what_nobody_used_has_rested_however_late_that_is_seen(shared: Ssh, every_s: float) -> None:
    assert not shared.look(every_s=every_s, for_s=HOLD_S + 2 * every_s + 1)
    assert (shared.calls, shared.ends) == (1, 1)
    assert not shared.standings.take_loss()
    assert shared.standings.rested is not None


def test_a_cable_that_is_out_is_a_loss_at_once(shared: Ssh) -> None:
    shared.cut = True
    assert not shared.look(for_s=0.25)
    assert shared.standings.take_loss()


def test_it_stands_until_the_watcher_knows_better(shared: Ssh) -> None:
    assert shared.look(for_s=10.0)
    shared.lose()
    shared.pass_by(30.0)
    assert shared.standings.now is not None
    assert not shared.standings.take_loss()
    assert not shared.look()


def test_who_answers_again_was_not_lost_for_who_comes_later(shared: Ssh) -> None:
    assert shared.look(for_s=10.0)
    shared.lose()
    assert not shared.look()
    assert shared.call()
    assert not shared.standings.take_loss()
    assert shared.standings.now is not None
