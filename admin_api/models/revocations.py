"""Revoked tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from admin_api.models.base import Model, Moment


class OneToken(Model):
    """One token."""

    jti: str = Field(description="The token's `jti`.", examples=["9f2c4e0a"])


class TokensOfUser(Model):
    """All tokens of a user that were issued before a moment; those without `iat` count as such."""

    user: str = Field(examples=["alice"])
    issued_before: Moment = Field(description="Not ahead of now: what is revoked stays so.")


def _kind(body: object) -> Literal["jti", "user"]:
    return "jti" if isinstance(body, dict) and "jti" in body else "user"


NewRevocation = Annotated[
    Annotated[OneToken, Tag("jti")] | Annotated[TokensOfUser, Tag("user")],
    Discriminator(_kind),
]


class Revoked(Model):
    """What a revocation did."""

    closed: int = Field(description="How many connections it closed.")


EXAMPLE_NEW = {"user": "alice", "issued_before": "2026-11-24T09:00:00Z"}
EXAMPLE: dict[str, object] = {"closed": 1}
