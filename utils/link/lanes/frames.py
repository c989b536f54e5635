"""A command's stdout, stderr and exit status cut out of a channel's two streams. Pure; no clock, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable

_STATUS = re.compile(rb"(\d{1,3})\x1e\n")
ANYTHING, OUT, ERR = 0, 1, 2  # the streams whose end marks a call waits for
MOST = 1 << 20  # bytes of a stream that no frame takes: more is no answer of ours


class Capped:
    """Bytes up to a cap; what comes later is only counted. tap: hears all of it."""

    def __init__(self, cap: int, tap: Callable[[bytes | bytearray | memoryview], None] | None = None) -> None:
        self._tap = tap
        self._cap = cap
        self._data = bytearray()
        self.total = 0

    def add(self, data: bytes | bytearray | memoryview) -> None:
        self.total += len(data)
        if self._tap is not None:
            self._tap(data)
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


class Arrived:
    """What has arrived on a channel and is not yet taken by a frame."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.err = bytearray()

    @property
    def words(self) -> bytes:
        """All that has come on both, or a little of the beginning and more of the end."""
        return b"\n".join(bytes(s if len(s) <= 2400 else s[:400] + b"\n" + s[-2000:])
                          for s in (self.out, self.err))  # fmt: skip

    @property
    def overfull(self) -> bool:
        """Whether more has come than anything of ours may leave untaken."""
        return len(self.out) > MOST or len(self.err) > MOST


class Frame:
    """One command between its marks.

    begun: the begin mark came, so the command has started. done: both end marks came. exit_status:
    as the shell said. marked: stderr has a begin mark too; without one (on a lane) it begins where the
    last frame ended.
    """

    def __init__(
        self,
        nonce: str,
        cap: int,
        *,
        marked: bool = False,
        on_err: Callable[[bytes | bytearray | memoryview], None] | None = None,
    ) -> None:
        tag = b"\x1e" + nonce.encode()
        self._begin, self._end, self._err_end = tag + b" b\x1e\n", tag + b" e ", tag + b" x\x1e\n"
        self.clean_mark = tag + b" c\x1e\n"
        self.out, self.err = Capped(cap), Capped(cap, on_err)
        self.begun = False
        self.exit_status: int | None = None
        self._err_begun, self._err_done = not marked, False

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

    def take(self, streams: Arrived) -> None:
        """Move what belongs to this frame out of the streams; leave what comes after it."""
        self.begun = self.begun or _skipped(streams.out, self._begin)
        if self.begun and self.exit_status is None:
            self._take_out(streams.out)
        self._err_begun = self._err_begun or _skipped(streams.err, self._begin)
        if self.begun and self._err_begun and not self._err_done:
            self._err_done = _until(streams.err, self._err_end, self.err)

    def take_rest(self, streams: Arrived) -> None:
        """The channel ended without end marks: all that is left belongs to the command."""
        self.take(streams)
        if self.begun and self.exit_status is None:
            self.out.add(streams.out)
        if self.begun and self._err_begun and not self._err_done:
            self.err.add(streams.err)

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


class Pong:
    """The answer to the question whether a lane still answers."""

    def __init__(self, nonce: str) -> None:
        tag = b"\x1e" + nonce.encode()
        self._mark, self._err_mark = tag + b" r\x1e\n", tag + b" x\x1e\n"

    def take(self, streams: Arrived) -> bool:
        """Whether all of it has come; then it is out of the streams, with all before it."""
        if self._mark not in streams.out or self._err_mark not in streams.err:
            return False
        return _skipped(streams.out, self._mark) and _skipped(streams.err, self._err_mark)


def _skipped(stream: bytearray, mark: bytes) -> bool:
    """Drop what comes before the mark, and the mark; False while the mark has not come."""
    start = stream.find(mark)
    if start < 0:
        del stream[: max(0, len(stream) - len(mark) + 1)]  # noise, of jobs that login files left running
        return False
    del stream[: start + len(mark)]
    return True


def _until(stream: bytearray, mark: bytes, into: Capped) -> bool:
    """Move the stream up to the mark, and the mark away; False while the mark has not come."""
    start = stream.find(mark)
    if start < 0:
        _move_all_but_a_mark(stream, mark, into)
        return False
    into.add(stream[:start])
    del stream[: start + len(mark)]
    return True


def _move_all_but_a_mark(stream: bytearray, mark: bytes, into: Capped) -> None:
    """Move everything, except what may be the beginning of the mark at the very end."""
    cut = stream.find(mark[:1], max(0, len(stream) - len(mark) + 1))
    while cut >= 0 and not mark.startswith(bytes(stream[cut:])):
        cut = stream.find(mark[:1], cut + 1)
    cut = len(stream) if cut < 0 else cut
    with memoryview(stream) as whole, whole[:cut] as part:  # bulk output comes this way: no copy more
        into.add(part)
    del stream[:cut]
