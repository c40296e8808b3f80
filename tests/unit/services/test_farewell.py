"""Closing sockets: what is left where one of them cannot be closed, or who closes them dies half-way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from services.connections import farewell
from services.connections.farewell import Bye, NotAllClosed, dismiss, expel
from services.domain.connection import Connection
from tests.unit.services.service import Service, once_after

BYE = Bye(code="resync", reason="this connection could not keep up", reconnect=True, retry_after_s=1)

EITHER = pytest.mark.parametrize("end", [dismiss, expel])
End = Callable[..., Awaitable[int]]


class Died(BaseException):
    """The process ends here."""


async def _die() -> None:
    raise Died


@pytest.fixture(autouse=True)
async def rows(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Five connections, of which two are closed at a time."""
    monkeypatch.setattr(farewell, "CLOSES_AT_ONCE", 2)
    return [await service.connect(f"c{index}") for index in range(5)]


@EITHER
async def test_all_are_told_why_and_closed_and_registered_no_more(
    service: Service, rows: list[Connection], end: End
) -> None:
    assert await end(service.ports, rows, BYE) == 5
    assert await service.registered() == set()
    assert sorted(service.sockets.closed) == [f"c{index}" for index in range(5)]
    assert [frame["code"] for row in rows for frame in service.sockets.frames(row.connection_id)] == ["resync"] * 5


@EITHER
async def test_what_was_gone_before_is_registered_no_more(service: Service, rows: list[Connection], end: End) -> None:
    service.sockets.lose("c1")
    assert await end(service.ports, rows, BYE) == 5
    assert await service.registered() == set()


@EITHER
async def test_who_had_left_is_not_counted(service: Service, rows: list[Connection], end: End) -> None:
    service.sockets.lose("c1")
    await service.ports.registry.remove(["c1"])
    assert await end(service.ports, rows, BYE) == 4


@EITHER
async def test_a_socket_that_cannot_be_closed_keeps_no_other_open(
    service: Service, rows: list[Connection], end: End
) -> None:
    service.sockets.stick("c1")
    with pytest.raises(NotAllClosed) as left:
        await end(service.ports, rows, BYE)
    assert left.value.closed == (4 if end is dismiss else 5)
    assert sorted(service.sockets.closed) == ["c0", "c2", "c3", "c4"]


@EITHER
async def test_where_nobody_can_be_told_they_are_closed_all_the_same(
    service: Service, rows: list[Connection], end: End
) -> None:
    async def unreachable() -> None:
        raise OSError("the gateway answers no post")

    service.sockets.before_post = unreachable
    assert await end(service.ports, rows, BYE) == 5
    assert len(service.sockets.closed) == 5


async def test_who_is_dismissed_and_cannot_be_closed_stays_registered_for_another_try(
    service: Service, rows: list[Connection]
) -> None:
    service.sockets.stick("c1")
    with pytest.raises(NotAllClosed):
        await dismiss(service.ports, rows, BYE)
    assert await service.registered() == {"c1"}
    service.sockets.loosen()
    assert await dismiss(service.ports, rows, BYE) == 1
    assert (await service.registered(), "c1" in service.sockets.closed) == (set(), True)


async def test_who_dies_while_dismissing_leaves_no_socket_open_that_is_not_registered(
    service: Service, rows: list[Connection]
) -> None:
    once_after(service.ports.registry, "remove", _die)
    with pytest.raises(Died):
        await dismiss(service.ports, rows, BYE)
    assert {row.connection_id for row in rows} - await service.registered() == set(service.sockets.closed)


async def test_who_is_expelled_and_cannot_be_closed_gets_nothing_more(service: Service, rows: list[Connection]) -> None:
    service.sockets.stick("c1")
    with pytest.raises(NotAllClosed):
        await expel(service.ports, rows, BYE)
    await service.send()
    assert service.pushes_at("c1") == []


async def test_who_was_expelled_by_a_process_that_died_is_closed_by_a_repeat(
    service: Service, rows: list[Connection]
) -> None:
    once_after(service.ports.registry, "remove", _die)
    with pytest.raises(Died):
        await expel(service.ports, rows, BYE)
    await expel(service.ports, rows, BYE)
    assert len(service.sockets.closed) == 5
