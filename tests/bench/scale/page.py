"""The page Lab of a hub in a real browser: how soon it is there, and whether it stays quick then."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.waiting import wait_until

WATCH = """(() => {
  const seen = window.v3Seen = { rows: 0, at: null, tasks: [], gap: 0, changed: new Set(), changes: 0 };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.tasks.push([startTime, duration]);
  }).observe({ type: "longtask", buffered: true });
  let before = null;
  const frame = (now) => {
    if (before !== null) seen.gap = Math.max(seen.gap, now - before);
    before = now;
    if (seen.at === null) {
      seen.rows = document.querySelectorAll(".lab-bench li .lab-badge").length;
      if (seen.rows >= window.v3Wanted) seen.at = now;
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()"""
BEGIN = """() => {
  const seen = window.v3Seen;
  seen.tasks = []; seen.gap = 0; seen.changes = 0; seen.from = performance.now();
  if (!seen.observer) {
    seen.observer = new MutationObserver((list) => {
      const rows = new Set();
      for (const { target } of list) {
        const node = target instanceof Element ? target : target.parentElement;
        rows.add(node?.closest(".lab-bench li") ?? node);
      }
      seen.changes += rows.size;
    });
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    seen.observer.observe(document.querySelector(".lab-benches"), all);
  }
}"""
END = """() => {
  const { tasks, gap, changes, from } = window.v3Seen;
  return { tasks: tasks.map(([, ms]) => ms), gap, changes, seconds: (performance.now() - from) / 1000,
    nodes: document.querySelectorAll("*").length };
}"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


@dataclass(frozen=True)
class Opened:
    """Milliseconds from the click to the first paint with something in it, and until all rows were there.
    tasks: those over 50 ms until then."""

    painted_ms: float
    rows_ms: float
    tasks: list[float]


@dataclass(frozen=True)
class Watched:
    """tasks: those over 50 ms. gap_ms: the longest time between two frames. changes: rows that changed, a
    second. nodes: elements of the page."""

    tasks: list[float]
    gap_ms: float
    changes: float
    nodes: int


@dataclass(frozen=True)
class Matrix:
    """columns: boards that are shown, of so many. turned_ms: until the next ones are."""

    boards: int
    columns: int
    nodes: int
    turned_ms: float


@contextmanager
def opened(url: str, rows: int) -> Iterator[tuple[Page, Opened]]:
    """The page Lab with so many places, and how it opened: the second time, with scripts at hand."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(f"window.v3Wanted = {rows}; {WATCH}")
        found = [_open(page, url) for _ in range(4)]
        yield page, min(found[1:], key=lambda each: each.rows_ms)
        browser.close()


def _open(page: Page, url: str) -> Opened:
    page.goto(url)
    assert wait_until(lambda: page.evaluate("v3Seen.at !== null"), 60, every_s=0.2), "rows are missing"
    seen = page.evaluate("({ at: v3Seen.at, tasks: v3Seen.tasks.map(([, ms]) => ms) })")
    return Opened(page.evaluate(PAINTED), seen["at"], seen["tasks"])


def watched(page: Page, seconds: float) -> Watched:
    """What it does in that time."""
    page.evaluate(BEGIN)
    page.wait_for_timeout(seconds * 1000)
    told = page.evaluate(END)
    return Watched(told["tasks"], told["gap"], told["changes"] / told["seconds"], told["nodes"])


def matrix(page: Page) -> Matrix:
    """The matrix of the newest check-up: how large it is, and how soon the next boards are there."""
    words = page.locator("[data-slot=turn-words]")
    expect(words).to_contain_text("Boards 1 to ", timeout=30_000)
    text = words.inner_text()
    began = time.monotonic()
    page.get_by_role("button", name="Boards behind").click()
    expect(words).to_contain_text(re.compile("Boards (?!1 )"))
    turned_ms = 1000 * (time.monotonic() - began)
    columns = page.locator(".matrix thead th").count() - 1
    boards = int(re.search(r"of (\d+),", text)[1])  # type: ignore[index]
    return Matrix(boards, columns, page.locator(".fleet *").count(), turned_ms)
