"""Who calls."""

from __future__ import annotations

from pydantic import Field

from admin_api.models.base import Model, Moment
from services.domain import moments
from services.domain.identity import Identity


class Caller(Model):
    """Whose token it is and what it may do."""

    user: str = Field(description="What pushes and the audit trail name as the sender and actor.")
    issuer: str
    groups: list[str]
    scopes: list[str] = Field(
        description="Those of the token and those that its roles stand for.", examples=[["push:read"]]
    )
    may_connect: bool = Field(description="Whether the token may open a connection, as a terminal.")
    expires_at: Moment


def caller_json(identity: Identity, *, may_connect: bool) -> dict[str, object]:
    """A `Caller`."""
    return {
        "user": identity.user,
        "issuer": identity.issuer,
        "groups": list(identity.groups),
        "scopes": sorted(identity.scopes),
        "may_connect": may_connect,
        "expires_at": moments.text(identity.expires_at_s),
    }


EXAMPLE: dict[str, object] = {
    "user": "alice",
    "issuer": "https://login.example.com",
    "groups": ["ops"],
    "scopes": ["push:read", "push:send", "terminals:read"],
    "may_connect": True,
    "expires_at": "2026-11-24T17:00:00.000Z",
}
