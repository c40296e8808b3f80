"""What the strategy of a request means: a name, members of its own, or both."""

from __future__ import annotations

import pytest

from services.domain.problems import Problem
from services.domain.strategies import json_form
from services.domain.strategies.built_in import BUILT_IN
from services.domain.strategies.strategy import DEFAULT
from services.pushes import requests
from services.strategies import catalog, kept
from tests.unit.services.service import HOUR_S, Service


async def _keep(service: Service, name: str = "brief", **members: object) -> int:
    put = await kept.put(service.ports, name, members, after=None, by="admin")
    assert put.kept is not None
    return put.kept.version


async def _digest(service: Service, **members: object) -> str:
    request = await requests.checked(service.ports, **{"target": "all", "message": 1, **members})  # type: ignore[arg-type]  # passed on as it is
    return request.digest()


@pytest.mark.parametrize("value", [None, {}, {"name": None}])
async def test_a_strategy_that_says_nothing_is_the_default(service: Service, value: object) -> None:
    assert (await catalog.meant(service.ports, value)).strategy == DEFAULT


@pytest.mark.parametrize("name", BUILT_IN)
async def test_a_built_in_strategy_is_meant_by_its_name(service: Service, name: str) -> None:
    strategy = (await catalog.meant(service.ports, {"name": name})).strategy
    assert strategy == BUILT_IN[name].strategy
    assert json_form.from_json(json_form.to_json(strategy)) == strategy


async def test_members_override_a_name_and_null_takes_one_back(service: Service) -> None:
    await _keep(service, retain="2h", receipts="each", pace={"per_second": 5})
    strategy = (await catalog.meant(service.ports, {"name": "brief", "retain": "3h", "pace": None})).strategy
    assert (strategy.name, strategy.version) == ("brief", 1)
    assert (strategy.retain_s, strategy.receipts, strategy.pace) == (3 * HOUR_S, "each", None)


async def test_a_version_can_be_asked_for_also_of_a_name_that_was_deleted(service: Service) -> None:
    for hours in (1, 2):
        await _keep(service, retain=f"{hours}h")
    await kept.delete(service.ports, "brief", after=None, by="admin")
    strategy = (await catalog.meant(service.ports, {"name": "brief", "version": 1})).strategy
    assert (strategy.version, strategy.retain_s) == (1, HOUR_S)
    with pytest.raises(Problem, match="strategy_not_found"):
        await catalog.meant(service.ports, {"name": "brief"})


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"name": "unknown"}, "strategy.name"),
        ({"name": "now", "version": 1}, "strategy.version"),
        ({"version": 1}, "strategy.version"),
        ({"name": "now", "pace": {"per_second": 0}}, "strategy.pace.per_second"),
        ({"name": "must-read", "ack": {"need": "see"}}, "strategy.ack.need"),
        ("now", "strategy"),
    ],
)
async def test_what_is_wrong_is_named(service: Service, value: object, field: str) -> None:
    with pytest.raises(Problem) as refused:
        await catalog.meant(service.ports, value)
    assert (refused.value.status, refused.value.extra["field"]) == (422, field)


async def test_the_same_request_is_the_same_after_its_strategy_was_changed(service: Service) -> None:
    await _keep(service, retain="1h")
    before = await _digest(service, strategy={"name": "brief", "pace": {"per_second": 1}})
    await _keep(service, retain="2h")
    assert await _digest(service, strategy={"name": "brief", "pace": {"per_second": 1}}) == before


@pytest.mark.parametrize(
    "members",
    [
        {"strategy": {"name": "now", "retain": "1d"}},
        {"strategy": {"name": "latest-only"}},
        {"strategy": {"name": "now", "ack": None}},
        {"send_at": "2027-01-01T00:00:00Z"},
        {"repeat": {"cron": "0 9 * * *"}},
        {"test": True},
        {"message": True},
    ],
    ids=str,
)
async def test_requests_that_differ_have_other_digests(service: Service, members: dict[str, object]) -> None:
    assert await _digest(service, **members) != await _digest(service, strategy={"name": "now"})


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 100])
async def test_every_strategy_is_listed_once_those_built_in_first(service: Service, limit: int) -> None:
    for name in ("zebra", "apple"):
        await _keep(service, name)
    names: list[str] = []
    after: str | None = None
    while True:
        page = await kept.listing(service.ports, limit=limit, after=after)
        assert len(page.items) <= limit
        names += [each.name for each in page.items]
        after = page.next
        if after is None:
            break
    assert names == [*sorted(BUILT_IN), "apple", "zebra"]


async def test_the_audit_trail_says_who_changed_a_strategy(service: Service) -> None:
    await _keep(service, retain="2h")
    await kept.delete(service.ports, "brief", after=None, by="boss")
    entries = (await service.ports.audit.list(limit=10, subject="brief")).items
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("strategy.delete", "boss"),
        ("strategy.put", "admin"),
    ]
