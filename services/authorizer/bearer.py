"""The token that a request carries: in a header, as a WebSocket subprotocol, or in the URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.authorizer.refusals import Refusal

SUBPROTOCOL_PREFIX = "bearer."
"""Before the token among the subprotocols that a browser offers: it cannot set other headers."""
QUERY_PARAMETER = "token"


def in_authorization(value: str) -> str | None:
    """The token in an `Authorization` header (RFC 6750 §2.1), None if it is of another scheme or empty."""
    scheme, _, token = value.strip(" \t").partition(" ")
    return token.strip(" \t") or None if scheme.lower() == "bearer" else None


def in_subprotocols(value: str) -> list[str]:
    """The tokens in a `Sec-WebSocket-Protocol` header: normally one, beside the protocol itself."""
    offered = (protocol.strip(" \t") for protocol in value.split(","))
    return [protocol[len(SUBPROTOCOL_PREFIX) :] for protocol in offered if protocol.startswith(SUBPROTOCOL_PREFIX)]


def token_of(event: Mapping[str, object]) -> str:
    """The token of a handshake, from an API Gateway event.

    All three places count alike. The same token in several is one token; raises Refusal `token_ambiguous` for two
    that differ, since a proxy and this service might each believe another, and `token_missing` for none.
    """
    tokens = dict.fromkeys(_tokens(event))
    tokens.pop("", None)
    if not tokens:
        raise Refusal("token_missing", "The request carries no token.")
    if len(tokens) > 1:
        raise Refusal("token_ambiguous", "The request carries tokens that differ. Send one, in one place.")
    return next(iter(tokens))


def _tokens(event: Mapping[str, object]) -> Iterator[str]:
    for name, value in _values(event, "headers", "multiValueHeaders"):
        match name.lower():
            case "authorization":
                yield in_authorization(value) or ""
            case "sec-websocket-protocol":
                yield from in_subprotocols(value)
    for name, value in _values(event, "queryStringParameters", "multiValueQueryStringParameters"):
        if name == QUERY_PARAMETER:
            yield value


def _values(event: Mapping[str, object], single: str, multiple: str) -> Iterator[tuple[str, str]]:
    """Every name with every value, from both of the forms that API Gateway gives; what has another form is no value."""
    for member in (single, multiple):
        given = event.get(member)
        if not isinstance(given, dict):
            continue
        for name, value in given.items():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(name, str) and isinstance(item, str):
                    yield name, item
