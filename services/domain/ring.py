"""The circle that every terminal has a fixed place on; slices of a push are arcs of it."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass

SIZE = 1 << 32
"""Number of places on the ring."""


def place_of(name: str) -> int:
    """The place of a terminal id (or of a topic) on the ring: the first 32 bits of its SHA-256.

    The same on every runtime and in every language, since waves, retries and explanations must agree on it.
    """
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:4], "big")


@dataclass(frozen=True, slots=True)
class Arc:
    """The places from `start` on, `length` of them, going round past the end of the ring.

    `length == SIZE` is the whole circle; 0 is none of it.
    """

    start: int
    length: int

    def __post_init__(self) -> None:
        if not (0 <= self.start < SIZE and 0 <= self.length <= SIZE):
            raise ValueError(f"not an arc of the ring: start {self.start}, length {self.length}")

    def __contains__(self, place: int) -> bool:
        return (place - self.start) % SIZE < self.length

    @property
    def is_empty(self) -> bool:
        """Whether it is no part of the circle; it still has a start."""
        return self.length == 0

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The arc as one or two ranges `(first, last)`, both ends included, in the order of the walk."""
        if self.length == 0:
            return ()
        last = self.start + self.length - 1
        if last < SIZE:
            return ((self.start, last),)
        return ((self.start, SIZE - 1), (0, last - SIZE))

    def split(self, pieces: int) -> tuple[Arc, ...]:
        """The arc in so many pieces, about equal and one behind the other; fewer if it has fewer places."""
        pieces = max(1, min(pieces, self.length))
        ends = [self.length * number // pieces for number in range(pieces + 1)]
        return tuple(Arc((self.start + first) % SIZE, last - first) for first, last in itertools.pairwise(ends))

    def after(self, place: int) -> Arc:
        """What is left of the arc behind `place`, which must lie on it."""
        if place not in self:
            raise ValueError(f"place {place} is not on the arc")
        done = (place - self.start) % SIZE + 1
        return Arc((place + 1) % SIZE, self.length - done)


NOWHERE = Arc(0, 0)
"""No part of the circle."""
WHOLE = Arc(0, SIZE)
"""The whole circle: the arc of a push that is sent at once."""
