"""What is asked of `@connections` in one call, and what has become of it so far."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable

from infra.aws.sender.answers import Answer
from infra.aws.sender.sigv4 import SignedRequests, Signer


class Batch:
    """One method and body for many connections. Each of its ids ends in exactly one of the lists.

    `queue` holds those whose turn has not come; the others are under way, wait for an earlier request to the same
    connection, or have ended. `left` counts those that have not ended.
    """

    __slots__ = (
        "answer",
        "body",
        "denied",
        "done",
        "fault",
        "generation",
        "gone",
        "is_held",
        "is_queued",
        "is_stopped",
        "left",
        "method",
        "queue",
        "raw",
        "reasons",
        "refused",
        "requests",
        "sent",
        "sent_again",
        "signer",
        "throttled",
        "unserved",
    )

    def __init__(self, method: str, body: bytes | None) -> None:
        self.method = method
        self.body = body
        self.generation = 0
        """That of the credentials when it began: what is denied under later ones stays denied."""
        self.queue: deque[str] = deque()
        self.left = 0
        self.sent: list[str] = []
        self.gone: list[str] = []
        self.throttled: list[str] = []
        self.refused: list[str] = []
        self.unserved: list[str] = []
        """Nobody answered for these: the endpoint is out of reach, or does not let us in."""
        self.reasons: Counter[str] = Counter()
        """Why those that were not sent were not: statuses, `reset`, `timeout`, `unreachable`."""
        self.answer: Answer | None = None
        """The first answer that needs an explanation."""
        self.fault: OSError | None = None
        self.raw = b""
        """The last answer as it came."""
        self.sent_again: set[str] = set()
        """Ids whose request was not read the first time, because their keep-alive connection was being closed."""
        self.denied: list[str] = []
        """Ids that wait for the credentials to be loaded anew."""
        self.is_queued = False
        self.is_held = False
        """It waits for credentials: ids may join its queue, which is not sent from."""
        self.is_stopped = False
        """Nothing more of it is to be sent."""
        self.signer: Signer | None = None
        self.requests: SignedRequests | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        """All of it has ended."""
        if not self.done.done():
            self.done.set_result(None)

    def was_served(self) -> bool:
        """Whether anyone at all was answered for, or nothing was asked."""
        return not self.unserved or any((self.sent, self.gone, self.throttled, self.refused))

    def explain(self, answer: Answer) -> None:
        """Keep the first answer of a kind that the operator should see."""
        self.answer = self.answer or answer

    def drop(self, connection_ids: Iterable[str], reason: str) -> None:
        """Count ids as unserved."""
        before = len(self.unserved)
        self.unserved.extend(connection_ids)
        self.reasons[reason] += len(self.unserved) - before
