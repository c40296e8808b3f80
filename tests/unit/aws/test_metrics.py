"""What is told to CloudWatch, and of what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from infra.aws.metrics import Meter, MeteredAdmission, metered
from services.domain.identity import Identity
from services.domain.problems import Problem
from tests.contract.adapters import NOON_S
from tests.unit.services.service import Service, running

Line = dict[str, object]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path) as opened:
        yield opened


@pytest.fixture
def meter() -> Meter:
    return Meter("fanfare-test")


def told(capsys: pytest.CaptureFixture[str]) -> list[Line]:
    """The lines that were written since the last call."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def dimensions(line: Line) -> list[list[str]]:
    """The names of what a line's metrics are told of, for each time that they are told."""
    (directive,) = cast("dict[str, list[dict[str, list[list[str]]]]]", line["_aws"])["CloudWatchMetrics"]
    return directive["Dimensions"]


async def connect(service: Service, meter: Meter, connection_id: str) -> None:
    admission = MeteredAdmission(service.ports, meter, connections_per_user=1)
    identity = Identity(user="alice", issuer="https://id.example", expires_at_s=int(NOON_S) + 3_600)
    await admission.admit(
        identity, connection_id=connection_id, calls_itself=None, source_ip="", user_agent="", ticket_id=None
    )


def test_counts_are_of_the_stack_and_its_namespace(meter: Meter, capsys: pytest.CaptureFixture[str]) -> None:
    meter.count("DeadJobs", 2)
    meter.write()
    (line,) = told(capsys)
    assert line["service"] == "fanfare-test"
    assert line["DeadJobs"] == [2.0]
    assert dimensions(line) == [["service"]]
    assert '"Namespace": "Fanfare"' in json.dumps(line["_aws"])


def test_of_nothing_nothing_is_told(meter: Meter, capsys: pytest.CaptureFixture[str]) -> None:
    meter.count("Deliveries", 0)
    meter.write()
    assert told(capsys) == []


def test_what_was_written_is_not_written_again(meter: Meter, capsys: pytest.CaptureFixture[str]) -> None:
    meter.milliseconds("FanOutLatency", 12.5)
    meter.write()
    meter.write()
    assert [line["FanOutLatency"] for line in told(capsys)] == [[12.5]]


async def test_posts_are_counted_by_what_became_of_them(
    service: Service, meter: Meter, capsys: pytest.CaptureFixture[str]
) -> None:
    service.sockets.lose("gone")
    service.sockets.next_posts("slow", "throttled")
    gateway = metered(service.ports, meter).gateway
    result = await gateway.post(["here", "there", "gone", "slow"], b"{}")
    assert set(result.sent) == {"here", "there"}
    meter.write()
    (line,) = told(capsys)
    assert (line["Deliveries"], line["Gone"], line["Throttled"]) == ([2.0], [1.0], [1.0])


async def test_a_metered_gateway_closes_and_describes_as_the_other_does(service: Service, meter: Meter) -> None:
    gateway = metered(service.ports, meter).gateway
    assert await gateway.describe("c1") is not None
    assert await gateway.close("c1")
    assert await gateway.describe("c1") is None


async def test_who_is_let_in_is_a_connect(service: Service, meter: Meter, capsys: pytest.CaptureFixture[str]) -> None:
    await connect(service, meter, "c1")
    meter.write()
    (line,) = told(capsys)
    assert line["Connects"] == [1.0]


async def test_who_is_not_is_counted_in_all_and_by_the_reason(
    service: Service, meter: Meter, capsys: pytest.CaptureFixture[str]
) -> None:
    await connect(service, meter, "c1")
    with pytest.raises(Problem):
        await connect(service, meter, "c2")
    meter.write()
    by_reason, in_all = told(capsys)
    assert (by_reason["reason"], by_reason["Refusals"]) == ("too_many_connections", [1.0])
    assert set(dimensions(by_reason)[0]) == {"service", "reason"}
    assert (in_all["Refusals"], dimensions(in_all)) == ([1.0], [["service"]])
