"""base64url without padding, in its one canonical spelling (RFC 7515 §2, RFC 4648 §3.5)."""

from __future__ import annotations

import binascii

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
_TO_BASE64URL = bytes.maketrans(b"+/", b"-_")
_LAST = {2: frozenset(b"AQgw"), 3: frozenset(b"AEIMQUYcgkosw048")}
"""What may stand last, by the length modulo 4: other characters would leave bits over."""


def decode_characters(encoded: bytes) -> bytes:
    """The bytes that `encoded` stands for, where its characters are known to be of the alphabet.

    Raises ValueError for a length or a last character that no encoder makes.
    """
    remainder = len(encoded) % 4
    if remainder and (remainder == 1 or encoded[-1] not in _LAST[remainder]):
        raise ValueError("not canonical base64url")
    return binascii.a2b_base64(encoded.translate(_TO_BASE64) + b"=="[: -remainder % 4])


def decode(encoded: object) -> bytes:
    """The bytes that `encoded` stands for. Raises ValueError unless it is canonical, unpadded base64url text."""
    if not isinstance(encoded, str) or not encoded.isascii() or encoded.encode().translate(None, ALPHABET):
        raise ValueError("not base64url text")
    return decode_characters(encoded.encode())


def encode(data: bytes) -> str:
    """`data` as base64url without padding."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_BASE64URL).rstrip(b"=").decode()
