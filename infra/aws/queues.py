"""Queues in SQS: fan-out jobs on their way to the workers, and whatever else is sent as text."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.calls import all_of, in_thread, words_of
from services.domain import jobs
from services.domain.pushes import Job

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef, SendMessageBatchResultTypeDef

BATCH_MESSAGES: Final = 10
"""Most messages of one SendMessageBatch (SQS API reference)."""
BATCH_BYTES: Final = 1_048_576
"""Most bytes that their bodies have together."""
LONGEST_DELAY_S: Final = 900
"""Longest `DelaySeconds` of a message."""
WAITS_S: Final = (0.05, 0.2, 0.8)
"""Waits before what a batch left unsent is sent again."""


class QueueUnavailable(OSError):
    """SQS cannot be reached, is throttling for longer than we wait, or does not let us in."""


class Queue:
    """One standard queue. Every call raises QueueUnavailable; what was sent before that is sent.

    `executor` runs the calls; None is asyncio's own pool. `waits_s` are the waits before what was left is sent again.
    """

    def __init__(
        self,
        client: SQSClient,
        url: str,
        executor: Executor | None = None,
        *,
        waits_s: Sequence[float] = WAITS_S,
    ) -> None:
        self._client = client
        self._executor = executor
        self._waits_s = waits_s
        self.url = url

    async def send(self, bodies: Sequence[str], *, delay_s: float = 0.0) -> None:
        """Send messages, each to be received after `delay_s`, rounded up to a second, at the earliest.

        Raises ValueError for a delay that SQS does not know.
        """
        delay = math.ceil(delay_s)
        if not 0 <= delay <= LONGEST_DELAY_S:
            raise ValueError(f"a message is delayed by 0 to {LONGEST_DELAY_S} s, not {delay_s}")
        await all_of(self._send_batch(batch, delay) for batch in _batches(bodies))

    async def _send_batch(self, bodies: Sequence[str], delay: int) -> None:
        left: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": body, "DelaySeconds": delay} for number, body in enumerate(bodies)
        ]
        refused = ""
        for wait_s in (*self._waits_s, None):
            answer = await self._send_entries(left)
            failed = {failure["Id"]: failure for failure in answer.get("Failed", ())}
            if not failed:
                return
            left = [entry for entry in left if entry["Id"] in failed]
            first = failed[left[0]["Id"]]
            refused = f"{first['Code']}: {first.get('Message', '')}"
            if wait_s is None or any(failure["SenderFault"] for failure in failed.values()):
                break
            await asyncio.sleep(wait_s)
        raise QueueUnavailable(f"queue {self.url} left {len(left)} messages unsent: {refused}")

    async def _send_entries(
        self, entries: Sequence[SendMessageBatchRequestEntryTypeDef]
    ) -> SendMessageBatchResultTypeDef:
        return await in_thread(
            lambda: self._client.send_message_batch(QueueUrl=self.url, Entries=entries),
            self._executor,
            refused=self._refused,
            unreachable=self._unreachable,
        )

    def _refused(self, error: ClientError) -> Exception:
        return QueueUnavailable(f"queue {self.url}: {words_of(error)}")

    def _unreachable(self, error: BotoCoreError) -> Exception:
        return QueueUnavailable(f"queue {self.url} cannot be reached: {error}")


async def send_jobs(queue: Queue, some: Sequence[Job], *, delay_s: float = 0.0) -> None:
    """Hand jobs to the workers, after `delay_s` at the earliest. Raises QueueUnavailable."""
    await queue.send([jobs.to_json(job) for job in some], delay_s=delay_s)


def _batches(bodies: Sequence[str]) -> Iterator[Sequence[str]]:
    """The messages in batches that SQS takes."""
    batch: list[str] = []
    size_bytes = 0
    for body in bodies:
        body_bytes = len(body.encode())
        if batch and (len(batch) == BATCH_MESSAGES or size_bytes + body_bytes > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(body)
        size_bytes += body_bytes
    if batch:
        yield batch
