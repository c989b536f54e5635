"""What the pages stand on, on devices that only the system's ssh can talk to: live view, logs, terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Server, Sshd, TinySsh, User
from tests.servers.test_log_follow import Writer, followed, lose_three_links, marks, texts
from tests.servers.test_sampler import loops
from tests.servers.test_terminal_sessions import Page
from tests.web.program import Page as Program
from utils.audit import Audit
from utils.live.logs.source import Source
from utils.live.samples.sampler import Sampler
from utils.live.terminals.terminals import Terminals

Door = Callable[..., ModuleType]
CHACHA = "Ciphers chacha20-poly1305@openssh.com"


@pytest.fixture
def chacha(user: User) -> Iterator[Sshd]:
    with Sshd(user, config=CHACHA) as server:
        yield server


@pytest.fixture(params=["chacha20", "tinyssh"])
def odd(request: pytest.FixtureRequest, user: User) -> Iterator[Server]:
    with Sshd(user, config=CHACHA) if request.param == "chacha20" else TinySsh(user) as server:
        yield server


def test_live_samples_come_and_end_with_the_last_viewer(odd: Server, door: Door) -> None:
    ssh = door(odd)
    sampler = Sampler(ssh, grace_s=0.2)
    sampler.set_interval(0.2)
    with ssh.keep_connected(), sampler.viewer(), sampler.viewer():
        assert wait_until(lambda: sampler.described()["last_seq"] >= 5, 20)
        assert len(loops(odd)) <= 1
    assert "cpu.all" in sampler.samples(0)["values"]
    assert sampler.samples(0)["gaps"] == {}
    assert wait_until(lambda: sampler.described()["state"] == "off", 10)
    assert wait_until(lambda: not loops(odd))


def test_a_log_is_followed_through_three_lost_links(chacha: Sshd, door: Door) -> None:
    path = chacha.user.home / "second.log"
    path.write_text("")
    path.chmod(0o644)
    writer = Writer(path)
    with followed(door(chacha), Source("file", path=str(path))) as follow:
        lose_three_links(chacha, follow, writer)
        assert follow.device_label


def test_a_log_comes_from_a_device_of_one_channel(odd: Server, door: Door) -> None:
    path = odd.user.home / "third.log"
    path.write_text("first\n")
    path.chmod(0o644)
    with followed(door(odd), Source("file", path=str(path))) as follow:
        assert wait_until(lambda: "first" in texts(follow), 20)
        with path.open("a") as file:
            file.write("second\n")
        assert wait_until(lambda: texts(follow)[-1] == "second", 10)
        assert marks(follow) == []
    assert wait_until(lambda: not odd.user.processes("tail"))


def test_a_terminal_tab_is_mended_after_its_link_was_lost(chacha: Sshd, door: Door, tmp_path: Path) -> None:
    terminals = Terminals(door(chacha), Audit(tmp_path / "audit.jsonl"))
    session = terminals.open(91, 29, who="a test")
    page = Page(session)
    page.type("stty size; echo se''en\r")
    assert page.sees("29 91")
    assert page.sees("seen")
    chacha.stop()
    assert wait_until(lambda: session.state == "lost", 10)
    chacha.start()
    session.open("a test")
    page = Page(session)
    page.type("echo se''cond\r", into=2)
    assert page.sees("second")
    assert "link lost" in page.text()
    session.close()
    assert session.state == "ended"
    terminals.close_all()


def test_the_program_says_by_which_way(chacha: Sshd, tmp_path: Path) -> None:
    user = chacha.user
    program = Program(
        tmp_path, SSH_IP="127.0.0.1", SSH_PORT=str(chacha.port), SSH_USER=user.name,
        SSH_PASSWORD=user.password, SSH_HOST_KEYS="trust-new",
    )  # fmt: skip
    try:
        assert program.ask("POST", "/api/v1/diagnostics/memory/run?wait=1", {})[0] in (200, 202)
        assert wait_until(lambda: program.ask("GET", "/api/v1/connection")[1]["mode"] == "ssh", 20)
        facts = program.ask("GET", "/api/v1/connection")[1]
        assert (facts["state"], facts["path"], facts["error"]) == ("connected", "subprocess", None)
        assert "chacha20-poly1305@openssh.com" in facts["because"]
        html = program.ask("GET", "/")[1]
        assert "by the system&#39;s ssh" in html or "by the system's ssh" in html
        assert "(fallback)" not in html.split("<main")[0]
    finally:
        program.stop()
