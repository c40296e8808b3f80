"""UUIDv7 ids (RFC 9562 §5.7): push ids, and positions, which order releases. Text sorts by time."""

from __future__ import annotations

import re
import secrets
import threading

BEGINNING = "00000000-0000-7000-8000-000000000000"
"""A position before every other: `resume` from here asks for all that is kept."""

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_RANDOM_BITS = 74


class Uuid7Source:
    """Makes UUIDv7s that only ever grow within this process, also when the clock steps back.

    Method 2 of RFC 9562 §6.2: within one millisecond the random part is counted up by a random step.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._random = 0

    def make(self, at_s: float) -> str:
        """A new id for the moment `at_s` (epoch seconds)."""
        with self._lock:
            millisecond = int(at_s * 1000)
            if millisecond > self._millisecond:
                self._millisecond = millisecond
                self._random = secrets.randbits(_RANDOM_BITS - 1)
            else:
                self._random += secrets.randbits(32) + 1
                if self._random >> _RANDOM_BITS:
                    self._millisecond += 1
                    self._random = secrets.randbits(_RANDOM_BITS - 1)
            return _uuid7(self._millisecond, self._random)


def _uuid7(millisecond: int, random: int) -> str:
    value = millisecond << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & ((1 << 62) - 1)
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_position(text: object) -> bool:
    """Whether `text` is written as a UUIDv7 in lower case."""
    return isinstance(text, str) and _UUID7.fullmatch(text) is not None


def time_of_s(position: str) -> float:
    """The moment a position or id was made, in epoch seconds, to the millisecond."""
    return int(position[:8] + position[9:13], 16) / 1000


def lowest_at(at_s: float) -> str:
    """The lowest position of a moment: every position made at or after `at_s` is greater or equal."""
    return _uuid7(max(0, int(at_s * 1000)), 0)


new_id = Uuid7Source().make
"""Makes ids from one source for the whole process."""
