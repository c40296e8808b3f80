"""Hands fan-out jobs to their handler, as SQS hands them to Lambda: at least once, again if it fails, then aside."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from infra.local.job_table import Waiting
from infra.local.push_store import PushStore
from services.domain import jobs
from services.domain.pushes import Job, JobKey

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]

AT_ONCE = 16
"""Jobs that run at the same time, so that one that waits for a write does not hold up the others."""
MOST_RECEIVES = 5
"""How often a step of a job is tried before it is set aside (`maxReceiveCount` of a redrive policy)."""
RETRY_DELAYS_S = (1.0, 2.0, 4.0, 8.0)
"""Waits before a job that failed is tried again."""
READ_AT_ONCE = 200
STOP_WITHIN_S = 10.0
_FIRST: JobKey = ("", "", -1, -1)


class JobRunner:
    """Runs the jobs of a push store. A job is handed out as soon as it is committed; nothing is polled for."""

    def __init__(
        self,
        store: PushStore,
        handler: Handler,
        *,
        at_once: int = AT_ONCE,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self._store = store
        self._handler = handler
        self._at_once = at_once
        self._retry_delays_s = retry_delays_s
        self._now_s = store.clock.now_s
        self._ready: deque[JobKey] = deque()
        self._delayed: dict[JobKey, asyncio.TimerHandle] = {}
        # The key of each job that is run, as it is now: a job that is released again changes it.
        self._running: dict[asyncio.Task[None], JobKey] = {}
        self._stopping = False

    def start(self) -> None:
        """Take up what an earlier process left, and run what comes."""
        self._store.on_jobs = self._take
        self._store.on_replaced = self._replace
        after = _FIRST
        while left := self._store.unfinished(after=after, limit=READ_AT_ONCE):
            for waiting in left:
                self._schedule(waiting)
            after = left[-1].job.key

    async def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Hand out no more, and wait for those that run; after `within_s` they are cut short. All go on at the
        next start."""
        self._stopping = True
        for handle in self._delayed.values():
            handle.cancel()
        running = list(self._running)
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def _take(self, committed: Sequence[Job]) -> None:
        self._ready.extend(job.key for job in committed)
        self._hand_out()

    def _replace(self, job: Job, again: Job) -> None:
        """A job goes on under another key: whoever runs it will see to that one when it is done."""
        for task, key in self._running.items():
            if key == job.key:
                self._running[task] = again.key
                return
        self._take([again])

    def _hand_out(self) -> None:
        while self._ready and len(self._running) < self._at_once and not self._stopping:
            key = self._ready.popleft()
            task = asyncio.create_task(self._run(key), name="job")
            self._running[task] = key
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        key = self._running.pop(task)
        if not task.cancelled() and task.exception() is not None:
            # The database could not be asked or told; it is asked again when it may have come back.
            log.error("job cannot be run now", exc_info=task.exception(), extra={"push_id": key[0]})
            self._delay(key, self._retry_delays_s[-1])
        self._hand_out()

    async def _run(self, key: JobKey) -> None:
        """Hand a job to the handler once, then see what has become of it."""
        task = asyncio.current_task()
        assert task is not None
        waiting = self._store.waiting(key)
        if waiting is None:
            return
        failed = await self._handle(waiting)
        left = self._store.waiting(self._running[task])
        if left is None:
            return
        stands_still = left.job.key == key and left.job.step == waiting.job.step
        if failed or (stands_still and left.not_before_s <= self._now_s()):
            await self._try_again(left)
        else:
            self._schedule(left)

    async def _handle(self, waiting: Waiting) -> bool:
        """Call the handler with a batch of one job; whether it failed."""
        message_id = "/".join(map(str, waiting.job.key))
        answer = await self._handler(
            {
                "Records": [
                    {
                        "messageId": message_id,
                        "body": jobs.to_json(waiting.job),
                        "attributes": {
                            "ApproximateReceiveCount": str(waiting.receives + 1),
                            "SentTimestamp": str(int(max(waiting.not_before_s, 0.0) * 1000)),
                        },
                    }
                ]
            }
        )
        failures = answer.get("batchItemFailures")
        return bool(failures)

    async def _try_again(self, left: Waiting) -> None:
        """Wait and run it again, or set it aside if that was often enough."""
        receives = left.receives + 1
        push_id = left.job.push_id
        if receives >= MOST_RECEIVES:
            reason = f"failed {receives} times; the server's log says why"
            log.error("job set aside", extra={"push_id": push_id, "topic": str(left.job.topic), "receives": receives})
            await self._store.set_aside(left.job, reason=reason, at_s=self._now_s())
            return
        delay_s = self._retry_delays_s[min(receives, len(self._retry_delays_s)) - 1]
        log.warning("job is tried again", extra={"push_id": push_id, "receives": receives, "again_in_s": delay_s})
        await self._store.failed(left.job, not_before_s=self._now_s() + delay_s)
        self._delay(left.job.key, delay_s)

    def _schedule(self, waiting: Waiting) -> None:
        delay_s = waiting.not_before_s - self._now_s()
        if delay_s > 0:
            self._delay(waiting.job.key, delay_s)
        else:
            self._take([waiting.job])

    def _delay(self, key: JobKey, delay_s: float) -> None:
        if self._stopping:
            return
        self._delayed[key] = asyncio.get_running_loop().call_later(delay_s, self._is_due, key)

    def _is_due(self, key: JobKey) -> None:
        del self._delayed[key]
        self._ready.append(key)
        self._hand_out()
