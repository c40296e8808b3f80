"""The terminal's side of the protocol without any I/O: what to send on what, what to show, and how far it came.

A `Session` lasts as long as the terminal; each of its connections is a `Conversation`. Two of them may be open at
once, while a new connection takes over from an old one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from fanfare import acknowledgements, frames
from fanfare.acknowledgements import Ack, Unconfirmed, Waiting
from fanfare.deduplication import Seen
from fanfare.frames import AckKind, Bye, Cancel, Error, Event, Frame, Other, Pong, Push, Reminder, Resumed
from fanfare.state import Snapshot

_POSITION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Queued(NamedTuple):
    event: Event
    since: str | None
    """The session's position once this event has been handled, and with it all that came before."""
    reminded_at: str | None = None
    """Of a `Reminder`: the position at which its push had come before."""


class Session:
    """What a terminal knows, whatever its connections do.

    `since` is the position up to which nothing can be missing. It never goes back. `remember` is the number of
    push ids kept to recognise doubles.
    """

    def __init__(self, snapshot: Snapshot, *, remember: int = 10_000) -> None:
        self.since = snapshot.since
        self.acks = Waiting()
        self._remember = remember
        self._seen = Seen(snapshot.seen, most=remember)
        self._cancelled = Seen(most=remember)
        self._read = Seen(most=remember)
        self._unread = dict(snapshot.unread)
        self._queue: deque[_Queued] = deque()
        self._in_hand: _Queued | None = None
        self._handled_since = snapshot.since

    def conversation(self, *, polling: bool = False) -> Conversation:
        """The session's part in a connection that is about to open. `polling`: it is resume after resume."""
        return Conversation(self, polling=polling)

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
        unread = {push_id: position for push_id, position in self._unread.items() if push_id not in ids}
        for queued in reversed(unhandled):
            if isinstance(queued.event, Reminder) and queued.reminded_at and queued.event.push.id in unread:
                unread[queued.event.push.id] = queued.reminded_at
        return Snapshot(
            since=self._handled_since if unhandled else self.since,
            seen=tuple(push_id for push_id in self._seen if push_id not in ids),
            unread=unread,
        )

    def tell(self, event: Event) -> None:
        """Queue an event for the application."""
        self._queue.append(_Queued(event, self.since))

    def push(self, push: Push) -> AckKind | None:
        """Show a push, unless it was shown or called back before; the ack that is due, if one was asked for.

        One that is sent again because it was not read comes at another position than before.
        """
        new = self._seen.add(push.id)
        called_back = push.id in self._cancelled
        if not called_back:
            if new:
                self.tell(push)
            self._remind(push, new=new)
        if push.ack is None:
            return None
        if new and called_back:
            return "recalled"
        # For doubles too: what brought the double may be that the first ack was lost.
        return "read" if push.ack == "read" and push.id in self._read else "received"

    def acknowledge(self, ack: Ack) -> None:
        """What the application says became of a push."""
        if ack.kind == "read":
            self._read.add(ack.push_id)
        if ack.kind in ("read", "recalled"):
            self._unread.pop(ack.push_id, None)
        self.acks.add(ack)

    def cancel(self, cancel: Cancel) -> None:
        """Call a push back: one that waits is never shown, for one that was shown the application is told."""
        if not self._cancelled.add(cancel.id):
            return
        self._unread.pop(cancel.id, None)
        for queued in [*self._queue]:
            if isinstance(queued.event, Reminder) and queued.event.push.id == cancel.id:
                self._queue.remove(queued)
            elif isinstance(queued.event, Push) and queued.event.id == cancel.id:
                self._queue.remove(queued)
                if queued.event.ack is not None:
                    self.acks.add(Ack(cancel.id, "recalled"))
                return
        self.tell(cancel)

    def _remind(self, push: Push, *, new: bool) -> None:
        """Note at which position a push that asks to be read came, and remind of it if it came before."""
        if new and push.ack == "read":
            self._unread[push.id] = push.position
            if len(self._unread) > self._remember:
                self._unread.pop(next(iter(self._unread)))
        elif not new and push.position > self._unread.get(push.id, push.position):
            before = self._unread[push.id]
            self._unread[push.id] = push.position
            if not any(_is_of(queued.event, push.id) for queued in self._queue):
                self._queue.append(_Queued(Reminder(push=push), self.since, before))

    def reached(self, position: str | None) -> None:
        """Everything up to `position` is here."""
        if position is not None and (self.since is None or position > self.since):
            self.since = position


def _is_of(event: Event, push_id: str) -> bool:
    """Whether an event shows a push, or reminds of it."""
    push = event.push if isinstance(event, Reminder) else event
    return isinstance(push, Push) and push.id == push_id


class Conversation:
    """One connection of a session.

    While a resume is under way, a live push does not move `since`: were the connection lost then, the pushes between
    the replayed ones and the live one would never be asked for.

    With `polling`, as on the inbox, each poll is a resume: the end of one is told the first time only, and when
    something may be missing.
    """

    def __init__(self, session: Session, *, polling: bool = False) -> None:
        self._session = session
        self._polling = polling
        self._has_resumed = False
        self._acks = Waiting()
        self._unconfirmed = Unconfirmed()
        self._asked_since: str | None = None
        self._newest: str | None = None
        self.resuming = True
        self.bye: Bye | None = None

    def opened(self) -> list[str]:
        """The frames to send when the connection has opened."""
        return [self._resume(self._session.since)]

    @property
    def since(self) -> str | None:
        """What the resume that is under way asks for: what came after this; None is from now on."""
        return self._asked_since

    def received(self, text: str) -> list[str]:
        """Take in a frame as it came; the frames to send at once in answer."""
        return self.took(frames.parse(text))

    def took(self, frame: Frame) -> list[str]:
        """Take in a frame; the frames to send at once in answer."""
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
        """The ack frames to send now."""
        return acknowledgements.written(self.due())

    def due(self) -> list[Ack]:
        """The acks to send now; they are unconfirmed until a pong, or `confirmed`.

        What came on this connection is acked on it, since the service keeps receipts by connection; what the
        application says goes by any.
        """
        acks = [*self._acks.take(), *self._session.acks.take()]
        self._unconfirmed.sent(acks)
        return acks

    def confirmed(self, acks: Iterable[Ack]) -> None:
        """These acks were answered, and so are there."""
        self._unconfirmed.confirmed(acks)

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
        if not self._polling or not resumed.recovered or not (self._has_resumed or resumed.more):
            self._session.tell(resumed)
        self._has_resumed = self._has_resumed or not resumed.more
        if stuck:
            detail = "the service says there is more to resume but does not move on; something may be missing"
            self._session.tell(Error(code="resume_stuck", detail=detail))
        return answer

    def _resume(self, since: str | None) -> str:
        self.resuming = True
        self._asked_since = since
        return frames.resume(since)
