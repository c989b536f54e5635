"""A command's stdout, stderr and exit status cut out of a channel's two streams. Pure; no clock, no I/O."""

from __future__ import annotations

import re

_STATUS = re.compile(rb"(\d{1,3})\x1e\n")
_WORDS = re.compile(rb"([0-9 ]*)\x1e\n")
NOISE_KEPT = 4096  # bytes of what login files print: a bound on memory, and more than any error shows


class Capped:
    """Bytes up to a cap; what comes later is only counted."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._data = bytearray()
        self.total = 0

    def add(self, data: bytes | bytearray | memoryview) -> None:
        self.total += len(data)
        room = self._cap - len(self._data)
        if room >= len(data):
            self._data += data
        elif room > 0:
            self._data += data[:room]

    @property
    def truncated(self) -> bool:
        return self.total > self._cap

    def drain(self) -> bytes:
        """What was kept, which is then forgotten: for whoever reads as it comes."""
        data = bytes(self._data)
        self._data.clear()
        return data

    def __bytes__(self) -> bytes:
        return bytes(self._data)


class Streams:
    """What has arrived on a channel and is not yet taken by a frame."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.err = bytearray()


class Frame:
    """One command between its marks.

    begun: the begin mark came, so the command has started. done: both end marks came. exit_status:
    as the shell said. session: the session id a once-channel told with its begin mark, else "".
    """

    def __init__(self, nonce: str, cap: int) -> None:
        tag = b"\x1e" + nonce.encode()
        self._begin, self._end, self._err_end = tag + b" b", tag + b" e ", tag + b" x\x1e\n"
        self.clean_mark = tag + b" c\x1e\n"
        self.out, self.err = Capped(cap), Capped(cap)
        self.begun = False
        self.exit_status: int | None = None
        self.session = ""
        self._err_done = False

    @property
    def done(self) -> bool:
        return self.exit_status is not None and self._err_done

    @property
    def missing(self) -> int:
        """The streams whose end mark has not come: 1 for stdout, 2 for stderr."""
        return (self.exit_status is None) + 2 * (not self._err_done)

    @property
    def truncated(self) -> bool:
        return self.out.truncated or self.err.truncated

    def take(self, streams: Streams) -> None:
        """Moves what belongs to this frame out of the streams; leaves what comes after it."""
        if not self.begun:
            self._find_begin(streams.out)
        if self.begun and self.exit_status is None:
            self._take_out(streams.out)
        if self.begun and not self._err_done:
            self._err_done = _until(streams.err, self._err_end, self.err)

    def take_rest(self, streams: Streams) -> None:
        """The channel ended without end marks: all that is left belongs to the command."""
        self.take(streams)
        if self.begun and self.exit_status is None:
            self.out.add(streams.out)
        if self.begun and not self._err_done:
            self.err.add(streams.err)

    def _find_begin(self, out: bytearray) -> None:
        start = out.find(self._begin)
        if start < 0:
            del out[: max(0, len(out) - NOISE_KEPT)]  # of login files; the end tells why no shell answers
            return
        words = _WORDS.match(out, start + len(self._begin))
        if words:
            self.session = words.group(1).decode().strip()
            del out[: words.end()]
            self.begun = True

    def _take_out(self, out: bytearray) -> None:
        start = out.find(self._end)
        if start < 0:
            _move_all_but_a_mark(out, self._end, self.out)
            return
        status = _STATUS.match(out, start + len(self._end))
        if status:
            self.out.add(out[:start])
            self.exit_status = int(status.group(1))
            del out[: status.end()]


class Ready:
    """The answer to a lane's readiness question. words: what it told. noise: what came before it, of login
    files; its first 400 bytes of either stream."""

    def __init__(self, nonce: str) -> None:
        tag = b"\x1e" + nonce.encode()
        self._mark, self._err_mark = tag + b" r ", tag + b" x\x1e\n"
        self.words: list[str] = []
        self.noise = b""

    def take(self, streams: Streams) -> bool:
        """Whether all of the answer has come; then it is out of the streams, with all before it."""
        out, err = streams.out, streams.err
        start, err_start = out.find(self._mark), err.find(self._err_mark)
        end = out.find(b"\x1e\n", start + len(self._mark)) if start >= 0 else -1
        if end < 0 or err_start < 0:
            return False
        self.noise = bytes(out[:start][:400] + err[:err_start][:400])
        self.words = out[start + len(self._mark) : end].decode("ascii", "replace").split()
        del out[: end + 2]
        del err[: err_start + len(self._err_mark)]
        return True


def _until(stream: bytearray, mark: bytes, into: Capped) -> bool:
    """Moves the stream up to the mark, and the mark away; False while the mark has not come."""
    start = stream.find(mark)
    if start < 0:
        _move_all_but_a_mark(stream, mark, into)
        return False
    into.add(stream[:start])
    del stream[: start + len(mark)]
    return True


def _move_all_but_a_mark(stream: bytearray, mark: bytes, into: Capped) -> None:
    """Moves everything, except what may be the beginning of the mark at the very end."""
    cut = stream.find(mark[:1], max(0, len(stream) - len(mark) + 1))
    while cut >= 0 and not mark.startswith(bytes(stream[cut:])):
        cut = stream.find(mark[:1], cut + 1)
    cut = len(stream) if cut < 0 else cut
    with memoryview(stream) as whole, whole[:cut] as part:  # bulk output comes this way: no copy more
        into.add(part)
    del stream[:cut]
