"""Topics: what a connection is filed under and what a log is kept for. Written `kind:name` on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Topic(NamedTuple):
    """`all`, `group:<name>`, `user:<id>`, `terminal:<id>`; `connection:<id>`, one socket, has no log."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.kind if self.kind == "all" else f"{self.kind}:{self.name}"


ALL = Topic("all", "")


def group(name: str) -> Topic:
    return Topic("group", name)


def user(user_id: str) -> Topic:
    return Topic("user", user_id)


def terminal(terminal_id: str) -> Topic:
    return Topic("terminal", terminal_id)


def connection(connection_id: str) -> Topic:
    return Topic("connection", connection_id)


def parse(text: str) -> Topic:
    """The topic written as `text`. Raises ValueError if it is none."""
    if text == "all":
        return ALL
    kind, separator, name = text.partition(":")
    if not separator or not name or kind not in {"group", "user", "terminal", "connection"}:
        raise ValueError(f"not a topic: {text!r}")
    return Topic(kind, name)


def filed_under(user_id: str, groups: Iterable[str], terminal_id: str) -> tuple[Topic, ...]:
    """The topics of a connection with these properties, each once; these are its logs too."""
    return (ALL, *(group(name) for name in dict.fromkeys(groups)), user(user_id), terminal(terminal_id))
