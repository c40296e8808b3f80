"""What a caller asks for: a target, a message and a strategy, checked before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.domain.problems import Problem
from services.domain.strategies import json_form as strategy_form
from services.domain.strategies.strategy import DEFAULT, Strategy
from services.domain.targets import json_form, text_form
from services.domain.targets.expression import Target

MAX_IDEMPOTENCY_KEY_CHARACTERS = 255
"""Longest `Idempotency-Key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRequest:
    """A checked request. `message` is any JSON value."""

    target: Target
    message: object
    strategy: Strategy

    def digest(self) -> str:
        """The same for requests that mean the same, whatever their spelling; for the idempotency key."""
        meaning = [json_form.to_json(self.target), self.message, strategy_form.to_json(self.strategy)]
        written = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(written.encode()).hexdigest()


def checked(*, target: object, message: object, strategy: object = None) -> PushRequest:
    """The request in these JSON values. Raises Problem (422) that names what is wrong in which member.

    `target` is an object, or text in the expression language; `strategy` None is the default.
    """
    return PushRequest(
        target=text_form.read(target),
        message=_checked_message(message),
        strategy=DEFAULT if strategy is None else strategy_form.from_json(strategy),
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
