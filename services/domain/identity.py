"""Who a verified token says is there, and how the authorizer hands it to the other functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

AttributeValue = str | int | float | bool
"""What an attribute may hold: attributes are a flat map."""

MAX_GROUPS = 200
"""Most groups a token may carry."""
MAX_ATTRIBUTES = 50
"""Most attributes a token may carry."""
MAX_ATTRIBUTE_VALUE_BYTES = 512
"""Longest text value of an attribute, in UTF-8 bytes."""
MAX_CONTEXT_BYTES = 7_000
"""Largest authorizer context; API Gateway takes 8 KB of authorizer result in all (WebSocket quotas)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The verified claims of one token, after the issuer's claim mapping.

    Times are NumericDate seconds (RFC 7519 §2). `terminal` is the token's terminal claim, if it has one;
    the terminal id of a connection is decided in `services.domain.connection`.
    """

    user: str
    issuer: str
    expires_at_s: int
    issued_at_s: int | None = None
    token_id: str | None = None
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    terminal: str | None = None
    scopes: frozenset[str] = frozenset()

    def with_groups(self, more: frozenset[str]) -> Identity:
        """The same identity, also in `more` groups (membership given at run time), without doubles."""
        added = sorted(more.difference(self.groups))
        return replace(self, groups=self.groups + tuple(added)) if added else self


def to_context(identity: Identity, *, ticket: str | None = None) -> dict[str, str]:
    """The authorizer's context: flat strings, the only thing API Gateway passes on unchanged.

    `ticket` is the id of the one-time ticket the terminal came with, which `$connect` must use up.
    """
    context = {
        "user": identity.user,
        "issuer": identity.issuer,
        "expires_at": str(identity.expires_at_s),
        "groups": json.dumps(identity.groups, ensure_ascii=False, separators=(",", ":")),
        "attributes": json.dumps(dict(identity.attributes), ensure_ascii=False, separators=(",", ":")),
        "scopes": " ".join(sorted(identity.scopes)),
    }
    optional = {
        "issued_at": None if identity.issued_at_s is None else str(identity.issued_at_s),
        "token_id": identity.token_id,
        "terminal": identity.terminal,
        "ticket": ticket,
    }
    context.update({name: value for name, value in optional.items() if value is not None})
    return context


def from_context(context: Mapping[str, object]) -> Identity:
    """The identity that `to_context` wrote. Raises KeyError or ValueError if this is not such a context."""
    issued_at = context.get("issued_at")
    token_id = context.get("token_id")
    terminal = context.get("terminal")
    return Identity(
        user=str(context["user"]),
        issuer=str(context["issuer"]),
        expires_at_s=int(str(context["expires_at"])),
        issued_at_s=None if issued_at is None else int(str(issued_at)),
        token_id=None if token_id is None else str(token_id),
        groups=tuple(json.loads(str(context["groups"]))),
        attributes=json.loads(str(context["attributes"])),
        terminal=None if terminal is None else str(terminal),
        scopes=frozenset(str(context["scopes"]).split()),
    )
