"""Posting to connections: the hot path of a fan-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from infra.local.gateway.frames import text_frames
from infra.local.gateway.stage import Stage

SLOW_CONSUMER_CODE = 1008
SLOW_CONSUMER = "Slow consumer"


class Outcome(Enum):
    """What became of one post; each value is the HTTP status that `@connections` answers."""

    SENT = 200
    GONE = 410
    THROTTLED = 429


@dataclass(frozen=True, slots=True)
class PostResult:
    """What became of one message at each of many connections."""

    sent: Sequence[str]
    gone: Sequence[str] = ()
    throttled: Sequence[str] = ()


def post(stage: Stage, connection_id: str, data: bytes) -> Outcome:
    """Send one text message to one connection. Raises ValueError as `post_many` does."""
    result = post_many(stage, (connection_id,), data)
    if result.sent:
        return Outcome.SENT
    return Outcome.GONE if result.gone else Outcome.THROTTLED


def post_many(stage: Stage, connection_ids: Sequence[str], data: bytes) -> PostResult:
    """Send one text message to each connection, without waiting for any of them.

    A connection whose client does not read, and whose buffer is full, is throttled, and closed: what it missed is for
    the client to fetch when it is back. Raises ValueError if `data` is over the message limit or is not UTF-8.
    """
    limits = stage.limits
    if len(data) > limits.message_bytes:
        raise ValueError(f"a message of {len(data)} bytes is over the limit of {limits.message_bytes} bytes")
    if not data.isascii():
        # RFC 6455 §5.6: the client would have to fail the connection.
        data.decode()
    frame = text_frames(data, limits.frame_bytes)
    now_s = stage.loop.time()
    find = stage.open.get
    gone: list[str] = []
    throttled: list[str] = []
    for connection_id in connection_ids:
        connection = find(connection_id)
        if connection is None:
            gone.append(connection_id)
        elif connection.full:
            throttled.append(connection_id)
        else:
            connection.last_active_s = now_s
            connection.transport.write(frame)
    counters = stage.counters
    if not gone and not throttled:
        sent = connection_ids
    else:
        failed = {*gone, *throttled}
        sent = [connection_id for connection_id in connection_ids if connection_id not in failed]
        counters.throttled += len(throttled)
        for connection_id in throttled:
            slow = find(connection_id)
            if slow is not None:
                slow.close(SLOW_CONSUMER_CODE, SLOW_CONSUMER)
    counters.messages_out += len(sent)
    counters.bytes_out += len(sent) * len(data)
    return PostResult(sent, gone, throttled)
