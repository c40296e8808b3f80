"""What the black-box suite cannot see of the functions: what they set aside, publish and log."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect

from infra.webhooks import signature
from tests.e2e.deadlines import eventually
from tests.emulator import deploy, ministack, template_file
from tests.emulator.deploy import CONFIG, Deployment
from tests.emulator.template_file import of_type

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

KEY: Final = b"a key of the emulator's tests, 32+ bytes"
WEBHOOK_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ISSUER: Final = "https://id.emulator.example"
FUNCTIONS: Final = tuple(of_type(template_file.load(), "AWS::Serverless::Function"))
PLATFORM_LINES: Final = ("START ", "END ", "REPORT ")
"""How the lines begin that Lambda itself writes."""


class Receiver(ThreadingHTTPServer):
    """Who gets webhooks: it refuses the first one, and takes all others."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.lock = threading.Lock()
        self.received: list[tuple[Mapping[str, str], bytes]] = []

    def events(self) -> list[Mapping[str, Any]]:
        """The events that came, those that were refused too."""
        with self.lock:
            return [json.loads(body) for _, body in self.received]


class _Hook(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.received.append((dict(self.headers.items()), body))
            is_first = len(self.server.received) == 1
        self.send_response(503 if is_first else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Tests are silent."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def deployment(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    packages: Path = tmp_path_factory.mktemp("packages")
    deploy.build_packages(packages)
    webhook = {
        "url": f"http://127.0.0.1:{receiver.server_port}/hook",
        "http": True,
        "networks": ["127.0.0.0/8"],
        "secret": WEBHOOK_SECRET,
        "events": ["push.*"],
    }
    with ministack.running() as emulator:
        secrets = deploy.session().client("secretsmanager", endpoint_url=emulator.url, config=CONFIG)
        parameters = {
            "Issuer": ISSUER,
            "Audience": "fanfare",
            "Hs256Key": base64.urlsafe_b64encode(KEY).decode().rstrip("="),
            "Events": "on",
            "WebhooksSecret": secrets.create_secret(Name="webhooks", SecretString=json.dumps([webhook]))["ARN"],
            "DeletionProtection": "false",
        }
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
    bus = deployment.outputs["EventBus"]
    pattern = {"source": ["fanfare"], "detail": {"subject": ["user:bob"]}}
    events.put_rule(Name="users", EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule="users", EventBusName=bus, Targets=[{"Id": "queue", "Arn": queues.arn(url)}])
    async with terminal(deployment, "bob"):
        came = json.loads(await queues.taken(url))
    went = json.loads(await queues.taken(url))
    assert (came["detail-type"], went["detail-type"]) == ("fanfare.user.connected", "fanfare.user.disconnected")
    assert (came["detail"]["data"], came["detail"]["source"]) == ({"user": "bob"}, "/fanfare/fanfare")


async def test_what_becomes_of_a_push_is_told_to_a_webhook_and_again_if_it_was_refused(
    deployment: Deployment, receiver: Receiver
) -> None:
    async with terminal(deployment, "dora") as socket:
        push_id = await push(deployment, {"users": ["dora"]})
        assert json.loads(await socket.recv())["id"] == push_id

    def told() -> list[str]:
        return [str(event["id"]).removeprefix(f"{push_id}/") for event in receiver.events()]

    wanted = {"0/created", "0/sending", "1/completed"}
    await eventually(lambda: asyncio.to_thread(told), lambda ids: wanted <= set(ids) and len(ids) > len(set(ids)))
    for headers, body in receiver.received:
        event_id, at_s = headers["webhook-id"], int(headers["webhook-timestamp"])
        signed = signature.headers([signature.secret_of(WEBHOOK_SECRET)], event_id=event_id, at_s=at_s, body=body)
        assert headers["webhook-signature"] == signed["webhook-signature"]


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
