"""The signature of a webhook, by the Standard Webhooks scheme: who gets one can tell that it is from us, and recent.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix of every secret, not one
MIN_SECRET_BYTES: Final = 24
MAX_SECRET_BYTES: Final = 64
MAX_SECRETS: Final = 3
"""Most secrets of an endpoint at the same time: the one in use, and those that are on their way in or out."""


def secret_of(text: str) -> bytes:
    """The key in `whsec_<base64>`. Raises ValueError, which does not hold the text."""
    if not text.startswith(SECRET_PREFIX):
        raise ValueError(f"a secret begins with {SECRET_PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"a secret is {SECRET_PREFIX} and base64") from None
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError(
            f"a secret is base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes, this one of {len(key)}"
        )
    return key


def headers(secrets: Sequence[bytes], *, event_id: str, at_s: float, body: bytes) -> Mapping[str, str]:
    """The headers that sign one attempt: with every secret, so that either side may change over in its own time."""
    timestamp = str(int(at_s))
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    signatures = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
