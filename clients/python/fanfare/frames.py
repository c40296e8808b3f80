"""The frames of the terminals' protocol: JSON text, by `action` from the terminal, by `type` to it.

Also what a terminal tells its application besides: that it is connected, that it lost the connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
"""Any value that JSON can write."""

AckKind = Literal["received", "read", "failed", "recalled"]
"""What became of a push here: the client has it, a person confirmed it, it could not act, it is off the screen."""

Way = Literal["websocket", "inbox"]
"""How a terminal is connected: by a WebSocket, or by long polls of `GET /v1/inbox`."""

BEGINNING = "00000000-0000-7000-8000-000000000000"
"""The `since` that asks for everything that is still kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A message for this terminal.

    `topic` says why it came here (`all`, `group:ops`, `user:alice`, `terminal:…`). `replayed`: it was sent
    while the terminal was away. `ack` is what the sender wants to know: `received` (the library says so by
    itself) or `read` (the application says so, once a person confirmed it). A push with the `collapse_key`
    of an older one replaces it on screen; after `expires_at` it should not be shown any more.
    """

    id: str
    position: str
    topic: str
    message: JsonValue
    sent_at: datetime | None = None
    replayed: bool = False
    ack: str | None = None
    collapse_key: str | None = None
    expires_at: datetime | None = None
    raw: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Push `id` was called back: take it off the screen if it is there, then say so with `recalled`."""

    id: str
    raw: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """`push` was shown before, asks to be read, was not, and has been sent again: alert the person once more.

    It is the same push (`push.id`); do not show it a second time.
    """

    push: Push

    @property
    def raw(self) -> Mapping[str, JsonValue]:
        return self.push.raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The answer to a ping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What was missed has been sent, up to position `upto`; with `more`, the library goes on asking.

    `recovered` False: the terminal was away for longer than pushes are kept, so something may be missing.
    """

    upto: str | None
    more: bool = False
    recovered: bool = True
    raw: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Something that was sent could not be done; the connection stays.

    `code` is one of the service's, or `gateway_error` for a frame that API Gateway itself sent, or one of
    the library's own: `resume_stuck`, `token_unavailable`, `state_not_saved`, `acks_refused`.
    """

    code: str
    detail: str
    raw: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The service is about to close the connection, and says why. `reconnect` False: do not come back."""

    code: str
    reason: str
    reconnect: bool = True
    retry_after_s: float | None = None
    raw: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A frame of no known type, such as the chat's `Echo: …`; `text` as it came."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connection is open. `renewed`: it takes the place of one that was still open.

    `by` is `inbox` where no WebSocket gets through, and pushes are fetched over HTTP instead.
    """

    renewed: bool = False
    by: Way = "websocket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """There is no connection now; `reason` says why, in words. The next attempt follows in `retry_in_s` seconds."""

    reason: str
    retry_in_s: float


Frame: TypeAlias = Push | Cancel | Pong | Resumed | Error | Bye | Other
Event: TypeAlias = Push | Reminder | Cancel | Resumed | Error | Bye | Other | Connected | Disconnected
"""What an application can be told."""


def parse(text: str) -> Frame:
    """The frame written as `text`. What is no known frame, or lacks a member it needs, is `Other`."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return Other(text=text)
    return (typed(raw) if isinstance(raw, dict) else None) or Other(text=text)


def typed(raw: dict[str, JsonValue]) -> Frame | None:
    """The frame that a JSON object is; None if it is none that is known, or lacks a member it needs."""
    kind = raw.get("type")
    if kind == "push":
        return _push(raw)
    if kind == "cancel":
        push_id = _text(raw, "id")
        return Cancel(id=push_id, raw=raw) if push_id else None
    if kind == "pong":
        return Pong()
    if kind == "resumed":
        return Resumed(
            upto=_text(raw, "upto"),
            more=raw.get("more") is True,
            recovered=raw.get("recovered") is not False,
            raw=raw,
        )
    if kind == "error":
        return Error(code=_text(raw, "code") or "error", detail=_text(raw, "detail") or "", raw=raw)
    if kind == "bye":
        return Bye(
            code=_text(raw, "code") or "bye",
            reason=_text(raw, "reason") or "",
            reconnect=raw.get("reconnect") is not False,
            retry_after_s=_seconds(raw, "retry_after"),
            raw=raw,
        )
    # API Gateway's own error frames have no type.
    if kind is None and "connectionId" in raw and "requestId" in raw:
        return Error(code="gateway_error", detail=_text(raw, "message") or "", raw=raw)
    return None


def _push(raw: dict[str, JsonValue]) -> Push | None:
    push_id, position = _text(raw, "id"), _text(raw, "position")
    if not push_id or not position:
        return None
    return Push(
        id=push_id,
        position=position,
        topic=_text(raw, "topic") or "",
        message=raw.get("message"),
        sent_at=_moment(raw, "sent_at"),
        replayed=raw.get("replayed") is True,
        ack=_text(raw, "ack"),
        collapse_key=_text(raw, "collapse_key"),
        expires_at=_moment(raw, "expires_at"),
        raw=raw,
    )


def _text(raw: Mapping[str, JsonValue], member: str) -> str | None:
    value = raw.get(member)
    return value if isinstance(value, str) else None


def _seconds(raw: Mapping[str, JsonValue], member: str) -> float | None:
    value = raw.get(member)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Also false for NaN, which Python's JSON reads.
    return float(value) if 0 <= value < float("inf") else None


def _moment(raw: Mapping[str, JsonValue], member: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(raw, member) or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def resume(since: str | None) -> str:
    """Ask for what was sent after `since`; None is "from now on"."""
    return _written({"action": "resume", "since": since})


def ack(ids: Iterable[str], kind: AckKind, detail: str | None = None) -> str:
    """Say what became of some pushes."""
    return _written({"action": "ack", "ids": list(ids), "kind": kind} | ({"detail": detail} if detail else {}))


def ping() -> str:
    """Ask for a pong."""
    return _written({"action": "ping"})


def refresh(token: str) -> str:
    """Extend the session with a newer token of the same user."""
    return _written({"action": "refresh", "token": token})


def on_message(message: str) -> str:
    """Say something in the chat, 1 to 4,096 bytes; needs the scope `chat`."""
    return _written({"action": "onMessage", "message": message})


def _written(frame: Mapping[str, object]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
