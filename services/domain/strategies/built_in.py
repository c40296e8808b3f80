"""The strategies that every deployment has, under names that nobody can give to another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.domain.strategies.strategy import DAY_S, Ack, HaltIf, Strategy, Wave, Window


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A strategy, without versions, since it never changes; and what it does, in one sentence."""

    strategy: Strategy
    description: str


_NOT_TOO_BAD: Final = HaltIf(failed_over=0.02, gone_over=0.1, at_least=50)

NOW: Final = BuiltIn(
    Strategy(name="now"),
    "To everyone at once, and for a day to those who come back.",
)
WORKING_HOURS: Final = BuiltIn(
    Strategy(
        name="working-hours",
        window=Window(attribute="tz", days=frozenset(range(5)), from_minute=9 * 60, to_minute=18 * 60),
        retain_s=3 * DAY_S,
    ),
    "From Monday to Friday between 9:00 and 18:00 by each terminal's own clock (attribute tz), else when that begins.",
)
STAGED_ROLLOUT: Final = BuiltIn(
    Strategy(
        name="staged-rollout",
        waves=(
            Wave(percent=5, then_wait_s=600, halt_if=_NOT_TOO_BAD),
            Wave(percent=25, then_wait_s=600, halt_if=_NOT_TOO_BAD),
            Wave(percent=100),
        ),
        receipts="each",
    ),
    "To 5 % first, then 25 %, then all, ten minutes apart; it halts if over 2 % of 50 or more fail, or 10 % are gone.",
)
MUST_READ: Final = BuiltIn(
    Strategy(
        name="must-read",
        ack=Ack(need="read", within_s=900, resend=2, once_per_user=True),
        retain_s=7 * DAY_S,
    ),
    "To everyone at once, and every 15 minutes again, twice, to users who have not read it; add whom to escalate to.",
)
LATEST_ONLY: Final = BuiltIn(
    Strategy(name="latest-only", replay="latest"),
    "To everyone at once; who comes back gets only the newest push under this strategy, or of its collapse key.",
)

BUILT_IN: Final[Mapping[str, BuiltIn]] = {
    str(one.strategy.name): one for one in (NOW, WORKING_HOURS, STAGED_ROLLOUT, MUST_READ, LATEST_ONLY)
}
"""All of them by name."""
