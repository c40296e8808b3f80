"""What became of a push: timeline, receipts, explanations; who is away; the inbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.domain.connection import Connection
from services.domain.positions import BEGINNING
from services.domain.pushes import Receipt, ReceiptKind
from services.fanout.delivery import NO_LIMIT, deliver
from tests.unit.admin_api.service import Json, Service, running


async def _delivered(service: Service, topic_of: Connection, **members: object) -> str:
    """A push to one user that was delivered."""
    push = await service.push({"users": [topic_of.user]}, **members)
    push_id = str(push["id"])
    progress = await service.ports.pushes.progress(push_id)
    for tally in progress.slices:
        job = await service.ports.pushes.job((push_id, tally.position, 0, 0))
        if job is not None:
            await deliver(service.ports, job, NO_LIMIT)
    return push_id


async def _told(service: Service, push_id: str, row: Connection, kind: ReceiptKind) -> None:
    receipt = Receipt(
        push_id=push_id,
        connection_id=row.connection_id,
        terminal_id=row.terminal_id,
        user=row.user,
        kind=kind,
        at_s=service.clock.now_s(),
    )
    assert await service.ports.pushes.acknowledge(receipt, early=False)


async def test_a_timeline_has_what_was_foreseen_and_what_happened(service: Service) -> None:
    push_id = await _delivered(service, await service.connect("alice"))
    timelines = await service.get(f"/v1/pushes/{push_id}/timeline")
    for tense in ("forecast", "actual"):
        picture = timelines[tense]
        assert isinstance(picture, dict)
        assert [lane["id"] for lane in picture["lanes"]] == ["w1"]
        assert picture["reach"][-1][1] == 1


async def test_receipts_are_listed_by_kind_and_wave(service: Service) -> None:
    row = await service.connect("alice")
    push_id = await _delivered(service, row, strategy={"receipts": "each"})
    path = f"/v1/pushes/{push_id}/receipts"
    (receipt,) = await service.items(path)
    assert (receipt["terminal_id"], receipt["kind"], receipt["stage"], receipt["recall"]) == (
        row.terminal_id,
        "sent",
        "w1",
        None,
    )
    assert await service.items(path, kind="read") == []
    assert await service.items(path, kind="sent", wave=1, stage="w1") == [receipt]
    assert await service.items(path, wave=2) == []


@pytest.mark.parametrize(
    ("kind", "is_here", "recall"),
    [
        ("recalled", True, "recalled"),
        ("read", True, "had_been_read"),
        ("received", True, "pending"),
        ("received", False, "not_reached"),
    ],
)
async def test_the_receipts_of_a_cancelled_push_say_what_the_recall_came_to(
    service: Service, kind: ReceiptKind, is_here: bool, recall: str
) -> None:
    row = await service.connect("alice")
    push_id = await _delivered(service, row, strategy={"receipts": "each"})
    await service.api.post(f"/v1/pushes/{push_id}/cancel")
    await _told(service, push_id, row, kind)
    if not is_here:
        await service.ports.registry.remove([row.connection_id])
    (receipt,) = await service.items(f"/v1/pushes/{push_id}/receipts")
    assert receipt["recall"] == recall


async def test_a_cursor_of_receipts_is_for_their_push_and_filters_only(service: Service) -> None:
    for user in ("alice", "bob"):
        await service.connect(user, groups=["ops"])
    push = await service.push("group:ops", strategy={"receipts": "each"})
    push_id = str(push["id"])
    (tally,) = (await service.ports.pushes.progress(push_id)).slices
    job = await service.ports.pushes.job((push_id, tally.position, 0, 0))
    assert job is not None
    await deliver(service.ports, job, NO_LIMIT)
    path = f"/v1/pushes/{push_id}/receipts"
    assert [len(page) for page in await service.pages(path, limit=1)] == [1, 1]
    cursor = str((await service.get(path, limit=1))["next_cursor"])
    response = await service.api.get(path, params={"cursor": cursor, "kind": "sent"})
    assert response.json()["code"] == "invalid_cursor"


async def test_an_explanation_is_of_a_terminal_or_a_user(service: Service) -> None:
    row = await service.connect("alice")
    push_id = await _delivered(service, row)
    path = f"/v1/pushes/{push_id}/explain"
    explained = await service.get(path, terminal=row.terminal_id)
    assert (explained["answer"], explained["user"]) == ("sent", "alice")
    assert await service.get(path, user="alice") == explained
    assert (await service.api.get(path)).json()["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["timeline", "receipts", "explain?user=alice", "children"])
async def test_what_became_of_an_unknown_push_is_not_found(service: Service, path: str) -> None:
    for push_id in ("019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10", "nonsense"):
        response = await service.api.get(f"/v1/pushes/{push_id}/{path}")
        assert (response.status_code, response.json()["code"]) == (404, "push_not_found")


async def test_terminals_that_are_away_are_listed_with_the_filters_of_those_that_are_here(service: Service) -> None:
    gone = await service.connect("alice", groups=["ops"], attributes={"os": "mac"})
    await service.connect("bob", groups=["ops"])
    await service.ports.registry.remove([gone.connection_id])
    expected: Json = {
        "terminal_id": "alice/desk",
        "user": "alice",
        "groups": ["ops"],
        "attributes": {"os": "mac"},
        "last_seen_at": "2026-11-24T09:00:00.000Z",
    }
    for query in ({}, {"group": "ops"}, {"user": "alice"}, {"attr.os": "mac"}, {"target": "group:ops and os = mac"}):
        assert await service.items("/v1/terminals/away", **query) == [expected], query
    assert await service.items("/v1/terminals/away", group="sales") == []
    assert (await service.get("/v1/users/alice"))["away"] == [expected]
    assert (await service.get("/v1/users/bob"))["away"] == []


async def test_those_who_are_away_come_page_by_page(service: Service) -> None:
    rows = [await service.connect(f"user{number}") for number in range(3)]
    await service.ports.registry.remove([row.connection_id for row in rows])
    pages = await service.pages("/v1/terminals/away", limit=2)
    assert sorted(str(one["user"]) for page in pages for one in page) == ["user0", "user1", "user2"]


async def test_the_inbox_has_what_its_terminal_missed(service: Service) -> None:
    push = await service.push("user:alice", "hi", strategy={"receipts": "each"})
    reader = service.caller(service.token("alice"))
    inbox = (await reader.get("/v1/inbox", params={"since": BEGINNING, "terminal": "desk"})).json()
    assert [(item["type"], item["id"], item["message"]) for item in inbox["items"]] == [("push", push["id"], "hi")]
    by_header = {"terminal": "desk"}
    acked = await reader.post("/v1/inbox/acks", json={"ids": [push["id"]], "kind": "read"}, headers=by_header)
    assert (acked.status_code, acked.json()) == (200, {"ids": [push["id"]]})
    (receipt,) = await service.items(f"/v1/pushes/{push['id']}/receipts")
    assert (receipt["terminal_id"], receipt["kind"]) == ("alice/desk", "read")


async def test_the_inbox_is_read_from_now_on_without_since(service: Service) -> None:
    await service.push("user:alice")
    reader = service.caller(service.token("alice"))
    inbox = (await reader.get("/v1/inbox")).json()
    assert inbox["items"] == []
    push = await service.push("user:alice")
    news = (await reader.get("/v1/inbox", params={"since": inbox["upto"]})).json()
    assert push["id"] in [item["id"] for item in news["items"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"since": "yesterday"}, "invalid_since"),
        ({"wait": "26"}, "invalid_request"),
        ({"terminal": "a/b"}, "invalid_name"),
    ],
    ids=str,
)
async def test_an_inbox_that_cannot_be_read_is_refused(service: Service, query: dict[str, str], code: str) -> None:
    response = await service.caller(service.token("alice")).get("/v1/inbox", params=query)
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_who_may_not_connect_a_terminal_has_no_inbox(tmp_path: Path) -> None:
    async with running(tmp_path, connect={"groups": ["staff"]}) as service:
        for caller in (service.caller(service.token("alice")), service.caller(service.token("alice", groups=["ops"]))):
            for answer in (
                await caller.get("/v1/inbox"),
                await caller.post("/v1/inbox/acks", json={"ids": ["x"], "kind": "read"}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (403, "connect_not_allowed")
        assert (await service.caller(service.token("alice", groups=["staff"])).get("/v1/inbox")).is_success


async def test_the_inbox_of_one_who_is_blocked_is_shut(service: Service) -> None:
    await service.api.put("/v1/users/alice/block", json={"reason": "badge lost"})
    response = await service.caller(service.token("alice")).get("/v1/inbox")
    assert (response.status_code, response.json()["code"]) == (403, "user_blocked")


async def test_a_push_of_which_nothing_came_has_no_children(service: Service) -> None:
    push_id = await _delivered(service, await service.connect("alice"))
    assert await service.items(f"/v1/pushes/{push_id}/children") == []
