"""A terminal that keeps the rules of docs/protocol.md: what it has shown, and where it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.domain.identity import AttributeValue
from tests.unit.services.sockets import Frame


@dataclass(eq=False, kw_only=True)
class Terminal:
    """`since` is None until it was answered for the first time; `connection_id` while it is connected.

    `shown` are the pushes that its person has ever seen, `on_screen` those that are still there.
    """

    terminal_id: str
    user: str
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    connection_id: str | None = None
    since: str | None = None
    shown: set[str] = field(default_factory=set)
    on_screen: set[str] = field(default_factory=set)
    _replaying: bool = True
    _upto: str | None = None
    _cancelled: set[str] = field(default_factory=set)
    _read: int = 0

    @property
    def is_replaying(self) -> bool:
        """Whether it still waits for the end of a replay, and so must ask on."""
        return self._replaying

    @property
    def asks_from(self) -> str | None:
        """The `since` of its next resume: within a replay, just what the last answer said."""
        return self._upto or self.since

    def opens(self, connection_id: str) -> None:
        self.connection_id = connection_id
        self._replaying = True
        self._upto = None
        self._read = 0

    def closes(self) -> None:
        self.connection_id = None

    def reads(self, frames: list[Frame]) -> None:
        """Take in all that came on its connection so far."""
        unread: Iterable[Frame] = frames[self._read :]
        self._read = len(frames)
        for frame in unread:
            match frame["type"]:
                case "push":
                    self._push(str(frame["id"]), str(frame["position"]), replayed="replayed" in frame)
                case "cancel":
                    self._cancelled.add(str(frame["id"]))
                    self.on_screen.discard(str(frame["id"]))
                case "resumed":
                    self._replaying = bool(frame["more"])
                    self._upto = str(frame["upto"]) if self._replaying else None
                    self._reached(str(frame["upto"]).partition("~")[0])
                case "bye":
                    self.closes()

    def _push(self, push_id: str, position: str, *, replayed: bool) -> None:
        if push_id not in self._cancelled and push_id not in self.shown:
            self.shown.add(push_id)
            self.on_screen.add(push_id)
        if replayed or not self._replaying:
            self._reached(position)

    def _reached(self, position: str) -> None:
        if self.since is None or position > self.since:
            self.since = position
