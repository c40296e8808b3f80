"""A connection as items: its own record, and a row under each of its topics.

Record and rows carry the connection as one JSON text, an array that is shorter and faster to read than attributes are.
Only ever append to it: functions of the version before read it too, while a new one is deployed.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from infra.aws import keys
from infra.aws.attributes import Item, Value
from infra.aws.keys import Key
from infra.aws.shards import Sharding, shard_of
from services.connections.presence import LONGEST_LIFE_S
from services.domain.connection import Connection, connection_id_of

KEPT_AFTER_END_S: Final = 3_600
"""How long the items of a connection are kept after its end, for a sweeper to see, if nobody has removed them."""


def ends_by_s(connection: Connection) -> int:
    """When a connection is surely closed: with its session, or when API Gateway has closed it (epoch seconds)."""
    return math.ceil(min(connection.expires_at_s, connection.connected_at_s + LONGEST_LIFE_S))


def record(connection: Connection, sharding: Sharding) -> Item:
    """The connection's own record, in a version of its own.

    It says how its topics were sharded, so that its rows are found again.
    """
    shards = {str(topic): sharding.of(topic) for topic in connection.topics()}
    return {
        **keys.connection(connection.connection_id)._asdict(),
        **_carried(connection),
        "version": secrets.token_hex(8),
        "shards": _json({topic: number for topic, number in shards.items() if number != 1}),
    }


def rows(connection: Connection, sharding: Sharding) -> Sequence[Item]:
    """A row for each topic of a connection."""
    carried = _carried(connection)
    return [{**key._asdict(), **carried} for key in row_keys(connection, sharding)]


def of_record(item: Mapping[str, Value]) -> Connection:
    """The connection of a record."""
    return _connection(keys.unescaped(str(item["pk"]).partition("#")[2]), str(item["connection"]))


def of_row(item: Mapping[str, Value]) -> Connection:
    """The connection of a row under a topic."""
    return _connection(connection_id_of(str(item["sk"])), str(item["connection"]))


def filed_as(item: Mapping[str, Value]) -> Sequence[Key]:
    """The keys of the rows that belong to a record."""
    connection = of_record(item)
    shards = json.loads(str(item["shards"]))
    return [
        keys.topic_row(topic, shard_of(connection.place, shards.get(str(topic), 1)), connection.sort_key)
        for topic in connection.topics()
    ]


def row_keys(connection: Connection, sharding: Sharding) -> Sequence[Key]:
    """The keys of the rows that a connection has if it is filed now."""
    return [
        keys.topic_row(topic, sharding.shard_of(topic, connection.place), connection.sort_key)
        for topic in connection.topics()
    ]


def with_heard(connection: Connection, heard: Mapping[str, Value] | None) -> Connection:
    """The connection as it was last heard of, by the item beside its record."""
    at_s = None if heard is None else heard["heard_at"]
    if isinstance(at_s, int | float) and at_s > connection.last_heard_at_s:
        return replace(connection, last_heard_at_s=at_s)
    return connection


def _carried(connection: Connection) -> Item:
    return {
        "connection": _text(connection),
        "ends_at": connection.expires_at_s,
        "expires_at": ends_by_s(connection) + KEPT_AFTER_END_S,
    }


def _text(connection: Connection) -> str:
    return _json(
        [
            connection.place,
            connection.terminal_id,
            connection.user,
            connection.issuer,
            connection.groups,
            None if connection.token_groups == connection.groups else connection.token_groups,
            dict(connection.attributes),
            " ".join(sorted(connection.scopes)),
            connection.token_id,
            connection.issued_at_s,
            connection.expires_at_s,
            connection.connected_at_s,
            connection.last_heard_at_s,
            connection.source_ip,
            connection.user_agent,
        ]
    )


def _connection(connection_id: str, text: str) -> Connection:
    (
        place,
        terminal_id,
        user,
        issuer,
        groups,
        token_groups,
        attributes,
        scopes,
        token_id,
        issued_at_s,
        expires_at_s,
        connected_at_s,
        last_heard_at_s,
        source_ip,
        user_agent,
        *_,
    ) = json.loads(text)
    return Connection(
        connection_id=connection_id,
        terminal_id=terminal_id,
        place=place,
        user=user,
        issuer=issuer,
        groups=tuple(groups),
        token_groups=tuple(groups if token_groups is None else token_groups),
        attributes=attributes,
        scopes=frozenset(scopes.split()),
        token_id=token_id,
        issued_at_s=issued_at_s,
        expires_at_s=expires_at_s,
        connected_at_s=connected_at_s,
        last_heard_at_s=last_heard_at_s,
        source_ip=source_ip,
        user_agent=user_agent,
    )


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
