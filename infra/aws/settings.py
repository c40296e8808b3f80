"""Settings of the Lambda functions: environment variables, which template.yaml sets, as typed values.

Read once, when a function starts, so a bad one is an error of the deployment and not of the thousandth request. The
authorizer does not use this: what it reads is in `services.authorizer.handler`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


class SettingsError(Exception):
    """An environment variable is missing or makes no sense; the message names it and what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every function but the authorizer is told.

    `connections_url` is where `@connections` of the WebSocket stage is. Of API Gateway's requests a second, which the
    whole account shares, one process takes `posts_per_s`, and `posts_burst` at once after a pause.
    """

    region: str
    service: str
    table: str
    jobs_queue_url: str
    timers_queue_url: str
    timers_queue_arn: str
    schedule_group: str
    scheduler_role_arn: str
    connections_url: str
    posts_per_s: int
    posts_burst: int
    shards: int
    big_groups: frozenset[str]
    connections_per_user: int
    push_retention_days: int
    audit_retention_days: int
    last_seen_days: int


def from_environment(variables: Mapping[str, str]) -> Settings:
    """The settings that these variables describe; names in `EXAMPLE`. Raises SettingsError."""
    read = Variables(variables)
    return Settings(
        region=read.text("AWS_REGION"),
        service=read.text("POWERTOOLS_SERVICE_NAME"),
        table=read.text("FANFARE_TABLE"),
        jobs_queue_url=read.text("FANFARE_JOBS_QUEUE_URL"),
        timers_queue_url=read.text("FANFARE_TIMERS_QUEUE_URL"),
        timers_queue_arn=read.text("FANFARE_TIMERS_QUEUE_ARN"),
        schedule_group=read.text("FANFARE_SCHEDULE_GROUP"),
        scheduler_role_arn=read.text("FANFARE_SCHEDULER_ROLE_ARN"),
        connections_url=read.text("FANFARE_CONNECTIONS_URL"),
        posts_per_s=read.number("FANFARE_POSTS_PER_SECOND", least=1, most=1_000_000),
        posts_burst=read.number("FANFARE_POSTS_BURST", least=1, most=1_000_000),
        shards=read.number("FANFARE_SHARDS", least=1, most=256),
        big_groups=frozenset(read.names("FANFARE_BIG_GROUPS")),
        connections_per_user=read.number("FANFARE_CONNECTIONS_PER_USER", least=1, most=10_000),
        push_retention_days=read.number("FANFARE_PUSH_RETENTION_DAYS", least=1, most=3_650),
        audit_retention_days=read.number("FANFARE_AUDIT_RETENTION_DAYS", least=1, most=3_650),
        last_seen_days=read.number("FANFARE_LAST_SEEN_DAYS", least=1, most=3_650),
    )


class Variables:
    """Environment variables, read with a complaint that names the one at fault."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """A variable that must be there. Raises SettingsError."""
        value = self._variables.get(name, "").strip()
        if not value:
            raise SettingsError(f"the environment variable {name} is missing; template.yaml sets it")
        return value

    def optional_text(self, name: str) -> str | None:
        """A variable that may be missing or empty."""
        return self._variables.get(name, "").strip() or None

    def number(self, name: str, *, least: int, most: int) -> int:
        """A whole number from `least` to `most`. Raises SettingsError."""
        text = self.text(name)
        if not (text.isascii() and text.isdecimal() and len(text) <= 18 and least <= int(text) <= most):
            raise SettingsError(f"the environment variable {name} is {text[:32]!r}; it must be from {least} to {most}")
        return int(text)

    def names(self, name: str) -> tuple[str, ...]:
        """Names with commas between them; none if the variable is missing or empty."""
        return tuple(part.strip() for part in self._variables.get(name, "").split(",") if part.strip())


EXAMPLE: Final[Mapping[str, str]] = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "example",
    "AWS_SECRET_ACCESS_KEY": "example",
    "POWERTOOLS_SERVICE_NAME": "fanfare",
    "FANFARE_TABLE": "fanfare",
    "FANFARE_JOBS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
    "FANFARE_TIMERS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/timers",
    "FANFARE_TIMERS_QUEUE_ARN": "arn:aws:sqs:eu-central-1:123456789012:timers",
    "FANFARE_SCHEDULE_GROUP": "fanfare",
    "FANFARE_SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/fanfare-scheduler",
    "FANFARE_CONNECTIONS_URL": "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live",
    "FANFARE_POSTS_PER_SECOND": "1000",
    "FANFARE_POSTS_BURST": "500",
    "FANFARE_SHARDS": "16",
    "FANFARE_BIG_GROUPS": "",
    "FANFARE_CONNECTIONS_PER_USER": "20",
    "FANFARE_PUSH_RETENTION_DAYS": "30",
    "FANFARE_AUDIT_RETENTION_DAYS": "400",
    "FANFARE_LAST_SEEN_DAYS": "30",
    "FANFARE_ISSUERS": '[{"issuer": "https://id.example", "audiences": ["fanfare"], "discovery": true}]',
    "FANFARE_TICKET_KEY": "A" * 64,
    "FANFARE_WS_URL": "wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live",
    "FANFARE_CONSOLE_OIDC_AUTHORITY": "",
    "FANFARE_CONSOLE_OIDC_CLIENT_ID": "",
    "FANFARE_CONSOLE_OIDC_SCOPE": "openid",
    "FANFARE_CONSOLE_OIDC_ORIGINS": "",
    "FANFARE_CONSOLE_CONFIRM_ABOVE": "100",
    "FANFARE_WEBHOOKS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/webhooks",
    "FANFARE_WEBHOOKS_SECRET": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webhooks-AbCdEf",
}
"""Every variable that a function needs, as it could be: for tests, and to see what a function imports."""
