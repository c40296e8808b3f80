"""Who is connected: listing, filters, one connection, closing it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from admin_api.answers import ITEMS_AT_A_TIME
from infra.local.database import FILE
from services.domain.audit import AuditEntry
from services.domain.connection import LONGEST_HANDSHAKE_S
from services.domain.pushes import Receipt, ReceiptKind
from services.domain.targets.expression import MAX_LISTED
from tests.unit.admin_api.service import Json, Service, segment

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


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("GET", "/pushes"), ("DELETE", ""), ("POST", "/verify")])
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


async def summary(service: Service, query: str = "") -> Json:
    response = await service.api.get(f"/v1/terminals/summary?{query}")
    assert response.status_code == 200, response.text
    audience: Json = response.json()["audience"]
    return audience


async def test_a_summary_counts_whom_the_filters_mean_and_how_the_clauses_narrow_them_down(service: Service) -> None:
    await service.connect("alice", groups=["ops"], attributes={"os": "mac"})
    await service.connect("bob", groups=["ops", "it"], attributes={"os": "linux"})
    await service.connect("carol")
    counted = await summary(service, "target=not%20user:bob%20and%20group:ops&attr.os=mac")
    assert counted | {"flow": None} == {
        "connections": 1,
        "terminals": 1,
        "users": 1,
        "away": 0,
        "by_group": {"ops": 1},
        "by_attribute": {"os": [{"value": "mac", "connections": 1}]},
        "by_timezone": {},
        "exact": True,
        "flow": None,
    }
    ops = {"text": "group:ops", "clause": {"groups": ["ops"]}, "op": "is", "in": 3, "out": 2, "parts": []}
    bob = {"text": "user:bob", "clause": {"users": ["bob"]}, "op": "is", "in": 2, "out": 1, "parts": []}
    others = {"text": "not user:bob", "clause": {"not": bob["clause"]}, "op": "not", "in": 2, "out": 1, "parts": [bob]}
    mac = {"attr": "os", "op": "in", "value": ["mac"]}
    assert counted["flow"] == {
        "text": "not user:bob and group:ops and os in (mac)",
        "clause": {"every": [others["clause"], ops["clause"], mac]},
        "op": "every",
        "in": 3,
        "out": 1,
        "parts": [
            ops,
            others,
            {"text": "os in (mac)", "clause": mac, "op": "is", "in": 1, "out": 1, "parts": []},
        ],
    }


async def test_a_summary_without_filters_is_of_everybody_and_leaves_no_plan(service: Service, tmp_path: Path) -> None:
    await service.connect("alice")
    await service.connect("bob")
    counted = await summary(service)
    assert counted["flow"] == {
        "text": "all",
        "clause": {"all": True},
        "op": "everybody",
        "in": 2,
        "out": 2,
        "parts": [],
    }
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM plans").fetchone() == (0,)


async def test_a_summary_says_what_a_preview_says(service: Service) -> None:
    await service.connect("alice", groups=["ops"])
    await service.connect("bob", attributes={"os": "mac"})
    target = "group:(ops, it) or has os"
    previewed = await service.api.post("/v1/pushes/preview", json={"target": target, "message": 1})
    assert (await service.get("/v1/terminals/summary", target=target))["audience"] == previewed.json()["audience"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("target=os%20%3D%3D", "invalid_target"),
        ("group=%20ops", "invalid_name"),
        ("grup=ops", "invalid_request"),
        ("limit=10", "invalid_request"),
        ("cursor=e30", "invalid_request"),
    ],
)
async def test_a_summary_of_filters_that_make_no_sense_is_refused(service: Service, query: str, code: str) -> None:
    response = await service.api.get(f"/v1/terminals/summary?{query}")
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_a_connection_called_as_a_listing_does_not_hide_it(service: Service) -> None:
    for name in ("summary", "away"):
        await service.connect(name, connection_id=name)
    assert (await summary(service))["connections"] == 2
    assert await service.items("/v1/terminals/away") == []


async def test_the_last_pushes_for_a_terminal_are_listed_newest_first(service: Service) -> None:
    row = await service.connect("alice", groups=["ops"])
    sent = []
    for target, message in (("group:ops", "first"), ("user:bob", "for bob"), ("all", {"title": "second"})):
        service.clock.at_s += 1
        sent.append(await service.push(target, message, strategy={"name": "must-read"}))
    path = f"/v1/terminals/{segment(row.connection_id)}/pushes"
    items = await service.items(path)
    assert [(item["id"], item["topic"], item["title"]) for item in items] == [
        (sent[2]["id"], "all", "second"),
        (sent[0]["id"], "group:ops", "first"),
    ]
    assert {(item["state"], item["strategy"], item["receipt"]) for item in items} == {("sending", "must-read", None)}
    assert await service.items(path, limit=1) == items[:1]


@pytest.mark.parametrize(
    ("kind", "shown"), [("sent", "sent"), ("received", "received"), ("gone", None), ("skipped", None)]
)
async def test_a_push_for_a_terminal_has_its_receipt(service: Service, kind: ReceiptKind, shown: str | None) -> None:
    row = await service.connect("alice")
    push_id = str((await service.push("user:alice", strategy={"receipts": "each"}))["id"])
    receipt = Receipt(
        push_id=push_id,
        connection_id=row.connection_id,
        terminal_id=row.terminal_id,
        user="alice",
        kind=kind,
        at_s=service.clock.at_s,
    )
    await service.ports.pushes.replayed([receipt])
    await service.ports.pushes.acknowledge(receipt, early=True)
    (item,) = await service.items(f"/v1/terminals/{segment(row.connection_id)}/pushes")
    assert item["receipt"] == shown


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_too_many_pushes_for_a_terminal_are_refused(service: Service, limit: str) -> None:
    row = await service.connect("alice")
    response = await service.api.get(f"/v1/terminals/{segment(row.connection_id)}/pushes?limit={limit}")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("scope", ["terminals:read", "push:read"])
async def test_the_pushes_for_a_terminal_take_both_scopes(service: Service, scope: str) -> None:
    row = await service.connect("alice")
    caller = service.caller(service.token(scopes=[scope]))
    refused = await caller.get(f"/v1/terminals/{segment(row.connection_id)}/pushes")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
