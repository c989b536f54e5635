"""A program's beginning: three of its threads judge without an end, so they are within RE2, which is C++."""

BUSY = """
import sys, threading
from utils.judging.catalogue import pattern
busy = threading.Event()
def work():
    number = 0
    while True:
        pattern.found(f"(a|b{(number := number + 1)})*c.*x", "a" * 4000)
        busy.set()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
busy.wait(30)
"""
