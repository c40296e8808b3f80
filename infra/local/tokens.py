"""Tokens of the service's own issuer, for the command line and for trying things out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jwt

from infra.local.issuers import OWN_AUDIENCE, OWN_ISSUER, OWN_KEY_ID
from infra.local.secrets import Secrets
from services.domain.identity import AttributeValue


def mint(
    secrets: Secrets,
    *,
    user: str,
    now_s: float,
    ttl_s: int,
    groups: Sequence[str] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
    scopes: Sequence[str] = (),
    terminal: str | None = None,
    token_id: str | None = None,
) -> str:
    """A signed JWT that the server on this data directory accepts for `ttl_s` seconds from `now_s`."""
    claims: dict[str, object] = {
        "iss": OWN_ISSUER,
        "aud": OWN_AUDIENCE,
        "sub": user,
        "iat": int(now_s),
        "exp": int(now_s) + ttl_s,
    }
    optional: dict[str, object] = {
        "groups": list(groups),
        "attrs": dict(attributes or {}),
        "scope": " ".join(scopes),
        "terminal": terminal,
        "jti": token_id,
    }
    claims.update({name: value for name, value in optional.items() if value})
    return jwt.encode(claims, secrets.token_key, algorithm="HS256", headers={"kid": OWN_KEY_ID})
