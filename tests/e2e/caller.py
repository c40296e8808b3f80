"""A caller of the REST API: httpx with a token, and the few calls that most tests make."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from urllib.parse import quote

import httpx

from tests.e2e.deadlines import WITHIN_S, eventually

SCOPES = (
    "push:send",
    "push:read",
    "push:approve",
    "terminals:read",
    "terminals:manage",
    "strategies:write",
    "senders:write",
    "audit:read",
)
"""Every scope of the API as it is now."""

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing is called by TLS; without this each client would read all authorities that there are."""

Json = Mapping[str, object]
Target = Json | str


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


class Caller:
    """Calls the API with one token, or with none. `has_pushed`: it has asked for a push."""

    def __init__(self, http_url: str, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.has_pushed = False
        self.http = httpx.AsyncClient(
            base_url=http_url,
            headers=headers,
            timeout=WITHIN_S,
            trust_env=False,
            verify=_NO_TLS,
            event_hooks={"request": [self._note]},
        )

    async def close(self) -> None:
        await self.http.aclose()

    async def _note(self, request: httpx.Request) -> None:
        self.has_pushed |= request.method == "POST" and request.url.path.endswith("/v1/pushes")

    async def get(self, path: str, **query: str | int) -> Json:
        """The body of a GET that must succeed."""
        response = await self.http.get(path, params=query)
        return _body(response, 200)

    async def post(self, path: str, body: Json | None = None, *, status: int = 200) -> Json:
        """The body of a POST that must be answered with this status."""
        return _body(await self.http.post(path, json=body or {}), status)

    async def put(self, path: str, body: Json) -> Json:
        """The body of a PUT that must succeed."""
        return _body(await self.http.put(path, json=body), 200)

    async def submit(
        self,
        target: Target,
        message: object = "hello",
        *,
        strategy: Json | None = None,
        key: str | None = None,
        **members: object,
    ) -> httpx.Response:
        """POST a push, whatever comes of it. `members` are those that few pushes have: send_at, repeat, test."""
        body: dict[str, object] = {"target": target, "message": message, **members}
        if strategy is not None:
            body["strategy"] = strategy
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.http.post("/v1/pushes", json=body, headers=headers)

    async def push(
        self,
        target: Target,
        message: object = "hello",
        *,
        strategy: Json | None = None,
        key: str | None = None,
        **members: object,
    ) -> str:
        """POST a push that must be accepted; its id."""
        response = await self.submit(target, message, strategy=strategy, key=key, **members)
        return str(_body(response, 202)["id"])

    async def preview(self, target: Target, message: object = "hello", **members: object) -> Json:
        """What a push would do."""
        return await self.post("/v1/pushes/preview", {"target": target, "message": message, **members})

    async def in_state(self, push_id: str, *states: str, within_s: float = WITHIN_S) -> Json:
        """The push once it is in one of these states."""
        return await eventually(
            lambda: self.push_state(push_id), lambda push: push["state"] in states, within_s=within_s
        )

    async def push_state(self, push_id: str) -> Json:
        """The push as GET gives it."""
        return await self.get(f"/v1/pushes/{push_id}")

    async def counts(self, push_id: str) -> Mapping[str, int]:
        """The counts of a push."""
        counts = (await self.push_state(push_id))["counts"]
        assert isinstance(counts, dict)
        return counts

    async def completed(self, push_id: str, *, within_s: float = WITHIN_S) -> Json:
        """The push once it has reached everyone it could."""
        return await eventually(
            lambda: self.push_state(push_id), lambda push: push["state"] == "completed", within_s=within_s
        )

    async def children(self, push_id: str) -> list[str]:
        """The ids of the pushes that came of one, the newest first."""
        found = (await self.get(f"/v1/pushes/{push_id}/children"))["items"]
        assert isinstance(found, list)
        assert all(child["parent"] == push_id for child in found)
        return [str(child["id"]) for child in found]

    async def cancel(self, push_id: str) -> Json:
        """Cancel a push that can be cancelled."""
        return _body(await self.http.post(f"/v1/pushes/{push_id}/cancel"), 200)

    async def ticket(self) -> str:
        """A ticket for the token of this caller."""
        response = await self.http.post("/v1/tickets")
        assert response.is_success, response.text
        return str(response.json()["ticket"])


def _body(response: httpx.Response, status: int) -> Json:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body = response.json()
    assert isinstance(body, dict)
    return body
