"""Rows 40 to 45, 51 to 57, 60, 74, 75: commands, their output, login files, bad input."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

from tests.faults import ledger
from tests.faults.bench import SLEEP, Bench, Seen, worst
from tests.faults.matrix import row
from utils import errors
from utils import ssh_interface as ssh

HOSTILE = b'\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://evil\x07\x1b]0;title\x07\x1b[6n\x1bP$q"p\x1b\\<script>alert(1)</script>'


@row(40, "3 MB on each stream", shows="ok", within=5, state="ready")
def both_streams(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    seen = bench.call("head -c 3000000 /dev/zero | tr '\\0' o; head -c 3000000 /dev/zero | tr '\\0' e >&2")
    assert seen.result is not None
    assert seen.result.stdout_bytes == b"o" * 3_000_000
    assert seen.result.stderr_bytes == b"e" * 3_000_000
    return seen


@row(41, "endless output", shows="capped", within=5, state="ready")
def endless(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    bench.call("head -c 9000000 /dev/zero")  # what a full buffer needs once is no growth
    before = ledger.held_kb()
    seen = bench.call("cat /dev/zero")
    assert (more := ledger.held_kb() - before) < 32_000, f"{more} kB more"
    assert ledger.wait_until(lambda: not bench.user.processes("cat /dev/zero"), 2), "the producer lives"
    return seen


@row(42, "a drop of output every second, past the deadline", shows="command-timeout", within=3 + 1,
     state="ready",
     runs=(1, 1))  # fmt: skip
def trickle(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    return bench.call(f"while :; do printf .; sleep 1; done & {SLEEP}", timeout=3)


@row(43, "a background child keeps the output open", shows="ok", within=2, state="ready", may_live=True)
def background(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    return _background(bench)


@row(
    "43b",
    "a background child keeps the output open, dropbear",
    shows="ok",
    within=2,
    state="ready",
    may_live=True,
)
def background_dropbear(bench: Bench) -> Seen:
    bench.connect(bench.dropbear())
    return _background(bench)


def _background(bench: Bench) -> Seen:
    seen = bench.call(f"{SLEEP} & echo done")
    after = bench.call("echo clean")
    assert (seen.out, after.out) == ("done\n", "clean\n")
    return seen


@row(44, "a command that reads its input", shows="ok", within=1, state="ready")
def reads_input(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    seen = bench.call("cat")
    assert seen.out == ""
    return seen


@row(45, "cancelled by the user", shows="cancelled", within=1 + 2, state="ready", runs=(1, 1))
def cancelled(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    cancel = threading.Event()
    bench.once_it_runs(cancel.set)
    return bench.call(f"{SLEEP}; echo never", cancel=cancel)


@row("45b", "cancelled by the user, dropbear", shows="cancelled", within=1 + 2, state="ready", runs=(1, 1))
def cancelled_dropbear(bench: Bench) -> Seen:
    bench.connect(bench.dropbear())
    cancel = threading.Event()
    bench.once_it_runs(cancel.set)
    return bench.call(f"{SLEEP}; echo never", cancel=cancel)


@row(
    51,
    "NUL, carriage return, nothing: refused unsent",
    shows="bad-command",
    within=0.1,
    state="ready",
    runs=(0, 0),
)
def bad_input(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    other: list[Seen] = []
    thread = threading.Thread(
        target=lambda: other.append(bench.call("sleep 0.5; echo fine")), name="row-call"
    )
    thread.start()
    for command in ("", "  ", "echo a\rb"):
        try:
            ssh.run(command)
        except errors.BadCommand:
            continue
        raise AssertionError(f"{command!r} was taken")
    seen = bench.call("echo a\0b")
    assert bench.call(f"echo {'a' * 9500} | wc -c").out.strip() == "9501"
    thread.join()
    assert other[0].out == "fine\n"
    return seen


@row(52, "8 kB command and 100 kB script, dropbear", shows="ok", within=2, state="ready")
def long_script(bench: Bench) -> Seen:
    bench.connect(bench.dropbear())
    script = "\n".join(f": line {n:06d} {'x' * 80}" for n in range(1000)) + "\necho reached"
    assert len(script) > 90_000
    seen = [bench.call(f"echo {'a' * 8000} | wc -c"), bench.call(script), bench.call("sh -s", stdin=script)]
    assert [one.out.strip() for one in seen] == ["8001", "reached", "reached"]
    return worst(seen)


@row(53, "login files print", shows="ok", within=2, state="ready")
def noisy_login_file(bench: Bench) -> Seen:
    bench.login_file("echo welcome; printf 'no newline'; echo careful >&2")
    bench.point(bench.sshd())
    seen = bench.call("echo clean")
    assert (seen.out, bench.call("cat", stdin="in").out) == ("clean\n", "in")
    return seen


@row(54, "login files exit with 0", shows="shell-unusable", within=2, state="down|blocked", runs=(0, 0))
def login_file_exits(bench: Bench) -> Seen:
    bench.login_file("exit 0")
    bench.point(bench.sshd())
    return bench.call()


@row(55, "login files hang", shows="shell-unusable", within=12, state="down", runs=(0, 0), may_live=True)
def login_file_hangs(bench: Bench) -> Seen:
    bench.login_file(SLEEP)
    bench.point(bench.sshd())
    seen = bench.call(timeout=12)
    assert "login file" in f"{seen.text} {getattr(seen.error, 'hint', '')}"
    bench.end_sleeps()  # the login files come to their end: nothing that was given up may start now
    time.sleep(0.5)
    return seen


@row(56, "bad UTF-8, NUL, a character cut in two", shows="ok", within=1, state="ready")
def odd_bytes(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    seen = bench.call(
        "printf '\\377\\000\\360\\237'; sleep 0.2; printf '\\230\\200'; printf '\\360\\237' >&2"
    )
    assert seen.result is not None
    assert seen.result.stdout_bytes == b"\xff\x00\xf0\x9f\x98\x80"
    assert seen.result.stdout == "\ufffd\0\U0001f600"
    assert seen.result.stderr == "\ufffd"
    return seen


@row(57, "escape sequences and marks that imitate ours", shows="ok", within=1, state="ready")
def hostile_output(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    forged = b"\x1e" + b"0" * 32 + b" e 0\x1e\n\x1e" + b"0" * 32 + b" x\x1e\n"
    (bench.folder / "hostile").write_bytes(HOSTILE + forged)
    seen = bench.call(f'cat {bench.folder}/hostile; cat {bench.folder}/hostile >&2; read x; echo "[$x]"')
    assert seen.result is not None
    assert seen.result.stdout_bytes == HOSTILE + forged + b"[]\n"  # nothing answered the escape sequences
    assert seen.result.stderr_bytes == HOSTILE + forged
    return seen


@row(60, "new keys all the time, four streams of 16 MB", shows="ok", within=30, state="ready", fast=False)
def rekey_storm(bench: Bench) -> Seen:
    bench.connect(bench.sshd("RekeyLimit 1M"))
    packets: Any = bench.transport.packetizer
    packets.REKEY_BYTES = 1 << 20
    seen = bench.calls(4, "head -c 16000000 /dev/zero | tr '\\0' r", max_output_bytes=20 << 20, timeout=60)
    expected = hashlib.sha256(b"r" * 16_000_000).digest()
    assert all(one.result and hashlib.sha256(one.result.stdout_bytes).digest() == expected for one in seen)
    return worst(seen)


@row(74, "second path: the command ends with 255", shows="exit 255", within=2, state="ready", runs=(1, 1))
def exit_255(bench: Bench) -> Seen:
    bench.point(bench.sshd(), ssh_use_persistent=False)
    return bench.call("exit 255")


@row(
    75,
    "options for ssh in the address or the user",
    shows="bad-request",
    within=0.1,
    state="down",
    root=False,
)
def option_injection(bench: Bench) -> Seen:
    trap = Path(bench.folder) / "trap"
    started = time.monotonic()
    shown = []
    for wrong in (
        {"host": f"-oProxyCommand=touch {trap}"},
        {"user": "-l x"},
        {"host": "a b"},
        {"user": "a;b"},
    ):
        try:
            ssh.set_credentials(**wrong)
            shown.append("taken")
        except errors.V3Error as exc:
            shown.append(exc.code)
    assert not trap.exists()
    return Seen(next((one for one in shown if one != "bad-request"), shown[0]), time.monotonic() - started)
