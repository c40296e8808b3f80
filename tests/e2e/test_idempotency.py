"""One key of one caller makes one push (G5)."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.caller import SCOPES
from tests.e2e.office import Office


async def test_the_same_key_and_body_answer_with_the_first_push_and_send_it_once(office: Office) -> None:
    alice, key = await office.terminal(), office.name("order")
    first = await office.api.submit({"users": [alice.user]}, "once", key=key)
    second = await office.api.submit({"users": [alice.user]}, "once", key=key)
    assert [response.status_code for response in (first, second)] == [202, 202]
    assert first.json()["id"] == second.json()["id"]
    assert (await alice.expect("push"))["id"] == first.json()["id"]
    await office.got_nothing(alice)


async def test_only_a_repeated_answer_says_that_it_is_one(office: Office) -> None:
    key = office.name("order")
    first = await office.api.submit({"users": [key]}, "once", key=key)
    second = await office.api.submit({"users": [key]}, "once", key=key)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


async def test_the_same_key_with_another_body_is_422_and_sends_nothing(office: Office) -> None:
    alice, key = await office.terminal(), office.name("order")
    first = await office.api.push({"users": [alice.user]}, "one", key=key)
    other = await office.api.submit({"users": [alice.user]}, "two", key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await alice.expect("push"))["id"] == first
    await office.got_nothing(alice)


async def test_another_spelling_of_the_same_request_is_the_same_body(office: Office) -> None:
    user, key = office.name("alice"), office.name("order")
    first = await office.api.push({"users": [user]}, {"a": 1, "b": 2}, key=key)
    assert await office.api.push(f"user:{user}", {"b": 2, "a": 1}, key=key) == first


async def test_requests_with_one_key_at_the_same_time_make_one_push(office: Office) -> None:
    alice, key = await office.terminal(), office.name("order")
    ids = await asyncio.gather(*(office.api.push({"users": [alice.user]}, "once", key=key) for _ in range(8)))
    assert len(set(ids)) == 1
    assert (await alice.expect("push"))["id"] == ids[0]
    await office.got_nothing(alice)


async def test_the_same_key_of_another_caller_makes_another_push(office: Office) -> None:
    user, key = office.name("alice"), office.name("order")
    other = office.caller(office.token(office.name("other"), scopes=SCOPES))
    assert await office.api.push({"users": [user]}, key=key) != await other.push({"users": [user]}, key=key)


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve"], ids=["empty", "long", "not ascii"])
async def test_a_key_that_cannot_be_one_is_422(office: Office, key: str) -> None:
    response = await office.api.http.post(
        "/v1/pushes",
        json={"target": {"users": [office.name("alice")]}, "message": "x"},
        headers=[(b"Idempotency-Key", key.encode("latin-1"))],
    )
    assert (response.status_code, response.json()["code"]) == (422, "invalid_idempotency_key")
