"""From the claims of a verified token to an Identity, by the mapping of its issuer."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from services.authorizer.refusals import Refusal
from services.domain.identity import (
    MAX_ATTRIBUTE_VALUE_BYTES,
    MAX_ATTRIBUTES,
    MAX_GROUPS,
    AttributeValue,
    Identity,
)
from services.domain.names import fault_of

MAX_SCOPES = 200
"""Most scopes of a token, with those its roles stand for."""
MAX_EXACT_INTEGER = 2**53
"""Beyond it, not every JSON reader sees the same integer (RFC 8259 §6)."""
MAX_EXP_AHEAD_S = 10 * 366 * 86_400
"""How far ahead `exp` may lie where the issuer's settings do not say less: ten years."""

_NOT_IN_SCOPES = frozenset(' "\\')
ABSENT = object()
"""Stands for a claim that is not there; null is a value, and never a good one."""


class ClaimPath:
    """The way to a claim: a claim's own name if there is one of that name, else the name split at its dots.

    As a sequence of names it is taken literally, for a nested claim that has a dot in its name.
    """

    __slots__ = ("_name", "_steps")

    def __init__(self, path: str | Iterable[str]) -> None:
        self._name = path if isinstance(path, str) else None
        self._steps = tuple(path.split(".") if isinstance(path, str) else path)

    def __str__(self) -> str:
        return self._name or ".".join(self._steps)

    def __repr__(self) -> str:
        return f"ClaimPath({self._name or self._steps!r})"

    @property
    def first(self) -> str:
        """The top-level claim that it begins with, where no claim has the whole name."""
        return self._steps[0]

    def find(self, claims: Mapping[str, object]) -> object:
        """What is at the end of it, or `ABSENT`."""
        if self._name is not None and self._name in claims:
            return claims[self._name]
        found: object = claims
        for step in self._steps:
            if not isinstance(found, dict) or step not in found:
                return ABSENT
            found = found[step]
        return found


class ClaimMapping(NamedTuple):
    """Which claim means what. The defaults are those of a token that Fanfare's own command line makes.

    `attributes` leads to a map of attributes, `attribute_claims` gives single ones by their paths; both may be used.
    `role_scopes` says which scopes a role stands for, where `roles` leads to the roles (or to the scopes, if the
    issuer's are called otherwise). All issuers share one space of users: map `user` to a claim that is unique
    among all of them.
    """

    user: ClaimPath = ClaimPath("sub")
    groups: ClaimPath = ClaimPath("groups")
    attributes: ClaimPath = ClaimPath("attrs")
    attribute_claims: Mapping[str, ClaimPath] = MappingProxyType({})
    terminal: ClaimPath = ClaimPath("terminal")
    scopes: ClaimPath = ClaimPath("scope")
    roles: ClaimPath | None = None
    role_scopes: Mapping[str, frozenset[str]] = MappingProxyType({})
    token_id: ClaimPath = ClaimPath("jti")


def identity_of(
    claims: Mapping[str, object], mapping: ClaimMapping, *, issuer: str, expires_at_s: int, issued_at_s: int | None
) -> Identity:
    """The identity that the claims describe. Raises Refusal: `claim_missing`, `claim_invalid`, `claim_not_in_token`."""
    user = _name(claims, mapping.user)
    if user is None:
        raise Refusal("claim_missing", f"Claim {mapping.user}, which names the user, is missing.")
    return Identity(
        user=user,
        issuer=issuer,
        expires_at_s=expires_at_s,
        issued_at_s=issued_at_s,
        token_id=_name(claims, mapping.token_id),
        groups=_groups(claims, mapping.groups),
        attributes=_attributes(claims, mapping),
        terminal=_name(claims, mapping.terminal),
        scopes=_scopes(claims, mapping),
    )


def lifetime_of(
    claims: Mapping[str, object], *, now_s: float, leeway_s: float, max_lifetime_s: float | None
) -> tuple[int, int | None]:
    """`exp` and `iat` (RFC 7519 §4.1), in whole seconds, if the token is valid now.

    Clocks may differ by `leeway_s`. `exp` is asked for; it may lie at most `max_lifetime_s` ahead, and never more
    than `MAX_EXP_AHEAD_S`. Raises Refusal: `claim_missing`, `claim_invalid`, `token_expired`, `token_not_yet_valid`,
    `lifetime_too_long`.
    """
    expires_at_s = _date(claims, "exp")
    if expires_at_s is None:
        raise Refusal("claim_missing", "Claim exp is missing; a token without an end is not accepted.")
    if now_s >= expires_at_s + leeway_s:
        detail = f"The token expired {math.ceil(now_s - expires_at_s)} s ago (claim exp). Get a new one."
        raise Refusal("token_expired", detail)
    longest_s = MAX_EXP_AHEAD_S if max_lifetime_s is None else min(max_lifetime_s, MAX_EXP_AHEAD_S)
    if expires_at_s > now_s + longest_s + leeway_s:
        detail = f"Claim exp lies further ahead than the {longest_s:.0f} s that are accepted."
        raise Refusal("lifetime_too_long", detail)
    issued_at_s = _date(claims, "iat")
    for name, at_s in (("nbf", _date(claims, "nbf")), ("iat", issued_at_s)):
        if at_s is not None and at_s > now_s + leeway_s:
            detail = f"Claim {name} lies {math.ceil(at_s - now_s)} s ahead; {leeway_s:.0f} s are allowed."
            raise Refusal("token_not_yet_valid", detail)
    return int(expires_at_s), None if issued_at_s is None else int(issued_at_s)


def check_audience(claims: Mapping[str, object], claim: ClaimPath, audiences: frozenset[str]) -> None:
    """Refuse a token that was made for others (RFC 7519 §4.1.3).

    Raises Refusal: `claim_missing`, `claim_invalid`, `audience_mismatch`.
    """
    audience = claim.find(claims)
    if audience is ABSENT:
        raise Refusal("claim_missing", f"Claim {claim}, which names the audience, is missing.")
    named = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(name, str) for name in named):
        raise Refusal("claim_invalid", f"Claim {claim} is neither text nor a list of texts.")
    if audiences.isdisjoint(named):
        raise Refusal("audience_mismatch", f"Claim {claim} does not name this service.")


def check_required(claims: Mapping[str, object], required: Iterable[tuple[ClaimPath, frozenset[str]]]) -> None:
    """Refuse a token in which a claim that the settings ask for has another value.

    Raises Refusal: `claim_missing`, `claim_not_allowed`.
    """
    for path, allowed in required:
        value = path.find(claims)
        if value is ABSENT:
            raise Refusal("claim_missing", f"Claim {path}, which this service asks for, is missing.")
        if not isinstance(value, str) or value not in allowed:
            raise Refusal("claim_not_allowed", f"Claim {path} has a value that this service does not accept.")


def _date(claims: Mapping[str, object], name: str) -> int | float | None:
    """A NumericDate (RFC 7519 §2), or None if it is absent."""
    value = claims.get(name, ABSENT)
    if value is ABSENT:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal("claim_invalid", f"Claim {name} is not a number.")
    if not -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER:
        raise Refusal("claim_invalid", f"Claim {name} is beyond 2^53.")
    return value


def _name(claims: Mapping[str, object], path: ClaimPath) -> str | None:
    value = path.find(claims)
    if value is ABSENT:
        return None
    fault = fault_of(value)
    if fault is not None or not isinstance(value, str):
        raise Refusal("claim_invalid", f"Claim {path} {fault}.")
    return value


def _groups(claims: Mapping[str, object], path: ClaimPath) -> tuple[str, ...]:
    value = path.find(claims)
    if value is ABSENT:
        elsewhere = claims.get("_claim_names")
        if isinstance(elsewhere, dict) and path.first in elsewhere:
            raise Refusal("claim_not_in_token", f"Claim {path} is not in the token; _claim_names points elsewhere.")
        return ()
    if not isinstance(value, list):
        raise Refusal("claim_invalid", f"Claim {path} is not a list of texts.")
    if len(value) > MAX_GROUPS:
        raise Refusal("claim_invalid", f"Claim {path} has more than {MAX_GROUPS} groups.")
    for group in value:
        fault = fault_of(group)
        if fault is not None:
            raise Refusal("claim_invalid", f"A group in claim {path} {fault}.")
    return tuple(dict.fromkeys(value))


def _attributes(claims: Mapping[str, object], mapping: ClaimMapping) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    given = mapping.attributes.find(claims)
    if given is not ABSENT:
        if not isinstance(given, dict):
            raise Refusal("claim_invalid", f"Claim {mapping.attributes} is not a map of attributes.")
        if len(given) > MAX_ATTRIBUTES:
            detail = f"Claim {mapping.attributes} has more than {MAX_ATTRIBUTES} attributes."
            raise Refusal("claim_invalid", detail)
        for name, value in given.items():
            fault = fault_of(name)
            if fault is not None:
                raise Refusal("claim_invalid", f"The name of an attribute in claim {mapping.attributes} {fault}.")
            found[name] = _attribute(value, mapping.attributes)
    for name, path in mapping.attribute_claims.items():
        value = path.find(claims)
        if value is not ABSENT:
            found[name] = _attribute(value, path)
    if len(found) > MAX_ATTRIBUTES:
        raise Refusal("claim_invalid", f"The token has more than {MAX_ATTRIBUTES} attributes.")
    return found


def _attribute(value: object, path: ClaimPath) -> AttributeValue:
    if isinstance(value, str):
        fault = _fault_of_value(value)
    elif isinstance(value, bool):
        fault = None
    elif isinstance(value, int):
        fault = None if -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER else "is an integer beyond 2^53"
    elif isinstance(value, float):
        fault = None if math.isfinite(value) else "is a number too large to hold"
    else:
        fault = "is not text, a number, true or false"
    if fault is not None or not isinstance(value, str | int | float):
        raise Refusal("claim_invalid", f"An attribute in claim {path} {fault}.")
    return value


def _fault_of_value(value: str) -> str | None:
    """Why text cannot be an attribute's value: unlike a name it may be empty and have blanks at its ends."""
    if len(value) > MAX_ATTRIBUTE_VALUE_BYTES:
        return f"is longer than {MAX_ATTRIBUTE_VALUE_BYTES} bytes"
    if not value.isprintable() and any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        return "holds a control character or a lone surrogate"
    if len(value.encode()) > MAX_ATTRIBUTE_VALUE_BYTES:
        return f"is longer than {MAX_ATTRIBUTE_VALUE_BYTES} bytes"
    return None


def _scopes(claims: Mapping[str, object], mapping: ClaimMapping) -> frozenset[str]:
    scopes = set(_words(claims, mapping.scopes))
    for scope in scopes:
        if not scope.isascii() or fault_of(scope) is not None or not _NOT_IN_SCOPES.isdisjoint(scope):
            detail = f"Claim {mapping.scopes} holds a scope that RFC 6749 §3.3 or its 256 characters do not allow."
            raise Refusal("claim_invalid", detail)
    if mapping.role_scopes and mapping.roles is not None:
        for role in _words(claims, mapping.roles):
            scopes |= mapping.role_scopes.get(role, frozenset())
    if len(scopes) > MAX_SCOPES:
        raise Refusal("claim_invalid", f"The token has more than {MAX_SCOPES} scopes.")
    return frozenset(scopes)


def _words(claims: Mapping[str, object], path: ClaimPath) -> list[str]:
    """A claim that is a list of texts, or one text with blanks between its words (RFC 8693 §4.2)."""
    value = path.find(claims)
    if value is ABSENT:
        return []
    words = [word for word in value.split(" ") if word] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Refusal("claim_invalid", f"Claim {path} is neither text nor a list of texts.")
    return words
