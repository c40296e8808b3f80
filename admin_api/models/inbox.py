"""The inbox: what a terminal gets over HTTP whose proxies let no WebSocket through."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from admin_api.models.base import EXAMPLE_PUSH_ID, Model
from services.domain.frames import MAX_ACK_DETAIL_CHARACTERS, MAX_ACK_IDS, MAX_SINCE_CHARACTERS
from services.messages.inbox import MAX_WAIT_S
from services.messages.inbox import Inbox as DomainInbox

_ItsName = Annotated[
    str | None,
    Field(description="What the terminal calls itself, as when it connects; the header `terminal` says the same."),
]


class AckQuery(Model):
    """Which terminal it is."""

    terminal: _ItsName = None


class InboxQuery(AckQuery):
    """From where on, and how long to wait."""

    # Query parameters are text.
    model_config = ConfigDict(strict=False)

    since: str | None = Field(
        None,
        max_length=MAX_SINCE_CHARACTERS,
        description="The `upto` of the answer before, or a `position`. Absent: nothing is read, and `upto` is where"
        " from now on begins.",
    )
    wait: float = Field(
        0, ge=0, le=MAX_WAIT_S, description="How many seconds to wait for something to come, if there is nothing."
    )


class Inbox(Model):
    """What there was."""

    items: list[dict[str, object]] = Field(
        description="Frames as a socket would get them, in order: `push` and `cancel` of docs/asyncapi.yaml."
    )
    upto: str = Field(description="The next `since`.")
    more: bool = Field(description="Whether there is more right now.")
    recovered: bool = Field(description="`false`: `since` is older than what is kept; something may be missing.")


class Acknowledgement(Model):
    """What became of pushes at the terminal."""

    ids: list[str] = Field(min_length=1, max_length=MAX_ACK_IDS)
    kind: Literal["received", "read", "failed", "recalled"]
    detail: str | None = Field(None, min_length=1, max_length=MAX_ACK_DETAIL_CHARACTERS)


class Noted(Model):
    """It was noted."""

    ids: list[str] = Field(description="Those that were told of, each once.")


def inbox_json(inbox: DomainInbox) -> dict[str, object]:
    """An `Inbox`."""
    return {"items": list(inbox.items), "upto": inbox.upto, "more": inbox.more, "recovered": inbox.recovered}


EXAMPLE: dict[str, object] = {
    "items": [
        {
            "type": "push",
            "id": EXAMPLE_PUSH_ID,
            "position": "019ab9c1-4f5b-7d10-9c22-7f1f6a0e5b3d",
            "topic": "group:ops",
            "message": {"title": "Printer 4 is back", "level": "info"},
            "sent_at": "2026-11-24T09:00:00.004Z",
            "replayed": True,
        }
    ],
    "upto": "019ab9c1-6000-7000-8000-000000000000~c0ffee0123456789",
    "more": False,
    "recovered": True,
}
EXAMPLE_ACK: dict[str, object] = {"ids": [EXAMPLE_PUSH_ID], "kind": "read"}
EXAMPLE_NOTED: dict[str, object] = {"ids": [EXAMPLE_PUSH_ID]}
