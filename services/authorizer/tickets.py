"""Tickets: a token's identity for one WebSocket handshake, short-lived enough to be put into a URL.

A ticket is a JWT that the service signs for itself, HS256, with a header `typ` of its own (RFC 8725 §3.11), so that
no other token passes for one. That it is used once only is seen to in `$connect`, by its id.
"""

from __future__ import annotations

import json

from jwt import api_jws

from services.authorizer import keys
from services.authorizer.claims import lifetime_of
from services.authorizer.jws import Jws
from services.authorizer.keys import Key
from services.authorizer.refusals import Refusal
from services.domain.identity import Identity, from_context, to_context
from services.domain.names import checked, fault_of

TYPE = "fanfare-ticket+jwt"
"""The header's `typ` of every ticket, and of nothing else."""
ISSUER = "fanfare:ticket"
LIFETIME_S = 60
MAX_LIFETIME_S = 300
MAX_TICKET_BYTES = 3_000
"""Longest ticket: API Gateway takes URLs of 4,096 characters, and other parameters need their room."""

_ALGORITHM = "HS256"
_CLOCK_SKEW_S = 30
"""By how much the clocks of two machines of the service may differ."""


def key_of(secret: bytes) -> Key:
    """The ticket key. Raises KeyFault for fewer than 32 bytes."""
    return keys.from_secret(secret, _ALGORITHM)


def issue(identity: Identity, key: bytes, *, ticket_id: str, now_s: float, lifetime_s: int = LIFETIME_S) -> str:
    """A ticket with the whole identity in it; it ends after `lifetime_s`, and no later than the identity does.

    Raises Refusal `ticket_too_large` if it would not fit into a URL, Problem `invalid_name` if `ticket_id` cannot be
    a name, ValueError for a lifetime outside 1 to 300 s, KeyFault for a key under 32 bytes.
    """
    if not 1 <= lifetime_s <= MAX_LIFETIME_S:
        raise ValueError(f"a ticket lives 1 to {MAX_LIFETIME_S} s, not {lifetime_s}")
    key_of(key)
    claims = {
        "iss": ISSUER,
        "jti": checked(ticket_id, "the ticket's id"),
        "exp": min(int(now_s) + lifetime_s, identity.expires_at_s),
        "identity": to_context(identity),
    }
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    ticket = api_jws.encode(payload, key, _ALGORITHM, headers={"typ": TYPE})
    if len(ticket) > MAX_TICKET_BYTES:
        detail = f"The ticket would be longer than {MAX_TICKET_BYTES} bytes; connect with the token itself."
        raise Refusal("ticket_too_large", detail)
    return ticket


def read(jws: Jws, key: Key, *, now_s: float) -> tuple[Identity, str]:
    """The identity in a ticket, and the ticket's id, which `$connect` must use up.

    Raises Refusal: `algorithm_not_allowed`, `signature_invalid`, `issuer_unknown`, `token_expired` (the ticket, or
    the identity in it), `lifetime_too_long`, `claim_missing`, `claim_invalid`.
    """
    if jws.type != TYPE:
        raise Refusal("type_not_allowed", "This is not a ticket.")
    if jws.algorithm not in key.algorithms:
        raise Refusal("algorithm_not_allowed", "The ticket's alg is not that of tickets.")
    if not key.verifies(jws.signing_input, jws.signature):
        raise Refusal("signature_invalid", "The ticket's signature does not match.")
    if jws.claims.get("iss") != ISSUER:
        raise Refusal("issuer_unknown", "Claim iss of the ticket is not this service.")
    lifetime_of(jws.claims, now_s=now_s, leeway_s=0, max_lifetime_s=MAX_LIFETIME_S + _CLOCK_SKEW_S)
    ticket_id, context = jws.claims.get("jti"), jws.claims.get("identity")
    if fault := fault_of(ticket_id):
        raise Refusal("claim_invalid", f"Claim jti of the ticket {fault}.")
    assert isinstance(ticket_id, str)
    try:
        if not isinstance(context, dict):
            raise TypeError("not a map")
        identity = from_context(context)
    except (KeyError, ValueError, TypeError):
        raise Refusal("claim_invalid", "Claim identity of the ticket holds no identity.") from None
    if now_s >= identity.expires_at_s:
        raise Refusal("token_expired", "The token that the ticket was made for has expired. Get a new one.")
    return identity, ticket_id
