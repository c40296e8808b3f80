"""A DynamoDB table inside the process, for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.aws.table import Table
from tests.contract import dynamodb
from tests.contract.adapters import ManualClock
from tests.unit.aws.interference import Interference


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
