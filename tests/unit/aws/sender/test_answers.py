"""What answers mean, and what is told of them."""

from __future__ import annotations

import pytest

from infra.aws.sender.answers import Verdict, parsed, verdict_of
from tests.unit.aws.sender.scripted import response


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200, 204), Verdict.DONE),
        ((410,), Verdict.GONE),
        ((408, 429, 500, 502, 503, 504), Verdict.AGAIN),
        ((400, 413), Verdict.NEVER),
        ((301, 401, 403, 404, 405), Verdict.DENIED),
    ],
)
def test_the_meaning_of_a_status(statuses: tuple[int, ...], verdict: Verdict) -> None:
    assert {verdict_of(status) for status in statuses} == {verdict}


def test_the_error_type_and_message_are_read() -> None:
    body = b'{"message":"Forbidden"}'
    answer = parsed(response(403, "x-amzn-ErrorType: ForbiddenException:http://x/", body=body))
    assert (answer.status, answer.error_type, answer.error_message) == (403, "ForbiddenException", "Forbidden")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"\xff", b"{}", b'{"message": null}'])
def test_a_body_that_tells_nothing_is_no_fault(body: bytes) -> None:
    assert parsed(response(410, "x-amzn-ErrorType: GoneException", body=body)).error_message == ""


def test_a_refused_signature_does_not_repeat_the_request() -> None:
    body = b'{"message":"The signature does not match.\\n\\nThe Canonical String was x-amz-security-token:SECRET"}'
    assert parsed(response(403, body=body)).error_message == "The signature does not match."


def test_a_long_message_is_cut() -> None:
    assert len(parsed(response(400, body=b'{"message":"%b"}' % (b"x" * 5_000))).error_message) == 200


def test_an_interim_response_is_passed_over() -> None:
    raw = b"HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n" + response(200, "X-B: 2", body=b"hello")
    answer = parsed(raw)
    assert (answer.status, "x-a" in answer.headers, answer.headers["x-b"], answer.body) == (200, False, "2", b"hello")


def test_chunks_are_joined() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    assert parsed(raw).body == b"abcde"


def test_what_breaks_off_is_read_that_far() -> None:
    answer = parsed(b"HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: AccessDeniedException\r\nContent-Length: 9\r\n\r\nab")
    assert (answer.status, answer.error_type, answer.body) == (403, "AccessDeniedException", b"ab")
