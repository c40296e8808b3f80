"""Faults on request, for whoever writes a client or a sender: what happens on AWS some day, today."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace


class ChaosError(ValueError):
    """A setting that there is not, or that is out of bounds; the text names it and says what would do."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a fault is asked for in text: `name=value`."""

    name: str
    help: str
    most: float = math.inf


def _setting(name: str, help_text: str, *, most: float = math.inf) -> dict[str, _Setting]:
    return {"setting": _Setting(name, help_text, most)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """Which faults to make; fractions are between 0 and 1. Raises ChaosError for what is out of bounds.

    The same `seed` makes the same choices for the same course of events.
    """

    post_latency_s: float = field(
        default=0, metadata=_setting("post_latency", "seconds that every post and @connections request waits")
    )
    throttle_fraction: float = field(
        default=0, metadata=_setting("throttle", "fraction of posts that are refused with 429", most=1)
    )
    lose_disconnect_fraction: float = field(
        default=0, metadata=_setting("lose_disconnect", "fraction of connections whose $disconnect never comes", most=1)
    )
    delay_disconnect_s: float = field(
        default=0,
        metadata=_setting("delay_disconnect", "seconds that $disconnect comes late, even after a new $connect"),
    )
    drop_fraction_per_minute: float = field(
        default=0, metadata=_setting("drop_sockets", "fraction of open sockets that are cut off each minute", most=1)
    )
    max_duration_s: float | None = field(
        default=None, metadata=_setting("max_duration", "seconds after which every connection is closed with 1001")
    )
    seed: float | None = field(
        default=None, metadata=_setting("seed", "a number; the same one makes the same choices again")
    )

    def __post_init__(self) -> None:
        for member in fields(self):
            value = getattr(self, member.name)
            setting: _Setting = member.metadata["setting"]
            # Written so that NaN, which compares with nothing, is refused too.
            if value is not None and member.name != "seed" and not 0 <= value <= setting.most:
                bounds = "between 0 and 1" if setting.most == 1 else "0 or more"
                raise ChaosError(f"chaos {setting.name}={value}: must be {bounds}")

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Chaos:
        """Chaos from texts like `post_latency=0.2`. Raises ChaosError."""
        members = {member.metadata["setting"].name: member.name for member in fields(cls)}
        values: dict[str, float] = {}
        for text in settings:
            name, _, value = text.partition("=")
            if name not in members:
                raise ChaosError(f"chaos {name}: there is no such setting; there are {', '.join(members)}")
            try:
                values[members[name]] = float(value)
            except ValueError as fault:
                raise ChaosError(f"chaos {text}: write a number, as in {name}=1") from fault
        return replace(cls(), **values)

    @classmethod
    def help(cls) -> str:
        """One line for each setting."""
        settings: list[_Setting] = [member.metadata["setting"] for member in fields(cls)]
        return "\n".join(f"{setting.name:<18}{setting.help}" for setting in settings)


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
