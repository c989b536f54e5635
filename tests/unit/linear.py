"""Time against length: texts that are the worst for expressions, and how long work on them takes.

    for text in some(saved_texts(saved), 30, seed): assert not complaint(work, text)

A text is made for any size. The time is this thread's alone, so a busy machine does not count.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

FULL = 2 << 20
"""Characters of the largest text that a command may print."""
LIMIT_S = 1.5 if "TESTS_SIDE_BY_SIDE" in os.environ else 1.0
"""What that text may take. Tests side by side share a core's caches: a second's work takes longer then."""
SAMPLE = 32 << 10
"""Characters of the text that is tried first. What is quick enough there is not tried at full length."""
GROWTH = 3.0
"""How many times as long twice the length may take: 2 is linear, 4 is quadratic."""
FLOOR_S = 0.3
"""What takes less says nothing about growth."""

# Near-misses: a run that an expression takes in, before something that it does not want.
RUNS = (
    " ", "\n", " \n", "\t", "\r", "\0",
    "1", "1 ", "a", "a ", "A-", "1.", "0x1 ", "[", "(", "()", "<", "{", ":",
    ": ", "a: ", "a:", "=",
    "a=1 ", ",", "1,", "/", "/a", ". ", "-", "--", "*", "| ", "|", "%", "1% ", "@", "+",
    "'", '"', "\\", "\\\\n", "\x1b[", "\x1b]", "é", "error ", "failed ", "not found ", "env/", "[]\n", "{}\n",
)  # fmt: skip


@dataclass(frozen=True)
class Text:
    """head + piece again and again + tail, for any size; "#" in a counted piece is a number that grows."""

    name: str
    piece: str
    head: str = ""
    tail: str = ""
    counted: bool = False

    def of(self, size: int) -> str:
        """About `size` characters."""
        times = max(1, (size - len(self.head) - len(self.tail)) // len(self.piece))
        if self.counted:
            body = "".join(self.piece.replace("#", str(number)) for number in range(times))
        else:
            body = self.piece * times
        return self.head + body + self.tail


def plain_texts() -> Iterator[Text]:
    """Runs of one thing, as one line and as many."""
    for run in RUNS:
        yield Text(f"{run!r}", run)
        yield Text(f"lines of {run!r}", run * (200 // len(run)) + "x\n")


def line_texts(line: str, head: str = "", tail: str = "") -> Iterator[Text]:
    """A real line again and again: whole, without its end, numbered, and gone wrong at each of its words."""
    name = repr(line[:60])
    yield Text(f"{name} repeated", line + "\n", head, tail)
    yield Text(f"{name} as one line", line + " ", head, "\n" + tail)
    for found in itertools.islice(re.finditer(r"\d+|(?<=[a-z])(?=\s|$)", line), 4):
        numbered = f"{line[: found.start()]}#{line[found.end() :]}"
        yield Text(f"{numbered[:60]!r} numbered", numbered + "\n", head, tail, counted=True)
    places = [0, *[found.end() for found in re.finditer(r"[^\W_]+|\W", line)][:12], len(line)]
    for place, run in itertools.product(dict.fromkeys(places), RUNS):
        begun = line[:place]
        yield Text(f"{begun[-60:]!r}, then {run!r}", begun + run * (240 // len(run)) + "x\n", head, tail)
        yield Text(f"{begun[-60:]!r}, then one line of {run!r}", run, head + begun, "\n" + tail)
    for word, mark in itertools.product(dict.fromkeys(re.findall(r"\S+", line)), ("", " ", "-", "/")):
        yield Text(f"{word + mark!r} repeated", word + mark, head, "\n" + tail)


def saved_texts(text: str) -> Iterator[Text]:
    """A real text with each of its lines gone wrong in turn; lines of one shape count once."""
    lines = text.splitlines()
    shapes = [re.sub(r"[a-z]+", "a", re.sub(r"\d+", "0", line)) for line in lines]
    for number in sorted({shapes.index(shape) for shape in shapes if shape}):
        yield from line_texts(lines[number], *_around(lines, number))
    if text:
        yield Text("the whole text repeated", text)


def _around(lines: list[str], number: int) -> tuple[str, str]:
    return "".join(f"{line}\n" for line in lines[:number]), "".join(
        f"{line}\n" for line in lines[number + 1 :]
    )


def some_of(texts: list[str], most: int, seed: str) -> Iterator[Text]:
    """So many out of what saved_texts() makes of all of them, without making the others."""
    chance = random.Random(seed)
    for text in chance.choices(texts, k=most) if texts else ():
        lines = text.splitlines()
        number = chance.choice([at for at, line in enumerate(lines) if line] or [0])
        made = list(line_texts(lines[number], *_around(lines, number))) if lines else []
        yield chance.choice(made) if made else Text("the whole text repeated", text or "x")


def some(texts: Iterable[Text], most: int, seed: str) -> list[Text]:
    """So many of them, the same ones for the same seed."""
    every = list(texts)
    return random.Random(seed).sample(every, min(most, len(every)))


def seconds(work: Callable[[str], object], text: str, enough_s: float = 0.0, times: int = 3) -> float:
    """How long this thread works on it: the best of so many times, or the first that is quick enough."""
    best = float("inf")
    for _ in range(times):
        began = time.thread_time()
        work(text)
        best = min(best, time.thread_time() - began)
        if best <= enough_s:
            break
    return best


def complaint(work: Callable[[str], object], text: Text, size: int = FULL, share: float = 1.0) -> str:
    """What is wrong with the time that `size` characters take and with its growth, four times in a row.

    The first look is a short one: what is well then is well. share: of the bounds, for a part of FULL.
    """
    said = ""
    for times in (1, 3, 5, 9):
        took = seconds(work, text.of(size), FLOOR_S * share, times)
        if took <= FLOOR_S * share:
            return ""
        half = seconds(work, text.of(size // 2), times=times)
        if took <= LIMIT_S * share and took <= GROWTH * half:
            return ""
        said = f"{text.name}: {size} characters take {took:.2f} s, half of them {half:.2f} s"
    return said


def complaints(
    work: Callable[[str], object], texts: Iterable[Text], size: int = FULL, share: float = 1.0
) -> list[str]:
    """The complaints about those that take long at a small length, and about the slowest of the others."""
    enough_s = LIMIT_S * share * SAMPLE / size
    took = {text: seconds(work, text.of(SAMPLE), enough_s) for text in texts}
    slowest = sorted(took, key=lambda text: -took[text])
    suspects = [text for text in slowest if took[text] > enough_s][:2] or slowest[:1]
    return [said for text in suspects if (said := complaint(work, text, size, share))]
