"""The original's own test of the persistent link, step by step, against a device.

    python test_persistent_ssh.py            the device of .env
    python test_persistent_ssh.py --demo     the embedded demo device

Prints PASS or FAIL for each step; exits 1 if any failed, 3 if there is no device. Commands only read.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

started = time.monotonic()
from utils import ssh_interface  # noqa: E402 - the first step measures this
from utils.errors import ConfigError, V3Error  # noqa: E402
from utils.model.results import LinkState  # noqa: E402
from utils.settings import Settings, load_settings  # noqa: E402

IMPORT_S = time.monotonic() - started

Step = Callable[[], str]
STEPS: list[tuple[str, Step]] = []
__test__ = False  # a script, not a test module of pytest


def step(title: str) -> Callable[[Step], Step]:
    """Register a step; it returns what to print, or raises."""

    def register(function: Step) -> Step:
        STEPS.append((title, function))
        return function

    return register


def check(condition: object, otherwise: str) -> None:
    """Fails the step with these words."""
    if not condition:
        raise AssertionError(otherwise)


@step("import without connecting")
def imported() -> str:
    check(ssh_interface.status().state is LinkState.IDLE, "the link is not idle after the import")
    check(ssh_interface.status().logins == 0, "importing logged in")
    return f"imported in {IMPORT_S * 1000:.0f} ms, nothing was connected"


@step("first command builds the link")
def first_command() -> str:
    begin = time.monotonic()
    result = ssh_interface.run("echo first", timeout=30, effect="read")
    check(result.stdout == "first\n", f"unexpected answer: {result.stdout!r}")
    check(result.path == "persistent", f"it went by the {result.path} path")
    return f"{(time.monotonic() - begin) * 1000:.0f} ms, {ssh_interface.status().server_version}"


@step("twenty warm commands reuse it")
def warm_commands() -> str:
    times = []
    for number in range(20):
        begin = time.monotonic()
        result = ssh_interface.run(f"echo {number}", timeout=10, effect="read")
        times.append((time.monotonic() - begin) * 1000)
        check(result.stdout == f"{number}\n", f"unexpected answer: {result.stdout!r}")
    check(ssh_interface.status().logins == 1, "there was more than one login")
    return f"median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms, one login"


@step("eight threads share one connection")
def eight_threads() -> str:
    def ask(number: int) -> bool:
        return ssh_interface.run(f"echo {number}", timeout=20, effect="read").stdout == f"{number}\n"

    with ThreadPoolExecutor(8) as pool:
        check(all(pool.map(ask, range(40))), "an answer was mixed up")
    check(ssh_interface.status().logins == 1, "there was more than one login")
    return "40 commands, each with its own answer, one login"


@step("keepalive is answered")
def keepalive() -> str:
    end = time.monotonic() + 8
    while ssh_interface.status().round_trip_ms is None and time.monotonic() < end:
        time.sleep(0.1)
    round_trip_ms = ssh_interface.status().round_trip_ms
    check(round_trip_ms is not None, "no probe was answered within 8 s")
    return f"round trip {round_trip_ms:.1f} ms"


@step("reconnects after the connection was dropped")
def reconnects() -> str:
    ssh_interface._drop_connection_for_test()
    begin = time.monotonic()
    result = ssh_interface.run("echo again", timeout=30, effect="read")
    check(result.stdout == "again\n", f"unexpected answer: {result.stdout!r}")
    check(ssh_interface.status().reconnects >= 1, "it did not reconnect")
    return f"answered {(time.monotonic() - begin) * 1000:.0f} ms after the next command was given"


@step("falls back to the ssh program")
def falls_back() -> str:
    def broken(_request: object) -> None:
        raise RuntimeError("the persistent path is broken on purpose")

    original = ssh_interface._persistent_ssh_command
    ssh_interface._persistent_ssh_command = broken  # type: ignore[assignment]
    try:
        result = ssh_interface.run("echo other way", timeout=30, effect="read")
    finally:
        ssh_interface._persistent_ssh_command = original
        ssh_interface.reset()
    check(result.stdout == "other way\n", f"unexpected answer: {result.stdout!r}")
    check(result.path == "subprocess", f"it went by the {result.path} path")
    return f"answered in {result.duration_s * 1000:.0f} ms by the subprocess path"


@step("a terminal (PTY) knows its size")
def terminal() -> str:
    pty = ssh_interface.open_terminal(cols=101, rows=31)
    try:
        pty.send(b"stty size\n")
        seen, end = b"", time.monotonic() + 10
        while b"31 101" not in seen and time.monotonic() < end:
            seen += pty.recv(0.2) or b""
    finally:
        pty.close()
    check(b"31 101" in seen, f"it said {seen[-200:]!r}")
    return "31 rows, 101 columns"


def run_steps() -> int:
    """Run all steps; 0 when all passed, 1 otherwise, 3 when there is no device at all."""
    failed = 0
    for title, function in STEPS:
        try:
            print(f"PASS  {title}: {function()}")
        except (AssertionError, V3Error) as exc:
            failed += 1
            print(f"FAIL  {title}: {exc}")
            if isinstance(exc, V3Error) and exc.hint:
                print(f"      {exc.hint}")
            if function is first_command:
                print("There is no link, so the other steps are not run.")
                return 3
    print(f"{len(STEPS) - failed} passed, {failed} failed")
    return 1 if failed else 0


@contextlib.contextmanager
def target(demo: bool) -> Iterator[Settings]:
    """Settings of the device to test."""
    if not demo:
        yield load_settings()
        return
    from utils.demo.device import HOST, PASSWORD, USER, DemoDevice

    with tempfile.TemporaryDirectory() as folder, DemoDevice(Path(folder)) as device:
        yield Settings.model_validate(
            {
                "ssh_user": USER, "ssh_ip": HOST, "ssh_port": device.port, "ssh_password": PASSWORD,
                "ssh_host_keys": "trust-new", "v3_data_dir": Path(folder),
            }
        )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Tests the persistent SSH link step by step.")
    parser.add_argument("--demo", action="store_true", help="against the embedded demo device")
    options = parser.parse_args()
    try:
        with target(options.demo) as settings:
            ssh_interface.configure(settings, demo=options.demo)
            print(f"Device: {settings.address}")
            try:
                return run_steps()
            finally:
                ssh_interface.close()
    except ConfigError as exc:
        print(f"FAIL  settings: {exc}\n      {exc.hint}")
        return 3


if __name__ == "__main__":
    sys.exit(main())
