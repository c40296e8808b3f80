"""Attacks on the REST API: each is refused as a problem, and none is answered with a 500 or with what is not theirs.

How tokens themselves are attacked is in test_tokens.py; here it is what a caller can do with or without one.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local import server, tokens
from infra.local.settings import Settings
from services.authorizer import jws, tickets
from services.domain import topics
from tests.unit.admin_api.service import SCOPES, TICKET_KEY, Json, Service, running, segment

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as service:
        yield service


class TestTokens:
    async def test_the_token_that_the_attacks_start_from_is_good(self, service: Service) -> None:
        assert (await service.caller(service.token(scopes=SCOPES)).get("/v1/pushes")).status_code == 200

    @pytest.mark.parametrize("attack", ["other secret", "expired", "unsigned", "edited", "cut", "ticket", "nonsense"])
    async def test_a_token_that_is_not_good_is_401(self, service: Service, attack: str) -> None:
        good = service.token("alice", scopes=SCOPES)
        head, claims, signature = good.split(".")
        admin = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": "admin"}
        edited = base64.urlsafe_b64encode(json.dumps(admin).encode()).decode().rstrip("=")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        token = {
            "other secret": service.token("alice", scopes=SCOPES, secret=b"another secret of 32 bytes or more"),
            "expired": service.token("alice", scopes=SCOPES, lifetime_s=-3600),
            "unsigned": f"{none}.{claims}.",
            "edited": f"{head}.{edited}.{signature}",
            "cut": f"{head}.{claims}",
            "ticket": (await service.caller(good).post("/v1/tickets")).json()["ticket"],
            "nonsense": "x" * 10_000,
        }[attack]
        refused = await service.caller(token).get("/v1/pushes")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer ")
        assert token not in refused.text

    async def test_a_token_elsewhere_than_in_its_header_is_no_token(self, service: Service) -> None:
        token = service.token(scopes=SCOPES)
        caller = service.caller(headers={"Cookie": f"token={token}", "X-Authorization": f"Bearer {token}"})
        assert (await caller.get("/v1/pushes", params={"token": token})).status_code == 401

    async def test_bytes_that_no_token_has_are_refused(self, service: Service) -> None:
        for value in (b"Bearer \xff\xfe", b"Bearer a\x00b", b"Bearer " + b"a" * 60_000):
            refused = await service.caller(None).get("/v1/pushes", headers=[(b"Authorization", value)])
            assert refused.status_code == 401


class TestScopes:
    @pytest.mark.parametrize(
        "scope",
        ["push", "push:", "push:sen", "push:send2", "PUSH:SEND", "push:*", "*", "push:send,push:read", "push:read"],
    )
    async def test_a_scope_that_is_like_another_is_not_the_other(self, service: Service, scope: str) -> None:
        caller = service.caller(service.token(scopes=[scope]))
        refused = await caller.post("/v1/pushes", json={"target": "all", "message": 1})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")

    async def test_scopes_of_another_claim_or_request_do_not_count(self, service: Service) -> None:
        token = service.token(scopes=[], attrs={"scope": "push:read"}, groups=["push:read"])
        refused = await service.caller(token, headers={"Scope": "push:read"}).get("/v1/pushes?scope=push:read")
        assert refused.status_code == 403

    async def test_a_ticket_is_of_the_tokens_owner_whatever_the_request_says(self, service: Service) -> None:
        response = await service.caller(service.token("mallory")).post(
            "/v1/tickets?user=alice", json={"user": "alice", "sub": "alice"}, headers={"X-User": "alice"}
        )
        identity, _ = tickets.read(
            jws.parse(response.json()["ticket"]), tickets.key_of(TICKET_KEY), now_s=service.clock.now_s()
        )
        assert identity.user == "mallory"


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/%761/pushes",
            "/v1/%70ushes",
            "/v1//pushes",
            "/v1/./pushes",
            "/healthz/../v1/pushes",
            "/healthz%2f..%2fv1%2fpushes",
            "/v1/pushes;healthz",
            "/v1/pushes%00",
            "/V1/PUSHES",
        ],
    )
    async def test_no_spelling_of_a_path_goes_round_the_token(self, service: Service, path: str) -> None:
        assert (await service.caller(None).get(path)).status_code in (400, 401, 404)

    @pytest.mark.parametrize("name", ["..", "../../etc/passwd", "..\\..", "/", "//", "%2e%2e", "~", ".", "C:\\"])
    async def test_a_name_is_a_name_and_no_way_through_the_paths(self, service: Service, name: str) -> None:
        assert (await service.api.put(f"/v1/groups/{segment(name)}/users/alice")).status_code == 204
        assert await service.ports.memberships.of("alice") == {name}


class TestNames:
    @pytest.mark.parametrize(
        "name", ["ops#0", "ops#", "#ops", "TOPIC#ops", "group:ops", "ops/../it", "ops%", "ops' OR 1=1"]
    )
    async def test_a_name_does_not_pass_for_another(self, service: Service, name: str) -> None:
        await service.connect("alice", groups=["ops"])
        await service.connect("bob", groups=[name])
        listed = (await service.api.get("/v1/terminals", params={"group": name})).json()["items"]
        assert [row["user"] for row in listed] == ["bob"]
        assert (await service.get(f"/v1/groups/{segment(name)}"))["connections"] == 1

    @pytest.mark.parametrize("name", ["group:ops", "user:alice", "all", "terminal:alice/desk"])
    async def test_a_user_named_like_a_topic_is_not_in_it(self, service: Service, name: str) -> None:
        await service.connect("alice", groups=["ops"])
        row = await service.connect(name)
        filed = await service.ports.registry.sizes([topics.group("ops"), topics.user("alice"), topics.user(name)])
        assert list(filed.values()) == [1, 1, 1]
        assert (await service.get(f"/v1/users/{segment(name)}"))["user"] == row.user

    @pytest.mark.parametrize("name", ["alice ", "alice\u200b", "alice\u0000", "alic\u0435\u202e"])
    async def test_a_name_that_looks_like_another_is_refused(self, service: Service, name: str) -> None:
        refused = await service.api.put(f"/v1/users/{segment(name)}/block", json={"reason": "x"})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_name")

    async def test_a_block_holds_for_nobody_whose_name_begins_alike(self, service: Service) -> None:
        for name in ("alice%", "alic_", "alice#x", "Alice"):
            await service.api.put(f"/v1/users/{segment(name)}/block", json={"reason": "x"})
        alice = service.caller(service.token("alice", scopes=["push:read"]))
        assert (await alice.get("/v1/pushes")).status_code == 200


class TestSettings:
    async def test_a_reader_of_settings_learns_nothing_that_makes_a_token(self, tmp_path: Path) -> None:
        secret, path = "only-the-issuer-and-we-know-this-secret", "/hook?key=of-the-webhook"
        issuer: Json = {
            "issuer": "https://hs.example",
            "audiences": ["a"],
            "keys": [{"alg": "HS256", "secret": secret}],
        }
        webhook: Json = {
            "url": f"https://hooks.example{path}",
            "secret": f"whsec_{base64.b64encode(b's' * 32).decode()}",
        }
        settings = Settings(issuers=(issuer,), webhooks=(webhook,))
        listen = server.Listen(host="127.0.0.1", http_port=0, ws_port=0)
        async with server.running(tmp_path, listen, settings) as (urls, secrets):
            token = tokens.mint(secrets, user="admin", now_s=time.time(), ttl_s=60, scopes=["audit:read"])
            async with httpx.AsyncClient(base_url=urls.http, trust_env=False) as client:
                shown = await client.get("/v1/settings", headers={"Authorization": f"Bearer {token}"})
        assert shown.status_code == 200
        assert shown.json()["webhooks"] == [{"name": "webhook 1", "url_host": "hooks.example", "events": ["*"]}]
        ours = (secrets.token_key, secrets.ticket_key, secrets.secret_access_key.encode(), b"s" * 32)
        written = [base64.b64encode(key).decode()[:16] for key in ours] + [key.hex()[:16] for key in ours]
        for kept in (secret, "key=of-the-webhook", "/hook", secrets.secret_access_key, *written):
            assert kept not in shown.text


class TestHeaders:
    @pytest.mark.parametrize(
        "key", [b"a\r\nSet-Cookie: x=1", b"a\nb", b"\x00", b"\x7f", b"na\xefve", b"a\tb", b"", b"x" * 256]
    )
    async def test_an_idempotency_key_cannot_carry_a_header_of_its_own(self, service: Service, key: bytes) -> None:
        refused = await service.api.post(
            "/v1/pushes",
            content=b'{"target": "all", "message": 1}',
            headers=[(b"Content-Type", b"application/json"), (b"Idempotency-Key", key)],
        )
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_idempotency_key")
        assert "set-cookie" not in refused.headers

    async def test_what_a_caller_sends_is_in_no_header_of_the_answer(self, service: Service) -> None:
        for path in ("/v1/pushes/a%0d%0aX-Evil:%201", "/v1/users/a%0d%0aX-Evil:%201", "/v1/%0d%0aX-Evil:%201"):
            assert "x-evil" not in (await service.api.get(path)).headers

    async def test_an_origin_is_not_echoed(self, service: Service) -> None:
        answered = await service.api.get("/v1/pushes", headers={"Origin": "https://evil.example"})
        assert not [name for name in answered.headers if name.startswith("access-control-")]


class TestCursors:
    async def test_a_cursor_does_not_carry_over_to_other_filters(self, service: Service) -> None:
        for number in range(4):
            await service.connect(f"user{number}", groups=["ops" if number % 2 else "sales"])
        cursor = str((await service.get("/v1/terminals", group="ops", limit=1))["next_cursor"])
        for query in ("", "&group=sales", "&group=ops&group=sales", "&user=user0"):
            refused = await service.api.get(f"/v1/terminals?cursor={cursor}{query}")
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_cursor")

    async def test_a_cursor_made_up_is_refused(self, service: Service) -> None:
        state = json.dumps(["1", 0, None])
        for made in (state.encode(), b"\0" * 16 + state.encode(), b"", b"\0" * 16, b"\xff" * 64):
            cursor = base64.urlsafe_b64encode(made).decode().rstrip("=")
            for path in ("/v1/terminals", "/v1/pushes", "/v1/groups", "/v1/groups/ops", "/v1/audit"):
                refused = await service.api.get(path, params={"cursor": cursor})
                assert (refused.status_code, refused.json()["code"]) == (422, "invalid_cursor")


WITHIN_A_TEST = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(max_size=20) | st.sampled_from(
    ["all", "group:ops", "user:", "2026-11-24T10:00:00Z", "192.0.2.0/24", "1h"]
)
OF_TARGETS = ["all", "users", "groups", "terminals", "connections", "attr", "op", "value", "any", "every", "not"]
OF_BODIES = ["target", "message", "strategy", "retain", "expires_in", "receipts", "collapse_key", "reason", "until"]
MEMBERS = st.sampled_from([*OF_TARGETS, *OF_BODIES, "cidr", "jti", "user", "issued_before"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.text(st.characters(categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS | TEXT, inner, max_size=4),
    max_leaves=12,
)
BODIES = VALUES | st.fixed_dictionaries(
    {"target": VALUES, "message": VALUES},
    optional={"strategy": VALUES, "reason": VALUES, "until": TEXT, "cidr": VALUES},
)
POSTED = [
    ("POST", "/v1/pushes"),
    ("POST", "/v1/pushes/preview"),
    ("PUT", "/v1/users/alice/block"),
    ("POST", "/v1/revocations"),
]


def refused_or_done(response: httpx.Response) -> bool:
    return response.status_code < 500


class TestFuzz:
    @pytest.mark.parametrize(("method", "path"), POSTED)
    @WITHIN_A_TEST
    @given(body=BODIES)
    async def test_no_json_is_a_fault_of_ours(self, service: Service, method: str, path: str, body: object) -> None:
        response = await service.api.request(method, path, content=json.dumps(body), headers=JSON)
        assert refused_or_done(response)

    @pytest.mark.parametrize(("method", "path"), POSTED)
    @WITHIN_A_TEST
    @given(body=st.binary(max_size=200) | st.text('{}[]",:0123456789eE.+-truefalsn\\u \n', max_size=80).map(str.encode))
    async def test_no_bytes_are_a_fault_of_ours(self, service: Service, method: str, path: str, body: bytes) -> None:
        response = await service.api.request(method, path, content=body, headers=JSON)
        assert refused_or_done(response)

    @WITHIN_A_TEST
    @given(
        reason=st.text(max_size=600),
        until=st.none() | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | TEXT,
        cidr=st.none() | st.ip_addresses().map(str) | st.lists(TEXT, max_size=3),
    )
    async def test_no_block_is_a_fault_of_ours(
        self, service: Service, reason: str, until: str | None, cidr: str | list[str] | None
    ) -> None:
        body = json.dumps({"reason": reason, "until": until, "cidr": cidr})
        assert refused_or_done(await service.api.put("/v1/users/bob/block", content=body, headers=JSON))
        assert refused_or_done(await service.api.get("/v1/users/bob"))

    @WITHIN_A_TEST
    @given(
        query=st.lists(
            st.tuples(
                st.sampled_from(["target", "user", "group", "attr.os", "attr.", "limit", "cursor", "state", "from"])
                | TEXT,
                TEXT,
            ),
            max_size=4,
        )
    )
    async def test_no_query_is_a_fault_of_ours(self, service: Service, query: list[tuple[str, str]]) -> None:
        written = "&".join(f"{quote(name, safe='.')}={quote(value)}" for name, value in query)
        for path in ("/v1/terminals", "/v1/terminals/summary", "/v1/pushes", "/v1/audit", "/v1/groups"):
            assert refused_or_done(await service.api.get(f"{path}?{written}"))

    @WITHIN_A_TEST
    @given(raw=st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=4))
    async def test_no_path_is_a_fault_of_ours(self, service: Service, raw: list[bytes]) -> None:
        path = "/v1/" + "/".join(quote(piece, safe="") for piece in raw)
        for method in ("GET", "PUT", "DELETE"):
            assert refused_or_done(await service.api.request(method, path))
