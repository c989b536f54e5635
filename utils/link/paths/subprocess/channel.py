"""A once-channel of the second path: the counterpart of lanes.Once, over a process of the system's ssh.

It exists once our script has answered, on the device the request is meant for. Nothing of the command has
left then; begin() sends it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

from utils import errors
from utils.link.lanes import scripts
from utils.link.lanes.frames import Frame
from utils.link.paths.subprocess.call import SshCall
from utils.link.request import Request, stopped
from utils.model.results import CommandResult, Device


class SshChannel:
    """on: the device that the script answered from. stop: ends on the device what runs in it, see Pipe.stop.
    close: ends the process. on_lost: called when the connection broke while the command ran."""

    def __init__(
        self,
        call: SshCall,
        request: Request,
        *,
        on: Device,
        stop: Callable[[], bool | None],
        close: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._call, self._request = call, request
        self.on: Device | None = on
        self._stop, self._close, self._on_lost = stop, close, on_lost
        self._frame: Frame | None = None

    def begin(self) -> SshChannel:
        """Send the command and its stdin."""
        request = self._request
        sudo = request.arm()
        on_err = sudo.hear if sudo is not None else None
        nonce = secrets.token_hex(16)
        request.check()  # its time may be over, or it was cancelled, since the script answered
        self._frame = Frame(nonce, request.max_output_bytes, marked=True, on_err=on_err)
        request.sent = True
        header = scripts.once_header(nonce, request.wire_command)
        self._call.send(header + request.stdin_bytes, self._frame)
        return self

    def collect(self) -> CommandResult:
        """The result, once the command has ended. Stops it on time-out, cancel and endless output."""
        assert self._frame is not None, "begin() comes first"
        try:
            result = self._call.finish(time.monotonic())
        except (errors.CommandTimeout, errors.Cancelled) as exc:
            raise stopped(exc, self._stop()) from None
        if not self._frame.done and result.truncated:
            self._stop()
        return result

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """("stdout" or "stderr", bytes) as they come, until the command ends."""
        return self._call.chunks()

    @property
    def exit_status(self) -> int | None:
        """Once the command has ended by itself."""
        return self._call.exit_status

    @property
    def device(self) -> str | None:
        """The device that the command was sent to."""
        return self._request.device

    @property
    def over(self) -> bool:
        """Whether there is nothing left to stop: it ended, or the connection did."""
        return self._call.over

    @property
    def lost(self) -> bool:
        """The connection broke while the command ran."""
        lost = self._call.lost
        if lost:
            self._on_lost()
        return lost

    def stop(self) -> bool:
        """End it on the device; True when it is proven that nothing of it is left."""
        return self._stop() is True

    def close(self) -> None:
        """Let go of it; what it left running goes on."""
        self._close()
