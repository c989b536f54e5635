"""How many lines a second the page Logs takes, and what 100,000 lines cost. Prints figures; no test.

    python -m tests.browser.logs_rate

The lines are put behind those of a followed log, so they take the whole way from there: ring, stream,
page, windowed list. A frame counts as dropped when more than 1.5 frames' time passed since the one before;
on a busy machine that happens at 0 lines as well, and the time of the page's own thread says more.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from playwright.sync_api import CDPSession, Page

from tests.browser.chromium import site_and_browser
from utils.live.logs.follow import Follow
from utils.live.logs.lines import LogLine

RATES = (0, 500, 2000, 5000, 10_000, 15_000)
SECONDS = 5.0
TEXT = "nvgpu: 17000000.gpu nvgpu_pm_init_support: railgate is enabled, and some words more: "
WATCH = """seconds => new Promise(done => {
  const gaps = [];
  let last = performance.now();
  const end = last + seconds * 1000;
  const frame = now => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else done(gaps);
  };
  requestAnimationFrame(frame);
})"""


def main() -> None:
    with site_and_browser() as (site, browser):
        page = browser.new_page(viewport={"width": 1280, "height": 850})
        page.goto(f"{site.url}logs?source=kernel&priority=2")
        page.wait_for_selector(".log-row")
        follow = site.app.extensions["v3"].bench.default.logs.all()[-1]
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})  # not what others take
        cdp.send("Performance.enable")
        print(f"heap before: {heap_mb(cdp):.1f} MB")
        for rate in RATES:
            measure(page, cdp, follow, rate)
        fill(page, follow)
        rows = page.locator(".log-row").count()
        print(f"heap with 100,000 lines: {heap_mb(cdp):.1f} MB, {rows} rows drawn")


def measure(page: Page, cdp: CDPSession, follow: Follow, rate: int) -> None:
    """Lines at this rate for some seconds, and the page's frames meanwhile."""
    over = threading.Event()

    def write() -> None:
        began, sent = time.monotonic(), 0
        while not over.wait(0.01):
            due = int((time.monotonic() - began) * rate) - sent
            follow.lines.add(LogLine(f"{TEXT}{sent + n}", priority=6, unit="kernel") for n in range(due))
            sent += due

    before = follow.lines.last_seq
    thread = threading.Thread(target=write)
    thread.start()
    busy = -metric(cdp, "TaskDuration")
    gaps: list[float] = page.evaluate(WATCH, SECONDS)
    busy += metric(cdp, "TaskDuration")
    over.set()
    thread.join()
    caught_up = wait_shown(page, follow)
    usual = sorted(gaps)[len(gaps) // 2]
    dropped = sum(max(0, round(gap / usual) - 1) for gap in gaps if gap > 1.5 * usual)
    print(
        f"{rate:6} lines/s: {len(gaps) / SECONDS:5.1f} frames/s, {dropped} of {len(gaps) + dropped} dropped, "
        f"longest {max(gaps):.0f} ms, the page's thread {100 * busy / SECONDS:.0f} %, "
        f"last of {follow.lines.last_seq - before} lines shown after {caught_up:.2f} s"
    )


def fill(page: Page, follow: Follow) -> None:
    while follow.lines.last_seq < 120_000:
        follow.lines.add(LogLine(f"{TEXT}{n}", priority=6, unit="kernel") for n in range(2000))
        time.sleep(0.1)
    wait_shown(page, follow)


def wait_shown(page: Page, follow: Follow) -> float:
    began = time.monotonic()
    follow.lines.add([LogLine(f"end mark {follow.lines.last_seq}")])
    page.get_by_text(f"end mark {follow.lines.last_seq - 1}", exact=True).wait_for(timeout=60_000)
    return time.monotonic() - began


def heap_mb(cdp: CDPSession) -> float:
    cdp.send("HeapProfiler.collectGarbage")
    return metric(cdp, "JSHeapUsedSize") / 1e6


def metric(cdp: CDPSession, name: str) -> float:
    metrics: list[dict[str, Any]] = cdp.send("Performance.getMetrics")["metrics"]
    return float(next(item["value"] for item in metrics if item["name"] == name))


if __name__ == "__main__":
    main()
