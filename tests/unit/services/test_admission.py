"""Letting a verified identity in, and leaving nothing behind of one that is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.connections import access, admission, membership, sessions
from services.connections.admission import Admission
from services.domain import topics
from services.domain.connection import Connection
from services.domain.identity import Identity
from services.domain.problems import Problem
from services.domain.ring import WHOLE
from services.domain.standing import Block
from tests.contract.adapters import NOON_S
from tests.unit.services.service import Service, once_after, once_before

LIMIT = 2


def _identity(user: str = "alice", *, groups: tuple[str, ...] = ()) -> Identity:
    return Identity(
        user=user,
        issuer="fanfare",
        expires_at_s=int(NOON_S) + 36_000,
        issued_at_s=int(NOON_S) - 60,
        token_id="t1",
        groups=groups,
    )


class Door:
    """Admission with what a test does not care about filled in."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.admission = Admission(service.ports, connections_per_user=LIMIT)

    async def admit(
        self,
        connection_id: str = "c1",
        identity: Identity | None = None,
        *,
        calls_itself: str | None = None,
        source_ip: str = "192.0.2.7",
        ticket_id: str | None = None,
    ) -> Connection:
        return await self.admission.admit(
            identity or _identity(),
            connection_id=connection_id,
            calls_itself=calls_itself,
            source_ip=source_ip,
            user_agent="",
            ticket_id=ticket_id,
        )

    async def refusal(
        self, connection_id: str = "c1", *, source_ip: str = "192.0.2.7", ticket_id: str | None = None
    ) -> str:
        """The code of the problem with which a connection is refused, of which nothing is left."""
        with pytest.raises(Problem) as refused:
            await self.admit(connection_id, source_ip=source_ip, ticket_id=ticket_id)
        assert await self._service.ports.registry.get(connection_id) is None
        return refused.value.code


@pytest.fixture
def door(service: Service) -> Door:
    return Door(service)


def _block(*, cidrs: tuple[str, ...] = ()) -> Block:
    return Block(user="alice", reason="left the company", cidrs=cidrs, by="admin", at_s=NOON_S)


def _soon(happens: Callable[[], object]) -> Callable[[], Awaitable[None]]:
    """What happens at once, to be awaited."""

    async def done() -> None:
        happens()

    return done


async def _block_alice(service: Service) -> None:
    await access.block(service.ports, _block())


async def _revoke_her_token(service: Service) -> None:
    await access.revoke_token(service.ports, "t1", by="admin")


async def _revoke_all_before_now(service: Service) -> None:
    await access.revoke_before(service.ports, "alice", NOON_S, by="admin")


KEEPING_OUT = pytest.mark.parametrize(
    ("keep_out", "code"),
    [
        (_block_alice, "user_blocked"),
        (_revoke_her_token, "token_revoked"),
        (_revoke_all_before_now, "token_revoked"),
    ],
)


async def test_who_is_admitted_is_registered_under_all_her_topics(service: Service, door: Door) -> None:
    row = await door.admit(identity=_identity(groups=("ops",)), calls_itself="desk")
    for topic in (topics.ALL, topics.group("ops"), topics.user("alice"), topics.terminal("alice/desk")):
        page = await service.ports.registry.page(topic, WHOLE, live_at_s=NOON_S, limit=10)
        assert list(page.items) == [row]


@KEEPING_OUT
async def test_who_is_kept_out_is_refused(
    service: Service, door: Door, keep_out: Callable[[Service], Awaitable[None]], code: str
) -> None:
    await keep_out(service)
    assert await door.refusal() == code


@KEEPING_OUT
async def test_who_is_kept_out_while_being_let_in_is_refused(
    service: Service, door: Door, keep_out: Callable[[Service], Awaitable[None]], code: str
) -> None:
    once_after(service.ports.memberships, "of", lambda: keep_out(service))
    assert await door.refusal() == code


async def test_who_is_blocked_just_after_being_filed_is_refused(service: Service, door: Door) -> None:
    once_after(service.ports.registry, "add", lambda: _block_alice(service))
    assert await door.refusal() == "user_blocked"


async def _fails() -> None:
    raise OSError("the store cannot be reached")


@pytest.mark.parametrize(("port", "method"), [("memberships", "of"), ("registry", "sizes")])
async def test_where_it_cannot_be_told_whether_she_may_be_let_in_nothing_is_left_of_her(
    service: Service, door: Door, port: str, method: str
) -> None:
    once_after(service.ports.registry, "add", _soon(lambda: once_before(getattr(service.ports, port), method, _fails)))
    with pytest.raises(OSError, match="cannot be reached"):
        await door.admit()
    assert await service.registered() == set()


@pytest.mark.parametrize("method", ["add", "sizes"])
async def test_a_handshake_that_takes_too_long_leaves_nothing(service: Service, door: Door, method: str) -> None:
    reached = asyncio.Event()

    async def waits() -> None:
        reached.set()
        await asyncio.Event().wait()

    once_after(service.ports.registry, method, waits)
    letting_in = asyncio.create_task(door.admit())
    await reached.wait()
    letting_in.cancel()
    with pytest.raises(asyncio.CancelledError):
        await letting_in
    assert await service.registered() == set()


async def test_a_refusal_is_told_also_where_it_cannot_be_taken_back(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    once_before(service.ports.registry, "remove", _fails)
    with pytest.raises(Problem, match="too_many_connections"):
        await door.admit("c3")


async def test_a_block_of_a_network_keeps_out_of_there_only(service: Service, door: Door) -> None:
    await access.block(service.ports, _block(cidrs=("198.51.100.0/24",)))
    await door.admit(source_ip="192.0.2.7")
    assert await door.refusal("c2", source_ip="198.51.100.9") == "user_blocked"


async def test_a_ticket_admits_once(service: Service, door: Door) -> None:
    await door.admit("c1", ticket_id="ticket")
    assert await door.refusal("c2", ticket_id="ticket") == "ticket_used"


async def test_of_two_with_one_ticket_at_once_one_is_admitted(service: Service, door: Door) -> None:
    results = await asyncio.gather(
        *(door.admit(each, ticket_id="ticket") for each in ("c1", "c2")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Connection", "Problem"]
    assert len(await service.registered()) == 1


async def test_who_is_kept_out_does_not_use_up_her_ticket(service: Service, door: Door) -> None:
    await _block_alice(service)
    await door.refusal(ticket_id="ticket")
    await access.unblock(service.ports, "alice", by="admin")
    await door.admit(ticket_id="ticket")


async def test_one_more_than_the_limit_is_refused(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    assert await door.refusal("c3") == "too_many_connections"
    assert await service.registered() == {"c1", "c2"}


async def test_the_limit_is_each_users_own(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    await door.admit("c3", _identity("bob"))


async def test_of_two_at_once_for_the_last_place_one_is_admitted(service: Service, door: Door) -> None:
    await door.admit("c0")
    results = await asyncio.gather(*(door.admit(each) for each in ("c1", "c2")), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Connection", "Problem"]
    assert len(await service.registered()) == LIMIT


@pytest.fixture
def patient_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for others to give way lets them have twenty turns."""
    monkeypatch.setattr(admission, "WAITS_S", (0.0,) * 20)


@pytest.mark.usefixtures("patient_for_a_moment")
async def test_one_more_than_the_limit_is_refused_whatever_its_clock_says(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    service.clock.at_s -= 5
    assert await door.refusal("c3") == "too_many_connections"


@pytest.mark.usefixtures("patient_for_a_moment")
async def test_who_is_let_in_while_another_takes_long_counts_for_it(service: Service, door: Door) -> None:
    async def meanwhile() -> None:
        service.clock.at_s += 1
        await door.admit("c2")
        await door.admit("c3")

    once_before(service.ports.registry, "add", meanwhile)
    assert await door.refusal("c1") == "too_many_connections"
    assert await service.registered() == {"c2", "c3"}


@pytest.mark.usefixtures("patient_for_a_moment")
@pytest.mark.parametrize("clocks_s", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
async def test_of_many_at_once_as_many_are_admitted_as_may_be(
    service: Service, door: Door, clocks_s: tuple[int, ...]
) -> None:
    async def admit(name: str, clock_s: int) -> None:
        service.clock.at_s = NOON_S + clock_s
        await door.admit(name)

    results = await asyncio.gather(
        *(admit(f"c{index}", clock_s) for index, clock_s in enumerate(clocks_s)), return_exceptions=True
    )
    assert results.count(None) == LIMIT == len(await service.registered())


async def test_lost_sockets_do_not_count(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    service.clock.at_s += 60
    service.sockets.lose("c1")
    await door.admit("c3")
    assert await service.registered() == {"c2", "c3"}


async def test_sessions_that_are_over_do_not_count(service: Service, door: Door) -> None:
    await service.connect("over1", lasts_s=5)
    await service.connect("over2", lasts_s=5)
    service.clock.at_s += 5 + sessions.GRACE_S
    await door.admit("c3")


async def test_one_whose_handshake_is_under_way_counts(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    service.sockets.begin("c2")
    service.clock.at_s += 1
    assert await door.refusal("c3") == "too_many_connections"
    assert await service.registered() == {"c1", "c2"}


async def test_groups_given_at_run_time_are_hers_too(service: Service, door: Door) -> None:
    await membership.join(service.ports, "ops", "alice", by="admin")
    row = await door.admit(identity=_identity(groups=("it",)))
    assert (row.groups, row.token_groups) == (("it", "ops"), ("it",))


@pytest.mark.parametrize(("port", "method"), [("memberships", "of"), ("registry", "add")])
async def test_a_group_given_while_she_is_let_in_is_hers(service: Service, door: Door, port: str, method: str) -> None:
    once_after(getattr(service.ports, port), method, lambda: membership.join(service.ports, "ops", "alice", by="admin"))
    await door.admit()
    row = await service.ports.registry.get("c1")
    assert row is not None
    assert row.groups == ("ops",)


async def test_two_groups_given_while_she_is_let_in_are_hers(service: Service, door: Door) -> None:
    async def join(group: str) -> None:
        await membership.join(service.ports, group, "alice", by="admin")

    async def meanwhile() -> None:
        await join("first")
        once_after(service.ports.memberships, "of", lambda: join("second"))

    once_after(service.ports.memberships, "of", meanwhile)
    await door.admit()
    row = await service.ports.registry.get("c1")
    assert row is not None
    assert row.groups == ("first", "second")


async def test_a_check_tells_of_a_refusal_and_changes_nothing(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admission.check(_identity(), source_ip="192.0.2.7")
    await door.admit("c2")
    with pytest.raises(Problem, match="too_many_connections"):
        await door.admission.check(_identity(), source_ip="192.0.2.7")
    assert await service.registered() == {"c1", "c2"}


async def test_a_check_does_not_count_lost_sockets(service: Service, door: Door) -> None:
    await door.admit("c1")
    await door.admit("c2")
    service.clock.at_s += 60
    service.sockets.lose("c1")
    await door.admission.check(_identity(), source_ip="192.0.2.7")
    assert await service.registered() == {"c1", "c2"}


async def test_a_check_tells_of_a_block(service: Service, door: Door) -> None:
    await _block_alice(service)
    with pytest.raises(Problem, match="user_blocked"):
        await door.admission.check(_identity(), source_ip="192.0.2.7")
