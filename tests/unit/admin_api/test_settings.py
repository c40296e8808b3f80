"""How the service is set up, as administrators see it: everything but secrets."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from admin_api.settings import ApiSettings, ConsoleSettings, Oidc, Setup, ShownWebhook
from admin_api.version import VERSION
from services.authorizer import issuers
from services.authorizer.verifier import KnownIssuer, Verifier
from tests.unit.admin_api.service import AUDIENCE, ISSUER, SECRET, running


def _unreachable(_url: str) -> bytes:
    raise AssertionError("nothing may be fetched for the settings")


def _known() -> Sequence[KnownIssuer]:
    mine = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "keys": [{"alg": "HS256", "kid": "1", "secret": SECRET.decode()}],
    }
    other = {"issuer": "https://other.example", "audiences": ["b", "a"], "discovery": True}
    return Verifier(issuers.parse([mine, other]), fetch=_unreachable).known_issuers()


async def test_all_that_is_set_is_shown(tmp_path: Path) -> None:
    settings = ApiSettings(
        body_limit_bytes=1_000,
        console=ConsoleSettings(
            ws_url="wss://push.example", oidc=Oidc(authority="https://id.example", client_id="console"), confirm_above=7
        ),
        setup=Setup(
            runtime="aws",
            limits={"connections_per_user": 20, "connects_per_second": None},
            retention={"pushes_days": 30},
            issuers=_known,
            webhooks=[ShownWebhook(name="webhook 1", host="hooks.example", events=("push.*",))],
        ),
    )
    async with running(tmp_path, settings) as service:
        assert await service.get("/v1/settings") == {
            "version": VERSION,
            "runtime": "aws",
            "limits": {
                "frame_bytes": 32_768,
                "connections_counted": 200_000,
                "body_bytes": 1_000,
                "connections_per_user": 20,
                "connects_per_second": None,
            },
            "retention": {"pushes_days": 30},
            "issuers": [
                {
                    "issuer": ISSUER,
                    "audiences": [AUDIENCE],
                    "algorithms": ["HS256"],
                    "keys": [{"kid": "1", "alg": "HS256", "kty": "oct"}],
                    "jwks_uri": None,
                },
                {
                    "issuer": "https://other.example",
                    "audiences": ["a", "b"],
                    "algorithms": [],
                    "keys": None,
                    "jwks_uri": None,
                },
            ],
            "webhooks": [{"name": "webhook 1", "url_host": "hooks.example", "events": ["push.*"]}],
            "console": {
                "ws_url": "wss://push.example",
                "oidc": {"authority": "https://id.example", "client_id": "console", "scope": "openid"},
                "confirm_above": 7,
            },
        }


async def test_a_key_is_shown_by_its_name_only(tmp_path: Path) -> None:
    async with running(tmp_path, ApiSettings(setup=Setup(issuers=_known))) as service:
        written = (await service.api.get("/v1/settings")).text
    assert '"kid":"1"' in written
    for secret in (SECRET.decode(), base64.b64encode(SECRET).decode()[:20]):
        assert secret not in written


async def test_webhooks_that_are_kept_from_the_api_are_not_taken_for_none(tmp_path: Path) -> None:
    async with running(tmp_path, ApiSettings(setup=Setup(webhooks=None))) as service:
        assert (await service.get("/v1/settings"))["webhooks"] is None
    async with running(tmp_path, ApiSettings(setup=Setup(webhooks=()))) as service:
        assert (await service.get("/v1/settings"))["webhooks"] == []
