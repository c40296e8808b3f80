"""Which browser origins may call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from admin_api.settings import ApiSettings
from tests.unit.admin_api.service import Service, running

OPS = "https://ops.example"
OTHER = "https://elsewhere.example"


@pytest.fixture
async def allowing(tmp_path: Path) -> AsyncIterator[Service]:
    """A service that browsers of one origin may call."""
    async with running(tmp_path, ApiSettings(allowed_origins=(OPS,))) as service:
        yield service


async def preflight(service: Service, origin: str, **headers: str) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", **headers}
    return await service.caller(None).options("/v1/pushes", headers=asked)


async def test_an_allowed_origin_may_send_what_the_api_takes(allowing: Service) -> None:
    asked = "authorization,content-type,idempotency-key"
    response = await preflight(allowing, OPS, **{"Access-Control-Request-Headers": asked})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, OPS)
    assert "access-control-allow-credentials" not in response.headers


async def test_an_allowed_origin_may_read_answers_and_their_headers(allowing: Service) -> None:
    response = await allowing.api.get("/v1/pushes", headers={"Origin": OPS})
    assert response.headers["access-control-allow-origin"] == OPS
    assert "Location" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", ["/v1/pushes/nonsense", "/v1/nowhere", "/v1/groups/%ff"])
async def test_an_allowed_origin_may_read_refusals(allowing: Service, path: str) -> None:
    response = await allowing.api.get(path, headers={"Origin": OPS})
    assert response.status_code >= 400
    assert response.headers["access-control-allow-origin"] == OPS


@pytest.mark.parametrize("origin", [OTHER, "null", f"{OPS}.elsewhere.example", "http://ops.example", f"{OPS}:8443"])
async def test_another_origin_may_do_nothing(allowing: Service, origin: str) -> None:
    assert "access-control-allow-origin" not in (await preflight(allowing, origin)).headers
    answered = await allowing.api.get("/v1/pushes", headers={"Origin": origin})
    assert "access-control-allow-origin" not in answered.headers


async def test_by_default_no_origin_may_do_anything(service: Service) -> None:
    assert "access-control-allow-origin" not in (await preflight(service, OPS)).headers
    answered = await service.api.get("/v1/pushes", headers={"Origin": OPS})
    assert "access-control-allow-origin" not in answered.headers
