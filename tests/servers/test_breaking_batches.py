"""Batches whose link breaks midway, logins that many ask for at once, forks: one outcome each, once."""

from __future__ import annotations

import collections
import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Sshd
from utils import errors
from utils.model.results import CommandResult

Door = Callable[..., ModuleType]
READS = 90


def one_each(answers: list[tuple[int, object]], count: int) -> None:
    assert collections.Counter(tag for tag, _ in answers) == collections.Counter(range(count))


def test_reads_of_a_batch_get_one_answer_each_when_the_link_breaks_again_and_again(
    sshd: Sshd, door: Door
) -> None:
    ssh = door(sshd)
    ssh.run("true")

    def broken_here() -> None:
        """The answers of those behind it are here already; what is sent next meets a dead link."""
        time.sleep(0.1)
        sshd.signal_sessions(signal.SIGKILL)
        time.sleep(0.2)

    requests = [ssh.Request(f"echo {n}", effect="read", tag=n) for n in range(READS)]
    for number in (11, 12, 50, 77):
        requests[number].on_begin = broken_here
    answers = [(request.tag, outcome) for request, outcome in ssh.run_many(requests)]
    one_each(answers, READS)
    told = {tag: outcome for tag, outcome in answers if isinstance(outcome, CommandResult)}
    assert all((each.stdout, each.exit_status) == (f"{tag}\n", 0) for tag, each in told.items())
    assert len(told) >= READS - 8


def test_actions_of_a_batch_run_once_at_most_and_never_pass_unrun_when_the_link_breaks(
    sshd: Sshd, door: Door, tmp_path: Path
) -> None:
    ssh = door(sshd)
    tmp_path.chmod(0o777)
    ssh.run("true")
    ran = sshd.user.home / "batch-ran"
    ran.mkdir(mode=0o777)
    ran.chmod(0o777)
    requests = [ssh.Request(f"echo x >>batch-ran/{n}; sleep 0.05; echo {n}", tag=n) for n in range(20)]
    answers = []
    for request, outcome in ssh.run_many(requests):
        answers.append((request.tag, outcome))
        if len(answers) in (3, 9, 10):
            sshd.signal_sessions(signal.SIGKILL)
    one_each(answers, 20)
    for tag, outcome in answers:
        lines = (ran / str(tag)).read_text().count("x") if (ran / str(tag)).exists() else 0
        assert lines <= 1
        assert not isinstance(outcome, CommandResult) or lines == 1
        assert isinstance(outcome, CommandResult | errors.OutcomeUnknown) or lines == 0


@pytest.mark.parametrize("persistent", [True, False])
def test_a_wrong_password_is_tried_once_whoever_asks_at_once(
    sshd: Sshd, door: Door, persistent: bool
) -> None:
    ssh = door(sshd, ssh_password="wrong", ssh_use_persistent=persistent)

    def ask(number: int) -> str:
        try:
            return ssh.run(f"echo {number}").stdout
        except errors.V3Error as exc:
            return exc.code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"auth-failed"}
    assert wait_until(lambda: sshd.refused() >= 1)
    assert sshd.refused() == 1


def test_a_forked_child_leaves_the_parents_second_path_alone(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_use_persistent=False)
    assert ssh.run("echo parent").stdout == "parent\n"
    child = os.fork()
    if child == 0:
        try:
            said = ssh.run("echo child").stdout
            ssh.close()
            os._exit(0 if said == "child\n" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    logins = sshd.logins()
    assert ssh.run("echo parent").stdout == "parent\n"
    assert sshd.logins() == logins, "the parent's shared connection was ended by its child"


def test_a_time_out_of_the_second_path_says_how_sure_it_is(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_use_persistent=False)
    ssh.run("true")
    with pytest.raises(errors.CommandTimeout, match=r"No answer within 1 s\.$"):
        ssh.run("sleep 6543", timeout=1)
    assert not sshd.user.processes("sleep 6543")
    frozen = sshd.session_pids()
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(errors.CommandTimeout, match="Nothing was run"):  # it waits for an answer first
            ssh.run("true", timeout=1)
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ssh.set_credentials(port=silent.getsockname()[1])
        with pytest.raises(errors.CommandTimeout, match=r"Nothing was run"):
            ssh.run("true", timeout=1)
