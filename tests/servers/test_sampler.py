"""The sampler on a real device: one process for all viewers, gaps at link losses, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from tests.servers.conftest import wait_until
from tests.servers.servers import Sshd
from utils.live.samples.sampler import Sampler

LOSSES = 3
Door = Callable[..., ModuleType]


def loops(server: Sshd) -> list[str]:
    """The pause between two samples is a process of its own."""
    return server.user.processes("sleep 0.")


def test_one_loop_serves_all_viewers_and_ends_with_the_last(sshd: Sshd, door: Door) -> None:
    sampler = Sampler(door(sshd), grace_s=0.2)
    sampler.set_interval(0.2)
    with sampler.viewer(), sampler.viewer(), sampler.viewer():
        assert wait_until(lambda: sampler.described()["last_seq"] >= 3)
        assert wait_until(lambda: len(loops(sshd)) == 1)
        sampler.set_interval(0.5)
        assert wait_until(lambda: sshd.user.processes("sleep 0.5") and not sshd.user.processes("sleep 0.2"))
        seq = sampler.described()["last_seq"]
        assert wait_until(lambda: sampler.described()["last_seq"] >= seq + 2)
    assert wait_until(lambda: sampler.described()["state"] == "off")
    assert wait_until(lambda: not loops(sshd))
    assert "cpu.all" in sampler.samples(0)["values"]
    assert sshd.logins() == 1


def test_each_link_loss_is_a_gap_and_no_sample_comes_twice(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    sampler = Sampler(ssh, grace_s=0.2)
    sampler.set_interval(0.2)
    with sampler.viewer():
        for _ in range(LOSSES):
            seq = sampler.described()["last_seq"]
            assert wait_until(lambda seq=seq: sampler.described()["last_seq"] >= seq + 3, 15)
            gaps = len(sampler.samples(0)["gaps"])
            ssh._drop_connection_for_test()
            assert wait_until(lambda gaps=gaps: len(sampler.samples(0)["gaps"]) > gaps)
        seq = sampler.described()["last_seq"]
        assert wait_until(lambda: sampler.described()["last_seq"] >= seq + 3, 15)
        assert wait_until(lambda: len(loops(sshd)) == 1)
    found = sampler.samples(0)
    why = list(found["gaps"].values())
    assert why.count("The link was lost.") == LOSSES, why
    assert found["seq"] == list(range(1, found["seq"][-1] + 1))
    assert found["at"] == sorted(found["at"])
    assert wait_until(lambda: sampler.described()["state"] == "off")
    assert wait_until(lambda: not loops(sshd))
