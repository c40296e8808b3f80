"""What the black-box suite cannot see of the functions: what they set aside, publish and log."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.e2e.deadlines import eventually
from tests.emulator import deploy, ministack, template_file
from tests.emulator.deploy import CONFIG, Deployment
from tests.emulator.template_file import of_type

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

KEY: Final = b"a key of the emulator's tests, 32+ bytes"
ISSUER: Final = "https://id.emulator.example"
FUNCTIONS: Final = tuple(of_type(template_file.load(), "AWS::Serverless::Function"))
PLATFORM_LINES: Final = ("START ", "END ", "REPORT ")
"""How the lines begin that Lambda itself writes."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    packages: Path = tmp_path_factory.mktemp("packages")
    deploy.build_packages(packages)
    parameters = {
        "Issuer": ISSUER,
        "Audience": "fanfare",
        "Hs256Key": base64.urlsafe_b64encode(KEY).decode().rstrip("="),
        "PresenceEvents": "on",
        "DeletionProtection": "false",
    }
    with ministack.running() as emulator:
        yield deploy.deploy(emulator, packages, parameters)


def token(user: str, scope: str = "") -> str:
    claims = {"iss": ISSUER, "aud": "fanfare", "sub": user, "scope": scope, "exp": int(time.time()) + 600}
    return jwt.encode(claims, KEY, algorithm="HS256")


@asynccontextmanager
async def terminal(deployment: Deployment, user: str) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {token(user)}"}
    async with connect(deployment.ws_url, additional_headers=headers, compression=None, open_timeout=60) as socket:
        yield socket


async def push(deployment: Deployment, target: Mapping[str, object]) -> str:
    """The id of a push that was accepted."""
    headers = {"Authorization": f"Bearer {token('caller', 'push:send')}"}
    async with httpx.AsyncClient(base_url=deployment.http_url, headers=headers, timeout=60, trust_env=False) as client:
        response = await client.post("/v1/pushes", json={"target": target, "message": "hello"})
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


def lines(deployment: Deployment, function: str) -> list[Mapping[str, object]]:
    """What a function has written itself; every line is JSON."""
    return [json.loads(line) for line in deployment.logs(function) if not line.startswith(PLATFORM_LINES)]


class Queues:
    """SQS of the emulator."""

    def __init__(self, deployment: Deployment) -> None:
        self._client = deploy.session().client("sqs", endpoint_url=deployment.emulator.url, config=CONFIG)

    def made(self, name: str) -> str:
        """The URL of a new queue."""
        return self._client.create_queue(QueueName=name)["QueueUrl"]

    def arn(self, url: str) -> str:
        return self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    async def taken(self, url: str) -> str:
        """The body of the next message, which is taken out."""
        message, *_ = await eventually(lambda: asyncio.to_thread(self._received, url), bool)
        self._client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message["Body"]

    def send(self, url: str, body: str) -> None:
        self._client.send_message(QueueUrl=url, MessageBody=body)

    def _received(self, url: str) -> Sequence[MessageTypeDef]:
        return self._client.receive_message(QueueUrl=url).get("Messages", [])


@pytest.fixture
def no_workers(deployment: Deployment) -> Iterator[None]:
    """Jobs stay in their queue."""
    client = deploy.session().client("lambda", endpoint_url=deployment.emulator.url, config=CONFIG)
    (mapping,) = client.list_event_source_mappings(FunctionName=deployment.resources["FanOut"])["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.mark.usefixtures("no_workers")
async def test_a_job_that_failed_too_often_is_noted_and_counted(deployment: Deployment) -> None:
    queues = Queues(deployment)
    async with terminal(deployment, "alice"):
        push_id = await push(deployment, {"users": ["alice"]})
        job = await queues.taken(deployment.resources["JobsQueue"])
    queues.send(deployment.resources["DeadJobsQueue"], job)
    written = await eventually(lambda: asyncio.to_thread(lines, deployment, "DeadJobs"), lambda found: len(found) >= 2)
    noted, counted = written[-2:]
    assert (noted["message"], noted["level"], noted["push_id"]) == ("job set aside", "ERROR", push_id)
    assert counted["DeadJobs"] == [1.0]


async def test_who_comes_and_who_goes_is_published(deployment: Deployment) -> None:
    queues = Queues(deployment)
    url = queues.made("presence-followers")
    events = deploy.session().client("events", endpoint_url=deployment.emulator.url, config=CONFIG)
    bus = deployment.outputs["PresenceBus"]
    events.put_rule(
        Name="users", EventBusName=bus, EventPattern='{"source": ["fanfare"], "detail": {"kind": ["user"]}}'
    )
    events.put_targets(Rule="users", EventBusName=bus, Targets=[{"Id": "queue", "Arn": queues.arn(url)}])
    async with terminal(deployment, "bob"):
        came = json.loads(await queues.taken(url))
    went = json.loads(await queues.taken(url))
    assert came["detail-type"] == went["detail-type"] == "presence"
    assert came["detail"] == {"kind": "user", "name": "bob", "online": True}
    assert went["detail"] == {"kind": "user", "name": "bob", "online": False}


async def test_what_the_functions_write_is_json_and_holds_no_token_and_no_message(deployment: Deployment) -> None:
    async with terminal(deployment, "carol") as socket:
        push_id = await push(deployment, {"users": ["carol"]})
        assert json.loads(await socket.recv())["id"] == push_id
    written = [line for function in FUNCTIONS for line in lines(deployment, function)]
    text = json.dumps(written)
    assert written
    assert "eyJ" not in text
    assert "hello" not in text


async def test_a_delivery_is_measured(deployment: Deployment) -> None:
    async with terminal(deployment, "dave") as socket:
        await push(deployment, {"users": ["dave"]})
        await socket.recv()
    written = await eventually(
        lambda: asyncio.to_thread(lines, deployment, "FanOut"),
        lambda found: any("Deliveries" in line and "FanOutLatency" in line for line in found),
    )
    assert all(line["service"] == deploy.STACK for line in written)
