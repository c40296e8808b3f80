"""Refusals that no service made: paths, methods, bodies, and faults of ours."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from admin_api.settings import ApiSettings
from services.domain.problems import ERROR_PAGE
from tests.unit.admin_api.service import Service, lose_pushes, running

JSON = {"Content-Type": "application/json"}


async def test_a_problem_has_the_members_of_rfc_9457(service: Service) -> None:
    response = await service.api.get("/v1/pushes/nonsense")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": f"{ERROR_PAGE}#push_not_found",
        "title": "Push not found",
        "status": 404,
        "detail": "there is no push nonsense",
        "code": "push_not_found",
    }


async def test_a_problem_links_to_the_page_of_the_settings(tmp_path: Path) -> None:
    async with running(tmp_path, ApiSettings(docs_base_url="https://docs.example/errors")) as service:
        problem = (await service.api.get("/v1/nowhere")).json()
    assert problem["type"] == "https://docs.example/errors#not_found"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/nowhere", "/v1/pushes/", "/v2/pushes", "/v1/users"])
async def test_a_path_that_does_not_exist_is_404(service: Service, path: str) -> None:
    response = await service.api.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/pushes", "GET, HEAD, OPTIONS, POST"),
        ("PATCH", "/v1/terminals/x", "DELETE, GET, HEAD, OPTIONS"),
        ("GET", "/v1/tickets", "OPTIONS, POST"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("BREW", "/v1/pushes", "GET, HEAD, OPTIONS, POST"),
    ],
)
async def test_a_method_that_does_not_exist_is_405_and_lists_all_that_do(
    service: Service, method: str, path: str, allow: str
) -> None:
    response = await service.api.request(method, path)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == allow


async def test_options_lists_the_methods(service: Service) -> None:
    response = await service.caller(None).options("/v1/pushes")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_head_is_get_without_the_content(service: Service) -> None:
    got, head = await service.api.get("/v1/pushes"), await service.api.head("/v1/pushes")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers


async def test_head_of_what_is_not_there_is_404(service: Service) -> None:
    assert (await service.api.head("/v1/pushes/nonsense")).status_code == 404


@pytest.mark.parametrize(
    "media_type", [None, "", "text/xml", "text/plain", "application/json-seq", "multipart/form-data"]
)
async def test_a_body_that_is_not_sent_as_json_is_415(service: Service, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = await service.api.post("/v1/pushes", content=b'{"target": "all", "message": 1}', headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_be_named_in_every_way(service: Service, media_type: str) -> None:
    response = await service.api.post(
        "/v1/pushes", content=b'{"target": "all", "message": 1}', headers={"Content-Type": media_type}
    )
    assert response.status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<xml/>",
        b'{"target": "all", "message": 1} {}',
        b'\xef\xbb\xbf{"target": "all", "message": 1}',
        '{"target": "all", "message": "ä"}'.encode("latin-1"),
        b'{"target": "all", "message": 1, "message": 2}',
        b'{"target": "all", "message": {"a": 1, "a": 2}}',
        b'{"target": "all", "message": NaN}',
        b'{"target": "all", "message": -Infinity}',
        b'{"target": "all", "message": %b}' % (b"9" * 5_000),
        b'{"target": "all", "message": %b%b}' % (b"[" * 63 + b"{}", b"]" * 63),
        b'{"target": "all", "message": %b%b}' % (b"[" * 100_000, b"]" * 100_000),
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    ],
    ids=lambda body: repr(body)[:40],
)
async def test_a_body_that_is_not_strict_json_is_400(service: Service, body: bytes) -> None:
    response = await service.api.post("/v1/pushes", content=body, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")


async def test_a_body_as_deep_as_the_limit_is_read(service: Service) -> None:
    body = b'{"target": "all", "message": %b%b}' % (b"[" * 62 + b"{}", b"]" * 62)
    assert (await service.api.post("/v1/pushes", content=body, headers=JSON)).status_code == 202


async def test_every_fault_of_a_body_is_named_with_its_place(service: Service) -> None:
    problem = (await service.api.put("/v1/users/a/block", json={"reason": 7, "a/b": 1, "cidr": [1]})).json()
    places = {error["pointer"] for error in problem["errors"]}
    assert {"/reason", "/a~1b"} < places


async def test_what_was_sent_is_not_repeated(service: Service) -> None:
    response = await service.api.put("/v1/users/a/block", json={"reason": ["my secret"], "until": {"my": "secret"}})
    assert response.status_code == 422
    assert "secret" not in response.text


async def test_a_path_that_is_not_utf_8_is_400(service: Service) -> None:
    response = await service.api.get("/v1/groups/%ff")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_path")


class TestBodyLimit:
    @pytest.fixture
    async def small(self, tmp_path: Path) -> AsyncIterator[Service]:
        async with running(tmp_path, ApiSettings(body_limit_bytes=100)) as service:
            yield service

    async def test_a_body_that_announces_too_much_is_refused_and_the_connection_closed(self, small: Service) -> None:
        response = await small.api.post("/v1/pushes", content=b"x" * 101, headers=JSON)
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert (response.json()["limit_bytes"], response.headers["connection"]) == (100, "close")

    async def test_a_body_that_announces_nothing_is_refused_as_it_arrives(self, small: Service) -> None:
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 60
                yield b"x" * 60

        response = await small.api.post("/v1/pushes", content=endless(), headers=JSON)
        assert (response.status_code, response.json()["code"], read) == (413, "body_too_large", 120)

    async def test_a_body_at_the_limit_is_read(self, small: Service) -> None:
        body = b'{"target": "all", "message": 1}'.ljust(100)
        assert (await small.api.post("/v1/pushes", content=body, headers=JSON)).status_code == 202

    async def test_a_length_that_cannot_be_one_is_no_fault_of_ours(self, small: Service) -> None:
        response = await small.api.post("/v1/pushes", content=b"{}", headers={**JSON, "Content-Length": "9" * 400})
        assert response.status_code == 413


async def test_storage_that_does_not_answer_is_503_and_can_be_tried_again(service: Service, tmp_path: Path) -> None:
    lose_pushes(tmp_path)
    response = await service.api.get("/v1/pushes")
    assert (response.status_code, response.json()["code"]) == (503, "storage_unavailable")
    assert int(response.headers["retry-after"]) > 0


async def test_a_fault_of_ours_is_500_and_is_found_in_the_log_by_its_instance(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    @service.app.get("/faulty", include_in_schema=False)
    async def faulty() -> None:
        raise ZeroDivisionError("my fault")

    with caplog.at_level(logging.ERROR):
        response = await service.api.get("/faulty")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (500, "internal_error")
    assert response.headers["content-type"] == "application/problem+json"
    assert "my fault" not in response.text
    (record,) = caplog.records
    assert record.__dict__["instance"] == problem["instance"]
    assert record.exc_info is not None


async def test_a_fault_after_the_answer_began_is_not_answered_twice(service: Service) -> None:
    async def begins_and_fails(scope: object, receive: object, send: object) -> None:
        assert callable(send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    service.app.mount("/mounted", begins_and_fails)
    with pytest.raises(ZeroDivisionError):
        await service.caller(None).get("/mounted/x")


async def test_no_answer_is_kept_by_caches(service: Service) -> None:
    for path in ("/v1/pushes", "/v1/nowhere", "/healthz"):
        assert (await service.api.get(path)).headers["cache-control"] == "no-store"


async def test_the_type_of_a_problem_leads_to_its_section_without_a_token(service: Service) -> None:
    refused = await service.caller(None).get("/v1/pushes")
    path, _, anchor = refused.json()["type"].partition("#")
    page = await service.caller(None).get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'id="{anchor}"' in page.text
