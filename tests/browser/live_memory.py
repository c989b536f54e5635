"""What an hour of the live page costs the browser: `python -m tests.browser.live_memory`.

The hour is simulated: samples a second apart are published as fast as the page takes them.
"""

from __future__ import annotations

import sys
import time

from playwright.sync_api import CDPSession, expect

from tests.browser.chromium import site_and_browser
from utils.demo.live import ModuleState, facts
from utils.demo.machine import Machine
from utils.demo.saved_answers import SavedAnswers
from utils.live.samples.block import Cutter
from utils.live.samples.measures import measure
from utils.live.samples.script import FACTS_END, SAMPLE_END

HOUR_S = 3600
SEEN = "import('/static/live/app.js').then(({ live }) => live.store.seq)"


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    metrics = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def main() -> int:
    with site_and_browser() as (site, browser):
        page = browser.new_page()
        page.goto(f"{site.url}live")
        expect(page.locator(".chart canvas")).to_have_count(10)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        print(f"at the start {_heap_mb(session):.1f} MB", flush=True)
        bay = site.app.extensions["v3"].bench.default
        sampler, recorded = bay.sampler, SavedAnswers(bay.runner.catalogue, machine := Machine())
        sampler.set_interval(60)  # its own samples would come between
        values, cutter = ModuleState(machine), Cutter()
        head = cutter.feed("\n".join([*facts(machine, recorded), FACTS_END, ""]).encode())[0]
        start, before = int(time.time() * 1000), None
        for second in range(HOUR_S):
            block = cutter.feed("\n".join([*values.lines(), SAMPLE_END, ""]).encode())[0]
            found = measure(head, before, block, values.beside(), bay.judging)
            sample, _ = sampler._history.add(start + second * 1000, found)
            sampler.ring.publish("sample", sample)
            before = block
            if second % 100 == 99:
                page.wait_for_function(f"async () => (await {SEEN}) >= {sample['seq']}")
        page.locator("#ui-window").select_option("3600")
        page.wait_for_timeout(1000)
        print(f"after an hour of samples {_heap_mb(session):.1f} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
