"""Signatures against botocore's signer, and whole requests against those that boto3 sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from infra.aws.sender.endpoint import Endpoint
from infra.aws.sender.sigv4 import Signer

URL = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod"
URLS = (
    URL,
    URL + "/",
    "https://ws.example.com",
    "https://ws.example.com/mapping/path",
    "https://WS.Example.com:8443/v1",
    "https://ws.example.com:443/v1",
    "http://127.0.0.1:8081/local",
    "http://localhost:80/local",
    "http://[::1]:8081/local",
    "https://[2001:db8::1]/prod",
    "https://ws.example.com/a%20b/~x",
)
ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

DOTS = (".", "..")

gateway_ids = st.text(ID_CHARACTERS, min_size=15, max_size=15).map(lambda text: text + "=")
any_ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=24).filter(lambda text: text not in DOTS)
odd_ids = st.text("aZ9-_=.~%/@ ", min_size=1, max_size=6).filter(lambda text: text not in DOTS)
keys = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="+/="), min_size=1, max_size=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Something to sign."""

    url: str
    region: str
    connection_id: str
    method: str
    body: bytes
    credentials: ReadOnlyCredentials
    at_s: int


signings = st.builds(
    Signing,
    url=st.sampled_from(URLS),
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    connection_id=gateway_ids | any_ids | odd_ids,
    method=st.sampled_from(["POST", "GET", "DELETE"]),
    body=st.binary(max_size=300),
    credentials=st.builds(ReadOnlyCredentials, keys, keys, st.none() | keys),
    at_s=st.integers(946_684_800, 4_070_908_800),
)


def fields_of(request: bytes) -> tuple[str, str, dict[str, str], bytes]:
    """Method, target, headers and body of a request as bytes."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    method, target, version = line.split(" ")
    assert version == "HTTP/1.1"
    return method, target, dict(text.split(": ", 1) for text in lines), body


def signed_by_botocore(signing: Signing, target: str) -> Mapping[str, str]:
    """The headers that botocore's signer adds to a request for `target`."""
    origin = urlsplit(signing.url)
    url = f"{origin.scheme}://{origin.netloc}{target}"
    request = AWSRequest(method=signing.method, url=url, data=signing.body)
    with patch("botocore.auth.get_current_datetime", return_value=datetime.fromtimestamp(signing.at_s, UTC)):
        SigV4Auth(signing.credentials, "execute-api", signing.region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(signing=signings)
def test_signatures_are_botocores(signing: Signing) -> None:
    signer = Signer(Endpoint.parse(signing.url, region=signing.region), signing.credentials, signing.at_s)
    made = signer.requests(signing.method, signing.body or None).to(signing.connection_id)
    method, target, headers, body = fields_of(made)
    right = signed_by_botocore(signing, target)
    assert (method, body) == (signing.method, signing.body)
    assert {name: headers[name] for name in right} == right


class Boto3:
    """boto3's client, whose requests are caught before they are sent."""

    def __init__(self, endpoint_url: str, *, token: str | None = None) -> None:
        self.credentials = ReadOnlyCredentials("AKIDEXAMPLE", "secret/key", token)
        self._caught: list[AWSPreparedRequest] = []
        self._client = boto3.session.Session().client(
            "apigatewaymanagementapi",
            endpoint_url=endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=self.credentials.access_key,
            aws_secret_access_key=self.credentials.secret_key,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )
        register = self._client.meta.events.register
        register("before-send", self._catch)  # type: ignore[arg-type]  # a handler that answers, so nothing is sent

    def _catch(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self._caught.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Nothing())

    def sent(self, method: str, connection_id: str, data: bytes) -> AWSPreparedRequest:
        match method:
            case "POST":
                self._client.post_to_connection(ConnectionId=connection_id, Data=data)
            case "GET":
                self._client.get_connection(ConnectionId=connection_id)
            case _:
                self._client.delete_connection(ConnectionId=connection_id)
        return self._caught[-1]


class _Nothing:
    """The body of a response."""

    def stream(self) -> list[bytes]:
        return [b"{}"]


CLIENTS = {
    (url, token): Boto3(url, token=token)
    for url in (URL, "https://ws.example.com/mapping/path", "http://127.0.0.1:8081/local")
    for token in (None, "FwoGZXIvYXdzEBYaDH//////wEaDPl+token==")
}


@given(
    client=st.sampled_from(sorted(CLIENTS, key=str)),
    connection_id=gateway_ids,
    method=st.sampled_from(["POST", "GET", "DELETE"]),
    data=st.binary(min_size=1, max_size=300),
)
def test_requests_are_what_boto3_sends(
    client: tuple[str, str | None], connection_id: str, method: str, data: bytes
) -> None:
    boto = CLIENTS[client]
    theirs = boto.sent(method, connection_id, data)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in theirs.headers.items()
    }
    at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    endpoint = Endpoint.parse(client[0], region="us-east-1")
    body = {"POST": data, "DELETE": b"", "GET": None}[method]
    ours = Signer(endpoint, boto.credentials, at.timestamp()).requests(method, body).to(connection_id)
    found_method, target, found, found_body = fields_of(ours)
    assert (found_method, target) == (method, urlsplit(theirs.url).path)
    assert found["authorization"] == headers["authorization"]
    assert found.get("x-amz-security-token") == headers.get("x-amz-security-token")
    assert found.get("content-length") == headers.get("content-length")
    assert found_body == (theirs.body or b"")


def test_a_request_as_it_is_on_the_wire() -> None:
    endpoint = Endpoint.parse(URL, region="us-east-1")
    signer = Signer(endpoint, ReadOnlyCredentials("AKID", "secret", "token"), 1_795_000_000)
    made = signer.requests("POST", b"hello").to("R0oXAdfD0kwCH6w=")
    head, _, rest = made.partition(b", Signature=")
    assert head.decode() == (
        "POST /prod/@connections/R0oXAdfD0kwCH6w%3D HTTP/1.1\r\n"
        "host: a1b2c3d4e5.execute-api.us-east-1.amazonaws.com\r\n"
        "x-amz-date: 20261118T110640Z\r\n"
        "x-amz-security-token: token\r\n"
        "authorization: AWS4-HMAC-SHA256 Credential=AKID/20261118/us-east-1/execute-api/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-security-token"
    )
    assert rest[64:] == b"\r\ncontent-length: 5\r\n\r\nhello"


def test_an_empty_message_has_a_length_too() -> None:
    endpoint = Endpoint.parse(URL, region="us-east-1")
    made = Signer(endpoint, ReadOnlyCredentials("AKID", "secret", None), 0).requests("POST", b"").to("a")
    assert made.endswith(b"\r\ncontent-length: 0\r\n\r\n")


@pytest.mark.parametrize("connection_id", ["", ".", "..", "\ud800"])
def test_what_no_path_can_name_is_refused(connection_id: str) -> None:
    signer = Signer(Endpoint.parse(URL, region="us-east-1"), ReadOnlyCredentials("AKID", "secret", None), 0)
    requests = signer.requests("GET")
    with pytest.raises(ValueError, match=r"path|surrogates"):
        requests.to(connection_id)


@given(connection_id=any_ids)
def test_no_id_adds_to_the_request(connection_id: str) -> None:
    signer = Signer(Endpoint.parse(URL, region="us-east-1"), ReadOnlyCredentials("AKID", "secret", None), 0)
    requests = signer.requests("POST", b"x")
    _, target, headers, body = fields_of(requests.to(connection_id))
    assert target.count("/") == 3
    assert set(headers) == {"host", "x-amz-date", "authorization", "content-length"}
    assert body == b"x"
