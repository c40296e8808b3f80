"""A DynamoDB table inside the process, for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.aws.table import Table
from tests.contract import dynamodb
from tests.contract.adapters import ManualClock
from tests.contract.ids import ids_from_the_start
from tests.unit.aws.interference import Interference


@pytest.fixture(autouse=True)
def ids() -> Iterator[None]:
    """Ids begin at the moment of the test, wherever the clock of another test has been."""
    with ids_from_the_start():
        yield


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def table() -> Iterator[Table]:
    with dynamodb.table() as opened:
        yield opened


@pytest.fixture
def interference() -> Iterator[Interference]:
    with Interference(dynamodb.client()) as made:
        yield made
