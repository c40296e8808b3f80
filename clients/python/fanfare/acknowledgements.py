"""Acks on their way: waiting to be sent, and sent but not yet known to have arrived."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fanfare import frames
from fanfare.frames import AckKind

MAX_IDS = 100
"""Most push ids in one ack frame: far under the 32 KB of a WebSocket frame on API Gateway."""
MAX_KEPT = 10_000
"""Most acks that are kept while there is no connection; the oldest go first."""


class Ack(NamedTuple):
    """What became of one push here."""

    push_id: str
    kind: AckKind
    detail: str | None = None


class Waiting:
    """Acks to be sent, each once, in the order they came."""

    def __init__(self) -> None:
        self._acks: OrderedDict[Ack, None] = OrderedDict()

    def add(self, ack: Ack) -> None:
        self._acks[ack] = None
        if len(self._acks) > MAX_KEPT:
            self._acks.popitem(last=False)

    def put_back(self, acks: Iterable[Ack]) -> None:
        """Acks that were sent on a connection that was then lost."""
        for ack in acks:
            self.add(ack)

    def take(self) -> list[Ack]:
        """All that wait; they wait no more."""
        acks = list(self._acks)
        self._acks.clear()
        return acks

    def __len__(self) -> int:
        return len(self._acks)


class Unconfirmed:
    """Acks sent on one connection.

    The service does not answer an ack, and a network that is gone swallows what is written to it for minutes.
    But frames of one connection arrive in order: a pong says that all that was sent before its ping is there.
    """

    def __init__(self) -> None:
        self._acks: list[Ack] = []
        self._before_ping = 0

    def sent(self, acks: Sequence[Ack]) -> None:
        self._acks.extend(acks)
        surplus = max(0, len(self._acks) - MAX_KEPT)
        del self._acks[:surplus]
        self._before_ping = max(0, self._before_ping - surplus)

    def pinged(self) -> None:
        self._before_ping = len(self._acks)

    def ponged(self) -> None:
        del self._acks[: self._before_ping]
        self._before_ping = 0

    def confirmed(self, acks: Iterable[Ack]) -> None:
        """These are there."""
        there = set(acks)
        self._acks = [ack for ack in self._acks if ack not in there]
        self._before_ping = 0

    def take(self) -> list[Ack]:
        """What may have been lost with the connection."""
        acks, self._acks, self._before_ping = self._acks, [], 0
        return acks


class Told(NamedTuple):
    """What became of some pushes, as one frame or one request can say it."""

    ids: list[str]
    kind: AckKind
    detail: str | None = None


def grouped(acks: Iterable[Ack]) -> list[Told]:
    """These acks, one `Told` for each kind and detail, of at most `MAX_IDS` ids each."""
    by_kind: dict[tuple[AckKind, str | None], list[str]] = {}
    for ack in acks:
        by_kind.setdefault((ack.kind, ack.detail), []).append(ack.push_id)
    return [
        Told(ids[start : start + MAX_IDS], kind, detail)
        for (kind, detail), ids in by_kind.items()
        for start in range(0, len(ids), MAX_IDS)
    ]


def written(acks: Iterable[Ack]) -> list[str]:
    """The frames that say these acks."""
    return [frames.ack(told.ids, told.kind, told.detail) for told in grouped(acks)]
