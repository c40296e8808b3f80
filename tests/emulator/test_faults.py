"""What goes wrong on AWS while a push is on its way: nobody misses it, nobody sees it twice, the counts are right.

The functions call `@connections` by a proxy, which does to them what API Gateway may.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from services.domain.pushes import IN_FLIGHT_BOUND_S
from tests.e2e.deadlines import eventually
from tests.e2e.office import Office
from tests.e2e.targets.aws import AwsTarget, packages
from tests.e2e.targets.target import Tuning
from tests.e2e.terminal import BEGINNING
from tests.emulator import deploy, ministack
from tests.emulator.crowd import crowd_of
from tests.emulator.deploy import CONFIG, Deployment
from tests.emulator.flaky_connections import Fate, FlakyConnections, Request, all_served

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

VISIBILITY_TIMEOUT_S: Final = 30
"""After how long another worker takes up the job of one that died: the shortest that the template allows."""
MOST_RECEIVES: Final = 5
"""How often the template has a job handed out."""
STOPPED: Final = 50
"""Posts that are held: fewer than a worker has connections (64), so that all others get through meanwhile."""
WAITING: Final[Sequence[QueueAttributeNameType]] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
"""Of a queue's messages, each of which is in one of these."""


class FaultyAws(AwsTarget):
    """The stack with a proxy before `@connections`, and a clock that can be moved."""

    may_lag = False

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, Tuning(movable_clock=True))
        self._connections: FlakyConnections | None = None

    @property
    def connections(self) -> FlakyConnections:
        assert self._connections is not None, "it does not run"
        return self._connections

    def start(self) -> None:
        emulator = self._running.enter_context(ministack.running(variables=self._environment()))
        self._connections = self._running.enter_context(FlakyConnections(emulator.url).running())
        self._deployment = deploy.deploy(emulator, packages(), self._parameters(), connections_at=self.connections.url)

    def _parameters(self) -> Mapping[str, str]:
        return {
            **super()._parameters(),
            "JobVisibilityTimeout": str(VISIBILITY_TIMEOUT_S),
            "SweepRate": "rate(15 minutes)",
        }


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyAws]:
    with FaultyAws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def deployment(aws: FaultyAws) -> Deployment:
    return aws.deployment


@pytest.fixture
def connections(aws: FaultyAws) -> Iterator[FlakyConnections]:
    """All is served until the test plays something else, and again after it."""
    yield aws.connections
    aws.connections.play(all_served)


@pytest.fixture
async def office(aws: FaultyAws) -> AsyncIterator[Office]:
    async with Office(aws) as opened:
        yield opened


class Jobs:
    """The jobs' queue."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._url = deployment.resources["JobsQueue"]
        self._client: SQSClient = deploy.session().client("sqs", endpoint_url=deployment.emulator.url, config=CONFIG)

    @contextlib.contextmanager
    def kept_from_workers(self) -> Iterator[None]:
        """Jobs stay in the queue for so long."""
        client = deploy.session().client("lambda", endpoint_url=self._deployment.emulator.url, config=CONFIG)
        name = self._deployment.resources["FanOut"]
        (mapping,) = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    async def next(self) -> str:
        """The body of the next message, which stays in the queue."""

        def look() -> Sequence[str]:
            answer = self._client.receive_message(QueueUrl=self._url, VisibilityTimeout=0)
            return [message["Body"] for message in answer.get("Messages", ())]

        (body,) = await eventually(lambda: asyncio.to_thread(look), bool)
        return body

    async def deliver_again(self, body: str) -> None:
        await asyncio.to_thread(self._client.send_message, QueueUrl=self._url, MessageBody=body)

    async def are_done(self) -> None:
        """Return when the queue has no message, nor any that a worker has."""

        def left() -> int:
            numbers = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=WAITING)["Attributes"]
            return sum(map(int, numbers.values()))

        await eventually(lambda: asyncio.to_thread(left), lambda number: number == 0)


def workers(deployment: Deployment) -> Sequence[int]:
    """The fan-out function's processes: children of the emulator with its name in their environment (proc(5))."""
    variable = f"AWS_LAMBDA_FUNCTION_NAME={deployment.resources['FanOut']}".encode()
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        # One that has ended meanwhile, or is somebody else's.
        with contextlib.suppress(OSError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            variables = (process / "environ").read_bytes().split(b"\0")
            if parent == deployment.emulator.process_id and variable in variables:
                found.append(int(process.name))
    return found


def counted(push: Mapping[str, object]) -> Mapping[str, int]:
    """The counts of a push that are not 0."""
    counts = push["counts"]
    assert isinstance(counts, dict)
    return {name: number for name, number in counts.items() if number}


async def becomes(look: Callable[[], int], number: int) -> None:
    """Return when a number is as it must be."""
    await eventually(lambda: asyncio.to_thread(look), lambda seen: seen == number)


# After a minute others may have resumed from behind the push's position: what is left is released under a new one.
@pytest.mark.parametrize("after_s", [VISIBILITY_TIMEOUT_S, IN_FLIGHT_BOUND_S], ids=["soon", "after a minute"])
async def test_what_a_worker_leaves_that_is_killed_in_the_midst_of_a_page_is_taken_up(
    aws: FaultyAws, deployment: Deployment, office: Office, connections: FlakyConnections, after_s: float
) -> None:
    async with crowd_of(200, office, deployment, connections) as crowd:
        unreached, reached = crowd.ids[:STOPPED], crowd.ids[STOPPED:]
        connections.play(lambda post: Fate.HELD if post.connection_id in unreached and not post.repeat else Fate.SERVED)
        push_id = await office.api.push({"groups": [crowd.group]})
        await becomes(connections.held, len(unreached))
        await becomes(lambda: connections.number_of(Fate.SERVED), len(reached) + 1)
        for worker in workers(deployment):
            os.kill(worker, signal.SIGKILL)
        connections.let_go(Fate.LOST)
        aws.advance(after_s)
        push = await office.api.completed(push_id)
        assert counted(push) == {"targeted": len(crowd), "sent": len(crowd)}
        assert connections.copies(push_id, unreached) == {1}
        assert connections.copies(push_id, reached) == {2}
        await crowd.desk.has_shown_once(push_id)


async def test_a_job_that_is_delivered_again_counts_once(
    deployment: Deployment, office: Office, connections: FlakyConnections
) -> None:
    jobs = Jobs(deployment)
    async with crowd_of(100, office, deployment, connections) as crowd:
        slow = crowd.ids[:STOPPED]
        connections.play(lambda post: Fate.HELD if post.connection_id in slow and not post.repeat else Fate.SERVED)
        with jobs.kept_from_workers():
            push_id = await office.api.push({"groups": [crowd.group]}, strategy={"receipts": "each"})
            job = await jobs.next()
        await becomes(connections.held, len(slow))
        await jobs.deliver_again(job)
        await office.api.completed(push_id)
        connections.let_go(Fate.SERVED)
        await jobs.are_done()
        assert connections.copies(push_id, crowd.ids) == {2}
        await jobs.deliver_again(job)
        await jobs.are_done()
        assert connections.copies(push_id, crowd.ids) == {2}
        await crowd.desk.has_shown_once(push_id)
        push = await eventually(lambda: office.api.push_state(push_id), lambda push: "received" in counted(push))
        assert counted(push) == {"targeted": len(crowd), "sent": len(crowd), "received": 1}


async def test_in_a_storm_of_429_nobody_is_lost(
    deployment: Deployment, office: Office, connections: FlakyConnections
) -> None:
    async with crowd_of(200, office, deployment, connections) as crowd:
        # Of the six times that a post is tried, up to three are refused.
        refusals = {connection_id: number % 4 for number, connection_id in enumerate([*crowd.ids, crowd.desk_id])}
        connections.play(
            lambda post: Fate.THROTTLED if post.repeat < refusals.get(post.connection_id, 0) else Fate.SERVED
        )
        push_id = await office.api.push({"groups": [crowd.group]})
        push = await office.api.completed(push_id)
        assert connections.number_of(Fate.THROTTLED) == sum(refusals.values())
        assert counted(push) == {"targeted": len(crowd), "sent": len(crowd)}
        assert connections.copies(push_id, crowd.ids) == {1}
        await crowd.desk.has_shown_once(push_id)


async def test_whom_a_storm_of_429_outlasts_is_let_go_and_gets_it_on_coming_back(
    deployment: Deployment, office: Office, connections: FlakyConnections
) -> None:
    async with crowd_of(20, office, deployment, connections) as crowd:
        away = await office.terminal(groups=[crowd.group])
        stuck = {crowd.desk_id, await office.connection_id(away)}
        connections.play(
            lambda call: Fate.THROTTLED if call.connection_id in stuck and call.method == "POST" else Fate.SERVED
        )
        push_id = await office.api.push({"groups": [crowd.group]})
        push = await office.api.completed(push_id)
        assert counted(push) == {"targeted": len(crowd) + 1, "sent": len(crowd.ids), "skipped": len(stuck)}
        await away.closed()
        back = await office.terminal(away.user, groups=[crowd.group])
        assert (await back.resume(BEGINNING)).pushes() == [push_id]
        await crowd.desk.shows(push_id)
        await crowd.desk.has_shown_once(push_id)


async def test_one_in_a_hundred_that_is_gone_is_dropped_and_gets_it_on_coming_back(
    deployment: Deployment, office: Office, connections: FlakyConnections
) -> None:
    async with crowd_of(200, office, deployment, connections) as crowd:
        gone, others = crowd.ids[:2], crowd.ids[2:]
        connections.play(lambda post: Fate.GONE if post.connection_id in gone else Fate.SERVED)
        push_id = await office.api.push({"groups": [crowd.group]})
        push = await office.api.completed(push_id)
        assert counted(push) == {"targeted": len(crowd), "sent": len(crowd) - len(gone), "gone": len(gone)}
        assert connections.copies(push_id, others) == {1}
        listed = (await office.api.get("/v1/terminals", group=crowd.group, limit=500))["items"]
        assert isinstance(listed, list)
        assert {row["connection_id"] for row in listed} == {crowd.desk_id, *others}
        back = await office.terminal(gone[0], groups=[crowd.group])
        assert (await back.resume(BEGINNING)).pushes() == [push_id]
        await crowd.desk.has_shown_once(push_id)


async def test_posts_of_which_nobody_can_tell_whether_they_arrived_come_once_or_twice(
    deployment: Deployment, office: Office, connections: FlakyConnections
) -> None:
    async with crowd_of(200, office, deployment, connections) as crowd:
        lost, others = crowd.ids[:50], crowd.ids[100:]
        arrived = [*crowd.ids[50:100], crowd.desk_id]

        def first_unknown(post: Request) -> Fate:
            # What is lost twice is left to the next worker: the second time is on a connection made for it.
            if post.connection_id in lost and post.repeat < 2:
                return Fate.LOST
            return Fate.UNANSWERED if post.connection_id in arrived and not post.repeat else Fate.SERVED

        connections.play(first_unknown)
        push_id = await office.api.push({"groups": [crowd.group]})
        push = await office.api.completed(push_id)
        assert connections.number_of(Fate.UNANSWERED) == len(arrived)
        assert counted(push) == {"targeted": len(crowd), "sent": len(crowd)}
        assert connections.copies(push_id, [*lost, *others]) == {1}
        assert connections.copies(push_id, arrived[:-1]) == {2}
        await crowd.desk.has_shown_once(push_id)


async def test_a_job_that_always_fails_is_set_aside_and_what_it_was_for_is_not_lost(
    aws: FaultyAws, deployment: Deployment, office: Office, connections: FlakyConnections
) -> None:
    terminal = await office.terminal()
    connections.play(lambda _post: Fate.DENIED)
    push_id = await office.api.push({"users": [terminal.user]})

    def written(function: str, message: str) -> int:
        return sum(f'"message":"{message}"' in line and push_id in line for line in deployment.logs(function))

    for number in range(MOST_RECEIVES):
        await becomes(lambda: written("FanOut", "record failed"), number + 1)
        aws.advance(VISIBILITY_TIMEOUT_S)
    await becomes(lambda: written("DeadJobs", "job set aside"), 1)
    connections.play(all_served)
    assert (await office.api.push_state(push_id))["state"] == "sending"
    assert (await terminal.resume(BEGINNING)).pushes() == [push_id]
