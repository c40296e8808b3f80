"""The endpoints of the settings: what they may say, and how a mistake is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.webhooks.endpoints import Endpoint, EndpointError, endpoints_of
from tests.unit.webhooks.receiver import KEY, SECRET

URL = "https://hooks.example/fanfare?from=office"


def endpoint(**members: object) -> Endpoint:
    (made,) = endpoints_of([{"url": URL, "secret": SECRET, **members}])
    return made


def test_a_url_and_a_secret_are_enough() -> None:
    made = endpoint()
    assert (made.host, made.port, made.target, made.tls) == ("hooks.example", 443, "/fanfare?from=office", True)
    assert (made.authority, made.secrets, made.networks) == ("hooks.example", (KEY,), ())
    assert made.wants("fanfare.push.halted")
    assert made.wants("fanfare.terminal.connected")


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("https://hooks.example", "hooks.example", "/"),
        ("https://hooks.example?a=b", "hooks.example", "/?a=b"),
        ("https://HOOKS.example:443/a", "hooks.example", "/a"),
        ("https://hooks.example:8443/a", "hooks.example:8443", "/a"),
        ("https://[2606:4700::1]:8443/", "[2606:4700::1]:8443", "/"),
    ],
)
def test_what_is_asked_for_is_what_the_url_says(url: str, authority: str, target: str) -> None:
    made = endpoint(url=url)
    assert (made.authority, made.target) == (authority, target)


def test_it_is_told_of_what_it_names() -> None:
    made = endpoint(events=["push.halted", "terminal.*"])
    told = ["push.halted", "push.sent", "terminal.connected", "user.connected"]
    assert [made.wants(f"fanfare.{name}") for name in told] == [True, False, True, False]


def test_secrets_may_be_in_a_file_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    path.write_text(f"{SECRET}\n\n{SECRET}\n")
    (made,) = endpoints_of([{"url": URL, "secret_file": str(path)}])
    assert made.secrets == (KEY, KEY)


def test_http_is_for_who_allows_it() -> None:
    made = endpoint(url="http://hooks.intern/", http=True)
    assert (made.port, made.tls) == (80, False)


def test_secrets_are_not_shown() -> None:
    assert repr(KEY) not in repr(endpoint())


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"url": "http://hooks.example/"}, "https"),
        ({"url": "ftp://hooks.example/"}, "https"),
        ({"url": "file:///etc/passwd"}, "https"),
        ({"url": "gopher://hooks.example/", "http": True}, "https"),
        ({"url": "https:///path"}, "no host"),
        ({"url": "https://user:word@hooks.example/"}, "user name"),
        ({"url": "https://hooks.example@169.254.169.254/"}, "user name"),
        ({"url": "https://hooks.example/#part"}, "fragment"),
        ({"url": "https://hooks.example:0/"}, "port 0"),
        ({"url": "https://hooks.example:99999/"}, "not a URL"),
        ({"url": "https://[::1/"}, "not a URL"),
        ({"url": "https://[fe80::1%25eth0]/"}, "no host"),
        ({"url": "https://hooks.example\\@127.0.0.1/"}, "no host"),
        ({"url": "https://hooks.example/a b"}, "printable"),
        ({"url": "https://hooks.example/\r\nHost: other"}, "printable"),
        ({"url": "https://hööks.example/"}, "printable"),
        ({"url": "https://hooks.example/" + "a" * 2_048}, "2048"),
        ({"url": 7}, "url"),
        ({"http": "yes"}, "http must be"),
        ({"secret": "hunter2"}, "secret"),
        ({"secret": 7}, "secret"),
        ({"secrets": [SECRET]}, "one of secret"),
        ({"events": []}, "events"),
        ({"events": ["push.exploded"]}, "means no event"),
        ({"events": "push.*"}, "events"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"networks": ["here"]}, "networks"),
        ({"retries": 3}, "retries"),
    ],
)
def test_a_mistake_is_named(members: dict[str, object], fault: str) -> None:
    with pytest.raises(EndpointError, match=f"webhook 1: .*{fault}"):
        endpoint(**members)


@pytest.mark.parametrize("members", [{"secrets": []}, {"secrets": [SECRET] * 4}, {"secret_file": "/no/such/file"}, {}])
def test_a_webhook_without_a_good_number_of_secrets_is_refused(members: dict[str, object]) -> None:
    with pytest.raises(EndpointError, match="secret"):
        endpoints_of([{"url": URL, **members}])


def test_two_of_the_same_url_are_refused() -> None:
    with pytest.raises(EndpointError, match="two webhooks"):
        endpoints_of([{"url": URL, "secret": SECRET}] * 2)


def test_too_many_are_refused() -> None:
    with pytest.raises(EndpointError, match="20"):
        endpoints_of([{"url": f"{URL}&n={number}", "secret": SECRET} for number in range(21)])
