"""A question that only our own script on the device answers, and what its answer tells. Pure.

The script is sent two sums, and its answer is their results, which stand in no request. So neither an echo of
the request nor another program that reads it can give them. Whoever answers is therefore our script, and it
alone reads what is sent from then on. The exec request is public, and so is the answer. Marks of commands
have other nonces, which are sent afterwards.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from utils.link.lanes.frames import Arrived

NOISE_MOST = 500  # characters of what login files print that are kept
_MOST = 10**8  # 8 times it is below 2^31: some shells count with 32 bits


def _number() -> int:
    return secrets.randbelow(_MOST) + 1


@dataclass(frozen=True)
class Challenge:
    """Four numbers. words: as they stand in the exec request. answer: what the script makes of them."""

    numbers: tuple[int, ...] = field(default_factory=lambda: tuple(_number() for _ in range(4)))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(map(str, self.numbers))

    @property
    def answer(self) -> str:
        a, b, c, d = self.numbers
        return f"{a * 7 + b}.{c * 7 + d}"


@dataclass(frozen=True)
class ShellReport:
    """How things stand on a channel that answered.

    pid, session: of its shell, "0" if not known. holds: it can tell what a command left running.
    in_sight: whether /proc shows the channel's name in its environment (None: /proc is not readable).
    sees_others: whether other users' processes are visible. settled: language, paths and time-out are as
    they must be. nice: its priority. who: the answer to identity.COMMAND, if asked for. noise: what came
    before, of login files. changed: something adds to what the script prints.
    """

    pid: str = "0"
    session: str = "0"
    holds: bool = False
    in_sight: bool | None = None
    sees_others: bool = False
    settled: bool = True
    nice: int = 0
    who: str = ""
    noise: bytes = b""
    changed: bool = False


class Ready:
    """The answer to a challenge, as it comes on both streams of a channel."""

    def __init__(self, answer: str) -> None:
        tag = b"\x1e" + answer.encode()
        self._begin, self._end, self._err = tag + b" r", tag + b" i\x1e\n", tag + b" x\x1e\n"
        self.tag = tag

    def take(self, streams: Arrived) -> ShellReport | None:
        """What it tells, once all of it has come; then it is out of the streams, with all before it."""
        out, err = streams.out, streams.err
        start, end, err_start = out.find(self._begin), out.find(self._end), err.find(self._err)
        if not 0 <= start < end or err_start < 0:
            return None
        noise = bytes(out[:start][:NOISE_MOST] + err[:err_start][:NOISE_MOST])[:NOISE_MOST]
        words, _, who = out[start + len(self._begin) : end].decode("utf-8", "replace").partition("\x1e\n")
        del out[: end + len(self._end)]
        del err[: err_start + len(self._err)]
        return _told(words.split(), who, noise)

    def begun(self, streams: Arrived) -> bool:
        """Whether some of it has come."""
        return self._begin in streams.out or self._err in streams.err

    def half(self, streams: Arrived) -> bool:
        """Whether one stream holds all of it, and the other does not."""
        return (self._end in streams.out) != (self._err in streams.err)

    def one_stream(self, streams: Arrived) -> bool:
        """Whether both streams come as one: behind a terminal, whose lines end otherwise, or joined."""
        return self._err[:-1] in streams.out

    def noise(self, streams: Arrived) -> bytes:
        """The words on both streams without the answer's own."""
        rest = Arrived()
        before, _, answer = streams.out.partition(self._begin)
        rest.out += before + answer.partition(self.tag + b" i\x1e")[2]
        rest.err += streams.err.replace(self._err, b"")
        return rest.words


def _told(words: list[str], who: str, noise: bytes) -> ShellReport:
    if len(words) != 7:
        return ShellReport(who=who, noise=noise)
    pid, session, holds, in_sight, others, settled, nice = words
    return ShellReport(
        pid, session, holds == "1", {"1": True, "0": False}.get(in_sight), others == "1", settled == "1",
        int(nice) if nice.lstrip("-").isdecimal() and len(nice) < 4 else 0, who, noise,
        who.rpartition("\n")[2] != "",  # the script ends each line before the next mark
    )  # fmt: skip
