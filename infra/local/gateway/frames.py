"""The frames that the gateway sends: text of a post, and the frames that say something went wrong."""

from __future__ import annotations

import struct

_TEXT, _CONTINUATION, _FIN = 0x01, 0x00, 0x80


def text_frames(data: bytes, frame_bytes: int) -> bytes:
    """One text message, ready for the wire of any server-side socket (RFC 6455 §5.2, unmasked).

    It is one frame up to `frame_bytes` of payload, and fragments of that size beyond it (§5.4).
    """
    size = len(data)
    if size <= frame_bytes:
        return _head(_FIN | _TEXT, size) + data
    parts: list[bytes] = []
    for start in range(0, size, frame_bytes):
        part = data[start : start + frame_bytes]
        first = (_TEXT if start == 0 else _CONTINUATION) | (_FIN if start + frame_bytes >= size else 0)
        parts += (_head(first, len(part)), part)
    return b"".join(parts)


def _head(first: int, size: int) -> bytes:
    if size < 126:
        return bytes((first, size))
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)


FORBIDDEN = "Forbidden"
INTERNAL_SERVER_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"


def error_text(message: str, connection_id: str, request_id: str) -> str:
    """API Gateway's error document, byte for byte: its spaces are where captures have them."""
    return f'{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
