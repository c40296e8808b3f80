"""What pushes would do, as it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.domain.pushes import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a push would do, as it was shown: its request, who was meant, and until when it can be sent.

    `request` is the checked request as JSON. `terminals` names who was meant, None if they were too many to keep.
    """

    id: str
    sender: str
    request: Mapping[str, object]
    profile: Profile
    terminals: frozenset[str] | None
    created_at_s: float
    expires_at_s: float


class Plans(Protocol):
    """Plans, each for an hour."""

    async def put(self, plan: Plan) -> None:
        """Keep it until it expires."""

    async def get(self, plan_id: str, *, at_s: float) -> Plan | None:
        """None if there is none, or its time is over."""
