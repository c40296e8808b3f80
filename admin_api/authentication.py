"""Who calls, and whether they may: bearer tokens (RFC 6750), the caller's standing, the scopes of an operation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from starlette.requests import Request

from services.authorizer.bearer import in_authorization
from services.authorizer.refusals import Refusal
from services.connections.sessions import verified
from services.domain import standing
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.ports import Ports, TokenVerifier

SCHEME = "bearer"
"""The name of the security scheme in the OpenAPI document."""
REMEMBERED_S = 60
"""How long a verified token is not verified again. Blocks and revocations are looked up at every request."""
REMEMBERED_TOKENS = 1_024


def needs(*scopes: str) -> dict[str, object]:
    """The OpenAPI members of an operation that wants a token with these scopes; with none, any good token.

    What is declared so is what `ApiRoute` asks for: the document cannot say another thing than the code.
    """
    return {"security": [{SCHEME: list(scopes)}]}


PUBLIC: dict[str, object] = {"security": []}
"""The OpenAPI members of an operation that needs no token."""


def declared_scopes(openapi_extra: Mapping[str, object] | None) -> Sequence[str] | None:
    """The scopes that `needs` declared, None for `PUBLIC`. Raises LookupError if neither was."""
    security = None if openapi_extra is None else openapi_extra.get("security")
    if security == []:
        return None
    match security:
        case [{"bearer": [*scopes]}]:
            return [str(scope) for scope in scopes]
    raise LookupError("an operation declares what it needs by needs(...) or PUBLIC")


class Authenticator:
    """Judges the token of each request."""

    def __init__(self, ports: Ports, verifier: TokenVerifier) -> None:
        self._ports = ports
        self._verifier = verifier
        self._remembered: dict[bytes, tuple[Identity, float]] = {}

    async def caller(self, request: Request, scopes: Sequence[str]) -> Identity:
        """Who calls. Raises Problem: 401 for no or a bad token, 403 if the caller may not do this."""
        identity = await self._identity(_token_of(request))
        facts = await self._ports.blocks.standing(identity.user, identity.token_id, identity.issuer)
        fault = standing.fault(
            facts,
            user=identity.user,
            issued_at_s=identity.issued_at_s,
            source_ip=source_ip(request),
            now_s=self._ports.clock.now_s(),
        )
        if fault is not None:
            raise fault
        for scope in scopes:
            if scope not in identity.scopes:
                raise Problem("scope_missing", 403, f"this needs a token with the scope {scope}", scope=scope)
        return identity

    async def _identity(self, token: str) -> Identity:
        """The identity of a token, from memory if it was verified lately. Tokens themselves are not kept."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        now_s = self._ports.clock.now_s()
        found = self._remembered.get(digest)
        if found is not None and now_s < found[1]:
            return found[0]
        identity = await verified(self._verifier, token)
        if len(self._remembered) >= REMEMBERED_TOKENS:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = (identity, min(float(identity.expires_at_s), now_s + REMEMBERED_S))
        return identity


def source_ip(request: Request) -> str:
    """The address of the caller, as the server knows it; "" if it does not."""
    return "" if request.client is None else request.client.host


def _token_of(request: Request) -> str:
    values = dict.fromkeys(request.headers.getlist("authorization"))
    if len(values) > 1:
        raise Refusal("token_ambiguous", "The request has several Authorization headers. Send one.")
    token = in_authorization(next(iter(values))) if values else None
    if token is None:
        raise Refusal("token_missing", "The request carries no token. Send it in Authorization: Bearer.")
    return token
