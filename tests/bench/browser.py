"""The page in a real Chromium: when it first paints, and whether it stays smooth while results stream in.

Software rendering on a small machine is noisy: frames are judged by their median and by the share that
took longer than two beats of a 60 Hz screen.
"""

from __future__ import annotations

import gzip
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, Page, Response, sync_playwright

from tests.bench.samples import Samples

LATE_MS = 33.4  # two beats of 60 Hz: one was missed
WIDTH, HEIGHT = 1350, 940
CHECKUP_MS = 120_000
SETTLE_MS = 1000  # a new tab is a new process, whose start is the browser's affair
FLOOR = b"<!doctype html><title>floor</title><p>hello"

_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
_WATCH = """() => {
  window.frames60 = []; window.late60 = 0;
  let last = performance.now();
  const beat = (now) => { window.frames60.push(now - last); last = now; requestAnimationFrame(beat); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(beat); });
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.late60 = Math.max(window.late60, task.duration);
  }).observe({ type: "longtask" });
}"""
_FINISHED = "(before) => document.querySelector('#ui-checkup').hidden === false && window.ended60 > before"
_COUNT_ENDS = """() => {
  window.ended60 = 0;
  const button = document.querySelector("#ui-checkup");
  let was = button.hidden;
  new MutationObserver(() => {
    if (was && !button.hidden) window.ended60 += 1;
    was = button.hidden;
  }).observe(button, { attributes: true, attributeFilter: ["hidden"] });
}"""


@dataclass(frozen=True)
class Frames:
    """Of some check-ups: all frames in seconds, the longest task in milliseconds."""

    frames: Samples
    longest_task_ms: float

    @property
    def late_percent(self) -> float:
        return 100 * sum(each * 1000 > LATE_MS for each in self.frames.values) / len(self.frames.values)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's, without a window."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses its sandbox to root
    path = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


@contextmanager
def _tab(browser: Browser, url: str) -> Iterator[Page]:
    """A tab that has been there for a moment, with nothing in its cache."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.wait_for_timeout(SETTLE_MS)
    page.goto(url)
    yield page
    context.close()


def first_paints(browser: Browser, url: str, rounds: int) -> tuple[Samples, Samples]:
    """Seconds from the start of loading to the first text on the screen: of the page, and in turn with it
    of one that holds a single word."""
    ours, floor = Samples(), Samples()
    with _one_word() as word:
        for _ in range(rounds):
            for found, address in ((ours, url), (floor, word)):
                with _tab(browser, address) as page:
                    page.wait_for_function(_PAINTED)
                    found.add(page.evaluate(_PAINT) / 1000)
    return ours, floor


@contextmanager
def _one_word() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(FLOOR)))
            self.end_headers()
            self.wfile.write(FLOOR)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def frames(browser: Browser, url: str, rounds: int) -> Frames:
    """While check-ups run, one after the other, from the click to the verdict."""
    found, longest = Samples(), 0.0
    with _tab(browser, url) as page:
        page.wait_for_selector("#ui-checkup:enabled")
        page.evaluate(_COUNT_ENDS)
        _check_up(page, 0)  # the link is made and every row has been drawn once
        page.evaluate(_WATCH)
        for number in range(1, rounds + 1):
            page.evaluate("() => { window.frames60.length = 0; window.late60 = 0; }")
            _check_up(page, number)
            found.values += [each / 1000 for each in page.evaluate("window.frames60")]
            longest = max(longest, page.evaluate("window.late60"))
    return Frames(found, longest)


def _check_up(page: Page, before: int) -> None:
    page.click("#ui-checkup")
    page.wait_for_function(_FINISHED, arg=before, timeout=CHECKUP_MS)


def weight(browser: Browser, url: str) -> tuple[int, int, int]:
    """(files, bytes as sent, bytes if compressed) of all that a new dashboard loads until it is connected."""
    page = browser.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url)
    page.wait_for_function("() => document.querySelector('.link-word')?.textContent === 'Connected'")
    page.wait_for_timeout(SETTLE_MS)  # what comes when the page has nothing else to do
    loaded = {each.url: each for each in answers if each.ok and "/api/" not in each.url}
    sent = sum(each.request.sizes()["responseBodySize"] for each in loaded.values())
    small = sum(len(gzip.compress(each.body(), 6)) for each in loaded.values())
    page.close()
    return len(loaded), sent, small
