"""The keys of the one table, all built here: names are escaped, so none can pose as a key of another item.

A key's parts are joined by `#`. In a name, `#` and the escape sign `%` are written as in a URL, so that parts can be
told apart whatever a token claims, and text keeps its order.
"""

from __future__ import annotations

from typing import NamedTuple

from services.domain.topics import Topic


class Key(NamedTuple):
    """The primary key of an item: partition key and sort key."""

    pk: str
    sk: str


META = "META"
"""The sort key of an item that is alone in its partition, or stands for it."""


def escaped(name: str) -> str:
    """A name as a part of a key."""
    return name.replace("%", "%25").replace("#", "%23")


def unescaped(part: str) -> str:
    """The name in a part of a key."""
    return part.replace("%23", "#").replace("%25", "%")


def connection(connection_id: str) -> Key:
    """A connection's own record."""
    return Key(f"CONN#{escaped(connection_id)}", META)


def topic_partition(topic: Topic, shard: int = 0) -> str:
    """Where the rows filed under a topic are, in ring order; a large topic has several shards."""
    return f"TOPIC#{escaped(str(topic))}#{shard}"


def log_partition(topic: Topic) -> str:
    """Where the log of a topic is, in order of position."""
    return f"LOG#{escaped(str(topic))}"


def push_partition(push_id: str) -> str:
    """Where a push, its contents, its jobs, its counters and its receipts are."""
    return f"PUSH#{escaped(push_id)}"


def idempotency(caller: str, key: str) -> Key:
    """What a caller's idempotency key stands for."""
    return Key(f"IDEM#{escaped(caller)}#{escaped(key)}", META)


def ticket(ticket_id: str) -> Key:
    """A ticket that was used."""
    return Key(f"TICKET#{escaped(ticket_id)}", META)


def timer(name: str) -> Key:
    """A timer that is set."""
    return Key(f"TIMER#{escaped(name)}", META)
