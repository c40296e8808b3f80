"""The secret that says who is told: read once in a while, and its mistakes named without what it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError

from infra.aws.webhook_endpoints import READ_AGAIN_AFTER_S, EndpointsUnavailable, WebhookEndpoints
from tests.contract.adapters import ManualClock
from tests.unit.webhooks.receiver import SECRET

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webhooks-AbCdEf"


class Secrets:
    """Secrets Manager as a script: a secret with this text, or none that may be read."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.calls = 0

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        assert SecretId == ARN
        self.calls += 1
        if self.text is None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")
        return {"SecretString": self.text}


def holding(*hosts: str) -> str:
    return json.dumps([{"url": f"https://{host}/", "secret": SECRET} for host in hosts])


def endpoints(secrets: Secrets, clock: ManualClock) -> WebhookEndpoints:
    return WebhookEndpoints(cast("SecretsManagerClient", secrets), ARN, clock)


async def test_they_are_read_once_in_a_while(clock: ManualClock) -> None:
    secrets = Secrets(holding("one.example"))
    read = endpoints(secrets, clock)
    for _ in range(3):
        assert [each.host for each in await read.current()] == ["one.example"]
    assert secrets.calls == 1
    secrets.text = holding("one.example", "two.example")
    clock.at_s += READ_AGAIN_AFTER_S
    assert [each.host for each in await read.current()] == ["one.example", "two.example"]


@pytest.mark.parametrize("text", [None, "not JSON", '[{"url": "http://plain.example/"}]'])
async def test_what_was_read_stays_in_force_when_the_secret_fails(text: str | None, clock: ManualClock) -> None:
    secrets = Secrets(holding("one.example"))
    read = endpoints(secrets, clock)
    await read.current()
    secrets.text = text
    clock.at_s += READ_AGAIN_AFTER_S
    assert [each.host for each in await read.current()] == ["one.example"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "AccessDeniedException"),
        ("", "not JSON"),
        (f"[{SECRET}", "not JSON"),
        ("{}", "not a JSON list"),
        (f'["{SECRET}"]', "not a JSON list of objects"),
        (json.dumps([{"url": "http://one.example/", "secret": SECRET}]), "webhook 1: url must begin with https"),
        (json.dumps([{"url": "https://one.example/", "secret": f"x{SECRET}"}]), "webhook 1: secret"),
    ],
)
async def test_a_mistake_is_named_without_the_secret(text: str | None, fault: str, clock: ManualClock) -> None:
    with pytest.raises(EndpointsUnavailable, match=fault) as refused:
        await endpoints(Secrets(text), clock).current()
    assert SECRET not in str(refused.value)
