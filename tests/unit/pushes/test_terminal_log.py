"""The last pushes for one terminal: what was released to it, newest first, and what became of it there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.domain.connection import Connection
from services.pushes import terminal_log
from services.pushes.commands import cancel
from services.pushes.terminal_log import Shown, last
from tests.contract import makers
from tests.unit.services.service import HOUR_S, Service


async def _alice(service: Service, **members: object) -> Connection:
    return await service.connect("c", "alice", terminal_id="alice/desk", groups=("ops",), **members)  # type: ignore[arg-type]


async def _last(service: Service, row: Connection, limit: int = 20) -> Sequence[Shown]:
    return await last(service.ports, row, limit=limit)


def _messages(shown: Sequence[Shown]) -> list[object]:
    return [each.push.message for each in shown]


async def test_the_newest_of_all_of_its_topics_come_first(service: Service) -> None:
    row = await _alice(service)
    ages_s = [9 * 24 * HOUR_S, 2 * 24 * HOUR_S, 3 * HOUR_S, 600, 90, 0]
    start_s = service.clock.at_s
    targets = ("all", "group:ops", "user:alice", "terminal:alice/desk", "user:alice or group:ops", "all")
    for age_s, target in zip(ages_s, targets, strict=True):
        service.clock.at_s = start_s + ages_s[0] - age_s
        await service.send(target, age_s, retain="30d")
    shown = await _last(service, row)
    assert _messages(shown) == ages_s[::-1]
    assert [each.at_s for each in shown] == pytest.approx([service.clock.at_s - age_s for age_s in ages_s[::-1]])
    for number in range(1, len(ages_s)):
        assert _messages(await _last(service, row, number)) == ages_s[::-1][:number]


async def test_what_is_not_meant_for_it_is_not_shown(service: Service) -> None:
    row = await _alice(service, attributes={"os": "mac"})
    await service.connect("d", "bob", groups=("ops",))
    for target in ("user:bob", "group:it", "group:ops and os = windows", "all and not user:alice"):
        await service.send(target, target)
    await service.send("group:ops and os = mac", "mine")
    assert _messages(await _last(service, row)) == ["mine"]


async def test_what_is_not_kept_is_not_shown(service: Service) -> None:
    row = await _alice(service)
    await service.send("user:alice", "gone at once", retain="0s")
    await service.send("user:alice", "kept for an hour", retain="1h")
    assert _messages(await _last(service, row)) == ["kept for an hour"]
    service.clock.at_s += 2 * HOUR_S
    assert await _last(service, row) == []


async def test_a_wave_that_was_not_released_is_not_shown_yet(service: Service) -> None:
    rows = [await service.connect(connection_id) for connection_id in await service.connect_in_ring_order(10)]
    await service.send("all", "hi", waves=[{"percent": 50, "then_wait": "10m"}, {"percent": 100}])
    reached = {row.connection_id for row in rows if service.pushes_at(row.connection_id)}
    assert 0 < len(reached) < len(rows)
    assert {row.connection_id for row in rows if await _last(service, row)} == reached


async def test_a_push_is_shown_as_it_is_now_with_the_receipt_of_the_terminal(service: Service) -> None:
    row = await _alice(service)
    push = await service.send("group:ops", {"title": "Fire"}, receipts="each")
    (shown,) = await _last(service, row)
    assert (shown.push, str(shown.topic), shown.title) == (push, "group:ops", "Fire")
    assert shown.receipt is not None
    assert (shown.receipt.kind, shown.receipt.terminal_id) == ("sent", "alice/desk")
    await service.ports.pushes.acknowledge(makers.receipt(push, "alice/desk", "read"), early=False)
    await cancel(service.ports, push.id, by="admin", reason=None)
    (shown,) = await _last(service, row)
    assert (shown.push.state.value, shown.receipt and shown.receipt.kind) == ("cancelled", "read")


async def test_a_push_that_was_sent_again_is_shown_once_as_of_its_first_time(service: Service) -> None:
    row = await _alice(service)
    push = await service.send("user:alice", "confirm", ack={"need": "read", "within": "15m", "resend": 1})
    first = await _last(service, row)
    await service.pass_s(1_000)
    assert len(service.pushes_at("c")) == 2
    (shown,) = await _last(service, row)
    assert (shown.push.id, shown.at_s) == (push.id, first[0].at_s)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("hello", "hello"),
        ({"title": "hello", "text": "more"}, "hello"),
        ("x" * 200, "x" * 120),
        ({"title": "x" * 200}, "x" * 120),
        ({"title": 7}, None),
        ({"text": "hello"}, None),
        (["title"], None),
        (None, None),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_push_is_called_by_its_text_or_title(service: Service, message: object, title: str | None) -> None:
    row = await _alice(service)
    await service.send("user:alice", message)
    assert [each.title for each in await _last(service, row)] == [title]


async def test_a_long_log_is_read_page_by_page(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_log, "READ_AT_A_TIME", 2)
    row = await _alice(service)
    for number in range(5):
        await service.send("group:ops", number)
    assert _messages(await _last(service, row, 3)) == [4, 3, 2]


async def test_no_more_is_read_of_a_log_than_is_allowed_and_what_is_shown_is_the_newest(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_log, "READ_AT_MOST", 4)
    row = await _alice(service)
    await service.send("user:alice", "older")
    for _ in range(4):
        await service.send("all and not user:alice", "for others")
    service.clock.at_s += 600
    await service.send("user:alice", "newer")
    assert _messages(await _last(service, row)) == ["newer"]
