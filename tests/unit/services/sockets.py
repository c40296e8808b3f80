"""The gateway port as a script: what becomes of each post is decided by the test, and every frame is kept."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal

from services.ports import PostResult, SocketInfo
from tests.contract.adapters import NOON_S

Outcome = Literal["sent", "gone", "throttled", "refused"]
Frame = dict[str, object]


class ScriptedSockets:
    """Implements `services.ports.Gateway`. A socket is open until it is closed or lost.

    `before_post` is awaited before each post: what happens meanwhile, or an error in its place.
    """

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.posts: list[tuple[str, ...]] = []
        self.before_post: Callable[[], Awaitable[None]] | None = None
        self._gone: set[str] = set()
        self._stuck: set[str] = set()
        self._next: dict[str, deque[Outcome]] = defaultdict(deque)
        self._always: dict[str, Outcome] = {}
        self._sent: dict[str, list[bytes]] = defaultdict(list)

    def next_posts(self, connection_id: str, *outcomes: Outcome) -> None:
        """What becomes of the next posts to a connection, one after the other."""
        self._next[connection_id].extend(outcomes)

    def every_post(self, connection_id: str, outcome: Outcome) -> None:
        """What becomes of every post to a connection that has nothing else coming."""
        self._always[connection_id] = outcome

    def keep_up(self) -> None:
        """Nothing is throttled or refused any more."""
        self._next.clear()
        self._always.clear()

    def lose(self, *connection_ids: str) -> None:
        """Sockets are gone, and nobody was told."""
        self._gone.update(connection_ids)

    def begin(self, connection_id: str) -> None:
        """A handshake is under way: there is no socket yet."""
        self._gone.add(connection_id)

    def open(self, connection_id: str) -> None:
        """The handshake is done."""
        self._gone.discard(connection_id)

    def texts(self, connection_id: str) -> list[str]:
        """What a connection was sent, as it came."""
        return [data.decode() for data in self._sent[connection_id]]

    def frames(self, connection_id: str, *types: str) -> list[Frame]:
        """The frames that a connection was sent, of these types if any are named."""
        frames: Iterable[Frame] = map(json.loads, self.texts(connection_id))
        return [frame for frame in frames if not types or frame["type"] in types]

    def reached(self) -> set[str]:
        """The connections that were sent anything."""
        return {connection_id for connection_id, sent in self._sent.items() if sent}

    def stick(self, *connection_ids: str) -> None:
        """Sockets cannot be closed from now on."""
        self._stuck.update(connection_ids)

    def loosen(self) -> None:
        """Every socket can be closed."""
        self._stuck.clear()

    def forget(self) -> None:
        """Begin anew."""
        self.posts.clear()
        self._sent.clear()

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        if self.before_post is not None:
            await self.before_post()
        self.posts.append(tuple(connection_ids))
        became: dict[Outcome, list[str]] = {"sent": [], "gone": [], "throttled": [], "refused": []}
        for connection_id in connection_ids:
            outcome = self._outcome(connection_id)
            became[outcome].append(connection_id)
            if outcome == "sent":
                self._sent[connection_id].append(data)
        return PostResult(**became)

    async def close(self, connection_id: str) -> bool:
        if connection_id in self._stuck:
            raise OSError(f"{connection_id} cannot be closed now")
        if connection_id in self._gone:
            return False
        self._gone.add(connection_id)
        self.closed.append(connection_id)
        return True

    async def describe(self, connection_id: str) -> SocketInfo | None:
        if connection_id in self._gone:
            return None
        return SocketInfo(
            connected_at_s=NOON_S, last_active_at_s=NOON_S, source_ip="192.0.2.7", user_agent="fanfare-test/1"
        )

    def _outcome(self, connection_id: str) -> Outcome:
        if connection_id in self._gone:
            return "gone"
        coming = self._next[connection_id]
        return coming.popleft() if coming else self._always.get(connection_id, "sent")
