"""The page's side: what the server adds to the SSH time, how fast it starts, how heavy the page is, how
soon it is painted, how smooth it stays."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.browser import Frames, chromium, first_paints, frames, weight
from tests.bench.demo_page import demo_page
from tests.bench.report import OWN, Section, Target, ms, number
from tests.bench.rig import Rig
from tests.bench.samples import Samples, interleaved
from utils import ssh_interface
from utils.judging.catalogue.loader import builtin_catalogue

ROOT = Path(__file__).resolve().parents[2]
DIAGNOSTIC = "memory"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)\r\n")


@contextmanager
def _page(rig: Rig, tree: Path = ROOT, name: str = "page") -> Iterator[tuple[str, float]]:
    """`python app.py` for the rig's sshd: its address, and the seconds until it was listening.

    tree: the checkout whose program it is. name: of its folder.
    """
    t = rig.target
    env = {
        **os.environ, "SSH_USER": t.user, "SSH_IP": t.host, "SSH_PORT": str(t.port), "SSH_PASSWORD": "",
        "SSH_KEY_FILE": str(t.key_file), "SSH_HOST_KEYS": "trust-new", "V3_DATA_DIR": str(t.folder / name),
        "LOG_FILE": str(t.folder / f"{name}.log"), "V3_PASSWORD": "", "V3_PORT": "0",
        "PYTHONDONTWRITEBYTECODE": "",  # a laptop keeps what Python compiled
    }  # fmt: skip
    argv = [sys.executable, "app.py", "--no-browser"]
    started = time.perf_counter()
    with subprocess.Popen(argv, cwd=tree, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"http://\S+", process.stdout.readline())
            assert url, "the page did not start"
            _get(url.group(), "/healthz")
            yield url.group(), time.perf_counter() - started
        finally:
            process.terminate()


def _get(url: str, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, (path, answer.status)


def _starts(rig: Rig, rounds: int) -> Samples:
    found = Samples()
    for _ in range(rounds):
        with _page(rig) as (_, seconds):
            found.add(seconds)
    return found


def _server_time(url: str, rig: Rig, rounds: int) -> dict[str, Samples]:
    """A diagnostic over HTTP and its bare command over the door, in turn, each on its own link.

    From the request's first byte to the answer's last, over a bare socket: http.client's own work, half a
    millisecond of it, is no server time.
    """
    host = urlsplit(url).netloc
    request = (
        f"POST /api/v1/diagnostics/{DIAGNOSTIC}/run HTTP/1.1\r\nHost: {host}\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    ).encode()
    answers: list[bytes] = []
    connection = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    command = builtin_catalogue().get(DIAGNOSTIC).command
    ssh_interface.configure(rig.target.settings())

    def over_http() -> None:
        connection.sendall(request)
        answers.append(_whole_answer(connection))

    def over_ssh() -> None:
        assert ssh_interface.run(command, effect="read").path == "persistent"

    calls = {"http": over_http, "ssh": over_ssh}
    try:
        interleaved(calls, 3)
        found = interleaved(calls, rounds)
    finally:
        ssh_interface.close()
        connection.close()
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), answer
        assert json.loads(body)["path"] == "persistent", body
    return found


def _whole_answer(connection: socket.socket) -> bytes:
    answer, whole = b"", 0
    while not whole or len(answer) < whole:
        got = connection.recv(1 << 16)
        assert got, answer
        answer += got
        head, end, _ = answer.partition(b"\r\n\r\n")
        if end:
            length = _LENGTH.search(head + end)
            assert length, head
            whole = len(head + end) + int(length[1])
    return answer


def section(rig: Rig, *, quick: bool) -> Section:
    starts = _starts(rig, 2 if quick else 7)
    with _page(rig) as (url, _):
        times = _server_time(url, rig, 30 if quick else 200)
        with chromium() as browser:
            files, sent, small = weight(browser, url)
            paints, floor = first_paints(browser, url, 5 if quick else 15)
            beside = frames(browser, url, 3 if quick else 10)
            with demo_page(rig.target.folder / "demo") as demo:
                smooth = frames(browser, demo, 3 if quick else 10)
    added = times["http"].median - times["ssh"].median
    result = Section("The page", ["", "median", "p95"])
    result.rows = [
        [f"`{DIAGNOSTIC}` over HTTP, ms", ms(times["http"].median), ms(times["http"].p95)],
        ["its command over SSH alone, ms", ms(times["ssh"].median), ms(times["ssh"].p95)],
        ["`python app.py` until it answers, ms", ms(starts.median), ms(starts.p95)],
        [f"the dashboard in {files} files, KB as sent", number(sent / 1000), ""],
        ["the dashboard, KB compressed", number(small / 1000), ""],
        ["its first paint in Chromium, ms", ms(paints.median), ms(paints.p95)],
        ["first paint of a page that is one word, ms", ms(floor.median), ms(floor.p95)],
        *_frame_rows("the demo device", smooth),
        *_frame_rows("this sshd", beside),
    ]
    result.targets = [
        Target("server time above the SSH time", added * 1000, 3.0, " ms"),
        Target("start-up until it answers", starts.median, 0.8, " s"),
        Target("dashboard, compressed", small / 1000, 80, " KB"),
        Target("first paint of the dashboard", paints.median * 1000, 300, " ms"),
        Target("frame while results stream in, median", smooth.frames.median * 1000, 17, " ms"),
        Target("the same beside the device's 87 commands", beside.frames.median * 1000, 17, " ms"),
        Target("frames later than two beats of 60 Hz", smooth.late_percent, 5, " %", source=OWN),
    ]
    result.notes.append(
        "Over HTTP: request, run, parse, judge, publish, audit, answer as JSON. Compressed: each file "
        "with gzip -6, counted until the page is connected. Chromium draws in software here, with an "
        "empty cache, in a tab that was there before. "
        f"It drew {len(smooth.frames.values)} and {len(beside.frames.values)} frames. "
        "The demo device costs next to nothing, as a device that is another machine. This sshd runs "
        "its commands on the processors that draw."
    )
    return result


def _frame_rows(whose: str, seen: Frames) -> list[list[str]]:
    return [
        [
            f"a frame while {whose}'s results stream in, ms",
            ms(seen.frames.median),
            ms(seen.frames.p95),
        ],
        ["of these frames later than two beats of 60 Hz, %", number(seen.late_percent), ""],
        ["longest task of the page meanwhile, ms (0: none above 50)", number(seen.longest_task_ms), ""],
    ]
