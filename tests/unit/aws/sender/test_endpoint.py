"""Endpoint URLs, as API Gateway shows them and as people write them."""

from __future__ import annotations

import pytest

from infra.aws.sender.endpoint import Endpoint


@pytest.mark.parametrize(
    ("url", "host", "port", "host_header", "base_path"),
    [
        (
            "https://a1.execute-api.eu-central-1.amazonaws.com/prod",
            "a1.execute-api.eu-central-1.amazonaws.com",
            443,
            "",
            "/prod",
        ),
        ("https://ws.example.com", "ws.example.com", 443, "", ""),
        ("https://ws.example.com/", "ws.example.com", 443, "", ""),
        ("https://ws.example.com/v1/push/", "ws.example.com", 443, "", "/v1/push"),
        ("https://WS.Example.COM:8443/v1", "ws.example.com", 8443, "ws.example.com:8443", "/v1"),
        ("http://127.0.0.1:4566/prod", "127.0.0.1", 4566, "127.0.0.1:4566", "/prod"),
        ("http://localhost/prod", "localhost", 80, "", "/prod"),
        ("http://[::1]:8081/local", "::1", 8081, "[::1]:8081", "/local"),
        ("https://[2001:db8::1]/prod", "2001:db8::1", 443, "[2001:db8::1]", "/prod"),
        (
            "http://127.0.0.1:4566/_aws/execute-api/a1/prod",
            "127.0.0.1",
            4566,
            "127.0.0.1:4566",
            "/_aws/execute-api/a1/prod",
        ),
    ],
)
def test_its_parts(url: str, host: str, port: int, host_header: str, base_path: str) -> None:
    endpoint = Endpoint.parse(url, region="eu-central-1")
    assert (endpoint.host, endpoint.port, endpoint.base_path) == (host, port, base_path)
    assert endpoint.host_header == (host_header or host)
    assert endpoint.is_tls == url.startswith("https")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ws.example.com/prod",
        "wss://ws.example.com/prod",
        "ftp://ws.example.com/prod",
        "https:///prod",
        "https://user@ws.example.com/prod",
        "https://user:secret@ws.example.com/prod",
        "https://ws.example.com/prod?x=1",
        "https://ws.example.com/prod#x",
        "https://ws.example.com/a//b",
        "https://ws.example.com/../prod",
        "https://ws.example.com/./prod",
        "https://ws.example.com/a b",
        "https://ws.example.com/ä",
        "https://bücher.example/prod",
        "https://ws example.com/prod",
        "https://[::1%25eth0]/prod",
        "https://[nonsense]/prod",
        "https://ws.example.com:99999/prod",
        "https://" + "a" * 64 + ".example/prod",
        "https://ws..example.com/prod",
    ],
)
def test_what_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        Endpoint.parse(url, region="eu-central-1")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("region", ["", "EU", "eu central", "eu-central-1\r\nx: y"])
def test_a_region_that_is_none_is_refused(region: str) -> None:
    with pytest.raises(ValueError, match="region"):
        Endpoint.parse("https://ws.example.com/prod", region=region)
