"""Signature Version 4 for many requests that differ in one path segment: what is equal for all is computed once.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. It signs the headers that
boto3 signs for this service: `host`, `x-amz-date` and, with temporary credentials, `x-amz-security-token`.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from infra.aws.sender.endpoint import Endpoint

if TYPE_CHECKING:
    from _hashlib import HASH

    from botocore.credentials import ReadOnlyCredentials

SERVICE: Final = "execute-api"
ALGORITHM: Final = "AWS4-HMAC-SHA256"
_HASH_BLOCK_BYTES: Final = 64
_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""Characters of API Gateway's connection ids that are the same in a path; beside them is the `=` at the end."""


class Signer:
    """Signs for one endpoint with one set of credentials at one moment; good for some minutes from then."""

    def __init__(self, endpoint: Endpoint, credentials: ReadOnlyCredentials, at_s: float) -> None:
        self._endpoint = endpoint
        amz_date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_s))
        scope = f"{amz_date[:8]}/{endpoint.region}/{SERVICE}/aws4_request"
        headers = {"host": endpoint.host_header, "x-amz-date": amz_date}
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        names = ";".join(headers)
        self._canonical_headers = "".join(f"{name}:{value}\n" for name, value in headers.items()) + f"\n{names}\n"
        self._head = (
            "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            + f"authorization: {ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature="
        )
        assert credentials.secret_key is not None
        self._inner, self._outer = _keyed(_signing_key(credentials.secret_key, scope))
        self._inner.update(f"{ALGORITHM}\n{amz_date}\n{scope}\n".encode())

    def requests(self, method: str, body: bytes | None = None) -> SignedRequests:
        """Requests of this method and body; None has no `content-length`."""
        return SignedRequests(
            self._inner,
            self._outer,
            base_path=self._endpoint.base_path,
            method=method,
            canonical_headers=self._canonical_headers,
            head=self._head,
            body=body,
        )


class SignedRequests:
    """Signed requests that differ in the connection alone, made by `Signer.requests`."""

    __slots__ = ("_before", "_canonical_after", "_canonical_before", "_inner", "_middle", "_outer", "_rest")

    def __init__(
        self,
        inner: HASH,
        outer: HASH,
        *,
        base_path: str,
        method: str,
        canonical_headers: str,
        head: str,
        body: bytes | None,
    ) -> None:
        self._inner = inner
        self._outer = outer
        path = f"{base_path}/@connections/"
        self._canonical_before = f"{method}\n{_twice_encoded(path)}".encode()
        self._canonical_after = f"\n\n{canonical_headers}{sha256(body or b'').hexdigest()}".encode()
        self._before = f"{method} {path}".encode()
        self._middle = f" HTTP/1.1\r\n{head}".encode()
        length = "" if body is None else f"content-length: {len(body)}\r\n"
        self._rest = f"\r\n{length}\r\n".encode() + (body or b"")

    def to(self, connection_id: str) -> bytes:
        """The whole request for one connection. Raises ValueError if no path can name it."""
        segment = connection_id.encode()
        special = segment.translate(None, _PLAIN)
        if special == b"=" and segment[-1] == 61:  # the padding that each of API Gateway's ids ends with
            canonical = segment[:-1] + b"%253D"
            segment = segment[:-1] + b"%3D"
        elif special or not segment:
            segment = _encoded(connection_id)
            canonical = _twice_encoded(segment.decode()).encode()
        else:
            canonical = segment
        digest = sha256(b"%b%b%b" % (self._canonical_before, canonical, self._canonical_after)).hexdigest()
        inner = self._inner.copy()
        inner.update(digest.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b"%b%b%b%b%b" % (self._before, segment, self._middle, outer.hexdigest().encode(), self._rest)


def _encoded(connection_id: str) -> bytes:
    """An id as a path segment, as the REST protocols of AWS write one."""
    if connection_id in ("", ".", ".."):
        raise ValueError(f"no path can name the connection {connection_id!r}")
    return quote(connection_id, safe="-._~").encode()


def _twice_encoded(path: str) -> str:
    """The canonical form of a path that was encoded once: every service but S3 encodes it again."""
    return quote(path, safe="/~")


def _signing_key(secret_key: str, scope: str) -> bytes:
    key = b"AWS4" + secret_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _keyed(key: bytes) -> tuple[HASH, HASH]:
    """The inner and the outer hash of HMAC (RFC 2104) with the key taken in, to be copied for each message.

    `hmac` takes the key in anew for each message, which is most of the cost of a short one.
    """
    block = key.ljust(_HASH_BLOCK_BYTES, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(bytes(byte ^ 0x5C for byte in block))
