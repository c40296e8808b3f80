"""`python -m bench.scale`: a push to a group of 50 and one to all of a million connections, as on AWS, on two cores.

On core 0 what would run in Lambda: submission, and as many workers as the queue's MaximumConcurrency lets run, over the
adapters for DynamoDB, SQS and `@connections`. On core 1 the simulators of those three.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import uvloop
from botocore.config import Config

from bench.machine import CLIENT_CORE, SERVER_CORE, description, on_core, require_two_cores
from bench.report import Table, thousands
from bench.scale.connections_api import is_gone
from bench.scale.crowd import GROUP, Crowd
from infra.aws import keys
from infra.aws.activity import Activity
from infra.aws.attributes import encoded_item
from infra.aws.audit_trail import AuditTrail
from infra.aws.blocks import Blocks
from infra.aws.last_seen import LastSeen
from infra.aws.memberships import Memberships
from infra.aws.plans import Plans
from infra.aws.push_store import PushStore
from infra.aws.queues import Queue
from infra.aws.registry import Registry
from infra.aws.sender.budget import Budget as Rate
from infra.aws.sender.pool import Limits
from infra.aws.sender.sender import Sender
from infra.aws.senders import Senders
from infra.aws.shards import Sharding
from infra.aws.strategies import Strategies
from infra.aws.table import Table as DynamoDBTable
from infra.aws.tickets import Tickets
from infra.clock import SystemClock
from services.domain import jobs, topics
from services.domain.pushes import Counts, State
from services.fanout.delivery import Budget, deliver
from services.ports import Ports, Timer
from services.pushes import requests
from services.pushes.submit import submit

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
TABLE = "fanfare"
CONCURRENCY = 4
"""`MaximumConcurrency` of the jobs queue."""
POSTS_PER_S = 9_000
"""What the workers together take of the account's 10,000."""
POLL_EVERY_S = 0.1
"""How often a worker with nothing to do looks for a job."""
INVOCATION_S = 60.0
"""Timeout of the fan-out function."""
NEVER_S = 4_000_000_000


class NoTimers:
    """These pushes set none."""

    async def set(self, timer: Timer) -> None:
        raise AssertionError(f"no push sets a timer here: {timer.name}")

    async def cancel(self, name: str) -> None:
        raise AssertionError(f"no push sets a timer here: {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Where the simulators listen."""

    aws_url: str
    connections_url: str

    def report(self, url: str) -> dict[str, Any]:
        """What one of them has seen since the last time."""
        with urllib.request.urlopen(f"{url}/report") as answer:
            seen: dict[str, Any] = json.load(answer)
        return seen


class Cloud:
    """The service over the simulators, with its workers."""

    def __init__(self, simulated: Simulated, crowd: Crowd) -> None:
        self._simulated = simulated
        session = boto3.Session("bench", "bench", region_name=REGION)
        config = Config(max_pool_connections=64, tcp_keepalive=True)
        dynamodb = session.client("dynamodb", endpoint_url=simulated.aws_url, config=config)
        self._sqs: SQSClient = session.client("sqs", endpoint_url=simulated.aws_url, config=config)
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        for key, counted in (
            (keys.TOTALS, {"connections": crowd.size, "terminals": crowd.size, "users": crowd.size}),
            (keys.group_count(GROUP), {"n": crowd.members, "expires_at": NEVER_S}),
        ):
            dynamodb.put_item(TableName=TABLE, Item=encoded_item({**key._asdict(), **counted}))
        self._queue_url = self._sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
        table = DynamoDBTable(dynamodb, TABLE)
        clock = SystemClock()
        self.pushes = PushStore(table, Queue(self._sqs, self._queue_url), clock)
        self._senders = [self._sender(POSTS_PER_S / CONCURRENCY) for _ in range(CONCURRENCY)]
        self._ports = [
            Ports(
                clock=clock,
                registry=Registry(table, clock, crowd.sharding),
                pushes=self.pushes,
                gateway=sender,
                blocks=Blocks(table, clock),
                memberships=Memberships(table),
                tickets=Tickets(table, clock),
                audit=AuditTrail(table, clock),
                timers=NoTimers(),
                strategies=Strategies(table),
                senders=Senders(table),
                plans=Plans(table),
                last_seen=LastSeen(table, clock),
                activity=Activity(table, clock),
            )
            for sender in self._senders
        ]

    def _sender(self, per_s: float) -> Sender:
        return Sender(
            f"{self._simulated.connections_url}/live",
            region=REGION,
            budget=Rate(per_s=per_s, burst=per_s / 20),
            limits=Limits(connections=64),
        )

    async def push(self, target: str, message: str) -> tuple[float, Counts, int]:
        """Submit a push and see it through: seconds until it is completed, its counts, and invocations made."""
        workers = [asyncio.create_task(self._worker(ports)) for ports in self._ports]
        began_s = time.monotonic()
        request = await requests.checked(self._ports[0], target=target, message=message)
        submitted = await submit(self._ports[0], request, sender="bench")
        while True:
            now = await self.pushes.get(submitted.push.id)
            assert now is not None
            if now.state is not State.SENDING:
                break
            await asyncio.sleep(0.25)
        lasted_s = time.monotonic() - began_s
        for worker in workers:
            worker.cancel()
        invocations = sum(
            result for result in await asyncio.gather(*workers, return_exceptions=True) if isinstance(result, int)
        )
        return lasted_s, await self.pushes.counts(submitted.push.id), invocations

    async def _worker(self, ports: Ports) -> int:
        """What Lambda does with the queue: hand out a batch, delete what succeeded."""
        invocations = 0
        try:
            while True:
                answer = await asyncio.to_thread(
                    self._sqs.receive_message, QueueUrl=self._queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=0
                )
                messages = answer.get("Messages", [])
                if not messages:
                    await asyncio.sleep(POLL_EVERY_S)
                    continue
                invocations += 1
                budget = _time_limit(time.monotonic() + INVOCATION_S)
                for message in messages:
                    current = await self.pushes.current(jobs.from_json(message["Body"]))
                    if current is not None:
                        await deliver(ports, current, budget)
                    await asyncio.to_thread(
                        self._sqs.delete_message, QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                    )
        except asyncio.CancelledError:
            return invocations

    async def aclose(self) -> None:
        """Close the senders' connections."""
        for sender in self._senders:
            await sender.aclose()


def _time_limit(ends_s: float) -> Budget:
    return Budget(remaining_s=lambda: ends_s - time.monotonic())


async def measure(simulated: Simulated, crowd: Crowd) -> Table:
    """Both pushes. Raises AssertionError if one is lost."""
    table = Table(
        f"Pushes to a registry of {crowd.size:,} connections",
        ("", "seconds", "posts/s", "lost", "doubled", "gone", "429", "read units", "write units", "SQS calls", "CPU s"),
    )
    cloud = Cloud(simulated, crowd)
    everyone = range(crowd.size)
    for name, target, meant in (
        (f"group of {crowd.members}", str(topics.group(GROUP)), [n for n in everyone if crowd.is_member(n)]),
        (f"all {crowd.size:,}", "all", everyone),
    ):
        simulated.report(simulated.aws_url)
        simulated.report(simulated.connections_url)
        before_s = time.process_time()
        lasted_s, counts, _ = await cloud.push(target, "x" * 200)
        cpu_s = time.process_time() - before_s
        aws, seen = simulated.report(simulated.aws_url), simulated.report(simulated.connections_url)
        open_now = sum(not is_gone(number) for number in meant)
        lost = open_now - seen["connections"]
        assert lost == 0, f"{lost} of {open_now} connections did not get it; {counts}; {seen}"
        assert (counts.targeted, counts.sent) == (len(meant), open_now), counts
        sqs = sum(aws["calls"].get(call, 0) for call in ("SendMessageBatch", "SendMessage", "DeleteMessage"))
        figures = (
            thousands(seen["connections"] / lasted_s),
            *(thousands(n) for n in (lost, seen["doubled"], counts.gone, seen["throttled"])),
            *(thousands(aws["units"].get(kind, 0)) for kind in ("read", "write")),
            thousands(sqs),
        )
        table.rows.append((name, f"{lasted_s:.2f}", *figures, f"{cpu_s:.1f}"))
    await cloud.aclose()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.remarks.extend(
        [
            f"{CONCURRENCY} workers with {POSTS_PER_S:,} posts/s between them; `@connections` answers in 10 to 20 ms,"
            " allows 10,000/s with a burst of 5,000, is in a storm of 429 for 0.3 s of every 7, and has lost 1"
            " connection of 100.",
            f"All workers in one process on one core, boto3 included: {peak_mb:.0f} MB at the most.",
            "Units by DynamoDB's size rules; SQS calls without those that receive, which are Lambda's pollers'.",
        ]
    )
    return table


@contextmanager
def simulators(crowd: Crowd) -> Iterator[Simulated]:
    """Both simulators, on the core that is not ours."""
    size = ["--connections", str(crowd.size), "--members", str(crowd.members)]
    with ExitStack() as stack:
        urls = []
        for module, arguments in (("aws_api", size), ("connections_api", [])):
            command = on_core(CLIENT_CORE, sys.executable, "-m", f"bench.scale.{module}", *arguments)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout is not None
            urls.append(f"http://127.0.0.1:{int(process.stdout.readline())}")
        yield Simulated(aws_url=urls[0], connections_url=urls[1])


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    arguments.add_argument("--connections", type=int, default=1_000_000)
    arguments.add_argument("--members", type=int, default=50)
    given = arguments.parse_args()
    require_two_cores()
    os.sched_setaffinity(0, {SERVER_CORE})
    os.environ.update(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")
    crowd = Crowd(given.connections, given.members, Sharding())
    print(f"## {description()}\n", flush=True)
    with simulators(crowd) as simulated:
        print(uvloop.run(measure(simulated, crowd)))


if __name__ == "__main__":
    main()
