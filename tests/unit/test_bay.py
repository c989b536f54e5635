"""A bay makes what watches its board when somebody asks for it, once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from utils.bench.watching import MadeOnce
from utils.settings import PROJECT


def test_the_core_loads_nothing_that_watches_a_board() -> None:
    told = "import sys, utils.bench.startup; print([each for each in sys.modules if 'utils.live.' in each])"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_many_threads_ask_for_at_once_is_made_once() -> None:
    made: list[object] = []

    def slow() -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    once = MadeOnce(slow)
    assert once.made is None
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(once())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert got == made * 8
