"""Fetching documents: from a real server on the loopback interface, and from nowhere that is not allowed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.authorizer.fetch import fault_of_url, fetch

RELEASE = threading.Event()


class Issuer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/document":
                self._answer(200, b'{"keys":[]}')
            case "/redirect":
                self.send_response(302)
                self.send_header("Location", "/document")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/large":
                self._answer(200, b" " * 2_000)
            case "/created":
                self._answer(201, b"{}")
            case "/broken":
                self.wfile.write(b"this is not HTTP\r\n\r\n")
            case "/short":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"{}")
            case "/never":
                RELEASE.wait(10)
            case "/drip":
                self.send_response(200)
                self.end_headers()
                while not RELEASE.wait(0.01):
                    self.wfile.write(b" ")
            case _:
                self._answer(404, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are silent."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    RELEASE.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        RELEASE.set()
        listening.shutdown()
        thread.join(10)


def test_a_document_is_fetched(server: str) -> None:
    assert fetch(server + "/document") == b'{"keys":[]}'


def test_a_loopback_server_is_not_asked_through_a_proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert fetch(server + "/document") == b'{"keys":[]}'


def test_a_redirect_is_not_followed(server: str) -> None:
    with pytest.raises(OSError, match="HTTP status 302"):
        fetch(server + "/redirect")


@pytest.mark.parametrize(("path", "status"), [("/missing", 404), ("/created", 201)])
def test_another_status_than_200_is_an_error(server: str, path: str, status: int) -> None:
    with pytest.raises(OSError, match=f"HTTP status {status}"):
        fetch(server + path)


def test_a_document_over_the_limit_is_an_error(server: str) -> None:
    with pytest.raises(OSError, match="larger than 1999 bytes"):
        fetch(server + "/large", max_bytes=1_999)


def test_a_document_at_the_limit_is_fetched(server: str) -> None:
    assert len(fetch(server + "/large", max_bytes=2_000)) == 2_000


def test_an_answer_that_does_not_come_is_an_error(server: str) -> None:
    with pytest.raises(OSError, match="timed out"):
        fetch(server + "/never", timeout_s=0.05)


def test_an_answer_that_drips_is_an_error(server: str) -> None:
    with pytest.raises(OSError, match="did not arrive within"):
        fetch(server + "/drip", timeout_s=0.1)


def test_what_is_not_http_is_an_error(server: str) -> None:
    with pytest.raises(OSError, match="not an HTTP answer"):
        fetch(server + "/broken")


def test_a_document_that_breaks_off_is_not_taken_for_whole(server: str) -> None:
    with pytest.raises(OSError, match="breaks off 98 bytes"):
        fetch(server + "/short")


def test_a_server_that_is_not_there_is_an_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="refused"):
            fetch(f"http://127.0.0.1:{unused.getsockname()[1]}/document")


def test_a_url_that_is_not_allowed_is_not_fetched() -> None:
    with pytest.raises(OSError, match="not an https URL"):
        fetch("http://id.example/keys")


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example/keys",
        "https://id.example:8443/a/b?c=d",
        "http://localhost:8080/keys",
        "http://127.0.0.1/keys",
        "http://[::1]:8080/keys",
    ],
)
def test_https_and_loopback_urls_are_allowed(url: str) -> None:
    assert fault_of_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "keys",
        "https://",
        "https:///keys",
        "http://id.example/keys",
        "http://127.0.0.1.evil.example/keys",
        "http://localhost.evil.example/keys",
        "http://10.0.0.1/keys",
        "ftp://id.example/keys",
        "file:///etc/passwd",
        "data:application/json,{}",
        "https://user:password@id.example/keys",
        "https://id.example@evil.example/keys",
        "https://id.example/keys#fragment",
        "https://id.example/ke ys",
        "https://id.example/keys\r\nX: y",
        "https://id.example:port/keys",
        "https://id.example:99999/keys",
        "https://[::1/keys",
        "https://idé.example/keys",
    ],
)
def test_any_other_url_is_refused_with_a_reason(url: object) -> None:
    assert fault_of_url(url)
