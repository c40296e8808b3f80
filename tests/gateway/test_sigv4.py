"""SigV4 verification against botocore's signer: what that signs passes, and nothing that differs in anything does."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway.http_messages import HttpRequest
from infra.local.gateway.sigv4 import Credentials, SignatureRefused, SignatureVerifier

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
VERIFIER = SignatureVerifier(CREDENTIALS, "us-east-1")

segments = st.text(st.characters(codec="utf-8", exclude_characters="./"), min_size=1, max_size=12).map(
    lambda text: quote(text, safe="@=~-_")
)
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
query_texts = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=6)
queries = st.lists(st.tuples(query_texts, query_texts), max_size=4)
header_values = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters=" ;=/"), max_size=20)


def sign(method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes) -> HttpRequest:
    """A request as botocore signs it and as it then comes off the wire."""
    target = path + ("?" + "&".join(f"{name}={value}" for name, value in query) if query else "")
    request = AWSRequest(method=method, url=f"http://ws.example:8001{target}", data=body, headers=headers)
    boto = BotoCredentials(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key)
    SigV4Auth(boto, "execute-api", "us-east-1").add_auth(request)
    return HttpRequest(
        method=method,
        target=target,
        http_version="1.1",
        headers=[("Host", "ws.example:8001"), *((name, value) for name, value in request.headers.items())],
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
    )


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    """The same request with another value for one header."""
    headers = [(found, value if found.lower() == name.lower() else old) for found, old in request.headers]
    return replace(request, headers=headers)


SIGNED = sign("POST", "/local/@connections/R0oXAdfD0kwCH6w%3D", [], {}, b"hello")
SIGNED_AT = datetime.strptime(SIGNED.by_name["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
AT_SIGNING = SignatureVerifier(CREDENTIALS, "us-east-1", clock=SIGNED_AT.timestamp)
"""Its clock stands: however long the other tests take, `SIGNED` was signed just now."""


def refusal(request: HttpRequest, verifier: SignatureVerifier = AT_SIGNING) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as refused:
        verifier.verify(request)
    return refused.value


@given(
    method=st.sampled_from(["POST", "GET", "DELETE"]),
    path=paths,
    query=queries,
    extra=st.dictionaries(st.sampled_from(["X-One", "X-Two", "Content-Type"]), header_values),
    body=st.binary(max_size=200),
)
def test_what_botocore_signs_passes(
    method: str, path: str, query: list[tuple[str, str]], extra: dict[str, str], body: bytes
) -> None:
    VERIFIER.verify(sign(method, path, query, extra, body))


@given(body=st.binary(max_size=50), other=st.binary(max_size=50))
def test_another_body_does_not_pass(body: bytes, other: bytes) -> None:
    request = sign("POST", "/local/@connections/x", [], {}, body)
    if body != other:
        changed = replace(request, body_sha256=hashlib.sha256(other).hexdigest())
        assert refusal(changed).error_type == "InvalidSignatureException"


@given(at=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_another_signature_does_not_pass(at: int, digit: str) -> None:
    header = SIGNED.by_name["authorization"]
    start = header.index("Signature=") + len("Signature=") + at
    changed = header[:start] + digit + header[start + 1 :]
    if changed != header:
        assert refusal(with_header(SIGNED, "Authorization", changed)).error_type == "InvalidSignatureException"


@pytest.mark.parametrize(
    "changed",
    [
        replace(SIGNED, method="DELETE"),
        replace(SIGNED, target="/local/@connections/R0oXAdfD0kwCH6x%3D"),
        replace(SIGNED, target="/local/@connections/R0oXAdfD0kwCH6w="),
        replace(SIGNED, target=SIGNED.target + "?a=1"),
        with_header(SIGNED, "Host", "other.example"),
        replace(SIGNED, headers=[*SIGNED.headers, ("Host", "other.example")]),
        replace(SIGNED, headers=[*SIGNED.headers, ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]),
    ],
    ids=["method", "id", "encoding", "query", "host", "second-host", "unsigned-payload"],
)
def test_a_change_of_anything_signed_does_not_pass(changed: HttpRequest) -> None:
    assert refusal(changed).error_type == "InvalidSignatureException"


def test_a_header_that_was_not_signed_may_change() -> None:
    AT_SIGNING.verify(replace(SIGNED, headers=[*SIGNED.headers, ("Via", "1.1 proxy")]))


@pytest.mark.parametrize("off_s", [-301, 301])
def test_a_clock_that_is_more_than_five_minutes_off_is_told(off_s: int) -> None:
    verifier = SignatureVerifier(CREDENTIALS, "us-east-1", clock=(SIGNED_AT - timedelta(seconds=off_s)).timestamp)
    found = refusal(SIGNED, verifier)
    assert found.error_type == "InvalidSignatureException"
    assert ("not yet current" if off_s > 0 else "expired") in found.message


@pytest.mark.parametrize("off_s", [-299, 299])
def test_a_clock_that_is_less_than_five_minutes_off_passes(off_s: int) -> None:
    SignatureVerifier(CREDENTIALS, "us-east-1", clock=(SIGNED_AT - timedelta(seconds=off_s)).timestamp).verify(SIGNED)


def test_the_key_is_derived_anew_each_day() -> None:
    verifier = SignatureVerifier(CREDENTIALS, "us-east-1", clock=SIGNED_AT.timestamp)
    verifier.verify(SIGNED)
    refusal(with_header(SIGNED, "X-Amz-Date", (SIGNED_AT + timedelta(days=1)).strftime("%Y%m%dT%H%M%SZ")), verifier)
    verifier.verify(SIGNED)


@pytest.mark.parametrize(
    ("header", "error_type"),
    [
        ("Bearer abc", "IncompleteSignatureException"),
        ("", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=x", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x", "UnrecognizedClientException"),
        ("AWS4-HMAC-SHA256 ,,,=,=", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=é/b/c/d/e, SignedHeaders=é, Signature=é", "UnrecognizedClientException"),
    ],
)
def test_a_header_that_is_no_signature_is_told_what_it_lacks(header: str, error_type: str) -> None:
    assert refusal(with_header(SIGNED, "Authorization", header)).error_type == error_type


@pytest.mark.parametrize(
    "value", ["", "yesterday", "20261131T000000Z", "2026-11-24T00:00:00Z", "2026112\u0664T000000Z"]
)
def test_a_date_that_is_none_is_told(value: str) -> None:
    assert refusal(with_header(SIGNED, "X-Amz-Date", value)).error_type == "IncompleteSignatureException"


@pytest.mark.parametrize("unsigned", ["host", "x-amz-date"])
def test_host_and_date_must_be_signed(unsigned: str) -> None:
    signed = ";".join(name for name in ("host", "x-amz-date") if name != unsigned)
    header = SIGNED.by_name["authorization"].replace("SignedHeaders=host;x-amz-date", f"SignedHeaders={signed}")
    assert "must be 'SignedHeaders'" in refusal(with_header(SIGNED, "Authorization", header)).message


@given(header=st.text(max_size=200), date=st.text(max_size=20))
def test_nothing_that_is_made_up_passes_or_breaks_it(header: str, date: str) -> None:
    changed = with_header(with_header(SIGNED, "Authorization", header), "X-Amz-Date", date)
    refusal(changed)


def test_no_refusal_tells_the_secret_or_the_right_signature() -> None:
    header = SIGNED.by_name["authorization"]
    right = header.partition("Signature=")[2]
    found = refusal(with_header(SIGNED, "Authorization", header.replace(right, "0" * 64)))
    assert right not in str(found)
    assert CREDENTIALS.secret_access_key not in str(found) + repr(CREDENTIALS)
