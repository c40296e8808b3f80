"""The answer of a Lambda authorizer: its policy and its context.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.gateway.hash_order import in_hash_map_order

INVOKE = "execute-api:Invoke"
_UNDERSTOOD = frozenset({"Sid", "Effect", "Action", "Resource"})


class MalformedAuthorization(Exception):
    """The authorizer's answer is not one: API Gateway answers 500. The text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorizer that allows says: the caller's `principalId` and its context as strings, in event order."""

    authorizer: dict[str, str]

    def on_connect(self, latency_ms: int) -> dict[str, object]:
        """`requestContext.authorizer` of `$connect`, the only event that carries `integrationLatency`."""
        entries: dict[str, object] = {**self.authorizer, "integrationLatency": latency_ms}
        return in_hash_map_order(entries)


def grant_of(answer: object, method_arn: str, *, limit_bytes: int) -> Grant | None:
    """The grant in an authorizer's answer; None if it denies, or does not cover `method_arn` (403).

    Raises MalformedAuthorization for anything that is not such an answer, is over `limit_bytes` as JSON, or uses
    policy elements that are not evaluated here (`Condition`, `NotAction`, `NotResource`, `Principal`).
    """
    if not isinstance(answer, Mapping):
        raise MalformedAuthorization("the answer is not an object")
    try:
        size_bytes = len(json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode())
    except (TypeError, ValueError) as fault:
        raise MalformedAuthorization("the answer is not JSON") from fault
    if size_bytes > limit_bytes:
        raise MalformedAuthorization(f"the answer has {size_bytes} bytes, more than {limit_bytes}")
    principal = answer.get("principalId")
    if not isinstance(principal, str) or not principal:
        raise MalformedAuthorization("principalId is missing or not text")
    if not _allows(answer.get("policyDocument"), method_arn):
        return None
    context = answer.get("context")
    if context is None:
        context = {}
    if not isinstance(context, Mapping):
        raise MalformedAuthorization("context is not an object")
    entries = {str(key): _as_text(str(key), value) for key, value in context.items()}
    entries["principalId"] = principal
    return Grant(in_hash_map_order(entries))


def _as_text(key: str, value: object) -> str:
    match value:
        case str():
            return value
        case bool() | int() | float():
            return json.dumps(value)
        case _:
            raise MalformedAuthorization(f"context {key!r} is neither text, number nor boolean")


def _allows(document: object, method_arn: str) -> bool:
    """IAM's rule: denied unless a statement allows, and no statement denies."""
    if not isinstance(document, Mapping):
        raise MalformedAuthorization("policyDocument is missing or not an object")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise MalformedAuthorization("policyDocument has no Statement")
    allowed = denied = False
    for statement in statements:
        if not isinstance(statement, Mapping):
            raise MalformedAuthorization("a Statement is not an object")
        unknown = statement.keys() - _UNDERSTOOD
        if unknown:
            raise MalformedAuthorization(f"policy elements that are not evaluated: {', '.join(sorted(unknown))}")
        effect = statement.get("Effect")
        if effect not in ("Allow", "Deny"):
            raise MalformedAuthorization("Effect is neither Allow nor Deny")
        actions, resources = _texts(statement, "Action"), _texts(statement, "Resource")
        if any(_matches(action.lower(), INVOKE.lower()) for action in actions) and any(
            _matches(resource, method_arn) for resource in resources
        ):
            allowed |= effect == "Allow"
            denied |= effect == "Deny"
    return allowed and not denied


def _texts(statement: Mapping[object, object], member: str) -> list[str]:
    value = statement.get(member)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise MalformedAuthorization(f"{member} is neither text nor a list of texts")
    return texts


def _matches(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` any text, `?` one character. Time is at most the product of both lengths."""
    if pattern in (text, "*"):
        return True
    at = begin = resume = 0
    star = -1
    while at < len(text):
        sign = pattern[begin] if begin < len(pattern) else None
        if sign == "*":
            star, resume = begin, at
            begin += 1
        elif sign == "?" or sign == text[at]:
            begin += 1
            at += 1
        elif star >= 0:
            # Let the last star take one character more.
            resume += 1
            begin, at = star + 1, resume
        else:
            return False
    return not pattern[begin:].strip("*")
