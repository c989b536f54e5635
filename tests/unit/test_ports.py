"""The ports of servers that tests start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ports import free_port

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not RANGE.exists(), reason="needs Linux")
def test_no_connection_takes_the_port_of_a_server_that_starts_again() -> None:
    lowest = int(RANGE.read_text().split()[0])
    assert all(1024 < free_port() < lowest for _ in range(50))
