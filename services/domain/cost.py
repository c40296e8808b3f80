"""What a push costs on AWS, about: list prices, and what a push takes of what is charged for.

Prices are AWS's for us-east-1 in US dollars, without free tiers and discounts, as they were on 23 November 2026; other
Regions cost up to a third more. docs/operations-aws.md shows them, and where the other figures come from: what a push
takes of DynamoDB and SQS is counted by tests/cost, how long a function takes and how much it logs is assumed there.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What something takes, in the units that AWS charges."""

    rest_requests: float = 0
    messages: float = 0
    invocations: float = 0
    gb_seconds: float = 0
    write_units: float = 0
    read_units: float = 0
    sqs_requests: float = 0
    log_bytes: float = 0

    @property
    def usd(self) -> float:
        """What that costs."""
        return (
            self.rest_requests * REST_REQUEST.each_usd
            + self.messages * MESSAGE.each_usd
            + self.invocations * INVOCATION.each_usd
            + self.gb_seconds * GB_SECOND.each_usd
            + self.write_units * WRITE_UNIT.each_usd
            + self.read_units * READ_UNIT.each_usd
            + self.sqs_requests * SQS_REQUEST.each_usd
            + self.log_bytes / 1_000_000_000 * LOG_GB.each_usd
        )


SUBMISSION: Final = Taken(
    rest_requests=1, invocations=1, gb_seconds=0.018, write_units=5, read_units=4, log_bytes=1_026
)
"""The request that a push begins with, and its record."""
RELEASE: Final = Taken(invocations=2, gb_seconds=0.217, write_units=6, read_units=4.5, sqs_requests=3, log_bytes=2_052)
"""A topic of a slice: its entry in the log, its job, a worker's invocation, and the stream's that counts its page."""
DELIVERY: Final = Taken(messages=1, gb_seconds=0.00216, write_units=0.0002, read_units=0.1442)
"""One delivery more of a release."""
RECEIPT: Final = Taken(write_units=1)
CONFIRMATION: Final = Taken(messages=1, invocations=2, gb_seconds=0.034, write_units=7, read_units=3, log_bytes=2_496)
"""A terminal acknowledges, and the stream counts it."""
REPLAY: Final = Taken(messages=1, write_units=2, read_units=2)
"""A push that a terminal gets when it comes back, beside what coming back takes anyhow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much there is to do of a push. `releases` are slices times topics; `acked`: terminals are to acknowledge."""

    terminals: int
    away: int = 0
    releases: int = 1
    acked: bool = False
    resends: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Dollars. `usd`: everyone who is connected acknowledges at once where that is asked, and nobody comes back.

    `most_usd`: nobody acknowledges before the last resend, then everyone does, and all who are away come back in time.
    """

    usd: float
    most_usd: float


ASSUMES: Final = (
    f"AWS's list prices for us-east-1 on {DAY}, without free tiers; other Regions cost up to a third more",
    "usd: whoever is connected acknowledges at once where that is asked, and nobody who is away comes back",
    "most_usd: nobody acknowledges before the last resend, then everybody does, and all who are away come back",
    "runs after the first, and escalations, are pushes of their own and not in it",
)
"""What an estimate goes by, in words."""


def estimate(volume: Volume) -> Estimate:
    """About what a push costs on AWS, connections and standing costs not included."""
    each = DELIVERY.usd + (RECEIPT.usd + CONFIRMATION.usd if volume.acked else 0.0)
    usd = SUBMISSION.usd + RELEASE.usd * volume.releases + each * volume.terminals
    again = volume.resends * (RELEASE.usd * volume.releases + DELIVERY.usd * volume.terminals)
    returning = (REPLAY.usd + (CONFIRMATION.usd if volume.acked else 0.0)) * volume.away
    return Estimate(usd=usd, most_usd=usd + again + returning)
