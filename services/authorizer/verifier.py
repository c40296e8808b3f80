"""The one judge of tokens: for the authorizer, the REST API and `refresh` alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from services.authorizer import jws as compact
from services.authorizer import tickets
from services.authorizer.claims import check_audience, check_required, identity_of, lifetime_of
from services.authorizer.fetch import Fetch
from services.authorizer.fetch import fetch as fetch_over_https
from services.authorizer.issuers import Issuer
from services.authorizer.jws import Jws
from services.authorizer.key_sources import KeySource
from services.authorizer.keys import ALGORITHMS, KeyFault, KeyRing
from services.authorizer.log import Log, write_line
from services.authorizer.refusals import Refusal
from services.authorizer.section import ConfigurationError
from services.domain.identity import MAX_CONTEXT_BYTES, Identity, to_context
from services.domain.names import MAX_NAME_BYTES


class Verified(NamedTuple):
    """An identity, and the id of the one-time ticket that it came with, if it did."""

    identity: Identity
    ticket_id: str | None


class KnownKey(NamedTuple):
    """A key by its name, without what it is made of. `algorithm` is its `alg`, `type` its `kty`."""

    key_id: str | None
    algorithm: str
    type: str


class KnownIssuer(NamedTuple):
    """An issuer that is trusted, in what anybody may know of it.

    `keys` is None while they have not been fetched; `jwks_url`, where that is done, while it has not been discovered.
    """

    name: str
    audiences: tuple[str, ...]
    keys: tuple[KnownKey, ...] | None
    jwks_url: str | None


class _Trusted(NamedTuple):
    issuer: Issuer
    keys: KeySource


class Verifier:
    """Judges tokens of the given issuers, and tickets of the service's own.

    `now_s` gives the time as epoch seconds, `fetch` an issuer's documents, `log` takes failures to fetch them. Safe
    for threads. Raises ConfigurationError if the ticket key is shorter than 32 bytes or is an issuer's secret too.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        *,
        ticket_key: bytes | None = None,
        now_s: Callable[[], float] = time.time,
        fetch: Fetch = fetch_over_https,
        log: Log = write_line,
    ) -> None:
        self._now_s = now_s
        self._trusted = {
            issuer.name: _Trusted(issuer, issuer.key_source(fetch=fetch, now_s=now_s, log=log)) for issuer in issuers
        }
        self._any_fetches = any(not trusted.issuer.keys for trusted in self._trusted.values())
        try:
            self._ticket_key = None if ticket_key is None else tickets.key_of(ticket_key)
        except KeyFault as fault:
            raise ConfigurationError(f"the ticket key cannot be used: {fault}") from None
        for trusted in self._trusted.values():
            if ticket_key is not None and any(key.has_secret(ticket_key) for key in trusted.issuer.keys):
                raise ConfigurationError(
                    f"the ticket key is also a secret of issuer {trusted.issuer.name!r}, which could then make"
                    " tickets for anyone; make another"
                )

    def verify(self, token: str) -> Identity:
        """Who the token is from. Raises Refusal; tickets are refused, as `ticket_not_accepted`."""
        jws = compact.parse(token)
        if jws.type == tickets.TYPE:
            raise Refusal("ticket_not_accepted", "A ticket opens one WebSocket only. Send the token itself.")
        return self._verify(jws)

    def verify_any(self, token: str) -> Verified:
        """Who the token or ticket is from. Raises Refusal. Whoever accepts a ticket must use up its id."""
        jws = compact.parse(token)
        if jws.type != tickets.TYPE:
            return Verified(self._verify(jws), None)
        if self._ticket_key is None:
            raise Refusal("ticket_not_accepted", "This service accepts no tickets. Send the token itself.")
        return Verified(*tickets.read(jws, self._ticket_key, now_s=self._now_s()))

    def may_connect(self, identity: Identity) -> Refusal | None:
        """Why a verified identity may not connect a terminal (403), or None if it may."""
        trusted = self._trusted.get(identity.issuer)
        if trusted is None:
            return Refusal("connect_not_allowed", "The issuer of this identity is not accepted any more.")
        rule = trusted.issuer.connect
        if rule is None or rule.admits(identity):
            return None
        detail = "The identity is in none of the groups, and has none of the scopes, that connecting asks for."
        return Refusal("connect_not_allowed", detail)

    def needs_network(self, token: str) -> bool:
        """Whether verifying the token may wait for an issuer's keys. Then an event loop leaves it to a thread."""
        if not self._any_fetches:
            return False
        try:
            jws = compact.parse(token)
        except Refusal:
            return False
        issuer = jws.claims.get("iss")
        trusted = self._trusted.get(issuer) if isinstance(issuer, str) else None
        if trusted is None or jws.type == tickets.TYPE or jws.algorithm not in ALGORITHMS:
            return False
        return trusted.keys.may_fetch(jws.key_id, jws.algorithm)

    def known_issuers(self) -> tuple[KnownIssuer, ...]:
        """The issuers with the keys that are known of them now. Nothing is fetched for it."""
        return tuple(_known(issuer, keys.known()) for issuer, keys in self._trusted.values())

    def _verify(self, jws: Jws) -> Identity:
        if jws.algorithm not in ALGORITHMS:
            raise Refusal("algorithm_not_allowed", "The token's alg is not supported.")
        issuer, keys = self._trusted_by(jws)
        if issuer.types and _media_type(jws.type) not in issuer.types:
            raise Refusal("type_not_allowed", "The token's header typ is not one that is accepted.")
        if not any(key.verifies(jws.signing_input, jws.signature) for key in keys.find(jws.key_id, jws.algorithm)):
            raise Refusal("signature_invalid", "The token's signature does not match.")
        expires_at_s, issued_at_s = lifetime_of(
            jws.claims, now_s=self._now_s(), leeway_s=issuer.leeway_s, max_lifetime_s=issuer.max_lifetime_s
        )
        check_audience(jws.claims, issuer.audience_claim, issuer.audiences)
        check_required(jws.claims, issuer.required)
        identity = identity_of(
            jws.claims,
            issuer.mapping,
            issuer=issuer.name,
            expires_at_s=expires_at_s,
            issued_at_s=issued_at_s,
        )
        _check_size(identity)
        return identity

    def _trusted_by(self, jws: Jws) -> _Trusted:
        name = jws.claims.get("iss")
        if name is None:
            raise Refusal("claim_missing", "Claim iss, which names the issuer, is missing.")
        if not isinstance(name, str):
            raise Refusal("claim_invalid", "Claim iss is not text.")
        trusted = self._trusted.get(name)
        if trusted is None:
            raise Refusal("issuer_unknown", "Claim iss is not an issuer that this service accepts.")
        return trusted


def _known(issuer: Issuer, ring: KeyRing | None) -> KnownIssuer:
    keys = None if ring is None else tuple(KnownKey(key.key_id, key.algorithm, key.type) for key in ring.all())
    fetched_from = None if ring is None else ring.url
    return KnownIssuer(issuer.name, tuple(sorted(issuer.audiences)), keys, issuer.jwks_url or fetched_from)


def _media_type(type_: str | None) -> str:
    """A header's `typ` in the form that the settings have: in lower case, without `application/`."""
    return (type_ or "").lower().removeprefix("application/")


def _check_size(identity: Identity) -> None:
    """Refuse an identity that the authorizer could not hand on.

    What the context takes as JSON is counted only where it could be too much: a character is never more than 4 bytes
    (as UTF-8, or as a quote that is escaped twice), and what stands around each item is less than 16.
    """
    attributes = identity.attributes.items()
    items = len(identity.groups) + len(identity.scopes) + 2 * len(attributes)
    characters = sum(map(len, identity.groups)) + sum(map(len, identity.scopes)) + len(identity.issuer)
    characters += sum(len(name) + (len(value) if isinstance(value, str) else 8) for name, value in attributes)
    if 4 * (characters + 3 * MAX_NAME_BYTES) + 16 * items <= MAX_CONTEXT_BYTES:
        return
    size_bytes = len(json.dumps(to_context(identity), ensure_ascii=False).encode())
    if size_bytes > MAX_CONTEXT_BYTES:
        detail = f"User, groups, attributes and scopes take {size_bytes} bytes; {MAX_CONTEXT_BYTES} can be handed on."
        raise Refusal("identity_too_large", detail)
