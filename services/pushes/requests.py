"""What a caller asks for: a target, a message, a strategy and a time, checked before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.domain.problems import Problem
from services.domain.pushes import Profile
from services.domain.strategies import json_form as strategy_form
from services.domain.strategies.strategy import Strategy
from services.domain.targets import json_form, text_form
from services.domain.targets.expression import Target
from services.domain.timeline.schedule import AT_ONCE, Schedule
from services.ports import Ports
from services.pushes import schedules
from services.strategies import catalog

MAX_IDEMPOTENCY_KEY_CHARACTERS = 255
"""Longest `Idempotency-Key`."""
DEFAULT_TOLERANCE: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUse:
    """A plan that is to be sent. `if_changed`: what to do if its audience moved by more than `tolerance` (a share)."""

    id: str
    if_changed: Literal["reject", "send"] = "reject"
    tolerance: float = DEFAULT_TOLERANCE

    def digest(self) -> str:
        """The same for requests that send the same plan in the same way, also when it is not kept any more."""
        return _digest(["plan", self.id, self.if_changed, self.tolerance])


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRequest:
    """A checked request. `message` is any JSON value. `test`: only for the caller's own terminals, to try it out.

    `plan` is the plan that it came from and `profile` who was counted for that, `wording` what the caller wrote of the
    strategy where it goes by a name.
    """

    target: Target
    message: object
    strategy: Strategy
    schedule: Schedule = AT_ONCE
    test: bool = False
    plan: PlanUse | None = None
    profile: Profile | None = None
    wording: object = None

    def digest(self) -> str:
        """The same for requests that mean the same, whatever their spelling; for the idempotency key.

        Of the request as it was asked, before `services.senders.limits.admit` has made it smaller.
        """
        if self.plan is not None:
            return self.plan.digest()
        strategy = strategy_form.to_json(self.strategy) if self.wording is None else self.wording
        meaning: list[object] = [json_form.to_json(self.target), self.message, strategy]
        return _digest([*meaning, schedules.to_json(self.schedule), self.test])


async def checked(
    ports: Ports,
    *,
    target: object,
    message: object,
    strategy: object = None,
    send_at: object = None,
    repeat: object = None,
    test: bool = False,
) -> PushRequest:
    """The request in these JSON values. Raises Problem (422) that names what is wrong in which member.

    `target` is an object, or text in the expression language; `strategy` None is the default, one with a `name` is
    looked up. A plan is redeemed by `services.pushes.plans`.
    """
    meant_target = text_form.read(target)
    checked_message = _checked_message(message)
    meant = await catalog.meant(ports, strategy)
    return PushRequest(
        target=meant_target,
        message=checked_message,
        strategy=meant.strategy,
        schedule=schedules.read(send_at, repeat, now_s=ports.clock.now_s()),
        test=test,
        wording=meant.wording,
    )


def checked_idempotency_key(key: str | None) -> str | None:
    """The `Idempotency-Key` header if it can be one. Raises Problem (422)."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_IDEMPOTENCY_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise Problem(
            "invalid_idempotency_key",
            422,
            f"Idempotency-Key must be 1 to {MAX_IDEMPOTENCY_KEY_CHARACTERS} printable ASCII characters",
        )
    return key


def _digest(meaning: object) -> str:
    written = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()


def _checked_message(message: object) -> object:
    """Text of a message must be text that UTF-8 can carry: a lone surrogate would end in a broken frame."""
    waiting = [message]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if not _encodable(value):
                raise Problem("invalid_message", 422, "message holds a lone surrogate", field="message")
        elif isinstance(value, Mapping):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, float) and value - value != 0.0:
            raise Problem("invalid_message", 422, "message holds a number that is not finite", field="message")
    return message


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
