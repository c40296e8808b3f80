"""A registry of any size, generated: connection number n is the same at every call, and nothing is kept of it.

The connections stand at equal distances round the ring; a group of a few is spread among them.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass

from infra.aws import connection_rows, keys
from infra.aws.attributes import Item
from infra.aws.shards import Sharding, shard_of
from services.domain import topics
from services.domain.connection import Connection
from services.domain.ring import SIZE
from services.domain.topics import Topic

OPENED_AT_S = int(time.time())
LASTS_S = 10 * 86_400
GROUP = "ops"
_MARK = b"\x02\x00\x07"


@dataclass(frozen=True, slots=True)
class Crowd:
    """`size` connections, of which `members` are in the group `ops`."""

    size: int
    members: int
    sharding: Sharding

    def connection(self, number: int) -> Connection:
        """Connection `number`, from 0 in the order of the ring."""
        user = f"user-{number:07d}"
        groups = (GROUP,) if self.is_member(number) else ()
        return Connection(
            connection_id=self.id_of(number),
            terminal_id=f"{user}/till",
            place=self.place_of(number),
            user=user,
            issuer="https://id.example.com/realms/shops",
            groups=groups,
            token_groups=groups,
            attributes={"os": "windows", "site": f"site-{number % 400}", "build": 19045},
            scopes=frozenset(),
            issued_at_s=OPENED_AT_S,
            expires_at_s=OPENED_AT_S + LASTS_S,
            connected_at_s=OPENED_AT_S,
            last_heard_at_s=OPENED_AT_S,
            source_ip="203.0.113.7",
            user_agent="till/4.2 (Windows NT 10.0)",
        )

    def is_member(self, number: int) -> bool:
        """Whether a connection is in the group."""
        return number % (self.size // self.members) == 0 and number // (self.size // self.members) < self.members

    def place_of(self, number: int) -> int:
        """Its place on the ring."""
        return number * SIZE // self.size

    def first_from(self, place: int) -> int:
        """The first connection at a place or behind it; `size` if there is none."""
        return -(-place * self.size // SIZE)

    @staticmethod
    def id_of(number: int) -> str:
        """A connection id as API Gateway's are: 11 bytes."""
        return base64.urlsafe_b64encode(number.to_bytes(8, "big") + _MARK).decode()

    @staticmethod
    def number_of(connection_id: str) -> int:
        """The connection of an id that `id_of` made."""
        return int.from_bytes(base64.urlsafe_b64decode(connection_id)[:8], "big")

    def topic_of(self, pk: str) -> tuple[Topic, int] | None:
        """The topic and shard that a partition key is of, if it is one of the crowd's."""
        kind, _, rest = pk.partition("#")
        if kind != "TOPIC":
            return None
        name, _, shard = rest.rpartition("#")
        topic = topics.parse(keys.unescaped(name))
        return (topic, int(shard)) if topic in {topics.ALL, topics.group(GROUP)} else None

    def is_in(self, topic: Topic, shard: int, number: int) -> bool:
        """Whether a connection is filed in a shard of a topic."""
        if topic != topics.ALL and not self.is_member(number):
            return False
        return shard_of(self.place_of(number), self.sharding.of(topic)) == shard

    def row(self, topic: Topic, number: int) -> dict[str, dict[str, str]]:
        """The item of a connection under a topic, as DynamoDB's JSON writes it."""
        connection = self.connection(number)
        index = connection.topics().index(topic)
        return _written(connection_rows.rows(connection, self.sharding)[index])

    def record(self, number: int) -> dict[str, dict[str, str]]:
        """The own record of a connection, as DynamoDB's JSON writes it."""
        return _written(connection_rows.record(self.connection(number), self.sharding))


def _written(item: Item) -> dict[str, dict[str, str]]:
    return {name: {"S": value} if isinstance(value, str) else {"N": json.dumps(value)} for name, value in item.items()}
