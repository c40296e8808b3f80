"""Connection, message and request ids as API Gateway makes them: 11 bytes, base64url with padding.

Layout, read off captured ids: 4 bytes of a clock that ticks every 25 ms, 4 bytes that tell ids of one tick
apart, then 3 bytes of origin. Ids of connections and of their messages end in `02` and the host; ids of
requests in `05` and two arbitrary bytes. They sort by time and are not secret.
"""

from __future__ import annotations

import binascii
import random
import time
from collections.abc import Callable

TICKS_PER_S = 40
_WORD = 0xFFFF_FFFF
# An odd step walks through all 2**32 values before it repeats one (a Weyl sequence), so two ids can only be
# equal if they are 4,294,967,296 ids apart and fall into the same tick of a clock that wraps after 3.4 years.
_STEP = 0x9E37_79B1
_TO_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")


class Ids:
    """Makes ids that are unique within this process; `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float] = time.time, rng: random.Random | None = None) -> None:
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - ids are public, as on AWS; nothing rests on their secrecy
        self._word = self._rng.getrandbits(32)
        self._socket_tail = b"\x02" + self._rng.randbytes(2)

    def of_connection(self) -> str:
        """The id of a new connection."""
        return self._next(self._socket_tail)

    def of_message(self) -> str:
        """The id of a message that came in; ends like the ids of this gateway's connections, as on AWS."""
        return self._next(self._socket_tail)

    def of_request(self) -> str:
        """The id of one invocation (`requestId`, `extendedRequestId`)."""
        return self._next(b"\x05" + self._rng.randbytes(2))

    def _next(self, tail: bytes) -> str:
        self._word = word = (self._word + _STEP) & _WORD
        tick = int(self._clock() * TICKS_PER_S) & _WORD
        raw = (tick << 32 | word).to_bytes(8, "big") + tail
        return binascii.b2a_base64(raw, newline=False).translate(_TO_URL_ALPHABET).decode("ascii")


def is_well_formed(connection_id: str) -> bool:
    """Whether this text is the base64url form of 11 bytes, as every id is; API Gateway answers 400 if not."""
    if len(connection_id) != 16 or "+" in connection_id or "/" in connection_id:
        return False
    try:
        raw = binascii.a2b_base64(connection_id.translate(_FROM_URL_ALPHABET), strict_mode=True)
    except ValueError:
        return False
    return len(raw) == 11


_FROM_URL_ALPHABET = str.maketrans("-_", "+/")
