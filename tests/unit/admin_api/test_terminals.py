"""Who is connected: listing, filters, one connection, closing it."""

from __future__ import annotations

import asyncio
import json

import pytest

from admin_api.answers import ITEMS_AT_A_TIME
from services.domain.audit import AuditEntry
from services.domain.connection import LONGEST_HANDSHAKE_S
from services.domain.targets.expression import MAX_LISTED
from tests.unit.admin_api.service import Service, segment

GONE = "R0oXAdfD0kwCH6w%3D"


async def users(service: Service, query: str = "") -> list[object]:
    """Whose connections a listing has, by name."""
    response = await service.api.get(f"/v1/terminals?{query}")
    assert response.status_code == 200, response.text
    return sorted(row["user"] for row in response.json()["items"])


async def code_of(service: Service, query: str) -> tuple[int, str]:
    response = await service.api.get(f"/v1/terminals?{query}")
    return response.status_code, response.json()["code"]


async def trail(service: Service) -> list[AuditEntry]:
    return list((await service.ports.audit.list(limit=10)).items)


async def test_a_listed_terminal_has_everything_an_admin_asks_for(service: Service) -> None:
    row = await service.connect("alice", groups=["ops"], attributes={"os": "mac", "build": 7}, calls_itself="desk")
    assert await service.items("/v1/terminals") == [
        {
            "connection_id": row.connection_id,
            "terminal_id": "alice/desk",
            "user": "alice",
            "groups": ["ops"],
            "attributes": {"os": "mac", "build": 7},
            "connected_at": "2026-11-24T09:00:00.000Z",
            "expires_at": "2026-11-24T10:00:00.000Z",
            "last_heard_at": "2026-11-24T09:00:00.000Z",
            "presence": "verified",
        }
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["alice", "bob", "carol"]),
        ("user=alice", ["alice"]),
        ("user=alice&user=bob", ["alice", "bob"]),
        ("group=ops", ["alice", "bob"]),
        ("group=ops&group=sales", ["alice", "bob", "carol"]),
        ("group=ops&user=carol", []),
        ("attr.os=mac", ["alice", "carol"]),
        ("attr.os=mac&attr.os=linux", ["alice", "bob", "carol"]),
        ("attr.os=mac&group=ops", ["alice"]),
        ("attr.build=7", ["alice", "bob"]),
        ("attr.kiosk=true", ["carol"]),
        ("attr.colour=red", []),
        ("target=group:ops%20and%20not%20os%20%3D%20mac", ["bob"]),
        ("target=%7B%22not%22:%7B%22users%22:%5B%22bob%22%5D%7D%7D", ["alice", "carol"]),
        ("target=group:ops&target=os%3Dmac", ["alice"]),
        ("target=group:ops&user=bob&attr.os=linux", ["bob"]),
    ],
)
async def test_all_filters_that_are_given_must_hold(service: Service, query: str, expected: list[str]) -> None:
    await service.connect("alice", groups=["ops"], attributes={"os": "mac", "build": 7})
    await service.connect("bob", groups=["ops"], attributes={"os": "linux", "build": "7"})
    await service.connect("carol", groups=["sales"], attributes={"os": "mac", "kiosk": True})
    assert await users(service, query) == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("grup=ops", "invalid_request"),
        ("limit=0", "invalid_request"),
        ("limit=501", "invalid_request"),
        ("limit=many", "invalid_request"),
        ("target=os%20%3D%3D", "invalid_target"),
        ("target=%7B", "invalid_target"),
        ("target=", "invalid_target"),
        ("user=", "invalid_name"),
        ("user=a%00b", "invalid_name"),
        ("group=%20ops", "invalid_name"),
        ("attr.=x", "invalid_name"),
        (f"attr.os={'x' * 600}", "invalid_request"),
        ("&".join(["user=a"] * (MAX_LISTED + 1)), "invalid_request"),
        ("cursor=e30", "invalid_cursor"),
        ("cursor=", "invalid_cursor"),
        ("cursor=%C3%A4", "invalid_cursor"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_filters_that_make_no_sense_are_refused(service: Service, query: str, code: str) -> None:
    assert await code_of(service, query) == (422, code)


async def test_a_listing_goes_on_from_page_to_page_and_lists_each_once(service: Service) -> None:
    everyone = sorted([(await service.connect(f"user{number}")).connection_id for number in range(7)])
    pages = await service.pages("/v1/terminals", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(str(row["connection_id"]) for page in pages for row in page) == everyone


async def test_a_listing_over_several_topics_lists_each_once(service: Service) -> None:
    for number in range(30):
        await service.connect(f"elsewhere{number}")
    in_both = [(await service.connect(f"user{number}", groups=["ops", "it"])).connection_id for number in range(5)]
    pages = await service.pages("/v1/terminals", target="group:(ops, it) or user:user0", limit=2)
    assert sorted(str(row["connection_id"]) for page in pages for row in page) == sorted(in_both)


async def turns_during(service: Service, query: str) -> int:
    """How often another task has its turn in the event loop while a listing is answered."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    await users(service, query)
    counting.cancel()
    return turns


async def test_a_long_page_lets_deliveries_have_their_turn(service: Service) -> None:
    for number in range(4 * ITEMS_AT_A_TIME):
        await service.connect(f"user{number}")
    long, short = await turns_during(service, "limit=500"), await turns_during(service, "limit=1")
    assert long >= short + 3


async def test_a_cursor_of_other_filters_is_refused(service: Service) -> None:
    for number in range(3):
        await service.connect(f"user{number}", groups=["ops"])
    cursor = (await service.get("/v1/terminals", group="ops", limit=1))["next_cursor"]
    assert await code_of(service, f"group=sales&cursor={cursor}") == (422, "invalid_cursor")


async def test_a_cursor_of_a_wide_target_stays_short_enough_for_a_url(service: Service) -> None:
    named = [f"user-{number:04d}" for number in range(MAX_LISTED)]
    for name in named[:2]:
        await service.connect(name)
    for number in range(40):
        await service.connect(f"elsewhere{number}")
    target = json.dumps({"any": [{"users": named}, {"users": ["bob"]}, {"groups": ["ops"]}]})
    cursor = (await service.get("/v1/terminals", target=target, limit=1))["next_cursor"]
    assert isinstance(cursor, str)
    assert len(cursor) < 1_000


async def test_a_session_that_is_over_is_not_listed(service: Service) -> None:
    await service.connect()
    service.clock.at_s += 3_590
    service.api = service.caller(service.token("admin", scopes=["terminals:read"]))
    assert await users(service) == ["alice"]
    service.clock.at_s += 20
    assert await users(service) == []


async def test_one_connection_is_shown_with_its_token_and_topics(service: Service) -> None:
    row = await service.connect("alice", groups=["ops"], token_id="jti-1")
    shown = await service.get(f"/v1/terminals/{segment(row.connection_id)}")
    assert (shown["user"], shown["token_id"], shown["source_ip"]) == ("alice", "jti-1", "192.0.2.17")
    assert shown["topics"] == ["all", "group:ops", "user:alice", "terminal:alice/desk"]


@pytest.mark.parametrize("connection_id", ["a-_b=", "a/b", "ä b", "%41", "..", "a?b#c"])
async def test_a_connection_is_found_whatever_its_id_holds(service: Service, connection_id: str) -> None:
    await service.connect(connection_id=connection_id)
    shown = await service.get(f"/v1/terminals/{segment(connection_id)}")
    assert shown["connection_id"] == connection_id


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("DELETE", ""), ("POST", "/verify")])
async def test_a_connection_that_is_not_open_is_404(service: Service, method: str, suffix: str) -> None:
    response = await service.api.request(method, f"/v1/terminals/{GONE}{suffix}")
    assert (response.status_code, response.json()["code"]) == (404, "terminal_not_found")


async def test_a_closed_connection_hears_why_and_is_gone(service: Service) -> None:
    row = await service.connect()
    path = f"/v1/terminals/{segment(row.connection_id)}"
    assert (await service.api.delete(path)).status_code == 204
    (bye,) = map(json.loads, service.gateway.sent[row.connection_id])
    assert (bye["code"], bye["reconnect"], bye["retry_after"]) == ("closed_by_admin", True, 5)
    assert row.connection_id not in service.gateway.open
    assert (await service.api.get(path)).status_code == 404


async def test_closing_a_connection_is_audited(service: Service) -> None:
    row = await service.connect()
    await service.api.delete(f"/v1/terminals/{segment(row.connection_id)}")
    (entry,) = await trail(service)
    assert (entry.actor, entry.action, entry.subject) == ("admin", "terminal.close", row.terminal_id)


async def test_verifying_an_open_connection_says_when_it_was_active(service: Service) -> None:
    row = await service.connect()
    verified = (await service.api.post(f"/v1/terminals/{segment(row.connection_id)}/verify")).json()
    assert (verified["presence"], verified["last_active_at"]) == ("verified", "2026-11-24T08:59:59.000Z")


async def test_verifying_a_connection_that_is_gone_says_so_once(service: Service) -> None:
    row = await service.connect()
    service.gateway.open.clear()
    service.clock.at_s += LONGEST_HANDSHAKE_S
    path = f"/v1/terminals/{segment(row.connection_id)}/verify"
    verified = (await service.api.post(path)).json()
    assert (verified["presence"], verified["last_active_at"], verified["user"]) == ("gone", None, "alice")
    assert (await service.api.post(path)).status_code == 404
    assert await users(service) == []


async def test_verifying_a_connection_whose_handshake_may_be_under_way_does_not_remove_it(service: Service) -> None:
    row = await service.connect()
    service.gateway.open.clear()
    verified = (await service.api.post(f"/v1/terminals/{segment(row.connection_id)}/verify")).json()
    assert verified["presence"] == "gone"
    assert await users(service) == ["alice"]
