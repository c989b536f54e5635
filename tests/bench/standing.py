"""Whether the page still answers while the worst texts are judged: /healthz beside an idle program.

One program runs the worst texts as diagnostics. Then it also follows a log that grows by 2 MiB of the worst
lines at once, and samples for Live. Another program on the same machine has nothing to do and says how busy
the machine is.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.report import OWN, TRUTH, Section, Target, ms
from tests.bench.rig import Rig
from tests.servers.worst_texts import OWN as DIAGNOSTIC
from tests.servers.worst_texts import SIZE, WORST
from tests.web.program import Page

TEXTS = {**WORST, "kernel_log": "[   12.345678] usb error over-current i2c nvme fail timed out busy\n"}
LOG_LINE = "[   12.345678] usb error i2c i2c i2c i2c over-current timed out\n"
LIMIT_S = 0.1


@contextmanager
def _programs(rig: Rig) -> Iterator[tuple[Page, Page]]:
    target, home = rig.target, rig.server.user.home
    own = target.folder / "standing/data/diagnostics"
    own.mkdir(parents=True)
    (target.folder / "standing-idle").mkdir()
    for number, (parser, piece) in enumerate(TEXTS.items()):
        (home / parser).write_text(piece * (SIZE // len(piece)))
        (own / f"{parser}.toml").write_text(DIAGNOSTIC.format(number=number, parser=parser), encoding="utf-8")
    busy = Page(
        target.folder / "standing", SSH_USER=target.user, SSH_IP=target.host, SSH_PORT=str(target.port),
        SSH_KEY_FILE=str(target.key_file), SSH_HOST_KEYS="trust-new",
    )  # fmt: skip
    idle = Page(target.folder / "standing-idle", SSH_IP=target.host)
    try:
        yield busy, idle
    finally:
        busy.stop()
        idle.stop()


def _answers_in(page: Page) -> float:
    began = time.perf_counter()
    assert page.ask("GET", "/healthz")[0] == 200
    return time.perf_counter() - began


class _Work:
    """What keeps the busy program at it, until it is over. log: the one that floods it; None: none does."""

    def __init__(self, page: Page, log: Path | None) -> None:
        self._page = page
        self._over = threading.Event()
        self.judged = self.read = 0
        works: list[Callable[[], None]] = [self._run]
        if log is not None:
            status, follow = page.ask("POST", "/api/v1/logs", {"source": "file", "path": str(log)})
            assert status in (200, 201), follow
            works += [lambda feed=feed: self._watch(feed) for feed in (f"log:{follow['id']}", "live")]
            works.append(lambda: self._grow(log))
        self._threads = [threading.Thread(target=work) for work in works]

    def __enter__(self) -> _Work:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(90)

    def _run(self) -> None:
        while not self._over.is_set():
            for number in range(len(TEXTS)):
                self._page.ask("POST", f"/api/v1/diagnostics/worst-{number}/run", {})
                self.judged += 1

    def _grow(self, log: Path) -> None:
        while not self._over.wait(2.0):
            with log.open("a") as file:
                file.write(LOG_LINE * (SIZE // len(LOG_LINE)))

    def _watch(self, feed: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._page.port, timeout=5)
        connection.request("GET", f"/api/v1/events?feed={feed}", headers={"Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        while not self._over.is_set():
            with suppress(TimeoutError):
                self.read += len(answer.read1(1 << 16))
        connection.close()


def section(rig: Rig, *, quick: bool) -> Section:
    """/healthz of the busy program and of the idle one, taken in turn."""
    log = rig.server.user.home / "standing.log"
    log.write_text("begin\n")
    seconds = 15 if quick else 45
    with _programs(rig) as (busy, idle):
        busy.ask("POST", "/api/v1/diagnostics/worst-0/run", {})
        judging, calm, judged = _asked(busy, idle, seconds, None)
        flooded, calm_too, beside = _asked(busy, idle, seconds, log)
    rows = [[name, str(len(each)), *(ms(_share(each, share)) for share in (0.5, 0.9, 0.99, 1.0))]
            for name, each in (("judging", judging), ("judging, a flood and Live", flooded),
                               ("idle", [*calm, *calm_too]))]  # fmt: skip
    read = f"{judged.judged} and {beside.judged} texts of 2 MiB were judged meanwhile"
    return Section(
        "/healthz while the worst texts are judged",
        ["program", "asked", "median ms", "90 % ms", "99 % ms", "max ms"],
        rows,
        [f"{read}, and {beside.read:,} bytes of events were read."],
        [
            Target("/healthz beside the worst texts, 99 %", _share(judging, 0.99), LIMIT_S, " s",
                   source=TRUTH),
            Target("with a flood and Live too, 90 %", _share(flooded, 0.9), LIMIT_S, " s", source=OWN),
            Target(
                "with a flood and Live too, 99 %, beyond an idle program's",
                _share(flooded, 0.99) - _share(calm_too, 0.99), LIMIT_S, " s", source=OWN,
            ),
        ],
    )  # fmt: skip


def _asked(busy: Page, idle: Page, seconds: int, log: Path | None) -> tuple[list[float], list[float], _Work]:
    """Seconds that each answer took: of the busy program, of the idle one; and what kept it busy."""
    took: tuple[list[float], list[float]] = ([], [])
    with _Work(busy, log) as work:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            took[0].append(_answers_in(busy))
            took[1].append(_answers_in(idle))
            time.sleep(0.02)
    return *took, work


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
