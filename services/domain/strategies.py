"""A strategy: when, how fast, to whom next, and what becomes of those who are away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.domain import durations, names
from services.domain.problems import Problem

DAY_S = 86_400
MAX_RETAIN_S = 30 * DAY_S
"""Longest retention of a push for terminals that are away."""
MAX_EXPIRES_IN_S = 30 * DAY_S
"""Longest life of a push."""

AckNeed = Literal["received", "read"]
Receipts = Literal["none", "each"]

_MEMBERS = frozenset({"name", "retain", "expires_in", "receipts", "collapse_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The default strategy is: now, at full speed, retained 24 h, no ack needed, counts only.

    `retain_s`: how long a terminal that is away can still get it; 0 keeps nothing for those who are away.
    `expires_in_s`: after this long it is not delivered any more, nor replayed; None is never.
    `receipts`: `each` keeps one receipt per connection and asks terminals to acknowledge `received`.
    `collapse_key`: only the newest push of a key is replayed, and it replaces the older on screen.
    """

    name: str | None = None
    retain_s: int = DAY_S
    expires_in_s: int | None = None
    receipts: Receipts = "none"
    collapse_key: str | None = None

    @property
    def ack_need(self) -> AckNeed | None:
        """What a terminal must acknowledge, and so the `ack` member of its frame; None is nothing."""
        return "received" if self.receipts == "each" else None


DEFAULT = Strategy()


def from_json(value: object) -> Strategy:
    """The strategy written as a JSON object; absent members have their defaults.

    Raises `Problem("invalid_strategy" | "invalid_duration", 422)` that names the member.
    """
    if not isinstance(value, Mapping):
        raise Problem("invalid_strategy", 422, "strategy must be an object", field="strategy")
    for member in value:
        if member not in _MEMBERS:
            known = ", ".join(sorted(_MEMBERS))
            raise Problem(
                "invalid_strategy",
                422,
                f"strategy has no member {member!r}; it has {known}",
                field=f"strategy.{member}",
            )
    receipts = value.get("receipts", DEFAULT.receipts)
    if receipts not in ("none", "each"):
        raise Problem("invalid_strategy", 422, 'strategy.receipts must be "none" or "each"', field="strategy.receipts")
    expires_in = value.get("expires_in")
    return Strategy(
        name=_optional_name(value, "name"),
        retain_s=durations.parse_s(value.get("retain", DEFAULT.retain_s), "strategy.retain", most_s=MAX_RETAIN_S),
        expires_in_s=None
        if expires_in is None
        else durations.parse_s(expires_in, "strategy.expires_in", least_s=1, most_s=MAX_EXPIRES_IN_S),
        receipts=receipts,
        collapse_key=_optional_name(value, "collapse_key"),
    )


def to_json(strategy: Strategy) -> dict[str, object]:
    """The strategy as a JSON object with every member that it has; `from_json` reads it back."""
    written: dict[str, object] = {
        "retain": durations.text(strategy.retain_s),
        "receipts": strategy.receipts,
    }
    if strategy.name is not None:
        written["name"] = strategy.name
    if strategy.expires_in_s is not None:
        written["expires_in"] = durations.text(strategy.expires_in_s)
    if strategy.collapse_key is not None:
        written["collapse_key"] = strategy.collapse_key
    return written


def _optional_name(value: Mapping[str, object], member: str) -> str | None:
    name = value.get(member)
    return None if name is None else names.checked(name, f"strategy.{member}")
