"""AWS's list prices, as docs/operations-aws.md shows them: those that the service itself estimates by."""

from __future__ import annotations

from typing import Final

from services.domain.cost import (
    ALARM_METRIC,
    CONNECTION_MINUTE,
    CUSTOM_METRIC,
    DAY,
    GB_SECOND,
    INVOCATION,
    LOG_GB,
    MESSAGE,
    MILLION,
    READ_UNIT,
    REST_REQUEST,
    SECRET,
    SQS_REQUEST,
    WRITE_UNIT,
    Price,
)

LIST: Final = (
    MESSAGE,
    CONNECTION_MINUTE,
    REST_REQUEST,
    INVOCATION,
    GB_SECOND,
    WRITE_UNIT,
    READ_UNIT,
    SQS_REQUEST,
    LOG_GB,
    SECRET,
    ALARM_METRIC,
    CUSTOM_METRIC,
)

__all__ = [
    "ALARM_METRIC",
    "CONNECTION_MINUTE",
    "CUSTOM_METRIC",
    "DAY",
    "GB_SECOND",
    "INVOCATION",
    "LIST",
    "LOG_GB",
    "MESSAGE",
    "MILLION",
    "READ_UNIT",
    "REST_REQUEST",
    "SECRET",
    "SQS_REQUEST",
    "WRITE_UNIT",
    "Price",
]
