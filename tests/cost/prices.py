"""AWS's list prices for us-east-1 in US dollars, without free tiers and discounts, as they were on 23 November 2026.

docs/operations-aws.md shows them. Other Regions cost up to a third more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = "23 November 2026"
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """So many dollars for so many of something."""

    usd: float
    per: float
    of: str

    @property
    def each_usd(self) -> float:
        """What one of them costs."""
        return self.usd / self.per


MESSAGE: Final = Price(1.00, MILLION, "million WebSocket messages of up to 32 KB, in either direction")
CONNECTION_MINUTE: Final = Price(0.25, MILLION, "million minutes that a connection is open")
REST_REQUEST: Final = Price(3.50, MILLION, "million requests to a REST API")
INVOCATION: Final = Price(0.20, MILLION, "million invocations of Lambda functions")
GB_SECOND: Final = Price(13.3334, MILLION, "million GB-seconds of Lambda on arm64")
WRITE_UNIT: Final = Price(0.625, MILLION, "million DynamoDB write units, on demand")
READ_UNIT: Final = Price(0.125, MILLION, "million DynamoDB read units, on demand")
SQS_REQUEST: Final = Price(0.40, MILLION, "million requests to a standard queue, each of up to 64 KB")
LOG_GB: Final = Price(0.50, 1, "GB that CloudWatch Logs takes in")
SECRET: Final = Price(0.40, 1, "secret a month")
ALARM_METRIC: Final = Price(0.10, 1, "metric of an alarm a month")
CUSTOM_METRIC: Final = Price(0.30, 1, "custom metric a month")

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
