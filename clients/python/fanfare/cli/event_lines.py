"""A terminal's events as lines: JSON for programs, words for people."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fanfare.cli.printable import in_a_line
from fanfare.frames import (
    Bye,
    Cancel,
    Connected,
    Disconnected,
    Error,
    Event,
    JsonValue,
    Other,
    Push,
    Reminder,
    Resumed,
)


def json_line(event: Event) -> str | None:
    """The frame behind an event as one line of JSON; None if there is none."""
    frame: Mapping[str, JsonValue]
    match event:
        case Push() | Cancel() | Resumed() | Bye():
            frame = event.raw
        case Reminder():
            frame = {"type": "reminder", "push": dict(event.raw)}
        case Error():
            frame = event.raw or {"type": "error", "code": event.code, "detail": event.detail}
        case Other():
            frame = {"type": "other", "text": event.text}
        case _:
            return None
    return json.dumps(frame, ensure_ascii=False)


def content_line(event: Event) -> str | None:
    """What was sent to the terminal's user, as one line; None for everything else."""
    match event:
        case Push():
            sent = "--:--:--" if event.sent_at is None else f"{event.sent_at.astimezone():%H:%M:%S}"
            missed = "(missed) " if event.replayed else ""
            return f"{sent}  {in_a_line(event.topic)}  {missed}{in_a_line(event.message)}"
        case Reminder(push=push):
            return f"not read yet: {in_a_line(push.message)}"
        case Cancel():
            return f"called back: {in_a_line(event.id)}"
        case Other():
            return in_a_line(event.text)
        case _:
            return None


def status_line(event: Event) -> str | None:
    """What happened to the connection, as one line; None if that is of no interest."""
    match event:
        case Connected(by="inbox"):
            return "connected by way of the inbox, since no WebSocket gets through"
        case Connected():
            return "connection renewed" if event.renewed else "connected"
        case Disconnected():
            return f"not connected: {in_a_line(event.reason)}; next attempt in {event.retry_in_s:.1f} s"
        case Resumed() if not event.recovered:
            return "away for longer than pushes are kept: something may be missing"
        case Error():
            return f"error {in_a_line(event.code)}: {in_a_line(event.detail)}"
        case _:
            return None
