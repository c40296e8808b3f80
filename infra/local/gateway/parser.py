"""Reads a client's frames: `websockets`' sans-I/O parser, which also knows when it is between two messages."""

from __future__ import annotations

import logging
from typing import cast

from websockets.frames import Frame
from websockets.protocol import State
from websockets.server import ServerProtocol

from infra.local.gateway.limits import Limits

# At DEBUG the library logs frames, which must never be in a log, and at INFO two lines for each connection.
_log = logging.getLogger("fanfare.gateway.frames")
_log.setLevel(logging.WARNING)

_MAX_CONTROL_PAYLOAD_BYTES = 125


class Parser(ServerProtocol):
    """A parser for an open connection. Between two messages it holds nothing of them: any connection can use it."""

    def __init__(self, limits: Limits) -> None:
        # The library counts a control frame's payload against what is left of a message; the exact bound on messages
        # is kept in Connection.
        message_bytes = limits.message_bytes + _MAX_CONTROL_PAYLOAD_BYTES
        super().__init__(state=State.OPEN, max_size=(message_bytes, limits.frame_bytes), logger=_log)
        self._unfinished_bytes = 0

    def receive(self, data: bytes) -> list[Frame]:
        """The frames that are whole now. What to answer is in `data_to_send`."""
        self.receive_data(data)
        frames = cast("list[Frame]", self.events_received())
        self._unfinished_bytes += len(data) - sum(map(_size_on_the_wire, frames))
        return frames

    @property
    def is_between_messages(self) -> bool:
        """Whether nothing is begun, neither a message nor a frame.

        That the library has nothing buffered does not tell: a frame's header, once it is read, is not in the buffer.
        A client that writes a length in more bytes than it needs counts as within a frame for good.
        """
        return self.current_size is None and not self._unfinished_bytes


def _size_on_the_wire(frame: Frame) -> int:
    """Bytes of a masked frame without extensions (RFC 6455 §5.2)."""
    payload_bytes = len(frame.data)
    if payload_bytes < 126:
        return 6 + payload_bytes
    return (8 if payload_bytes < 65_536 else 14) + payload_bytes
