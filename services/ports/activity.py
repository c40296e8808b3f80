"""What happened in each minute, and how large groups were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.domain.activity import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSizes:
    """How many connections the largest groups had at a moment (epoch seconds), by name."""

    at_s: float
    sizes: Mapping[str, int]


class Activity(Protocol):
    """Figures of each minute, and sizes of groups now and then; for people, so it may lag by seconds.

    Figures are written by who files connections and notes deliveries: those of one machine in the same transaction, so
    each counts once. Minutes are kept for MINUTES_KEPT_S, sizes for SAMPLES_KEPT_S (`services.domain.activity`).
    """

    async def minutes(self, first: int, last: int) -> Mapping[int, Figures]:
        """The minutes since the epoch from `first` to `last`, both included, in which anything happened."""

    async def keep_sizes(self, sizes: GroupSizes) -> None:
        """Take down how large groups are; replaces what was taken down in the same second."""

    async def sizes_at(self, at_s: float) -> GroupSizes | None:
        """The newest sizes that were taken down by then, else the oldest there are; None if there are none."""
