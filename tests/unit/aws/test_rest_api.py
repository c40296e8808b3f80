"""An event of API Gateway's REST API, as the application gets to see it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mangum import Mangum
from starlette.types import Receive, Scope, Send

from infra.aws.rest_api import RestApiEvent


def event(path: str, *, stage_path: str = "/live", **more: object) -> dict[str, Any]:
    """What API Gateway sends for a request, as far as it matters here; the path is as it came."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"Host": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"},
        "multiValueHeaders": {"Host": ["a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"path": stage_path + path, "stage": "live", "identity": {"sourceIp": "192.0.2.1"}},
        "body": None,
        "isBase64Encoded": False,
        **more,
    }


def seen(of: dict[str, Any]) -> Scope:
    """The scope that an application is called with."""
    scopes: list[Scope] = []

    async def application(scope: Scope, _receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    Mangum(application, lifespan="off", custom_handlers=[RestApiEvent])(of, None)  # type: ignore[arg-type]  # unused
    return scopes[0]


@given(st.text(min_size=1))
def test_a_name_in_a_path_comes_as_it_was_sent(name: str) -> None:
    path = f"/v1/groups/{quote(name.encode('utf-8', 'replace'), safe='')}"
    assert seen(event(path))["raw_path"] == f"/live{path}".encode()


def test_the_stage_is_the_applications_root() -> None:
    scope = seen(event("/v1/pushes"))
    assert (scope["root_path"], scope["path"]) == ("/live", "/live/v1/pushes")


def test_under_a_name_of_ones_own_there_is_no_stage_in_the_path() -> None:
    scope = seen(event("/v1/pushes", stage_path=""))
    assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("", "/v1/pushes", b"/v1/pushes")


def test_a_header_that_came_twice_comes_twice() -> None:
    headers = {"Authorization": ["Bearer a", "Bearer b"]}
    assert seen(event("/v1/pushes", multiValueHeaders=headers))["headers"] == [
        [b"authorization", b"Bearer a"],
        [b"authorization", b"Bearer b"],
    ]


def test_parameters_of_one_name_all_come() -> None:
    scope = seen(event("/v1/pushes", multiValueQueryStringParameters={"state": ["sending", "a b&c"]}))
    assert scope["query_string"] == b"state=sending&state=a+b%26c"


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_the_caller_is_who_api_gateway_says(address: str) -> None:
    given_event = event("/v1/pushes")
    given_event["requestContext"]["identity"]["sourceIp"] = address
    assert seen(given_event)["client"] == (address, 0)
