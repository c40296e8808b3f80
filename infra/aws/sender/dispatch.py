"""Which request goes on which connection, when, and what its end means. Whose turn it is is `turns`' matter.

When a request is sent twice. The outcome is unknown when a connection ends with a request under way and no status was
read. Then the id counts as throttled: whoever posts may do so again, and a terminal shows a push once, by its id. One
case is decided here: a connection that had served before ends without a byte of an answer. Servers close idle
connections when they like, and such an end crosses the next request on its way, which nobody then reads (RFC 9112
section 9.3.1); so that request goes out once more at once, on a connection made for it. If the server had read it all
the same, the terminal gets a double, which it drops. So does a request that is answered 408: the server has not read it
(RFC 9110 section 15.5.9). Once any other status was read there is no second time, whatever becomes of the connection.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Coroutine, Iterable

from infra.aws.sender.answers import Verdict, parsed, verdict_of
from infra.aws.sender.batch import Batch
from infra.aws.sender.budget import Budget, TokenBucket
from infra.aws.sender.credentials import CredentialSource
from infra.aws.sender.endpoint import Endpoint, GatewayUnavailable
from infra.aws.sender.http1 import Connection
from infra.aws.sender.pool import Limits, Pool
from infra.aws.sender.sigv4 import Signer
from infra.aws.sender.turns import Turns

Task = tuple[Batch, str, int]
"""A request under way: whose it is, for which connection id, and the generation of credentials that signed it."""


class Dispatcher:
    """Carries out batches over a pool of connections; all calls on one event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        tls: ssl.SSLContext | None,
        credentials: CredentialSource,
        limits: Limits,
        budget: Budget | None,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._answer_s = limits.answer_s
        self._pool: Pool[Task] = Pool(endpoint, tls, limits, self)
        self._bucket = None if budget is None else TokenBucket(budget, time.monotonic())
        self._turns = Turns()
        self._fresh: deque[tuple[Batch, str]] = deque()
        self._signer: Signer | None = None
        self._signed_from_s = self._signed_until_s = 0.0
        self._generation = 0
        self._wake: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: set[Batch] = set()

    async def run(self, method: str, connection_ids: Iterable[str], body: bytes | None = None) -> Batch:
        """One request for each id; returns when each has ended. Raises GatewayUnavailable without credentials.

        Requests to one id go in the order of these calls. If the caller is cancelled, what is not under way is dropped.
        """
        batch = Batch(method, body)
        self._turns.line_up(batch, connection_ids)
        if not batch.left:
            return batch
        self._under_way.add(batch)
        try:
            if not self._credentials.are_ready():
                # It has its place in the order already: later ones must not overtake it.
                batch.is_held = True
                await self._credentials.ready()
                batch.is_held = False
                self._signed_until_s = 0.0
            batch.generation = self._credentials.generation
            self._turns.admit(batch)
            self._pump()
            await batch.done
        finally:
            self._under_way.discard(batch)
            if batch.left:
                self._turns.stop(batch, "abandoned")
                self._pump()
        return batch

    async def aclose(self) -> None:
        """Let what is under way end, then close every connection. New batches must not be run."""
        waiting = [batch.done for batch in self._under_way]
        if waiting:
            await asyncio.wait(waiting)
        for task in self._tasks:
            task.cancel()
        await self._pool.aclose()

    # What the pool and its connections tell

    def answered(self, connection: Connection[Task], task: Task, status: int) -> None:
        batch, connection_id, _ = task
        batch.raw = connection.raw
        if status == 200:
            batch.sent.append(connection_id)
            self._turns.end(batch, connection_id)
        elif status == 408 and connection_id not in batch.sent_again:
            connection.abort()
            self._send_again(batch, connection_id)
        else:
            self._judge(task, status)
        if connection.is_spent:
            self._pump()
        else:
            self._go_on(connection)

    def lost(self, connection: Connection[Task], task: Task | None, status: int) -> None:
        self._pool.forget(connection)
        if task is not None:
            batch, connection_id, _ = task
            if status:
                batch.raw = connection.raw
                self._judge(task, status)
            elif _went_unread(connection):
                self._send_again(batch, connection_id)
            else:
                batch.throttled.append(connection_id)
                batch.reasons["timeout" if connection.has_timed_out else "reset"] += 1
                self._turns.end(batch, connection_id)
        self._pump()

    def _send_again(self, batch: Batch, connection_id: str) -> None:
        """Once more, on a connection that is made for it, where there is room since this one ends.

        There it is the first request, so it cannot be lost in the same way again.
        """
        batch.sent_again.add(connection_id)
        self._fresh.append((batch, connection_id))

    def opened(self, connection: Connection[Task]) -> None:
        self._pool.watch()
        while self._fresh:
            batch, connection_id = self._fresh.popleft()
            if batch.is_stopped:
                batch.drop([connection_id], "stopped")
                self._turns.end(batch, connection_id)
            elif self._send(connection, batch, connection_id):
                return
        self._go_on(connection)

    def unreachable(self, error: OSError) -> None:
        if self._fresh:
            batch, connection_id = self._fresh.popleft()
            batch.fault = error
            batch.drop([connection_id], "unreachable")
            self._turns.end(batch, connection_id)
        if not self._pool.open and not self._pool.opening:
            self._turns.stop_all(error, "unreachable")
        # Nothing else is opened now, or an endpoint that refuses would be asked without a pause.
        self._use_idle()

    # What goes next

    def _pump(self) -> None:
        """Send what waits on connections that are idle, and open others for the rest."""
        self._use_idle()
        more = len(self._fresh) + (self._turns.waiting if self._wake is None else 0)
        if more:
            self._pool.want(more)

    def _use_idle(self) -> None:
        if self._turns.waiting and self._wake is None:
            self._pool.watch()
            while self._turns.waiting and self._wake is None:
                connection = self._pool.take()
                if connection is None:
                    return
                self._go_on(connection)

    def _go_on(self, connection: Connection[Task]) -> None:
        """Send the next request on a connection that is free, or keep it for later."""
        while self._turns.waiting:
            if self._bucket is not None:
                wait_s = self._bucket.take(time.monotonic())
                if wait_s:
                    if self._wake is None:
                        self._wake = asyncio.get_running_loop().call_later(wait_s, self._wake_up)
                    break
            batch, connection_id = self._turns.next()
            if self._send(connection, batch, connection_id):
                return
        self._pool.give_back(connection)

    def _wake_up(self) -> None:
        self._wake = None
        self._pump()

    def _send(self, connection: Connection[Task], batch: Batch, connection_id: str) -> bool:
        """Sign and send one request; False if none can be made for this id, and the connection is still free."""
        # The machine's clock, as botocore reads it for a signature: not `time.time`, which the black-box tests shift.
        now_s = time.clock_gettime(time.CLOCK_REALTIME)
        if not self._signed_from_s <= now_s < self._signed_until_s:
            self._sign(now_s)
        if batch.signer is not self._signer or batch.requests is None:
            assert self._signer is not None
            batch.signer = self._signer
            batch.requests = self._signer.requests(batch.method, batch.body)
        try:
            request = batch.requests.to(connection_id)
        except ValueError:
            batch.refused.append(connection_id)
            batch.reasons["unaddressable"] += 1
            self._turns.end(batch, connection_id)
            return False
        connection.send(request, (batch, connection_id, self._generation), time.monotonic() + self._answer_s)
        return True

    def _sign(self, now_s: float) -> None:
        """Sign for this second from now on: it costs little, and the process may have stood still meanwhile."""
        if not self._credentials.are_ready():
            self._start(self._refresh())
        self._generation = self._credentials.generation
        self._signer = Signer(self._endpoint, self._credentials.current, now_s)
        self._signed_from_s = float(int(now_s))
        self._signed_until_s = self._signed_from_s + 1.0

    # What has ended

    def _judge(self, task: Task, status: int) -> None:
        """Put an id where its status says it belongs."""
        batch, connection_id, generation = task
        verdict = verdict_of(status)
        if verdict is Verdict.DENIED:
            batch.explain(parsed(batch.raw))
            self._denied(batch, connection_id, generation, status)
            return
        if verdict is Verdict.DONE:
            batch.sent.append(connection_id)
        elif verdict is Verdict.GONE:
            batch.gone.append(connection_id)
        else:
            batch.reasons[str(status)] += 1
            if verdict is Verdict.AGAIN:
                batch.throttled.append(connection_id)
            else:
                batch.explain(parsed(batch.raw))
                batch.refused.append(connection_id)
        self._turns.end(batch, connection_id)

    def _denied(self, batch: Batch, connection_id: str, generation: int, status: int) -> None:
        """Under newer credentials it may work, so those are tried, once; then nothing more of the batch is sent."""
        if batch.is_stopped or generation > batch.generation:
            batch.drop([connection_id], str(status))
            self._turns.end(batch, connection_id)
            self._turns.stop(batch, str(status))
            return
        batch.denied.append(connection_id)
        if not batch.is_held:
            self._turns.hold(batch)
            batch.is_held = True
            self._start(self._with_new_credentials(batch, generation, status))

    async def _with_new_credentials(self, batch: Batch, denied_generation: int, status: int) -> None:
        """Go on with a batch under credentials that are loaded anew, or give it up."""
        is_new = False
        try:
            is_new = await self._credentials.reload(denied_generation)
        finally:
            batch.is_held = False
            denied, batch.denied = batch.denied, []
            self._signed_until_s = 0.0
            if is_new and not batch.is_stopped:
                batch.queue.extend(denied)
                self._turns.admit(batch)
            else:
                batch.drop(denied, str(status))
                for connection_id in denied:
                    self._turns.end(batch, connection_id)
                self._turns.stop(batch, str(status))
            self._pump()

    async def _refresh(self) -> None:
        """Refresh credentials that come to their end while a long batch is under way."""
        try:
            await self._credentials.ready()
        except GatewayUnavailable:
            # The present ones are used until they are refused; that is then told with the batch.
            return
        self._signed_until_s = 0.0

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _went_unread(connection: Connection[Task]) -> bool:
    """Whether a request was lost to a keep-alive connection that had been closed before it came."""
    return connection.answers > 0 and not connection.raw and not connection.has_timed_out
