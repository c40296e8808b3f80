"""What a terminal that was away gets when it comes back, as the strategy says; and the inbox."""

from __future__ import annotations

from tests.e2e.caller import Json, _body
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING


async def _missed(office: Office, user: str, strategy: Json, number: int = 3) -> list[str]:
    pushes = [await office.api.push({"users": [user]}, n, strategy=strategy) for n in range(number)]
    for push_id in pushes:
        await office.api.completed(push_id)
    return pushes


async def _received(office: Office, push_id: str) -> None:
    await eventually(lambda: office.api.counts(push_id), lambda counts: counts["received"] == 1)


async def test_missed_replays_all_that_was_missed(office: Office) -> None:
    user = office.name("away")
    pushes = await _missed(office, user, {"replay": "missed"})
    assert (await (await office.terminal(user)).resume(BEGINNING)).pushes() == pushes


async def test_latest_replays_the_latest_of_its_strategy(office: Office) -> None:
    user = office.name("away")
    pushes = await _missed(office, user, {"name": "latest-only"})
    assert (await (await office.terminal(user)).resume(BEGINNING)).pushes() == pushes[-1:]


async def test_none_replays_nothing(office: Office) -> None:
    user = office.name("away")
    await _missed(office, user, {"replay": "none"})
    assert (await (await office.terminal(user)).resume(BEGINNING)).pushes() == []


async def test_the_inbox_has_what_a_resume_would_have(office: Office) -> None:
    user = office.name("proxied")
    pushes = await _missed(office, user, {"receipts": "each"})
    reader = office.caller(office.token(user))
    inbox = await reader.get("/v1/inbox", since=BEGINNING)
    items = inbox["items"]
    assert isinstance(items, list)
    assert [item["id"] for item in items] == pushes
    assert inbox["more"] is False
    _body(await reader.http.post("/v1/inbox/acks", json={"ids": pushes, "kind": "received"}), 200)
    for push_id in pushes:
        await _received(office, push_id)
    assert (await reader.get("/v1/inbox", since=str(inbox["upto"])))["more"] is False


async def test_the_inbox_waits_for_what_comes(office: Office) -> None:
    user = office.name("proxied")
    reader = office.caller(office.token(user))
    since = str((await reader.get("/v1/inbox"))["upto"])
    push_id = await office.api.push({"users": [user]})
    items = (await reader.get("/v1/inbox", since=since, wait=20))["items"]
    assert isinstance(items, list)
    assert [item["id"] for item in items] == [push_id]


async def test_the_inbox_of_another_user_is_empty(office: Office) -> None:
    await _missed(office, office.name("away"), {})
    reader = office.caller(office.token(office.name("curious")))
    items = (await reader.get("/v1/inbox", since=BEGINNING))["items"]
    assert isinstance(items, list)
    assert not [item for item in items if item["topic"].startswith("user:")]


async def test_the_inbox_needs_a_token(office: Office) -> None:
    assert (await office.caller(None).http.get("/v1/inbox")).status_code == 401
