"""Faults on request, for whoever writes a client or a sender: what happens on AWS some day, today."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """Which faults to make. Fractions are between 0 and 1. Raises ValueError for what is out of bounds.

    The same `seed` makes the same choices for the same course of events.
    """

    post_latency_s: float = 0
    """How long each request to `@connections` waits; callers in the process wait it out themselves."""
    throttle_fraction: float = 0
    """Posts that are answered 429."""
    lose_disconnect_fraction: float = 0
    """Connections whose `$disconnect` never comes."""
    delay_disconnect_s: float = 0
    """How late `$disconnect` comes; long enough, it comes after the next `$connect` of the same terminal."""
    drop_fraction_per_minute: float = 0
    """Open connections that are cut off each minute, as if the network had gone."""
    max_duration_s: float | None = None
    """A maximum duration other than the gateway's own."""
    seed: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "seed" or value is None:
                continue
            if value < 0 or ("fraction" in field.name and value > 1):
                bounds = "between 0 and 1" if "fraction" in field.name else "not negative"
                raise ValueError(f"chaos {field.name}={value}: must be {bounds}")


class Mischief:
    """Decides, by chance, what befalls whom."""

    def __init__(self, chaos: Chaos) -> None:
        self.chaos = chaos
        self._rng = random.Random(chaos.seed)  # noqa: S311 - repeatable by its seed, which is the point

    def throttle(self, connection_ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """The posts that go through, and those that are refused."""
        passed: list[str] = []
        refused: list[str] = []
        for connection_id in connection_ids:
            (refused if self._strikes(self.chaos.throttle_fraction) else passed).append(connection_id)
        return passed, refused

    def loses_disconnect(self) -> bool:
        """Whether this `$disconnect` is lost."""
        return self._strikes(self.chaos.lose_disconnect_fraction)

    def dropped(self, connection_ids: Iterable[str], elapsed_s: float) -> list[str]:
        """The connections that are cut off after `elapsed_s` more seconds."""
        fraction = 1 - (1 - self.chaos.drop_fraction_per_minute) ** (elapsed_s / 60)
        return [connection_id for connection_id in connection_ids if self._strikes(fraction)]

    def _strikes(self, fraction: float) -> bool:
        return fraction > 0 and self._rng.random() < fraction
