"""The terminals' protocol: JSON text frames, both ways. docs/protocol.md and its AsyncAPI document describe it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.domain import moments
from services.domain.problems import Problem
from services.domain.pushes import Push

AckKind = Literal["received", "read", "failed", "recalled"]
ACK_KINDS: tuple[AckKind, ...] = ("received", "read", "failed", "recalled")

MAX_ACK_IDS = 100
"""Most push ids in one `ack`."""
MAX_ACK_DETAIL_CHARACTERS = 500
"""Longest `detail` of an `ack`."""
MAX_CHAT_BYTES = 4_096
"""Longest `message` of `onMessage`, in UTF-8 bytes."""
MAX_TOKEN_BYTES = 8_192
"""Longest `token` of `refresh`."""
MAX_SINCE_CHARACTERS = 128
"""Longest `since` of `resume`."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Replay what was released after `since`; None: from now on."""

    since: str | None


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of these pushes at this terminal."""

    ids: tuple[str, ...]
    kind: AckKind
    detail: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Go on under a newer token of the same user."""

    token: str


@dataclass(frozen=True, slots=True)
class Chat:
    """`onMessage`: say this to everyone connected."""

    message: str


Frame = Mapping[str, object]
"""What a terminal gets, before it is written as text."""

Action = Resume | Ack | Ping | Refresh | Chat

_MEMBERS: Mapping[str, frozenset[str]] = {
    "resume": frozenset({"since"}),
    "ack": frozenset({"ids", "kind", "detail"}),
    "ping": frozenset(),
    "refresh": frozenset({"token"}),
    "onMessage": frozenset({"message"}),
}


def parse_action(body: str) -> Action:
    """The action in a frame from a terminal. Raises Problem (status 400 or 422) that says what is wrong with it."""
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem("not_json", 400, "a frame must be one JSON object with an action") from None
    if not isinstance(frame, dict):
        raise Problem("not_json", 400, "a frame must be one JSON object with an action")
    action = frame.get("action")
    members = _MEMBERS.get(action) if isinstance(action, str) else None
    if members is None:
        raise Problem("unknown_action", 400, f"action must be one of {', '.join(_MEMBERS)}")
    unknown = frame.keys() - members - {"action"}
    if unknown:
        raise _invalid(f"{action} has no member {min(unknown)[:64]!r}")
    match action:
        case "resume":
            return Resume(_text(frame, "since", MAX_SINCE_CHARACTERS) if frame.get("since") is not None else None)
        case "ack":
            return read_ack(frame)
        case "refresh":
            return Refresh(_text(frame, "token", MAX_TOKEN_BYTES))
        case "onMessage":
            message = _text(frame, "message", MAX_CHAT_BYTES)
            if len(message.encode("utf-8", "surrogatepass")) > MAX_CHAT_BYTES:
                raise _invalid(f"message must be at most {MAX_CHAT_BYTES} bytes")
            return Chat(message)
        case _:
            return Ping()


def read_ack(frame: Mapping[str, object]) -> Ack:
    """The `ids`, `kind` and `detail` of an acknowledgement. Raises Problem (422)."""
    ids = frame.get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MAX_ACK_IDS:
        raise _invalid(f"ids must be a list of 1 to {MAX_ACK_IDS} push ids")
    if not all(isinstance(push_id, str) and 0 < len(push_id) <= 64 for push_id in ids):
        raise _invalid("every one of ids must be a push id")
    kind = frame.get("kind")
    if kind not in ACK_KINDS:
        raise _invalid(f"kind must be one of {', '.join(ACK_KINDS)}")
    detail = _text(frame, "detail", MAX_ACK_DETAIL_CHARACTERS) if frame.get("detail") is not None else None
    return Ack(tuple(dict.fromkeys(ids)), kind, detail)


def _text(frame: Mapping[str, object], member: str, most: int) -> str:
    value = frame.get(member)
    if not isinstance(value, str) or not value or len(value) > most:
        raise _invalid(f"{member} must be text of 1 to {most} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _invalid(f"{member} holds a lone surrogate")
    return value


def _invalid(detail: str) -> Problem:
    return Problem("invalid_frame", 422, detail)


def encoded(frame: Frame) -> bytes:
    """The frame as it goes over the wire."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


def push(push: Push, *, position: str, topic: str, released_at_s: float, replayed: bool = False) -> bytes:
    """A push as the terminals under one topic get it: the same bytes for all of them."""
    return encoded(push_frame(push, position=position, topic=topic, released_at_s=released_at_s, replayed=replayed))


def push_frame(push: Push, *, position: str, topic: str, released_at_s: float, replayed: bool = False) -> Frame:
    """A push as the terminals under one topic get it."""
    frame: dict[str, object] = {
        "type": "push",
        "id": push.id,
        "position": position,
        "topic": topic,
        "message": push.message,
        "sent_at": moments.text(released_at_s),
    }
    if replayed:
        frame["replayed"] = True
    if push.strategy.ack_need is not None:
        frame["ack"] = push.strategy.ack_need
    if push.strategy.collapse_key is not None:
        frame["collapse_key"] = push.strategy.collapse_key
    if push.expires_at_s is not None:
        frame["expires_at"] = moments.text(push.expires_at_s)
    return frame


def cancel(push_id: str) -> bytes:
    """Recall a push that may still be on screen."""
    return encoded(cancel_frame(push_id))


def cancel_frame(push_id: str) -> Frame:
    """What recalls a push."""
    return {"type": "cancel", "id": push_id}


PONG = encoded({"type": "pong"})
"""The answer to `ping`; on AWS a MOCK integration gives the same text."""


def resumed(*, upto: str, more: bool, recovered: bool) -> bytes:
    """The end of a replay. With `more`, `upto` is the `since` to go on with at once on this connection."""
    return encoded({"type": "resumed", "upto": upto, "more": more, "recovered": recovered})


def error(code: str, detail: str) -> bytes:
    """A refusal; the socket stays open."""
    return encoded({"type": "error", "code": code, "detail": detail})


def bye(code: str, reason: str, *, reconnect: bool, retry_after_s: int | None = None) -> bytes:
    """Sent before the service closes a socket: API Gateway cannot choose a close code.

    `reconnect` says whether trying again makes sense, `retry_after_s` (seconds, on the wire `retry_after`)
    from when on.
    """
    return encoded(
        {"type": "bye", "code": code, "reason": reason, "reconnect": reconnect, "retry_after": retry_after_s}
    )


def chat(message: str) -> bytes:
    """What everyone gets of an `onMessage`: plain text, as in the article the service began with."""
    return f"Echo: {message}".encode()


def longest(frames: Sequence[bytes]) -> int:
    """The size of the largest, in bytes; 0 for none."""
    return max(map(len, frames), default=0)
