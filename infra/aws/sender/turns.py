"""Whose turn it is: batches by turns, and requests to one connection id in the order of the calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from infra.aws.sender.batch import Batch


class Turns:
    """Ids that wait to be sent. One id has one request under way at a time; a later one lines up behind it.

    `waiting` counts the ids that could go now.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._batches: deque[Batch] = deque()
        self._pending: dict[str, deque[Batch] | None] = {}
        """Ids with a request that has not ended, and the batches that have something for them after it, in order."""

    def line_up(self, batch: Batch, connection_ids: Iterable[str]) -> None:
        """Give each id its place, once; `admit` lets the batch take its turns."""
        pending = self._pending
        for connection_id in dict.fromkeys(connection_ids):
            batch.left += 1
            if connection_id not in pending:
                pending[connection_id] = None
                batch.queue.append(connection_id)
                continue
            behind = pending[connection_id]
            if behind is None:
                pending[connection_id] = deque((batch,))
            else:
                behind.append(batch)

    def admit(self, batch: Batch) -> None:
        """Let a batch that has something in its queue take its turns."""
        if batch.queue:
            batch.is_queued = True
            self._batches.append(batch)
            self.waiting += len(batch.queue)

    def hold(self, batch: Batch) -> None:
        """Pass a batch over, until it is admitted again."""
        if batch.is_queued:
            batch.is_queued = False
            self._batches.remove(batch)
            self.waiting -= len(batch.queue)

    def next(self) -> tuple[Batch, str]:
        """Whose turn it is, which is then taken. Only while some are `waiting`."""
        batch = self._batches[0]
        connection_id = batch.queue.popleft()
        self.waiting -= 1
        if not batch.queue:
            batch.is_queued = False
            self._batches.popleft()
        elif len(self._batches) > 1:
            self._batches.rotate(-1)
        return batch, connection_id

    def end(self, batch: Batch, connection_id: str) -> None:
        """The request of a batch to this id has ended: the next batch that has something for it may go on."""
        behind = self._pending.pop(connection_id)
        if behind is not None:
            self._pass_on(connection_id, behind)
        batch.left -= 1
        if not batch.left:
            batch.end()

    def stop(self, batch: Batch, reason: str) -> None:
        """Send nothing more of a batch; what is under way still ends."""
        batch.is_stopped = True
        self.hold(batch)
        dropped = list(batch.queue)
        batch.queue.clear()
        batch.drop(dropped, reason)
        for connection_id in dropped:
            self.end(batch, connection_id)

    def stop_all(self, fault: OSError, reason: str) -> None:
        """Stop every batch that waits for its turn."""
        while self._batches:
            batch = self._batches[0]
            batch.fault = fault
            self.stop(batch, reason)

    def _pass_on(self, connection_id: str, behind: deque[Batch]) -> None:
        while behind:
            batch = behind.popleft()
            if not batch.is_stopped:
                self._pending[connection_id] = behind or None
                batch.queue.append(connection_id)
                if batch.is_queued:
                    self.waiting += 1
                elif not batch.is_held:
                    self.admit(batch)
                return
            batch.drop([connection_id], "stopped")
            batch.left -= 1
            if not batch.left:
                batch.end()
