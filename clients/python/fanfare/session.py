"""The terminal's side of the protocol without any I/O: what to send on what, what to show, and how far it came.

A `Session` lasts as long as the terminal; each of its connections is a `Conversation`. Two of them may be open at
once, while a new connection takes over from an old one.
"""

from __future__ import annotations

import re
from collections import deque
from typing import NamedTuple

from fanfare import acknowledgements, frames
from fanfare.acknowledgements import Ack, Unconfirmed, Waiting
from fanfare.deduplication import Seen
from fanfare.frames import AckKind, Bye, Cancel, Error, Event, Other, Pong, Push, Resumed
from fanfare.state import Snapshot

_POSITION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Queued(NamedTuple):
    event: Event
    since: str | None
    """The session's position once this event has been handled, and with it all that came before."""


class Session:
    """What a terminal knows, whatever its connections do.

    `since` is the position up to which nothing can be missing. It never goes back. `remember` is the number of
    push ids kept to recognise doubles.
    """

    def __init__(self, snapshot: Snapshot, *, remember: int = 10_000) -> None:
        self.since = snapshot.since
        self.acks = Waiting()
        self._seen = Seen(snapshot.seen, most=remember)
        self._cancelled = Seen(most=remember)
        self._queue: deque[_Queued] = deque()
        self._in_hand: _Queued | None = None
        self._handled_since = snapshot.since

    def conversation(self) -> Conversation:
        """The session's part in a connection that is about to open."""
        return Conversation(self)

    def take(self) -> Event | None:
        """The next event for the application, in order; None if there is none. What it had before is handled."""
        self.handled()
        if not self._queue:
            return None
        self._in_hand = self._queue.popleft()
        return self._in_hand.event

    def handled(self) -> None:
        """The application is done with the event it took last."""
        if self._in_hand is not None:
            self._handled_since = self._in_hand.since
            self._in_hand = None

    @property
    def waiting(self) -> int:
        """How many events wait for the application."""
        return len(self._queue)

    def snapshot(self) -> Snapshot:
        """What to remember: as if pushes that the application has not handled yet had not come."""
        unhandled = [*self._queue] if self._in_hand is None else [self._in_hand, *self._queue]
        ids = {queued.event.id for queued in unhandled if isinstance(queued.event, Push)}
        return Snapshot(
            since=self._handled_since if unhandled else self.since,
            seen=tuple(push_id for push_id in self._seen if push_id not in ids),
        )

    def tell(self, event: Event) -> None:
        """Queue an event for the application."""
        self._queue.append(_Queued(event, self.since))

    def push(self, push: Push) -> AckKind | None:
        """Show a push, unless it was shown or called back before; the ack that is due, if one was asked for."""
        new = self._seen.add(push.id)
        called_back = push.id in self._cancelled
        if new and not called_back:
            self.tell(push)
        if push.ack is None:
            return None
        if new and called_back:
            return "recalled"
        # For doubles too: what brought the double may be that the first ack was lost.
        return "received"

    def cancel(self, cancel: Cancel) -> None:
        """Call a push back: one that waits is never shown, for one that was shown the application is told."""
        if not self._cancelled.add(cancel.id):
            return
        for queued in self._queue:
            if isinstance(queued.event, Push) and queued.event.id == cancel.id:
                self._queue.remove(queued)
                if queued.event.ack is not None:
                    self.acks.add(Ack(cancel.id, "recalled"))
                return
        self.tell(cancel)

    def reached(self, position: str | None) -> None:
        """Everything up to `position` is here."""
        if position is not None and (self.since is None or position > self.since):
            self.since = position


class Conversation:
    """One connection of a session.

    While a resume is under way, a live push does not move `since`: were the connection lost then, the pushes between
    the replayed ones and the live one would never be asked for.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._acks = Waiting()
        self._unconfirmed = Unconfirmed()
        self._asked_since: str | None = None
        self._newest: str | None = None
        self.resuming = True
        self.bye: Bye | None = None

    def opened(self) -> list[str]:
        """The frames to send when the connection has opened."""
        return [self._resume(self._session.since)]

    def received(self, text: str) -> list[str]:
        """Take in a frame; the frames to send at once in answer."""
        frame = frames.parse(text)
        match frame:
            case Push():
                self._push(frame)
            case Cancel():
                self._session.cancel(frame)
            case Resumed():
                return self._resumed(frame)
            case Pong():
                self._unconfirmed.ponged()
            case Bye():
                self.bye = frame
                self._session.tell(frame)
            case Error() | Other():
                self._session.tell(frame)
        return []

    @property
    def acks_due(self) -> bool:
        """Whether `acks` has anything to send."""
        return bool(self._acks or self._session.acks)

    def acks(self) -> list[str]:
        """The ack frames to send now.

        What came on this connection is acked on it, since the service keeps receipts by connection; what the
        application says goes by any.
        """
        acks = [*self._acks.take(), *self._session.acks.take()]
        self._unconfirmed.sent(acks)
        return acknowledgements.written(acks)

    def ping(self) -> str:
        """The ping to send now."""
        self._unconfirmed.pinged()
        return frames.ping()

    def closed(self, *, clean: bool) -> None:
        """The connection is over. Not `clean`: without a closing handshake, what was sent last may be lost."""
        unconfirmed = self._unconfirmed.take()
        if not clean:
            self._session.acks.put_back(unconfirmed)
        self._session.acks.put_back(self._acks.take())

    def _push(self, push: Push) -> None:
        if not self.resuming:
            self._session.reached(push.position)
        elif self._session.since is None:
            # "From now on" began when this connection was filed; its first push is the oldest that counts.
            self._session.reached(push.position)
        elif self._newest is None or push.position > self._newest:
            self._newest = push.position
        due = self._session.push(push)
        if due is not None:
            self._acks.add(Ack(push.id, due))

    def _resumed(self, resumed: Resumed) -> list[str]:
        if not self.resuming:
            return []
        answer: list[str] = []
        stuck = resumed.more and resumed.upto in (None, self._asked_since)
        if resumed.more and not stuck:
            # What is no position, nor a bookmark that begins with one, has no place in their order.
            if resumed.upto is not None and _POSITION.match(resumed.upto):
                self._session.reached(resumed.upto)
            answer = [self._resume(resumed.upto)]
        else:
            self.resuming = False
            self._session.reached(resumed.upto)
            self._session.reached(self._newest)
        self._session.tell(resumed)
        if stuck:
            detail = "the service says there is more to resume but does not move on; something may be missing"
            self._session.tell(Error(code="resume_stuck", detail=detail))
        return answer

    def _resume(self, since: str | None) -> str:
        self.resuming = True
        self._asked_since = since
        return frames.resume(since)
