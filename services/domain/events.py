"""What others are told: a push has changed, a terminal or a user has come or gone. CloudEvents 1.0, JSON format.

An event says that something happened and where to look; it never holds a message or a token.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and .../formats/json-format.md
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal

from services.domain import moments
from services.domain.pushes import Push, State
from services.domain.timeline.run import NOT_BEGUN, MarkKind, Run

SOURCE: Final = "/fanfare"
"""The `source` of a deployment that has no name."""
PREFIX: Final = "fanfare."
MEDIA_TYPE: Final = "application/cloudevents+json"

Kind = Literal["terminal", "user"]

TYPES: Final = (
    f"{PREFIX}push.created",
    *(f"{PREFIX}push.{state.value}" for state in State),
    f"{PREFIX}terminal.connected",
    f"{PREFIX}terminal.disconnected",
    f"{PREFIX}user.connected",
    f"{PREFIX}user.disconnected",
)
"""Every `type` that there is."""

_WHY: Final[Mapping[State, MarkKind]] = {
    State.HALTED: "halted",
    State.REJECTED: "rejected",
    State.CANCELLED: "cancelled",
}
_PRESENCE: Final = uuid.UUID("5f0c2e0e-4c0b-5f0e-9a35-2f1b5f6f6a11")
"""The namespace of ids of events of who comes and goes (RFC 9562 §5.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `id` is the same however often it is told, and made of printable ASCII without a full stop.

    `at_s` is when it happened, in epoch seconds; `subject` what it happened to, `data` flat facts.
    """

    id: str
    type: str
    subject: str
    at_s: float
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushState:
    """What of a push an event tells. `ended_by` and `run` are as its record has them."""

    push_id: str
    sender: str
    state: State
    step: int
    created_at_s: float
    finished_at_s: float | None = None
    ended_by: str | None = None
    run: Run = NOT_BEGUN


def state_of(push: Push) -> PushState:
    """What of a push is told."""
    return PushState(
        push_id=push.id,
        sender=push.sender,
        state=push.state,
        step=push.step,
        created_at_s=push.created_at_s,
        finished_at_s=push.finished_at_s,
        ended_by=push.ended_by,
        run=push.run,
    )


def of_push(before: PushState | None, after: PushState, *, at_s: float) -> Iterator[Event]:
    """What a change of a push tells: that it is there, and the state that it has come to.

    `before` is None for one that was just submitted. Steps within a state tell nothing.
    """
    if before is None:
        yield _of_push("created", None, after, after.created_at_s)
        yield _of_push(after.state.value, None, after, after.created_at_s)
    elif before.state is not after.state:
        ended_at_s = after.finished_at_s
        yield _of_push(after.state.value, before.state, after, at_s if ended_at_s is None else ended_at_s)


def of_presence(kind: Kind, name: str, *, online: bool, at_s: float, user: str | None = None) -> Event:
    """The first connection of a terminal or a user has come, or the last one has gone.

    `user` is whose a terminal is. The id is made of what happened when, to the millisecond.
    """
    event_type = f"{PREFIX}{kind}.{'connected' if online else 'disconnected'}"
    subject = f"{kind}:{name}"
    told: dict[str, object] = {kind: name}
    if user is not None:
        told["user"] = user
    return Event(
        id=str(uuid.uuid5(_PRESENCE, f"{event_type}\n{round(at_s * 1000)}\n{subject}")),
        type=event_type,
        subject=subject,
        at_s=at_s,
        data=told,
    )


def is_among(event_type: str, patterns: Iterable[str]) -> bool:
    """Whether a type is meant by one of these: types without `fanfare.`, where `*` stands for anything."""
    name = event_type.removeprefix(PREFIX)
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def to_json(event: Event, *, source: str) -> str:
    """The event in structured mode, as JSON text. `source` is a URI reference that names the deployment."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": source,
            "type": event.type,
            "subject": event.subject,
            "time": moments.text(event.at_s),
            "datacontenttype": "application/json",
            "data": dict(event.data),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _of_push(name: str, came_from: State | None, after: PushState, at_s: float) -> Event:
    told: dict[str, object] = {
        "push": after.push_id,
        "state": after.state.value,
        "previous_state": None if came_from is None else came_from.value,
        "step": after.step,
        "sender": after.sender,
        **_why(after),
    }
    return Event(
        id=f"{after.push_id}/{after.step}/{name}",
        type=f"{PREFIX}push.{name}",
        subject=f"push:{after.push_id}",
        at_s=at_s,
        data={member: value for member, value in told.items() if value is not None},
    )


def _why(push: PushState) -> Mapping[str, object]:
    """Who brought a push to an end and why, or which wave (from 1) has halted it by itself."""
    kind = _WHY.get(push.state)
    words = next((mark.detail for mark in reversed(push.run.marks) if mark.kind == kind), None)
    if push.state is State.HALTED and push.run.halted_by is not None:
        return {"wave": push.run.halted_by + 1, "reason": words}
    by = push.ended_by
    if words is None or by is None:
        return {"by": by}
    # Marks say who and why in one.
    return {"by": by, "reason": words.removeprefix(by).removeprefix(": ") or None}
