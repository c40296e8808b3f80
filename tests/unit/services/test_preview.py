"""A preview says what a push would do, and does nothing; what is then delivered is what it said."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from services.connections import presence
from services.domain.problems import Problem
from services.domain.pushes import MAX_FRAME_BYTES, Counts
from services.domain.targets import json_form
from services.domain.targets.expression import Target
from services.pushes import preview as previews
from services.pushes import requests
from services.pushes.preview import Preview, preview
from tests.unit.services.service import HOUR_S, Service
from tests.unit.targets.expressions import ARow, means, registries, targets


async def _preview(
    service: Service, target: object = "all", message: object = "hi", *, strategy: object = None
) -> Preview:
    request = requests.checked(target=target, message=message, strategy=strategy)
    return await preview(service.ports, request, sender="admin")


@pytest.fixture(scope="module")
def small_pages() -> Iterator[None]:
    """Listings of a few rows have several pages."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(previews, "PAGE", 2)
        patched.setattr(presence, "READ_AT_A_TIME", 2)
        yield


@pytest.mark.usefixtures("small_pages")
@given(registries(), targets())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_delivered_is_what_was_previewed(service: Service, rows: list[ARow], target: Target) -> None:
    await service.empty()
    await asyncio.gather(
        *(
            service.connect(
                row.connection_id,
                row.user,
                terminal_id=row.terminal_id,
                groups=row.groups,
                attributes=row.attributes,
            )
            for row in rows
        )
    )
    meant = [row for row in rows if means(target, row)]
    written = json_form.to_json(target)
    previewed = await _preview(service, written)
    assert service.sockets.posts == []
    push = await service.send(written)
    assert service.sockets.reached() == {row.connection_id for row in meant}
    assert [len(service.pushes_at(row.connection_id)) for row in meant] == [1] * len(meant)
    audience = previewed.audience
    assert await service.counts(push) == Counts(targeted=audience.connections, sent=len(meant))
    assert audience.connections == len(meant)
    assert audience.users == len({row.user for row in meant})
    assert audience.terminals == len({row.terminal_id for row in meant})
    assert audience.by_group == Counter(group for row in meant for group in row.groups)
    assert previewed.topics == [str(topic) for topic in push.cover.topics]
    assert {row.connection_id for row in previewed.sample} <= {row.connection_id for row in meant}
    for row in meant:
        assert len(service.sockets.texts(row.connection_id)[0].encode()) <= previewed.frame_bytes


async def test_a_preview_writes_nothing(service: Service) -> None:
    await service.connect("a")
    await _preview(service)
    assert (await service.ports.pushes.list(limit=10)).items == []
    assert (await service.ports.audit.list(limit=10)).items == []
    assert service.jobs() == []


async def test_attributes_are_counted_by_value(service: Service) -> None:
    for connection_id, os in (("a", "windows"), ("b", "windows"), ("c", "linux")):
        await service.connect(connection_id, attributes={"os": os, "floor": 3})
    assert (await _preview(service)).audience.by_attribute == {"os": {"windows": 2, "linux": 1}, "floor": {3: 3}}


async def test_of_many_a_few_are_shown(service: Service) -> None:
    await service.crowd(30)
    previewed = await _preview(service)
    assert (previewed.audience.connections, len(previewed.sample)) == (30, previews.SAMPLE)


@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [(None, "those who come back in time will get it"), ({"retain": "0s"}, "nothing is kept")],
)
async def test_it_warns_when_nobody_is_here(service: Service, strategy: object, outcome: str) -> None:
    (warning,) = (await _preview(service, "user:alice", strategy=strategy)).warnings
    assert warning.code == "nobody_connected"
    assert outcome in warning.detail


async def test_sessions_that_are_over_are_not_counted(service: Service) -> None:
    await service.connect("a", lasts_s=HOUR_S)
    service.clock.at_s += HOUR_S
    assert (await _preview(service)).audience.connections == 0


async def test_it_warns_near_the_limit_and_refuses_over_it(service: Service) -> None:
    await service.connect("a")
    (warning,) = (await _preview(service, message="x" * (MAX_FRAME_BYTES - 1_000))).warnings
    assert warning.code == "near_size_limit"
    with pytest.raises(Problem, match="message_too_large"):
        await _preview(service, message="x" * MAX_FRAME_BYTES)
