"""The pushes that are fanned out and replayed now, in memory, so that no page of a job decodes its push again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from services.domain.pushes import Push, State

MOST = 256
"""Pushes kept in memory. At 32 KB each they are 8 MB."""


class RecentPushes:
    """Pushes as they were committed last. Use it on the event loop."""

    def __init__(self) -> None:
        self._pushes: OrderedDict[str, Push] = OrderedDict()

    def get(self, push_id: str) -> Push | None:
        """A push, which is one more time of those used last."""
        push = self._pushes.get(push_id)
        if push is not None:
            self._pushes.move_to_end(push_id)
        return push

    def peek(self, push_id: str) -> Push | None:
        """A push, without any effect on which are forgotten."""
        return self._pushes.get(push_id)

    def remember(self, push: Push) -> None:
        """Know a push as it is since a commit, unless it is known as it is since a later one."""
        known = self._pushes.get(push.id)
        if known is not None and known.step > push.step:
            return
        self._pushes[push.id] = push
        self._pushes.move_to_end(push.id)
        if len(self._pushes) > MOST:
            self._pushes.popitem(last=False)

    def complete(self, push_id: str, at_s: float) -> None:
        """Know that the last part of a push has completed it."""
        push = self._pushes.get(push_id)
        if push is not None and push.state is State.SENDING:
            self.remember(push.moved(State.COMPLETED, at_s=at_s))

    def forget(self, push_ids: Iterable[str]) -> None:
        """Know nothing of pushes that were deleted."""
        for push_id in push_ids:
            self._pushes.pop(push_id, None)
