"""The services over DynamoDB and SQS as moto plays them, used as Lambda uses them, with a ledger of what that takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as MotoItem
from starlette.requests import Request

from admin_api.authentication import Authenticator
from infra.aws import connection_rows, headcount, keys, last_seen, table_stream
from infra.aws.activity import Activity
from infra.aws.attributes import Item, decoded_item, encoded_item
from infra.aws.audit_trail import AuditTrail
from infra.aws.blocks import Blocks
from infra.aws.last_seen import LastSeen
from infra.aws.memberships import Memberships
from infra.aws.plans import Plans
from infra.aws.push_store import PushStore
from infra.aws.queues import Queue
from infra.aws.registry import Registry
from infra.aws.schedules import Schedules
from infra.aws.senders import Senders
from infra.aws.shards import Sharding
from infra.aws.strategies import Strategies
from infra.aws.table import Table
from infra.aws.tickets import Tickets
from infra.aws.timers import Timers
from infra.aws.values import seconds
from services.connections import activity
from services.connections import handler as connections
from services.connections.admission import Admission
from services.domain import jobs, positions
from services.domain.connection import Connection, opened
from services.domain.identity import AttributeValue, Identity, to_context
from services.domain.pushes import State
from services.fanout.delivery import NO_LIMIT, Budget, deliver
from services.messages import handler as messages
from services.ports import Ports, Timer
from services.pushes import requests
from services.pushes.submit import submit
from services.timeline import handler as timeline
from tests.contract import dynamodb, sqs
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.ids import ids_from_the_start
from tests.cost.moto_queries import fast_queries
from tests.cost.spending import CountingSockets, Ledger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

GROUPS: Final = ("group-of-an-office", "group-of-a-team")
ATTRIBUTES: Final[Mapping[str, AttributeValue]] = {
    "os": "windows 11",
    "version": "2026.11.3",
    "site": "Head office",
    "floor": 7,
    "kiosk": False,
}
MESSAGE: Final = {"title": "Maintenance tonight", "text": "The mail servers are down from 22:00 to 23:00."}
IDEMPOTENCY_KEY: Final = "6f1c1a0e-8d6e-4a57-9f42-1f2f6f3f7e11"
USER_AGENT: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
TOKEN: Final = "token"
AT_ONCE: Final[Mapping[str, object]] = {}
BATCH: Final = 10
"""Most messages that SQS hands out at a time."""


def identity(user: str, *, groups: tuple[str, ...] = GROUPS) -> Identity:
    """A token as an identity provider issues it: names are addresses, and it lasts for a working day."""
    return Identity(
        user=user,
        issuer="https://login.example.com/realms/office",
        issued_at_s=int(NOON_S),
        expires_at_s=int(NOON_S) + 12 * 3_600,
        token_id="9b0d2f7e-6b0a-4c55-8f3d-0c9a1f6c2b7e",
        groups=groups,
        attributes=ATTRIBUTES,
    )


def user_number(number: int) -> str:
    """The name of a user, as long as such names are."""
    return f"firstname.lastname{number:06d}@subsidiary.example.com"


def connection_number(number: int) -> str:
    """A connection id, as long as API Gateway's."""
    return f"R0oXA{number:06d}CH6w="[:15] + "="


def filed(number: int, *, groups: tuple[str, ...] = GROUPS) -> Connection:
    """A connection as `$connect` files it; it was opened an hour ago."""
    return opened(
        identity(user_number(number), groups=groups),
        connection_id=connection_number(number),
        calls_itself="desktop",
        run_time_groups=frozenset(),
        now_s=NOON_S - 3_600,
        source_ip="192.0.2.7",
        user_agent=USER_AGENT,
    )


def come(row: Connection) -> headcount.StreamRecord:
    """What the stream says when a connection comes."""
    image = _written(connection_rows.record(row, Sharding()))
    return {"dynamodb": {"Keys": _key(image), "NewImage": image}}


def gone(row: Connection) -> headcount.StreamRecord:
    """What the stream says when a connection goes."""
    image = _written(connection_rows.record(row, Sharding()))
    return {"dynamodb": {"Keys": _key(image), "OldImage": image}}


class OneToken:
    """A verifier that knows one token, of the first user."""

    def verify(self, token: str) -> Identity:
        assert token == TOKEN
        return identity(user_number(0))

    def needs_network(self, token: str) -> bool:
        return False


class Cloud:
    """One deployment. Each function of it is called with an event as API Gateway, SQS or the stream makes it."""

    def __init__(self, table: Table, clock: ManualClock, jobs_queue: Queue, sockets: CountingSockets) -> None:
        self.clock = clock
        self.sockets = sockets
        self.ledger = Ledger(dynamodb.client(), sqs.client(), sockets)
        self._table = table
        self._queue = jobs_queue
        self._stream = dynamodb.Stream()
        self._size = 0
        self._timers = Timers(table, sqs.queue("timers"), cast(Schedules, None), clock)
        self._ports = self._of_a_process()
        self._connections = connections.build(self._ports, Admission(self._ports, connections_per_user=20))
        self._messages = messages.build(self._ports, OneToken())

    async def connect(self, number: int = 0) -> None:
        """`$connect` of one terminal."""
        answer = await self._connections(
            {
                "headers": {"Host": "push.example.com", "User-Agent": USER_AGENT},
                "queryStringParameters": {"terminal": "desktop"},
                "requestContext": {
                    **self._context(number, "CONNECT"),
                    "authorizer": to_context(identity(user_number(number))),
                },
            }
        )
        assert answer == {"statusCode": 200}

    async def disconnect(self, number: int = 0) -> None:
        """`$disconnect` of one terminal."""
        await self._connections(
            {"requestContext": {**self._context(number, "DISCONNECT"), "disconnectStatusCode": 1001}}
        )

    async def send(self, frame: Mapping[str, object], number: int = 0) -> None:
        """A frame that a terminal sends, by the route `$default`."""
        await self._messages({"requestContext": self._context(number, "MESSAGE"), "body": json.dumps(frame)})

    async def count(self, *records: headcount.StreamRecord) -> None:
        """The stream's function: with these records in one batch, or with all that is new."""
        now_s = self.clock.now_s()
        batch = records or self._stream.records(at_s=now_s)
        await last_seen.file(self._table, batch, now_s=now_s, days=30)
        await table_stream.follow(self._table, None, batch, now_s=now_s)

    def lose(self, numbers: Iterable[int]) -> None:
        """The sockets of these terminals are gone, and nobody was told."""
        self.sockets.lose(*map(connection_number, numbers))

    async def push(
        self,
        target: str,
        *,
        receipts: str = "none",
        strategy: Mapping[str, object] = AT_ONCE,
        idempotency_key: str | None = None,
        budget: Budget = NO_LIMIT,
    ) -> str:
        """A push, accepted, and then delivered by workers that have never heard of it; its id."""
        meant = {"receipts": receipts, **strategy}
        request = await requests.checked(self._ports, target=target, message=MESSAGE, strategy=meant)
        submitted = await submit(self._ports, request, sender="backend", idempotency_key=idempotency_key)
        while await self._work(budget):
            pass
        return submitted.push.id

    async def state(self, push_id: str) -> State:
        """The state of a push now."""
        push = await self._ports.pushes.get(push_id)
        assert push is not None
        return push.state

    async def _work(self, budget: Budget) -> bool:
        """One batch of the jobs queue: received, done, deleted, as Lambda does it; whether there was one."""
        client = sqs.client()
        received = client.receive_message(QueueUrl=self._queue.url, MaxNumberOfMessages=BATCH).get("Messages", [])
        if not received:
            return False
        for message in received:
            await self._do(message["Body"], budget)
        client.delete_message_batch(
            QueueUrl=self._queue.url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(received)
            ],
        )
        return True

    async def wait(self, seconds: float) -> None:
        """So long passes. Timers that are due by then fire, in order, and workers do what that releases."""
        until_s = self.clock.at_s + seconds
        while due := [timer for timer in _timers() if timer.at_s <= until_s]:
            first = min(due, key=lambda timer: timer.at_s)
            self.clock.at_s = max(self.clock.at_s, first.at_s)
            await self._fire(first.name)
            while await self._work(NO_LIMIT):
                pass
        self.clock.at_s = until_s

    async def set_and_fire(self, name: str, after_s: float) -> None:
        """A timer for nothing."""
        await self._ports.timers.set(Timer(name=name, at_s=self.clock.at_s + after_s, body={"do": "nothing"}))
        self.clock.at_s += after_s

        async def nothing(_: Mapping[str, object]) -> None:
            return

        await self._fire(name, nothing)

    async def overdue(self) -> None:
        """What the sweep of each minute reads. It finds all overdue here, and takes on none of them."""
        await self._ports.pushes.overdue(float("1e12"), limit=0)

    async def _fire(self, name: str, act: timeline.Handler | None = None) -> None:
        """The message of a timer, as the timeline function does it. Moto would hide it for as long as it says."""
        ports = self._of_a_process()
        self.ledger.message_received_and_deleted()
        await self._timers.fire(json.dumps({"timer": name}), act or timeline.build(ports))

    async def sample(self) -> None:
        """What the sweeper does each minute for the sizes of groups."""
        await activity.sample(self._ports)

    async def sweep(self) -> None:
        """What the sweeper reads. It finds all over here: the ledger knows the size of what is found only."""
        await self._ports.registry.over(float("inf"), limit=1)

    async def judge_caller(self) -> None:
        """What the REST API does before each request: is its caller kept out?"""
        scope = {
            "type": "http",
            "headers": [(b"authorization", f"Bearer {TOKEN}".encode())],
            "client": ("192.0.2.7", 1),
        }
        await Authenticator(self._ports, OneToken()).caller(Request(scope), [])

    def fill(self, rows: Sequence[Connection], *, whole: bool = True) -> None:
        """Connections that are registered and counted, straight in moto's store; if not `whole`, as others see them."""
        for row in rows:
            filed = connection_rows.rows(row, Sharding())
            for item in (connection_rows.record(row, Sharding()), *filed) if whole else filed[: 1 + len(row.groups)]:
                _store(item)
        for group, number in Counter(group for row in rows for group in row.groups).items():
            _store({**keys.group_count(group)._asdict(), "n": number, "expires_at": int(NOON_S) + 86_400})
        self._size += len(rows)
        self.say_there_are(self._size)

    def say_there_are(self, number: int) -> None:
        """Have the counters say that so many are connected, each with a user of its own."""
        _store({**keys.TOTALS._asdict(), "connections": number, "terminals": number, "users": number})

    async def _do(self, body: str, budget: Budget) -> None:
        """A job, as the fan-out function does it (`infra.aws.functions.fanout`)."""
        ports = self._of_a_process()
        current = await cast(PushStore, ports.pushes).current(jobs.from_json(body))
        assert current is not None
        await deliver(ports, current, budget)

    def _of_a_process(self) -> Ports:
        """The ports of a process that remembers nothing."""
        table, clock = self._table, self.clock
        return Ports(
            clock=clock,
            registry=Registry(table, clock),
            pushes=PushStore(table, self._queue, clock),
            gateway=self.sockets,
            blocks=Blocks(table, clock),
            memberships=Memberships(table),
            tickets=Tickets(table, clock),
            audit=AuditTrail(table, clock),
            # No moment here is so far off that it takes a schedule.
            timers=self._timers,
            strategies=Strategies(table),
            senders=Senders(table),
            plans=Plans(table),
            last_seen=LastSeen(table, clock),
            activity=Activity(table, clock),
        )

    def _context(self, number: int, kind: str) -> dict[str, object]:
        return {
            "connectionId": connection_number(number),
            "eventType": kind,
            "identity": {"sourceIp": "192.0.2.7", "userAgent": USER_AGENT},
        }


def _timers() -> list[Timer]:
    """The timers that are set, as moto has them."""
    items = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].tables[dynamodb.NAME].all_items()
    written = [decoded_item(item.to_json()["Attributes"]) for item in items]
    return [
        Timer(name=keys.unescaped(str(item["pk"]).partition("#")[2]), at_s=seconds(item["at_s"]))
        for item in written
        if str(item["pk"]).startswith("TIMER#")
    ]


def _written(item: Item) -> Mapping[str, AttributeValueTypeDef]:
    """An item as DynamoDB's JSON writes it."""
    # What is written has the narrower of the two types that the stubs give to values.
    return cast("Mapping[str, AttributeValueTypeDef]", encoded_item(item))


def _key(image: Mapping[str, AttributeValueTypeDef]) -> Mapping[str, AttributeValueTypeDef]:
    return {name: image[name] for name in ("pk", "sk")}


def _store(item: Item) -> None:
    """Put an item into moto's table without a call."""
    attributes = dict(_written(item))
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].tables[dynamodb.NAME]
    partition, place = (DynamoType(dict(attributes[name])) for name in ("pk", "sk"))
    table.items[partition][place] = MotoItem(partition, place, attributes)


def position() -> str:
    """A position of a minute ago."""
    return positions.lowest_at(NOON_S - 60)


@contextmanager
def running() -> Iterator[Cloud]:
    """A deployment in which nobody is connected."""
    with ids_from_the_start(), dynamodb.table() as table, fast_queries():
        cloud = Cloud(table, ManualClock(), sqs.queue("jobs"), CountingSockets())
        with cloud.ledger:
            yield cloud
