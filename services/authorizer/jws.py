"""A signed token in its compact form (RFC 7515 §3.1), taken apart but not yet believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.authorizer import base64url, strict_json
from services.authorizer.refusals import Refusal

MAX_TOKEN_BYTES = 8_192
"""Longest token that is looked at. API Gateway takes 10,240 bytes of request line and headers in all."""


class Jws(NamedTuple):
    """The parts of a token. Nothing in it is verified. Keys that a header brings along (`jwk`, `jku`, `x5c`,
    `x5u`) are never looked at."""

    algorithm: str
    key_id: str | None
    type: str | None
    claims: Mapping[str, object]
    signing_input: bytes
    signature: bytes


def parse(token: str) -> Jws:
    """Take `token` apart. Raises Refusal: `token_too_large`, `token_malformed`."""
    if len(token) > MAX_TOKEN_BYTES:
        raise Refusal("token_too_large", f"The token is longer than {MAX_TOKEN_BYTES} bytes.")
    if not token.isascii():
        raise Refusal("token_malformed", "The token holds a character that base64url does not have.")
    encoded = token.encode()
    if encoded.translate(None, base64url.ALPHABET) != b"..":
        raise Refusal("token_malformed", _fault_of_form(encoded))
    signing_input, _, encoded_signature = encoded.rpartition(b".")
    encoded_header, _, encoded_payload = signing_input.partition(b".")
    header = _object(encoded_header, "header")
    algorithm, key_id, type_ = header.get("alg"), header.get("kid"), header.get("typ")
    if not isinstance(algorithm, str):
        raise Refusal("token_malformed", "The token's header has no alg that is text.")
    if not (key_id is None or isinstance(key_id, str)) or not (type_ is None or isinstance(type_, str)):
        raise Refusal("token_malformed", "kid and typ in the token's header must be text where they are given.")
    for extension in ("crit", "b64"):
        if extension in header:
            detail = f"The token's header has {extension}; no extension of RFC 7515 is supported."
            raise Refusal("token_malformed", detail)
    try:
        signature = base64url.decode_characters(encoded_signature)
    except ValueError:
        raise Refusal("token_malformed", "The token's signature is not canonical base64url.") from None
    return Jws(algorithm, key_id, type_, _object(encoded_payload, "payload"), signing_input, signature)


def _object(encoded: bytes, part: str) -> dict[str, object]:
    try:
        return strict_json.object_of(base64url.decode_characters(encoded))
    except UnicodeDecodeError:
        raise Refusal("token_malformed", f"The token's {part} is not UTF-8.") from None
    except ValueError as fault:
        # A JSONDecodeError quotes nothing of its document, so its words may be passed on.
        raise Refusal("token_malformed", f"The token's {part} is refused: {fault}.") from None


def _fault_of_form(encoded: bytes) -> str:
    dots = encoded.count(b".")
    if dots == 4:
        return "The token is encrypted (it has five parts); send a signed one, which has three."
    if dots != 2:
        return f"A signed token has three parts between dots; this one has {dots + 1}."
    return "The token holds a character that base64url does not have."
