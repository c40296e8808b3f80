"""Verifies AWS Signature Version 4 in the `Authorization` header.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from infra.local.gateway.http_messages import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = timedelta(minutes=5)
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_PARAMETERS = ("Credential", "SignedHeaders", "Signature")


@dataclass(frozen=True, slots=True)
class Credentials:
    """One access key pair, as AWS clients are configured with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


class SignatureRefused(Exception):
    """A request that is not signed, or not rightly. `error_type` is AWS's name for it; the status is 403."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


class SignatureVerifier:
    """Checks that a request was signed with these credentials, for this region and service, within five minutes."""

    def __init__(
        self,
        credentials: Credentials,
        region: str,
        service: str = "execute-api",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._clock = clock
        self._key: tuple[str, bytes] = ("", b"")

    def verify(self, request: HttpRequest) -> None:
        """Raises SignatureRefused unless all of `request`, its body included, is what was signed."""
        parameters = _parameters_of(request)
        signed_at = self._time_of(request)
        scope_date = self._check_credential(parameters["Credential"], signed_at)
        names = parameters["SignedHeaders"].split(";")
        if "host" not in names or "x-amz-date" not in names:
            raise SignatureRefused(
                "InvalidSignatureException", "'Host' and 'X-Amz-Date' must be 'SignedHeaders' in the AWS Authorization."
            )
        stated_digest = request.by_name.get("x-amz-content-sha256")
        if stated_digest is not None and stated_digest != request.body_sha256:
            raise SignatureRefused(
                "InvalidSignatureException", "The value of 'x-amz-content-sha256' is not the digest of the body."
            )
        scope = f"{scope_date}/{self._region}/{self._service}/aws4_request"
        digest = hashlib.sha256(_canonical_request(request, names).encode()).hexdigest()
        text = f"{ALGORITHM}\n{signed_at}\n{scope}\n{digest}"
        expected = hmac.new(self._signing_key(scope_date), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), parameters["Signature"].encode()):
            raise SignatureRefused(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. Check your AWS "
                "Secret Access Key and signing method. Consult the service documentation for details.",
            )

    def _time_of(self, request: HttpRequest) -> str:
        """`X-Amz-Date`, if it is within the clock skew."""
        text = request.by_name.get("x-amz-date")
        if text is None:
            raise SignatureRefused(
                "IncompleteSignatureException",
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            )
        try:
            if not _TIME.fullmatch(text):
                raise ValueError(text)
            signed_at = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
        except ValueError as fault:
            raise SignatureRefused(
                "IncompleteSignatureException",
                "Date must be in ISO-8601 'basic format': YYYYMMDD'T'HHMMSS'Z'.",
            ) from fault
        now = datetime.fromtimestamp(self._clock(), UTC)
        if signed_at < now - CLOCK_SKEW:
            limit = (now - CLOCK_SKEW).strftime(_TIME_FORMAT)
            raise SignatureRefused(
                "InvalidSignatureException",
                f"Signature expired: {text} is now earlier than {limit} ({now.strftime(_TIME_FORMAT)} - 5 min.)",
            )
        if signed_at > now + CLOCK_SKEW:
            limit = (now + CLOCK_SKEW).strftime(_TIME_FORMAT)
            raise SignatureRefused(
                "InvalidSignatureException",
                f"Signature not yet current: {text} is still later than {limit} "
                f"({now.strftime(_TIME_FORMAT)} + 5 min.)",
            )
        return text

    def _check_credential(self, credential: str, signed_at: str) -> str:
        """The date of the credential's scope, if key and scope are right."""
        access_key_id, _, scope = credential.partition("/")
        parts = scope.split("/")
        if len(parts) != 4:
            raise SignatureRefused(
                "IncompleteSignatureException",
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
            )
        date, region, service, term = parts
        if not hmac.compare_digest(access_key_id.encode(), self._credentials.access_key_id.encode()):
            raise SignatureRefused(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        for found, right, fault in (
            (date, signed_at[:8], "Date in Credential scope does not match the day of 'X-Amz-Date'."),
            (region, self._region, f"Credential should be scoped to a valid region, not '{_printable(region)}'."),
            (service, self._service, f"Credential should be scoped to correct service: '{self._service}'."),
            (term, "aws4_request", "Credential should be scoped with a valid terminator: 'aws4_request'."),
        ):
            if found != right:
                raise SignatureRefused("InvalidSignatureException", fault)
        return date

    def _signing_key(self, date: str) -> bytes:
        """The key for a day, derived once; four HMACs are most of a verification's cost."""
        if self._key[0] != date:
            key = b"AWS4" + self._credentials.secret_access_key.encode()
            for part in (date, self._region, self._service, "aws4_request"):
                key = hmac.new(key, part.encode(), hashlib.sha256).digest()
            self._key = (date, key)
        return self._key[1]


def _parameters_of(request: HttpRequest) -> dict[str, str]:
    """`Credential`, `SignedHeaders` and `Signature` of the Authorization header."""
    header = request.by_name.get("authorization")
    if header is None:
        raise SignatureRefused("MissingAuthenticationTokenException", "Missing Authentication Token")
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureRefused("IncompleteSignatureException", f"Authorization header requires '{ALGORITHM}'.")
    parameters: dict[str, str] = {}
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        parameters[name] = value
    missing = [name for name in _PARAMETERS if not parameters.get(name)]
    if missing:
        raise SignatureRefused(
            "IncompleteSignatureException",
            " ".join(f"Authorization header requires '{name}' parameter." for name in missing),
        )
    return parameters


def _canonical_request(request: HttpRequest, signed_names: list[str]) -> str:
    path, _, query = request.target.partition("?")
    values: dict[str, list[str]] = {name: [] for name in signed_names}
    for name, value in request.headers:
        if name.lower() in values:
            values[name.lower()].append(" ".join(value.split()))
    lines = [f"{name}:{','.join(values[name])}\n" for name in signed_names]
    return "\n".join(
        (
            request.method,
            # Every service but S3 encodes the path a second time: what was sent is encoded as it stands.
            quote(path, safe="/~"),
            _canonical_query(query),
            "".join(lines),
            ";".join(signed_names),
            request.body_sha256,
        )
    )


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        pairs.append((quote(unquote(name), safe="~"), quote(unquote(value), safe="~")))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _printable(text: str) -> str:
    return "".join(sign for sign in text[:64] if sign.isalnum() or sign in "-_")
